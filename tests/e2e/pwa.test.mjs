// The app as an app: it opens without a network, and moves to a new build when its user says so.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assertAccessible, eventually, PHONE, World } from "./lib/harness.mjs";
import { ownLink, start } from "./lib/journeys.mjs";

const APP = join(resolve(dirname(fileURLToPath(import.meta.url)), "../.."), "target/web");
const OFFLINE = /ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED|WebSocket|Failed to fetch/;
const DESCRIPTION = "a messenger that keeps letters sealed";

/** Waits until the service worker keeps everything. */
async function kept(page) {
  await page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    if (active.state === "activated") return;
    await new Promise((done) => active.addEventListener("statechange", () => active.state === "activated" && done()));
  });
  await eventually("the page is the service worker's", () => page.evaluate(() => navigator.serviceWorker.controller !== null));
}

test("after one visit the app opens without relay or network, and a link says that it cannot be opened", async (t) => {
  const world = await World.start(t);
  const anna = await world.browser("anna");
  const page = await anna.open("/");
  await start(page, "Anna");
  const link = await ownLink(page);
  await kept(page);

  anna.expectedErrors.push(OFFLINE);
  await world.relay.kill();
  await anna.setOffline(true);
  await page.goto(world.relay.origin);
  await page.getByRole("button", { name: "My link", exact: true }).waitFor();
  await page.getByText("No connection").waitFor();

  const other = link.replace(/^\/c\/./, (start) => (start.endsWith("A") ? "/c/B" : "/c/A"));
  await page.goto(new URL(other, world.relay.origin).href);
  await page.getByRole("alert").filter({ hasText: /relay cannot be reached/i }).first().waitFor();
  assert.ok((await page.title()).includes("Kuvert"));
  // What is the relay's own is not answered in its name.
  assert.equal(await page.evaluate(() => fetch("/v1/relay").catch(() => "failed")), "failed");
  assert.equal(await page.evaluate(() => fetch("/healthz").catch(() => "failed")), "failed");
  world.assertQuiet();
});

