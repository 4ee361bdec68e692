// Installed and offline: one visit is enough, a new build takes over completely or not at all, and other apps' data is not touched.
//
// Each test serves a copy of the site, which it may change or switch off.

import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEqual, DIST, openLab, test } from "./lib.mjs";
import { serveDirectory } from "./server.mjs";

/** Runs `body` with a separate copy of the site under a sub-path. */
async function withSite(body) {
  const root = await mkdtemp(join(tmpdir(), "ha-lab-site-"));
  await cp(DIST, root, { recursive: true });
  const server = await serveDirectory(root, "/a course/lab/");
  try {
    await body({ root, server });
  } finally {
    await server.close();
    await rm(root, { recursive: true, force: true });
  }
}

/** The differences of the next build: its title, and the worker's list of files. */
async function nextBuild(root, { honest = true } = {}) {
  const page = (await readFile(join(root, "index.html"), "utf8")).replace("<title>HA Lab</title>", "<title>HA Lab, next</title>");
  const hash = `sha256-${createHash("sha256").update(page).digest("base64")}`;
  let worker = await readFile(join(root, "sw.js"), "utf8");
  worker = worker.replace(/const BUILD = "[^"]+"/, 'const BUILD = "next"').replace(/"": "sha256-[^"]+"/, `"": "${hash}"`);
  assert(worker.includes(hash), "the worker lists the page");
  if (honest) await writeFile(join(root, "index.html"), page);
  await writeFile(join(root, "sw.js"), worker);
}

/** Makes the first visit, until the worker has stored the lab. */
async function visit({ page, watch, until }, server) {
  watch.origin = server.origin;
  await openLab(page, server.url);
  await until(() => navigator.serviceWorker.controller !== null);
}

const builds = (page) => page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith("ha-lab ")));

test("after one visit the lab starts without a network, under a sub-path, and loads its files", { goto: false }, (t) =>
  withSite(async ({ server }) => {
    await visit(t, server);
    await server.close();
    t.watch.allow(/sw\.js|ERR_CONNECTION_REFUSED|ERR_FAILED/); // The worker looks for a new build and fails.
    await openLab(t.page, server.url);
    for (const suffix of ["index.html", "?embed", "#1.damaged"]) await openLab(t.page, server.url + suffix);
    const text = await t.page.evaluate(() => window.haLabAsset("manifest.webmanifest"));
    assertEqual(JSON.parse(text).name, "HA Lab");
    const why = await t.page.evaluate(() => window.haLabAsset("lessons/none.md").catch((error) => error.message));
    assertEqual(why, "lessons/none.md could not be loaded: no network.");
  }));

test("the worker keeps exactly the files of the build", { goto: false }, (t) =>
  withSite(async ({ root, server }) => {
    await visit(t, server);
    const kept = await t.page.evaluate(async (base) => {
      const [name] = (await caches.keys()).filter((name) => name.startsWith("ha-lab "));
      const requests = await (await caches.open(name)).keys();
      return requests.map(({ url }) => decodeURIComponent(url.slice(base.length))).sort();
    }, server.url);
    const worker = await readFile(join(root, "sw.js"), "utf8");
    const listed = [...worker.matchAll(/^ {2}"([^"]*)": "sha256-/gm)].map(([, path]) => path).sort();
    assertEqual(kept, listed);
    assert(!kept.includes("ha-lab.html") && !kept.includes("sw.js") && kept.length > 10, kept.join(" "));
  }));

test("a new build is offered once it is there whole, and nothing is mixed before", { goto: false }, (t) =>
  withSite(async ({ root, server }) => {
    await visit(t, server);
    await t.page.evaluate(async () => (await caches.open("somebody else's")).put("/x", new Response("x")));
    const [first] = await builds(t.page);
    await nextBuild(root);
    await t.page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
    const offer = t.page.locator('[data-testid="update"]');
    await offer.waitFor();
    assert((await offer.textContent()).includes("A new version is available"), await offer.textContent());
    await openLab(t.page, server.url);
    assertEqual(await t.page.title(), "HA Lab", "a reload by hand still gives the build that runs");
    await offer.waitFor();
    await Promise.all([t.page.waitForEvent("framenavigated"), offer.getByRole("button").click()]);
    await t.until(() => document.title === "HA Lab, next" && document.documentElement.dataset.ready === "true");
    const now = await builds(t.page);
    assertEqual(now.length, 1, "builds kept");
    assert(now[0] !== first && now[0].endsWith(" next"), now[0]);
    assert(await t.page.evaluate(() => caches.has("somebody else's")), "what others keep is left alone");
    assertEqual(await t.page.locator('[data-testid="update"]').count(), 0, "the offer is gone");
  }));

