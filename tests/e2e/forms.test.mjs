// Forms of a line: an owner publishes one, a customer fills it in, and both see where it stands.

import assert from "node:assert/strict";
import { test } from "node:test";
import { choose, found, publish, row } from "./lib/desk.mjs";
import { eventually, findInFiles, World } from "./lib/harness.mjs";
import { photo } from "./lib/parcels.mjs";
import { pictures } from "./lib/pictures.mjs";

const PZN = "27580899";

/** Opens the form with this title from the page of the line's link. */
async function begin(page, name, title) {
  await page.getByTestId("own-name").fill(name);
  await page.getByTestId("line-form").filter({ hasText: title }).click();
  await page.getByTestId("form").waitFor();
}

test("a customer orders in advance, and both see where it stands", { timeout: 180_000 }, async (t) => {
  const world = await World.start(t);
  const owner = await world.browser("owner");
  const olga = await owner.open("/desk");
  await found(olga, { line: "Rosen-Apotheke", person: "Olga" });
  const link = await publish(olga);
  await olga.goBack();

  const customer = await world.browser("carla");
  const carla = await customer.open(link);
  await begin(carla, "Carla", /Medikamente|medicines/);
  const send = carla.getByTestId("form-send");
  // A mistyped number is said before anything is sent, and what is missing beside its field.
  await carla.getByTestId("product").fill("27580898");
  await send.click();
  await carla.getByTestId("form-products").getByText(/PZN (stimmt nicht|is not right)|This PZN/).waitFor();
  await carla.getByTestId("product").fill(`PZN-${PZN}`);
  await send.click();
  await carla.getByTestId("form-delivery").getByText(/(wähl etwas|füll dieses|choose something|fill this)/).waitFor();
  await carla.getByTestId("product-add").click();
  await carla.getByTestId("product").nth(1).fill("Nasenspray");
  await carla.getByTestId("form-delivery").locator("input").first().check();
  await carla.getByTestId("form-name").locator("input").fill("Carla Muster");
  await carla.getByTestId("form-files").setInputFiles({ name: "package.jpg", mimeType: "image/jpeg", buffer: await photo(carla) });
  for (const box of await carla.locator('.form input[type="checkbox"]').all()) await box.check();
  await send.click();
  const request = carla.getByTestId("request");
  await request.waitFor({ timeout: 30_000 });
  assert.match(await request.innerText(), new RegExp(PZN));
  assert.match(await request.innerText(), /Nasenspray/);

  await row(olga, "Carla").waitFor({ timeout: 30_000 });
  await choose(olga, "new", "Carla");
  await olga.getByTestId("desk-claim").click();
  const asked = olga.getByTestId("request");
  await asked.waitFor();
  assert.match(await asked.innerText(), /Nasenspray/);
  await olga.locator("figure[data-opened=true]").waitFor({ timeout: 30_000 });
  await asked.locator("summary").first().click();
  await olga.getByTestId("request-note").fill("It is here from four o'clock on.");
  const way = asked.getByTestId("request-way").first();
  const state = await way.innerText();
  await way.click();
  await carla.getByTestId("request-status").getByText("from four").waitFor({ timeout: 30_000 });
  await eventually("the request says where it stands", async () => (await request.getByTestId("request-state").innerText()).includes(state));
  assert.deepEqual(await findInFiles(world.relay.data, [PZN, "Nasenspray", "from four"]), [], "RELAY-4");
  await pictures(customer, carla, "request", carla.getByTestId("request-status"));
  await pictures(owner, olga, "desk-request", olga.getByTestId("request-status"));
  world.assertQuiet();
});

test("forms are built and filled in by everybody", { timeout: 300_000 }, async (t) => {
  const world = await World.start(t);
  const owner = await world.browser("owner");
  const olga = await owner.open("/desk");
  await found(olga, { line: "Rosen-Apotheke", person: "Olga" });
  await publish(olga);
  // A form of one's own: a title, a question with two answers.
  await olga.getByTestId("forms-add").selectOption("blank");
  const form = olga.getByTestId("built-form").last();
  await form.getByTestId("desk-forms-title-de").fill("Blutdruck messen");
  await form.getByTestId("desk-forms-title-en").fill("Blood pressure");
  await form.getByTestId("field-add").selectOption("choice");
  const field = form.getByTestId("built-field");
  await field.getByTestId("desk-field-label-de").fill("Wann?");
  await field.getByTestId("desk-field-label-en").fill("When?");
  for (const [at, [de, en]] of [["Vormittags", "Mornings"], ["Nachmittags", "Afternoons"]].entries()) {
    await field.getByTestId("option-add").click();
    await field.getByTestId("desk-field-option-de").nth(at).fill(de);
    await field.getByTestId("desk-field-option-en").nth(at).fill(en);
  }
  await form.getByTestId("form-preview").getByText(/^(Nachmittags|Afternoons)$/).waitFor();
  await olga.getByTestId("publish").click();
  await olga.getByTestId("line-link").waitFor();
  const link = new URL(await olga.getByTestId("line-link").inputValue());
  await pictures(owner, olga, "form-builder", olga.getByTestId("built-form").last(), { fullPage: true });
  const customer = await world.browser("carla");
  const carla = await customer.open(`${link.pathname}${link.hash}`);
  await eventually("the new form is offered", async () => (await carla.getByTestId("line-form").count()) === 3, 30_000);
  await begin(carla, "Carla", /Medikamente|medicines/);
  await pictures(customer, carla, "form-page", carla.getByTestId("form-send"), { fullPage: true });
  world.assertQuiet();
});
