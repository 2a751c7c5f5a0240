// Notifications: turned on in the settings, pushed by a real relay to a push service on this machine, shown by the service
// worker and by the page, without a word of what was written.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DESKTOP, PHONE, World, assertAccessible, eventually } from "./lib/harness.mjs";
import * as person from "./lib/journeys.mjs";
import { PushService } from "./lib/push.mjs";

const PUSHES = { relay: { environment: { KUVERT_PUSH_PRIVATE_ADDRESSES: "true" } } };
const SECRET = "Um acht am Hafen";

/** Anna, who lets her browser notify her, and Ben, who knows her. */
async function acquainted(t, options = {}) {
  const world = await World.start(t, PUSHES);
  const service = await PushService.start(t);
  const anna = await world.browser("anna", { permissions: ["notifications"], ...options });
  await service.subscribeIn(anna);
  const ben = await world.browser("ben");
  const annas = await anna.open("/");
  await person.start(annas, "Anna");
  const bens = await ben.open(await person.ownLink(annas));
  await person.request(bens, { name: "Ben", text: "Hallo" });
  await person.open(annas, "Ben");
  await person.accept(annas);
  return { world, service, anna, ben, annas, bens };
}

const section = (page) =>
  page.getByRole("region", { name: /^(Notifications|Benachrichtigungen)$/ });

async function turnOn(page) {
  await person.settings(page);
  await section(page).getByRole("button", { name: /^(Turn on|Einschalten)$/ }).click();
  await section(page).getByText(/^(On, also while|An, auch wenn)/).waitFor();
}

/** What the service worker shows right now. */
async function shown(browser) {
  const worker = browser.context.serviceWorkers()[0] ?? (await browser.context.waitForEvent("serviceworker"));
  return worker.evaluate(async () =>
    (await self.registration.getNotifications()).map(({ title, body, tag, lang }) => ({ title, body, tag, lang })));
}

test("who turned notifications on is woken once while Kuvert is closed, and told nothing", async (t) => {
  const { world, service, anna, annas, bens } = await acquainted(t);
  await turnOn(annas);
  await assertAccessible(annas);
  // The relay knows; a page that is loaded again does not subscribe again, and stays on.
  await annas.reload();
  await section(annas).getByText(/^On, also while/).waitFor();
  await annas.goto("about:blank");

  await person.say(bens, SECRET);
  await eventually("a push", () => service.pushed.length === 1);
  await person.say(bens, "Kommst du?");
  const [push] = service.pushed;
  assert.equal(push.path, "/anna");
  assert.deepEqual(service.open(push), Buffer.concat([Buffer.from([2]), Buffer.alloc(63)]), "it says nothing");
  await new Promise((done) => setTimeout(done, 2_500));
  assert.equal(service.pushed.length, 1, "once");

  // The browser's part: the push comes to the service worker, while nobody looks.
  const devtools = await anna.context.newCDPSession(annas);
  const registered = new Promise((found) =>
    devtools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const own = registrations.find(({ scopeURL }) => scopeURL.startsWith(world.relay.origin));
      if (own) found(own.registrationId);
    }));
  await devtools.send("ServiceWorker.enable");
  const registrationId = await registered;
  const deliver = () =>
    devtools.send("ServiceWorker.deliverPushMessage", { origin: world.relay.origin, registrationId, data: "" });
  await deliver();
  const words = { title: "Kuvert", body: "Something new is waiting for you.", tag: "kuvert", lang: "en" };
  await eventually("a notification", async () => (await shown(anna)).length === 1);
  assert.deepEqual(await shown(anna), [words]);
  await deliver();
  assert.deepEqual(await shown(anna), [words], "one takes the place of the other");

  // Opened again: what waited is there, and the notification has done its work.
  await annas.goto(world.relay.origin);
  await annas.getByTestId("conversation-item").filter({ hasText: "Kommst du?" }).waitFor();
  await eventually("no notification", async () => (await shown(anna)).length === 0);
  await deliver();
  assert.deepEqual(await shown(anna), [], "who has Kuvert in view needs none");

  await person.settings(annas);
  await section(annas).getByRole("button", { name: "Turn off" }).click();
  await section(annas).getByRole("button", { name: "Turn on" }).waitFor();
  await eventually("unsubscribed", () => annas.evaluate(() => localStorage.getItem("stand-in-subscription") === null));
  await annas.goto("about:blank");
  await person.say(bens, "Schon unterwegs?");
  await new Promise((done) => setTimeout(done, 3_000));
  assert.equal(service.pushed.length, 1, "nobody is pushed to any more");
  world.assertQuiet();
});

