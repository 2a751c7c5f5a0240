// Files and pictures between browsers, and between a browser and a terminal: as people send them, with all that goes wrong
// on the way.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { eventually, findInFiles, World } from "./lib/harness.mjs";
import { accept, message, open, ownLink, say, settings, start } from "./lib/journeys.mjs";
import { befriend, meet } from "./lib/meeting.mjs";
import { atRequest, card, drop, hash, long, paste, photo, pick, saved, TOLD } from "./lib/parcels.mjs";
import { pictures } from "./lib/pictures.mjs";
import { expectDelivery } from "./lib/waiting.mjs";

const run = promisify(execFile);
const MEGABYTE = 1_000_000;
/** What Chromium says of a relay that is not there, or of a request that was taken back. */
const LOST = [/ERR_CONNECTION|ERR_FAILED|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE|Failed to load resource|WebSocket connection/];
const letter = { name: "Brief.txt", mimeType: "text/plain", buffer: Buffer.from("Liebe Anna, Grüße vom Meer") };

function expectLosses(...browsers) {
  for (const browser of browsers) browser.expectedErrors.push(...LOST);
}

test("who leaves while files are being sealed for another conversation is asked", async (t) => {
  const { world, annaPage } = await befriend(t);
  // The engine says nothing any more: what it was given is not sealed yet, as far as the page knows.
  const engine = annaPage.workers().find((worker) => /worker-[0-9a-f]+\.js/.test(worker.url()));
  await engine.evaluate(() => { self.postMessage = () => {}; });
  await pick(annaPage, letter);
  await annaPage.getByTestId("send").click();
  await annaPage.getByTestId("sealing").waitFor();
  await settings(annaPage);
  assert.equal(await annaPage.getByTestId("sealing").count(), 0, "the conversation is out of sight");
  const asked = annaPage.waitForEvent("dialog", { timeout: 5_000 });
  await annaPage.close({ runBeforeUnload: true });
  const dialog = await asked;
  assert.equal(dialog.type(), "beforeunload");
  await dialog.accept();
  world.assertQuiet();
});

/** The picture of a conversation once the real one is shown. */
const openedPicture = (page) => page.locator("figure[data-opened=true]");

test("a pasted picture is shown at once, opens in large, and tells nothing beside the picture", async (t) => {
  const { world, annaPage, benPage } = await befriend(t);
  const picture = await photo(annaPage);
  assert.ok(picture.includes(TOLD));
  const watched = (page) => atRequest(page, "GET", 0, () => {});
  const fetches = { anna: await watched(annaPage), ben: await watched(benPage) };
  await paste(annaPage, { name: "Strand.jpg", mimeType: "image/jpeg", buffer: picture });
  await annaPage.getByTestId("tray").getByText("Strand.jpg").waitFor();
  await say(annaPage, "Von heute morgen");
  await expectDelivery(annaPage, "Von heute morgen", /^(delivered|read)$/);
  assert.equal(await annaPage.getByTestId("tray").count(), 0, "the tray is empty");

  for (const page of [annaPage, benPage]) {
    await openedPicture(page).waitFor();
    assert.equal(await message(page, "Von heute morgen").count(), 1);
    const natural = await page.locator("figure img").evaluate((image) => [image.naturalWidth, image.naturalHeight]);
    assert.deepEqual(natural, [1200, 800], "the real one, not the small one");
  }
  // Ben opens it by keyboard, and closes it with Escape.
  const button = benPage.getByRole("button", { name: "Open picture Strand.jpg" });
  await button.focus();
  await benPage.keyboard.press("Enter");
  await benPage.getByTestId("viewer").locator("img[data-opened=true]").waitFor();
  await benPage.getByTestId("viewer").getByRole("img", { name: "Picture: Strand.jpg" }).waitFor();
  const got = await saved(benPage, benPage.getByTestId("viewer-save"));
  assert.equal(got.name, "Strand.jpg");
  assert.ok(!got.bytes.includes(TOLD), "what it told is gone");
  assert.ok(got.bytes.length > 1000 && got.bytes[0] === 0xff);
  await benPage.keyboard.press("Escape");
  await benPage.getByTestId("viewer").locator("img").waitFor({ state: "detached" });
  assert.ok(await button.evaluate((element) => element === document.activeElement), "the focus is back");

  // Nothing is fetched twice, and who sent it fetches nothing: after a reload it is here.
  for (const page of [annaPage, benPage]) {
    await page.reload();
    await openedPicture(page).waitFor();
  }
  assert.deepEqual([fetches.anna.requests.length, fetches.ben.requests.length], [0, 1]);
  world.assertQuiet();
});

