// QR codes as a page shows them, and as a camera sees them.

import { writeFile } from "node:fs/promises";

const WIDTH = 640;
const HEIGHT = 480;

/** The squares of the QR code that a page shows: `dark[y][x]`, with the quiet zone around it. */
export async function shownCode(page) {
  const code = page.getByTestId("qr");
  await code.waitFor();
  const side = Number((await code.getAttribute("viewBox")).split(" ")[2]);
  const path = await code.locator("path").getAttribute("d");
  const dark = Array.from({ length: side }, () => Array(side).fill(false));
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let at = 0; at < Number(run); at += 1) dark[Number(y)][Number(x) + at] = true;
  }
  return dark;
}

/** One picture of the code in grey, as large as fits. */
function picture(dark) {
  const scale = Math.floor(HEIGHT / dark.length);
  const [left, top] = [WIDTH, HEIGHT].map((length) => Math.floor((length - scale * dark.length) / 2));
  const grey = Buffer.alloc(WIDTH * HEIGHT, 200);
  for (let y = 0; y < dark.length * scale; y += 1) {
    for (let x = 0; x < dark.length * scale; x += 1) {
      grey[(top + y) * WIDTH + left + x] = dark[Math.floor(y / scale)][Math.floor(x / scale)] ? 30 : 230;
    }
  }
  return grey;
}

/** Writes a film that shows the code, for `camera`. */
export async function film(path, dark) {
  const colour = Buffer.alloc((WIDTH / 2) * (HEIGHT / 2) * 2, 128);
  const frame = Buffer.concat([Buffer.from("FRAME\n"), picture(dark), colour]);
  const head = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`);
  await writeFile(path, Buffer.concat([head, frame, frame, frame]));
}

/** Chromium's flags for a camera that shows a film, which may be written later. */
export function camera(path) {
  return [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-video-capture=${path}`,
  ];
}
