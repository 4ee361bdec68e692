// Stores one build of the lab in the browser, so that the lab works offline and never mixes two builds.
//
// The worker fetches a complete build into a separate cache, and checks each file against its hash. It then waits until the page
// tells it to take over ("activate"); until then the previous build serves all requests. `cargo xtask build`
// writes the two constants; without them this worker would store nothing.
//
// Every page of the same origin can change the cache, whatever its path. So the worker checks each file again before it
// serves it: another app of the origin cannot put a script into the lab or take the policy out of the page.
const BUILD = "none";
/** Paths under the scope, each with its hash in the form of `integrity`. The page itself is "". */
const FILES = {};

// The whole origin shares the storage: another lab under another path has its own caches there.
const OURS = `ha-lab ${new URL(self.registration.scope).pathname} `;
const CACHE = OURS + BUILD;

const address = (path) => new URL(path.split("/").map(encodeURIComponent).join("/"), self.registration.scope).href;

/** The response headers that the page relies on; others (`Refresh`, `Link`) could redirect it. */
const HEADERS = [
  "content-type", "content-security-policy", "cross-origin-embedder-policy", "cross-origin-opener-policy",
  "cross-origin-resource-policy", "permissions-policy", "referrer-policy", "x-content-type-options", "x-frame-options",
];

/** Builds a response with this content. It never passes on a redirected response, which is not allowed for a page. */
function answerOf(bytes, headers) {
  const kept = HEADERS.filter((name) => headers.has(name)).map((name) => [name, headers.get(name)]);
  return new Response(bytes, { headers: kept });
}

/** Whether this content is the file of the build. */
async function fits(path, bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return FILES[path] === `sha256-${btoa(String.fromCharCode(...hash))}`;
}

/** Asks the server. "no-cache" makes the browser revalidate its copy, so that files in the HTTP cache are not loaded twice. */
const ask = (path) => fetch(address(path), { cache: "no-cache", credentials: "same-origin" });

async function keepFile(cache, path) {
  const answer = await ask(path);
  if (!answer.ok) throw new Error(`${path}: status ${answer.status}`);
  const bytes = await answer.arrayBuffer();
  if (!(await fits(path, bytes))) throw new Error(`${path}: the server has another file than this build, by its digest`);
  await cache.put(address(path), answerOf(bytes, answer.headers));
}

/** Stores all files, or none. */
async function keep() {
  const cache = await caches.open(CACHE);
  // Waits for all of them, so that none is stored after the cache has been deleted.
  const done = await Promise.allSettled(Object.keys(FILES).map((path) => keepFile(cache, path)));
  const failed = done.find(({ status }) => status === "rejected");
  if (!failed) return;
  await caches.delete(CACHE);
  throw failed.reason;
}

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== CACHE).map((name) => caches.delete(name)));
  // The page that installed this worker is of the same build. From now on its requests are served from the cache.
  await self.clients.claim();
}

/** Returns the path of one of our files; undefined for anything else. */
function ours(url) {
  const { origin, pathname, search } = new URL(url);
  const scope = new URL(self.registration.scope);
  if (origin !== scope.origin || !pathname.startsWith(scope.pathname)) return undefined;
  const path = decodeURIComponent(pathname.slice(scope.pathname.length)).replace(/^index\.html$/, "");
  if (!Object.hasOwn(FILES, path)) return undefined;
  // A page of another build requests its own files (boot.js), not these.
  const build = new URLSearchParams(search).get("build");
  return path !== "" && build !== null && build !== BUILD ? null : path;
}

async function answer(path, request) {
  // Without its cache this worker has no files, and the server answers all requests.
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

/** The stored copy is missing or is not ours, so the server's copy replaces it. */
async function mend(cache, path, request) {
  const answer = await ask(path).catch(() => null);
  // A page's requests fail as they would without a worker. Only a user who opens the page is told why.
  if (!answer && request.mode !== "navigate") return Response.error();
  if (!answer) return new Response(DAMAGED, { status: 503, headers: { "content-type": "text/plain; charset=utf-8" } });
  if (!answer.ok) return answer;
  const bytes = await answer.arrayBuffer();
  if (await fits(path, bytes)) {
    await cache.put(address(path), answerOf(bytes, answer.headers));
  } else {
    // The server has another build by now. Two builds are never mixed, so this worker retires, and the page finds the next one.
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
