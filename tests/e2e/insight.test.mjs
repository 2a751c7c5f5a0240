// What a desk finds and counts, who sits at it, its keys, and how satisfied a customer was.

import assert from "node:assert/strict";
import { test } from "node:test";
import { choose, found, invite, join, publish, row } from "./lib/desk.mjs";
import { assertAccessible, eventually, World } from "./lib/harness.mjs";
import { message, request, say, settings } from "./lib/journeys.mjs";
import { pictures } from "./lib/pictures.mjs";

const LINE = "Rosen-Apotheke-of-the-test";

test("a customer says how it was, and the desk finds and counts", { timeout: 300_000 }, async (t) => {
  const world = await World.start(t);
  const owner = await world.browser("owner");
  const olga = await owner.open("/desk");
  await found(olga, { line: LINE, person: "Olga" });
  await publish(olga);
  // The line asks how it was.
  await olga.getByTestId("answer-within").fill("soon");
  await olga.locator("#satisfaction").check();
  await olga.getByTestId("publish").click();
  await olga.locator("#answer-within-wrong").getByText(/minutes|Minuten/).waitFor();
  await olga.getByTestId("answer-within").fill("60");
  await olga.getByTestId("publish").click();
  await olga.waitForTimeout(500);
  const link = new URL(await olga.getByTestId("line-link").inputValue());
  await olga.goBack();
  const carlas = await world.browser("carla");
  const carla = await carlas.open(`${link.pathname}${link.hash}`);
  await request(carla, { name: "Carla", text: "Do you have the blue plasters?" });
  const dora = await (await world.browser("dora")).open(`${link.pathname}${link.hash}`);
  await request(dora, { name: "Dora", text: "Is the ointment there?" });
  await row(olga, "Dora").waitFor();

  await choose(olga, "new", "Carla");
  await olga.getByTestId("desk-claim").click();
  await olga.getByTestId("note").fill("Prefers the small package");
  await olga.getByTestId("desk-note-add").click();
  await olga.getByTestId("note").filter({ hasText: "small package" }).waitFor();
  await say(olga, "Yes, they are here.");
  await message(carla, "Yes, they are here.").waitFor();
  assert.equal(await carla.getByTestId("rating").count(), 0, "nobody is asked before it is done");
  await olga.getByTestId("desk-status-done").click();
  await carla.getByTestId("rating").waitFor();
  await pictures(carlas, carla, "line-rating", carla.getByTestId("rating"));
  await carla.getByTestId("rate").nth(3).click();
  await carla.getByTestId("rating").waitFor({ state: "detached" });
  await message(carla, "★★★★☆").waitFor();
  await message(olga, "★★★★☆").waitFor();
  // That asks nobody for an answer.
  assert.match(await olga.getByTestId("desk-filter-done").innerText(), /1/);
  assert.match(await olga.getByTestId("desk-filter-new").innerText(), /1/);

  // By a name, by a note, by what was written.
  const search = olga.getByTestId("desk-search");
  await search.fill("dora");
  await olga.getByTestId("found-case").filter({ hasText: "Dora" }).waitFor();
  await search.fill("small pack");
  await olga.getByTestId("found-case").filter({ hasText: "Prefers the small package" }).waitFor();
  await search.fill("plasters");
  await olga.getByTestId("desk-found").getByTestId("result").filter({ hasText: "Carla" }).waitFor();
  await assertAccessible(olga);
  await owner.screenshot(olga, "desk-search");
  await olga.getByTestId("desk-found").getByTestId("result").first().click();
  await message(olga, "plasters").waitFor();
  await search.fill("");
  await olga.getByTestId("queue").waitFor();

  await olga.getByTestId("statistics").click();
  const figures = olga.getByTestId("figures");
  await eventually("two conversations", async () => /(^|\D)2(\D|$)/.test(await figures.innerText()));
  await olga.getByTestId("scores").getByRole("row", { name: /4 (of|von) 5/ }).getByText("1").waitFor();
  await pictures(owner, olga, "desk-statistics", figures, { fullPage: true });
  world.assertQuiet();
});

