// Screenshots for a person to judge: `cargo xtask shots`, into target/shots/. Add situations below.
//
// `node tests/e2e/shots.mjs [NAME...]` takes those whose file name contains a NAME.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openPage, ROOT, start } from "./lib.mjs";

const SIZES = [
  { width: 1440, height: 900 },
  { width: 1280, height: 720 },
  { width: 390, height: 844 },
];
const THEMES = ["light", "dark"];

/** What to show: a name, and how to get there from the page as it starts. */
const SITUATIONS = [
  { name: "start", async prepare() {} },
  { name: "lost", prepare: ({ page }) => powerOffLeader(page, 6) },
  { name: "takeover", prepare: ({ page }) => powerOffLeader(page, 30) },
];

/** Switches the leading master off, and waits for so many simulated seconds. */
async function powerOffLeader(page, seconds) {
  const leader = page.locator('[data-target$="/kube-controller-manager"][data-role="leader"]');
  const master = (await leader.getAttribute("data-target")).split("/")[0];
  await page.locator(`[data-target="${master}"]`).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("o");
  const clock = '[data-testid="clock"]';
  const now = Number(await page.locator(clock).getAttribute("data-sim-us"));
  const reached = ([selector, until]) => Number(document.querySelector(selector).dataset.simUs) >= until;
  await page.waitForFunction(reached, [clock, now + seconds * 1e6], { timeout: 120_000 });
}

const filters = process.argv.slice(2);
const dir = join(ROOT, "target", "shots");
await mkdir(dir, { recursive: true });
const lab = await start();
let faults = 0;
try {
  for (const situation of SITUATIONS) {
    for (const viewport of SIZES) {
      for (const colorScheme of THEMES) {
        const name = `${situation.name}-${viewport.width}x${viewport.height}-${colorScheme}`;
        if (filters.length > 0 && !filters.some((filter) => name.includes(filter))) continue;
        const opened = await openPage(lab, { viewport, context: { colorScheme, reducedMotion: "reduce" } });
        await opened.open();
        await situation.prepare(opened);
        const file = join(dir, `${name}.png`);
        await opened.page.screenshot({ path: file });
        console.log(file);
        for (const fault of opened.watch.faults) console.log(`  ${fault}`);
        faults += opened.watch.faults.length;
        await opened.context.close();
      }
    }
  }
} finally {
  await lab.close();
}
process.exitCode = faults > 0 ? 1 : 0;
