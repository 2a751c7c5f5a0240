// What a line owes to who writes to it: nothing leaves by mistake, copies, business records, erasure with a receipt.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { assertAccessible, eventually, findInFiles, World } from "./lib/harness.mjs";
import { message, say, writeRequest } from "./lib/journeys.mjs";
import { pictures } from "./lib/pictures.mjs";

const PRESCRIPTION = `Task/160.000.036.967.704.52/$accept?ac=${"2a4b2d2d".repeat(8)}`;
const IBAN = "DE89 3704 0044 0532 0130 00";
const NOTE = "She always pays late";

/** What a line without duties beyond everybody's has to say beside what is there already. */
const IMPRINT = {
  "imprint.street": "Hauptstraße 1",
  "imprint.zip": "12345",
  "imprint.city": "Musterstadt",
  "imprint.email": "post@example.org",
  "imprint.contact": "+49 30 0000000",
};

/** A line of one person, which warns of IBANs, and the path of the link to it. */
async function openLine(page) {
  await page.getByTestId("line-name").fill("Rosen");
  await page.getByTestId("own-name").fill("Olga");
  await page.getByTestId("create-line").click();
  await page.getByTestId("queue").waitFor({ state: "attached" });
  await page.getByTestId("describe").click();
  for (const [entry, text] of Object.entries(IMPRINT)) await page.getByTestId(entry).fill(text);
  for (const language of ["de", "en"]) {
    await page.getByTestId(`privacy-${language}`).fill("Only our team reads what you write.");
  }
  await page.locator("#guard-iban").check();
  await page.getByTestId("publish").click();
  const shown = page.getByTestId("line-link");
  await shown.waitFor();
  const link = new URL(await shown.inputValue());
  return `${link.pathname}${link.hash}`;
}

/** What is saved by an action: the texts of its files, by their endings. */
async function saved(page, count, action) {
  const files = [];
  const take = (file) => files.push(file);
  page.on("download", take);
  await action();
  await eventually(`${count} files`, async () => files.length === count, 30_000);
  page.off("download", take);
  const texts = {};
  for (const file of files) {
    texts[file.suggestedFilename().split(".").pop()] = await readFile(await file.path(), "utf8");
  }
  return texts;
}

/** Erases, keeps, or whatever the menu of a message offers. */
async function menu(page, text, item) {
  await message(page, text).last().click({ button: "right" });
  await page.getByTestId(item).click();
}

