// What a line's team does in the browser, for all tests that need one.

import { eventually } from "./harness.mjs";

/** What a pharmacy has to say beside what is there already. */
const IMPRINT = {
  "imprint.street": "Hauptstraße 1",
  "imprint.zip": "12345",
  "imprint.city": "Musterstadt",
  "imprint.email": "post@example.org",
  "imprint.contact": "+49 30 0000000",
  "imprint.authority": "Bezirksregierung",
  "imprint.chamber": "Apothekerkammer",
  "imprint.profession": "Apotheker",
  "imprint.awarded_in": "Deutschland",
  "imprint.rules": "Apothekengesetz",
  "imprint.rules_at": "https://example.org/regeln",
};

/** Makes a line on a fresh page of `/desk`. */
export async function found(page, { line, person }) {
  await page.getByTestId("line-name").fill(line);
  await page.getByTestId("own-name").fill(person);
  await page.getByTestId("create-line").click();
  await page.getByTestId("queue").waitFor({ state: "attached" });
}

/** Says what customers see, and returns the path of the link that they open. */
export async function publish(page, kind = "pharmacy") {
  await page.getByTestId("describe").click();
  await page.getByTestId("kind").selectOption(kind);
  await eventually("the words of a pharmacy", async () => /\p{L}/u.test(await page.getByTestId("greeting-de").inputValue()));
  // Nobody can publish what lacks an imprint, and it is said what is missing.
  await page.getByTestId("publish").click();
  await page.getByTestId("faults").waitFor();
  await page.getByTestId("imprint.chamber").waitFor();
  for (const [entry, text] of Object.entries(IMPRINT)) await page.getByTestId(entry).fill(text);
  for (const language of ["de", "en"]) {
    await page.getByTestId(`privacy-${language}`).fill("Only our team reads what you write.");
  }
  await page.getByTestId("desk-day-monday").fill("8-12:30, 14-18");
  await page.getByTestId("state").selectOption("DE-BE");
  await page.getByTestId("publish").click();
  const shown = page.getByTestId("line-link");
  await shown.waitFor();
  const link = new URL(await shown.inputValue());
  return `${link.pathname}${link.hash}`;
}

/** Makes an invitation, and returns its path. */
export async function invite(page) {
  await page.getByTestId("team").click();
  await page.getByTestId("invite").click();
  const shown = page.getByTestId("invitation");
  await shown.waitFor();
  const link = new URL(await shown.inputValue());
  await page.goBack();
  return `${link.pathname}${link.hash}`;
}

/** A colleague joins by an invitation. */
export async function join(world, name, invitation) {
  const browser = await world.browser(name);
  const page = await browser.open(invitation);
  await page.getByTestId("own-name").fill(name);
  await page.getByTestId("join-line").click();
  await page.getByTestId("queue").waitFor({ state: "attached", timeout: 30_000 });
  await page.getByTestId("duty").click();
  return page;
}

/** A row of the queue. */
export const row = (page, text) => page.getByTestId("queue-item").filter({ hasText: text });

/** Opens a conversation from the queue. */
export async function choose(page, filter, name) {
  await page.getByTestId(`desk-filter-${filter}`).click();
  await row(page, name).click();
  await page.getByTestId("case").waitFor();
}
