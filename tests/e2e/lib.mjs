// The harness of the end-to-end tests: a browser, a server, and a page that it watches while a test uses it.
//
// A test file is `NAME.test.mjs` with `test("what is true", async ({ page, url, ... }) => {...})` (see smoke.test.mjs).
// Wait for conditions by `until`, never for time.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BROWSER, launch, settled } from "./browsers.mjs";
import { serveDirectory } from "./server.mjs";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
/** The site to test; a quick build is enough (`HA_LAB_DIST=target/site-quick`). */
export const DIST = resolve(ROOT, process.env.HA_LAB_DIST ?? "dist");

/** The real time after which a test fails if its condition does not hold. This is not simulated time. */
export const PATIENCE_MS = 60_000;

const registered = [];

/**
 * Registers a test. `options.viewport`, `options.context` go to the browser context; `options.goto: false` opens nothing;
 * `options.anyBrowser: true` says that it also runs in Firefox, `options.long: true` that it takes several times as long as others,
 * `options.alone: true` that no other test may run at the same time, `options.cold: true` that the browser must not know the lab's
 * module yet.
 */
export function test(name, options, body = options) {
  registered.push({ name, options: typeof options === "function" ? {} : options, body });
}

/** Returns the tests that a file has registered for this browser. */
export function takeTests() {
  return registered.splice(0).filter(({ options }) => BROWSER === "chromium" || options.anyBrowser);
}

export function assert(condition, message) {
  if (!condition) throw new Error(message);
}

export function assertEqual(found, expected, what = "value") {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a === b) return;
  // Of long values, the part in which they differ first.
  const at = [...(a ?? "")].findIndex((char, n) => char !== b?.[n]);
  const part = (text) => (text?.length > 2_000 && at > 100 ? `...${text.slice(at - 100, at + 300)}...` : `${text}`.slice(0, 2_000));
  throw new Error(`${what}: expected ${part(b)}, found ${part(a)}`);
}

