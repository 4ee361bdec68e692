// Runs before the first paint: sets the theme, starts loading the lab and, when that does not work, says so in words.
// A classic script, so that it can be early; Trunk writes the hashed names into its tag (Trunk.toml), and `cargo xtask
// build` the name of the build. In the single file `ha-lab.html` it stands in the page, and so does all that it loads.
(() => {
  const embed = new URLSearchParams(location.search).has("embed");
  // What is kept is shared by all pages of an origin, so names carry the lab's path, and in a frame that too (ui/shelf.rs).
  const own = `ha-lab:${location.pathname.replace(/[^/]*$/, "")}:`;
  const keys = embed || window.top !== window ? [`${own}frame::`, own, "ha-lab."] : [own, "ha-lab."];
  const kept = (name) => keys.map((key) => localStorage.getItem(key + name)).find((text) => text !== null) || null;
  try {
    // A theme chosen by hand wins over the system's. The page writes the same key.
    const theme = kept("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be forbidden in an embedded page; the system's theme is fine.
  }
  // Before the first paint as well, so that no header flashes in a frame.
  if (embed) document.documentElement.dataset.embed = "true";

  /** How long the page waits before it asks again for what did not come. */
  const RETRY_MS = 5000;
  const { glue, wasm, later, styles, build } = document.currentScript.dataset;
  const single = glue === undefined;
  const address = (name) => new URL(name, document.baseURI).href;
  const parsed = () => new Promise((resolve) => {
    if (document.readyState !== "loading") resolve();
    else document.addEventListener("DOMContentLoaded", resolve, { once: true });
  });

  /**
   * The text of a file that belongs to the lab (`lessons/en/index.json`): fetched on the site, found in the page in the
   * single file. The only way in which the page loads anything; it rejects with a sentence.
   */
  window.haLabAsset = async (path) => {
    if (single) {
      await parsed();
      const block = document.getElementById(`asset:${path}`);
      if (!block) throw new Error(`${path} is not in this file.`);
      return JSON.parse(block.textContent);
    }
    const url = new URL(path, document.baseURI);
    if (build) url.searchParams.set("build", build);
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return answer.text();
    if (answer?.status === 410) throw new Error("The lab was updated in another tab. Reload this page.");
    throw new Error(answer ? `${path}: the server answered ${answer.status}.` : `${path} could not be loaded: no network.`);
  };

  // The language that was chosen here, or else the browser's. English stands in the lab itself.
  const languages = ["en", "zh-Hans"];
  const language = (() => {
    try {
      const chosen = kept("language");
      if (languages.includes(chosen)) return chosen;
    } catch {
      // Then the browser's.
    }
    return /^zh\b/i.test(navigator.language) ? "zh-Hans" : "en";
  })();
  let texts = null;
  window.haLabLanguage = () => language;
  /** The texts of the language, null for those in the lab. */
  window.haLabTexts = () => texts;
  /** Chooses a language; the page is loaded anew in it. */
  window.haLabSpeak = (chosen) => {
    try {
      localStorage.setItem(`${keys[0]}language`, chosen);
    } catch {
      return; // It could not be remembered, so a reload would change nothing.
    }
    location.reload();
  };

  /** A lab that lacks its texts still runs, in English. */
  async function loadTexts() {
    if (language === "en") return;
    try {
      texts = await window.haLabAsset(`texts/${language}.json`);
      document.documentElement.lang = language;
    } catch (error) {
      console.info("The page is in English:", error);
    }
  }

  /** Puts a text where it can be pasted from; says whether the browser let us. */
  window.haLabCopy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false;
    }
  };

  /** Gives the browser a file to save. */
  window.haLabSave = (name, text, type) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };

  /** Lets somebody choose a file: its text, null when none was chosen. */
  window.haLabPick = (accept) => new Promise((resolve) => {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = accept;
    input.addEventListener("cancel", () => resolve(null));
    input.addEventListener("change", async () => {
      const [file] = input.files;
      // Anything longer is refused; not all of it need be read to say so.
      resolve(file ? await file.slice(0, 1_048_577).text() : null);
    });
    input.click();
  });

  async function explain(what, error) {
    console.error(what, error);
    await parsed();
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
    if (single) return "This browser cannot unpack the lab from this file: it is too old, or the file is damaged. Use a current browser or copy the file again.";
    if (!navigator.onLine) return "You are offline and the lab is not stored in this browser yet. Go online and reload.";
    return "The lab could not be loaded. Reload the page; if that does not help, its files are incomplete on this server.";
  }

  /** The wasm of the single file: base64 of raw deflate, unpacked while it is compiled. */
  function unpacked() {
    const packed = atob(document.getElementById("wasm").textContent);
    const bytes = Uint8Array.from(packed, (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Response(stream, { headers: { "content-type": "application/wasm" } });
  }

  /** "true": all of the lab is there, and the page draws what its first picture did without. "missing": it did not come. */
  function whole(is = "true") {
    document.documentElement.dataset.whole = is;
    window.dispatchEvent(new Event("ha-lab-whole"));
  }

  /**
   * What the first picture does not need is in a second module, which shares all with the first. Gives a way to load it;
   * code that runs into something of it before it is there asks for it by `haLabLater`, and waits.
   */
  function second(exports) {
    let there = false;
    const link = (module) => {
      if (there) return;
      new WebAssembly.Instance(module, { first: exports });
      there = true;
      queueMicrotask(() => whole()); // The lab may be in the middle of something that waits for this.
    };
    const now = () => {
      const request = new XMLHttpRequest();
      request.open("GET", address(later), false);
      request.overrideMimeType("text/plain; charset=x-user-defined");
      request.send();
      if (request.status !== 200) throw new Error(`${later}: the server answered ${request.status}.`);
      link(new WebAssembly.Module(Uint8Array.from(request.responseText, (letter) => letter.charCodeAt(0) & 255)));
    };
    window.haLabLater = () => {
      while (!there) {
        try {
          now();
        } catch (error) {
          // The lab is in the middle of something, so this must wait as well.
          if (!window.confirm("A part of the lab is needed now and could not be loaded. Try again?")) throw error;
        }
      }
    };
    return async () => {
      // Its code may have come already, for something that waited for it; its styles have not.
      const code = there ? null : bytes(later).then(WebAssembly.compile);
      const [module] = await Promise.all([code, otherStyles()]);
      if (module) link(module);
    };
  }

  let stylesCome = null;
  /** The styles of what the second half shows, once. */
  function otherStyles() {
    if (!styles) return Promise.resolve();
    if (stylesCome) return stylesCome;
    const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address(styles) });
    stylesCome = new Promise((resolve, reject) => {
      sheet.addEventListener("load", resolve);
      sheet.addEventListener("error", () => {
        sheet.remove();
        stylesCome = null;
        reject(new Error(`${styles} could not be loaded.`));
      });
      document.head.append(sheet);
    });
    return stylesCome;
  }

  async function bytes(name) {
    const answer = await fetch(address(name));
    if (!answer.ok) throw new Error(`${name}: the server answered ${answer.status}.`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** A moment to go to, a lesson, a run to bring back: these need all of the lab. */
  function needsAll() {
    try {
      return location.hash.length > 1 || location.search.length > 1 || kept("run") !== null;
    } catch {
      return true;
    }
  }

  async function start() {
    if (typeof WebAssembly !== "object") throw new Error("WebAssembly is not available");
    if (single) {
      await parsed();
      await loadTexts();
      await wasm_bindgen({ module_or_path: unpacked() });
      whole();
      wasm_bindgen.openLab();
      return;
    }
    const loaded = [import(address(glue)), later ? bytes(wasm) : fetch(address(wasm)), loadTexts()];
    const [{ default: init, openLab, unpack }, code] = await Promise.all(loaded);
    const exports = await init({ module_or_path: later ? unpack(code) : code });
    if (!later) {
      whole();
      return openLab();
    }
    const load = second(exports);
    const failed = (error) => {
      console.info("A part of the lab did not come; it is asked for again:", error);
      if (document.documentElement.dataset.whole !== "true") whole("missing");
      setTimeout(rest, RETRY_MS);
    };
    const rest = () => load().catch(failed);
    // Code that runs into a part of it before it is there asks for it, and waits.
    if (needsAll() || language !== "en") await load().catch((error) => console.info("It may be there in time:", error));
    openLab();
    // After the first picture, so that this does not wait for it.
    requestAnimationFrame(() => setTimeout(rest));
  }

  /** Keeps the lab for use without a network, and offers the next build once it is there whole. */
  async function install() {
    if (single || !build || !window.isSecureContext || !navigator.serviceWorker) return;
    const workers = navigator.serviceWorker;
    const offer = () => {
      const { dataset } = document.documentElement;
      dataset.update = "waiting";
      // A page that does not run has nothing to lose.
      if (dataset.boot === "failed" || dataset.crashed) window.haLabUpdate();
      window.dispatchEvent(new Event("ha-lab-update"));
    };
    const controlled = workers.controller !== null;
    let asked = false;
    workers.addEventListener("controllerchange", () => {
      if (asked) location.reload();
      else if (controlled) offer(); // Another tab took the next build.
    });
    const registration = await workers.register(address("sw.js"), { updateViaCache: "none" });
    window.haLabUpdate = () => {
      asked = true;
      if (registration.waiting) registration.waiting.postMessage("activate");
      else location.reload();
    };
    const look = (worker) => {
      if (worker?.state === "installed" && workers.controller) offer();
    };
    look(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker?.addEventListener("statechange", () => look(worker));
    });
    // A tab that stays open for days asks again when it is looked at, at most once an hour.
    let last = Date.now();
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible" || Date.now() - last < 3_600_000) return;
      last = Date.now();
      registration.update().catch(() => {});
    });
  }

  start()
    .catch((error) => explain(reason(error), error))
    // After the lab, so as not to compete with it, and also when it failed: the next build may work.
    .then(install)
    .catch((error) => console.info("HA Lab is not kept for use without a network:", error));
})();
