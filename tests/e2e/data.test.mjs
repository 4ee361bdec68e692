// Only a learner's own actions replace that learner's stored data, and neither a stored run nor the simulation crashes the page.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { assert, assertEqual, axe, test } from "./lib.mjs";

const RUN = { kept: 1, now: "50s", run: { version: 1, seed: 77, until: "50s" } };
const OWN = JSON.stringify(RUN);
/** A run of 40 s with seed 9 and no acts. */
const LINK = "#1.";

/** The browser's stored data, by the names after the lab's path. */
const kept = (page) =>
  page.evaluate(() => {
    const own = `ha-lab:${location.pathname.replace(/[^/]*$/, "")}:`;
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(own));
    return Object.fromEntries(keys.map((key) => [key.slice(own.length), localStorage.getItem(key)]));
  });
const seedOf = (text) => JSON.parse(text).run.seed ?? 1;

/** Stores data before the first page loads, under the lab's own names or under exactly the given names. */
async function keep({ page, url, watch }, values, exactly = false) {
  watch.allow(/favicon/); // of a page that is not the lab's
  await page.goto(`${url}embed-example.css`);
  await page.evaluate(([path, values, exactly]) => {
    for (const [name, text] of Object.entries(values)) localStorage.setItem(exactly ? name : `ha-lab:${path}:${name}`, text);
  }, [new URL(url).pathname, values, exactly]);
}

const clock = (page) => page.evaluate(() => Number(document.querySelector('[data-testid="clock"]').dataset.simUs));
const state = (page, target) => page.evaluate((name) => document.querySelector(`[data-target="${name}"]`).dataset.state, target);
const seed = (t, wanted) => t.until((wanted) => document.querySelector(".setup-more")?.textContent.includes(`seed ${wanted}`), wanted);
const arrives = (t, at) => t.until((us) => Number(document.querySelector('[data-testid="clock"]')?.dataset.simUs) === us, at);
const ready = (t) => t.until(() => document.documentElement.dataset.ready === "true");

async function switchOff({ page, until }, name) {
  await page.locator(`[data-target="${name}"]`).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("o");
  await until((target) => document.querySelector(`[data-target="${target}"]`).dataset.state === "off", name);
}

/** The link to the state of the page. */
async function linkHere({ page, until }) {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByTestId("copy-link").click();
  await until(() => document.querySelector('[data-testid="notice"]'));
  return page.evaluate(() => navigator.clipboard.readText());
}

/** A link to a run of seed 9 in which master-1 was switched off. */
async function aLink(t) {
  const run = { version: 1, seed: 9, until: "40s", script: [{ at: "35s", do: "power-off", target: "master-1" }] };
  await t.open();
  await choose(t, run);
  await seed(t, 9);
  const link = await linkHere(t);
  await t.page.evaluate(() => localStorage.clear());
  await t.page.goto("about:blank");
  return link.slice(link.indexOf("#"));
}

async function choose({ page }, run) {
  await page.getByTestId("open-run").click();
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByTestId("run-open").click()]);
  await chooser.setFiles({ name: "run.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(run)) });
}

async function saved(page, testid) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId(testid).first().click()]);
  return readFile(await download.path(), "utf8");
}

test("what an earlier version kept for the whole origin is read, and not taken away", { goto: false }, async (t) => {
  await keep(t, { "ha-lab.run": OWN, "ha-lab.theme": "dark", "ha-lab.lesson.tour": '{"version":1,"lesson":"tour","beat":2,"done":[true,true]}' }, true);
  await t.open();
  await arrives(t, 50_000_000);
  await seed(t, 77);
  assertEqual(await t.page.evaluate(() => document.documentElement.dataset.theme), "dark", "the theme");
  await switchOff(t, "master-1");
  const all = await kept(t.page);
  assertEqual(seedOf(all.run), 77, "the run under its new name");
  assert(all.run.includes("power-off"), all.run);
  assertEqual(await t.page.evaluate(() => localStorage.getItem("ha-lab.run")), OWN, "what another lab of this origin may read");
});

