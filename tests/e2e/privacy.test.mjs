// What lies on disks while a message waits, and after it was read: at the relay, and in the profiles of both browsers.

import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { findInFiles, World } from "./lib/harness.mjs";
import { accept, message, open, ownLink, request, say, start, writeRequest } from "./lib/journeys.mjs";
import { expectDelivery } from "./lib/waiting.mjs";

const ANNA = "Anna-of-the-privacy-test";
const BEN = "Ben-of-the-privacy-test";
const WAITING = "words that only Anna may read";
const ANSWER = "words that only Ben may read";
const SQLITE_HEADER = "SQLite format 3";

/** Where Chromium keeps the origin private file systems of a profile. */
const opfs = (browser) => join(browser.profile, "Default", "File System");

async function bytesIn(directory) {
  let bytes = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}

const SESSION_SAVED = 4_000;

test("RELAY-4: the relay's files hold neither text nor names while a message waits", async (t) => {
  const world = await World.start(t);
  const anna = await world.browser("anna");
  const annaPage = await anna.open("/");
  await start(annaPage, ANNA);
  const link = await ownLink(annaPage);
  await anna.close();

  const ben = await world.browser("ben");
  const benPage = await ben.open(link);
  await request(benPage, { name: BEN, text: WAITING });
  await expectDelivery(benPage, WAITING, /^sent$/);

  assert.ok((await bytesIn(world.relay.data)) > 0, "the relay wrote something");
  const secret = link.split("#")[1];
  assert.deepEqual(await findInFiles(world.relay.data, [WAITING, ANNA, BEN, secret]), []);
  assert.ok(!world.relay.log.includes(link.split("#")[0]), "LOG-1: no card id in the log");
  world.assertQuiet();
});

test("the databases of both browsers are encrypted on disk", async (t) => {
  const world = await World.start(t);
  const anna = await world.browser("anna");
  const ben = await world.browser("ben");
  const annaPage = await anna.open("/");
  await start(annaPage, ANNA);
  const benPage = await ben.open(await ownLink(annaPage));
  await writeRequest(benPage, { name: BEN, text: WAITING });
  // Chromium writes down every few seconds what a session would need to be restored: it gets the chance to.
  await new Promise((resolve) => setTimeout(resolve, SESSION_SAVED));
  await request(benPage, { name: BEN, text: WAITING });
  await open(annaPage, BEN);
  await accept(annaPage);
  await say(annaPage, ANSWER);
  await message(benPage, ANSWER).waitFor();
  await anna.close();
  await ben.close();

  for (const browser of [anna, ben]) {
    assert.ok((await bytesIn(opfs(browser))) > 4096, `${browser.name} keeps a database in the file system`);
    const needles = [WAITING, ANSWER, ANNA, BEN, SQLITE_HEADER];
    assert.deepEqual(await findInFiles(opfs(browser), needles), [], `${browser.name}'s database is encrypted`);
    // Nor does the browser itself keep what was typed, in its sessions or its form data.
    assert.deepEqual(await browser.findOnDisk([WAITING, ANSWER, ANNA, BEN]), [], `${browser.name}'s profile`);
  }
  world.assertQuiet();
});
