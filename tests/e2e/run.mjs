// Runs every *.test.mjs in its folder: `node tests/e2e/run.mjs [NAME...]`, or `cargo xtask test --only e2e -- NAME`. A NAME is
// part of a file's or a test's name.
//
// One test runs at a time for every two processors, because a browser keeps two processors busy: two pages on two processors took longer
// than one after the other. Each row of tests has its own browser and server, so that they share nothing (for example, no
// clipboard). Tests that measure frames run last, and alone. HA_LAB_PAGES sets another number of rows.

import { mkdir, readdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { BROWSER } from "./browsers.mjs";
import { openPage, openWarm, ROOT, start, takeTests } from "./lib.mjs";

const MOST_PAGES = 4;

const here = dirname(fileURLToPath(import.meta.url));
const filters = process.argv.slice(2);
const wanted = (name) => filters.length === 0 || filters.some((filter) => name.includes(filter));

const tests = [];
for (const file of (await readdir(here)).filter((name) => name.endsWith(".test.mjs")).sort()) {
  await import(pathToFileURL(join(here, file)).href);
  tests.push(...takeTests().map((test) => ({ ...test, name: `${file.replace(".test.mjs", "")}: ${test.name}` })));
}
const chosen = tests.filter(({ name }) => wanted(name));
const failed = [];
const pages = Number(process.env.HA_LAB_PAGES ?? Math.min(Math.max(1, Math.floor(availableParallelism() / 2)), MOST_PAGES));
if (!(pages >= 1)) throw new Error(`HA_LAB_PAGES is ${process.env.HA_LAB_PAGES}; allowed is a number from 1 on.`);

// Long tests start first, so that nothing waits for them at the end.
const together = chosen.filter(({ options }) => !options.alone);
await run(together.sort((a, b) => Boolean(b.options.long) - Boolean(a.options.long)), pages);
await run(chosen.filter(({ options }) => options.alone), 1);

console.log(`\n${chosen.length} end-to-end tests, ${failed.length} failed`);
for (const name of failed) console.log(`  FAILED ${name}`);
if (chosen.length === 0) console.log(`Nothing matches ${filters.join(" ")}.`);
process.exitCode = failed.length > 0 || chosen.length === 0 ? 1 : 0;

/** Runs the tests in this number of rows; each row takes the next test that has not started. */
async function run(tests, rows) {
  const queue = [...tests];
  const row = async () => {
    if (queue.length === 0) return;
    let lab = await start();
    try {
      for (let test = queue.shift(); test; test = queue.shift()) {
        if (!lab.browser.isConnected()) {
          await lab.server.close();
          lab = await start(); // The browser has crashed, which is a failure of the previous test.
        }
        await runOne(lab, test);
      }
    } finally {
      await lab.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(rows, queue.length) }, row));
}

async function runOne(lab, { name, options, body }) {
  const started = performance.now();
  const notes = [];
  let opened;
  let error;
  try {
    const cold = options.cold || options.alone || BROWSER !== "chromium";
    opened = await (cold ? openPage : openWarm)(lab, options);
    if (options.goto !== false) await opened.open();
    await body({ ...opened, lab: { ...lab, server: opened.server }, note: (text) => notes.push(text) });
    const { faults } = opened.watch;
    if (faults.length > 0) throw new Error(`the page complained:\n${faults.join("\n")}`);
  } catch (caught) {
    error = caught;
    const faults = opened?.watch.faults ?? [];
    if (faults.length > 0 && !String(caught.message).includes(faults[0])) {
      error.message += `\nthe page complained:\n${faults.join("\n")}`;
    }
    if (opened) await picture(opened.page, name, notes);
  }
  await opened?.close().catch(() => {}); // The page may have crashed.
  const time = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  console.log(`${error ? "FAILED" : "ok    "} ${name} (${time})`);
  for (const text of notes) console.log(`         ${text}`);
  if (error) {
    failed.push(name);
    console.log(`${error.stack ?? error}`.replace(/^/gm, "         "));
  }
}

/** Saves a screenshot of the page of a failed test. */
async function picture(page, name, notes) {
  const dir = join(ROOT, "target", "e2e");
  const file = join(dir, `${name.replace(/[^a-z0-9]+/gi, "-")}.png`);
  try {
    await mkdir(dir, { recursive: true });
    await page.screenshot({ path: file, timeout: 5_000 });
    notes.push(`what it looked like: ${file}`);
  } catch {
    // A crashed page has no screenshot.
  }
}
