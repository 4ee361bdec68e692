// The page loads from a sub-path, within its policy, without requests to other hosts. If it cannot load, it says so.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { assert, assertEqual, axe, DIST, median, openPage, test } from "./lib.mjs";

test("the lab starts under a sub-path with a title and a heading", async ({ page }) => {
  assert((await page.title()).includes("HA Lab"), `title: ${await page.title()}`);
  assertEqual(await page.locator("h1").count(), 1, "number of h1");
  assertEqual(await page.locator("#boot-status").count(), 0, "the loading text");
});

test("the policy is strict and there is no inline script or style", { goto: false }, async () => {
  const html = await readFile(join(DIST, "index.html"), "utf8");
  const policy = /Content-Security-Policy"?\s+content="([^"]+)"/.exec(html)?.[1] ?? "";
  assert(policy.startsWith("default-src 'none'"), `policy: ${policy}`);
  const scripts = policy.split(";").find((part) => part.trim().startsWith("script-src"));
  assertEqual(scripts?.trim(), "script-src 'self' 'wasm-unsafe-eval'");
  for (const [tag] of html.matchAll(/<script[^>]*>/g)) assert(/ src=/.test(tag), `inline script: ${tag}`);
  assert(!/<style/.test(html), "inline style");
  assert(!/(?:src|href)="?(?:https?:)?\//.test(html), "an address that is not relative");
});

test("from navigation to a running cluster", { goto: false, cold: true }, async ({ lab, note, watch, open }) => {
  const times = [await open()];
  for (let run = 1; run < 5; run += 1) {
    const fresh = await openPage(lab);
    times.push(await fresh.open());
    await fresh.close();
  }
  note(`${median(times).toFixed(0)} ms, median of ${times.length} (${times.map((ms) => ms.toFixed(0)).join(", ")})`);
  note(`${watch.requests.length} requests`);
  // `cargo xtask load` checks the goals for a quiet machine.
});

test("without WebAssembly the page says what it needs", { goto: false }, async ({ page, url, until, watch }) => {
  watch.allow(/WebAssembly|preloaded/);
  await page.addInitScript(() => delete globalThis.WebAssembly);
  await page.goto(url);
  const text = await until(() => document.querySelector("[role=alert]")?.textContent);
  assert(text.includes("needs WebAssembly"), text);
});

test("when its files are incomplete the page says so", { goto: false }, async ({ page, url, until, watch }) => {
  watch.allow(/./);
  await page.route("**/*.wasm", (route) => route.fulfill({ status: 404, body: "" }));
  await page.goto(url);
  const text = await until(() => document.querySelector("[role=alert]")?.textContent);
  assert(text.includes("could not be loaded") || text.includes("cannot run"), text);
});

for (const theme of ["light", "dark"]) {
  test(`nothing flashes while it loads in ${theme}`, { goto: false, context: { colorScheme: theme } }, async (t) => {
    t.watch.allow(/ERR_FAILED|could not be loaded/);
    await t.page.route("**/*.wasm", (route) => route.abort());
    await t.page.goto(t.url);
    await t.until(() => document.querySelector("[role=alert]"));
    const background = await t.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assertEqual(background, theme === "dark" ? "rgb(13, 16, 23)" : "rgb(243, 244, 248)", "background");
  });
}

for (const theme of ["light", "dark"]) {
  test(`axe finds nothing in ${theme}`, { context: { colorScheme: theme, reducedMotion: "reduce" } }, async ({ page }) => {
    assertEqual(await axe(page), [], "violations");
  });
}
