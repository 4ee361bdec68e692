// Runs before the first paint: sets the theme, starts loading the lab and, when that does not work, says so in words.
// A classic script, so that it can be early; Trunk writes the hashed names into its tag (Trunk.toml).
(() => {
  try {
    // A theme chosen by hand wins over the system's. The page writes the same key.
    const theme = localStorage.getItem("ha-lab.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be forbidden in an embedded page; the system's theme is fine.
  }

  const { glue, wasm, later } = document.currentScript.dataset;
  const address = (name) => new URL(name, document.baseURI).href;

  async function explain(what, error) {
    console.error(what, error);
    if (document.readyState === "loading") {
      await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
    }
    const status = document.getElementById("boot-status");
    if (!status) return; // The lab is running: it shows its own errors.
    status.setAttribute("role", "alert");
    status.textContent = what;
    const detail = document.createElement("p");
    detail.className = "boot-detail";
    detail.textContent = String(error);
    status.after(detail);
    document.documentElement.dataset.boot = "failed";
  }

  function reason(error) {
    if (typeof WebAssembly !== "object") {
      return "HA Lab needs WebAssembly, and this browser has none or has it switched off. Any current Firefox, Chrome, Edge or Safari will do.";
    }
    if (error instanceof WebAssembly.CompileError || error instanceof WebAssembly.LinkError) {
      return "This browser cannot run the lab: it is older than the WebAssembly features that the lab uses, or the download is damaged. Reload, or use a current browser.";
    }
    if (!navigator.onLine) return "You are offline and the lab is not stored in this browser yet. Go online and reload.";
    return "The lab could not be loaded. Reload the page; if that does not help, its files are incomplete on this server.";
  }

  // What the first picture does not need is in a second module, which shares all with the first and is loaded after it.
  function loadLater(exports) {
    let there = false;
    const link = (module) => {
      if (!there) new WebAssembly.Instance(module, { first: exports });
      there = true;
    };
    // Asked for before it has come: the one who asks has to wait, so the request is a synchronous one.
    globalThis.haLabLater = () => {
      if (there) return;
      const request = new XMLHttpRequest();
      request.open("GET", address(later), false);
      request.overrideMimeType("text/plain; charset=x-user-defined");
      request.send();
      if (request.status >= 400) throw new Error(`${later}: status ${request.status}`);
      link(new WebAssembly.Module(Uint8Array.from(request.responseText, (letter) => letter.charCodeAt(0) & 255)));
    };
    const load = async () => link(await WebAssembly.compileStreaming(fetch(address(later))));
    // After the first picture, so that it does not wait for this. When it fails, it is tried again by whoever needs it.
    requestAnimationFrame(() => setTimeout(() => load().catch((error) => console.info("to be loaded when needed", error))));
  }

  async function start() {
    if (typeof WebAssembly !== "object") throw new Error("WebAssembly is not available");
    const { default: init } = await import(address(glue));
    const exports = await init({ module_or_path: address(wasm) });
    if (later) loadLater(exports);
  }

  start().catch((error) => explain(reason(error), error));
})();
