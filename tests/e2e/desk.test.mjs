// A business line's team in the browser, and customers who open its link: a day at the pharmacy.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { choose, found, invite, join, publish, row } from "./lib/desk.mjs";
import { eventually, findInFiles, World } from "./lib/harness.mjs";
import { message, request, say, settings, start } from "./lib/journeys.mjs";
import { pictures } from "./lib/pictures.mjs";
import { paste, photo } from "./lib/parcels.mjs";
import { expectDelivery } from "./lib/waiting.mjs";

const LINE = "Rosen-Apotheke-of-the-test";
const NOTE = "the customer was here on Monday already";
const SECRETS = [LINE, NOTE, "Olga-the-owner", "Anne-the-agent", "Bert-the-agent", "Carla-the-customer", "04877800"];

test("a day at the pharmacy", { timeout: 300_000 }, async (t) => {
  const world = await World.start(t, { relay: { secrets: SECRETS } });
  const owner = await world.browser("owner");
  const olga = await owner.open("/desk");
  await found(olga, { line: LINE, person: "Olga-the-owner" });
  const link = await publish(olga);
  const anne = await join(world, "Anne-the-agent", await invite(olga));
  const bert = await join(world, "Bert-the-agent", await invite(olga));
  await olga.getByTestId("team").click();
  await eventually("three in the team", async () => (await olga.getByTestId("member").count()) === 3);
  await olga.goBack();

  // Three customers open the poster's link in fresh browsers.
  const carla = await (await world.browser("carla")).open(link);
  await request(carla, { name: "Carla-the-customer", text: "I would like to order PZN 04877800" });
  const dora = await (await world.browser("dora")).open(link);
  await request(dora, { name: "Dora", text: "Are you open on Saturday?" });
  const emil = await (await world.browser("emil")).open(link);
  await request(emil, { name: "Emil", text: "Here is my package" });
  await paste(emil, { name: "package.jpg", mimeType: "image/jpeg", buffer: await photo(emil) });
  await emil.getByTestId("tray").getByText("package.jpg").waitFor();
  await emil.getByTestId("send").click();
  for (const page of [olga, anne, bert]) {
    await eventually("three wait", async () => (await page.getByTestId("queue-item").count()) === 3, 30_000);
    assert.match(await page.getByTestId("queue-item").first().innerText(), /Carla/, "who waits longest comes first");
  }

  // Anne takes Carla's; Bert sees that, and she notes something.
  await choose(anne, "new", "Carla");
  await anne.getByTestId("desk-claim").click();
  await anne.getByTestId("desk-release").waitFor();
  await bert.getByTestId("desk-filter-all").click();
  await row(bert, "Carla").getByText("Anne-the-agent").waitFor();
  await anne.getByTestId("note").fill(`${NOTE}, ask @Bert-the-agent`);
  await anne.getByTestId("desk-note-add").click();
  await row(bert, "Carla").click();
  await bert.getByTestId("note").filter({ hasText: NOTE }).waitFor();

  // She hands it over, Bert answers, and it is done.
  await anne.getByTestId("desk-hand-over").click();
  await anne.getByTestId("hand-over-note").fill("She prefers the small package.");
  await anne.getByRole("button", { name: /Bert-the-agent/ }).click();
  await bert.getByTestId("desk-release").waitFor();
  await bert.getByTestId("case").getByText("She prefers the small package.").waitFor();
  await say(bert, "It is here from four o'clock on.");
  await message(carla, "It is here from four").waitFor();
  await expectDelivery(bert, "It is here from four", /^(delivered|read)$/);
  await bert.getByTestId("desk-status-done").click();
  await bert.getByTestId("erased").waitFor();
  await carla.getByText(/(will be deleted|wird .*gelöscht)/i).first().waitFor();
  await eventually("done", async () => /1/.test(await anne.getByTestId("desk-filter-done").innerText()));

  // The photo came, and no customer's page ever held what the team said among itself.
  await choose(olga, "all", "Emil");
  await olga.locator("figure[data-opened=true]").waitFor();
  for (const page of [carla, dora, emil]) {
    assert.ok(!(await page.content()).includes(NOTE));
    assert.ok(!/(Olga|Anne|Bert)-the/.test(await page.content()));
  }
  assert.deepEqual(await findInFiles(world.relay.data, SECRETS), [], "RELAY-4");
  assert.deepEqual(world.relay.wire.found, [], "RELAY-4: live frames");
  assert.ok(world.relay.wire.frames > 100, `${world.relay.wire.frames} frames were looked through`);
  assert.ok(SECRETS.every((secret) => !world.relay.log.includes(secret)), "LOG-1");
  world.assertQuiet();
});

test("a dismissed colleague is out of everything", { timeout: 180_000 }, async (t) => {
  const world = await World.start(t);
  const olga = await (await world.browser("owner")).open("/desk");
  await found(olga, { line: LINE, person: "Olga-the-owner" });
  const link = await publish(olga);
  const anne = await join(world, "Anne-the-agent", await invite(olga));
  const carla = await (await world.browser("carla")).open(link);
  await request(carla, { name: "Carla", text: "Hello" });
  await eventually("it waits", async () => (await anne.getByTestId("queue-item").count()) === 1, 30_000);
  await olga.getByTestId("team").click();
  await olga.getByTestId("member").filter({ hasText: "Anne" }).getByRole("button").click();
  await olga.getByTestId("confirm-yes").click();
  await anne.getByRole("heading", { name: /^(You are no longer|Du gehörst nicht mehr)/ }).waitFor({ timeout: 30_000 });
  await say(carla, "Something that Anne is not to read");
  await olga.goBack();
  await choose(olga, "all", "Carla");
  await message(olga, "Something that Anne").waitFor();
  await anne.waitForTimeout(1_000);
  assert.ok(!(await anne.content()).includes("Something that Anne"));
  world.assertQuiet();
});

