// Requests that go on by themselves: an appointment, the last seats of a cinema, and a ride that one of three drivers gets.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { found, invite, join, publish } from "./lib/desk.mjs";
import { eventually, World } from "./lib/harness.mjs";
import { pictures } from "./lib/pictures.mjs";

const PATIENCE = { timeout: 45_000 };

/** A line with one more form, by the name of its template; its link. */
async function line(world, template) {
  const owner = await world.browser("owner");
  const olga = await owner.open("/desk");
  await found(olga, { line: "Line", person: "Olga" });
  await publish(olga);
  await olga.getByTestId("forms-add").selectOption(template);
  await olga.getByTestId("publish").click();
  await olga.getByTestId("line-link").waitFor();
  const link = new URL(await olga.getByTestId("line-link").inputValue());
  await olga.goBack();
  return { owner, olga, link: `${link.pathname}${link.hash}` };
}

/** A customer opens a form from the page of the link. */
async function customer(world, name, link, title) {
  const browser = await world.browser(name);
  const page = await browser.open(link);
  await eventually("the form is offered", async () => {
    if ((await page.getByTestId("line-form").filter({ hasText: title }).count()) > 0) return true;
    await page.reload();
    await page.getByTestId("own-name").waitFor();
    return false;
  }, 45_000);
  await page.getByTestId("own-name").fill(name);
  await page.getByTestId("line-form").filter({ hasText: title }).click();
  await page.getByTestId("form").waitFor();
  return { browser, page };
}

const type = (page, field, text, at = 0) => page.getByTestId(`form-${field}`).locator("input").nth(at).fill(text);

/** What is limited takes its form's requests from now on. */
async function use(olga, form) {
  await olga.getByTestId("capacity").waitFor();
  await eventually("the forms are known", async () => (await olga.getByTestId("seats-form").locator("option").count()) > 1);
  await olga.getByTestId("seats-form").selectOption(form);
  await olga.getByTestId("capacity").locator(".hint").waitFor({ state: "detached" });
  // Until the line's card is at the relay, which no screen tells.
  await olga.waitForTimeout(2_000);
}

test("an appointment is chosen, confirmed and put into a calendar", { timeout: 300_000 }, async (t) => {
  const world = await World.start(t);
  const { owner, olga, link } = await line(world, "table");
  await olga.getByTestId("seats").click();
  await olga.getByTestId("series-title").fill("Tables");
  for (const [field, text] of [["first", "2098-06-02"], ["last", "2098-06-02"], ["from", "18:00"], ["to", "20:00"], ["length", "60"]]) {
    await olga.getByTestId(`series-${field}`).fill(text);
  }
  await olga.getByTestId("series-add").click();
  await eventually("two times", async () => (await olga.getByTestId("lot").count()) === 2);
  await use(olga, "table");

  const { browser, page: carla } = await customer(world, "Carla", link, /Tisch|table/);
  await eventually("both are free", async () => (await carla.getByTestId("form-when").locator('input[type="radio"]').count()) === 2);
  await carla.getByTestId("form-when").locator("input").first().check();
  await type(carla, "name", "Muster");
  await browser.screenshot(carla, "form-slots-light-1440", { fullPage: true });
  await carla.getByTestId("form-send").click();
  await carla.getByTestId("request-appointment").waitFor(PATIENCE);
  const [file] = await Promise.all([carla.waitForEvent("download"), carla.getByTestId("add-to-calendar").click()]);
  const calendar = await readFile(await file.path(), "utf8");
  assert.match(calendar, /DTSTART;TZID=Europe\/Berlin:20980602T180000/);
  await eventually("it is not free any more", async () => /0 (frei|free)/.test(await olga.getByTestId("lot").first().innerText()));
  await pictures(owner, olga, "seats", olga.getByTestId("capacity"), { fullPage: true });
  world.assertQuiet();
});

