// The profile in the browser: locked by a passphrase, thrown away by the browser, or not kept at all. And the headers that bind the
// page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible, eventually, PHONE, World } from "./lib/harness.mjs";
import { ownLink, settings, start } from "./lib/journeys.mjs";

const PASSPHRASE = "correct horse battery";
const OTHER = "quite another one";

async function begin(t, options = {}) {
  const world = await World.start(t);
  const anna = await world.browser("anna", options);
  const page = await anna.open("/");
  await start(page, "Anna");
  return { world, anna, page };
}

const home = (page) => page.getByRole("button", { name: "My link", exact: true }).waitFor();

async function setPassphrase(page, passphrase) {
  await settings(page);
  await page.getByRole("button", { name: "Set a passphrase" }).click();
  await page.getByLabel("New passphrase", { exact: true }).fill(passphrase);
  await page.getByLabel("New passphrase once more").fill(passphrase);
  await page.getByRole("button", { name: "Save passphrase" }).click();
  await page.getByRole("button", { name: "Lock now" }).waitFor();
}

async function unlock(page, passphrase) {
  await page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
  await page.getByRole("button", { name: "Unlock" }).click();
}

/** What the browser keeps of the key, opened with the browser's own key: all that somebody has who has the whole profile. */
const browsersRecord = (page) =>
  page.evaluate(async () => {
    const ask = (request) => new Promise((done, failed) => {
      request.onsuccess = () => done(request.result);
      request.onerror = () => failed(request.error);
    });
    const db = await ask(indexedDB.open("kuvert-keys", 1));
    const { wrapping, iv, wrapped } = await ask(db.transaction("keys").objectStore("keys").get("database"));
    db.close();
    return [...new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, wrapping, wrapped))];
  });

test("a passphrase locks the profile, and only that passphrase opens it", async (t) => {
  const { world, anna, page } = await begin(t, { viewport: PHONE });
  assert.equal((await browsersRecord(page)).length, 32, "without a passphrase the browser's key is enough");
  await setPassphrase(page, PASSPHRASE);
  await assertAccessible(page);
  await anna.screenshot(page, "settings");

  // Neither the database nor its key is to be had with what the browser keeps.
  const record = await browsersRecord(page);
  assert.match(Buffer.from(record).toString("latin1"), /^kuvert wrapped key 1\n/);
  assert.notEqual(record.length, 32);
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  assert.ok(!stored.includes(PASSPHRASE) && !stored.includes("passphrase"), stored);

  await page.getByRole("button", { name: "Lock now" }).click();
  await page.getByRole("heading", { name: "Kuvert is locked" }).waitFor();
  await assertAccessible(page);
  await anna.screenshot(page, "locked");
  assert.ok(!(await page.content()).includes("Anna"), "nothing of the profile is shown");
  await unlock(page, OTHER);
  await page.getByText("This is not your passphrase").waitFor();
  await unlock(page, PASSPHRASE);
  await page.getByRole("heading", { level: 1, name: /Settings$/ }).waitFor();

  // Nor after a restart of the browser.
  await anna.close();
  assert.deepEqual(await anna.findOnDisk([PASSPHRASE]), [], "the passphrase lies nowhere on disk");
  const again = await world.browser("anna");
  const reopened = await again.open("/");
  await unlock(reopened, PASSPHRASE);
  await home(reopened);
  world.assertQuiet();
});

test("a passphrase is changed and removed by who knows it", async (t) => {
  const { world, page } = await begin(t);
  await setPassphrase(page, PASSPHRASE);
  await page.getByRole("button", { name: "Change passphrase" }).click();
  const change = async (current) => {
    await page.getByLabel("Passphrase until now").fill(current);
    await page.getByLabel("New passphrase", { exact: true }).fill(OTHER);
    await page.getByLabel("New passphrase once more").fill(OTHER);
    await page.getByRole("button", { name: "Save passphrase" }).click();
  };
  await change("not this one either");
  await page.getByText("The passphrase until now is not right").waitFor();
  const wrong = (label) => page.getByLabel(label, { exact: true }).evaluate((field) => ({
    isWrong: field.getAttribute("aria-invalid"),
    why: field.getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id)?.innerText).join(""),
  }));
  const { isWrong, why } = await wrong("Passphrase until now");
  assert.ok(isWrong === "true" && why.startsWith("The passphrase until now is not right"), why);
  assert.deepEqual(await wrong("New passphrase"), { isWrong: "false", why: "" }, "and no other field is");
  await change(PASSPHRASE);
  await page.getByText("Done. It counts from now on.").waitFor();
  await page.reload();
  await unlock(page, PASSPHRASE);
  await page.getByText("This is not your passphrase").waitFor();
  await unlock(page, OTHER);
  await page.getByRole("button", { name: "Remove passphrase" }).click();
  await page.getByLabel("Passphrase until now").fill(OTHER);
  await page.getByRole("button", { name: "Remove passphrase" }).click();
  await page.getByRole("button", { name: "Set a passphrase" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { level: 1, name: /Settings$/ }).waitFor();
  world.assertQuiet();
});

