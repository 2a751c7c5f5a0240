// A browser of one person: a profile directory on disk, one or more tabs, and a record of what they asked for.

import assert from "node:assert/strict";
import { readFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { findInFiles } from "./files.mjs";

const RESULTS = join(dirname(fileURLToPath(import.meta.url)), "../results");

/** The two screens that everything must work on. */
export const PHONE = Object.freeze({ width: 390, height: 844 });
export const DESKTOP = Object.freeze({ width: 1440, height: 900 });

/** A browser under test asks for nothing by itself, so that every request is the page's. */
const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Whatever the browser still wants from its maker ends here; what a page asks for is recorded all the same.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];

/** What Chromium says when the relay is away just when it looks for a new service worker; it looks again later. */
const SERVICE_WORKER_LATER = /^An unknown error occurred when fetching the script\.$/;

export class Browser {
  constructor({ name, test, relay, profile, context }) {
    this.name = name;
    this.test = test;
    this.relay = relay;
    /** The profile directory; OPFS lies in it too. */
    this.profile = profile;
    /** @type {import("playwright-core").BrowserContext} */
    this.context = context;
    /** URLs of all requests and sockets of pages and workers. */
    this.requests = [];
    /** What pages and workers reported as errors. */
    this.errors = [];
    /** Errors that a test provokes on purpose are left out by these. @type {RegExp[]} */
    this.expectedErrors = [SERVICE_WORKER_LATER];
    this.#watch();
  }

  /**
   * Starts the system's Chromium (`CHROMIUM` names another) with a profile directory that survives `close()`.
   *
   * @param {{name: string, test: string, relay: import("./relay.mjs").Relay, profile: string, locale?: "de-DE"|"en-GB",
   *   colorScheme?: "light"|"dark", viewport?: {width: number, height: number}, permissions?: string[],
   *   flags?: string[], context?: object}} options `flags`: further ones for Chromium; `context`: further options of
   *   Playwright's `launchPersistentContext`
   */
  static async launch({
    name,
    test,
    relay,
    profile,
    locale = "en-GB",
    colorScheme = "light",
    viewport = DESKTOP,
    permissions = [],
    flags = [],
    context: more = {},
  }) {
    const isPhone = viewport.width < 600;
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      headless: true,
      // Chromium's sandbox refuses to run as root.
      chromiumSandbox: process.getuid?.() !== 0,
      args: [...FLAGS, `--lang=${locale}`, ...flags],
      locale,
      colorScheme,
      viewport,
      hasTouch: isPhone,
      permissions,
      ...more,
    });
    context.setDefaultTimeout(15_000);
    return new Browser({ name, test, relay, profile, context });
  }

  /**
   * Opens an address of the relay in a new tab; the empty tab that a browser begins with is used up first.
   *
   * @returns {Promise<import("playwright-core").Page>}
   */
  async open(path = "/") {
    const empty = this.context.pages().find((page) => page.url() === "about:blank");
    const page = empty ?? (await this.context.newPage());
    await page.goto(new URL(path, this.relay.origin).href);
    return page;
  }

  /** Cuts or restores this browser's network; the relay and the other browsers keep theirs. */
  async setOffline(offline) {
    await this.context.setOffline(offline);
  }

  /** Writes a picture of the page to `tests/e2e/results/<test>/<browser>-<name>.png` and returns its path. */
  async screenshot(page, name, options = {}) {
    const directory = join(RESULTS, this.test);
    await mkdir(directory, { recursive: true });
    const path = join(directory, `${this.name}-${name}.png`);
    await page.screenshot({ path, animations: "disabled", ...options });
    return path;
  }

  /** Searches the whole profile on disk, OPFS included: what is encrypted at rest must not be found. */
  async findOnDisk(needles) {
    return findInFiles(this.profile, needles);
  }

  /** WEB-1: every request of every page and worker went to this page's own relay. */
  assertOwnRelayOnly() {
    const { host } = new URL(this.relay.origin);
    const foreign = this.requests.filter((url) => {
      const { protocol, host: asked } = new URL(url);
      return !["data:", "blob:", "about:"].includes(protocol) && asked !== host;
    });
    assert.deepEqual(foreign, [], `${this.name} asked others than its own relay`);
    assert.ok(this.requests.length > 0, `${this.name} asked for nothing: nothing was watched`);
  }

  /** No page and no worker reported an error, except for the expected ones. */
  assertNoErrors() {
    const unexpected = this.errors.filter((text) => !this.expectedErrors.some((pattern) => pattern.test(text)));
    assert.deepEqual(unexpected, [], `${this.name}'s browser reported errors`);
  }

  /** Ends the browser; its profile stays. */
  async close({ picture = false } = {}) {
    if (picture) {
      const pages = this.context.pages();
      await Promise.allSettled(pages.map((page, index) => this.screenshot(page, `last-${index}`)));
    }
    await this.context.close();
  }

  #watch() {
    this.context.on("request", (request) => this.requests.push(request.url()));
    this.context.on("console", (message) => {
      if (message.type() === "error") this.#error(message.text());
    });
    this.context.on("weberror", (error) => this.#error(String(error.error()?.stack ?? error.error())));
    for (const page of this.context.pages()) this.#watchPage(page);
    this.context.on("page", (page) => this.#watchPage(page));
  }

  #watchPage(page) {
    page.on("websocket", (socket) => this.requests.push(socket.url()));
    page.on("crash", () => this.#error("the page crashed"));
  }

  #error(text) {
    this.errors.push(text);
  }
}

/**
 * Fails on violations of WCAG 2.2 AA that axe finds in the page as it is now.
 *
 * @param {import("playwright-core").Page} page
 * @param {{except?: string[]}} [options] `except`: rules to leave out, each with its reason at the call
 */
export async function assertAccessible(page, { except = [] } = {}) {
  const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  // What is half faded in has the contrast of neither before nor after.
  await page.waitForFunction(() =>
    document.getAnimations().every((one) => {
      const isEndless = one.effect?.getComputedTiming().endTime === Infinity;
      return isEndless || one.playState !== "running";
    }),
  );
  // Evaluated by the debugger, which the page's content security policy does not bind.
  await page.evaluate(source);
  const violations = await page.evaluate(async (except) => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const rules = Object.fromEntries(except.map((id) => [id, { enabled: false }]));
    const result = await globalThis.axe.run(document, { runOnly: { type: "tag", values: tags }, rules });
    return result.violations.map(({ id, help, nodes }) => {
      return `${id}: ${help}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`;
    });
  }, except);
  assert.deepEqual(violations, [], "the page is not accessible");
}
