// Stands between browsers and a relay, passes everything on, and looks for what must not be there: the relay's live frames.

import { connect, createServer } from "node:net";

/** Looks for byte strings in a stream, also where they lie across its pieces. */
export class Search {
  #needles;
  #tail = Buffer.alloc(0);
  /** What was found. */
  found = new Set();

  /** @param {string[]} needles */
  constructor(needles) {
    this.#needles = needles.map((needle) => ({ needle, bytes: Buffer.from(needle, "utf8") }));
    this.longest = Math.max(...this.#needles.map(({ bytes }) => bytes.length));
  }

  take(piece) {
    const all = Buffer.concat([this.#tail, piece]);
    for (const { needle, bytes } of this.#needles) if (all.includes(bytes)) this.found.add(needle);
    this.#tail = all.subarray(Math.max(0, all.length - this.longest + 1));
  }
}

/** What a browser says in a WebSocket: frames whose payload is masked (RFC 6455, 5.2). */
export class Frames {
  #rest = Buffer.alloc(0);
  /** How many came. */
  count = 0;

  /** @param {(payload: Buffer) => void} payload takes what each frame carries, unmasked */
  constructor(payload) {
    this.payload = payload;
  }

  take(piece) {
    this.#rest = Buffer.concat([this.#rest, piece]);
    for (;;) {
      const rest = this.#rest;
      if (rest.length < 2) return;
      if (rest[0] & 0x70) throw new Error("the frames are compressed: what they hold cannot be looked for");
      const short = rest[1] & 0x7f;
      const more = short === 126 ? 2 : short === 127 ? 8 : 0;
      const mask = rest[1] & 0x80 ? 4 : 0;
      if (rest.length < 2 + more + mask) return;
      const length = more === 2 ? rest.readUInt16BE(2) : more === 8 ? Number(rest.readBigUInt64BE(2)) : short;
      const start = 2 + more + mask;
      if (rest.length < start + length) return;
      const payload = Buffer.from(rest.subarray(start, start + length));
      for (let at = 0; mask && at < length; at++) payload[at] ^= rest[start - 4 + (at % 4)];
      this.count++;
      this.payload(payload);
      this.#rest = rest.subarray(start + length);
    }
  }
}

/** The wire between browsers and a relay. */
export class Wire {
  #server;
  #searches = [];
  #frames = [];
  #needles;

  constructor(needles) {
    this.#needles = needles;
  }

  /** Listens on a port, and passes on to another. */
  static async start(port, relay, needles) {
    const wire = new Wire(needles);
    wire.#server = createServer((browser) => wire.#join(browser, connect(relay, "127.0.0.1")));
    await new Promise((listening, failed) => wire.#server.once("error", failed).listen(port, "127.0.0.1", listening));
    return wire;
  }

  /** What was found that must not be there. */
  get found() {
    return [...new Set(this.#searches.flatMap((search) => [...search.found]))];
  }

  /** How many frames browsers have sent. */
  get frames() {
    return this.#frames.reduce((sum, frames) => sum + frames.count, 0);
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections?.();
  }

  #search() {
    const search = new Search(this.#needles);
    this.#searches.push(search);
    return search;
  }

  #join(browser, relay) {
    const [up, down, said] = [this.#search(), this.#search(), this.#search()];
    const frames = new Frames((payload) => said.take(payload));
    this.#frames.push(frames);
    let isWebSocket = false;
    browser.on("data", (piece) => {
      up.take(piece);
      if (isWebSocket) frames.take(piece);
      relay.write(piece);
    });
    relay.on("data", (piece) => {
      down.take(piece);
      // A browser says nothing more before it has read this.
      isWebSocket ||= piece.subarray(0, 12).toString("latin1") === "HTTP/1.1 101";
      browser.write(piece);
    });
    for (const [one, other] of [[browser, relay], [relay, browser]]) {
      one.on("end", () => other.end());
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  }
}
