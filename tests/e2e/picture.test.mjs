// The first picture is in the page before the lab has loaded. It shows what the lab then shows, in the same places. Presses on
// it are recorded and carried out. If the picture would not be true, the page shows a text instead.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SIZES } from "../../xtask/picture/sizes.mjs";
import { assert, assertEqual, axe, DIST, test } from "./lib.mjs";

const THEMES = ["light", "dark"];

/** Holds the lab back. Returns a function that lets it load. */
async function held(page) {
  let come;
  const waits = new Promise((resolve) => (come = resolve));
  await page.route(/_bg\.wasm/, async (route) => {
    await waits;
    await route.continue().catch(() => {});
  });
  return come;
}

/** Opens the page with only its picture. Returns a function that lets the lab load and draw. */
async function pictured({ page, url, until }, suffix = "") {
  const come = await held(page);
  await page.goto(url + suffix);
  await until(() => document.readyState === "complete");
  return async (drawn = "[data-target]") => {
    come();
    await until((css) => document.documentElement.dataset.ready === "true" && document.querySelector(css) !== null, drawn);
  };
}

const seen = (page) => page.evaluate(() => document.querySelector(".picture .page")?.checkVisibility() ?? false);

/** Returns what is shown and where: each part of the page with its box, each control of the cluster, each text. */
function places() {
  const box = (element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return [x, y, width, height].map((value) => Math.round(value * 10) / 10).join(" ");
  };
  const name = (element) => element.dataset?.target ?? element.dataset?.on ?? element.dataset?.testid ?? element.getAttribute("class") ?? element.tagName;
  const found = [];
  for (const element of document.querySelectorAll("#app *")) {
    if (element.getClientRects().length === 0 || !element.checkVisibility() || element.closest(".boot, .picture") === element) continue;
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map(({ data }) => data.trim()).join("");
    found.push(`${name(element)} ${box(element)} ${text}`);
  }
  return found;
}

/**
 * Returns the box around all pixels in which two screenshots differ visibly; empty if there are only a few. A text that is several
 * nodes in the lab is one node in HTML, and a letter where two nodes meet may be drawn a little differently.
 */
function differing(page, one, other) {
  return page.evaluate(async (files) => {
    const [a, b] = await Promise.all(files.map(async (file) => {
      const image = Object.assign(new Image(), { src: `data:image/png;base64,${file}` });
      await image.decode();
      const { naturalWidth: width, naturalHeight: height } = image;
      const context = new OffscreenCanvas(width, height).getContext("2d");
      context.drawImage(image, 0, 0);
      return context.getImageData(0, 0, width, height);
    }));
    const [xs, ys] = [[], []];
    for (let at = 0; at < a.data.length; at += 4) {
      // Edges between two pixels may be drawn a little differently.
      const far = Math.max(...[0, 1, 2].map((n) => Math.abs(a.data[at + n] - b.data[at + n])));
      if (far <= 24) continue;
      xs.push((at / 4) % a.width);
      ys.push(Math.floor(at / 4 / a.width));
    }
    const least = (all) => all.reduce((x, y) => Math.min(x, y), Infinity);
    const most = (all) => all.reduce((x, y) => Math.max(x, y), 0);
    return xs.length <= 20 ? "" : `${xs.length} pixels, ${least(xs)} to ${most(xs)} across, ${least(ys)} to ${most(ys)} down`;
  }, [one.toString("base64"), other.toString("base64")]);
}

for (const { at, viewport: [width, height], sizes } of SIZES) {
  for (const colorScheme of THEMES) {
    const options = { goto: false, viewport: { width, height }, context: { colorScheme, reducedMotion: "reduce" } };
    test(`nothing moves when the lab takes over, ${at} px wide, ${colorScheme}`, options, async (t) => {
      const { page } = t;
      // Time stands still, so that the lab shows the same moment as the picture.
      await page.addInitScript(() => (window.requestAnimationFrame = ((ask) => (act) => ask(() => act(0)))(window.requestAnimationFrame.bind(window))));
      const take = await pictured(t);
      assert(await seen(page), "the picture is seen");
      const before = await page.evaluate(places);
      const picture = await page.screenshot();
      await take();
      assert(!(await seen(page)), "the picture is gone");
      const measured = await page.evaluate(() => {
        const size = (css) => [document.querySelector(css).clientWidth, document.querySelector(css).clientHeight];
        return { canvas: size(".canvas"), plane: size(".plane") };
      });
      assertEqual(sizes, measured, `what xtask/picture/sizes.mjs says of ${at}`);
      const after = await page.evaluate(places);
      assertEqual(before.filter((place) => !after.includes(place)), [], "in the picture, and not in the lab");
      assertEqual(after.filter((place) => !before.includes(place)), [], "in the lab, and not in the picture");
      assertEqual(await differing(page, picture, await page.screenshot()), "", "where the two look different");
    });
  }
}