test("two customers want the last seats, and one gets them", { timeout: 300_000 }, async (t) => {
  const world = await World.start(t);
  const { olga, link } = await line(world, "tickets");
  await olga.getByTestId("seats").click();
  await olga.getByTestId("performance-title").fill("Casablanca");
  for (const [field, text] of [["day", "2098-06-02"], ["from", "20:00"], ["to", "22:00"], ["lots", "Parkett 3"]]) {
    await olga.getByTestId(`performance-${field}`).fill(text);
  }
  await olga.getByTestId("performance-add").click();
  await use(olga, "tickets");

  const carla = await customer(world, "Carla", link, /Plätze|seats/i);
  const dora = await customer(world, "Dora", link, /Plätze|seats/i);
  for (const { page } of [carla, dora]) {
    await type(page, "event", "Casablanca");
    await type(page, "when", "2098-06-02");
    await type(page, "when", "20:00", 1);
    await type(page, "seats", "2");
  }
  await Promise.all([carla, dora].map(({ page }) => page.getByTestId("form-send").click()));
  for (const { page } of [carla, dora]) await page.getByTestId("request-status").waitFor(PATIENCE);
  const tickets = await Promise.all([carla, dora].map(({ page }) => page.getByTestId("ticket").count()));
  assert.deepEqual([...tickets].sort(), [0, 1], "one of them has seats");
  const winner = tickets[0] === 1 ? carla : dora;
  const other = tickets[0] === 1 ? dora : carla;
  assert.match(await other.page.getByTestId("request-status").innerText(), /Parkett \(1\)/);
  await pictures(winner.browser, winner.page, "ticket", winner.page.getByTestId("ticket"));

  const code = await winner.page.getByTestId("ticket-code").innerText();
  await olga.getByTestId("ticket-code-entry").fill(code);
  await olga.getByTestId("ticket-check").click();
  await olga.getByTestId("ticket-said").getByText(/Gültig|Valid/).waitFor();
  await olga.getByTestId("ticket-admit").click();
  await olga.getByTestId("ticket-said").getByText(/Eingelassen|Let in/).waitFor();
  await olga.getByTestId("ticket-check").click();
  await olga.getByTestId("ticket-said").getByText(/Schon benutzt|Used already/).waitFor();
  world.assertQuiet();
});

test("of three drivers, one gets the ride", { timeout: 300_000 }, async (t) => {
  const world = await World.start(t);
  const { olga, link } = await line(world, "ride");
  const drivers = [];
  for (const name of ["Anne", "Bert", "Cleo"]) drivers.push(await join(world, name, await invite(olga)));
  const { page: carla } = await customer(world, "Carla", link, /Taxi/i);
  await type(carla, "from", "Hauptstraße 1");
  await carla.getByTestId("form-payment").locator("input").first().check();
  await carla.getByTestId("form-send").click();
  for (const page of drivers) await page.getByTestId("offer").waitFor(PATIENCE);
  assert.match(await drivers[0].getByTestId("offer").innerText(), /Hauptstraße 1/);
  await drivers[0].screenshot({ path: new URL("results/offer-light.png", import.meta.url).pathname });

  await Promise.all([drivers[0], drivers[1]].map((page) => page.getByTestId("offer-take").click()));
  for (const page of drivers) await page.getByTestId("offer").waitFor({ state: "detached", timeout: 30_000 });
  await eventually("one of them has it", async () => {
    const counts = await Promise.all(drivers.map((page) => page.getByTestId("desk-release").count()));
    return counts.reduce((sum, count) => sum + count, 0) === 1;
  }, 30_000);
  await eventually("the other one is told", async () => {
    const told = await Promise.all(drivers.map((page) => page.getByTestId("offer-taken").count()));
    return told.reduce((sum, count) => sum + count, 0) === 1;
  }, 30_000);
  await carla.getByTestId("request-status").getByText(/Ein Wagen übernimmt|A car takes/).waitFor(PATIENCE);
  world.assertQuiet();
});
