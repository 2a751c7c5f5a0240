// A long conversation in the browser: scrolled through from its end to its beginning and back, by the wheel.
//
//   node tests/e2e/bench/scroll.mjs [messages]
//
// Prints one line of JSON. The conversation is made by the page's own engine (lib/many.mjs). In every frame a script in the
// page looks whether rows cover all of the box (else the frame is blank), and whether the reader waits at an edge for more.

import { World } from "../lib/harness.mjs";
import { accept, message, open, ownLink, request, start } from "../lib/journeys.mjs";
import { prepareMany, sendMany, watchPosts } from "../lib/many.mjs";

const MESSAGES = Number(process.argv[2] ?? 50_000);
const STEP = 1_200;
const LIMIT = 600_000;

/** Runs in the page: looks at every frame. */
function watchFrames() {
  const seen = { frames: 0, blank: 0, waiting: 0, longestWait: 0, rows: 0 };
  globalThis.kuvertFrames = seen;
  let since = null;
  const look = (now) => {
    const box = document.querySelector(".timeline");
    const rows = document.querySelector(".rows");
    if (box && rows) {
      const view = box.getBoundingClientRect();
      const shown = rows.getBoundingClientRect();
      const older = document.querySelector(".older") !== null;
      const above = box.scrollHeight - box.clientHeight - Math.abs(box.scrollTop);
      seen.frames += 1;
      seen.rows = Math.max(seen.rows, rows.childElementCount);
      const coversTop = shown.top <= view.top + 60 || (!older && above < 200);
      if (!coversTop || shown.bottom < view.bottom - 60) seen.blank += 1;
      const waits = older && above < 2;
      if (waits) seen.waiting += 1;
      if (waits) since ??= now;
      else since = null;
      if (since !== null) seen.longestWait = Math.max(seen.longestWait, now - since);
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

async function metrics(session) {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics: all } = await session.send("Performance.getMetrics");
  const of = (name) => all.find((metric) => metric.name === name).value;
  return { heap_mb: Math.round(of("JSHeapUsedSize") / 1e5) / 10, nodes: of("Nodes") };
}

/** Turns the wheel until the first or the last message is in view. */
async function scroll(page, by, number) {
  const end = message(page, String(number).padStart(5, "0")).first();
  const started = Date.now();
  while (Date.now() - started < LIMIT) {
    for (let turn = 0; turn < 20; turn += 1) await page.mouse.wheel(0, by);
    const inView = await end.evaluate((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    }, null, { timeout: 20 }).catch(() => false);
    if (inView) return Date.now() - started;
  }
  throw new Error(`message ${number} did not come into view`);
}

const world = await World.start();
try {
  const anna = await world.browser("anna");
  const ben = await world.browser("ben");
  const annaPage = await anna.open("/");
  await start(annaPage, "Anna");
  const link = await ownLink(annaPage);
  const page = ben.context.pages()[0] ?? (await ben.context.newPage());
  await watchPosts(page);
  await page.goto(new URL(link, world.relay.origin).href);
  await request(page, { name: "Ben", text: "Hallo Anna" });
  await open(annaPage, "Ben");
  await accept(annaPage);
  await message(annaPage, "Hallo Anna").waitFor();
  // Anna's engine must not take part in the race for the processor.
  await page.locator("#composer:enabled").waitFor();
  await anna.close();
  await prepareMany(page);
  await page.getByRole("button", { name: "Settings" }).click();
  const began = Date.now();
  await sendMany(page, 1, MESSAGES, {
    timeout: 300_000,
    progress: (sent) => sent % 5_000 === 0 && console.error(`${sent} messages after ${Math.round((Date.now() - began) / 1000)} s`),
  });
  const filled = Date.now() - began;
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  await open(page, "Anna");
  await message(page, String(MESSAGES).padStart(5, "0")).waitFor();
  // What still waits to be sent would hold up the pages.
  const mark = message(page, String(MESSAGES).padStart(5, "0")).locator("[data-delivery]");
  for (let state = ""; !["sent", "delivered", "read"].includes(state); ) {
    state = await mark.getAttribute("data-delivery");
    await page.waitForTimeout(200);
  }
  const before = await metrics(session);
  await page.evaluate(watchFrames);
  await page.mouse.move(900, 450);
  const up = await scroll(page, -STEP, 1);
  const top = await metrics(session);
  const down = await scroll(page, STEP, MESSAGES);
  const after = await metrics(session);
  const frames = await page.evaluate(() => globalThis.kuvertFrames);
  console.log(JSON.stringify({
    scenario: "scroll",
    messages: MESSAGES,
    fill_s: Math.round(filled / 1000),
    up_s: Math.round(up / 100) / 10,
    down_s: Math.round(down / 100) / 10,
    frames: frames.frames,
    blank_frames: frames.blank,
    waiting_frames: frames.waiting,
    longest_wait_ms: Math.round(frames.longestWait),
    rows_max: frames.rows,
    heap_mb: [before.heap_mb, top.heap_mb, after.heap_mb],
    dom_nodes: [before.nodes, top.nodes, after.nodes],
  }));
} finally {
  world.browsers = world.browsers.filter(({ name }) => name !== "anna");
  await world.stop();
}