test("?fresh starts anew and deletes nothing, and the run comes back by a button", { goto: false }, async (t) => {
  const { page } = t;
  await keep(t, { run: OWN });
  await t.open("?fresh");
  await seed(t, 1);
  assert((await page.getByTestId("kept").textContent()).includes("Your own run is kept"), "the notice");
  assertEqual(await axe(page), [], "violations");
  assertEqual((await kept(page)).run, OWN, "the run");
  await page.getByTestId("kept-show").click();
  await seed(t, 77);
  await arrives(t, 50_000_000);
  await page.goto(`${t.url}?fresh`);
  await ready(t);
  await switchOff(t, "master-1");
  const all = await kept(page);
  assertEqual([seedOf(all.run), seedOf(all["run.other.1"])], [1, 77], "the own run, and the one beside it");
  await page.reload();
  await ready(t);
  await page.getByTestId("kept-other").click();
  await seed(t, 77);
  assert((await page.getByTestId("kept").textContent()).includes("kept beside your own"), "the notice");
});

test("a link opens beside the own run; what is done there is kept as well", { goto: false }, async (t) => {
  const { page } = t;
  const fragment = await aLink(t);
  await keep(t, { run: OWN });
  await t.open(fragment);
  await seed(t, 9);
  await arrives(t, 40_000_000);
  assert((await page.getByTestId("kept").textContent()).includes("Your own run is kept"), "the notice");
  assertEqual(await axe(page), [], "violations");
  await page.keyboard.press("Space");
  await t.until(() => Number(document.querySelector('[data-testid="clock"]').dataset.simUs) > 41_000_000);
  await page.goto("about:blank");
  await page.goto(t.url + fragment);
  await ready(t);
  const looked = await kept(page);
  assertEqual([looked.run, looked["run.other.1"]], [OWN, undefined], "after a look");
  await switchOff(t, "master-2");
  const all = await kept(page);
  assertEqual([all.run, seedOf(all["run.other.1"])], [OWN, 9], "after something was done");
  await page.getByTestId("kept-show").click();
  await seed(t, 77);
  assert(!page.url().includes("#"), page.url());
  await page.reload();
  await ready(t);
  await seed(t, 77);
  // The user can go to both of them, save them and forget them.
  await page.getByTestId("open-run").click();
  assertEqual(await axe(page), [], "violations in the sheet");
  const file = JSON.parse(await saved(page, "other-save"));
  assertEqual([file.seed, file.script.length], [9, 2], "the file");
  await page.getByTestId("other-show").click();
  await seed(t, 9);
  await t.until(() => document.querySelector('[data-target="master-2"]').dataset.state === "off");
  await page.getByTestId("open-run").click();
  assert((await page.getByTestId("other-run").textContent()).includes("Your own run"), "the own run is in the list");
});

test("a file takes the place of the own run, which is kept beside it", { goto: false }, async (t) => {
  await keep(t, { run: OWN });
  await t.open();
  await seed(t, 77);
  await choose(t, { version: 1, seed: 5, until: "45s" });
  await seed(t, 5);
  await arrives(t, 45_000_000);
  await t.until(() => Object.keys(localStorage).some((key) => key.endsWith(":run.other.1")));
  const all = await kept(t.page);
  assertEqual([seedOf(all.run), seedOf(all["run.other.1"])], [5, 77], "what is kept");
});

for (const [what, text] of [["of a newer version", '{"kept":2,"run":{}}'], ["damaged", '{"kept":1,"now":"3']]) {
  test(`a run that is ${what} is set aside and can be saved`, { goto: false }, async (t) => {
    const { page } = t;
    await keep(t, { run: text });
    await t.open();
    assert((await page.getByTestId("kept").textContent()).includes("set aside"), "the notice");
    assertEqual(await saved(page, "kept-save"), text, "the file");
    await switchOff(t, "master-1");
    const all = await kept(page);
    assertEqual([all["run.damaged"], seedOf(all.run)], [text, 1], "what is kept");
  });
}

