// What people do with each other in Kuvert: meeting, groups, verification. In German and in English.

import { accept, message, open, ownLink, request, say, start } from "./journeys.mjs";

/** Presses the button with this name. */
export function press(page, name) {
  return page.getByRole("button", { name }).first().click();
}

/** Opens the page about the conversation that is shown. */
export async function about(page) {
  await page.getByTestId("about").click();
  await page.getByRole("heading", { level: 1, name: /^(Kontakt|Contact|Gruppe|Group)$/ }).waitFor();
}

/** One step back in the app. */
export async function back(page) {
  await page.getByRole("button", { name: /^(Zurück|Back)$/ }).first().click();
}

/**
 * Several people on one relay, the first of whom knows all others: each wrote by the link, and was answered.
 *
 * @param {import("./harness.mjs").World} world
 * @param {{name: string, [option: string]: unknown}[]} people names with the options of their browsers
 * @returns {Promise<import("playwright-core").Page[]>}
 */
export async function circle(world, people) {
  const [first, ...others] = people;
  const { name, ...options } = first;
  const browser = await world.browser(name.toLowerCase(), options);
  const page = await browser.open("/");
  await start(page, name);
  const link = await ownLink(page);
  const pages = [page];
  for (const { name: other, ...rest } of others) {
    const theirs = await world.browser(other.toLowerCase(), rest);
    const their = await theirs.open(link);
    await request(their, { name: other, text: `Hier ist ${other}.` });
    await open(page, other);
    await accept(page);
    await say(page, `Hallo ${other}!`);
    await message(their, `Hallo ${other}!`).waitFor();
    await say(their, `Gut, ${name}.`);
    await message(page, `Gut, ${name}.`).waitFor();
    pages.push(their);
  }
  return pages;
}

/** Makes a group with contacts, and opens it. */
export async function makeGroup(page, name, members) {
  await page.getByTestId("new").click();
  await press(page, /^(Neue Gruppe|New group)/);
  await page.getByTestId("group-name").fill(name);
  for (const member of members) await page.getByTestId("picker-choice").filter({ hasText: member }).click();
  await page.getByTestId("create-group").click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

/** The line of a member on a group's page. */
export function memberLine(page, name) {
  return page.getByTestId("member").filter({ hasText: name });
}

/** Opens what can be done with a member. */
export async function lookAt(page, name) {
  await memberLine(page, name).getByRole("button").click();
  await page.getByRole("dialog", { name }).waitFor();
}
