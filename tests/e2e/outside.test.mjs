// A line where only who looks after a conversation reads it, and who leads the team.

import assert from "node:assert/strict";
import { test } from "node:test";
import { choose, found, invite, join, publish, row } from "./lib/desk.mjs";
import { assertAccessible, eventually, World } from "./lib/harness.mjs";
import { message, request, say } from "./lib/journeys.mjs";
import { pictures } from "./lib/pictures.mjs";

test("only who looks after a conversation is in it, and is told what was said", { timeout: 300_000 }, async (t) => {
  const world = await World.start(t);
  const owner = await world.browser("owner");
  const olga = await owner.open("/desk");
  await found(olga, { line: "Bank-of-the-test", person: "Olga" });
  await publish(olga);
  await olga.locator("#readers").check();
  await assertAccessible(olga);
  await olga.getByTestId("publish").click();
  await olga.waitForTimeout(500);
  const address = new URL(await olga.getByTestId("line-link").inputValue());
  const link = `${address.pathname}${address.hash}`;
  await olga.goBack();
  const anne = await join(world, "Anne", await invite(olga));
  const bert = await join(world, "Bert", await invite(olga));
  await olga.getByTestId("team").click();
  await eventually("three in the team", async () => (await olga.getByTestId("member").count()) === 3);
  await olga.goBack();

  const carla = await (await world.browser("carla")).open(link);
  await carla.getByTestId("line-readers").getByText(/leitet|leads/).waitFor();
  await request(carla, { name: "Carla", text: "My secret account" });
  await row(olga, "Carla").waitFor();
  for (const page of [anne, bert]) {
    await page.getByTestId("outside-item").waitFor();
    assert.equal(await page.getByTestId("queue-item").count(), 0);
    assert.doesNotMatch(await page.locator("body").innerText(), /Carla|secret/);
  }
  const annes = world.browsers.find((browser) => browser.name === "Anne");
  await pictures(annes, anne, "desk-outside", anne.getByTestId("outside-item"));
  await assertAccessible(anne);

  // Whoever claims it is let in, and the others see that nobody waits any more.
  await anne.getByTestId("claim-outside").click();
  await row(anne, "Carla").waitFor();
  await eventually("nobody waits for Bert", async () => (await bert.getByTestId("outside-item").count()) === 0);
  await choose(anne, "mine", "Carla");
  await message(anne, "My secret account").waitFor();
  await say(anne, "Which one?");
  await message(carla, "Which one?").waitFor();
  await say(carla, "The green one");

  // Handed over, it is gone here and whole there.
  await anne.getByTestId("desk-hand-over").click();
  await anne.getByRole("button", { name: /Bert/ }).click();
  await choose(bert, "mine", "Carla");
  for (const text of ["My secret account", "Which one?", "The green one"]) {
    await message(bert, text).waitFor();
  }
  await eventually("it is gone", async () => !/Carla|secret|green/.test(await anne.content()));
  await anne.getByTestId("case").waitFor({ state: "detached" });
  await say(carla, "Only for Bert");
  await message(bert, "Only for Bert").waitFor();
  assert.doesNotMatch(await anne.content(), /Carla|secret|Only for Bert/);
  world.assertQuiet();
});