test("files are picked and dropped, left out, sent with a text and without, both ways", async (t) => {
  const { world, annaPage, benPage } = await befriend(t);
  await pick(annaPage, letter, { ...letter, name: "nicht doch.txt" });
  await annaPage.getByRole("button", { name: "nicht doch.txt weglassen" }).click();
  await annaPage.getByTestId("send").click();
  const arrived = card(benPage, "Brief.txt");
  await arrived.waitFor();
  assert.equal(await card(benPage, "nicht doch").count(), 0);
  assert.equal(await arrived.getAttribute("data-state"), "offered", "nothing but pictures is fetched unasked");
  const got = await saved(benPage, arrived.getByTestId("file-fetch"));
  assert.deepEqual([got.name, got.bytes.toString()], ["Brief.txt", letter.buffer.toString()]);
  // It is kept: a second press fetches nothing, and not after a reload either.
  await benPage.reload();
  const again = await saved(benPage, card(benPage, "Brief.txt").getByTestId("file-save"));
  assert.equal(again.bytes.toString(), letter.buffer.toString());

  // A name that leads elsewhere leads nowhere, and a page of somebody else's is only saved.
  const page = { name: "../../Angebot.html", mimeType: "text/html", buffer: Buffer.from("<script>alert(1)</script>") };
  await drop(benPage, page, { ...letter, name: "Zweiter.txt", buffer: Buffer.alloc(0) });
  await benPage.getByTestId("composer").fill("Two for you");
  await benPage.getByTestId("send").click();
  await message(annaPage, "Two for you").waitFor();
  const offer = await saved(annaPage, card(annaPage, "Angebot.html").getByTestId("file-fetch"));
  assert.deepEqual([offer.name, offer.bytes.toString()], ["Angebot.html", page.buffer.toString()]);
  const empty = await saved(annaPage, card(annaPage, "Zweiter.txt").getByTestId("file-fetch"));
  assert.equal(empty.bytes.length, 0);
  await expectDelivery(benPage, "Two for you", /^(delivered|read)$/);
  world.assertQuiet();
});

test("10 MB arrive whole, byte for byte, though the relay is killed in both middles", { timeout: 240_000 }, async (t) => {
  const { world, anna, ben, annaPage, benPage } = await befriend(t);
  expectLosses(anna, ben);
  const bytes = long(10 * MEGABYTE, "words that only Ben may read");
  const up = await atRequest(annaPage, "PATCH", 3, () => world.relay.kill());
  await pick(annaPage, { name: "Leuchtturm.bin", mimeType: "application/octet-stream", buffer: bytes });
  await say(annaPage, "Der ganze Turm");
  await up.done;
  await annaPage.getByRole("progressbar").waitFor();
  await world.relay.run();
  await expectDelivery(annaPage, "Der ganze Turm", /^(sent|delivered|read)$/, 60_000);
  const offsets = up.requests.map((headers) => Number(headers["upload-offset"]));
  assert.ok(offsets[3] > 0, `the upload went on where the relay had it: ${offsets}`);

  const down = await atRequest(benPage, "GET", 3, () => world.relay.kill());
  await card(benPage, "Leuchtturm.bin").waitFor({ timeout: 60_000 });
  const fetching = saved(benPage, card(benPage, "Leuchtturm.bin").getByTestId("file-fetch"), 120_000);
  await down.done;
  await benPage.getByRole("progressbar").waitFor();
  await world.relay.run();
  const got = await fetching;
  assert.equal(hash(got.bytes), hash(bytes));
  const ranges = down.requests.map((headers) => Number(/bytes=(\d+)-/.exec(headers.range)[1]));
  assert.ok(ranges[3] > 0, `the download went on where this device had it: ${ranges}`);
  world.assertQuiet();
});

