// Contacts, groups, verification, scanning and search, with real browsers, a real relay and a camera that shows a film.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible, DESKTOP, eventually, PHONE, World } from "./lib/harness.mjs";
import { camera, film, shownCode } from "./lib/codes.mjs";
import { message, open, ownLink, request, say, settings, start } from "./lib/journeys.mjs";
import { about, back, circle, lookAt, makeGroup, memberLine, press } from "./lib/people.mjs";
import { pictures } from "./lib/pictures.mjs";

const ANNA = { name: "Anna", locale: "de-DE", viewport: DESKTOP };
const BEN = { name: "Ben", locale: "en-GB", viewport: PHONE };
const CHRIS = { name: "Chris", locale: "en-GB", viewport: DESKTOP };

test("a group of three is renamed, gets members and admins, loses them and is left", async (t) => {
  const world = await World.start(t);
  const [anna, ben, chris] = await circle(world, [ANNA, BEN, CHRIS]);
  await makeGroup(anna, "Strandausflug", ["Ben"]);
  await say(anna, "Wer fährt mit?");
  await back(ben);
  await open(ben, "Strandausflug");
  await message(ben, "Wer fährt mit?").waitFor();
  await say(ben, "Me!");
  await message(anna, "Me!").waitFor();

  await about(anna);
  await press(anna, "Hinzufügen");
  const dialog = anna.getByRole("dialog", { name: "Hinzufügen" });
  await assertAccessible(anna);
  await dialog.getByTestId("picker-search").fill("chr");
  assert.equal(await dialog.getByTestId("picker-choice").count(), 1, "Ben is in it already, and not offered");
  await dialog.getByTestId("picker-choice").click();
  await dialog.getByTestId("add-members").click();
  await memberLine(anna, "Chris").waitFor();
  await open(chris, "Strandausflug");

  await press(anna, "Umbenennen");
  await anna.getByTestId("group-name").fill("Nordsee");
  await press(anna, "Namen ändern");
  for (const page of [ben, chris]) await page.getByRole("heading", { level: 1, name: "Nordsee" }).waitFor();
  await ben.getByText("3 members").locator("visible=true").first().waitFor();

  // What one may not do is not offered.
  await about(ben);
  await memberLine(ben, "Chris").waitFor();
  assert.equal(await ben.getByRole("button", { name: "Rename" }).count(), 0, "only admins rename");
  await anna.getByText(/einzige Admin/).waitFor();
  assert.equal(await anna.getByTestId("leave").count(), 0, "the only admin cannot leave");

  await lookAt(anna, "Ben");
  await anna.getByTestId("set-admin").click();
  await memberLine(anna, "Ben").getByText("Admin").waitFor();
  await ben.getByRole("button", { name: "Rename" }).waitFor();
  await lookAt(ben, "Chris");
  await ben.getByTestId("remove-member").click();
  await assertAccessible(ben);
  await ben.getByTestId("confirm-yes").click();
  await memberLine(ben, "Chris").waitFor({ state: "detached" });
  await chris.getByText(/You were removed from this group/).waitFor();
  assert.ok(await chris.getByTestId("composer").isDisabled(), "who was removed cannot write");

  await anna.getByTestId("leave").click();
  await anna.getByTestId("confirm-yes").click();
  await anna.getByText(/Du hast diese Gruppe verlassen/).first().waitFor();
  await memberLine(ben, "Anna").waitFor({ state: "detached" });
  world.assertQuiet();
});

