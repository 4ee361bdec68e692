// The harness itself: which aborted requests it counts as a fault of the page.

import { createServer } from "node:http";
import { assertEqual, test } from "./lib.mjs";

/**
 * Serves a page for every path, with these exceptions: `/slow` is never answered, `/gate` once `open` is called, and `/when-gate` once `/gate`
 * has been requested. `asked(path)` waits for a request.
 */
async function withServer(body) {
  const waiting = new Map();
  const came = new Set();
  let gate;
  const asked = (path) => new Promise((resolve) => (came.has(path) ? resolve() : waiting.set(path, resolve)));
  const server = createServer((request, response) => {
    came.add(request.url);
    waiting.get(request.url)?.();
    const answer = () => response.writeHead(200, { "content-type": "text/html" }).end("<link rel=icon href=data:,>");
    if (request.url === "/gate") gate = answer;
    else if (request.url === "/when-gate") asked("/gate").then(answer);
    else if (!request.url.startsWith("/slow")) answer();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await body({ origin: `http://127.0.0.1:${server.address().port}`, asked, open: () => gate() });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Makes the page send a request that is never answered, and waits until the server has received it. */
async function ask({ page, asked }, path, frame = page) {
  await frame.evaluate((path) => void fetch(path, { signal: (window.stopper = new AbortController()).signal }).catch(() => {}), path);
  await asked(path);
}

/** Performs the action, and waits until the request for `path` has failed. */
const failing = (page, path, act) =>
  Promise.all([page.waitForEvent("requestfailed", (request) => request.url().endsWith(path)), act()]);

for (const [what, path, faults, act] of [
  ["a reload", "/slow?reload", 0, async (s) => {
    await ask(s, "/slow?reload");
    await failing(s.page, "/slow?reload", () => s.page.reload());
  }],
  ["another address", "/slow?address", 0, async (s) => {
    await ask(s, "/slow?address");
    await failing(s.page, "/slow?address", () => s.page.goto(`${s.origin}/next`));
  }],
  ["a reload of the page around a frame", "/slow?frame", 0, async (s) => {
    await s.page.evaluate(() => {
      document.body.innerHTML = "<iframe src=/inner></iframe>";
      return new Promise((resolve) => document.querySelector("iframe").addEventListener("load", resolve));
    });
    await ask(s, "/slow?frame", s.page.frames()[1]);
    await failing(s.page, "/slow?frame", () => s.page.reload());
  }],
  ["a navigation that had begun before it was asked for", "/slow?late", 0, async (s) => {
    await s.page.evaluate(() => {
      fetch("/when-gate").then(() => fetch("/slow?late").catch(() => {}));
      location.href = "/gate";
    });
    await s.asked("/slow?late");
    await failing(s.page, "/slow?late", s.open);
  }],
  ["the page itself", "/slow?itself", 1, async (s) => {
    await ask(s, "/slow?itself");
    await failing(s.page, "/slow?itself", () => s.page.evaluate(() => window.stopper.abort()));
    await s.page.reload();
  }],
  ["the page itself, after a reload and a move within it", "/slow?after", 1, async (s) => {
    await s.page.reload();
    await ask(s, "/slow?after");
    await s.page.evaluate(() => { location.hash = "#there"; });
    await failing(s.page, "/slow?after", () => s.page.evaluate(() => window.stopper.abort()));
  }],
]) {
  test(`a request that is broken off by ${what} is ${faults === 0 ? "no" : "a"} fault`, { goto: false }, (t) =>
    withServer(async ({ origin, asked, open }) => {
      t.watch.origin = origin;
      await t.page.goto(`${origin}/first`);
      await act({ page: t.page, origin, asked, open });
      const found = t.watch.faults;
      assertEqual(found.length, faults, `faults (${found.join("; ")})`);
      if (faults > 0) t.watch.allow(new RegExp(`${path.replace("?", "\\?")} \\(net::ERR_ABORTED\\)`));
      assertEqual(t.watch.faults, [], "other faults");
    }));
}
