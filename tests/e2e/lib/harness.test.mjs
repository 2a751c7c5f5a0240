// The harness must see what it is there to forbid; otherwise a green test says nothing.

import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { Browser, eventually, findInFiles, World } from "./harness.mjs";
import { temporaryDirectory } from "./files.mjs";

/** Starts the worker as the relay's policy allows it. */
const START = `
  const scripts = trustedTypes.createPolicy("kuvert", { createScriptURL: (url) => url });
  new Worker(scripts.createScriptURL("/assets/w.js"));
`;

/** A web app of three files, whose worker runs `code`. */
const app = (code) => ({
  "index.html": '<!doctype html><title>t</title><link rel="icon" href="data:,"><script src="/assets/a.js"></script>',
  "assets/a.js": START,
  "assets/w.js": code,
});

/** The app behind a real relay. */
async function worldOf(t, code) {
  const directory = await temporaryDirectory("kuvert-e2e-app-");
  t.after(() => directory.remove());
  await mkdir(directory.join("assets"));
  for (const [name, text] of Object.entries(app(code))) await writeFile(directory.join(name), text);
  const world = await World.start(t, { relay: { web: directory.path } });
  const alice = await world.browser("alice");
  return { world, alice, page: await alice.open("/") };
}

/** The app behind a server that sets no policy, so that a page can do what the relay's policy would stop. */
async function browserWithoutPolicy(t, code) {
  const server = createServer((request, response) => {
    const name = request.url === "/" ? "index.html" : request.url.slice(1);
    response.setHeader("content-type", name.endsWith(".js") ? "text/javascript" : "text/html");
    response.end(app(code)[name] ?? "");
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const directory = await temporaryDirectory("kuvert-e2e-open-");
  const relay = { origin: `http://localhost:${server.address().port}` };
  const browser = await Browser.launch({ name: "alice", test: "harness", relay, profile: directory.join("profile") });
  t.after(async () => {
    await browser.close();
    server.close();
    await directory.remove();
  });
  await browser.open("/");
  return browser;
}

// The record of requests is what assertOwnRelayOnly rests on.
test("a request of a worker to another host is found", async (t) => {
  const alice = await browserWithoutPolicy(t, "fetch('http://127.0.0.1:1/elsewhere').catch(() => {})");
  await eventually("the request is seen", () => alice.requests.some((url) => url.endsWith("/elsewhere")));
  assert.throws(() => alice.assertOwnRelayOnly(), /elsewhere/);
});

test("a socket of a worker to another host is found", async (t) => {
  const alice = await browserWithoutPolicy(t, "new WebSocket('ws://127.0.0.1:1/elsewhere')");
  await eventually("the socket is seen", () => alice.requests.some((url) => url.endsWith("/elsewhere")));
  assert.throws(() => alice.assertOwnRelayOnly(), /elsewhere/);
});

test("an error of a worker is found", async (t) => {
  const { alice } = await worldOf(t, "console.error('lost it'); throw new Error('lost it too')");
  await eventually("the error is seen", () => alice.errors.some((text) => text.includes("lost it too")));
  assert.ok(alice.errors.some((text) => text === "lost it"), alice.errors.join("\n"));
  assert.throws(() => alice.assertNoErrors(), /lost it/);
});

test("a page that behaves is left in peace", async (t) => {
  const { world, alice } = await worldOf(t, "fetch('/healthz')");
  await eventually("the request is seen", () => alice.requests.some((url) => url.endsWith("/healthz")));
  world.assertQuiet();
});

test("what lies in a profile is found on disk after the browser ended", async (t) => {
  const secret = "plaintext-in-opfs";
  const { world, alice, page } = await worldOf(t, "");
  await page.evaluate(async (secret) => {
    const root = await navigator.storage.getDirectory();
    const writer = await (await root.getFileHandle("x", { create: true })).createWritable();
    await writer.write(secret);
    await writer.close();
  }, secret);
  await alice.close();
  assert.equal((await alice.findOnDisk([secret])).length, 1);
  const again = await world.browser("alice");
  const reopened = await again.open("/");
  const size = await reopened.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    return (await (await root.getFileHandle("x")).getFile()).size;
  });
  assert.equal(size, secret.length, "the profile survives its browser");
});

test("bytes and both forms of text are found in files", async (t) => {
  const directory = await temporaryDirectory("kuvert-e2e-files-");
  t.after(() => directory.remove());
  await mkdir(directory.join("a", "b"), { recursive: true });
  await writeFile(directory.join("a", "b", "utf16"), Buffer.from("x-secret-x", "utf16le"));
  await writeFile(directory.join("a", "bytes"), Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]));
  const hits = await findInFiles(directory.path, ["secret", Buffer.from([2, 3, 4, 5, 6, 7]), "absent"]);
  assert.deepEqual(
    hits.map(({ file, offset }) => [file, offset]).sort(),
    [
      [join(directory.path, "a", "b", "utf16"), 4],
      [join(directory.path, "a", "bytes"), 2],
    ],
  );
});

test("a relay that was killed comes back on the same port", async (t) => {
  const { world, page } = await worldOf(t, "");
  await world.relay.restart();
  assert.equal((await page.reload()).status(), 200);
  assert.match(world.relay.log, /listening/);
});
