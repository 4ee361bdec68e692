// Notes what a lab runs until its first pictures are there, for the splitter (xtask/src/split): `cargo xtask build` calls it.
//
// `HA_LAB_DIST=DIR node tests/e2e/watch.mjs FILE`: DIR is a site whose wasm has notes; FILE gets a byte for each basic
// block, 1 where it ran in any of the visits.

import { writeFileSync } from "node:fs";
import { openPage, start } from "./lib.mjs";

/** The first visits that are watched: those for whom the first load is to be short. */
const VISITS = [
  { viewport: { width: 1440, height: 900 } },
  { viewport: { width: 1280, height: 720 }, context: { colorScheme: "dark" } },
  { viewport: { width: 390, height: 844 }, context: { hasTouch: true, isMobile: true } },
];
/** Frames that are watched: the second half of the lab is asked for right after the first. */
const FRAMES = 60;

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
  for (const { viewport, context } of VISITS) {
    const opened = await openPage(lab, { viewport, context });
    await opened.page.addInitScript(keepNotes);
    // The second half never comes.
    await opened.page.route(/_later\.wasm$/, () => {});
    await opened.open("", { firstPicture: true });
    const notes = await opened.page.evaluate(async (frames) => {
      for (let frame = 0; frame < frames; frame += 1) await new Promise(requestAnimationFrame);
      return Array.from(new Uint8Array(window.__notes.buffer)).join("");
    }, FRAMES);
    ran ??= Buffer.alloc(notes.length);
    for (let block = 0; block < notes.length; block += 1) ran[block] |= Number(notes[block]);
    await opened.context.close();
  }
  writeFileSync(file, ran);
} finally {
  await lab.close();
}
