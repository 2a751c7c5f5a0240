// Every screen in both languages, both colours and both widths: nothing that axe finds, and a picture of each in
// tests/e2e/results.

import { test } from "node:test";
import { World } from "./lib/harness.mjs";
import { accept, message, open, ownLink, request, say, settings, start } from "./lib/journeys.mjs";
import { pictures } from "./lib/pictures.mjs";

test("every screen is accessible in both languages, colours and widths", { timeout: 600_000 }, async (t) => {
  const world = await World.start(t);
  const anna = await world.browser("anna");
  const ben = await world.browser("ben");
  const page = await anna.open("/");
  await pictures(anna, page, "start", page.getByRole("textbox"));
  await start(page, "Anna");
  await pictures(anna, page, "empty", page.getByRole("heading", { name: /^(Noch keine|No conversation)/ }));
  const link = await ownLink(page);
  await pictures(anna, page, "link", page.getByTestId("qr"));

  const benPage = await ben.open(link);
  await pictures(ben, benPage, "opened", benPage.getByTestId("composer"));
  await request(benPage, { name: "Ben", text: "Hallo Anna, hier ist Ben." });
  await pictures(ben, benPage, "requested", benPage.getByTestId("message"));

  await open(page, "Ben");
  await pictures(anna, page, "asking", page.getByTestId("message"));
  await accept(page);
  await say(page, "Schön, dass du schreibst!");
  await message(benPage, "Schön").waitFor();
  await say(benPage, "Siehe https://kuvert.example/hilfe,\nda steht alles.");
  await message(page, "hilfe").waitFor();
  await pictures(anna, page, "conversation", page.getByTestId("message"));
  await settings(page);
  await pictures(anna, page, "settings", page.getByRole("radio"));
  await page.goBack();
  await page.goBack();
  world.assertQuiet();
});

test("the page with every component is accessible, without an identity", async (t) => {
  const world = await World.start(t);
  const anna = await world.browser("anna");
  const page = await anna.open("/#components");
  const heading = page.getByRole("heading", { level: 1, name: /^(Bausteine|Components)$/ });
  await pictures(anna, page, "components", heading, { fullPage: true });
  world.assertQuiet();
});
