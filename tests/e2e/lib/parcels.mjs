// Files for tests, and what people do with them.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Stands where a picture tells something beside the picture. */
export const TOLD = "taken at 52.5163 N 13.3777 E by Anna";

/** Bytes that do not repeat, the same in every run, with a text in every page. */
export function long(size, text) {
  const bytes = Buffer.alloc(size);
  let state = 7;
  for (let at = 0; at + 4 <= size; at += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes.writeUInt32LE(state, at);
  }
  for (let at = 100; at + text.length < size; at += 4096) bytes.write(text, at);
  return bytes;
}

/** A JPEG that a browser draws, with EXIF in which somebody says too much. */
export async function photo(page, { width = 1200, height = 800 } = {}) {
  const drawn = await page.evaluate(async ([width, height]) => {
    const canvas = new OffscreenCanvas(width, height);
    const pen = canvas.getContext("2d");
    const sky = pen.createLinearGradient(0, 0, 0, height);
    sky.addColorStop(0, "#8fb5d9");
    sky.addColorStop(0.6, "#f3e3c2");
    sky.addColorStop(0.61, "#2f5f7c");
    sky.addColorStop(1, "#d9c28f");
    pen.fillStyle = sky;
    pen.fillRect(0, 0, width, height);
    pen.fillStyle = "#e9a13b";
    pen.beginPath();
    pen.arc(width * 0.7, height * 0.35, height * 0.09, 0, 7);
    pen.fill();
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
    return Array.from(new Uint8Array(await blob.arrayBuffer()));
  }, [width, height]);
  const told = Buffer.concat([Buffer.from("Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0", "latin1"), Buffer.from(TOLD)]);
  const head = Buffer.from([0xff, 0xe1, (told.length + 2) >> 8, (told.length + 2) & 255]);
  const jpeg = Buffer.from(drawn);
  return Buffer.concat([jpeg.subarray(0, 2), head, told, jpeg.subarray(2)]);
}

/** Picks files with the button of the composer. */
export async function pick(page, ...files) {
  await page.getByTestId("attach").setInputFiles(files);
}

/** A `DataTransfer` of the page that holds these files. */
function transfer(page, files) {
  const plain = files.map(({ name, mimeType, buffer }) => ({ name, mimeType, bytes: buffer.toString("base64") }));
  return page.evaluateHandle((files) => {
    const data = new DataTransfer();
    for (const { name, mimeType, bytes } of files) {
      const decoded = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
      data.items.add(new File([decoded], name, { type: mimeType }));
    }
    return data;
  }, plain);
}

/** Pastes files into the composer. */
export async function paste(page, ...files) {
  const data = await transfer(page, files);
  await page.getByTestId("composer").evaluate((composer, data) => {
    composer.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, data);
}

/** Drags files over the page, and lets go of them. */
export async function drop(page, ...files) {
  const dataTransfer = await transfer(page, files);
  await page.dispatchEvent("body", "dragover", { dataTransfer });
  await page.locator(".drop-zone").waitFor();
  await page.dispatchEvent("body", "drop", { dataTransfer });
}

/** The file card with this name. */
export const card = (page, name) => page.getByTestId("file").filter({ hasText: name });

/** What a press on `button` makes the browser save: its name and bytes. */
export async function saved(page, button, timeout = 60_000) {
  const [download] = await Promise.all([page.waitForEvent("download", { timeout }), button.click()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

export const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");

/**
 * Does something before the `nth` request of a method about a blob goes on.
 *
 * @returns {Promise<{requests: object[], done: Promise<void>}>} the headers of all such requests, and when it was done
 */
export async function atRequest(page, method, nth, work) {
  const requests = [];
  let finish;
  const done = new Promise((resolve) => (finish = resolve));
  await page.route("**/v1/blobs/*", async (route) => {
    const request = route.request();
    if (request.method() !== method) return route.continue();
    requests.push(request.headers());
    if (requests.length === nth) {
      await work();
      finish();
    }
    // A page that was loaded again has taken its requests back.
    return route.continue().catch(() => {});
  });
  return { requests, done };
}
