// The engine's worker ends at moments that nobody chose: by a fault, killed, in the middle of writing. Nothing that was sent
// is lost or doubled, the page stays where it is, and an engine that cannot live is not started over and over.

import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, World } from "./lib/harness.mjs";
import { accept, message, open, ownLink, request, say, start } from "./lib/journeys.mjs";
import { expectDelivery } from "./lib/waiting.mjs";

const HELLO = "Hallo Anna, hier ist Ben.";

/** Anna and Ben, who write to each other already; Ben's page counts how often it is loaded. */
async function befriend(t) {
  const world = await World.start(t);
  const anna = await world.browser("anna", { locale: "de-DE" });
  const ben = await world.browser("ben");
  const annaPage = await anna.open("/");
  await start(annaPage, "Anna");
  const benPage = await ben.open(await ownLink(annaPage));
  await request(benPage, { name: "Ben", text: HELLO });
  await open(annaPage, "Ben");
  await accept(annaPage);
  await say(annaPage, "Hallo Ben!");
  await message(benPage, "Hallo Ben!").waitFor();
  let loads = 0;
  benPage.on("load", () => (loads += 1));
  return { world, ben, annaPage, benPage, loads: () => loads };
}

/** The engine's worker of a page. */
async function engine(page) {
  return eventually("the engine runs", () => page.workers().find((worker) => /worker-[0-9a-f]+\.js/.test(worker.url())));
}

/** Waits until another worker has taken the place of this one. */
async function replaced(page, before) {
  await eventually("another engine was started", () => page.workers().some((worker) => worker !== before));
}

/** Ends the engine from outside, as a browser that is short of memory does: it says nothing any more. */
const kill = (page) => page.evaluate(() => globalThis.kuvert.current().terminate());

async function arrivesOnce(annaPage, benPage, text) {
  await expectDelivery(benPage, text, /^(sent|delivered|read)$/, 30_000);
  await message(annaPage, text).waitFor({ timeout: 30_000 });
  assert.equal(await message(annaPage, text).count(), 1, `"${text}" arrives once`);
  assert.equal(await message(benPage, text).count(), 1, `"${text}" is shown once`);
}

test("a fault of the engine is answered by another engine, and draft, focus and page stay", async (t) => {
  const { world, ben, annaPage, benPage, loads } = await befriend(t);
  ben.expectedErrors.push(/planned fault/);
  const composer = benPage.getByTestId("composer");
  await composer.fill("not sent yet");
  const before = await engine(benPage);
  await before.evaluate(() => setTimeout(() => { throw new Error("planned fault"); }));
  await replaced(benPage, before);
  assert.equal(await composer.inputValue(), "not sent yet");
  assert.ok(await composer.evaluate((field) => field === document.activeElement), "the focus stays");
  await composer.press("Enter");
  await arrivesOnce(annaPage, benPage, "not sent yet");
  await say(annaPage, "Noch da?");
  await message(benPage, "Noch da?").waitFor();
  assert.equal(loads(), 0, "the page was not loaded again");
  world.assertQuiet();
});

test("a text that is on its way when the engine is killed arrives once, whatever the moment", async (t) => {
  const { world, annaPage, benPage, loads } = await befriend(t);

  // Before the engine heard of it.
  await benPage.evaluate(() => globalThis.kuvert.current().terminate());
  await say(benPage, "gone before it was heard");
  await arrivesOnce(annaPage, benPage, "gone before it was heard");

  // In the middle of the transaction: at each of its first writes to disk, the engine stands still until it is killed.
  for (const nth of [1, 2, 3, 4]) {
    const worker = await engine(benPage);
    await worker.evaluate((nth) => {
      const { flush } = FileSystemSyncAccessHandle.prototype;
      let count = 0;
      FileSystemSyncAccessHandle.prototype.flush = function (...args) {
        count += 1;
        if (count === nth) {
          const until = Date.now() + 60_000;
          while (Date.now() < until);
        }
        return flush.apply(this, args);
      };
    }, nth);
    const text = `killed at write ${nth}`;
    await say(benPage, text);
    await new Promise((done) => setTimeout(done, 300));
    await kill(benPage);
    await replaced(benPage, worker);
    await arrivesOnce(annaPage, benPage, text);
  }

  // After it was written down, before that was said: the engine's last words do not reach the page.
  const mute = await engine(benPage);
  await mute.evaluate(() => { self.postMessage = () => {}; });
  await say(benPage, "its answer was lost");
  await message(annaPage, "its answer was lost").waitFor();
  await kill(benPage);
  await replaced(benPage, mute);
  await arrivesOnce(annaPage, benPage, "its answer was lost");
  assert.equal(loads(), 0, "the page was not loaded again");
  world.assertQuiet();
});

test("an engine that crashes over and over is not started for ever, and that is said", async (t) => {
  const { world, ben, benPage, annaPage } = await befriend(t);
  ben.expectedErrors.push(/planned fault/);
  for (let crash = 0; crash < 4; crash += 1) {
    const worker = await engine(benPage);
    await worker.evaluate(() => setTimeout(() => { throw new Error("planned fault"); }));
    if (crash < 3) await replaced(benPage, worker);
  }
  await benPage.getByRole("heading", { name: "Kuvert has stopped" }).waitFor();
  await benPage.getByRole("button", { name: /reload/i }).click();
  await open(benPage, "Anna");
  await say(benPage, "Wieder da.");
  await arrivesOnce(annaPage, benPage, "Wieder da.");
  world.assertQuiet();
});

test("a waiting tab takes over when the other one is closed, without being loaded again", async (t) => {
  const world = await World.start(t);
  const anna = await world.browser("anna", { locale: "de-DE" });
  const first = await anna.open("/");
  await start(first, "Anna");
  const second = await anna.context.newPage();
  await second.goto(world.relay.origin);
  await second.getByRole("heading", { name: "Kuvert ist in einem anderen Tab offen" }).waitFor();
  let loads = 0;
  second.on("load", () => (loads += 1));
  await first.close();
  await second.getByRole("button", { name: "Mein Link", exact: true }).waitFor();

  // The tab from which it was taken waits in its turn.
  const third = await anna.context.newPage();
  await third.goto(world.relay.origin);
  await third.getByRole("button", { name: "Hier verwenden" }).click();
  await third.getByRole("button", { name: "Mein Link", exact: true }).waitFor();
  await second.getByRole("heading", { name: "Kuvert ist in einem anderen Tab offen" }).waitFor();
  await third.close();
  await second.getByRole("button", { name: "Mein Link", exact: true }).waitFor();
  assert.equal(loads, 0, "no tab was loaded again");
  world.assertQuiet();
});