test("the first frame shows the whole picture, and the lab starts after it", { goto: false }, async ({ page, url, until }) => {
  await page.addInitScript(() => {
    requestAnimationFrame(() => {
      const { start, ready } = document.documentElement.dataset;
      const whole = document.getElementById("page-end") !== null;
      window.__first = { start, ready, whole, seen: document.querySelector(".picture .page")?.checkVisibility() };
    });
  });
  await page.goto(url);
  await until(() => document.documentElement.dataset.ready === "true");
  assertEqual(await page.evaluate(() => window.__first), { start: "picture", whole: true, seen: true }, "the first frame");
});

test("the picture has no fault that axe finds, and no id twice", { goto: false, context: { reducedMotion: "reduce" } }, async (t) => {
  await pictured(t);
  assertEqual(await axe(t.page), [], "violations");
  const html = await readFile(join(DIST, "index.html"), "utf8");
  const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  assertEqual(ids.filter((id, n) => ids.indexOf(id) !== n), [], "ids that are there twice");
});

test("what is done to the picture waits, is shown as waiting, and happens in order", { goto: false }, async (t) => {
  const { page } = t;
  const take = await pictured(t);
  const off = page.locator('[data-act="power-off"][data-on="master-1"]:visible');
  await off.click();
  assertEqual(await off.getAttribute("data-waiting"), "true", "the switch waits");
  assert((await page.locator(".picture [role=status]").textContent()).includes("as soon as the lab runs"), "it is said");
  await page.locator('[data-act="power-off"][data-on="worker-1"]:visible').focus();
  await page.keyboard.press("Enter");
  await page.locator('[data-act="power-off"][data-on="worker-2"]:visible').focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Space"); // undoes it
  await page.locator('[data-target="master-2"]:visible').click({ position: { x: 30, y: 12 } });
  await page.getByTestId("play").click();
  // These have no effect.
  await page.getByTestId("theme").filter({ visible: true }).click();
  await page.getByTestId("speed-10").click({ force: true });
  await take();
  const power = (host) => page.locator(`[data-host="${host}"]`).getAttribute("data-power");
  assertEqual([await power("master-1"), await power("worker-1"), await power("worker-2")], ["off", "off", "running"], "power");
  await page.locator('[data-testid="inspector"][data-target="master-2"]').waitFor();
  assertEqual(await page.locator('[data-testid="clock"]').getAttribute("data-playing"), "false", "time stands still");
  const told = await page.locator('[data-testid="events"] .act .text').allTextContents();
  assert(told.length === 2 && told[1].includes("master-1"), `master-1 first: ${told}`);
  assertEqual(await page.locator("[data-waiting]").count(), 0, "nothing waits any more");
});

test("a process is killed by its button before the lab runs", { goto: false }, async (t) => {
  const take = await pictured(t);
  await t.page.locator('[data-act="kill"][data-on="master-1/etcd"]:visible').dispatchEvent("click");
  await take();
  await t.page.locator('[data-testid="events"] .act', { hasText: "etcd" }).waitFor({ state: "attached" });
});

test("the focus stays where it was, and so does what was scrolled to", { goto: false, viewport: { width: 390, height: 844 } }, async (t) => {
  const { page, until } = t;
  const take = await pictured(t);
  await page.locator('[data-target="worker-2"]:visible').focus();
  await page.evaluate(() => window.scrollTo(0, 300));
  await take();
  await until(() => document.activeElement?.dataset.target === "worker-2");
  assertEqual(await page.evaluate(() => Math.round(scrollY)), 300, "scrolled to");
});

test("a link in the picture leads where it leads", { goto: false }, async (t) => {
  const take = await pictured(t);
  await t.page.locator('.picture a[href="#learn"]').click();
  await take("main.pages");
});

/** Data that a visitor may have stored, by its key. */
const KEPT = { "ha-lab.run": '{"kept":1}', "ha-lab.hint": "done", "ha-lab.language": "zh-Hans" };
for (const [what, suffix, key] of [
  ["a link", "#1.e317mQ"],
  ["a lesson", "#lesson/tour"],
  ["a frame of another page", "?embed"],
  ["a run that was kept", "", "ha-lab.run"],
  ["a hint that was put away", "", "ha-lab.hint"],
  ["another language", "", "ha-lab.language"],
]) {
  test(`there is no picture for ${what}`, { goto: false }, async (t) => {
    if (key) await t.page.addInitScript(([key, value]) => localStorage.setItem(key, value), [key, KEPT[key]]);
    await pictured(t, suffix);
    assert(!(await seen(t.page)), "it is not shown");
    await t.page.locator("#boot-status").waitFor();
  });
}

test("a lab that does not come says so in the place of the picture", { goto: false }, async (t) => {
  t.watch.allow(/./);
  await t.page.route(/_bg\.wasm/, (route) => route.abort());
  await t.page.goto(t.url);
  await t.page.locator("#boot-status[role=alert]").waitFor();
  assert(!(await seen(t.page)), "the picture is gone");
});