/** A browser and a server of the site; close it when done. `warm` holds contexts that have compiled the lab's module (see `openWarm`). */
export async function start() {
  if (!existsSync(join(DIST, "index.html"))) throw new Error(`There is no site in ${DIST}: run \`cargo xtask build\`.`);
  const server = await serveDirectory(DIST);
  // Pages of one context and one host share a process, and so the module that one of them has compiled.
  const browser = await launch(BROWSER === "chromium" ? ["--process-per-site"] : []);
  return {
    server,
    browser,
    warm: new Map(),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

const WINDOW = { width: 1440, height: 900 };

/**
 * Opens a fresh page, of a browser that has seen nothing yet. `watch` records its complaints and its requests.
 * `watch.allow(regex)` accepts complaints that a test provokes.
 */
export async function openPage({ browser, server }, { viewport = WINDOW, context: extra = {} } = {}) {
  const context = await browser.newContext({ viewport, ...extra });
  await settled(context, extra);
  return opened(server, context, await context.newPage(), () => context.close());
}

/**
 * Opens a fresh page that starts in half the time: the pages of a context share the compiled module. They share nothing else that a
 * test may see, because each has a server, and so an origin, of its own.
 */
export async function openWarm(lab, { viewport = WINDOW, context: extra = {} } = {}) {
  const key = JSON.stringify(extra);
  if (!lab.warm.has(key)) lab.warm.set(key, await warmed(lab, extra));
  const { context, holder } = lab.warm.get(key);
  const server = await serveDirectory(DIST);
  const page = await context.newPage();
  await page.setViewportSize(viewport);
  return opened(server, context, page, async () => {
    const session = await context.newCDPSession(holder);
    await session.send("Storage.clearDataForOrigin", { origin: server.origin, storageTypes: "all" });
    await session.detach();
    await Promise.all(context.pages().filter((open) => open !== holder).map((open) => open.close()));
    await context.clearPermissions();
    if (extra.permissions) await context.grantPermissions(extra.permissions);
    await server.close();
  });
}

/** A context with a page that holds the compiled module. */
async function warmed({ browser, server, warm }, extra) {
  const context = await browser.newContext({ viewport: WINDOW, ...extra });
  const holder = await context.newPage();
  holder.on("crash", () => warm.delete(JSON.stringify(extra)));
  await holder.goto(`${server.url}manifest.webmanifest`);
  const wasm = readdirSync(DIST).find((name) => name.endsWith("_bg.wasm"));
  await holder.evaluate(async (url) => {
    window.held = await WebAssembly.compileStreaming(fetch(url));
  }, server.url + wasm);
  return { context, holder };
}

function opened(server, context, page, close) {
  page.setDefaultTimeout(PATIENCE_MS);
  const watch = new Watch(server.origin);
  const unfollow = watch.follow(context, page);
  return {
    page,
    context,
    watch,
    server,
    async close() {
      unfollow();
      await close();
    },
    url: server.url,
    origin: server.origin,
    /**
     * Opens the page (with an optional `#...` or `?...`) and waits until the lab runs and has drawn the cluster; returns the
     * time that this took, in milliseconds.
     */
    open: (suffix = "") => openLab(page, server.url + suffix),
    until: (condition, argument) => until(page, condition, argument),
  };
}

class Watch {
  constructor(origin) {
    this.origin = origin;
    this.problems = [];
    this.requests = [];
    this.allowed = [];
    this.documents = new Documents();
  }

  allow(pattern) {
    this.allowed.push(pattern);
  }

  /** Records what the page does. Returns a function that ends it. */
  follow(context, page) {
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") {
        this.problems.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    page.on("pageerror", (error) => this.problems.push(`page error: ${error.stack ?? error.message}`));
    page.on("crash", () => this.problems.push("the page crashed"));
    this.documents.follow(page);
    page.on("requestfailed", (request) => {
      const why = request.failure()?.errorText;
      if (ABORTED.has(why) && this.documents.left(request)) return;
      this.problems.push(`request failed: ${request.url()} (${why})`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) this.problems.push(`status ${response.status()}: ${response.url()}`);
    });
    // On the context, to see the requests of a service worker and of other tabs as well.
    const asked = (request) => {
      const url = request.url();
      this.requests.push(url);
      const own = url.startsWith(`${this.origin}/`) || /^(data|blob|about):/.test(url);
      if (!own) this.problems.push(`request to another origin: ${url}`);
    };
    context.on("request", asked);
    page.on("websocket", (socket) => this.problems.push(`web socket: ${socket.url()}`));
    return () => context.off("request", asked);
  }

  /** Returns the complaints that were not allowed. */
  get faults() {
    return this.problems.filter((problem) => !this.allowed.some((pattern) => pattern.test(problem)));
  }
}

/** The errors of Chromium and Firefox for an aborted request. */
const ABORTED = new Set(["net::ERR_ABORTED", "NS_BINDING_ABORTED"]);

/**
 * Finds the requests of documents that their frames leave or have left: the browser aborts those when the next document
 * comes, which is not an error.
 */
class Documents {
  /** For each frame, the request for its next document, until that document has come. */
  coming = new WeakMap();
  /** For each frame, the number of documents that have come. */
  came = new WeakMap();
  /** For each request, its frames from the inside out, with the number of documents that each had loaded. */
  askedIn = new WeakMap();

  follow(page) {
    page.on("request", (request) => {
      const frames = framesOf(request);
      this.askedIn.set(request, frames.map((frame) => [frame, this.count(frame)]));
      if (frames.length > 0 && request.isNavigationRequest()) this.coming.set(frames[0], request);
    });
    // Also after a navigation within a document, which makes no request.
    page.on("framenavigated", (frame) => {
      if (!this.coming.delete(frame)) return;
      this.came.set(frame, this.count(frame) + 1);
    });
    page.on("requestfailed", (request) => {
      for (const [frame] of this.askedIn.get(request) ?? []) {
        if (this.coming.get(frame) === request) this.coming.delete(frame);
      }
    });
  }

  count(frame) {
    return this.came.get(frame) ?? 0;
  }

  /** Whether the requesting document is one that its frame, or a frame around it, leaves or has left. */
  left(request) {
    const asked = this.askedIn.get(request) ?? [];
    return asked.some(([frame, count]) => this.coming.has(frame) || this.count(frame) > count);
  }
}

/** The frames of a request, from the inside out; empty if no frame made the request. */
function framesOf(request) {
  const frames = [];
  try {
    for (let frame = request.frame(); frame; frame = frame.parentFrame()) frames.push(frame);
  } catch {
    // The request of a service worker, or the first request of a frame that does not exist yet.
  }
  return frames;
}

/** Navigates, waits until the page reports that it is ready and the cluster is drawn, and returns the time from navigation to that moment, ms. */
export async function openLab(page, url) {
  // Measured inside the page, so that the harness adds no time.
  await page.addInitScript(() => {
    const drawn = () => !document.querySelector(".stage") || document.querySelector("[data-target]");
    const ready = () => document.documentElement?.dataset.ready === "true" && drawn();
    const note = () => {
      if (ready() && window.__readyAt === undefined) window.__readyAt = performance.now();
    };
    new MutationObserver(note).observe(document, { attributes: true, childList: true, subtree: true });
  });
  await page.goto(url);
  await until(page, () => window.__readyAt !== undefined);
  return page.evaluate(() => window.__readyAt);
}

/** Waits until a condition that is evaluated in the page holds. */
export async function until(page, condition, argument) {
  try {
    const handle = await page.waitForFunction(condition, argument, { timeout: PATIENCE_MS, polling: "raf" });
    return await handle.jsonValue();
  } catch (error) {
    if (error.name !== "TimeoutError") throw error;
    throw new Error(`after ${PATIENCE_MS / 1000} s this still does not hold: ${condition}`);
  }
}

/** Returns the violations that axe-core (WCAG 2.2 A and AA, best practices) finds in the current page, one line each. */
export async function axe(page) {
  const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  // By evaluation, because the page's policy refuses a script tag, as it should.
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.target.join(" ")}`));
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
