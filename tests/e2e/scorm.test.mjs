// The SCORM 1.2 package in a third-party run-time (scorm-again): it reports completion, score, time and place.
//
// `cargo xtask pack` leaves the package unpacked in target/pack/scorm; a page of the "course system" shows it in a frame.

import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { play } from "./lesson.mjs";
import { assert, assertEqual, ROOT, test } from "./lib.mjs";
import { serveDirectory } from "./server.mjs";

const PACKAGE = join(ROOT, "target", "pack", "scorm");

/** A course system of one page. `kept` is its data from an earlier visit. */
async function withSystem(t, { lessons = "one,two", kept = {}, runtime = true }, body) {
  if (!existsSync(join(PACKAGE, "imsmanifest.xml"))) throw new Error("There is no package: run `cargo xtask pack`.");
  const root = await mkdtemp(join(tmpdir(), "ha-lab-system-"));
  await cp(PACKAGE, join(root, "package"), { recursive: true });
  await cp(createRequire(import.meta.url).resolve("scorm-again/scorm12"), join(root, "runtime.js"));
  await writeFile(join(root, "index.html"), `<!doctype html><title>A course system</title><script src="runtime.js"></script>
    <script>
      window.calls = [];
      if (${runtime}) {
        window.API = new Scorm12API({ autocommit: false, logLevel: 5 });
        API.loadFromJSON(${JSON.stringify(kept)});
        window.said = {}; // Elements that can only be written.
        for (const name of ["session_time", "exit"]) API.on(\`LMSSetValue.cmi.core.\${name}\`, (_, value) => { said[name] = value; });
        for (const name of ["LMSInitialize", "LMSCommit", "LMSFinish"]) API.on(name, () => calls.push(name));
      }
    </script>
    <iframe src="package/index.html?lessons=${lessons}" width="1200" height="700"></iframe>`);
  const server = await serveDirectory(root, "/system/");
  t.watch.origin = server.origin;
  t.watch.allow(/favicon/);
  try {
    await t.page.goto(server.url);
    const sco = await until(() => t.page.frames().find((frame) => frame.url().includes("package/index.html")));
    const lab = await until(() => t.page.frames().find((frame) => frame.url().includes("ha-lab.html")));
    await lab.waitForFunction(() => document.documentElement.dataset.ready === "true");
    const value = (name) => t.page.evaluate((name) => API.LMSGetValue(name), name);
    /** The messages of the lab when a learner goes through a lesson. */
    const tell = (message) => lab.evaluate((message) => parent.postMessage({ haLab: 1, ...message }, location.origin), message);
    const holds = (name, expect) => t.until(([name, expect]) => API.LMSGetValue(name) === expect, [name, expect]);
    await body({ sco, lab, value, tell, holds });
  } finally {
    await server.close();
    await rm(root, { recursive: true, force: true });
  }
}