test("who is blocked does not get through until they are unblocked", async (t) => {
  const world = await World.start(t);
  const [anna, ben] = await circle(world, [ANNA, BEN]);
  await about(anna);
  await anna.getByTestId("block").click();
  const question = anna.getByRole("alertdialog", { name: "Ben blockieren?" });
  await question.waitFor();
  await assertAccessible(anna);
  assert.ok(await question.getByTestId("confirm-no").evaluate((no) => no === document.activeElement), "the harmless answer has the focus");
  await anna.keyboard.press("Escape");
  await question.waitFor({ state: "hidden" });
  assert.ok(await anna.getByTestId("block").evaluate((button) => button === document.activeElement), "the focus is back");
  await anna.getByTestId("block").click();
  await anna.getByTestId("confirm-yes").click();
  await anna.getByTestId("unblock").waitFor();
  await anna.getByTestId("conversation-item").filter({ hasText: "Blockiert" }).waitFor();

  await say(ben, "Hörst du mich?");
  await back(anna);
  await anna.getByTestId("unblock").waitFor();
  assert.equal(await anna.getByTestId("composer").count(), 0, "nothing can be written to who is blocked");
  await anna.getByTestId("unblock").click();
  await anna.getByTestId("composer").waitFor();
  await say(anna, "Jetzt wieder.");
  await message(ben, "Jetzt wieder.").waitFor({ timeout: 30_000 });
  await say(ben, "Fine.");
  await message(anna, "Fine.").waitFor({ timeout: 30_000 });
  assert.equal(await message(anna, "Hörst du mich?").count(), 0, "what came meanwhile is not here");
  world.assertQuiet();
});

test("two people verify each other, one by words and one by camera", async (t) => {
  const world = await World.start(t);
  const seen = world.path("ben-sees.y4m");
  const [anna, ben] = await circle(world, [ANNA, { ...BEN, flags: camera(seen) }]);
  for (const [page, button] of [[anna, "Überprüfen"], [ben, "Verify"]]) {
    await about(page);
    await press(page, button);
    await page.getByTestId("safety-words").waitFor();
  }
  const words = (page) => page.getByTestId("safety-words").locator("li").allInnerTexts();
  assert.equal((await words(anna)).length, 6);
  assert.deepEqual(await words(anna), await words(ben), "both see the same words");

  await anna.getByTestId("words-differ").click();
  await anna.getByText(/nicht sicher verbunden/).waitFor();
  await anna.getByTestId("words-same").click();
  await anna.getByTestId("verify-state").getByText("überprüft", { exact: true }).waitFor();
  await anna.getByTestId("conversation-item").filter({ hasText: "überprüft" }).waitFor();
  assert.equal(await ben.getByTestId("verify-state").getByText("verified", { exact: true }).count(), 0, "each decides alone");

  // Ben's camera sees his own code first, which is not Anna's.
  await film(seen, await shownCode(ben));
  await press(ben, "Open camera");
  await ben.getByRole("alert").getByText(/somebody else/).waitFor();
  await eventually("the camera is off", async () => (await ben.locator("video").count()) === 0);
  await film(seen, await shownCode(anna));
  await press(ben, "Open camera");
  await ben.getByTestId("verify-state").getByText("verified", { exact: true }).waitFor();
  assert.ok(
    await ben.getByTestId("verify-state").evaluate((state) => state === document.activeElement),
    "the focus goes to what changed",
  );

  await press(anna, "Prüfung zurücknehmen");
  await anna.getByTestId("confirm-yes").click();
  await anna.getByTestId("verify-state").getByText("neu", { exact: true }).waitFor();
  world.assertQuiet();
});

