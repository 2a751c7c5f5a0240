// Starts the engine in this worker: one worker per profile (a Web Lock), with the key of its database.
//
// The page (boot.js, bridge.rs) says whether it is seen and whether it remembers an identity, hands over the engine's compiled
// code, and posts commands as bytes, in an array with the files that go with them.
// This says `alive` (the name of a lock that is given back when this worker ends, however it ends), `elsewhere` (another
// worker holds the profile; this one waits, as long as its page is seen) and `stolen` (another worker took the profile; this
// one ends). Everything else is the engine's: updates as bytes.
import init, { receive, start } from "{{worker_glue}}";

/** A line's team has a profile of its own beside that of the person who sits there. */
const PROFILE = "{{profile}}-profile";

/** Commands that came before the engine could take them. */
const early = [];
let started = false;
let isSeen = true;
let onSeen = () => {};
let gotCode;
let gotTold;
/** What the page remembers. */
const told = new Promise((resolve) => {
  gotTold = resolve;
});
const loaded = new Promise((resolve) => {
  gotCode = resolve;
}).then((code) => init({ module_or_path: code }));

self.onmessage = ({ data }) => {
  if (data instanceof Uint8Array || Array.isArray(data)) {
    if (started) receive(data);
    else early.push(data);
  } else if (data.code) {
    gotCode(data.code);
  } else if (data.kept !== undefined) {
    gotTold(data);
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

/** The store of the database key. */
async function keys() {
  const opening = indexedDB.open("{{profile}}-keys", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("keys");
  return request(opening);
}

/** Changes the record of the key, durably. `change` gets the record of before and returns the one from now on, or none. */
async function changeRecord(change) {
  const db = await keys();
  try {
    const writing = db.transaction("keys", "readwrite", { durability: "strict" });
    const store = writing.objectStore("keys");
    const record = change(await request(store.get("database")));
    if (record) store.put(record, "database");
    else store.delete("database");
    await new Promise((resolve, reject) => {
      writing.oncomplete = resolve;
      writing.onabort = () => reject(writing.error);
    });
  } finally {
    db.close();
  }
}

// What the engine keeps of the database key (keeper.rs). It rests wrapped by a key that scripts can use but not read.
const keeper = {
  async read() {
    const db = await keys();
    try {
      const record = await request(db.transaction("keys").objectStore("keys").get("database"));
      if (!record) return undefined;
      const { wrapping, iv, wrapped, kept } = record;
      return { key: new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, wrapping, wrapped)), kept };
    } finally {
      db.close();
    }
  },
  async write(bytes) {
    const wrapping = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const wrapped = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, wrapping, bytes);
    await changeRecord((before) => ({ wrapping, iv, wrapped, kept: before?.kept ?? false }));
  },
  async keep() {
    await changeRecord((before) => before && { ...before, kept: true });
  },
  async clear() {
    await changeRecord(() => undefined);
  },
};

// Without a place for the key there is none for the database either: the session then lives in memory.
const found = acquire()
  .then(() => keeper.read())
  .then((found) => ({ keeper, found }), () => ({ keeper: undefined, found: undefined }));
const { kept } = await told;
await loaded;
{
  const { keeper, found: key } = await found;
  await start(keeper, key, kept);
}
started = true;
for (const data of early.splice(0)) receive(data);
