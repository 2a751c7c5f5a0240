// Somebody who uses Kuvert in a terminal.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
/** How long a command may take, in milliseconds. */
export const LIMIT = 30_000;

/** A terminal client with a profile of its own; each call is one command, and returns what it says as JSON. */
export function terminal(world, name) {
  return async (...args) => {
    const all = [...args, "--profile", world.path(`terminal-${name}`), "--json"];
    const { stdout } = await run(world.relay.binary, all, { timeout: LIMIT });
    const lines = stdout.trim().split("\n").map((line) => JSON.parse(line));
    return args[0] === "listen" ? lines : lines[0];
  };
}
