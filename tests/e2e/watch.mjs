// Notes what a lab runs until its first pictures are there, for the splitter (xtask/src/split): `cargo xtask build` calls it.
//
// `HA_LAB_DIST=DIR node tests/e2e/watch.mjs FILE`: DIR is a site whose wasm has notes; FILE gets a byte for each basic
// block, 1 where it ran in any of the visits.

import { writeFileSync } from "node:fs";
import { openPage, start } from "./lib.mjs";

const DESK = { width: 1440, height: 900 };
const LAPTOP = { width: 1280, height: 720 };
const PHONE = { width: 390, height: 844 };
const DARK = { colorScheme: "dark" };
const TOUCH = { hasTouch: true, isMobile: true };
/**
 * The first visits that are watched: those for whom the first load is to be short. `slower`: so many times slower than this
 * machine, for what comes first, a size or a frame, differs. `key` plays time ten times as fast, for what happens now and then
 * also happens to those who only look. `lost`: the second half is lost on its way, which the first must say.
 */
const VISITS = [
  { viewport: DESK },
  { viewport: DESK, key: "3", lost: true },
  { viewport: DESK, slower: 3, lost: true },
  { viewport: DESK, context: DARK, slower: 8 },
  { viewport: LAPTOP, context: DARK, lost: true },
  { viewport: PHONE, context: TOUCH, slower: 2 },
  { viewport: PHONE, context: TOUCH, slower: 5, lost: true },
];
/** Simulated seconds that are watched: the second half is asked for right after the first picture, and takes a while to come. */
const SECONDS = 4;

/** Put into the page before anything else: keeps the memory of the notes at hand. */
function keepNotes() {
  const instantiate = WebAssembly.instantiate;
  WebAssembly.instantiate = async (...given) => {
    const made = await instantiate.apply(WebAssembly, given);
    window.__notes = made.instance.exports.notes;
    return made;
  };
}

const [file] = process.argv.slice(2);
const lab = await start();
let ran;
try {
  for (const { viewport, context, key, lost, slower = 1 } of VISITS) {
    const opened = await openPage(lab, { viewport, context });
    await opened.page.addInitScript(keepNotes);
    const devtools = await opened.context.newCDPSession(opened.page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: slower });
    // The second half never comes, or is lost.
    await opened.page.route(/_later\.wasm$/, (route) => (lost ? route.abort() : undefined));
    await opened.open("", { firstPicture: true });
    if (key) await opened.page.keyboard.press(key);
    const clock = () => Number(document.querySelector('[data-testid="clock"]').dataset.simUs) / 1e6;
    const from = await opened.page.evaluate(clock);
    await opened.until(([from, seconds]) => Number(document.querySelector('[data-testid="clock"]').dataset.simUs) / 1e6 > from + seconds, [from, SECONDS]);
    const notes = await opened.page.evaluate(() => Array.from(new Uint8Array(window.__notes.buffer)).join(""));
    ran ??= Buffer.alloc(notes.length);
    for (let block = 0; block < notes.length; block += 1) ran[block] |= Number(notes[block]);
    await opened.context.close();
  }
  writeFileSync(file, ran);
} finally {
  await lab.close();
}
