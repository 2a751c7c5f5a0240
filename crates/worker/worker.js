// Starts the engine in this worker: one worker per profile (a Web Lock), with the key of its database.
//
// The page (boot.js, bridge.rs) says whether it is seen, hands over the engine's compiled code, and posts commands as bytes.
// This says `alive` (the name of a lock that is given back when this worker ends, however it ends), `elsewhere` (another
// worker holds the profile; this one waits, as long as its page is seen) and `stolen` (another worker took the profile; this
// one ends). Everything else is the engine's: updates as bytes.
import init, { receive, start } from "{{worker_glue}}";

const PROFILE = "kuvert-profile";

/** Commands that came before the engine could take them. */
const early = [];
let started = false;
let isSeen = true;
let onSeen = () => {};
let gotCode;
const loaded = new Promise((resolve) => {
  gotCode = resolve;
}).then((code) => init({ module_or_path: code }));

self.onmessage = ({ data }) => {
  if (data instanceof Uint8Array) {
    if (started) receive(data);
    else early.push(data);
  } else if (data.code) {
    gotCode(data.code);
  } else if (data.seen !== undefined) {
    isSeen = data.seen;
    onSeen();
  }
};

// A fault inside a promise would go unheard; thrown from a task, it reaches the page's `error` event.
self.addEventListener("unhandledrejection", (event) => {
  setTimeout(() => {
    throw event.reason;
  });
});

if (navigator.locks) {
  const alive = `kuvert-alive-${crypto.randomUUID()}`;
  navigator.locks.request(alive, () => {
    self.postMessage({ alive });
    return new Promise(() => {});
  });
}

/** Waits for the profile's lock as `options` say, and says whether it was granted. It is held until this worker ends. */
function hold(options) {
  let held = false;
  return new Promise((resolve) => {
    navigator.locks
      .request(PROFILE, options, (granted) => {
        held = granted !== null;
        resolve(held);
        return granted && new Promise(() => {});
      })
      .catch(() => {
        resolve(false);
        if (!held) return;
        // Another tab took over: the database is its own now.
        self.postMessage({ stolen: true });
        self.close();
      });
  });
}

/** Waits until the page is seen, or is not. */
async function until(seen) {
  while (isSeen !== seen) {
    await new Promise((resolve) => {
      onSeen = resolve;
    });
  }
}

async function acquire() {
  if (self.name === "take-over") return hold({ steal: true });
  if (await hold({ ifAvailable: true })) return true;
  self.postMessage({ elsewhere: true });
  for (;;) {
    // Only a page that is seen waits in line: the profile goes to where the person is.
    await until(true);
    const waiting = new AbortController();
    const granted = hold({ signal: waiting.signal });
    const hidden = until(false).then(() => waiting.abort());
    if (await granted) return true;
    await hidden;
  }
}

function request(idb) {
  return new Promise((resolve, reject) => {
    idb.onsuccess = () => resolve(idb.result);
    idb.onerror = () => reject(idb.error);
  });
}

// The database key rests wrapped by a key that scripts can use but not read.
async function databaseKey() {
  const opening = indexedDB.open("kuvert-keys", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("keys");
  const db = await request(opening);
  let record = await request(db.transaction("keys").objectStore("keys").get("database"));
  if (!record) {
    const wrapping = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const key = crypto.getRandomValues(new Uint8Array(32));
    record = { wrapping, iv, wrapped: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, wrapping, key) };
    const writing = db.transaction("keys", "readwrite", { durability: "strict" });
    await request(writing.objectStore("keys").put(record, "database"));
    await new Promise((resolve, reject) => {
      writing.oncomplete = resolve;
      writing.onabort = () => reject(writing.error);
    });
  }
  db.close();
  const { wrapping, iv, wrapped } = record;
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, wrapping, wrapped));
}

// Without a place for the key there is none for the database either: the session then lives in memory.
const key = acquire().then(databaseKey).catch(() => undefined);
await loaded;
await start(await key);
started = true;
for (const data of early.splice(0)) receive(data);
