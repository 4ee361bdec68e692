// Going back and forth in a run and on branches; what remains after a reload, a file, damage and a crash.

import { readFile } from "node:fs/promises";
import { assert, assertEqual, axe, test } from "./lib.mjs";

const LEADER = '[data-target$="/kube-controller-manager"][data-role="leader"]';

/** Reads the moment, the latest moment and the branch from the clock. */
const clock = (page) =>
  page.evaluate(() => {
    const { simUs, headUs, branch, playing } = document.querySelector('[data-testid="clock"]').dataset;
    return { now: Number(simUs), head: Number(headUs), branch, playing };
  });

const leader = (page) => page.evaluate((css) => document.querySelector(css)?.dataset.target.split("/")[0], LEADER);
const state = (page, target) => page.evaluate((name) => document.querySelector(`[data-target="${name}"]`).dataset.state, target);

/** Selects a host and switches it off by key. */
async function switchOff({ page, until }, name) {
  await page.locator(`[data-target="${name}"]`).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("o");
  await until((target) => document.querySelector(`[data-target="${target}"]`).dataset.state === "off", name);
}

/** Waits until the clock shows the moment `at`, to the microsecond. */
const arrives = (t, at) => t.until((us) => Number(document.querySelector('[data-testid="clock"]')?.dataset.simUs) === us, at);

/** Makes a run in which the leading master was switched off and another leads; time stands still. */
async function takeover(t) {
  const { page } = t;
  const from = await leader(page);
  const before = await clock(page);
  await switchOff(t, from);
  await page.keyboard.press("4"); // 100×
  await t.until(([css, old]) => (document.querySelector(css)?.dataset.target.split("/")[0] ?? old) !== old, [LEADER, from]);
  await page.getByTestId("play").click();
  await t.until(() => document.querySelector('[data-testid="clock"]').dataset.playing === "false");
  return { from, before, ...(await clock(page)) };
}

test("Home and End go to both ends of the run, and steps back go to its events", async (t) => {
  const { page } = t;
  const { from, head } = await takeover(t);
  await page.keyboard.press("Home");
  await arrives(t, 30_000_000);
  assertEqual((await clock(page)).head, head, "the furthest moment stays");
  assertEqual(await state(page, from), "running", "the master before it was switched off");
  await page.keyboard.press("End");
  await arrives(t, head);
  await page.keyboard.press(",");
  await t.until((us) => Number(document.querySelector('[data-testid="clock"]').dataset.simUs) < us, head);
  const back = (await clock(page)).now;
  const events = await page.evaluate(() => [...document.querySelectorAll('[data-testid="events"] [data-event]')].map((row) => Number(row.dataset.atUs)));
  assert(events.length === 0 || events.includes(back), `${back} is an event: ${events}`);
  await page.keyboard.press(".");
  await t.until((us) => Number(document.querySelector('[data-testid="clock"]').dataset.simUs) > us, back);
});

test("an act in the past begins another branch, and undo and redo lead back and forth", async (t) => {
  const { page } = t;
  const { from, head, branch } = await takeover(t);
  await page.keyboard.press("Control+z");
  await t.until((name) => document.querySelector(`[data-target="${name}"]`).dataset.state !== "off", from);
  const undone = await clock(page);
  assert(undone.branch !== branch && undone.now === undone.head && undone.now < head, JSON.stringify(undone));
  await page.keyboard.press("Control+Shift+Z");
  await arrives(t, head);
  assertEqual((await clock(page)).branch, branch, "the branch that was undone");
  await page.keyboard.press("u");
  await arrives(t, undone.now);
  await switchOff(t, "lb-1");
  const other = await clock(page);
  assert(other.branch !== branch && other.branch !== undone.branch, JSON.stringify(other));
  assertEqual(await state(page, from), "running", "what was undone did not happen here");
});

test("after a reload the last run is back where it was, and one can start anew", async (t) => {
  const { page } = t;
  const { from, now } = await takeover(t);
  await page.keyboard.press("5");
  await page.reload();
  await t.until(() => document.documentElement.dataset.ready === "true");
  await arrives(t, now);
  assertEqual(await state(page, from), "off", "the master that was switched off");
  assertEqual(await page.getByTestId("speed-1000").isChecked(), true, "the speed");
  const notice = page.getByTestId("kept");
  assert((await notice.textContent()).includes("Your last run is back."), await notice.textContent());
  assertEqual(await axe(page), [], "violations");
  await page.getByTestId("start-anew").click();
  await t.until((name) => document.querySelector(`[data-target="${name}"]`).dataset.state === "running", from);
  assertEqual(await notice.count(), 0, "the sentence");
});