/** Writes the app with another description and another style: every file that depends on one of them changes. */
async function makeNext(app) {
  const asset = (await readdir(join(app, "assets"))).find((name) => /^style-.*\.css$/.test(name));
  const style = `${await readFile(join(app, "assets", asset), "utf8")}\n/* another build */\n`;
  const hash = createHash("sha256").update(style).digest("hex").slice(0, 12);
  const next = `style-${hash}.css`;
  await writeFile(join(app, "assets", next), style);
  for (const name of [asset, `${asset}.br`, "index.html.br", "sw.js.br"]) {
    await rm(join(app, name.startsWith("style") ? `assets/${name}` : name), { force: true });
  }
  const rewrite = async (name, change) => {
    // As a whole, so that a relay that runs serves one or the other.
    await writeFile(join(app, `${name}.next`), change(await readFile(join(app, name), "utf8")));
    await rename(join(app, `${name}.next`), join(app, name));
  };
  await rewrite("index.html", (text) => text.replaceAll(asset, next).replace(DESCRIPTION, `${DESCRIPTION}, again`));
  await rewrite("sw.js", (text) => text.replaceAll(asset, next).replace(/(BUILD = "[^"]+)"/, '$1-next"'));
  return next;
}

test("a new build is fetched in the background, said in a quiet line, and shown when the user wants it", async (t) => {
  const world = await World.start(t);
  const app = world.path("web");
  await cp(APP, app, { recursive: true });
  await world.relay.stop();
  world.relay.web = app;
  await world.relay.run();

  const anna = await world.browser("anna", { viewport: PHONE });
  const page = await anna.open("/");
  await start(page, "Anna");
  await kept(page);
  const build = () => page.evaluate(() => document.querySelector("meta[name=description]").content);
  const style = () => page.evaluate(() => document.querySelector("link[rel=stylesheet]").href);
  const before = await style();
  assert.ok(!(await build()).includes("again"));

  const next = await makeNext(app);
  // Opened again, the app is still of one build, the old one: from the cache, although the relay has none of it any more.
  await page.reload();
  await page.getByRole("button", { name: "My link", exact: true }).waitFor();
  assert.equal(await style(), before);
  const line = page.getByTestId("new-version");
  await line.waitFor();
  await assertAccessible(page);
  await anna.screenshot(page, "new-version");
  assert.equal(await style(), before, "nothing changed by itself");

  await line.getByRole("button", { name: "Reload" }).click();
  await eventually("the new build is shown", async () => (await style()).endsWith(next));
  await page.getByRole("button", { name: "My link", exact: true }).waitFor();
  assert.ok((await build()).includes("again"));
  assert.equal(await line.count(), 0);
  world.assertQuiet();
});

test("the line can be put off, and other tabs follow when they like", async (t) => {
  const world = await World.start(t);
  const app = world.path("web");
  await cp(APP, app, { recursive: true });
  await world.relay.stop();
  world.relay.web = app;
  await world.relay.run();
  const anna = await world.browser("anna");
  const page = await anna.open("/");
  await start(page, "Anna");
  await kept(page);
  await makeNext(app);
  await page.reload();
  const line = page.getByTestId("new-version");
  await line.waitFor();
  const second = await anna.context.newPage();
  await second.goto(world.relay.origin);
  await second.getByTestId("new-version").getByRole("button", { name: "Reload" }).waitFor();
  await second.getByTestId("new-version").getByRole("button", { name: "Not now" }).click();
  await second.getByTestId("new-version").waitFor({ state: "detached" });

  const loads = [];
  page.on("load", () => loads.push("first"));
  second.on("load", () => loads.push("second"));
  await line.getByRole("button", { name: "Reload" }).click();
  await eventually("the first tab is loaded again", () => loads.includes("first"));
  await second.getByTestId("new-version").waitFor();
  assert.deepEqual(loads, ["first"], "the other tab is left in peace");
  world.assertQuiet();
});

test("of the builds before, the one that was in use stays", async (t) => {
  const world = await World.start(t);
  const app = world.path("web");
  await cp(APP, app, { recursive: true });
  await world.relay.stop();
  world.relay.web = app;
  await world.relay.run();
  const anna = await world.browser("anna");
  const page = await anna.open("/");
  await start(page, "Anna");
  await kept(page);
  const builds = () => page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith("kuvert-build-")));
  const [used] = await builds();
  // Two are fetched, one after the other, and only the second comes into use.
  for (const count of [2, 3]) {
    await makeNext(app);
    await page.evaluate(async () => void (await (await navigator.serviceWorker.getRegistration()).update()));
    await eventually("it is fetched", async () => (await builds()).length === count);
    await eventually("it waits", () =>
      page.evaluate(async () => {
        const { installing, waiting } = await navigator.serviceWorker.getRegistration();
        return !installing && waiting !== null;
      }),
    );
  }
  const newest = (await builds()).at(-1);
  await page.getByTestId("new-version").getByRole("button", { name: "Reload" }).click();
  await eventually("the build that never was in use is gone", async () => (await builds()).length === 2);
  assert.deepEqual(await builds(), [used, newest]);
  world.assertQuiet();
});

test("a half fetched build is not used", async (t) => {
  const world = await World.start(t);
  const app = world.path("web");
  await cp(APP, app, { recursive: true });
  await world.relay.stop();
  world.relay.web = app;
  await world.relay.run();
  const anna = await world.browser("anna");
  anna.expectedErrors.push(/404/);
  const page = await anna.open("/");
  await start(page, "Anna");
  await kept(page);
  const next = await makeNext(app);
  await rm(join(app, "assets", next));
  const outcome = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    const failed = new Promise((done) => {
      registration.addEventListener("updatefound", () => {
        const worker = registration.installing;
        worker.addEventListener("statechange", () => worker.state === "redundant" && done("redundant"));
      });
    });
    await registration.update();
    return failed;
  });
  assert.equal(outcome, "redundant");
  const builds = await page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith("kuvert-build-")));
  assert.equal(builds.length, 1);
  assert.equal(await page.getByTestId("new-version").count(), 0);
  await page.reload();
  await page.getByRole("button", { name: "My link", exact: true }).waitFor();
  world.assertQuiet();
});