async function until(found) {
  for (;;) {
    const value = found();
    if (value) return value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("the manifest is one of SCORM 1.2 and lists the files of the package", { goto: false }, async () => {
  const manifest = await readFile(join(PACKAGE, "imsmanifest.xml"), "utf8");
  assert(manifest.includes("<schemaversion>1.2</schemaversion>") && manifest.includes('adlcp:scormtype="sco"'), manifest);
  for (const [, href] of manifest.matchAll(/href="([^"]+)"/g)) assert(existsSync(join(PACKAGE, href)), `${href} is missing`);
});

test("completion and score reach the course system", { goto: false }, (t) =>
  withSystem(t, {}, async ({ value, tell, holds }) => {
    assertEqual(await value("cmi.core.lesson_status"), "incomplete");
    await tell({ type: "progress", lesson: "one", beat: 2, beats: 9 });
    await t.until(() => API.LMSGetValue("cmi.suspend_data").includes('"one":[2,9,null]'));
    await tell({ type: "result", lesson: "one", score: 100 });
    await holds("cmi.core.score.raw", "50");
    assertEqual(await value("cmi.core.lesson_status"), "incomplete", "one of two lessons");
    await tell({ type: "result", lesson: "two", score: 60 });
    await holds("cmi.core.score.raw", "80");
    await holds("cmi.core.lesson_status", "completed");
    assertEqual([await value("cmi.core.score.min"), await value("cmi.core.score.max")], ["0", "100"], "bounds of the score");
    await tell({ type: "result", lesson: "two", score: 10 });
    await tell({ type: "result", lesson: "one", score: 1_000 });
    await tell({ type: "progress", lesson: "two", beat: 9, beats: 9 });
    await t.until(() => API.LMSGetValue("cmi.suspend_data").includes('"two":[9,9,60]'));
    assertEqual(await value("cmi.core.score.raw"), "80", "the better of two tries counts");
  }));

test("a lesson that is played to its end in the package is completed, with its score", { goto: false, context: { reducedMotion: "reduce" } }, (t) =>
  withSystem(t, { lessons: "tour" }, async ({ lab, value, holds }) => {
    assertEqual(await value("cmi.core.lesson_status"), "incomplete");
    const [{ beats, score }] = await lab.evaluate(play, { ids: ["tour"], choice: 1 });
    const [right, questions] = score.match(/\d+/g).map(Number);
    await holds("cmi.core.lesson_status", "completed");
    assert(right > 0 && right < questions, `${right} of ${questions} are right: a score that shows nothing`);
    const percent = Math.floor((100 * right) / questions);
    assertEqual(await value("cmi.core.score.raw"), String(percent), "score");
    assertEqual(JSON.parse(await value("cmi.suspend_data")).lessons, { tour: [beats, beats, percent] }, "what is kept");
    t.note(`${right} of ${questions} answers are right: ${percent}`);
  }));

test("a mastery score decides between passed and failed", { goto: false }, (t) =>
  withSystem(t, { lessons: "one", kept: { cmi: { student_data: { mastery_score: "70" } } } }, async ({ tell, holds }) => {
    await tell({ type: "result", lesson: "one", score: 69 });
    await holds("cmi.core.lesson_status", "failed");
    await tell({ type: "result", lesson: "one", score: 70 });
    await holds("cmi.core.lesson_status", "passed");
  }));

test("leaving commits, says how long it took, and finishes", { goto: false }, (t) =>
  withSystem(t, {}, async ({ tell, holds, sco }) => {
    await tell({ type: "result", lesson: "one", score: 100 });
    await holds("cmi.core.score.raw", "50");
    await sco.evaluate(() => { location.href = "about:blank"; });
    await t.until(() => calls.includes("LMSFinish"));
    const said = await t.page.evaluate(() => window.said);
    assert(/^\d{4}:\d{2}:\d{2}$/.test(said.session_time), `session_time: ${said.session_time}`);
    assertEqual(said.exit, "suspend", "exit");
    const order = await t.page.evaluate(() => calls);
    assertEqual([order[0], order.at(-2), order.at(-1)], ["LMSInitialize", "LMSCommit", "LMSFinish"], "calls");
  }));

test("a second visit goes on where the first one ended", { goto: false }, (t) => {
  const suspend_data = JSON.stringify({ v: 1, lessons: { one: [9, 9, 100], two: [4, 9, null], "<bad>": [1, 1, 1] } });
  const kept = { cmi: { suspend_data, core: { lesson_status: "incomplete", entry: "resume" } } };
  return withSystem(t, { kept }, async ({ lab, value }) => {
    assert(lab.url().endsWith("#lesson/two/3"), lab.url());
    assertEqual(await value("cmi.core.lesson_status"), "incomplete");
  });
});

test("what is kept never exceeds what SCORM 1.2 allows", { goto: false }, (t) =>
  withSystem(t, {}, async ({ tell, value }) => {
    for (let n = 0; n < 90; n += 1) await tell({ type: "progress", lesson: `${"long-name-".repeat(5)}${n}`, beat: 1, beats: 9 });
    await t.until(() => API.LMSGetValue("cmi.suspend_data").includes("-89"));
    const { length } = await value("cmi.suspend_data");
    assert(length <= 4096 && length > 3_000, `${length} characters`);
  }));

test("without a course system the lab works and says that nobody listens", { goto: false }, (t) =>
  withSystem(t, { runtime: false }, async ({ sco, lab }) => {
    assert(await sco.locator("#trouble").isVisible(), "the message");
    await lab.locator('html[data-ready="true"]').waitFor({ state: "attached" });
  }));