for (const [what, text] of [
  ["damaged", '{"kept":1,"now":"3'],
  ["of another version", '{"kept":9}'],
  ["of a cluster that is too large", '{"kept":1,"now":"1s","run":{"version":1,"cluster":{"workers":6000}}}'],
  ["larger than is read", `"${"x".repeat(1_100_000)}"`],
]) {
  test(`what was kept is ${what}: a new run starts and says so`, { goto: false }, async (t) => {
    const { page } = t;
    await page.addInitScript((kept) => {
      const own = `ha-lab:${location.pathname}:`;
      localStorage.setItem(`${own}run`, kept);
      localStorage.setItem(`${own}settings`, "{");
    }, text);
    await t.open();
    const said = await page.getByTestId("kept").textContent();
    assert(said.includes("Your last run could not be restored"), said);
    assert(said.includes("Your settings for this page could not be read"), said);
    const own = (name) => page.evaluate((name) => localStorage.getItem(`ha-lab:${location.pathname}:${name}`), name);
    assertEqual([await own("run"), await own("run.damaged"), await own("settings.damaged")], [null, text, "{"], "what is kept");
    await t.until(() => Number(document.querySelector('[data-testid="clock"]').dataset.simUs) > 31_000_000);
  });
}

test("a run is saved as a file and opened again; a wrong file is refused by place", async (t) => {
  const { page } = t;
  const { from, now } = await takeover(t);
  await page.getByTestId("open-run").click();
  assertEqual(await axe(page), [], "violations");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("run-save").click()]);
  const json = await readFile(await download.path(), "utf8");
  assert(json.includes("power-off") && json.includes(from), json);
  const choose = async (name, text) => {
    await page.getByTestId("open-run").click();
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByTestId("run-open").click()]);
    await chooser.setFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) });
  };
  await choose("wrong.json", json.replace("power-off", "explode"));
  await t.until(() => document.querySelector('[data-testid="notice"]')?.textContent.includes('script[0].do: "explode"'));
  // Elsewhere, so that the moment of the file is met only by the file.
  await page.keyboard.press("Home");
  await arrives(t, 30_000_000);
  await choose("right.json", json);
  await arrives(t, now);
  assertEqual(await state(page, from), "off", "the master that was switched off");
});

test("after a crash the run can be saved, and comes back as it was before the last act", { goto: false }, async (t) => {
  const { page, watch } = t;
  watch.allow(/unreachable|crash=test|panicked|RuntimeError/);
  await t.open();
  const { from, now } = await takeover(t);
  await page.goto(`${t.url}?crash=test`);
  await arrives(t, now);
  await page.locator('[data-target="lb-1"]').focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("o");
  await page.getByTestId("crash").waitFor();
  assertEqual(await axe(page), [], "violations");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("crash-save").click()]);
  const run = JSON.parse(await readFile(await download.path(), "utf8"));
  assertEqual(run.script.map((step) => step.target), [from, "lb-1"], "what was done");
  await page.getByTestId("crash-back").click();
  await t.until(() => document.documentElement.dataset.ready === "true" && !document.documentElement.dataset.crashed);
  await arrives(t, now);
  assertEqual([await state(page, from), await state(page, "lb-1")], ["off", "running"], "before the last act");
  assert(!page.url().includes("crash"), page.url());
});

test("after a crash one can start anew", { goto: false }, async (t) => {
  const { page, watch } = t;
  watch.allow(/unreachable|crash=test|panicked|RuntimeError/);
  await t.open("?crash=test");
  const from = await leader(page);
  await page.locator(`[data-target="${from}"]`).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("o");
  await page.getByTestId("crash-fresh").click();
  await t.until(() => document.documentElement.dataset.ready === "true" && !document.documentElement.dataset.crashed);
  assertEqual(await state(page, from), "running", "the master");
  assertEqual(await page.getByTestId("kept").count(), 0, "a sentence");
  assert(!page.url().includes("fresh"), page.url());
});
