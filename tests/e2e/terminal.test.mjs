// Anna in a browser, Ben in a terminal: two clients, one conversation.

import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, World } from "./lib/harness.mjs";
import { accept, message, open, ownLink, say, start } from "./lib/journeys.mjs";
import { LIMIT, terminal } from "./lib/terminal.mjs";
import { expectDelivery } from "./lib/waiting.mjs";

test("Anna in a browser and Ben in a terminal write to each other", async (t) => {
  const world = await World.start(t);
  const anna = await world.browser("anna", { locale: "de-DE" });
  const page = await anna.open("/");
  await start(page, "Anna");
  const link = new URL(await ownLink(page), world.relay.origin).href;

  const kuvert = terminal(world, "ben");
  await kuvert("id", "create", "--name", "Ben", "--relay", world.relay.origin);
  const asked = await kuvert("contact", "add", link, "--message", "Hallo aus dem Terminal");
  assert.equal(asked.delivery, "sent");
  assert.equal(asked.state, "requested");

  await open(page, "Ben");
  await message(page, "Hallo aus dem Terminal").waitFor();
  await accept(page);
  await say(page, "Hallo im Terminal");

  const events = await kuvert("listen", "--count", "1", "--timeout", "20");
  assert.ok(events.some((event) => event.event === "message" && event.text === "Hallo im Terminal"));
  await expectDelivery(page, "Hallo im Terminal", /^(delivered|read)$/);

  const sent = await kuvert("send", "Anna", "Bis bald");
  assert.equal(sent.state, "sent");
  await message(page, "Bis bald").waitFor();
  await page.reload();
  await message(page, "Bis bald").waitFor();

  // The report on the last message comes with the next command that connects.
  const history = await eventually("everything is delivered", async () => {
    await kuvert("contact", "list");
    const all = await kuvert("history", "Anna");
    return all.every(({ state }) => ["delivered", "read", "received"].includes(state)) && all;
  }, LIMIT);
  assert.deepEqual(history.map(({ from, text }) => [from, text]), [
    ["me", "Hallo aus dem Terminal"],
    ["Anna", "Hallo im Terminal"],
    ["me", "Bis bald"],
  ]);
  world.assertQuiet();
});
