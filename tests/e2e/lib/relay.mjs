// A real relay in a process of its own, that a test may stop, kill and start again.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Wire } from "./wire.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
/** The web app that is a part of the program. */
export const EMBEDDED = Symbol("embedded");
const START_LIMIT = 20_000;
const STOP_LIMIT = 10_000;
/** Lines of the relay's log that are kept for a failing test. */
const LOG_LINES = 2_000;

export class Relay {
  #child = null;
  #log = [];

  constructor({ binary, web, data, port, environment, wire }) {
    this.binary = binary;
    this.web = web;
    /** Everything that the relay writes to disk. */
    this.data = data;
    this.port = port;
    this.environment = environment;
    /** Where the process listens: behind the wire, if there is one. */
    this.behind = wire?.port ?? port;
    /** What stands between browsers and the relay, if something does. */
    this.wire = wire?.wire ?? null;
    /** The origin that browsers open; `localhost` counts as secure, so that they grant what the app needs. */
    this.origin = `http://localhost:${port}`;
  }

  /**
   * Starts a relay on a free port and waits until it answers.
   *
   * @param {{directory: string, binary?: string, web?: string | null, environment?: object, secrets?: string[]}} options
   *   `directory`: where its data directory is made; `web`: the web app, `null` for none; `secrets`: what the wire looks for
   */
  static async start({ directory, binary, web, environment = {}, secrets }) {
    const port = await freePort();
    let wire = null;
    if (secrets) {
      const behind = await freePort();
      wire = { port: behind, wire: await Wire.start(port, behind, secrets) };
    }
    const relay = new Relay({
      binary: resolve(binary ?? process.env.KUVERT_BIN ?? join(ROOT, "target/debug/kuvert")),
      web: web === undefined ? join(ROOT, "target/web") : web,
      data: join(directory, "relay"),
      port,
      environment,
      wire,
    });
    if (!existsSync(relay.binary)) {
      throw new Error(`there is no relay at ${relay.binary}: run \`cargo build --package kuvert\``);
    }
    if (typeof relay.web === "string" && !existsSync(join(relay.web, "index.html"))) {
      throw new Error(`there is no web app at ${relay.web}: run \`cargo xtask wasm\``);
    }
    await mkdir(relay.data, { recursive: true });
    await relay.run();
    return relay;
  }

  /** Starts the process on the same port and data as before, and waits until it answers. */
  async run() {
    if (this.#child) throw new Error("the relay runs already");
    const args = ["relay", "--data", this.data, "--listen", `127.0.0.1:${this.behind}`];
    if (this.wire) args.push("--origin", this.origin);
    if (this.web === null) args.push("--no-web");
    else if (this.web !== EMBEDDED) args.push("--web", this.web);
    const child = spawn(this.binary, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...this.environment },
    });
    this.#child = child;
    child.ended = new Promise((done) => {
      child.once("exit", done);
      child.once("error", (error) => done(error));
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => this.#remember(text));
    }
    await this.#answering(child);
  }

  /** Asks it to end (SIGTERM) and waits. */
  async stop() {
    this.wire?.stop();
    const child = this.#child;
    if (!child) return;
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT);
    await child.ended;
    clearTimeout(late);
    this.#child = null;
  }

  /** Ends it in the middle of whatever it does (SIGKILL) and waits. */
  async kill() {
    const child = this.#child;
    if (!child) return;
    child.kill("SIGKILL");
    await child.ended;
    this.#child = null;
  }

  /** Kills it and starts it again. */
  async restart() {
    await this.kill();
    await this.run();
  }

  /** What it wrote to its standard output and error. */
  get log() {
    return this.#log.join("");
  }

  #remember(text) {
    this.#log.push(text);
    if (this.#log.length > LOG_LINES) this.#log.shift();
  }

  async #answering(child) {
    const deadline = Date.now() + START_LIMIT;
    let ended = false;
    child.ended.then(() => (ended = true));
    while (!ended && Date.now() < deadline) {
      const answer = await fetch(`http://127.0.0.1:${this.behind}/healthz`).catch(() => null);
      await answer?.arrayBuffer();
      if (answer?.ok) return;
      await new Promise((done) => setTimeout(done, 20));
    }
    await this.kill();
    throw new Error(`the relay ${ended ? "ended before it answered" : "does not answer"}:\n${this.log}`);
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((listening, failed) => {
    server.once("error", failed).listen(0, "127.0.0.1", listening);
  });
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}
