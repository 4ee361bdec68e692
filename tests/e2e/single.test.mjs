// `ha-lab.html` from `file://`: everything in one file, links included, in Chromium and in Firefox.

import { copyFile, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { assert, assertEqual, DIST, openLab, ROOT, test } from "./lib.mjs";

const FILE = join(DIST, "ha-lab.html");
/** Five masters, no load balancer, no workers (GOLDEN_CLUSTER of src/lab/link/tests.rs). */
const LINK =
  "#1.l9vcNX0s5izgLNk1LNowfSyaXHU1OTFhXHU0ZTNiXHU5YWQ4XHU1M2VmXHU3NTI4IFwiSEFcIqNzZWVkIjoxODQ0Njc0NDA3MzcwOTU1MTYxNX37NA";

/** Copies the file to a folder with nothing else that it could load. */
async function alone(body) {
  const dir = await mkdtemp(join(tmpdir(), "ha lab "));
  try {
    await copyFile(FILE, join(dir, "ha-lab.html"));
    await body(pathToFileURL(join(dir, "ha-lab.html")).href);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

test("the single file is one file, with a policy that knows its scripts", { goto: false }, async ({ note }) => {
  const html = await readFile(FILE, "utf8");
  note(`${(await stat(FILE)).size} bytes`);
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(html)[1];
  assert(policy.startsWith("default-src 'none'; script-src 'sha256-"), policy);
  assert(!policy.includes("'self'") && !/(script|style)-src [^;]*unsafe-inline/.test(policy), policy);
  for (const [tag] of html.matchAll(/<(?:script|link|img)[^>]*>/g)) {
    assert(!/\ssrc=|href="(?!data:)/.test(tag), `it loads something: ${tag}`);
  }
});

test("it starts from file://, with its links, its lessons and without a request", { goto: false, anyBrowser: true }, (t) =>
  alone(async (url) => {
    t.watch.origin = "file://";
    t.note(`${(await openLab(t.page, url)).toFixed(0)} ms from navigation to a running cluster`);
    assertEqual(t.watch.requests.filter((asked) => asked !== url && !/^(data|blob):/.test(asked)), [], "requests");
    await t.page.locator('[data-testid="clock"]').waitFor();
    const blocks = await t.page.evaluate(() => [...document.querySelectorAll('[id^="asset:"]')].map(({ id }) => id.slice(6)));
    for (const path of blocks) {
      const text = await t.page.evaluate((path) => window.haLabAsset(path), path);
      assertEqual(text, await readFile(join(ROOT, "static", path), "utf8"), path);
    }
    const why = await t.page.evaluate(() => window.haLabAsset("lessons/none.md").catch((error) => error.message));
    assertEqual(why, "lessons/none.md is not in this file.");
  }));

test("a link into the file opens its moment", { goto: false, anyBrowser: true }, (t) =>
  alone(async (url) => {
    t.watch.origin = "file://";
    await openLab(t.page, url + LINK);
    await t.until(() => document.querySelectorAll('[data-target^="master-"]').length > 0);
    assertEqual(await t.page.locator('[data-target="master-5"]').count(), 1, "master-5");
  }));
