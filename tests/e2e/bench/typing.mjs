// Typing while many messages arrive in the conversation that is shown: from the key to the frame that shows it.
//
//   node tests/e2e/bench/typing.mjs [messages]
//
// Prints one line of JSON. Two browsers and a relay share the machine. Keys are real ones of the browser; a script in the page
// notes when each was pressed and when the frame after it was done.

import { World } from "../lib/harness.mjs";
import { accept, message, open, ownLink, request, start } from "../lib/journeys.mjs";
import { postMany, prepareMany, watchPosts } from "../lib/many.mjs";

const MESSAGES = Number(process.argv[2] ?? 1_000);
const PAUSE = 60;

/** Runs in the page: measures from each key to the end of the frame that shows it. */
function watchKeys() {
  globalThis.kuvertKeys = [];
  addEventListener("keydown", (event) => {
    const pressed = event.timeStamp;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => globalThis.kuvertKeys.push(performance.now() - pressed);
      port2.postMessage(null);
    });
  }, true);
}

const quantile = (values, part) => {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] * 10) / 10;
};

async function type(page, isDone) {
  await page.evaluate(() => (globalThis.kuvertKeys.length = 0));
  const letters = "Ich schreibe weiter, auch wenn gerade viel kommt. ";
  for (let at = 0; at < 2_000 && !(await isDone(at)); at += 1) {
    await page.keyboard.press(letters[at % letters.length] === " " ? "Space" : letters[at % letters.length]);
    await page.waitForTimeout(PAUSE);
  }
  return page.evaluate(() => globalThis.kuvertKeys);
}

const world = await World.start();
try {
  const anna = await world.browser("anna");
  const ben = await world.browser("ben");
  const annaPage = await anna.open("/");
  await start(annaPage, "Anna");
  const link = await ownLink(annaPage);
  const benPage = ben.context.pages()[0] ?? (await ben.context.newPage());
  await watchPosts(benPage);
  await benPage.goto(new URL(link, world.relay.origin).href);
  await request(benPage, { name: "Ben", text: "Hallo Anna" });
  await open(annaPage, "Ben");
  await accept(annaPage);
  await benPage.locator("#composer:enabled").waitFor();
  await prepareMany(benPage);
  await message(annaPage, "00000 Ja.").waitFor();
  await annaPage.evaluate(watchKeys);
  await annaPage.getByTestId("composer").focus();
  const quiet = await type(annaPage, async (keys) => keys >= 100);
  await postMany(benPage, 1, MESSAGES);
  const last = message(annaPage, String(MESSAGES).padStart(5, "0"));
  const began = Date.now();
  const busy = await type(annaPage, async (keys) => keys % 10 === 9 && (await last.count()) > 0);
  const took = Date.now() - began;
  console.log(JSON.stringify({
    scenario: "typing",
    messages: MESSAGES,
    arrived_in_s: Math.round(took / 100) / 10,
    keys: busy.length,
    quiet_p50_ms: quantile(quiet, 0.5),
    quiet_p95_ms: quantile(quiet, 0.95),
    p50_ms: quantile(busy, 0.5),
    p95_ms: quantile(busy, 0.95),
    max_ms: quantile(busy, 1),
  }));
} finally {
  await world.stop();
}