test("a reload in the middle of an upload and of a download loses nothing", { timeout: 240_000 }, async (t) => {
  const { world, anna, ben, annaPage, benPage } = await befriend(t);
  expectLosses(anna, ben);
  const bytes = long(10 * MEGABYTE, "words that only Ben may read");
  const up = await atRequest(annaPage, "PATCH", 3, () => annaPage.reload());
  await pick(annaPage, { name: "Leuchtturm.bin", mimeType: "application/octet-stream", buffer: bytes });
  await say(annaPage, "Der ganze Turm");
  await up.done;
  await expectDelivery(annaPage, "Der ganze Turm", /^(sent|delivered|read)$/, 60_000);

  const down = await atRequest(benPage, "GET", 3, () => benPage.reload());
  await card(benPage, "Leuchtturm.bin").getByTestId("file-fetch").click();
  await down.done;
  // The page that wanted it is gone, so that it is here and not yet saved.
  const save = card(benPage, "Leuchtturm.bin").getByTestId("file-save");
  await save.waitFor({ timeout: 60_000 });
  const ranges = down.requests.map((headers) => Number(/bytes=(\d+)-/.exec(headers.range)[1]));
  assert.ok(ranges[3] > 0, `the download went on where this device had it: ${ranges}`);
  assert.equal(hash((await saved(benPage, save)).bytes), hash(bytes));
  world.assertQuiet();
});

test("who changes their mind takes a message back before its files are there, and stops a download", async (t) => {
  const { world, anna, ben, annaPage, benPage } = await befriend(t);
  expectLosses(anna, ben);
  const file = { name: "Turm.bin", mimeType: "application/octet-stream", buffer: long(3 * MEGABYTE, "secret words") };
  let release;
  const held = new Promise((resolve) => (release = resolve));
  const up = await atRequest(annaPage, "PATCH", 2, async () => {
    await annaPage.getByTestId("files-cancel").click();
    await card(annaPage, "Turm.bin").waitFor({ state: "detached" });
    await held;
  });
  await pick(annaPage, file);
  await annaPage.getByTestId("send").click();
  await eventually("it was taken back", async () => up.requests.length >= 2 && (await card(annaPage, "Turm.bin").count()) === 0);
  release();
  await up.done;
  await say(annaPage, "Doch nicht");
  await message(benPage, "Doch nicht").waitFor();
  assert.equal(await card(benPage, "Turm.bin").count(), 0);
  await annaPage.unroute("**/v1/blobs/*");

  await pick(annaPage, file);
  await annaPage.getByTestId("send").click();
  await card(benPage, "Turm.bin").waitFor();
  const down = await atRequest(benPage, "GET", 2, () => benPage.getByTestId("file-stop").click());
  await card(benPage, "Turm.bin").getByTestId("file-fetch").click();
  await down.done;
  await benPage.locator("[data-testid=file][data-state=offered]").waitFor();
  const got = await saved(benPage, card(benPage, "Turm.bin").getByTestId("file-fetch"));
  assert.equal(hash(got.bytes), hash(file.buffer));
  world.assertQuiet();
});

test("what cannot be sent is said in words, and comes back to the tray with its text", async (t) => {
  const { world, annaPage } = await befriend(t);
  const broken = { name: "kaputt.png", mimeType: "image/png", buffer: Buffer.from("\x89PNG\r\n\x1a\nbroken", "latin1") };
  await pick(annaPage, letter, broken);
  await say(annaPage, "Zwei Sachen");
  await annaPage.getByTestId("files-trouble").filter({ hasText: "kaputt.png ist als Bild beschädigt" }).waitFor();
  assert.equal(await annaPage.getByTestId("tray").getByRole("listitem").count(), 2);
  assert.equal(await annaPage.getByTestId("composer").inputValue(), "Zwei Sachen");
  await annaPage.getByRole("button", { name: "kaputt.png weglassen" }).click();
  await annaPage.getByTestId("send").click();
  await expectDelivery(annaPage, "Zwei Sachen", /^(sent|delivered|read)$/);
  const many = Array.from({ length: 17 }, (_, at) => ({ ...letter, name: `${at}.txt` }));
  await pick(annaPage, ...many);
  await annaPage.getByTestId("files-trouble").filter({ hasText: "höchstens 16 Dateien" }).waitFor();
  assert.equal(await annaPage.getByTestId("tray").getByRole("listitem").count(), 16);
  world.assertQuiet();
});

