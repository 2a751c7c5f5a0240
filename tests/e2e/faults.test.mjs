// What a careless user and a bad network do: reloads at any moment, offline and back, both at once. Nothing is lost,
// nothing comes twice, and what one person wrote stays in order.

import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "./lib/harness.mjs";
import { message, say } from "./lib/journeys.mjs";
import { befriend } from "./lib/meeting.mjs";

/** The same moments in every run. */
function moments(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Writes, and waits until the engine has it: from then on no reload can take it. */
async function write(page, text) {
  await say(page, text);
  await message(page, text).locator("[data-delivery]").waitFor({ state: "attached" });
}

/** Both sides have each of these texts once, and each writer's in order. */
async function assertComplete(page, who, written) {
  for (const texts of Object.values(written)) {
    await message(page, texts.at(-1)).waitFor({ timeout: 45_000 });
  }
  await eventually(`${who} has everything once and in order`, async () => {
    const shown = await page.getByTestId("message").allInnerTexts();
    for (const texts of Object.values(written)) {
      const found = shown.flatMap((line) => texts.filter((text) => line.includes(text)));
      assert.deepEqual(found, texts, who);
    }
    return true;
  }, 30_000);
}

test("reloads at any moment lose and double nothing", { timeout: 300_000 }, async (t) => {
  const { world, annaPage, benPage } = await befriend(t);
  const below = moments(5);
  const written = { Anna: [], Ben: [] };
  const people = [["Anna", annaPage], ["Ben", benPage]];
  for (let round = 0; round < 8; round += 1) {
    for (const [who, page] of people) {
      const text = `${who} writes number ${String(round).padStart(2, "0")}.`;
      await write(page, text);
      written[who].push(text);
    }
    const [, page] = people[below(2)];
    await pause(below(250));
    await page.reload();
    // Now and then once more, before anything is there.
    if (below(3) === 0) {
      await pause(below(150));
      await page.reload();
    }
    // The conversation that was open is open again.
    await page.getByTestId("composer").waitFor();
  }
  await assertComplete(annaPage, "Anna", written);
  await assertComplete(benPage, "Ben", written);
  world.assertQuiet();
});

test("offline and back: what both wrote meanwhile is there, once and in order", { timeout: 300_000 }, async (t) => {
  const { world, anna, ben, annaPage, benPage } = await befriend(t);
  for (const browser of [anna, ben]) browser.expectedErrors.push(/WebSocket|ERR_INTERNET_DISCONNECTED|Failed to fetch/);
  const written = { Anna: [], Ben: [] };
  for (let round = 0; round < 3; round += 1) {
    const away = round % 2 === 0 ? ben : anna;
    await away.setOffline(true);
    for (const [who, page] of [["Anna", annaPage], ["Ben", benPage]]) {
      for (let count = 0; count < 3; count += 1) {
        const text = `${who} in round ${round}, number ${count}.`;
        await write(page, text);
        written[who].push(text);
      }
    }
    await away.setOffline(false);
  }
  await assertComplete(annaPage, "Anna", written);
  await assertComplete(benPage, "Ben", written);
  world.assertQuiet();
});
