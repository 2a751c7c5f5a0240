// What people do to messages: answer, edit, delete, react; by mouse, by keys, and with a finger.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible, eventually, PHONE } from "./lib/harness.mjs";
import { message, open, say, settings } from "./lib/journeys.mjs";
import { arrived, postMany, prepareMany, sendMany, watchPosts } from "./lib/many.mjs";
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

test("the menu, an answer and an edit work with keys alone", { timeout: 120_000 }, async (t) => {
  const { world, annaPage } = await befriend(t);
  const keys = annaPage.keyboard;
  await annaPage.getByRole("region", { name: "Nachrichten" }).focus();
  await keys.press("ArrowUp");
  await keys.press("ArrowUp");
  const focused = () => annaPage.evaluate(() => document.activeElement.innerText);
  assert.match(await focused(), new RegExp(HELLO));
  await keys.press("Shift+F10");
  await menu(annaPage).waitFor();
  const role = () => annaPage.evaluate(() => document.activeElement.getAttribute("role"));
  assert.equal(await role(), "menuitemradio", "the first of the quick reactions has the focus");
  await keys.press("ArrowDown");
  assert.match(await focused(), MENU.reply);
  await keys.press("End");
  assert.match(await focused(), MENU.delete);
  await keys.press("ArrowDown");
  assert.equal(await role(), "menuitemradio", "after the last comes the first");
  await keys.press("Home");
  await keys.press("ArrowDown");
  await keys.press("Escape");
  await menu(annaPage).waitFor({ state: "detached" });
  assert.match(await focused(), new RegExp(HELLO), "the focus is back");
  await keys.press("ContextMenu");
  await menu(annaPage).waitFor();
  await keys.press("ArrowDown");
  await keys.press("Enter");
  await annaPage.getByTestId("composer-context").waitFor();
  await eventually("one writes", () => composer(annaPage).evaluate((one) => one === document.activeElement));
  await keys.press("Escape");
  await annaPage.getByTestId("composer-context").waitFor({ state: "detached" });
  await keys.press("ArrowUp");
  assert.equal(await composer(annaPage).inputValue(), ANSWER, "the newest own text is edited");
  await keys.press("Escape");
  assert.equal(await composer(annaPage).inputValue(), "");
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

/** A finger on a message: by the debugger's protocol, as the browser gets it from a screen. */
async function finger(page) {
  const session = await page.context().newCDPSession(page);
  const send = (type, points) => session.send("Input.dispatchTouchEvent", { type, touchPoints: points });
  return {
    down: (x, y) => send("touchStart", [{ x, y }]),
    move: (x, y) => send("touchMove", [{ x, y }]),
    up: () => send("touchEnd", []),
  };
}

async function middle(locator) {
  const { x, y, width, height } = await locator.boundingBox();
  return { x: x + width / 2, y: y + height / 2 };
}

test("with a finger, holding opens the menu and a swipe answers", { timeout: 120_000 }, async (t) => {
  const { world, ben, benPage } = await befriend(t);
  assert.deepEqual(benPage.viewportSize(), PHONE);
  const touch = await finger(benPage);
  const at = await middle(message(benPage, ANSWER));

  await touch.down(at.x, at.y);
  await menu(benPage).waitFor();
  await touch.up();
  const sheet = await menu(benPage).boundingBox();
  assert.ok(sheet.width > PHONE.width - 20 && sheet.y + sheet.height > PHONE.height - 40, "the menu is a sheet from below");
  const selected = await benPage.evaluate(() => String(getSelection()));
  assert.equal(selected, "", "nothing is selected by holding");
  await look(ben, benPage, "sheet");
  const small = await menu(benPage).getByRole("menuitem").evaluateAll((items) => items.filter((item) => item.offsetHeight < 44).length);
  assert.equal(small, 0, "everything is large enough for a finger");
  await benPage.touchscreen.tap(200, 60);
  await menu(benPage).waitFor({ state: "detached" });

  await touch.down(at.x, at.y);
  for (let step = 1; step <= 8; step += 1) await touch.move(at.x + step * 10, at.y + 1);
  await touch.up();
  await benPage.getByTestId("composer-context").getByText(ANSWER).waitFor();
  await say(benPage, "gewischt");
  await message(benPage, "gewischt").getByTestId("quotation").waitFor();

  // A finger that goes down scrolls, and answers nothing.
  await touch.down(at.x, at.y);
  for (let step = 1; step <= 8; step += 1) await touch.move(at.x + step * 2, at.y + step * 10);
  await touch.up();
  assert.equal(await benPage.getByTestId("composer-context").count(), 0);
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

/** Puts the page into the background, or into view again. */
async function hide(page, hidden) {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  }, hidden);
}

test("what was deleted or edited while the page was out of view is not read there any more", { timeout: 120_000 }, async (t) => {
  const { world, annaPage, benPage } = await befriend(t);
  await say(annaPage, "das nehme ich zurück");
  await say(annaPage, "bis morgn");
  await message(benPage, "bis morgn").waitFor();
  await hide(benPage, true);

  await choose(annaPage, "das nehme ich zurück", MENU.delete);
  await annaPage.getByRole("button", { name: "Für alle löschen" }).click();
  await choose(annaPage, "bis morgn", MENU.edit);
  await composer(annaPage).fill("bis morgen");
  await annaPage.keyboard.press("Enter");
  await say(annaPage, "nicht gesehen");
  await expectDelivery(annaPage, "nicht gesehen", /^delivered$/);

  await hide(benPage, false);
  await message(benPage, "nicht gesehen").waitFor();
  await message(benPage, "bis morgen").getByText("edited").waitFor();
  assert.equal(await message(benPage, "bis morgn").count(), 0, "the edited text is not there any more");
  assert.equal(await message(benPage, "das nehme ich zurück").count(), 0, "the deleted text is not there any more");
  await expectDelivery(annaPage, "nicht gesehen", /^read$/);
  world.assertQuiet();
});

test("what was deleted while the engine was away is not read when it is back", { timeout: 120_000 }, async (t) => {
  const { world, annaPage, benPage } = await befriend(t);
  await say(annaPage, "das nehme ich zurück");
  await message(benPage, "das nehme ich zurück").waitFor();
  // The engine says nothing any more, and works on.
  const mute = benPage.workers().find((worker) => /worker-[0-9a-f]+\.js/.test(worker.url()));
  await mute.evaluate(() => { self.postMessage = () => {}; });
  await choose(annaPage, "das nehme ich zurück", MENU.delete);
  await annaPage.getByRole("button", { name: "Für alle löschen" }).click();
  await say(annaPage, "danach");
  await expectDelivery(annaPage, "danach", /^(delivered|read)$/);
  assert.equal(await message(benPage, "das nehme ich zurück").count(), 1, "it was not told yet");

  await benPage.evaluate(() => globalThis.kuvert.current().terminate());
  await message(benPage, "danach").waitFor();
  assert.equal(await message(benPage, "das nehme ich zurück").count(), 0);
  world.assertQuiet();
});

const numbered = (number) => String(number).padStart(5, "0");
const box = (page) => page.locator(".timeline");
const rows = (page) => page.locator(".rows > li").count();

test("a long conversation is read in both directions, with its beginning, its unread line and any message of it", { timeout: 240_000 }, async (t) => {
  const { world, anna, annaPage, benPage } = await befriend(t);
  await watchPosts(benPage);
  await benPage.reload();
  await message(benPage, ANSWER).waitFor();
  await prepareMany(benPage);
  await settings(annaPage);
  await sendMany(benPage, 1, 600);
  await arrived(annaPage, 600, 60_000);

  // Opened at the first unread message, which lies far up.
  await open(annaPage, "Ben");
  await annaPage.getByTestId("unread-line").waitFor();
  await message(annaPage, "00000 Ja.").waitFor();
  const line = await annaPage.getByTestId("unread-line").boundingBox();
  const view = await box(annaPage).boundingBox();
  assert.ok(line.y >= view.y && line.y < view.y + 120, "the line is at the top");
  await look(anna, annaPage, "unread");
  assert.ok((await rows(annaPage)) < 320);

  // Down to the end, by the wheel: what is read stays where it is when rows come and go.
  await annaPage.mouse.move(view.x + view.width / 2, view.y + view.height / 2);
  await eventually("the end is reached", async () => {
    await annaPage.mouse.wheel(0, 900);
    assert.ok((await rows(annaPage)) < 330, "rows are bounded");
    return (await message(annaPage, numbered(600)).count()) > 0 && (await box(annaPage).evaluate((box) => Math.abs(box.scrollTop) < 2));
  }, 60_000);

  // Up again: no message is missed, and nothing jumps while pages are loaded.
  const seen = new Set();
  const jumps = [];
  // A busy machine turns the wheel later, and then further at once.
  let owed = 0;
  await eventually("the beginning is reached", async () => {
    const before = await visible(annaPage);
    before.forEach(({ number }) => seen.add(number));
    await annaPage.mouse.wheel(0, -300);
    await annaPage.waitForTimeout(60);
    const after = await visible(annaPage);
    const both = after.filter(({ number }) => before.some((row) => row.number === number));
    const moved = both.map((row) => row.y - before.find(({ number }) => number === row.number).y);
    owed = Math.min(owed + 300, 900);
    if (moved.some((by) => by < -1 || by > owed + 1)) jumps.push(moved);
    owed -= Math.max(0, ...moved);
    return (await message(annaPage, HELLO).count()) > 0 && before.some(({ number }) => number === 1);
  }, 120_000);
  assert.deepEqual(jumps, [], "nothing jumped");
  const missing = Array.from({ length: 590 }, (_, at) => at + 5).filter((number) => !seen.has(number));
  assert.deepEqual(missing, [], "every message came into view");

  // What comes now lies far below: it is counted, and one press leads there.
  await postMany(benPage, 601, 603);
  await annaPage.getByTestId("beyond").filter({ hasText: "3" }).waitFor();
  await annaPage.getByTestId("to-newest").click();
  await message(annaPage, numbered(603)).waitFor();
  await annaPage.getByTestId("to-newest").waitFor({ state: "detached" });
  world.assertQuiet();
});

/** Numbers of the messages in view, each with its place. */
async function visible(page) {
  return page.evaluate(() => {
    const view = document.querySelector(".timeline").getBoundingClientRect();
    return [...document.querySelectorAll("[data-message]")]
      .map((row) => ({ number: Number(/\b(\d{5})\b/.exec(row.innerText)?.[1] ?? -1), y: row.getBoundingClientRect().top, bottom: row.getBoundingClientRect().bottom }))
      .filter(({ number, y, bottom }) => number > 0 && bottom > view.top && y < view.bottom);
  });
}

test("an answer leads to what it answers, however long ago that was, and a day can be chosen", { timeout: 240_000 }, async (t) => {
  const { world, anna, annaPage, benPage } = await befriend(t);
  await choose(annaPage, HELLO, MENU.reply);
  await composer(annaPage).fill("Daran erinnere ich mich");
  await watchPosts(benPage);
  await benPage.reload();
  await message(benPage, ANSWER).waitFor();
  await prepareMany(benPage);
  await sendMany(benPage, 1, 400);
  await message(annaPage, numbered(400)).waitFor();
  assert.ok((await rows(annaPage)) < 320, "rows are bounded while messages come");
  await composer(annaPage).press("Enter");
  const answer = message(annaPage, "Daran erinnere ich mich");
  await answer.getByTestId("quotation").click();
  const found = message(annaPage, HELLO).first();
  await found.waitFor();
  await eventually("it is in view", async () => {
    const { y } = await found.boundingBox();
    return y > 0 && y < 850;
  });
  await answer.waitFor({ state: "detached" });
  await annaPage.getByRole("button", { name: "Heute" }).first().click();
  await annaPage.getByTestId("day-dialog").waitFor();
  await look(anna, annaPage, "day");
  await annaPage.getByLabel("Tag", { exact: true }).fill("2037-01-01");
  await annaPage.getByRole("button", { name: "Anzeigen" }).click();
  await answer.waitFor();
  world.assertQuiet();
});
