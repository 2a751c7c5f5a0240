// Starts the engine in this worker: one worker per profile (a Web Lock), with the key of its database.
//
// A page that loses the lock, or does not get it, shows that Kuvert is open elsewhere. The name `kuvert-take-over`
// asks for the lock at once, whoever holds it.
import init, { held_elsewhere, receive, start } from "{{worker_glue}}";

const LOCK = "kuvert-profile";
const early = [];
let started = false;
self.onmessage = ({ data }) => (started ? receive(data) : early.push(data));

// A fault inside a promise would go unheard; thrown from a task, it reaches the page's `error` event.
self.addEventListener("unhandledrejection", (event) => {
  setTimeout(() => {
    throw event.reason;
  });
});

const loaded = init({ module_or_path: "{{worker_wasm}}" });

function lock(options) {
  return new Promise((resolve) => {
    navigator.locks
      .request(LOCK, options, (granted) => {
        resolve(granted !== null);
        // Held until this worker ends.
        return granted && new Promise(() => {});
      })
      .catch(() => {
        // Another tab took over: the database is its own now.
        held_elsewhere();
        self.close();
      });
  });
}

async function acquire() {
  if (self.name === "kuvert-take-over") return lock({ steal: true });
  if (await lock({ ifAvailable: true })) return true;
  await loaded;
  held_elsewhere();
  return lock({});
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
