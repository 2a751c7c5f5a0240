// From opening a link in a browser that never saw Kuvert to the first own message at the relay.
//
//   node tests/e2e/bench/link.mjs [runs]
//
// Prints one line of JSON. A script in the page types and sends as soon as the fields are there, so that what is
// measured is Kuvert and not a person. The clock is the page's own: it starts with the navigation.

import { World } from "../lib/harness.mjs";
import { ownLink, start } from "../lib/journeys.mjs";

const RUNS = Number(process.argv[2] ?? 5);
const LIMIT = 30_000;

/** Runs in the page: types, sends, and notes when the message was accepted. */
function typeAndSend() {
  const type = (field, text) => {
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  let sent = false;
  const look = () => {
    const text = document.querySelector("[data-testid=composer]");
    const name = document.querySelector("[data-testid=own-name]");
    if (!sent && text && name && !text.disabled) {
      sent = true;
      globalThis.kuvertFields = performance.now();
      type(name, "Ben");
      type(text, "Hallo Anna");
      text.form.requestSubmit();
    }
    const mark = document.querySelector("[data-testid=message] [data-delivery]")?.dataset.delivery;
    if (sent && ["sent", "delivered", "read"].includes(mark)) {
      globalThis.kuvertSent ??= performance.now();
    }
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-delivery"] });
}

async function run(world, link, number) {
  const browser = await world.browser(`ben-${number}`);
  const page = browser.context.pages()[0] ?? (await browser.context.newPage());
  await page.addInitScript(typeAndSend);
  await page.goto(new URL(link, world.relay.origin).href);
  const sent = await page.waitForFunction(() => globalThis.kuvertSent, null, { timeout: LIMIT, polling: 20 });
  const result = { sent: await sent.jsonValue(), fields: await page.evaluate(() => globalThis.kuvertFields) };
  await browser.close();
  return result;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const world = await World.start();
try {
  const anna = await world.browser("anna");
  const page = await anna.open("/");
  await start(page, "Anna");
  const link = await ownLink(page);
  // Anna's own engine must not take part in the race for the processor.
  await anna.close();
  const results = [];
  for (let number = 0; number < RUNS; number += 1) results.push(await run(world, link, number));
  const runs = results.map(({ sent }) => Math.round(sent));
  const fields = Math.round(median(results.map((result) => result.fields)));
  console.log(JSON.stringify({ scenario: "link", median_ms: median(runs), fields_ms: fields, runs }));
} finally {
  world.browsers = world.browsers.filter(({ context }) => context.pages().length > 0);
  await world.stop();
}
