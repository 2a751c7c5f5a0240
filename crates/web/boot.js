// Starts Kuvert. A classic script in the head, so that the engine's worker is on its way before the page is parsed and
// both wasm modules load at the same time. What the worker says is kept until the page's module listens (bridge.rs).
//
// A line's team has a page of its own, which starts in the same way: what differs stands in the script's attributes.
//
// This is the only place that names scripts to run: the page's module asks here for a new worker (after a crash, or to take
// the profile over) and for the service worker.
(() => {
  const { web, webWasm, worker, workerWasm, serviceWorker, kept, de, en } = document.currentScript.dataset;
  const root = document.documentElement;

  const stored = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      // A browser without storage remembers nothing.
      return null;
    }
  };

  // The same keys as in theme.rs and app.rs: no flash of the wrong colours or language.
  root.dataset.theme = stored("kuvert-theme") ?? "system";
  const language = stored("kuvert-language") ?? navigator.languages.find((tag) => /^(de|en)\b/i.test(tag));
  root.lang = /^de\b/i.test(language ?? "") ? "de" : "en";

  // The texts are no part of the module: those of the language that is shown are on their way beside it.
  const texts = async (tag) => {
    const response = await fetch(tag === "de" ? de : en);
    if (!response.ok) throw new Error("no texts");
    return response.text();
  };
  const shown = texts(root.lang);

  // Trusted Types. Scripts: these two and no others. Markup: what the page's own templates consist of, which are part of its
  // module; elements that run nothing, with attributes that run nothing. Whatever else is written as markup is refused.
  const scripts = globalThis.trustedTypes?.createPolicy("kuvert", {
    createScriptURL: (url) => {
      if (url === worker || url === serviceWorker) return url;
      throw new TypeError("not a script of Kuvert");
    },
  });
  const script = (url) => scripts?.createScriptURL(url) ?? url;
  const element = [
    "article|aside|b|bdi|br|button|code|dd|details|div|dl|dt|em|fieldset|figure|footer|h[1-6]|header|hr|i|input|kbd|label|legend",
    "li|main|nav|ol|optgroup|option|p|pre|progress|section|select|small|span|strong|summary|table|tbody|td|textarea|th|thead",
    "time|tr|ul|circle|ellipse|g|line|path|polyline|rect|svg|text",
  ].join("|");
  const attribute = [
    "aria-[a-z]+|class|colspan|data-[a-z-]+|dir|disabled|focusable|for|height|hidden|id|lang|max|min|name|placeholder|role|rows",
    "scope|tabindex|title|type|value|viewBox|width|d|c[xy]|r|r[xy]|x[12]?|y[12]?|points|fill|stroke|stroke-[a-z]+|transform",
  ].join("|");
  const harmless = new RegExp(`^(?:[^<]|</(?:${element})>|<(?:${element})(?: (?:${attribute})(?:="[^"<>]*")?)* ?/?>)*$`);
  globalThis.trustedTypes?.createPolicy("default", {
    createHTML: (markup) => {
      if (harmless.test(markup)) return markup;
      throw new TypeError("markup that is no template of Kuvert");
    },
  });

  // The engine is compiled once, here, from what index.html has been fetching: every worker of this page gets the same.
  let compiling;
  const code = () => {
    compiling ??= WebAssembly.compileStreaming(fetch(workerWasm)).catch((error) => {
      compiling = undefined;
      throw error;
    });
    return compiling;
  };

  /** Starts the engine in a new worker. `take-over` takes the profile from whoever holds it. */
  let current;
  const start = (name) => {
    const engine = current = new Worker(script(worker), { type: "module", name });
    const failed = () => engine.dispatchEvent(new Event("error"));
    const seen = () => engine.postMessage({ seen: !document.hidden });
    engine.kuvertWaiting = [];
    engine.kuvertFailed = false;
    engine.onmessage = ({ data }) => engine.kuvertWaiting.push(data);
    engine.onerror = () => { engine.kuvertFailed = true; };
    // A worker that ends without a word, as one that the browser killed, gives back the lock whose name it says first.
    engine.addEventListener("message", ({ data }) => {
      if (data?.alive) navigator.locks.request(data.alive, failed);
    });
    document.addEventListener("visibilitychange", seen);
    seen();
    engine.postMessage({ kept: stored(kept) !== null });
    code().then((code) => engine.postMessage({ code }), failed);
    engine.kuvertEnd = () => {
      document.removeEventListener("visibilitychange", seen);
      engine.terminate();
    };
    return engine;
  };

  const register = () => navigator.serviceWorker.register(script(serviceWorker), { updateViaCache: "none" });

  globalThis.kuvert = { start, register, texts, worker: start("engine"), current: () => current, install: null };

  // The browser offers once that the app may be installed; the settings have a button for it (install.rs).
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    globalThis.kuvert.install = event;
    dispatchEvent(new Event("kuvert-install"));
  });

  // The name under which the app is installed is the same in every language; what is said about it is not.
  if (root.lang === "de") {
    document.addEventListener("DOMContentLoaded", () => {
      document.getElementById("manifest").href = "/manifest.de.webmanifest";
    });
  }

  const failed = () => {
    const message = document.getElementById("boot-failed");
    if (message) message.hidden = false;
  };
  // The module shows the app in the body, which may not be there yet when everything else is.
  const parsed = new Promise((resolve) => {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", resolve);
    else resolve();
  });
  const started = Promise.all([import(web), WebAssembly.compileStreaming(fetch(webWasm)), shown, parsed])
    .then(([module, code, texts]) => module.default({ module_or_path: code }).then(() => module.show(root.lang, texts)));
  started.catch((error) => {
    console.error(error);
    parsed.then(failed);
  });
})();