test("a customer's rights, from the first word to the receipt", { timeout: 300_000 }, async (t) => {
  const world = await World.start(t);
  const owner = await world.browser("owner");
  const olga = await owner.open("/desk");
  const link = await openLine(olga);
  assert.match(await olga.getByTestId("site-button").inputValue(), /^<a href="[^"]+#[^"]+" target="_blank" rel="noopener noreferrer"/);
  const list = await saved(olga, 2, () => olga.getByTestId("activities").click());
  assert.match(list.html, /Art\. 30/);
  await pictures(owner, olga, "rights-describe", olga.getByTestId("activities"), { fullPage: true });
  await olga.goBack();

  // A prescription is not sent, neither with the first message nor later; an IBAN only after a second look.
  const customer = await world.browser("carla");
  const carla = await customer.open(link);
  await writeRequest(carla, { name: "Carla", text: PRESCRIPTION });
  await carla.getByTestId("send").click();
  await carla.getByTestId("guarded").waitFor();
  assert.equal(await carla.getByTestId("guard-anyway").count(), 0, "there is no way past it");
  await assertAccessible(carla);
  await carla.getByTestId("guard-keep").click();
  assert.equal(await carla.getByTestId("composer").inputValue(), PRESCRIPTION, "nothing that was typed is lost");
  await carla.getByTestId("composer").fill("I want to order cough syrup");
  await carla.getByTestId("send").click();
  await message(carla, "cough syrup").waitFor();
  await carla.getByTestId("composer").fill(PRESCRIPTION);
  await carla.getByTestId("send").click();
  await carla.getByTestId("guarded").waitFor();
  await carla.getByTestId("guard-keep").click();
  assert.equal(await carla.getByTestId("composer").inputValue(), PRESCRIPTION);
  await carla.getByTestId("composer").fill(`Refund to ${IBAN}`);
  await carla.getByTestId("send").click();
  await carla.getByTestId("guarded").getByText(IBAN).waitFor();
  await customer.screenshot(carla, "rights-guarded");
  await assertAccessible(carla);
  await carla.getByTestId("guard-anyway").click();
  await message(carla, "Refund to").waitFor();
  await eventually("the field is empty", async () => (await carla.getByTestId("composer").inputValue()) === "");

  // At the desk: a note, a business record, a copy.
  await olga.getByTestId("queue-item").filter({ hasText: "Carla" }).click();
  await olga.getByTestId("case").waitFor();
  await message(olga, "Refund to").waitFor();
  await olga.getByTestId("note").fill(NOTE);
  await olga.getByTestId("desk-note-add").click();
  await say(olga, "It is 5 euros");
  await menu(olga, "cough syrup", "menu-keep");
  await olga.getByTestId("keep-reason").fill("order");
  await olga.getByTestId("keep-sure").click();
  await message(olga, "cough syrup").getByTestId("record").waitFor();
  await olga.getByTestId("rights").locator("summary").click();
  const copy = await saved(olga, 2, () => olga.getByTestId("desk-export").click());
  for (const needed of ["cough syrup", "It is 5 euros", NOTE, IBAN]) assert.ok(copy.html.includes(needed), needed);
  assert.equal(JSON.parse(copy.json).messages[0].kept, "business_record");

  // The customer saves everything, deletes it, and asks for erasure.
  await carla.getByTestId("about").click();
  await carla.getByTestId("rights-export").waitFor();
  await pictures(customer, carla, "rights-about", carla.getByTestId("rights-export"), { fullPage: true });
  const own = await saved(carla, 2, () => carla.getByTestId("rights-export").click());
  assert.ok(own.html.includes("cough syrup") && !own.html.includes(NOTE));
  await carla.getByTestId("rights-erase").click();
  await carla.getByTestId("confirm-yes").click();
  await olga.getByTestId("asks-erasure").waitFor({ timeout: 30_000 });
  await olga.getByTestId("rights").locator("summary").waitFor();
  await owner.screenshot(olga, "rights-case");
  await assertAccessible(olga);

  // Erased on both sides at once, but for the record; the receipt says so.
  if (!(await olga.getByTestId("desk-erase").isVisible())) await olga.getByTestId("rights").locator("summary").click();
  const receipt = await saved(olga, 2, async () => {
    await olga.getByTestId("desk-erase").click();
    await olga.getByTestId("confirm-yes").click();
  });
  const said = JSON.parse(receipt.json).receipt;
  assert.equal(said.kept[0].reason, "order");
  assert.ok(said.asked_at && said.erased.some((one) => one.what === "messages"));
  await eventually("the rest is gone", async () => (await message(olga, "It is 5 euros").count()) === 0);
  await message(olga, "cough syrup").getByTestId("record").waitFor();
  const notes = olga.getByTestId("case").getByText(NOTE);
  await eventually("the note is gone", async () => (await notes.count()) === 0);

  // Who did what is written down, and stands as it was written.
  await olga.getByTestId("team").click();
  await olga.getByTestId("audit-show").click();
  await olga.getByTestId("audit-verdict").waitFor();
  assert.ok((await olga.getByTestId("audit").locator("li").count()) > 5);
  await assertAccessible(olga);
  await owner.screenshot(olga, "rights-audit", { fullPage: true });
  assert.deepEqual(await findInFiles(world.relay.data, [NOTE, IBAN, "cough syrup"]), [], "RELAY-4");
  world.assertQuiet();
});
