// Runs before the first paint: sets the theme, starts loading the lab and, if that fails, shows an error text.
// It is a classic script, so that it can run early. Trunk writes the hashed names into its tag (Trunk.toml), and `cargo xtask
// build` writes the name of the build. In the single file `ha-lab.html` it is inline, as are all the files that it loads.
(() => {
  const embed = new URLSearchParams(location.search).has("embed");
  // All pages of an origin share the storage, so names contain the lab's path and, in a frame, also `frame` (ui/storage/shelf.rs).
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
  // Also before the first paint, so that no header flashes in a frame.
  if (embed) document.documentElement.dataset.embed = "true";

  const { glue, wasm, build } = document.currentScript.dataset;
  const single = glue === undefined;
  const address = (name) => new URL(name, document.baseURI).href;
  const parsed = () => new Promise((resolve) => {
    if (document.readyState !== "loading") resolve();
    else document.addEventListener("DOMContentLoaded", resolve, { once: true });
  });

  /**
   * Loads the text of a file that belongs to the lab (`lessons/en/index.json`): fetches it on the site, and finds it in the page in the
   * single file. The page loads all its files in this way. The promise rejects with an error text.
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

  // The language that the user chose here, or else the browser's. English is part of the lab itself.
  const languages = ["en", "zh-Hans"];
  const language = (() => {
    try {
      const chosen = kept("language");
      if (languages.includes(chosen)) return chosen;
    } catch {
      // Then use the browser's language.
    }
    return /^zh\b/i.test(navigator.language) ? "zh-Hans" : "en";
  })();
  /**
   * Whether the picture in the page is what the lab will show: the sandbox of a first visit, in English. With a link, a stored run or
   * setting, a frame of another page, or another language, the page shows a text instead.
   */
  const pictured = (() => {
    if (language !== "en" || location.hash.length > 1 || location.search.length > 1) return false;
    try {
      return ["run", "restoring", "settings", "hint"].every((name) => kept(name) === null);
    } catch {
      return true; // Nothing can have been stored.
    }
  })();
  if (pictured) document.documentElement.dataset.start = "picture";

  /**
   * Waits until the browser has shown the picture. The start of the lab keeps the browser from drawing, so where the module arrives at once
   * nobody would see it otherwise. A tab in the background draws nothing, nor does a frame out of sight: they wait for nothing.
   */
  const shown = () => new Promise((resolve) => {
    if (!pictured || document.hidden || window.top !== window) return resolve();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = resolve;
    requestAnimationFrame(() => port2.postMessage(null)); // The message comes after the frame.
  });

  let texts = null;
  window.haLabLanguage = () => language;
  /** The texts of the language; null for English, which is in the lab. */
  window.haLabTexts = () => texts;
  /** Sets the language, and reloads the page in it. */
  window.haLabSpeak = (chosen) => {
    try {
      localStorage.setItem(`${keys[0]}language`, chosen);
    } catch {
      return; // The choice could not be stored, so a reload would change nothing.
    }
    location.reload();
  };

  /** Loads the texts. Without them the lab still runs, in English. */
  async function loadTexts() {
    if (language === "en") return;
    try {
      texts = await window.haLabAsset(`texts/${language}.json`);
      document.documentElement.lang = language;
    } catch (error) {
      console.info("The page is in English:", error);
    }
  }

  /** Copies a text to the clipboard. Returns whether the browser allowed it. */
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

  /** Lets the user choose a file. Returns its text, or null if none was chosen. */
  window.haLabPick = (accept) => new Promise((resolve) => {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = accept;
    input.addEventListener("cancel", () => resolve(null));
    input.addEventListener("change", async () => {
      const [file] = input.files;
      // A longer file is refused, so there is no need to read all of it.
      resolve(file ? await file.slice(0, 1_048_577).text() : null);
    });
    input.click();
  });

  async function explain(what, error) {
    console.error(what, error);
    await parsed();
    delete document.documentElement.dataset.start; // Removes the picture, which would never move.
    const status = document.getElementById("boot-status");
    if (!status) return; // The lab is running, and shows its own errors.
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

  /** Compiles the wasm of the single file: base64 of raw deflate, unpacked while it compiles. */
  function unpacked() {
    const packed = atob(document.getElementById("wasm").textContent);
    const bytes = Uint8Array.from(packed, (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Response(stream, { headers: { "content-type": "application/wasm" } });
  }

  /** Compiles the module while it arrives, or afterwards if the server does not send the type of wasm. */
  async function compiled(coming) {
    const answer = await coming;
    if (!answer.ok) throw new Error(`${wasm}: the server answered ${answer.status}.`);
    const streams = answer.headers.get("content-type")?.startsWith("application/wasm");
    return streams ? WebAssembly.compileStreaming(answer) : WebAssembly.compile(await answer.arrayBuffer());
  }

  /**
   * Shows the panel that `src/ui/page/crash.rs` has prepared, for a page that the browser stopped without a panic: no memory is left,
   * or the stack is. After a panic the lab shows its own panel.
   */
  function onTrap(event) {
    const error = event.error ?? event.reason;
    const stopped = error instanceof WebAssembly.RuntimeError || /call stack|recursion/i.test(error?.message ?? "");
    const panel = document.getElementById("crash-panel");
    if (!stopped || !panel || document.documentElement.dataset.crashed) return;
    document.documentElement.dataset.crashed = "true";
    const shown = panel.content.cloneNode(true);
    shown.querySelector("pre").textContent = `${error}\n${location.href}`;
    document.body.append(shown);
  }
  for (const type of ["error", "unhandledrejection"]) window.addEventListener(type, onTrap);

  async function start() {
    if (typeof WebAssembly !== "object") throw new Error("WebAssembly is not available");
    if (single) {
      await parsed();
      await shown();
      await loadTexts();
      await wasm_bindgen({ module_or_path: unpacked() });
      return takeOver(wasm_bindgen.openLab);
    }
    const [{ default: init, openLab }, module] = await Promise.all([
      import(address(glue)),
      compiled(fetch(address(wasm))),
      loadTexts(),
      parsed().then(shown),
    ]);
    await init({ module_or_path: module });
    takeOver(openLab);
  }

  /**
   * The presses on the picture before the lab runs: a line for each act, in order, as `src/ui/page/early.rs` reads it. A second
   * press cancels an act; of several selections, the last one counts.
   */
  const early = new Map();
  window.haLabEarly = () => [...early.keys()].join("\n");

  /** Finds the control of the picture for a press on `element`, and the line that represents it. */
  function meant(element) {
    const control = element.closest("[data-act], [data-target], [data-testid='play']");
    if (!control) return null;
    const { act, on, target } = control.dataset;
    if (act) return { control, line: `${act} ${on}`, same: `[data-act="${act}"][data-on="${on}"]` };
    if (target) return { control, line: `select ${target}`, same: `[data-target="${target}"]` };
    return { control, line: "play", same: "[data-testid='play']" };
  }

  /** Records a press on the picture, and shows that it is waiting. */
  function keep(picture, { control, line, same }) {
    const selects = line.startsWith("select ");
    const taken = early.delete(line);
    // There is a drawing for each size.
    const show = (which, waits) => {
      for (const each of picture.querySelectorAll(which)) {
        if (waits) each.dataset.waiting = "true";
        else delete each.dataset.waiting;
      }
    };
    if (selects) {
      for (const other of [...early.keys()]) if (other.startsWith("select ")) early.delete(other);
      show("[data-target]", false);
    }
    const waits = selects || !taken;
    if (waits) early.set(line, same);
    show(same, waits);
    const name = control.getAttribute("aria-label");
    const said = waits ? `${name}: as soon as the lab runs.` : `${name}: taken back.`;
    picture.dataset.note = said;
    picture.querySelector("[role=status]").textContent = said;
  }

  /** Handles presses on the picture, by pointer and by key. Links work; all other elements do nothing. */
  function onPicture(event) {
    const picture = event.target.closest?.(".picture");
    if (!picture || event.altKey || event.ctrlKey || event.metaKey) return;
    const element = event.target;
    const link = element.closest("a[href]");
    if (event.type === "keydown") {
      const presses = event.key === "Enter" || event.key === " ";
      const typed = element.closest("input, select, textarea") && event.key !== "Tab";
      const drawn = presses && !link && !element.closest("button") ? meant(element) : null;
      if (drawn || typed) event.preventDefault();
      if (drawn && !event.repeat) keep(picture, drawn);
      return;
    }
    if (link) return;
    event.preventDefault();
    const pressed = event.type === "click" ? meant(element) : null;
    if (pressed) keep(picture, pressed);
  }
  const PRESSES = ["click", "keydown"];
  if (pictured) for (const type of PRESSES) document.addEventListener(type, onPicture);

  /** Returns a selector of the focused control that works in the picture and in the lab. */
  function focused() {
    const control = document.activeElement?.closest("[data-act], [data-target], [data-testid], a[href]");
    if (!control?.closest(".picture")) return null;
    const names = ["data-act", "data-on", "data-target", "data-testid", "href"].filter((name) => control.hasAttribute(name));
    return names.map((name) => `[${name}="${CSS.escape(control.getAttribute(name))}"]`).join("");
  }

  /** Replaces the picture or the text with the lab. Scroll position and focus stay. */
  function takeOver(openLab) {
    const app = document.getElementById("app");
    const focus = focused();
    // The lab draws the stage after measuring it. Until then the page keeps its height, so that it does not scroll.
    app.style.minHeight = `${app.firstElementChild ? document.documentElement.scrollHeight : 0}px`;
    openLab();
    for (const type of PRESSES) document.removeEventListener(type, onPicture);
    delete document.documentElement.dataset.start;
    const settle = (frames) => requestAnimationFrame(() => {
      const found = focus && document.querySelector(focus);
      if (frames > 0 && !(found ?? document.querySelector("[data-target]"))) return settle(frames - 1);
      app.style.minHeight = "";
      if (document.activeElement === document.body) found?.focus({ preventScroll: true });
    });
    settle(30);
  }

  /** Stores the lab for offline use, and offers the next build once it has been stored completely. */
  async function install() {
    if (single || !build || !window.isSecureContext || !navigator.serviceWorker) return;
    const workers = navigator.serviceWorker;
    const offer = () => {
      const { dataset } = document.documentElement;
      dataset.update = "waiting";
      // A page that does not run loses nothing by a reload.
      if (dataset.boot === "failed" || dataset.crashed) window.haLabUpdate();
      window.dispatchEvent(new Event("ha-lab-update"));
    };
    const controlled = workers.controller !== null;
    let asked = false;
    workers.addEventListener("controllerchange", () => {
      if (asked) location.reload();
      else if (controlled) offer(); // Another tab has activated the next build.
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
    // A tab that stays open for days checks again when it becomes visible, at most once an hour.
    let last = Date.now();
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible" || Date.now() - last < 3_600_000) return;
      last = Date.now();
      registration.update().catch(() => {});
    });
  }

  start()
    .catch((error) => explain(reason(error), error))
    // After the lab, so that it does not compete for the network. Also if the lab failed: the next build may work.
    .then(install)
    .catch((error) => console.info("HA Lab is not kept for use without a network:", error));
})();
