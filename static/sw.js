// Keeps one build of the lab in the browser, so that it works without a network and never mixes two builds.
//
// A build is fetched whole, each file checked against its hash, into a cache of its own. It then waits until the page
// says that it may take over ("activate"); until then the build before it answers everything. `cargo xtask build`
// writes the two constants; without that this worker would keep nothing.
//
// The cache is open to everything of the same origin, whatever its path, so each file is checked again whenever it is
// answered: another app of the origin cannot leave a script in the lab, nor take the policy out of the page.
const BUILD = "none";
/** Paths under the scope, each with its hash as `integrity` takes it. The page itself is "". */
const FILES = {};

// The store is of the whole origin: another lab under another path has its own caches there.
const OURS = `ha-lab ${new URL(self.registration.scope).pathname} `;
const CACHE = OURS + BUILD;

const address = (path) => new URL(path.split("/").map(encodeURIComponent).join("/"), self.registration.scope).href;

/** Of what a host said of a file, what the page relies on; the rest (`Refresh`, `Link`) could steer it elsewhere. */
const HEADERS = [
  "content-type", "content-security-policy", "cross-origin-embedder-policy", "cross-origin-opener-policy",
  "cross-origin-resource-policy", "permissions-policy", "referrer-policy", "x-content-type-options", "x-frame-options",
];

/** An answer with this content; never one that was redirected, which a page may not be answered with. */
function answerOf(bytes, headers) {
  const kept = HEADERS.filter((name) => headers.has(name)).map((name) => [name, headers.get(name)]);
  return new Response(bytes, { headers: kept });
}

/** Whether this is the file of the build. */
async function fits(path, bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return FILES[path] === `sha256-${btoa(String.fromCharCode(...hash))}`;
}

/** Asks the server; "no-cache" asks it whether a kept copy is still right: what is in the HTTP cache is not loaded twice. */
const ask = (path) => fetch(address(path), { cache: "no-cache", credentials: "same-origin" });

async function keepFile(cache, path) {
  const answer = await ask(path);
  if (!answer.ok) throw new Error(`${path}: status ${answer.status}`);
  const bytes = await answer.arrayBuffer();
  if (!(await fits(path, bytes))) throw new Error(`${path}: the server has another file than this build, by its digest`);
  await cache.put(address(path), answerOf(bytes, answer.headers));
}

/** Keeps every file, or nothing. */
async function keep() {
  const cache = await caches.open(CACHE);
  // All of them, so that none comes after the cache has been deleted.
  const done = await Promise.allSettled(Object.keys(FILES).map((path) => keepFile(cache, path)));
  const failed = done.find(({ status }) => status === "rejected");
  if (!failed) return;
  await caches.delete(CACHE);
  throw failed.reason;
}

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== CACHE).map((name) => caches.delete(name)));
  // The page that this worker was installed by is of the same build: from now on it is answered from the cache.
  await self.clients.claim();
}

/** The path of one of our files; undefined for anything else. */
function ours(url) {
  const { origin, pathname, search } = new URL(url);
  const scope = new URL(self.registration.scope);
  if (origin !== scope.origin || !pathname.startsWith(scope.pathname)) return undefined;
  const path = decodeURIComponent(pathname.slice(scope.pathname.length)).replace(/^index\.html$/, "");
  if (!Object.hasOwn(FILES, path)) return undefined;
  // A page of another build asks for its own files (boot.js): they are not these.
  const build = new URLSearchParams(search).get("build");
  return path !== "" && build !== null && build !== BUILD ? null : path;
}

async function answer(path, request) {
  // Without its cache this worker knows nothing: the server answers everything.
  if (!(await caches.has(CACHE))) return fetch(request);
  if (path === null) return new Response("A page of another build.", { status: 410 });
  const cache = await caches.open(CACHE);
  const kept = await cache.match(address(path));
  const bytes = await kept?.arrayBuffer();
  if (bytes && (await fits(path, bytes))) return answerOf(bytes, kept.headers);
  return mend(cache, path, request);
}

const DAMAGED =
  "The copy of HA Lab in this browser is damaged or was changed by another page of this site, and there is no network to load it again.";

/** What was kept is gone or is not ours: the server's copy takes its place. */
async function mend(cache, path, request) {
  const answer = await ask(path).catch(() => null);
  // What a page asks for fails as without a worker; only somebody who opens the page is to be told why.
  if (!answer && request.mode !== "navigate") return Response.error();
  if (!answer) return new Response(DAMAGED, { status: 503, headers: { "content-type": "text/plain; charset=utf-8" } });
  if (!answer.ok) return answer;
  const bytes = await answer.arrayBuffer();
  if (await fits(path, bytes)) {
    await cache.put(address(path), answerOf(bytes, answer.headers));
  } else {
    // The server has another build by now. Two builds are never mixed, so this one ends: the page finds the next one.
    await caches.delete(CACHE);
    await self.registration.unregister();
  }
  return answerOf(bytes, answer.headers);
}

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
self.addEventListener("message", (event) => {
  if (event.data === "activate") self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  const path = ours(event.request.url);
  if (path !== undefined) event.respondWith(answer(path, event.request));
});
