// One import for a browser test: a real relay, real browsers, and what is asserted of both.
//
//   import { after, test } from "node:test";
//   import { World } from "./lib/harness.mjs";
//
//   test("...", async (t) => {
//     const world = await World.start(t);
//     const alice = await world.browser("alice");
//     const page = await alice.open("/");
//     ...
//     await world.assertQuiet();
//   });
//
// `World.start` stops everything when the test ends, whatever its outcome.

import assert from "node:assert/strict";
import { Browser } from "./browser.mjs";
import { temporaryDirectory } from "./files.mjs";
import { Relay } from "./relay.mjs";

export { assertAccessible, Browser, PHONE, DESKTOP } from "./browser.mjs";
export { findInFiles } from "./files.mjs";
export { Relay } from "./relay.mjs";

/** A relay and the browsers of one test. */
export class World {
  #directory;

  constructor(directory, relay, name) {
    this.#directory = directory;
    this.relay = relay;
    this.name = name;
    /** @type {Browser[]} */
    this.browsers = [];
  }

  /**
   * Starts a relay with an empty data directory. With a test context, everything ends with the test.
   *
   * @param {import("node:test").TestContext} [t]
   * @param {{relay?: object}} [options] `relay`: see `Relay.start`
   */
  static async start(t, options = {}) {
    const directory = await temporaryDirectory("kuvert-e2e-");
    const relay = await Relay.start({ directory: directory.path, ...options.relay });
    const world = new World(directory, relay, slug(t?.name ?? "world"));
    t?.after(() => world.stop());
    return world;
  }

  /**
   * A browser with a profile of its own, as another person or another device would have. Starting one again under the
   * same name after `close()` finds the same profile.
   *
   * @param {string} name
   * @param {object} [options] see `Browser.launch`
   */
  async browser(name, options = {}) {
    const browser = await Browser.launch({
      name,
      test: this.name,
      relay: this.relay,
      profile: this.#directory.join(`profile-${name}`),
      ...options,
    });
    this.browsers.push(browser);
    return browser;
  }

  /** A path in the test's own directory, which goes with the test. */
  path(name) {
    return this.#directory.join(name);
  }

  /** WEB-1, and no error in any console: call it at the end of a test. */
  assertQuiet() {
    for (const browser of this.browsers) {
      browser.assertOwnRelayOnly();
      browser.assertNoErrors();
    }
  }

  /** Ends browsers and relay and removes their files. Leaves pictures of the last screens when `KUVERT_KEEP` is set. */
  async stop() {
    const keep = process.env.KUVERT_KEEP !== undefined;
    await Promise.allSettled(this.browsers.map((browser) => browser.close({ picture: keep })));
    await this.relay.stop();
    if (keep) {
      console.error(`kept: ${this.#directory.path}`);
    } else {
      await this.#directory.remove();
    }
  }
}

/** Waits until `probe` returns something truthy; fails with `what` and the last error after `timeout` milliseconds. */
export async function eventually(what, probe, timeout = 10_000) {
  const deadline = Date.now() + timeout;
  let last;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      assert.fail(`${what}: not after ${timeout} ms${last ? ` (${last.message})` : ""}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function slug(text) {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60);
}
