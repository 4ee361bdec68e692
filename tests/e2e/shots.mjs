// Takes screenshots for a person to judge: `cargo xtask shots`, into target/shots/. The situations are in situations.mjs.
//
// `node tests/e2e/shots.mjs [NAME...]` takes only those whose file name contains a NAME.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openPage, ROOT, start } from "./lib.mjs";
import { SITUATIONS } from "./situations.mjs";

const SIZES = [
  { width: 1440, height: 900 },
  { width: 1280, height: 720 },
  { width: 390, height: 844 },
];
const THEMES = ["light", "dark"];

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
        const file = join(dir, `${name}.png`);
        try {
          await situation.prepare(opened.page);
        } catch (error) {
          // The screenshot shows how far the situation got.
          console.log(`${name}: ${error.message}`);
          faults += 1;
        }
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
