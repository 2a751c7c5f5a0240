// Temporary directories, and the search for bytes that must not be there.

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory that goes away with `remove()`. */
export async function temporaryDirectory(prefix) {
  const path = await mkdtemp(join(tmpdir(), prefix));
  return {
    path,
    join: (...parts) => join(path, ...parts),
    // A browser that was killed may still be writing for a moment.
    remove: () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  };
}

/**
 * Searches all files below a directory for byte strings.
 *
 * @param {string} directory
 * @param {(string | Uint8Array)[]} needles text is searched for as UTF-8 and as UTF-16, which browsers also write
 * @returns {Promise<{file: string, needle: string | Uint8Array, offset: number}[]>} every first hit per file and needle
 */
export async function findInFiles(directory, needles) {
  const forms = needles.flatMap((needle) => {
    assertSearchable(needle);
    if (typeof needle !== "string") return [{ needle, bytes: Buffer.from(needle) }];
    return [Buffer.from(needle, "utf8"), Buffer.from(needle, "utf16le")].map((bytes) => ({ needle, bytes }));
  });
  const hits = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    const content = await readFile(file).catch((error) => {
      // A database removes its journals while it runs.
      if (error.code === "ENOENT") return Buffer.alloc(0);
      throw error;
    });
    for (const { needle, bytes } of forms) {
      const offset = content.indexOf(bytes);
      if (offset >= 0) hits.push({ file, needle, offset });
    }
  }
  return hits;
}

function assertSearchable(needle) {
  // A shorter one is found by chance in any compressed file.
  if (needle.length < 6) throw new Error(`too short to search for: ${needle}`);
}
