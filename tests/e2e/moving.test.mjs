// A profile moves to another browser, or stays.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible, eventually } from "./lib/harness.mjs";
import { accept, message, open, say, settings } from "./lib/journeys.mjs";
import { HELLO, meet } from "./lib/meeting.mjs";
import { back } from "./lib/people.mjs";
import { pictures } from "./lib/pictures.mjs";

/** Leaves a browser, and returns the path of the link that the other one opens. */
async function leave(page) {
  await back(page);
  await settings(page);
  await page.getByTestId("move").click();
  await page.getByTestId("move-begin").click();
  const shown = page.getByTestId("move-link");
  await shown.waitFor();
  const link = new URL(await shown.inputValue());
  return `${link.pathname}${link.hash}`;
}

test("everything moves to another browser, and is gone where it was", { timeout: 300_000 }, async (t) => {
  const { world, annaPage, ben, benPage } = await meet(t);
  await open(annaPage, "Ben");
  await accept(annaPage);
  await say(annaPage, "Before");
  await message(benPage, "Before").waitFor();

  const link = await leave(benPage);
  await assertAccessible(benPage);
  await ben.screenshot(benPage, "move-link");
  await say(annaPage, "While you were away");

  const tablet = await world.browser("tablet");
  const there = await tablet.open(link);
  await there.getByTestId("arrive").waitFor();
  await pictures(tablet, there, "move-arrival", there.getByTestId("arrive"));
  await there.getByTestId("arrive").click();
  await open(there, "Anna");
  for (const text of [HELLO, "Before", "While you were away"]) await message(there, text).waitFor();
  await say(there, "I am here now");
  await message(annaPage, "I am here now").waitFor();
  assert.equal(new URL(there.url()).hash, "", "the link has left the address bar");

  // Where it was, it is said, and nothing is left after it was read.
  await benPage.getByTestId("moved").waitFor({ timeout: 20_000 });
  await assertAccessible(benPage);
  await ben.screenshot(benPage, "moved");
  await benPage.getByTestId("moved-done").click();
  await benPage.getByRole("button", { name: "Get started" }).waitFor();
  await there.reload();
  await open(there, "Anna");
  await message(there, "I am here now").waitFor();

  // Nobody takes it twice.
  const third = await (await world.browser("third")).open(link);
  await third.getByTestId("arrive").click();
  await third.getByTestId("move-fault").waitFor();
});

test("who stays goes on, and the link leads nowhere", { timeout: 300_000 }, async (t) => {
  const { world, annaPage, benPage } = await meet(t);
  await open(annaPage, "Ben");
  await accept(annaPage);
  const link = await leave(benPage);
  // A move outlasts a reload.
  await benPage.reload();
  await benPage.getByTestId("move-stay").click();
  await open(benPage, "Anna");
  await say(benPage, "I stayed");
  await message(annaPage, "I stayed").waitFor();

  const there = await (await world.browser("tablet")).open(link);
  await there.getByTestId("arrive").click();
  await there.getByTestId("move-fault").waitFor();
  await eventually("nothing came", async () => (await there.getByTestId("conversation-item").count()) === 0);
  await say(benPage, "Still here");
  await message(annaPage, "Still here").waitFor();
});
