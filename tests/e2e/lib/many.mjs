// Many messages in a short time, by the page's own way to the engine: a message is written by hand once, and what the page
// posted for it is posted again with other numbers in its text. Nothing else is made up: every message is sealed, stored and
// sent like any other.

import { eventually } from "./harness.mjs";

/** What messages look like: short and long ones, with the number in five digits in front. */
const SHAPES = [
  "00000 Ja.",
  "00000 Bis später, ich melde mich, sobald ich am Bahnhof bin.",
  "00000 **Einkauf:**\n- Brot\n- Milch\n- ein Pfund Kaffee, wenn es noch welchen gibt",
  "00000 " + "Wir haben gestern lange darüber gesprochen, und am Ende waren wir uns einig. ".repeat(4).trim(),
];

/** Notes what the page posts for a new message. To be called before the page is loaded. */
export async function watchPosts(page) {
  await page.addInitScript(() => {
    globalThis.kuvertPosts = [];
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (data, ...more) {
      if (data instanceof Uint8Array && new TextDecoder().decode(data).includes("00000 ")) {
        globalThis.kuvertPosts.push(data.slice());
      }
      return post.call(this, data, ...more);
    };
  });
}

/** Writes one message of each shape in the conversation that is shown. */
export async function prepareMany(page) {
  for (const shape of SHAPES) {
    await page.getByTestId("composer").fill(shape);
    await page.getByTestId("send").click();
  }
  await eventually("the shapes were posted", async () => (await posts(page)) >= SHAPES.length);
}

async function posts(page) {
  // Drafts are posted too, before the message and shorter than it.
  return page.evaluate(() => globalThis.kuvertPosts.length);
}

/** Posts messages number `from` to `to`, all at once. */
export async function postMany(page, from, to) {
  await page.evaluate(({ from, to, shapes }) => {
    const posted = globalThis.kuvertPosts;
    const decoder = new TextDecoder();
    const templates = shapes.map((shape) => {
      const found = posted.filter((bytes) => decoder.decode(bytes).includes(shape));
      // The last one with this text is the message itself. It is posted as one that is not answered (number 0): what it
      // begins with is the page's name (18 bytes) and its own number.
      const bytes = found.at(-1);
      const width = { 0x18: 2, 0x19: 3 }[bytes[18]] ?? 1;
      return Uint8Array.from([...bytes.slice(0, 18), 0, ...bytes.slice(18 + width)]);
    });
    const digits = new TextEncoder();
    for (let number = from; number <= to; number += 1) {
      const bytes = templates[number % templates.length].slice();
      const at = decoder.decode(bytes).indexOf("00000 ");
      // All before the number is ASCII or a byte each: its place in the text is its place in the bytes only then.
      const place = bytes.findIndex((_, index) => digits.encode("00000 ").every((byte, next) => bytes[index + next] === byte));
      if (at < 0 || place < 0) throw new Error("a template has no number");
      bytes.set(digits.encode(String(number).padStart(5, "0")), place);
      globalThis.kuvert.worker.postMessage(bytes);
    }
  }, { from, to, shapes: SHAPES });
}

/** Waits until the conversation list says that a message with this number is the newest one. */
export async function arrived(page, number, timeout) {
  const line = page.locator(".item-preview").filter({ hasText: String(number).padStart(5, "0") });
  await line.first().waitFor({ state: "attached", timeout });
}

/** Sends messages number `from` to `to`, a few hundred at a time. */
export async function sendMany(page, from, to, { step = 500, timeout = 120_000, progress } = {}) {
  for (let next = from; next <= to; next += step) {
    const last = Math.min(next + step - 1, to);
    await postMany(page, next, last);
    await arrived(page, last, timeout);
    progress?.(last);
  }
}
