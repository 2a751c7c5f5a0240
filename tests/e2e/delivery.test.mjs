// The program as it is handed out: one file, with the web app inside.

import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "./lib/harness.mjs";
import { start } from "./lib/journeys.mjs";
import { EMBEDDED } from "./lib/relay.mjs";

// `cargo xtask test` builds the program after the web app; a program that was built alone has none.
const skip = process.env.KUVERT_EMBEDDED === undefined && "this program was not built after the web app";

test("a relay serves the web app that is a part of it", { skip }, async (t) => {
  const world = await World.start(t, { relay: { web: EMBEDDED } });
  const anna = await world.browser("anna");
  const page = await anna.open("/");
  await start(page, "Anna");
  const asset = new URL(await page.evaluate(() => document.querySelector("script[src]").src));
  for (const [encoding, expected] of [["br", "br"], ["identity", null]]) {
    const response = await fetch(asset, { headers: { "accept-encoding": encoding } });
    assert.equal(response.headers.get("content-encoding"), expected);
    assert.match(response.headers.get("cache-control"), /immutable/);
    assert.match(await response.text(), /kuvert/);
    const tag = response.headers.get("etag");
    const again = await fetch(asset, { headers: { "accept-encoding": encoding, "if-none-match": tag } });
    assert.equal(again.status, 304);
  }
  assert.equal((await fetch(new URL("/sw.js", world.relay.origin))).headers.get("cache-control"), "no-cache");
  world.assertQuiet();
});

test("a relay that is told to serves no web app", async (t) => {
  const world = await World.start(t, { relay: { web: null } });
  assert.equal((await fetch(world.relay.origin)).status, 404);
  assert.equal((await fetch(new URL("/healthz", world.relay.origin))).status, 200);
});
