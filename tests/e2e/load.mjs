// Measures how long a first visit takes until the cluster is seen and until a click is answered, and what it fetches, by network
// and processor: `cargo xtask load`, or `node tests/e2e/load.mjs [NAME...]` for the rows whose name contains a NAME.
//
// "Seen" is the time from navigation to the end of the first frame that shows the cluster with its styles. For "answered", the script clicks
// a power switch as soon as it appears, and takes the time from navigation to the end of the frame that shows that host off.
// Chromium throttles network and processor; the server answers with brotli, as good hosts do.

import { brotliCompressSync, constants } from "node:zlib";
import { launch } from "./browsers.mjs";
import { DIST, median } from "./lib.mjs";
import { serveDirectory } from "./server.mjs";

const KBIT = 1000 / 8;
const ROWS = [
  { name: "1.6 Mbit/s 150 ms, 1x", network: { kbits: 1600, latency: 150 }, slower: 1, goal: [900, 4436] },
  { name: "1.6 Mbit/s 150 ms, 4x slower", network: { kbits: 1600, latency: 150 }, slower: 4, goal: [null, 5242] },
  { name: "9 Mbit/s 60 ms, 1x", network: { kbits: 9000, latency: 60 }, slower: 1, goal: [450, 1227] },
  { name: "30 Mbit/s 20 ms, 1x", network: { kbits: 30_000, latency: 20 }, slower: 1, goal: [300, 789] },
  { name: "local, 1x", network: null, slower: 1, goal: [200, 667] },
];
const VISITS = 3;
const LIMIT_BYTES = 720_000;

/** A script that runs in the page before any other. */
function watchVisit() {
  const told = (window.__visit = {});
  /** A control of the cluster, once it is visible. Elements have no layout before their styles are there. */
  const control = () => [...document.querySelectorAll('[data-act="power-off"]')].find((found) => found.getClientRects().length > 0);
  // Called before a frame is drawn: a message comes right after it, while a timer or the next frame may wait for the start of the lab.
  const { port1, port2 } = new MessageChannel();
  const waiting = [];
  port1.onmessage = () => waiting.shift()();
  const painted = (then) => {
    waiting.push(then);
    port2.postMessage(null);
  };
  // The element after the drawing is there, so the whole drawing is.
  const look = () => {
    const found = control();
    if (!found?.closest(".canvas").nextElementSibling) return requestAnimationFrame(look);
    told.host = found.dataset.on;
    painted(() => {
      told.seen ??= performance.now();
      // The lab may be replacing the picture at this moment.
      const now = control();
      if (!now) return requestAnimationFrame(look);
      now.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, view: window }));
      told.clicked = performance.now();
      answered();
    });
  };
  const answered = () => {
    const off = document.querySelector(`[data-host="${told.host}"][data-power="off"]`);
    if (!off) return requestAnimationFrame(answered);
    painted(() => (told.answered = performance.now()));
  };
  requestAnimationFrame(look);
}

const filters = process.argv.slice(2);
const packed = new Map();
/** Compresses each file once, before a client waits for it. */
const pack = (path, data) => {
  if (!packed.has(path)) packed.set(path, brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  return packed.get(path);
};
const server = await serveDirectory(DIST, "/", { pack });
const browser = await launch();
let missed = 0;
try {
  await visit({ network: null, slower: 1 });
  console.log(`${"network, processor".padEnd(32)} ${"seen, ms".padStart(10)} ${"goal".padStart(6)} ${"answered, ms".padStart(13)} ${"goal".padStart(6)} ${"fetched".padStart(9)}  medians of ${VISITS}`);
  for (const row of ROWS.filter(({ name }) => filters.length === 0 || filters.some((filter) => name.includes(filter)))) {
    const visits = [];
    for (let n = 0; n < VISITS; n += 1) visits.push(await visit(row));
    const of = (what) => median(visits.map((one) => one[what]));
    const [seen, answered, bytes] = [of("seen"), of("answered"), of("bytes")];
    const verdict = [row.goal[0] === null || seen <= row.goal[0], answered <= row.goal[1], bytes <= LIMIT_BYTES].every(Boolean);
    if (!verdict) missed += 1;
    const all = visits.map((one) => `${one.seen.toFixed(0)}/${one.answered.toFixed(0)}`).join(" ");
    console.log(`${row.name.padEnd(32)} ${seen.toFixed(0).padStart(10)} ${String(row.goal[0] ?? "").padStart(6)} ${answered.toFixed(0).padStart(13)} ${String(row.goal[1]).padStart(6)} ${String(bytes).padStart(9)}  ${verdict ? "met" : "missed"} (${all})`);
  }
} finally {
  await browser.close();
  await server.close();
}
console.log(missed === 0 ? "Every goal is met." : `${missed} rows miss a goal.`);

async function visit({ network, slower }) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, serviceWorkers: "block" });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  if (network) {
    const throughput = network.kbits * KBIT;
    await devtools.send("Network.emulateNetworkConditions", { offline: false, latency: network.latency, downloadThroughput: throughput, uploadThroughput: throughput });
  }
  if (slower > 1) await devtools.send("Emulation.setCPUThrottlingRate", { rate: slower });
  let bytes = 0;
  let begun = 0;
  devtools.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  devtools.on("Network.requestWillBeSent", () => (begun += 1));
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  await page.addInitScript(watchVisit);
  await page.goto(server.url, { waitUntil: "commit" });
  const answers = page.waitForFunction(() => window.__visit.answered !== undefined, null, { timeout: 30_000, polling: 50 });
  await answers.catch(async (error) => {
    const { visit, ready, waits } = await page.evaluate(() => ({
      visit: window.__visit, ready: document.documentElement.dataset.ready, waits: window.haLabEarly?.(),
    }));
    throw new Error(`no answer to a click: ${JSON.stringify({ visit, ready, waits, said })}`, { cause: error });
  });
  const told = await page.evaluate(() => window.__visit);
  await page.waitForLoadState("networkidle");
  await context.close();
  return { ...told, bytes, begun };
}
