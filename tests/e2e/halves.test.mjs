// A release comes in two halves: what the first picture needs, and the rest, which follows by itself. What is guarded here:
// the first is enough for a cluster that runs, and nobody notices where the seam is.

import { assert, assertEqual, test } from "./lib.mjs";

const LATER = /_later\.(wasm|css)$/;

/** Put into the page before anything else: what is there at the moment of the first picture. */
function noteFirstPicture() {
  let waited = 0;
  const { send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.send = function (...given) {
    waited += 1;
    return send.apply(this, given);
  };
  new MutationObserver(() => {
    const ready = document.documentElement.dataset.ready === "true" && document.querySelector('[data-target^="master-"]');
    if (window.__first || !ready) return;
    window.__first = {
      hosts: document.querySelectorAll('[data-target^="master-"]').length,
      leader: document.querySelector('[data-role="leader"]') !== null,
      busy: document.querySelector(".dock").getAttribute("aria-busy"),
      odd: document.documentElement.outerHTML.includes("\0"),
      waited,
      from: Number(document.querySelector('[data-testid="clock"]').dataset.simUs) / 1e6,
    };
  }).observe(document, { attributes: true, childList: true, subtree: true });
}

/** Lets the second half wait; gives what was asked of it, and a way to let it come. */
async function held(page) {
  const asked = [];
  let come;
  const waits = new Promise((resolve) => (come = resolve));
  await page.route(LATER, async (route) => {
    asked.push(`${route.request().resourceType()} ${route.request().url().split("_").pop()}`);
    // A request that the code waits for may not wait.
    if (route.request().resourceType() !== "xhr") await waits;
    await route.continue().catch(() => {});
  });
  return { asked, come };
}

for (const [where, options] of [
  ["on a desk", {}],
  ["on a phone, in the dark", { viewport: { width: 390, height: 844 }, context: { colorScheme: "dark", hasTouch: true } }],
]) {
  test(`the first half alone shows a cluster that runs, ${where}`, { ...options, goto: false }, async ({ page, open, until }) => {
    const { asked, come } = await held(page);
    await page.addInitScript(noteFirstPicture);
    await open("", { firstPicture: true });
    const { hosts, leader, busy, odd, waited, from } = await page.evaluate(() => window.__first);
    assert(hosts >= 3 && leader, `there is a cluster: ${hosts} hosts, a leader: ${leader}`);
    assertEqual([busy, odd, waited], ["true", false, 0], "what waits for the second half, texts that are not there, times that code waited");
    await until((from) => Number(document.querySelector('[data-testid="clock"]').dataset.simUs) / 1e6 > from + 1, from);
    const places = () =>
      [".top", ".hint", ".stage", ".transport", ".dock"].map((css) => {
        const { x, y, width } = document.querySelector(css).getBoundingClientRect();
        // What is further down may move.
        return [css, x, Math.min(y, innerHeight), width].join(" ");
      });
    const before = await page.evaluate(places);
    come();
    await until(() => !document.querySelector("[aria-busy]"));
    await page.locator('[data-testid="events"] [data-event]').first().waitFor({ state: "attached" });
    assertEqual(await page.evaluate(places), before, "where things are, before and after");
    assert(asked.some((what) => what.endsWith("later.wasm")) && asked.some((what) => what.endsWith("later.css")), `it came: ${asked}`);
  });
}

test("what is done before the second half is there waits for it, and happens", { goto: false }, async ({ page, open, until }) => {
  const { asked, come } = await held(page);
  await open("", { firstPicture: true });
  await page.locator('[data-target="worker-1"]').click({ position: { x: 20, y: 12 } });
  await page.locator('[data-testid="inspector"][data-target="worker-1"]').waitFor();
  assert(asked.some((what) => what.startsWith("xhr")), `it was asked for: ${asked}`);
  come();
  await until(() => document.documentElement.dataset.whole === "true" && !document.querySelector("[aria-busy]"));
  assertEqual(asked.filter((what) => what.startsWith("xhr")).length, 1, "times that it was waited for");
});