test("an engine that is killed while it is unlocked asks for the passphrase again, and goes on", async (t) => {
  const { world, page } = await begin(t);
  await setPassphrase(page, PASSPHRASE);
  let loads = 0;
  page.on("load", () => (loads += 1));
  await page.evaluate(() => globalThis.kuvert.current().terminate());
  await page.getByRole("heading", { name: "Kuvert is locked" }).waitFor();
  await unlock(page, PASSPHRASE);
  await page.getByRole("heading", { level: 1, name: /Settings$/ }).waitFor();
  assert.equal(loads, 0);
  world.assertQuiet();
});

/** Ends the engine and throws away what the browser might: some of it, or all. */
async function evict(anna, page, { database, key }) {
  // A page without the app; the browser looks for an icon there.
  anna.expectedErrors.push(/404/);
  await page.goto(new URL("/icon.svg", page.url()).href);
  await page.evaluate(async ({ database, key }) => {
    if (database) {
      const root = await navigator.storage.getDirectory();
      for (let tries = 0; ; tries += 1) {
        try {
          await root.removeEntry("kuvert", { recursive: true });
          break;
        } catch (error) {
          if (tries > 50) throw error;
          await new Promise((done) => setTimeout(done, 100));
        }
      }
    }
    if (key) {
      await new Promise((done, failed) => {
        const deleting = indexedDB.deleteDatabase("kuvert-keys");
        deleting.onsuccess = done;
        deleting.onerror = () => failed(deleting.error);
      });
    }
  }, { database, key });
}

for (const [what, gone, words] of [
  ["database", { database: true, key: false }, /thrown away the database/],
  ["key", { database: false, key: true }, /thrown away the key/],
  ["database and the key", { database: true, key: true }, /thrown away what Kuvert kept/],
]) {
  test(`when the browser threw the ${what} away, that is said, and nothing new begins by itself`, async (t) => {
    const { world, anna, page } = await begin(t, { viewport: PHONE });
    await eventually("the page remembers", () => page.evaluate(() => localStorage.getItem("kuvert-kept")));
    const before = await ownLink(page);
    await evict(anna, page, gone);
    await page.goto(world.relay.origin);
    await page.getByRole("heading", { name: "Your messages are not here any more" }).waitFor();
    await page.getByText(words).waitFor();
    await assertAccessible(page);
    await anna.screenshot(page, "gone");
    await page.reload();
    await page.getByRole("heading", { name: "Your messages are not here any more" }).waitFor();
    assert.equal(await page.getByTestId("own-name").count(), 0, "no new identity is offered");

    await page.getByRole("button", { name: "Begin anew" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Begin anew" }).click();
    await page.getByRole("button", { name: "Delete and begin anew" }).click();
    await start(page, "Anna");
    assert.notEqual(await ownLink(page), before);
    await page.reload();
    await page.getByTestId("link-text").waitFor();
    world.assertQuiet();
  });
}

test("a database that does not open is not replaced", async (t) => {
  const { world, anna, page } = await begin(t);
  anna.expectedErrors.push(/404/);
  // A key of the same form, and another one: what a copy of the wrong backup would be.
  await page.goto(new URL("/icon.svg", page.url()).href);
  await page.evaluate(async () => {
    const ask = (request) => new Promise((done, failed) => {
      request.onsuccess = () => done(request.result);
      request.onerror = () => failed(request.error);
    });
    const db = await ask(indexedDB.open("kuvert-keys", 1));
    const record = await ask(db.transaction("keys").objectStore("keys").get("database"));
    const { wrapping, iv } = record;
    record.wrapped = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, wrapping, new Uint8Array(32).fill(7));
    await ask(db.transaction("keys", "readwrite").objectStore("keys").put(record, "database"));
    db.close();
  });
  await page.goto(world.relay.origin);
  await page.getByRole("heading", { name: "Your messages cannot be opened" }).waitFor();
  world.assertQuiet();
});

test("files that cannot be read any more are thrown away when the user begins anew", async (t) => {
  const { world, anna, page } = await begin(t);
  const before = await ownLink(page);
  anna.expectedErrors.push(/404/);
  await page.goto(new URL("/icon.svg", page.url()).href);
  // Two files that both say that they are the database: neither is taken for it.
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const pool = await (await root.getDirectoryHandle("kuvert")).getDirectoryHandle(".opaque");
    const copy = async () => {
      const files = await Array.fromAsync(pool.entries());
      for (const [name, file] of files.filter(([name]) => !name.endsWith("-again"))) {
        const bytes = await (await file.getFile()).arrayBuffer();
        const other = await (await pool.getFileHandle(`${name}-again`, { create: true })).createWritable();
        await other.write(bytes);
        await other.close();
      }
    };
    for (let tries = 0; ; tries += 1) {
      try {
        await copy();
        break;
      } catch (error) {
        if (tries > 50) throw error;
        await new Promise((done) => setTimeout(done, 100));
      }
    }
  });
  await page.goto(world.relay.origin);
  await page.getByRole("heading", { name: "Your messages cannot be opened" }).waitFor();
  await page.getByRole("button", { name: "Begin anew" }).click();
  await page.getByRole("button", { name: "Delete and begin anew" }).click();
  await start(page, "Anna");
  assert.notEqual(await ownLink(page), before);
  await page.reload();
  await page.getByTestId("link-text").waitFor();
  world.assertQuiet();
});

