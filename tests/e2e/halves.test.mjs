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
    // Which of two things comes first may differ from what was watched: then code has waited, and the rest is there.
    assert(busy === "true" || waited > 0, "the dock waits for the second half");
    assert(!odd, "every text is there");
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

test("most first pictures need nothing of the second half", { goto: false }, async ({ page, open, watch }) => {
  watch.allow(/_later\.(wasm|css) \(net::ERR_ABORTED\)/); // The next visit begins while it is on its way.
  await held(page);
  await page.addInitScript(noteFirstPicture);
  const waited = [];
  for (let visit = 0; visit < 4; visit += 1) {
    await open("", { firstPicture: true });
    waited.push(await page.evaluate(() => window.__first.waited));
  }
  assert(waited.filter((times) => times === 0).length >= 2, `times that code waited, by visit: ${waited}`);
});

/** Loses what is asked of the second half until it is told not to; requests that code waits for only if `all`. */
async function lost(page, all) {
  const state = { lost: true };
  await page.route(LATER, (route) =>
    state.lost && (all || route.request().resourceType() !== "xhr") ? route.abort() : route.continue(),
  );
  return state;
}

test("a second half that does not come is told of, and asked for again", { goto: false }, async ({ page, open, until, watch }) => {
  watch.allow(/_later\.(wasm|css)|ERR_FAILED/);
  const state = await lost(page, false);
  await open("", { firstPicture: true });
  await until(() => document.documentElement.dataset.whole !== undefined);
  const told = await page.evaluate(() => [document.documentElement.dataset.whole, document.querySelector(".dock").textContent]);
  assert(told[0] === "true" || told[1].includes("could not be loaded"), `it is told: ${told}`);
  state.lost = false;
  await until(() => document.documentElement.dataset.whole === "true" && !document.querySelector("[aria-busy]"));
  await until(() => document.querySelectorAll('link[rel="stylesheet"][href*="_later"]').length === 1);
});

test("what is done while the second half cannot be loaded asks whether to try again", { goto: false }, async ({ page, open, watch }) => {
  watch.allow(/_later\.(wasm|css)|ERR_FAILED/);
  const state = await lost(page, true);
  const asked = [];
  page.on("dialog", (dialog) => {
    asked.push(dialog.message());
    state.lost = false;
    return dialog.accept();
  });
  await open("", { firstPicture: true });
  await page.locator('[data-target="worker-1"]').click({ position: { x: 20, y: 12 } });
  await page.locator('[data-testid="inspector"][data-target="worker-1"]').waitFor();
  assertEqual(asked, ["A part of the lab is needed now and could not be loaded. Try again?"], "questions");
});

test("styles of the second half come also when its code was waited for before the first picture", { goto: false }, async ({ page, open, until }) => {
  await page.addInitScript(() => {
    new MutationObserver(() => {
      if (document.documentElement.dataset.ready !== "true" || window.__waited) return;
      window.__waited = true;
      window.haLabLater();
    }).observe(document, { attributes: true, subtree: true });
  });
  await open();
  await until(() => window.__waited && [...document.styleSheets].some((sheet) => sheet.href?.endsWith("_later.css")));
});
