// The dock: the controls of time, the bar and the cursor, lanes and charts, branches, events and the chain of causes; by
// mouse, by keyboard only, and on a phone.

import { assert, assertEqual, axe, test } from "./lib.mjs";

const LEADER = '[data-target$="/kube-controller-manager"][data-role="leader"]';
const PHONE = { viewport: { width: 390, height: 844 }, context: { hasTouch: true, reducedMotion: "reduce" } };

const clock = (page) =>
  page.evaluate(() => {
    const { simUs, headUs, playing } = document.querySelector('[data-testid="clock"]').dataset;
    return { now: Number(simUs) / 1e6, head: Number(headUs) / 1e6, playing: playing === "true" };
  });

/** Waits until the page shows this second (`near`: within half a second), the head of the branch, or a moment before a second. */
const momentIs = (t, wanted) =>
  t.until(({ second, near, head, before }) => {
    const { simUs, headUs } = document.querySelector('[data-testid="clock"]').dataset;
    if (head) return simUs === headUs;
    const now = Number(simUs) / 1e6;
    if (before !== undefined) return now < before;
    return Math.abs(now - (second ?? near)) < (near === undefined ? 1e-6 : 0.5);
  }, wanted);

/** Switches the leading master off, runs until the takeover, and returns the leaders before and after it. */
async function takeover(t) {
  const { page, until } = t;
  const lead = () => page.evaluate((css) => document.querySelector(css)?.dataset.target.split("/")[0], LEADER);
  const from = await lead();
  await page.locator(`[data-target="${from}"]`).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("o");
  await page.keyboard.press("4");
  const moved = ([css, old]) => (document.querySelector(css)?.dataset.target.split("/")[0] ?? old) !== old;
  await until(moved, [LEADER, from]);
  await page.keyboard.press("Escape");
  if ((await clock(page)).playing) await page.getByTestId("play").click();
  return { from, to: await lead() };
}

const stopped = (t) => t.until(() => document.querySelector('[data-testid="clock"]').dataset.playing === "false");

test("the bar of time is a slider that keys move, and End comes back to now", async (t) => {
  const { page } = t;
  await takeover(t);
  const { head } = await clock(page);
  const bar = page.getByTestId("scrub");
  assertEqual(await bar.getAttribute("role"), "slider", "role");
  await bar.focus();
  await page.keyboard.press("Home");
  await momentIs(t, { second: 30 });
  await page.keyboard.press("PageUp");
  await momentIs(t, { second: 40 });
  await page.keyboard.press("ArrowRight");
  await momentIs(t, { second: 41 });
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("PageDown");
  await momentIs(t, { second: 30 });
  assertEqual(await bar.getAttribute("aria-valuenow"), "30.0", "aria-valuenow");
  assert((await bar.getAttribute("aria-valuetext")).startsWith("0:30.0 of "), await bar.getAttribute("aria-valuetext"));
  await page.keyboard.press("End");
  await momentIs(t, { head: true });
  assertEqual((await clock(page)).head, head, "the head");
  assertEqual(await page.getByTestId("past").count(), 0, "the notice of the past");
});

test("a press on the timeline goes to the moment under the pointer, and a drag follows it", async (t) => {
  const { page } = t;
  await takeover(t);
  const plane = await page.getByTestId("plane").boundingBox();
  // The timeline shows 3 minutes, from 0 s.
  const x = (seconds) => plane.x + (plane.width * seconds) / 180;
  const y = plane.y + 30;
  await page.mouse.move(x(34), y);
  await t.until(() => Math.abs(Number(document.querySelector('[data-testid="cursor"]').dataset.us) / 1e6 - 34) < 0.5);
  const values = await page.locator("[data-lane] .at-cursor").allTextContents();
  assertEqual(values.length, 7, "lanes with a value at the cursor");
  assert(values.every((text) => text.length > 0), values.join(", "));
  assert((await page.locator(".chart-row .at-cursor").first().textContent()).includes("3 of 3"), "pods at the cursor");
  await page.mouse.click(x(34), y);
  await momentIs(t, { near: 34 });
  assertEqual(await page.getByTestId("past").count(), 1, "the notice of the past");
  await page.mouse.down();
  await page.mouse.move(x(32), y, { steps: 4 });
  await momentIs(t, { near: 32 });
  await page.mouse.up();
  await page.getByTestId("to-now").click();
  await momentIs(t, { head: true });
});