test("progress of a newer version is set aside and can be saved", { goto: false }, async (t) => {
  const { page } = t;
  const newer = '{"version":2,"lesson":"tour"}';
  await keep(t, { "lesson.tour": newer });
  await t.open("#results");
  const trouble = await page.getByTestId("lesson-trouble").textContent();
  assert(trouble.includes("set aside"), trouble);
  assertEqual(await axe(page), [], "violations");
  assertEqual(JSON.parse(await saved(page, "save-aside")), { tour: newer }, "the file");
  const all = await kept(page);
  assertEqual([all["lesson.tour"], all["lesson.tour.damaged"]], [undefined, newer], "what is kept");
});

/** A page of another origin of the same site that shows the lab. */
async function framing(src) {
  const server = createServer((request, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end(`<iframe src="${src(server.origin)}" width="1200" height="800"></iframe><script>
      window.heard = []; addEventListener("message", (event) => heard.push(event.data));</script>`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.origin = `http://127.0.0.1:${server.address().port}`;
  return server;
}

for (const [what, query] of [
  ["?embed&fresh", () => "?embed&fresh"],
  ["?fresh", () => "?fresh"],
  ["a link", () => "LINK"],
  ["a lesson", (origin) => `?embed&origin=${origin}#lesson/tour`],
  ["a lesson without ?embed", () => "#lesson/tour"],
]) {
  test(`a frame of the same site with ${what} neither sees nor changes what the learner has`, { goto: false }, async (t) => {
    const { page, url, watch } = t;
    watch.allow(/request to another origin: http:\/\/127\.0\.0\.1|favicon|404|postMessage/);
    const fragment = query("") === "LINK" ? await aLink(t) : "";
    const progress = '{"version":1,"lesson":"tour","beat":3,"done":[true,true,true],"answers":[],"measured":[]}';
    const values = { run: OWN, "lesson.tour": progress };
    await keep(t, values);
    const server = await framing((origin) => url + (fragment || query(origin)));
    try {
      await page.goto(`${server.origin}/`);
      await page.frameLocator("iframe").locator('html[data-ready="true"]').waitFor({ state: "attached" });
      const lab = page.frames().find((frame) => frame.url().startsWith(url));
      if (what.includes("lesson")) {
        await lab.locator('[data-testid="lesson"][data-beat="0"]').waitFor();
        const heard = await page.evaluate(() => window.heard.filter(({ type }) => type === "progress"));
        assert(heard.every(({ beat }) => beat === 1), `told of the learner's own progress: ${JSON.stringify(heard)}`);
      } else {
        await lab.locator('[data-target="master-2"]').first().focus();
        await page.keyboard.press("Enter");
        await page.keyboard.press("o");
        await lab.locator('[data-target="master-2"][data-state="off"]').first().waitFor();
      }
      await page.goto(`${url}embed-example.css`);
      const all = await kept(page);
      for (const [name, text] of Object.entries(values)) assertEqual(all[name], text, name);
      assert(Object.keys(all).every((name) => name in values || name.startsWith("frame:")), Object.keys(all).join(" "));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}

test("a run that did not come back is kept: the next visit works and offers it", { goto: false }, async (t) => {
  const { page } = t;
  // The state after a page was closed, froze or crashed while it restored the run.
  await keep(t, { run: OWN, restoring: "run" });
  await t.open();
  await seed(t, 1);
  await t.until(() => Number(document.querySelector('[data-testid="clock"]').dataset.simUs) > 31_000_000);
  assert((await page.getByTestId("kept").textContent()).includes("is kept"), "the notice");
  assertEqual(await axe(page), [], "violations");
  const file = JSON.parse(await saved(page, "kept-save"));
  assertEqual(file.seed, 77, "the file");
  assertEqual((await kept(page)).run, OWN, "the run");
  await page.reload();
  await ready(t);
  await page.getByTestId("kept-show").click();
  await seed(t, 77);
  await arrives(t, 50_000_000);
  await t.until(() => !Object.keys(localStorage).some((key) => key.endsWith(":restoring")));
  await page.reload();
  await ready(t);
  await seed(t, 77);
  assert((await page.getByTestId("kept").textContent()).includes("is back"), "the notice");
});

test("a run that crashes the page while it comes back is in the panel, and the next visit works", { goto: false }, async (t) => {
  const { page, watch } = t;
  watch.allow(/unreachable|crash=|panicked|RuntimeError/);
  await keep(t, { run: OWN });
  await page.goto(`${t.url}?crash=restore`);
  await page.getByTestId("crash").waitFor();
  assertEqual(JSON.parse(await saved(page, "crash-save")).seed, 77, "the file of the panel");
  assertEqual(await axe(page), [], "violations");
  await page.goto(t.url);
  await ready(t);
  await seed(t, 1);
  await page.getByTestId("kept-forget").click();
  await t.until(() => !Object.keys(localStorage).some((key) => key.endsWith(":run")));
  await page.reload();
  await ready(t);
  assertEqual(await page.getByTestId("kept").count(), 0, "a notice");
});

test("a crash in a link leaves the own run alone", { goto: false }, async (t) => {
  const { page, watch } = t;
  watch.allow(/unreachable|crash=|panicked|RuntimeError/);
  const fragment = await aLink(t);
  await keep(t, { run: OWN });
  await t.open(`?crash=test${fragment}`);
  await seed(t, 9);
  await arrives(t, 40_000_000);
  await page.locator('[data-target="lb-1"]').focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("o");
  await page.getByTestId("crash").waitFor();
  assertEqual(JSON.parse(await saved(page, "crash-save")).seed, 9, "the file of the panel");
  assertEqual((await kept(page)).run, OWN, "the own run");
  await page.goto(t.url);
  await ready(t);
  await seed(t, 77);
});

test("a broken invariant stops time and says so; another cluster can be started", { goto: false }, async (t) => {
  const { page } = t;
  await t.open("?break=36s");
  const fault = page.getByTestId("fault");
  await switchOff(t, "lb-1");
  await page.keyboard.press("3");
  await fault.waitFor();
  const said = await fault.textContent();
  assert(said.includes("Seed 1") && said.includes("planned"), said);
  assertEqual(await axe(page), [], "violations");
  const stands = await clock(page);
  await page.keyboard.press("Space");
  await page.keyboard.press(".");
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  assertEqual([await clock(page), await page.getByTestId("crash").count()], [stands, 0], "time, and a panel");
  const file = JSON.parse(await saved(page, "fault-save"));
  assertEqual(file.script[0].target, "lb-1", "the file");
  await page.keyboard.press("Home");
  await arrives(t, 30_000_000);
  assertEqual(await fault.count(), 0, "the fault before it");
  await page.goto(`${t.url}?fresh&break=33s`);
  await ready(t);
  await fault.waitFor();
  await page.keyboard.press("1"); // slow enough that the next run does not break at once
  await page.getByTestId("fault-other").click();
  await t.until(() => !document.querySelector('[data-testid="fault"]'));
  assertEqual(await page.getByTestId("crash").count(), 0, "a panel");
  assertEqual(await state(page, "lb-1"), "running", "another cluster");
});

test("a broken invariant in a link and in a lesson lets one go on", { goto: false, context: { reducedMotion: "reduce" } }, async (t) => {
  const { page } = t;
  const fragment = await aLink(t);
  await t.open(`?break=37s${fragment}`);
  await page.getByTestId("fault").waitFor();
  await page.goto(`${t.url}?break=5s#lesson/tour`);
  await ready(t);
  await page.locator('[data-testid="lesson"]').waitFor();
  await page.getByTestId("play").click();
  await page.getByTestId("fault").waitFor();
  assertEqual(await axe(page), [], "violations");
  await page.getByTestId("fault-other").click();
  await t.until(() => !document.querySelector('[data-testid="fault"]') && document.querySelector('[data-testid="lesson"]'));
  assertEqual(await page.getByTestId("crash").count(), 0, "a panel");
  await page.goto(t.url);
  await ready(t);
});