test("a link is scanned by camera, read from a picture or pasted", async (t) => {
  const world = await World.start(t);
  const seen = world.path("ben-sees.y4m");
  const anna = await (await world.browser("anna", ANNA)).open("/");
  await start(anna, "Anna");
  const link = await ownLink(anna);
  await film(seen, await shownCode(anna));
  const photo = await anna.getByTestId("qr").screenshot();

  const ben = await (await world.browser("ben", { ...BEN, flags: camera(seen) })).open("/");
  await start(ben, "Ben");
  const card = ben.getByRole("heading", { level: 1, name: "Write to Anna" });
  const again = async () => {
    await ben.goBack();
    await ben.getByRole("heading", { level: 1, name: "New conversation" }).waitFor();
  };
  await ben.getByTestId("new").click();
  await press(ben, "Open camera");
  await card.waitFor();
  assert.equal(new URL(ben.url()).hash, "", "the secret is not in the address");

  await again();
  const nothing = await anna.getByTestId("link-text").screenshot();
  await ben.getByTestId("scan-picture").setInputFiles({ name: "n.png", mimeType: "image/png", buffer: nothing });
  await ben.getByText("No code can be seen in this picture.").waitFor();
  await ben.getByTestId("scan-picture").setInputFiles({ name: "c.png", mimeType: "image/png", buffer: photo });
  await card.waitFor();

  await again();
  await ben.getByTestId("paste-link").fill(`https://elsewhere.example/c/AAAAAAAAAAAAAAAAAAAAAA#${"b".repeat(43)}`);
  await press(ben, "Open link");
  await ben.getByTestId("open-elsewhere").waitFor();
  await again();
  await ben.getByTestId("paste-link").fill(new URL(link, world.relay.origin).href);
  await ben.keyboard.press("Enter");
  await request(ben, { text: "Endlich gefunden." });
  await anna.getByTestId("requests").getByText("Ben").waitFor();
  world.assertQuiet();
});

test("a camera that is not allowed or not there is answered in words", async (t) => {
  const world = await World.start(t);
  const flags = ["--use-fake-device-for-media-stream"];
  for (const [name, options, words] of [
    ["anna", { ...ANNA, flags }, /Kuvert darf die Kamera nicht benutzen/],
    ["ben", BEN, /This device has no camera|Kuvert may not use the camera/],
  ]) {
    const page = await (await world.browser(name, options)).open("/");
    await start(page, name);
    await page.getByTestId("new").click();
    await press(page, /^(Kamera öffnen|Open camera)$/);
    await page.getByTestId("scan-status").getByText(words).waitFor();
  }
  world.assertQuiet();
});

test("a link that was taken back leads nowhere, and the new one does", async (t) => {
  const world = await World.start(t);
  const anna = await (await world.browser("anna", ANNA)).open("/");
  await start(anna, "Anna");
  const old = await ownLink(anna);
  await press(anna, "Zurückziehen …");
  await anna.getByTestId("confirm-yes").click();
  const shown = anna.getByTestId("link-text");
  const renewed = await eventually("there is another link", async () => {
    const link = await shown.inputValue({ timeout: 500 });
    return !link.endsWith(old) && link;
  });
  const browser = await world.browser("ben", BEN);
  const ben = await browser.open(old);
  browser.expectedErrors.push(/404/);
  await ben.getByRole("alert").getByText(/does not exist any more|gone|new one/).first().waitFor();
  await ben.goto(renewed);
  await ben.getByRole("heading", { name: "Write to Anna" }).waitFor();
  world.assertQuiet();
});

test("search finds names at once and words in messages, which it marks", async (t) => {
  const world = await World.start(t);
  const [anna] = await circle(world, [ANNA, BEN, CHRIS]);
  await say(anna, "Wir treffen uns in der Langen Straße 5.");
  await message(anna, "Langen Straße").waitFor();
  const search = anna.getByTestId("search");
  await search.fill("be");
  const items = anna.getByTestId("conversation-item");
  await eventually("only Ben fits", async () => {
    const shown = await items.allInnerTexts();
    return shown.length === 1 && shown[0].includes("Ben");
  });
  await search.fill("strass");
  const result = anna.getByTestId("result");
  // What the words before found stays until the new answer has come.
  await eventually("one message fits", async () => {
    const shown = await result.allInnerTexts();
    return shown.length === 1 && shown[0].includes("Langen Straße");
  });
  assert.equal(await result.locator("mark").innerText(), "Straß");
  assert.equal(await items.count(), 0);
  await assertAccessible(anna);
  await result.click();
  await anna.getByRole("heading", { level: 1, name: "Chris" }).waitFor();

  await search.fill("zebra");
  await anna.getByText("Keine Nachricht gefunden.").waitFor();
  await search.press("Escape");
  await eventually("all are back", async () => (await items.count()) === 2);

  await open(anna, "Ben");
  await press(anna, "In dieser Unterhaltung suchen");
  await anna.getByTestId("search-in").fill("strasse");
  await anna.getByText("Keine Nachricht gefunden.").waitFor();
  await anna.getByTestId("search-in").fill("ben");
  await anna.getByTestId("results").locator("mark").first().waitFor();
  world.assertQuiet();
});