test("a browser without a place for files keeps the session in memory, and says so", async (t) => {
  const world = await World.start(t);
  const anna = await world.browser("anna");
  await anna.context.route(/\/assets\/worker-[0-9a-f]+\.js$/, async (route) => {
    const response = await route.fetch();
    const body = `StorageManager.prototype.getDirectory = undefined;\n${await response.text()}`;
    const { "content-encoding": _, "content-length": __, ...headers } = response.headers();
    await route.fulfill({ status: 200, headers, body });
  });
  const page = await anna.open("/");
  await start(page, "Anna");
  await page.getByText("Nothing is kept here").waitFor();
  // What lived in memory is gone with the engine, and that is said rather than begun anew.
  await page.evaluate(() => globalThis.kuvert.current().terminate());
  await page.getByRole("heading", { name: "Kuvert has stopped" }).waitFor();
  await page.getByText("This browser keeps nothing").waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem("kuvert-kept")), null);
  world.assertQuiet();
});

test("the settings say what the browser keeps, and ask it to", async (t) => {
  const { world, page } = await begin(t);
  await settings(page);
  const section = page.getByTestId("settings-storage");
  await section.getByText(/MB on this device/).waitFor();
  await eventually("it is said whether the browser promised", async () => {
    const promised = await page.evaluate(() => navigator.storage.persisted());
    return (await section.getByTestId(promised ? "storage-promised" : "storage-not-promised").count()) === 1;
  });
  world.assertQuiet();
});

test("every response binds the page, and the page lives with that", async (t) => {
  const world = await World.start(t);
  const anna = await world.browser("anna");
  const warnings = [];
  anna.context.on("console", (message) => warnings.push(`${message.type()}: ${message.text()}`));
  const page = await anna.open("/");
  await start(page, "Anna");
  for (const path of ["/", "/sw.js", "/icon.svg", "/v1/relay", "/healthz", "/nothing.here"]) {
    const response = await fetch(new URL(path, world.relay.origin));
    const header = (name) => response.headers.get(name);
    assert.match(header("content-security-policy"), /default-src 'none'.*require-trusted-types-for 'script'/, path);
    assert.equal(header("x-content-type-options"), "nosniff", path);
    assert.equal(header("referrer-policy"), "no-referrer", path);
    assert.equal(header("cross-origin-opener-policy"), "same-origin", path);
    assert.match(header("permissions-policy"), /camera=\(self\).*microphone=\(\)/, path);
  }
  const tried = await page.evaluate(() => {
    const attempt = (what) => {
      try {
        what();
        return "done";
      } catch (error) {
        return error.name;
      }
    };
    return [
      attempt(() => (document.createElement("div").innerHTML = "<img src=x onerror=alert(1)>")),
      attempt(() => (document.createElement("div").innerHTML = '<p class="x">harmless</p>')),
      attempt(() => new Worker("/assets/other.js")),
      attempt(() => (document.createElement("script").src = "/assets/other.js")),
      attempt(() => trustedTypes.createPolicy("another", {})),
      attempt(() => globalThis.crossOriginIsolated || undefined.x),
    ];
  });
  assert.deepEqual(tried, ["TypeError", "done", "TypeError", "TypeError", "TypeError", "done"]);
  anna.expectedErrors.push(/Trusted|Content Security Policy|violates/);
  const unwanted = warnings.filter((text) => /^warning/.test(text));
  assert.deepEqual(unwanted, [], "the console is free of warnings");
  world.assertQuiet();
});
