// Two people, two browsers, one relay: from the first screen to a conversation that outlasts reloads and restarts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PHONE, World } from "./lib/harness.mjs";
import { accept, message, open, say, start } from "./lib/journeys.mjs";
import { ANSWER, befriend, HELLO, meet } from "./lib/meeting.mjs";
import { expectDelivery } from "./lib/waiting.mjs";

const REPLY = "Von jetzt an immer hier.";

test("A request is declined after a question, and nothing of it is left", async (t) => {
  const { annaPage, world } = await meet(t);
  await open(annaPage, "Ben");
  const decline = annaPage.getByTestId("decline");
  await decline.click();
  const question = annaPage.getByRole("alertdialog", { name: "Anfrage von Ben ablehnen?" });
  await question.getByRole("button", { name: "Noch nicht entscheiden" }).click();
  await message(annaPage, HELLO).waitFor();
  await decline.click();
  await question.getByRole("button", { name: "Ablehnen, für immer" }).click();
  await annaPage.getByTestId("conversation-item").waitFor({ state: "detached" });
  await annaPage.reload();
  await annaPage.getByRole("button", { name: "Mein Link" }).waitFor();
  assert.equal(await annaPage.getByTestId("conversation-item").count(), 0);
  world.assertQuiet();
});

test("WEB-1: Anna and Ben meet by a link, and everything is there after reloads and restarts", async (t) => {
  const { world, anna, ben, annaPage, benPage } = await meet(t);

  // The secret of the link has left the address bar, and the request waits.
  assert.equal(new URL(benPage.url()).pathname + new URL(benPage.url()).hash, "/");
  assert.ok(await benPage.getByTestId("composer").isDisabled(), "nothing more can be sent before it is accepted");

  await annaPage.getByTestId("conversation-item").filter({ hasText: "Anfrage" }).waitFor();
  await open(annaPage, "Ben");
  await annaPage.getByRole("heading", { name: "Ben möchte dir schreiben" }).waitFor();
  await message(annaPage, HELLO).waitFor();
  await accept(annaPage);
  await say(annaPage, ANSWER);
  await message(benPage, ANSWER).waitFor();
  await expectDelivery(benPage, HELLO, /^(delivered|read)$/);
  await expectDelivery(annaPage, ANSWER, /^(delivered|read)$/);
  await say(benPage, REPLY);
  await message(annaPage, REPLY).waitFor();

  const complete = async (page, who) => {
    for (const text of [HELLO, ANSWER, REPLY]) {
      await message(page, text).waitFor();
      assert.equal(await message(page, text).count(), 1, `${who} sees "${text}" once`);
    }
    const shown = await page.getByTestId("message").allInnerTexts();
    const order = [HELLO, ANSWER, REPLY].map((text) => shown.findIndex((line) => line.includes(text)));
    assert.deepEqual(order, [...order].sort((a, b) => a - b), `${who} sees them in order`);
  };
  for (const [page, who] of [[annaPage, "Anna"], [benPage, "Ben"]]) {
    await page.reload();
    await complete(page, who);
  }
  world.assertQuiet();

  await anna.close();
  await ben.close();
  const annaAgain = await world.browser("anna", { locale: "de-DE" });
  const benAgain = await world.browser("ben", { viewport: PHONE });
  for (const [browser, who, other] of [[annaAgain, "Anna", "Ben"], [benAgain, "Ben", "Anna"]]) {
    const page = await browser.open("/");
    await open(page, other);
    await complete(page, who);
  }
  world.assertQuiet();
});

