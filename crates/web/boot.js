// Starts Kuvert. A classic script in the head, so that the engine's worker is on its way before the page is parsed and
// both wasm modules load at the same time. Keeps what the worker says until the page's module listens (bridge.rs).
(() => {
  const { web, webWasm, worker } = document.currentScript.dataset;
  const root = document.documentElement;

  // The same keys as in theme.rs and app.rs: no flash of the wrong colours or language.
  try {
    root.dataset.theme = localStorage.getItem("kuvert-theme") ?? "system";
    const language = localStorage.getItem("kuvert-language")
      ?? navigator.languages.find((tag) => /^(de|en)\b/i.test(tag));
    root.lang = /^de\b/i.test(language ?? "") ? "de" : "en";
  } catch {
    // A browser without storage follows the device.
  }

  const failed = () => {
    const message = document.getElementById("boot-failed");
    if (message) message.hidden = false;
  };

  // The button "use here" left a note (browser.rs): the worker then takes the profile from the tab that holds it.
  let name = "kuvert-engine";
  try {
    if (sessionStorage.getItem("kuvert-take-over")) name = "kuvert-take-over";
    sessionStorage.removeItem("kuvert-take-over");
  } catch {
    // A browser without storage has no profile to take over.
  }

  const engine = new Worker(worker, { type: "module", name });
  engine.kuvertWaiting = [];
  engine.kuvertFailed = false;
  engine.onmessage = (event) => engine.kuvertWaiting.push(event.data);
  engine.onerror = () => { engine.kuvertFailed = true; };
  globalThis.kuvertWorker = engine;

  const started = import(web).then((module) => module.default({ module_or_path: webWasm }));
  started.catch((error) => {
    console.error(error);
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", failed);
    else failed();
  });
})();