test("the desk is accessible in both languages, colours and widths", { timeout: 600_000 }, async (t) => {
  const world = await World.start(t);
  const owner = await world.browser("owner");
  const olga = await owner.open("/desk");
  await pictures(owner, olga, "desk-start", olga.getByTestId("line-name"));
  await found(olga, { line: "Rosen-Apotheke", person: "Olga" });
  const link = await publish(olga);
  const [download] = await Promise.all([olga.waitForEvent("download"), olga.getByTestId("desk-poster-a4").click()]);
  assert.match((await readFile(await download.path())).subarray(0, 5).toString(), /^%PDF-/);
  await pictures(owner, olga, "desk-describe", olga.getByTestId("publish"), { fullPage: true });
  await olga.goBack();
  const carla = await (await world.browser("carla")).open(link);
  await request(carla, { name: "Carla", text: "Haben Sie auch am Samstag offen?" });
  await row(olga, "Carla").waitFor();
  await pictures(owner, olga, "desk-queue", row(olga, "Carla"));
  await choose(olga, "new", "Carla");
  await olga.getByTestId("desk-claim").click();
  await olga.getByTestId("desk-release").waitFor();
  await pictures(owner, olga, "desk-case", olga.getByTestId("desk-release"));
  await olga.getByTestId("team").click();
  await pictures(owner, olga, "desk-team", olga.getByTestId("invite"));
  world.assertQuiet();
});

test("a person and a line share a browser, and nothing else", { timeout: 120_000 }, async (t) => {
  const world = await World.start(t);
  const browser = await world.browser("both");
  const page = await browser.open("/");
  await start(page, "Anna");
  const desk = await browser.open("/desk");
  await found(desk, { line: LINE, person: "Anna" });
  for (const one of [page, desk]) await one.reload();
  await page.getByTestId("new").waitFor();
  await desk.getByText(LINE).first().waitFor();
  // Push and notifications would tie one to the other.
  await settings(desk);
  assert.equal(await desk.getByTestId("settings-lock").count(), 1);
  assert.equal(await desk.locator("#notices-title").count(), 0);
  await settings(page);
  await page.locator("#notices-title").waitFor();
  world.assertQuiet();
});

test("a busy desk", { timeout: 240_000 }, async (t) => {
  const world = await World.start(t);
  const owner = await world.browser("owner");
  const olga = await owner.open("/desk");
  await found(olga, { line: LINE, person: "Olga-the-owner" });
  const link = await publish(olga);
  const anne = await join(world, "Anne-the-agent", await invite(olga));
  const carla = await (await world.browser("carla")).open(link);
  await request(carla, { name: "Carla-the-customer", text: "Do you have cough syrup?" });

  // The owner defines a label and takes over answers; both are there for Anne.
  await olga.getByTestId("team").click();
  await olga.getByTestId("label-name").fill("Urgent");
  await olga.getByTestId("label-colour").selectOption("1");
  await olga.getByTestId("label-save").click();
  await olga.getByTestId("label").filter({ hasText: "Urgent" }).waitFor();
  await olga.getByTestId("canned-suggest").click();
  await eventually("prepared answers", async () => (await olga.getByTestId("canned-answer").count()) > 3);
  await pictures(owner, olga, "desk-tools", olga.getByTestId("canned-save"), { fullPage: true });
  await olga.goBack();

  await choose(anne, "new", "Carla");
  await anne.getByTestId("case-label").filter({ hasText: "Urgent" }).click();
  await row(olga, "Carla").getByText("Urgent").waitFor();
  await olga.getByTestId("label-filter").selectOption({ label: "Urgent" });
  assert.equal(await row(olga, "Carla").count(), 1);

  // A prepared answer lands in the field, and Olga sees that Anne writes.
  await anne.getByTestId("desk-canned").click();
  await anne.getByTestId("canned").filter({ hasText: "{agent}" }).first().click();
  await eventually("an answer in the field", async () =>
    (await anne.getByTestId("composer").inputValue()).includes("Anne-the-agent"),
  );
  await anne.getByTestId("composer").press("End");
  await anne.getByTestId("composer").pressSequentially(" We have it.");
  await row(olga, "Carla").getByTestId("answering-mark").waitFor();
  await anne.getByTestId("send").click();
  await message(carla, "We have it.").waitFor();
  await row(olga, "Carla").getByTestId("answering-mark").waitFor({ state: "detached", timeout: 45_000 });

  await anne.getByTestId("desk-remind").click();
  await anne.getByTestId("remind-word").fill("call her");
  await anne.getByTestId("desk-remind-hour").click();
  await anne.getByTestId("reminder").filter({ hasText: "call her" }).waitFor();
  await anne.getByTestId("desk-filter-all").click();
  await row(anne, "Carla").getByTestId("reminder-mark").waitFor();
  await choose(olga, "all", "Carla");
  await pictures(owner, olga, "desk-case-tools", olga.getByTestId("case"));
  world.assertQuiet();
});