test("a full device says so, and keeps everything else", async (t) => {
  const { world, anna, annaPage, benPage } = await befriend(t);
  // The browser's estimate knows nothing of this limit: what is written meets it.
  const { usage } = await annaPage.evaluate(() => navigator.storage.estimate());
  const devtools = await anna.context.newCDPSession(annaPage);
  const quotaSize = usage + 4 * MEGABYTE;
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: world.relay.origin, quotaSize });
  await pick(annaPage, { name: "Turm.bin", mimeType: "application/octet-stream", buffer: long(8 * MEGABYTE, "secret words") });
  await annaPage.getByTestId("send").click();
  await annaPage.getByTestId("files-trouble").filter({ hasText: "kein Platz mehr" }).waitFor();
  // Messages still find a place.
  await annaPage.getByRole("button", { name: "Turm.bin weglassen" }).click();
  await say(annaPage, "Kein Platz für den Turm");
  await message(benPage, "Kein Platz").waitFor();
  // And so do small files.
  await pick(annaPage, letter);
  await annaPage.getByTestId("send").click();
  await card(benPage, "Brief.txt").waitFor();
  world.assertQuiet();
});

test("files wait for an acceptance", async (t) => {
  const { annaPage, benPage, world } = await meet(t);
  assert.ok(await benPage.getByTestId("attach").isHidden());
  assert.equal(await benPage.getByRole("button", { name: "Attach files" }).count(), 0);
  await open(annaPage, "Ben");
  await accept(annaPage);
  await benPage.getByRole("button", { name: "Attach files" }).waitFor();
  world.assertQuiet();
});

test("a large file is written to where the user wants it", async (t) => {
  const { world, annaPage, benPage } = await befriend(t);
  await pick(annaPage, letter);
  await annaPage.getByTestId("send").click();
  await saved(benPage, card(benPage, "Brief.txt").getByTestId("file-fetch"));
  // The browser's own question cannot be answered by a test; the worker gets the place as it would from there.
  const written = await benPage.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const place = await root.getFileHandle("saved by hand", { create: true });
    // A command that is not given again, of no page in particular: save the first file.
    const page = [0x50, ...Array(16).fill(0)];
    globalThis.kuvert.current().postMessage([Uint8Array.of(0x83, ...page, 0, 0x82, 0x18, 67, 0x81, 1), place]);
    for (let tries = 0; tries < 100; tries += 1) {
      const text = await (await place.getFile()).text();
      if (text !== "") return text;
      await new Promise((done) => setTimeout(done, 50));
    }
    return "nothing";
  });
  assert.equal(written, letter.buffer.toString());
  world.assertQuiet();
});

test("Anna in a browser and Ben in a terminal send each other files", async (t) => {
  const world = await World.start(t);
  const anna = await world.browser("anna", { locale: "de-DE" });
  const page = await anna.open("/");
  await start(page, "Anna");
  const link = new URL(await ownLink(page), world.relay.origin).href;
  const profile = ["--profile", world.path("terminal-ben"), "--json"];
  const kuvert = async (...args) => {
    const { stdout } = await run(world.relay.binary, [...args, ...profile], { timeout: 60_000 });
    return stdout.trim().split("\n").map((line) => JSON.parse(line));
  };
  await kuvert("id", "create", "--name", "Ben", "--relay", world.relay.origin);
  await kuvert("contact", "add", link, "--message", "Hallo aus dem Terminal");
  await open(page, "Ben");
  await accept(page);
  await kuvert("listen", "--timeout", "3").catch(() => {});

  const folder = world.path("terminal-files");
  await mkdir(folder);
  const bytes = long(2 * MEGABYTE, "words from a terminal");
  await writeFile(join(folder, "Logbuch.bin"), bytes);
  await writeFile(join(folder, "Strand.jpg"), await photo(page));
  await kuvert("send", "Anna", "Zweierlei", "--file", join(folder, "Logbuch.bin"), "--file", join(folder, "Strand.jpg"));
  await message(page, "Zweierlei").waitFor();
  await openedPicture(page).waitFor();
  const got = await saved(page, card(page, "Logbuch.bin").getByTestId("file-fetch"));
  assert.equal(hash(got.bytes), hash(bytes));

  const back = long(MEGABYTE, "words from a browser");
  await pick(page, { name: "Antwort.bin", mimeType: "application/octet-stream", buffer: back });
  await say(page, "Und zurück");
  await expectDelivery(page, "Und zurück", /^sent$/);
  const heard = await kuvert("listen", "--count", "1", "--timeout", "20");
  const event = heard.find((event) => event.text === "Und zurück");
  await kuvert("save", String(event.message), "--to", join(folder, "saved"));
  assert.deepEqual(await readdir(join(folder, "saved")), ["Antwort.bin"]);
  assert.equal(hash(await readFile(join(folder, "saved", "Antwort.bin"))), hash(back));
  world.assertQuiet();
});