test("a group is made with the keyboard alone", async (t) => {
  const world = await World.start(t);
  const [anna, ben] = await circle(world, [ANNA, BEN]);
  await anna.getByTestId("new").focus();
  await anna.keyboard.press("Enter");
  await anna.getByRole("heading", { level: 1, name: "Neue Unterhaltung" }).waitFor();
  await until(anna, /^Neue Gruppe/);
  await anna.keyboard.press("Enter");
  await anna.getByRole("heading", { level: 1, name: "Neue Gruppe" }).waitFor();
  await until(anna, "Name der Gruppe");
  await anna.keyboard.type("Chor");
  await until(anna, /Ben/);
  await anna.keyboard.press("Space");
  await anna.getByTestId("chips").getByText("Ben").waitFor();
  await until(anna, "Gruppe anlegen");
  await anna.keyboard.press("Enter");
  await anna.getByRole("heading", { level: 1, name: "Chor" }).waitFor();
  await back(ben);
  await ben.getByTestId("conversation-item").filter({ hasText: "Chor" }).waitFor();
  world.assertQuiet();
});

/** Presses Tab until the focus is on what has this name. */
async function until(page, name) {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab");
    const shown = await page.evaluate(() => {
      const { activeElement: active } = document;
      return active.getAttribute("aria-label") ?? (active.labels?.[0] ?? active).textContent;
    });
    if (name instanceof RegExp ? name.test(shown) : shown.includes(name)) return;
  }
  assert.fail(`the focus does not get to ${name}`);
}

test("read reports are switched off and stay off", async (t) => {
  const world = await World.start(t);
  const anna = await (await world.browser("anna", ANNA)).open("/");
  await start(anna, "Anna");
  await settings(anna);
  const reports = anna.getByTestId("read-reports");
  await eventually("they are on at first", () => reports.isChecked());
  await reports.click();
  await eventually("they are off", async () => !(await reports.isChecked()));
  await anna.reload();
  await eventually("they are still off", async () => (await reports.isEnabled()) && !(await reports.isChecked()));
  world.assertQuiet();
});

test("the screens about people are accessible in both languages, colours and widths", { timeout: 600_000 }, async (t) => {
  const world = await World.start(t);
  const [anna, ben] = await circle(world, [ANNA, BEN]);
  const [browser] = world.browsers;
  await makeGroup(anna, "Chor", ["Ben"]);
  await back(ben);
  await open(ben, "Chor");
  await say(ben, "La la la.");
  await message(anna, "La la la.").waitFor();
  await pictures(browser, anna, "group-conversation", anna.getByTestId("message"));
  await about(anna);
  await pictures(browser, anna, "group", anna.getByTestId("member"));
  await open(anna, "Ben");
  await about(anna);
  await pictures(browser, anna, "contact", anna.getByTestId("trust"));
  await press(anna, "Überprüfen");
  await pictures(browser, anna, "verify", anna.getByTestId("safety-words"));
  await anna.getByTestId("new").click();
  await pictures(browser, anna, "new", anna.getByTestId("paste-link"));
  await anna.getByTestId("paste-link").waitFor();
  await press(anna, "Neue Gruppe");
  await pictures(browser, anna, "new-group", anna.getByTestId("picker-choice"));
  await settings(anna);
  await pictures(browser, anna, "settings", anna.getByTestId("read-reports"));
  world.assertQuiet();
});
