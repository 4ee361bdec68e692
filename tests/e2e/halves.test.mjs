// A release comes in two halves: what the first picture needs, and the rest, which follows by itself. What is guarded here:
// the first is enough for a cluster that runs, and nobody notices where the seam is.

import { assert, assertEqual, test } from "./lib.mjs";

const LATER = /_later\.(wasm|css)$/;
const clock = () => Number(document.querySelector('[data-testid="clock"]').dataset.simUs) / 1e6;

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
    await open("", { firstPicture: true });
    const from = await page.evaluate(clock);
    await until((from) => Number(document.querySelector('[data-testid="clock"]').dataset.simUs) / 1e6 > from + 1, from);
    const shown = await page.evaluate(() => ({
      hosts: document.querySelectorAll('[data-target^="master-"][data-power]').length || document.querySelectorAll(".card").length,
      leader: document.querySelector('[data-role="leader"]') !== null,
      busy: document.querySelector(".dock")?.getAttribute("aria-busy"),
      odd: document.documentElement.outerHTML.includes("\0"),
    }));
    assert(shown.hosts >= 3 && shown.leader, `there is a cluster: ${JSON.stringify(shown)}`);
    assertEqual([shown.busy, shown.odd], ["true", false], "what waits for the second half, and texts that are not there");
    const places = () =>
      [".top", ".hint", ".stage", ".transport", ".dock"].map((css) => {
        const { x, y, width } = document.querySelector(css).getBoundingClientRect();
        // What is further down may move.
        return [css, x, Math.min(y, innerHeight), width].join(" ");
      });
    const before = await page.evaluate(places);
    assert(!asked.some((what) => what.startsWith("xhr")), `nothing waited for the second half: ${asked}`);
    come();
    await until(() => !document.querySelector("[aria-busy]"));
    await page.locator('[data-testid="events"] [data-event]').first().waitFor({ state: "attached" });
    assertEqual(await page.evaluate(places), before, "where things are, before and after");
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
