// What people do in Kuvert, step by step: the words of the tests. Names are matched in German and in English, so that
// a journey runs in either language.

import { expectDelivery } from "./waiting.mjs";

const START = /^(Loslegen|Get started)$/;
const SHOW_LINK = /^(Mein Link|My link)$/;
const SEND_REQUEST = /^(Nachricht senden|Send message)$/;
const ACCEPT = /^(Annehmen|Accept)$/;
const SETTINGS = /(Einstellungen|Settings)$/;
const OWN_NAME = /^(Wie heißt du\?|What is your name\?|Dein Name|Your name)$/;

/** Makes an identity on the first screen, and waits for the conversation list. */
export async function start(page, name) {
  await page.getByLabel(OWN_NAME).fill(name);
  await page.getByRole("button", { name: START }).click();
  await page.getByRole("button", { name: SHOW_LINK }).waitFor();
}

/** Opens the page with the own link and returns the part of the link after the relay's origin. */
export async function ownLink(page) {
  await page.getByRole("button", { name: SHOW_LINK }).click();
  const shown = page.getByTestId("link-text");
  await shown.waitFor();
  const link = new URL(await shown.inputValue());
  return `${link.pathname}${link.hash}`;
}

/** Fills in an opened link without sending it. */
export async function writeRequest(page, { name, text }) {
  await page.getByTestId("composer").waitFor();
  if (name !== undefined) await page.getByLabel(OWN_NAME).fill(name);
  await page.getByTestId("composer").fill(text);
}

/** Sends the first message to the person behind an opened link, and waits until the relay has it. */
export async function request(page, { name, text }) {
  await writeRequest(page, { name, text });
  await page.getByRole("button", { name: SEND_REQUEST }).click();
  await expectDelivery(page, text, /^(sent|delivered|read)$/);
}

/** Opens the conversation with somebody from the list. */
export async function open(page, name) {
  await page.getByTestId("conversation-item").filter({ hasText: name }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

/** Accepts the request of the conversation that is shown. */
export async function accept(page) {
  await page.getByRole("button", { name: ACCEPT }).click();
  await page.getByTestId("composer").waitFor();
}

/** Writes in the conversation that is shown and sends; on a phone, Enter would begin a new line. */
export async function say(page, text) {
  await page.getByTestId("composer").fill(text);
  await page.getByTestId("send").click();
}

/** Opens the settings. */
export async function settings(page) {
  await page.getByRole("button", { name: SETTINGS }).click();
  await page.getByRole("heading", { level: 1, name: SETTINGS }).waitFor();
}

/** The message with this text. */
export function message(page, text) {
  return page.getByTestId("message").filter({ hasText: text });
}
