// Runs every *.test.mjs beside it, one after the other: `node tests/e2e/run.mjs [NAME...]`, or by
// `cargo xtask test --only e2e -- NAME`. A name is a part of the file's or of the test's name.

import { mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { openPage, ROOT, start, takeTests } from "./lib.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const filters = process.argv.slice(2);
const wanted = (name) => filters.length === 0 || filters.some((filter) => name.includes(filter));

const lab = await start();
const failed = [];
let count = 0;
try {
  for (const file of (await readdir(here)).filter((name) => name.endsWith(".test.mjs")).sort()) {
    await import(pathToFileURL(join(here, file)).href);
    for (const test of takeTests()) {
      const name = `${file.replace(".test.mjs", "")}: ${test.name}`;
      if (!wanted(name)) continue;
      count += 1;
      await runOne(name, test);
    }
  }
} finally {
  await lab.close();
}

console.log(`\n${count} end-to-end tests, ${failed.length} failed`);
for (const name of failed) console.log(`  FAILED ${name}`);
if (count === 0) console.log(`Nothing matches ${filters.join(" ")}.`);
process.exitCode = failed.length > 0 || count === 0 ? 1 : 0;

async function runOne(name, test) {
  const started = performance.now();
  const opened = await openPage(lab, test.options);
  const notes = [];
  let error;
  try {
    if (test.options.goto !== false) await opened.open();
    await test.body({ ...opened, lab, note: (text) => notes.push(text) });
    const { faults } = opened.watch;
    if (faults.length > 0) throw new Error(`the page complained:\n${faults.join("\n")}`);
  } catch (caught) {
    error = caught;
    const faults = opened.watch.faults;
    if (faults.length > 0 && !String(caught.message).includes(faults[0])) {
      error.message += `\nthe page complained:\n${faults.join("\n")}`;
    }
    await picture(opened.page, name, notes);
  }
  await opened.context.close();
  const time = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  console.log(`${error ? "FAILED" : "ok    "} ${name} (${time})`);
  for (const text of notes) console.log(`         ${text}`);
  if (error) {
    failed.push(name);
    console.log(`${error.stack ?? error}`.replace(/^/gm, "         "));
  }
}

/** What the page looked like when a test failed. */
async function picture(page, name, notes) {
  const dir = join(ROOT, "target", "e2e");
  const file = join(dir, `${name.replace(/[^a-z0-9]+/gi, "-")}.png`);
  try {
    await mkdir(dir, { recursive: true });
    await page.screenshot({ path: file, timeout: 5_000 });
    notes.push(`what it looked like: ${file}`);
  } catch {
    // A page that crashed has no picture.
  }
}