test("RELAY-4: files lie sealed at the relay and in both browsers", async (t) => {
  const { world, anna, ben, annaPage, benPage } = await befriend(t);
  const text = "words that stand in every page of this file";
  const file = { name: "Leuchtturm-von-Anna.bin", mimeType: "application/octet-stream", buffer: long(3 * MEGABYTE, text) };
  const picture = await photo(annaPage);
  // Bytes of the picture itself, in the middle of its scan.
  const scan = picture.subarray(picture.length / 2, picture.length / 2 + 24);
  await pick(annaPage, file, { name: "Strand.jpg", mimeType: "image/jpeg", buffer: picture });
  await annaPage.getByTestId("send").click();
  await openedPicture(benPage).waitFor();
  await openedPicture(annaPage).waitFor();
  await card(benPage, file.name).getByTestId("file-fetch").click();
  await benPage.locator("[data-testid=file][data-state=saved]").waitFor();
  await anna.close();
  await ben.close();
  assert.deepEqual(await findInFiles(world.relay.data, [text, file.name, scan, TOLD]), []);
  for (const browser of [anna, ben]) {
    const opfs = join(browser.profile, "Default", "File System");
    assert.deepEqual(await findInFiles(opfs, [text, file.name, scan, TOLD]), [], `${browser.name}'s files are sealed`);
    assert.deepEqual(await browser.findOnDisk([text, scan, TOLD]), [], `${browser.name}'s profile`);
  }
  world.assertQuiet();
});

test("sealed bytes go when nobody needs them any more", async (t) => {
  const { world, annaPage, benPage } = await befriend(t);
  const names = (page) => page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("kuvert-files");
    const names = [];
    for await (const name of folder.keys()) names.push(name);
    return names;
  });
  await pick(annaPage, letter);
  await annaPage.getByTestId("send").click();
  await saved(benPage, card(benPage, "Brief.txt").getByTestId("file-fetch"));
  await eventually("nothing is kept that was sent", async () => (await names(annaPage)).length === 0);
  assert.equal((await names(benPage)).length, 1);
  await benPage.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("kuvert-files");
    await folder.getFileHandle("left by a kill", { create: true });
  });
  await benPage.reload();
  await card(benPage, "Brief.txt").waitFor();
  await eventually("what no message needs goes with the next start", async () => (await names(benPage)).length === 1);
  await saved(benPage, card(benPage, "Brief.txt").getByTestId("file-save"));
  world.assertQuiet();
});

test("the screens with files are accessible in both languages, colours and widths", { timeout: 600_000 }, async (t) => {
  const { world, anna, ben, annaPage, benPage } = await befriend(t);
  const picture = { name: "Strand.jpg", mimeType: "image/jpeg", buffer: await photo(annaPage) };
  await pick(annaPage, picture, { ...letter, name: "Mietvertrag-Entwurf-2026-mit-allen-Anlagen.pdf" });
  await say(annaPage, "Das Bild von heute, und der Vertrag");
  await openedPicture(benPage).waitFor();
  await openedPicture(annaPage).waitFor();
  await pick(benPage, letter);
  await benPage.getByTestId("send").click();
  await card(annaPage, "Brief.txt").waitFor();
  await pictures(anna, annaPage, "files", openedPicture(annaPage));
  await pictures(ben, benPage, "files", openedPicture(benPage));
  await benPage.getByTestId("picture").click();
  await benPage.getByTestId("viewer").locator("img[data-opened=true]").waitFor();
  const { assertAccessible, DESKTOP, PHONE } = await import("./lib/harness.mjs");
  for (const [width, viewport] of [[390, PHONE], [1440, DESKTOP]]) {
    await benPage.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await benPage.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await assertAccessible(benPage);
      await ben.screenshot(benPage, `viewer-${colorScheme}-${width}`);
    }
  }
  await benPage.keyboard.press("Escape");
  await pick(annaPage, picture, letter);
  for (const [width, viewport] of [[390, PHONE], [1440, DESKTOP]]) {
    await annaPage.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await annaPage.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await assertAccessible(annaPage);
      await anna.screenshot(annaPage, `tray-${colorScheme}-${width}`);
    }
  }
  world.assertQuiet();
});
