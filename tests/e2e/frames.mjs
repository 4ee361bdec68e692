// Measures how long a frame takes while time plays: `cargo xtask frames`. It counts script and rendering of each frame on the main thread,
// from the first callback of the frame to the first task after its paint, and tasks of more than 50 ms.
//
// `node tests/e2e/frames.mjs [NAME...]` measures the clusters whose name contains a NAME.

import { openPage, start } from "./lib.mjs";
import { CLUSTERS, runs, startCluster } from "./situations.mjs";

/** The key of a speed, its name, and the goal for the default cluster's p95, ms. */
const SPEEDS = [
  ["2", "1×", 8],
  ["3", "10×", 8],
  ["5", "1000×", 16],
];
/** The real time to measure at each speed, and the time before it, s. */
const MEASURED = 8;
const SETTLING = 2;

/** A script that runs in the page before any other. */
function watchFrames() {
  const channel = new MessageChannel();
  const told = { frames: [], long: [] };
  let begun;
  channel.port1.onmessage = () => {
    told.frames.push(performance.now() - begun);
    begun = undefined;
  };
  const ask = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) =>
    ask((at) => {
      if (begun === undefined) {
        begun = performance.now();
        channel.port2.postMessage(0);
      }
      callback(at);
    });
  new PerformanceObserver((list) => told.long.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
  window.__frames = told;
}

const filters = process.argv.slice(2);
const lab = await start();
console.log("cluster                      speed   frames  p50 ms  p95 ms  max ms  over 50 ms  simulated over real time");
try {
  for (const cluster of CLUSTERS.filter(({ name }) => filters.length === 0 || filters.some((filter) => name.includes(filter)))) {
    const opened = await openPage(lab);
    await opened.page.addInitScript(watchFrames);
    await opened.open();
    await startCluster(opened.page, cluster);
    await runs(opened.page, cluster.quietAfter);
    for (const [key, speed, goal] of SPEEDS) console.log(await measured(opened.page, cluster.name, key, speed, goal));
    await opened.context.close();
  }
} finally {
  await lab.close();
}

async function measured(page, name, key, speed, goal) {
  await page.keyboard.press(key);
  await page.waitForTimeout(SETTLING * 1000);
  const found = await page.evaluate(async (ms) => {
    const clock = () => Number(document.querySelector('[data-testid="clock"]').dataset.simUs) / 1000;
    const told = window.__frames;
    told.frames.length = told.long.length = 0;
    const [begun, from] = [performance.now(), clock()];
    await new Promise((done) => setTimeout(done, ms));
    return { frames: [...told.frames], long: told.long.length, reached: (clock() - from) / (performance.now() - begun) };
  }, MEASURED * 1000);
  const sorted = found.frames.sort((a, b) => a - b);
  const at = (part) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN).toFixed(1).padStart(8);
  const count = String(sorted.length).padStart(6);
  const verdict = name !== "default" ? "" : Number(at(0.95)) <= goal ? `  p95 goal of ${goal} ms: met` : `  p95 goal of ${goal} ms: missed`;
  return `${name.padEnd(28)} ${speed.padEnd(7)} ${count}${at(0.5)}${at(0.95)}${at(1)} ${String(found.long).padStart(11)}  ${found.reached.toFixed(1)}×${verdict}`;
}
