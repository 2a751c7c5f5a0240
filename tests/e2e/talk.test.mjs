// What people do to messages: answer, edit, delete, react; by mouse, by keys, and with a finger.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible, eventually } from "./lib/harness.mjs";
import { message, open, say, settings } from "./lib/journeys.mjs";
import { ANSWER, befriend, HELLO } from "./lib/meeting.mjs";
import { expectDelivery } from "./lib/waiting.mjs";

/** Words of the menu in German and English. */
const MENU = {
  reply: /^(Antworten|Reply)$/,
  edit: /^(Bearbeiten|Edit)$/,
  copy: /^(Text kopieren|Copy text)$/,
  details: /^Details$/,
  delete: /^(Löschen …|Delete …)$/,
};

const composer = (page) => page.getByTestId("composer");
const menu = (page) => page.getByTestId("menu");

/** Opens a message's menu with the mouse. */
async function openMenu(page, text) {
  await message(page, text).last().click({ button: "right" });
  await menu(page).waitFor();
}

async function choose(page, text, item) {
  await openMenu(page, text);
  await menu(page).getByRole("menuitem", { name: item }).click();
}

/** Lets axe and a camera look at what is open, in both colours. */
async function look(browser, page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await assertAccessible(page);
    await browser.screenshot(page, name + "-" + colorScheme);
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "no-preference" });
}

test("a message is answered, edited and reacted to, and both see it", { timeout: 120_000 }, async (t) => {
  const { world, anna, annaPage, benPage } = await befriend(t);

  await openMenu(annaPage, HELLO);
  await look(anna, annaPage, "menu");
  await menu(annaPage).getByRole("menuitem", { name: MENU.reply }).click();
  await annaPage.getByTestId("composer-context").getByText(HELLO).waitFor();
  assert.ok(await composer(annaPage).evaluate((field) => field === document.activeElement), "one can write at once");
  await look(anna, annaPage, "replying");
  await annaPage.keyboard.type("Ja, ich weiß!");
  await annaPage.keyboard.press("Enter");
  await annaPage.getByTestId("composer-context").waitFor({ state: "detached" });
  await message(benPage, "Ja, ich weiß!").getByTestId("quotation").getByText(HELLO).waitFor();

  await choose(annaPage, "Ja, ich weiß!", MENU.edit);
  assert.equal(await composer(annaPage).inputValue(), "Ja, ich weiß!");
  await composer(annaPage).fill("Ja, ich weiß es!");
  await annaPage.keyboard.press("Enter");
  await message(benPage, "Ja, ich weiß es!").getByText("edited").waitFor();
  assert.equal(await composer(annaPage).inputValue(), "");

  await openMenu(annaPage, HELLO);
  await menu(annaPage).getByRole("menuitemradio", { name: "👍" }).click();
  const given = message(benPage, HELLO).getByTestId("reactions").getByRole("button");
  await given.filter({ hasText: "👍" }).waitFor();
  assert.equal(await given.getAttribute("aria-pressed"), "false");
  await given.tap();
  await message(annaPage, HELLO).getByRole("button", { name: "👍 2" }).waitFor();
  await message(annaPage, HELLO).getByRole("button", { name: "👍 2" }).click();
  await eventually("the reaction is taken back", async () => (await given.innerText()).trim() === "👍");

  await choose(annaPage, ANSWER, MENU.details);
  const details = annaPage.getByTestId("details");
  await details.locator(".receipt").filter({ hasText: "Ben" }).waitFor();
  await look(anna, annaPage, "details");
  await annaPage.keyboard.press("Escape");
  await details.waitFor({ state: "detached" });
  world.assertQuiet();
});

test("a message is deleted for everyone or here alone", { timeout: 120_000 }, async (t) => {
  const { world, anna, annaPage, benPage } = await befriend(t);
  await choose(annaPage, ANSWER, MENU.delete);
  await annaPage.getByTestId("delete-dialog").waitFor();
  await look(anna, annaPage, "delete");
  await annaPage.getByRole("button", { name: "Behalten" }).click();
  await message(annaPage, ANSWER).waitFor();
  await choose(annaPage, ANSWER, MENU.delete);
  await annaPage.getByRole("button", { name: "Für alle löschen" }).click();
  await benPage.getByTestId("message-kind").filter({ hasText: "This message was deleted." }).waitFor();
  assert.equal(await message(benPage, ANSWER).count(), 0);

  await choose(annaPage, HELLO, MENU.delete);
  assert.equal(await annaPage.getByRole("button", { name: "Für alle löschen" }).count(), 0, "others' messages go here only");
  await annaPage.getByRole("button", { name: "Auf diesem Gerät löschen" }).click();
  await message(annaPage, HELLO).waitFor({ state: "detached" });
  assert.equal(await message(benPage, HELLO).count(), 1);
  world.assertQuiet();
});

