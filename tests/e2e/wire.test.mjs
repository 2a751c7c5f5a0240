// That the wire between browsers and a relay would show a secret if there were one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Frames, Search } from "./lib/wire.mjs";

/** A frame as a browser sends it. */
function frame(text, mask = Buffer.from([1, 2, 3, 4])) {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? [0x82, 0x80 | payload.length] : [0x82, 0xfe, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from(head), mask, payload.map((byte, at) => byte ^ mask[at % 4])]);
}

test("what browsers send is found unmasked, and across the pieces in which it comes", () => {
  const search = new Search(["a-secret-word", "another-one"]);
  const frames = new Frames((payload) => search.take(payload));
  const sent = Buffer.concat([frame("nothing"), frame(`${"x".repeat(200)} a-secret`), frame("-word")]);
  for (const byte of sent) frames.take(Buffer.from([byte]));
  assert.equal(frames.count, 3);
  assert.deepEqual([...search.found], ["a-secret-word"]);
  assert.throws(() => new Frames(() => {}).take(Buffer.from([0xc2, 0x80, 1, 2, 3, 4])), /compressed/);
});