test("who opened the link before a colleague joined is read by that colleague all the same", { timeout: 180_000 }, async (t) => {
  const world = await World.start(t);
  const olga = await (await world.browser("owner")).open("/desk");
  await found(olga, { line: LINE, person: "Olga" });
  const link = await publish(olga);
  const carla = await (await world.browser("carla")).open(link);
  await carla.getByTestId("line").waitFor();
  const anne = await join(world, "Anne", await invite(olga));
  await olga.getByTestId("team").click();
  await eventually("two in the team", async () => (await olga.getByTestId("member").count()) === 2);
  // Both sit at the desk, and each sees that.
  await eventually("both are here", async () => (await olga.getByTestId("here").count()) === 2, 60_000);
  await olga.goBack();
  await request(carla, { name: "Carla", text: "Hello there" });
  await row(olga, "Carla").waitFor();
  // The owner's device lets Anne in, and tells her what was written before.
  await choose(anne, "all", "Carla");
  await message(anne, "Hello there").waitFor();
  world.assertQuiet();
});

test("a desk is worked by keys", { timeout: 180_000 }, async (t) => {
  const world = await World.start(t);
  const owner = await world.browser("owner");
  const olga = await owner.open("/desk");
  await found(olga, { line: LINE, person: "Olga" });
  const link = await publish(olga);
  await olga.goBack();
  for (const name of ["Carla", "Dora"]) {
    const page = await (await world.browser(name)).open(link);
    await request(page, { name, text: `Hello, here is ${name}` });
    await row(olga, name).waitFor();
  }
  await olga.locator("h1").first().focus();
  await olga.keyboard.press("j");
  await olga.getByTestId("desk-claim").waitFor();
  await eventually("the row has the focus", async () => row(olga, "Carla").evaluate((one) => one === document.activeElement));
  await message(olga, "here is Carla").waitFor();
  await olga.keyboard.press("c");
  await olga.getByTestId("desk-release").waitFor();
  await olga.keyboard.press("r");
  await olga.keyboard.type("jce");
  assert.equal(await olga.getByTestId("composer").inputValue(), "jce", "letters of a text are letters");
  await olga.keyboard.press("Enter");
  await message(olga, "jce").waitFor();
  await olga.locator("h1").first().focus();
  await olga.keyboard.press("n");
  await olga.keyboard.type("a note");
  assert.equal(await olga.getByTestId("case").locator("textarea[data-testid=note]").inputValue(), "a note");
  await olga.locator("h1").first().focus();
  await olga.keyboard.press("e");
  await olga.getByTestId("erased").waitFor();
  await olga.keyboard.press("5");
  await row(olga, "Carla").waitFor();
  await olga.keyboard.press("/");
  await olga.keyboard.type("dora");
  await olga.getByTestId("found-case").filter({ hasText: "Dora" }).waitFor();
  await olga.getByTestId("desk-search").fill("");
  // Whoever does not want them turns them off.
  await settings(olga);
  await pictures(owner, olga, "desk-settings", olga.locator("#keys-on"), { fullPage: true });
  await olga.locator("#keys-on").uncheck();
  await olga.locator("h1").first().focus();
  await olga.keyboard.press("5");
  assert.equal(await olga.getByTestId("desk-filter-done").getAttribute("aria-pressed"), "false");
  world.assertQuiet();
});

test("a desk in the background tells that a customer wrote, and not who", { timeout: 120_000 }, async (t) => {
  const world = await World.start(t);
  const owner = await world.browser("owner");
  const olga = await owner.open("/desk");
  await found(olga, { line: LINE, person: "Olga" });
  const link = await publish(olga);
  await olga.goBack();
  // A browser without a screen shows none: what the page asks for is looked at.
  await olga.evaluate(() => {
    window.told = [];
    window.Notification = class {
      static permission = "default";
      static requestPermission = async () => (this.permission = "granted");
      constructor(title, { body }) {
        window.told.push({ title, body });
      }
    };
  });
  await settings(olga);
  await olga.getByTestId("alerts").click();
  await olga.getByText(/^(On, as long as|An, solange)/).waitFor();
  await olga.goBack();
  const hide = (hidden) =>
    olga.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await hide(true);
  const carla = await (await world.browser("carla")).open(link);
  await request(carla, { name: "Carla", text: "Something private" });
  await eventually("a notification", async () => (await olga.evaluate(() => window.told.length)) > 0, 30_000);
  const told = await olga.evaluate(() => window.told);
  assert.ok(told.every(({ body }) => /^(A customer has written\.|Ein Kunde hat geschrieben\.)$/.test(body)), JSON.stringify(told));
  await hide(false);
  await say(carla, "And one more");
  await row(olga, "Carla").getByText("And one more").waitFor();
  assert.equal(await olga.evaluate(() => window.told.length), told.length, "who looks needs none");
  world.assertQuiet();
});
