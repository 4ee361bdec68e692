// Keeps one build of the lab in the browser, so that it works without a network and never mixes two builds.
//
// A build is fetched whole, each file checked against its hash, into a cache of its own. It then waits until the page
// says that it may take over ("activate"); until then the build before it answers everything. `cargo xtask build`
// writes the two constants; without that this worker would keep nothing.
const BUILD = "none";
/** Paths under the scope, each with its hash as `integrity` takes it. The page itself is "". */
const FILES = {};

// The store is of the whole origin: another lab under another path has its own caches there.
const OURS = `ha-lab ${new URL(self.registration.scope).pathname} `;
const CACHE = OURS + BUILD;

const address = (path) => new URL(path.split("/").map(encodeURIComponent).join("/"), self.registration.scope).href;

async function keep() {
  const cache = await caches.open(CACHE);
  await Promise.all(Object.entries(FILES).map(async ([path, integrity]) => {
    // "no-cache" asks the server whether a kept copy is still right; what is in the HTTP cache is not loaded twice.
    const answer = await fetch(address(path), { integrity, cache: "no-cache", credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${path}: status ${answer.status}`);
    // A page may not be answered with what was redirected, as some hosts do for `x.html`.
    const kept = answer.redirected ? new Response(answer.body, { headers: answer.headers }) : answer;
    await cache.put(address(path), kept);
  }));
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
  if (path === null) return new Response("A page of another build.", { status: 410 });
  const cache = await caches.open(CACHE);
  // The browser may have thrown the cache away to save space.
  return (await cache.match(address(path))) ?? fetch(request);
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