test("a build that is only half on the server changes nothing", { goto: false }, (t) =>
  withSite(async ({ root, server }) => {
    await visit(t, server);
    const [first] = await builds(t.page);
    await nextBuild(root, { honest: false });
    t.watch.allow(/integrity|sw\.js|digest/i);
    const state = await t.page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      const found = new Promise((resolve) => registration.addEventListener("updatefound", resolve, { once: true }));
      await Promise.all([registration.update().catch(() => {}), found]);
      const worker = registration.installing;
      if (!worker) return "gone";
      await new Promise((resolve) => worker.addEventListener("statechange", resolve, { once: true }));
      return worker.state;
    });
    assert(state === "redundant" || state === "gone", state);
    assertEqual(await t.page.locator('[data-testid="update"]').count(), 0, "offers");
    await openLab(t.page, server.url);
    await t.until(async () => (await caches.keys()).filter((name) => name.startsWith("ha-lab ")).length === 1);
    assertEqual(await builds(t.page), [first], "the first build is still there, and nothing of the other");
  }));

/** Tampers as another app of the origin could: takes the policy out of the page and adds a script, and adds a line to every script. */
const spoil = (page) => page.evaluate(async () => {
  const [name] = (await caches.keys()).filter((name) => name.startsWith("ha-lab "));
  const cache = await caches.open(name);
  const script = "document.documentElement.dataset.spoilt = location.pathname;";
  const spoilt = [];
  for (const { url } of await cache.keys()) {
    const answer = await cache.match(url);
    const text = await answer.clone().text();
    const type = answer.headers.get("content-type");
    const put = (text, more) => cache.put(url, new Response(text, { headers: { "content-type": type, ...more } }));
    if (/html/.test(type)) {
      await put(text.replace(/<meta http-equiv[^>]*>/, "").replace("</title>", `</title><script>${script}</script>`));
    } else if (/javascript/.test(type)) {
      await put(`${text}\n${script}`);
    } else if (/json/.test(type)) {
      await put(text, { refresh: "0; url=elsewhere" }); // The content is right; only the headers are not.
    } else continue;
    spoilt.push(url);
  }
  return spoilt;
});
const isSpoilt = (page) => page.evaluate(() => document.documentElement.dataset.spoilt ?? null);

test("what another app of the origin puts into the store does not run, and is put right", { goto: false }, (t) =>
  withSite(async ({ server }) => {
    await visit(t, server);
    const spoilt = await spoil(t.page);
    assert(spoilt.includes(server.url) && spoilt.some((url) => url.endsWith("/boot.js")), spoilt.join(" "));
    for (const suffix of ["", "?embed", "index.html"]) {
      await openLab(t.page, server.url + suffix);
      assertEqual(await isSpoilt(t.page), null, `a script that ran at ${suffix}`);
    }
    const { status, refresh } = await t.page.evaluate(async () => {
      const answer = await fetch("manifest.webmanifest");
      return { status: answer.status, refresh: answer.headers.get("refresh") };
    });
    assertEqual([status, refresh], [200, null], "what a host never said");
    await t.page.evaluate(async () => (await fetch("embed-example.js")).text());
    await server.close();
    t.watch.allow(/sw\.js|ERR_CONNECTION_REFUSED|ERR_FAILED/);
    await openLab(t.page, server.url);
    assertEqual(await isSpoilt(t.page), null, "without a network");
    assertEqual(await t.page.evaluate(() => document.querySelectorAll('meta[http-equiv="Content-Security-Policy"]').length), 1, "policies");
  }));

test("without a network nothing spoilt is shown", { goto: false }, (t) =>
  withSite(async ({ server }) => {
    await visit(t, server);
    await spoil(t.page);
    await server.close();
    t.watch.allow(/sw\.js|ERR_CONNECTION_REFUSED|ERR_FAILED|status 503|503 \(/);
    const answer = await t.page.goto(server.url);
    assertEqual(answer.status(), 503);
    const text = await t.page.evaluate(() => document.body.textContent);
    assert(text.includes("changed by another page of this site"), text);
  }));

test("a store that is spoilt when the server has the next build gives way to that", { goto: false }, (t) =>
  withSite(async ({ root, server }) => {
    await visit(t, server);
    await spoil(t.page);
    await nextBuild(root);
    t.watch.allow(/sw\.js/);
    await openLab(t.page, server.url);
    assertEqual([await t.page.title(), await isSpoilt(t.page)], ["HA Lab, next", null]);
    await t.until(async () => (await caches.keys()).some((name) => name.endsWith(" next")));
  }));

test("a page of another build is told so instead of getting files that do not fit", { goto: false }, (t) =>
  withSite(async ({ server }) => {
    await visit(t, server);
    t.watch.allow(/status 410|410 \(/);
    const why = await t.page.evaluate(async () => (await fetch("manifest.webmanifest?build=older")).status);
    assertEqual(why, 410);
  }));

test("it can be installed: the manifest and its icons are right", { goto: false }, async ({ page, url, open }) => {
  await open();
  const session = await page.context().newCDPSession(page);
  const { errors, data } = await session.send("Page.getAppManifest");
  assertEqual(errors, [], "errors in the manifest");
  const manifest = JSON.parse(data);
  for (const icon of manifest.icons) {
    const size = await page.evaluate(async (src) => {
      const image = new Image();
      image.src = src;
      await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}`;
    }, new URL(icon.src, url).href);
    if (icon.sizes !== "any") assertEqual(size, icon.sizes, icon.src);
  }
  const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
  const ours = installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito");
  assertEqual(ours, [], "why it could not be installed");
});