test("back one event and next event go to the same moments", async (t) => {
  const { page } = t;
  await takeover(t);
  const end = (await clock(page)).now;
  await page.getByTestId("back").click();
  await momentIs(t, { before: end });
  const back = (await clock(page)).now;
  await page.getByTestId("back").click();
  await momentIs(t, { before: back });
  await page.getByTestId("step").click();
  await momentIs(t, { second: back });
});

test("until a takeover: time runs there and stands still, and the button says that it runs", async (t) => {
  const { page } = t;
  const from = await page.evaluate((css) => document.querySelector(css).dataset.target.split("/")[0], LEADER);
  await page.locator(`[data-target="${from}"]`).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("o");
  await page.keyboard.press("Escape");
  await page.getByTestId("until-takeover").click();
  await t.until(() => document.querySelector('[data-testid="until-takeover"]').getAttribute("aria-pressed") === "false");
  await stopped(t);
  const first = page.locator('[data-testid="events"] [data-event]').first();
  assert(/leads as/.test(await first.textContent()), await first.textContent());
});

test("an act in the past begins a branch, and the one that was left can be shown again", async (t) => {
  const { page } = t;
  const { to } = await takeover(t);
  const { head } = await clock(page);
  await page.getByTestId("scrub").focus();
  await page.keyboard.press("Home");
  await momentIs(t, { second: 30 });
  await page.locator('[data-target="worker-1"]').focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("o");
  await momentIs(t, { head: true });
  await page.keyboard.press("Escape");
  await page.getByTestId("panel-branches-wide").click({ force: true });
  const branches = page.getByTestId("branch");
  assertEqual(await branches.count(), 2, "branches");
  assert((await branches.nth(1).textContent()).includes("Power off worker-1"), await branches.nth(1).textContent());
  assertEqual(await branches.nth(1).getAttribute("aria-pressed"), "true", "the new one is shown");
  assertEqual(await page.getByTestId("fork-mark").count(), 1, "the fork on the timeline");
  await branches.first().click();
  await t.until((seconds) => Number(document.querySelector('[data-testid="clock"]').dataset.headUs) / 1e6 === seconds, head);
  await page.getByTestId("panel-events-wide").click({ force: true });
  const told = await page.getByTestId("events").textContent();
  assert(told.includes(`${to} leads as kube-controller-manager`), "the old future is there again");
});

test("events are found by kind, by text, and by the selected component", async (t) => {
  const { page } = t;
  const { from } = await takeover(t);
  const shown = () => page.locator('[data-testid="events"] [data-event]').allTextContents();
  const all = (await shown()).length;
  await page.getByTestId("events-kind").selectOption("EVENTS_YOU");
  await t.until(() => document.querySelectorAll('[data-testid="events"] [data-event]').length === 1);
  assert((await shown())[0].includes(`Power off ${from}`), (await shown())[0]);
  assertEqual(await page.getByTestId("events-count").textContent(), `1 of ${all}`, "count");
  await page.getByTestId("events-kind").selectOption("");
  await page.getByTestId("events-find").fill("LEADS AS");
  await t.until((n) => document.querySelectorAll('[data-testid="events"] [data-event]').length < n, all);
  assert((await shown()).every((text) => text.includes("leads as")), "only what has the text");
  await page.getByTestId("events-find").fill("");
  await page.locator('[data-target="worker-2"]').focus();
  await page.keyboard.press("Enter");
  await page.getByTestId("events-only").click();
  await t.until((n) => document.querySelectorAll('[data-testid="events"] [data-event]').length < n, all);
  const targets = await page.locator('[data-testid="events"] [data-event]').evaluateAll((rows) => rows.map((row) => row.textContent));
  assert(targets.length > 0, "something concerns worker-2");
});

test("arrows go through the events, and Enter goes to the moment", async (t) => {
  const { page } = t;
  await takeover(t);
  const at = (n) => page.locator('[data-testid="events"] [data-event]').nth(n).getAttribute("data-at-us");
  await page.locator('[data-testid="events"] .at').first().focus();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp"]) await page.keyboard.press(key);
  const third = await at(2);
  await t.until((us) => document.activeElement.closest("[data-event]")?.dataset.atUs === us, third);
  const stops = await page.locator('[data-testid="events"] [tabindex="0"]').count();
  assert(stops <= 2, `Tab stops in the list: ${stops}`);
  await page.keyboard.press("Enter");
  await t.until((us) => document.querySelector('[data-testid="clock"]').dataset.simUs === us, third);
});