test("a text written while the relay is down is kept and arrives once the relay is back", async (t) => {
  const { world, anna, ben, annaPage, benPage } = await befriend(t);
  for (const browser of [anna, ben]) browser.expectedErrors.push(/WebSocket|ERR_CONNECTION_REFUSED|Failed to fetch/);

  await world.relay.kill();
  await benPage.getByText(/No connection/).waitFor();
  await say(benPage, REPLY);
  assert.equal(await benPage.getByTestId("composer").inputValue(), "", "the input is empty at once");
  await expectDelivery(benPage, REPLY, /^queued$/);

  await world.relay.run();
  await expectDelivery(benPage, REPLY, /^(sent|delivered|read)$/, 45_000);
  await message(annaPage, REPLY).waitFor({ timeout: 45_000 });
  assert.equal(await message(annaPage, REPLY).count(), 1, "it arrives once");
  world.assertQuiet();
});

test("a text written before a crash of the tab is kept", async (t) => {
  const { world, annaPage, benPage, ben } = await befriend(t);
  await ben.setOffline(true);
  await say(benPage, REPLY);
  await expectDelivery(benPage, REPLY, /^queued$/);
  ben.expectedErrors.push(/WebSocket|ERR_INTERNET_DISCONNECTED/);
  await benPage.close();
  await ben.setOffline(false);
  const again = await ben.open("/");
  await open(again, "Anna");
  await expectDelivery(again, REPLY, /^(sent|delivered|read)$/, 45_000);
  await message(annaPage, REPLY).waitFor({ timeout: 45_000 });
  world.assertQuiet();
});

test("a conversation can be held with the keyboard alone", async (t) => {
  const { world, annaPage, benPage } = await befriend(t);
  const composer = annaPage.getByTestId("composer");
  await composer.focus();
  await annaPage.keyboard.type("first line");
  await annaPage.keyboard.press("Shift+Enter");
  await annaPage.keyboard.type("second line");
  await annaPage.keyboard.press("Enter");
  await message(benPage, "second line").waitFor();
  assert.match(await message(benPage, "second line").innerText(), /first line\nsecond line/);
  assert.ok(await composer.evaluate((field) => field === document.activeElement), "the focus stays in the field");
  world.assertQuiet();
});

test("drafts stay with their conversation, and the browser's back button works", async (t) => {
  const { world, benPage } = await befriend(t);
  await benPage.getByTestId("composer").fill("not sent yet");
  await benPage.getByRole("button", { name: "Back" }).click();
  await benPage.getByTestId("conversation-item").first().waitFor();
  await open(benPage, "Anna");
  assert.equal(await benPage.getByTestId("composer").inputValue(), "not sent yet");
  await benPage.goBack();
  await benPage.getByTestId("conversation-item").first().waitFor();
  await benPage.goForward();
  await benPage.getByTestId("composer").waitFor();
  world.assertQuiet();
});

test("a link that is known, one's own, or damaged is answered in words", async (t) => {
  const { world, ben, annaPage, benPage, link } = await befriend(t);
  await benPage.goto(new URL(link, world.relay.origin).href);
  await benPage.getByRole("button", { name: "Open conversation" }).click();
  await message(benPage, ANSWER).waitFor();
  assert.equal(new URL(benPage.url()).pathname, "/");

  await annaPage.goto(new URL(link, world.relay.origin).href);
  await annaPage.getByText("Das ist dein eigener Link.").first().waitFor();

  await benPage.goto(new URL(`${link.split("#")[0]}#damaged`, world.relay.origin).href);
  await benPage.getByRole("alert").filter({ hasText: /link/i }).first().waitFor();
  ben.expectedErrors.push(/404/);
  world.assertQuiet();
});

test("a second tab says that Kuvert is open elsewhere, and takes over when asked", async (t) => {
  const world = await World.start(t);
  const anna = await world.browser("anna", { locale: "de-DE" });
  const first = await anna.open("/");
  await start(first, "Anna");
  const second = await anna.context.newPage();
  await second.goto(world.relay.origin);
  await second.getByRole("heading", { name: "Kuvert ist in einem anderen Tab offen" }).waitFor();
  await second.getByRole("button", { name: "Hier verwenden" }).click();
  await second.getByRole("button", { name: "Mein Link" }).waitFor();
  await first.getByRole("heading", { name: "Kuvert ist in einem anderen Tab offen" }).waitFor();
  world.assertQuiet();
});