test("who begins anew is not woken for what was before", async (t) => {
  const { world, anna, annas } = await acquainted(t);
  await turnOn(annas);
  const isSubscribed = () => annas.evaluate(() => localStorage.getItem("stand-in-subscription") !== null);
  assert.ok(await isSubscribed());
  anna.expectedErrors.push(/404/);
  await annas.goto(new URL("/icon.svg", annas.url()).href);
  await annas.evaluate(() => new Promise((done, failed) => {
    const deleting = indexedDB.deleteDatabase("kuvert-keys");
    deleting.onsuccess = done;
    deleting.onerror = () => failed(deleting.error);
  }));
  await annas.goto(world.relay.origin);
  await annas.getByRole("button", { name: "Begin anew" }).click();
  await annas.getByRole("button", { name: "Delete and begin anew" }).click();
  await person.start(annas, "Anna");
  await eventually("unsubscribed", async () => !(await isSubscribed()));
  await person.settings(annas);
  await section(annas).getByRole("button", { name: "Turn on" }).waitFor();
  world.assertQuiet();
});

test("a page in the background shows that something came, and names it only where that was chosen", async (t) => {
  const { world, service, anna, annas, bens } = await acquainted(t);
  await turnOn(annas);
  const hide = (hidden) =>
    annas.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }, hidden);
  await person.say(bens, "im Blick");
  await annas.waitForTimeout(300);
  assert.deepEqual(await shown(anna), [], "not while the page is in view");
  await hide(true);
  await person.say(bens, SECRET);
  await eventually("a notification", async () => (await shown(anna)).length === 1);
  assert.ok(!JSON.stringify(await shown(anna)).match(/Hafen|Ben/));
  await hide(false);
  await eventually("no notification", async () => (await shown(anna)).length === 0);

  await section(annas).getByLabel("Name and text").check();
  await hide(true);
  await person.say(bens, "Bis gleich");
  await eventually("a notification", async () => (await shown(anna)).length === 1);
  const [named] = await shown(anna);
  assert.deepEqual([named.title, named.body], ["Ben", "Bis gleich"]);
  assert.equal(service.pushed.length, 0, "the relay wakes nobody who is there");
  world.assertQuiet();
});

test("a browser that was told not to says how to allow it", async (t) => {
  const world = await World.start(t, PUSHES);
  for (const [name, viewport, locale, colorScheme] of [
    ["desktop", DESKTOP, "en-GB", "light"],
    ["phone", PHONE, "de-DE", "dark"],
  ]) {
    const browser = await world.browser(name, { viewport, locale, colorScheme });
    await browser.context.addInitScript(() => {
      const asked = sessionStorage;
      const permission = () => asked.getItem("permission") ?? "default";
      Object.defineProperty(Notification, "permission", { get: permission });
      Notification.requestPermission = async () => {
        asked.setItem("permission", "denied");
        return "denied";
      };
    });
    const page = await browser.open("/");
    await person.start(page, "Anna");
    await person.settings(page);
    const turnOn = section(page).getByRole("button", { name: /^(Turn on|Einschalten)$/ });
    await turnOn.waitFor();
    await section(page).scrollIntoViewIfNeeded();
    await browser.screenshot(page, "off");
    await assertAccessible(page);
    await turnOn.click();
    await section(page).getByText(/Allow them|Erlaube sie/).waitFor();
    await browser.screenshot(page, "denied");
    await assertAccessible(page);
  }
  world.assertQuiet();
});