test("a draft outlasts a reload, and the list says so", { timeout: 120_000 }, async (t) => {
  const { world, anna, annaPage } = await befriend(t);
  const secret = "Das schicke ich vielleicht morgen";
  await composer(annaPage).fill(secret);
  await settings(annaPage);
  await annaPage.getByTestId("draft").filter({ hasText: "Entwurf: " + secret }).waitFor();
  await look(anna, annaPage, "draft");
  await annaPage.reload();
  await annaPage.getByTestId("draft").filter({ hasText: secret }).waitFor();
  await open(annaPage, "Ben");
  assert.equal(await composer(annaPage).inputValue(), secret);
  const stored = await annaPage.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  assert.ok(!stored.includes("vielleicht"), "the browser's own storage holds none of it");
  await annaPage.keyboard.press("Control+End");
  await composer(annaPage).press("Enter");
  await message(annaPage, secret).waitFor();
  await annaPage.reload();
  await message(annaPage, secret).waitFor();
  assert.equal(await composer(annaPage).inputValue(), "", "what was sent is no draft");
  world.assertQuiet();
});

test("texts are shown with their styles, and never as HTML", { timeout: 120_000 }, async (t) => {
  const { world, anna, annaPage, benPage } = await befriend(t);
  const text = [
    "**fett**, *kursiv*, ~~weg~~ und `code`",
    "> ein Zitat",
    "- Punkt eins",
    "- Punkt zwei",
    "```",
    "let a = '<b>';",
    "```",
    "[die Bank](https://bank.example/konto) <img src=x onerror=alert(1)>",
  ].join("\n");
  await say(benPage, text);
  const shown = message(annaPage, "ein Zitat");
  await shown.waitFor();
  assert.equal(await shown.locator("strong").innerText(), "fett");
  assert.equal(await shown.locator("s").innerText(), "weg");
  assert.equal(await shown.locator("blockquote").innerText(), "ein Zitat");
  assert.equal(await shown.locator("ul.points > li").count(), 2);
  assert.match(await shown.locator("pre").innerText(), /let a = '<b>';/);
  assert.equal(await shown.locator("a").innerText(), "https://bank.example/konto", "the address is in sight");
  assert.equal(await shown.locator("img, b").count(), 0);
  assert.match(await shown.innerText(), /<img src=x onerror=alert\(1\)>/);
  await look(anna, annaPage, "markdown");

  await say(benPage, Array.from({ length: 80 }, (_, line) => `Zeile ${line}`).join("\n"));
  const long = message(annaPage, "Zeile 3");
  await long.getByRole("button", { name: "Mehr anzeigen" }).waitFor();
  assert.ok(!(await long.innerText()).includes("Zeile 79"));
  await long.getByRole("button", { name: "Mehr anzeigen" }).click();
  await long.getByText("Zeile 79").waitFor();
  world.assertQuiet();
});

test("messages disappear some time after reading, for who chose that", { timeout: 120_000 }, async (t) => {
  const { world, anna, annaPage, benPage } = await befriend(t);
  await annaPage.getByTestId("timer").click();
  await annaPage.getByTestId("timer-dialog").waitFor();
  await look(anna, annaPage, "timer");
  await annaPage.getByLabel("7 Tage").check();
  await annaPage.getByRole("button", { name: "Fertig" }).click();
  await say(annaPage, "nur für eine Woche");
  await message(annaPage, "nur für eine Woche").getByTestId("expiry").waitFor();
  await message(benPage, "nur für eine Woche").getByTestId("expiry").waitFor();
  await annaPage.reload();
  await annaPage.getByRole("button", { name: "Verschwindende Nachrichten: 7 Tage" }).waitFor();
  await expectDelivery(annaPage, "nur für eine Woche", /^(delivered|read)$/);
  world.assertQuiet();
});