test("the chain of causes is numbered on the timeline and leads to its moments, those to come as well", async (t) => {
  const { page } = t;
  const { from, to } = await takeover(t);
  await page.getByTestId("scrub").focus();
  await page.keyboard.press("Home");
  await momentIs(t, { second: 30 });
  const row = page.locator('[data-testid="events"] [data-event]', { hasText: `${to} leads as kube-controller-manager` });
  await row.first().getByTestId("why").click();
  const chain = page.getByTestId("chain");
  const causes = await chain.locator("[data-event]").allTextContents();
  assert(causes.at(-1).includes(`Power off ${from}`) && causes.at(-1).includes("Root cause: your act."), causes.at(-1));
  const knots = page.getByTestId("knot");
  assert((await knots.count()) >= 2, "knots on the timeline");
  assert((await knots.first().textContent()).startsWith("1"), "the first is what began it");
  const last = Number(await knots.last().getAttribute("data-at-us"));
  await knots.last().click();
  await t.until((us) => Number(document.querySelector('[data-testid="clock"]').dataset.simUs) === us, last);
  assertEqual(await chain.locator(".picked").count(), 1, "the cause whose knot was pressed");
});

test("each chart has a sentence of what it shows and a table of its data", async (t) => {
  const { page } = t;
  await takeover(t);
  await page.getByTestId("tall").click();
  for (const [name, said, chart] of [
    ["chart-pods", /3 pods desired and 3 ready at the end; ready were \d to 3/, 0],
    ["chart-requests-master-2", /master-2, from [\d:.]+ to .*requests a second/, 1],
    ["chart-takeovers", /^[12] takeovers? from [\d.]+ to [\d.]+ s\. In theory a crash takes 5\.0 to 17\.0 s\./, 2],
  ]) {
    const plot = page.getByTestId(name);
    assertEqual(await plot.getAttribute("role"), "img", `role of ${name}`);
    const label = await plot.getAttribute("aria-label");
    assert(said.test(label), `${name}: ${label}`);
    assert((await plot.locator("svg path, svg polyline, svg polygon, svg circle").count()) > 0, `${name} is drawn`);
    const details = page.locator(".chart-table").nth(chart);
    await details.locator("summary").click();
    await t.until((n) => document.querySelectorAll(".chart-table")[n].querySelectorAll("tbody tr").length > 0, chart);
  }
  const [lane, plot] = await page.evaluate(() =>
    [".track", '[data-testid="chart-pods"] svg'].map((css) => {
      const { left, width } = document.querySelector(css).getBoundingClientRect();
      return [Math.round(left), Math.round(width)];
    }),
  );
  assertEqual(plot, lane, "left edge and width of a chart and of a lane");
});

test("on a phone every part of the dock and every control of time is in reach", PHONE, async (t) => {
  const { page } = t;
  await takeover(t);
  const fits = async (what) => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(wide <= 390, `${what}: the page is ${wide} wide`);
  };
  for (const panel of ["timeline", "charts", "events", "branches"]) {
    await page.getByTestId(`panel-${panel}-narrow`).click({ force: true });
    await fits(panel);
    assertEqual(await axe(page), [], `violations with ${panel}`);
  }
  await page.getByTestId("panel-timeline-narrow").click({ force: true });
  await page.getByTestId("more").click();
  await fits("all controls");
  for (const control of ["back", "play", "step", "until-takeover", "until-error", "undo", "redo", "scrub", "speed-1000"]) {
    const box = await page.getByTestId(control).boundingBox();
    assert(box && box.height >= 32 && box.width >= 24, `${control}: ${JSON.stringify(box)}`);
    assert(box.x >= 0 && box.x + box.width <= 390.5 && box.y + box.height <= 844.5, `${control} is on the screen: ${JSON.stringify(box)}`);
  }
  await page.getByTestId("undo").tap();
  await t.until(() => document.querySelector('[data-testid="said"]').textContent.includes("Undone"));
});

for (const theme of ["light", "dark"]) {
  test(`axe finds nothing with charts, tables and the chain open in ${theme}`, { context: { colorScheme: theme, reducedMotion: "reduce" } }, async (t) => {
    const { page } = t;
    await takeover(t);
    await page.getByTestId("tall").click();
    for (const summary of await page.locator(".chart-table summary").all()) await summary.click();
    await page.getByTestId("why").first().click();
    assertEqual(await axe(page), [], "violations with the chain");
    await page.getByTestId("why-back").click();
    await page.getByTestId("scrub").focus();
    await page.keyboard.press("Home");
    await momentIs(t, { second: 30 });
    assertEqual(await axe(page), [], "violations in the past");
  });
}
