// The service worker: keeps the files of one build, so that the app opens without a network, and so that page and engine
// are always of the same build.
//
// A new build is fetched in the background and waits until the page says "go" (pwa.rs): nobody is moved to it unasked.
// The relay's own paths, and whatever is not listed here, go to the network untouched.

const BUILD = "{{build}}";
/** Every file of this build, by its path. */
const FILES = {{files}};
/** What the start page of this build names: another one was put there meanwhile if it does not. */
const BOOT = "{{boot}}";
const PREFIX = "kuvert-build-";
const CACHE = PREFIX + BUILD;
/** Caches that stay: this build's, and those before it whose pages may still be open. */
const CACHES_KEPT = 2;
/** In a cache: the how manieth build came into use with it. One that never was in use has none. */
const TURN = "/kuvert-turn";

self.addEventListener("install", (event) => event.waitUntil(fetchAll()));
self.addEventListener("activate", (event) => event.waitUntil(begin()));
self.addEventListener("message", ({ data }) => {
  if (data === "go") self.skipWaiting();
});

async function fetchAll() {
  // It was in use before, as the relay went back to that build: it is whole, and pages may be open that need it.
  if (await turnOf(CACHE)) return;
  const isNew = !(await caches.has(CACHE));
  const cache = await caches.open(CACHE);
  // A file with a hash in its name is the same wherever it comes from; all others are asked for anew.
  const request = (path) => new Request(path, { cache: path.startsWith("/assets/") ? "default" : "reload" });
  try {
    await cache.addAll(FILES.map(request));
    const page = await (await cache.match("/")).text();
    if (!page.includes(BOOT)) throw new Error("the start page is of another build");
  } catch (error) {
    // Half a build is none. The browser tries again with the next look for a new one.
    if (isNew) await caches.delete(CACHE);
    throw error;
  }
}

async function turnOf(name) {
  const turn = await caches.match(TURN, { cacheName: name });
  return turn ? Number(await turn.text()) : 0;
}

async function begin() {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  const builds = await Promise.all(names.map(async (name) => ({ name, turn: await turnOf(name) })));
  const turn = Math.max(...builds.map((build) => build.turn)) + 1;
  await (await caches.open(CACHE)).put(TURN, new Response(String(turn)));
  // In the order in which they came into use, behind those that never did, in the order in which they were made: pages of the
  // last one may be open until they are loaded again. One that was made after this is being fetched at this moment.
  const before = builds
    .filter(({ name, turn }, at) => name !== CACHE && (turn > 0 || at < names.indexOf(CACHE)))
    .sort((one, other) => one.turn - other.turn);
  const old = before.slice(0, Math.max(0, before.length - (CACHES_KEPT - 1)));
  await Promise.all(old.map(({ name }) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    // A link's card is the app's to show; its secret stays behind the # of the address bar.
    if (pathname === "/" || pathname.startsWith("/c/")) event.respondWith(kept("/", request));
  } else if (pathname.startsWith("/assets/") || FILES.includes(pathname)) {
    event.respondWith(kept(pathname, request));
  }
});

/** From this build, or else (an asset of the build before) from the cache that has it, or else from the network. */
async function kept(path, request) {
  const own = await (await caches.open(CACHE)).match(path);
  return own ?? (await caches.match(path)) ?? fetch(request);
}

// ---- Notifications ----
//
// The relay's push has no content (docs/protocol/relay.md): it says that something waits. Whoever has Kuvert in view sees it
// there, and everybody else gets one notification, whose words the page left in the chosen language (notices/browser.rs).

const WORDS = { cache: "kuvert-words", path: "/notices" };
const TAG = "kuvert";

self.addEventListener("push", (event) => event.waitUntil(pushed()));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(opened(event.notification.data));
});
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renewed(event)));

/** The open pages for everybody: that of a line's team has a profile of its own, of which nothing comes here. */
async function pages() {
  const all = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return all.filter((page) => !/^\/desk\/?$/.test(new URL(page.url).pathname));
}

async function pushed() {
  if ((await pages()).some((page) => page.visibilityState === "visible")) return;
  const { title, body, lang } = await words();
  await self.registration.showNotification(title, { body, lang, tag: TAG, renotify: true, icon: "/icon-192.png" });
}

async function words() {
  try {
    const cache = await caches.open(WORDS.cache);
    return await (await cache.match(WORDS.path)).json();
  } catch {
    // The page could not leave any: the device's language then.
    const german = /^de\b/i.test(navigator.language);
    const body = german ? "Es wartet etwas Neues auf dich." : "Something new is waiting for you.";
    return { title: "Kuvert", body, lang: german ? "de" : "en" };
  }
}

/** Brings an open page to the front, or opens one. */
async function opened(conversation) {
  const [page] = await pages();
  if (!page) return self.clients.openWindow("/");
  if (conversation) page.postMessage({ open: conversation });
  return page.focus();
}

/** The browser gave the subscription up. The page makes it known at the relay: now, or when it is opened next. */
async function renewed({ oldSubscription, newSubscription }) {
  const key = oldSubscription?.options?.applicationServerKey;
  if (!newSubscription && key) {
    const options = { userVisibleOnly: true, applicationServerKey: key };
    await self.registration.pushManager.subscribe(options).catch(() => undefined);
  }
  for (const page of await pages()) page.postMessage({ subscription: true });
}
