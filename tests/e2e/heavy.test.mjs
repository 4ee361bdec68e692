// Whatever a link, a file or a lesson requests, the page stays usable: no frame is long, the user can start another cluster
// meanwhile, and expensive work asks first. The limit for the longest frame is a length that nobody would call usable.

import { assert, assertEqual, test } from "./lib.mjs";

/** The limit, ms; frames should take at most a tenth of it. */
const FROZEN_MS = 1_000;

const LARGEST_IN_A_LESSON = "#1.l9o1MDAwLNk3LO53ZWKjcmVwbGljYXMiOjEwMDAwfV19lTYwc6NsZXNzb24iOiJ0b3VyorXC";
const EAGER = "#1.l9o3NSzZNyzb3SzcN30s3-J9LO53ZWKjcmVwbGljYXMiOjc1fV0s5-ks7TF1c6NyZW5ld0RlYWRsaW5lIjoiMTBzo_xEdXJhdGlvbiI6IjE1oX2VNjChwHU";

/** A version 1 link with this content: no dictionary, only the checksum. */
function link(scenario) {
  const bytes = Buffer.from(JSON.stringify(scenario));
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) sum = ((sum << 1) ^ (sum & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return `#1.${Buffer.concat([bytes, Buffer.from([sum >> 8, sum & 255])]).toString("base64url")}`;
}

const FAST_CLOCKS = link({
  script: ["master-1", "master-2", "master-3"].map((target) => ({ at: "1s", do: "clock", target, rate: 100 })),
  until: "80000s",
});
const TYPED = link({
  script: Array.from({ length: 50 }, (_, n) => ({
    at: `${30 + n}s`,
    do: "kubectl",
    args: ["create", "deployment", `x${n}`, "--image=x", "--replicas=10000"],
  })),
  until: "300s",
});
const LARGE = { workers: 5000, deployments: [{ name: "web", replicas: 10000 }] };

/** Records, from now on, the longest time without a frame. */
async function watchFrames(page) {
  await page.evaluate(() => {
    window.longest = 0;
    let last = performance.now();
    const frame = () => {
      const now = performance.now();
      window.longest = Math.max(window.longest, now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  return async (what, note) => {
    const ms = await page.evaluate(() => window.longest);
    note(`${what}: ${Math.round(ms)} ms without a frame at most`);
    assert(ms < FROZEN_MS, `${what}: ${ms} ms without a frame`);
  };
}

const state = (page) => page.locator('[data-testid="lesson"]').getAttribute("data-state");
const isDefault = () =>
  document.querySelector('[data-target="master-3"]') !== null &&
  document.querySelector('[data-target="master-4"]') === null &&
  document.querySelector('[data-testid="starting"]') === null &&
  document.querySelector('[data-testid="heavy"]') === null;

for (const [what, hash] of [
  ["the largest cluster in a lesson", LARGEST_IN_A_LESSON],
  ["candidates that try each µs", EAGER],
  ["clocks that are too fast", FAST_CLOCKS],
  ["a million replicas that are typed", TYPED],
]) {
  test(`${what}, by a link: no frame is long, and another cluster can be started`, { alone: true }, async ({ page, until, note }) => {
    const check = await watchFrames(page);
    await page.evaluate((to) => { location.hash = to; }, hash);
    await until((first) => location.hash === first || document.querySelector('[data-testid="starting"], [data-testid="lesson"]') !== null, hash);
    for (let n = 0; n < 100; n += 1) await page.evaluate(() => new Promise(requestAnimationFrame));
    await check(what, note);
    await page.evaluate(() => { location.hash = "#sandbox"; });
    const other = page.locator('[data-testid="starting-other"]');
    if ((await other.count()) > 0) await other.click();
    else {
      await page.locator('[data-testid="open-cluster"]').click();
      await page.locator('[data-testid="masters-3"]').check();
      await page.locator('[data-testid="start-cluster"]').click();
    }
    await until(isDefault);
  });
}

test("a link that takes much asks after so many events, and can be left", async ({ page, until }) => {
  await page.evaluate((to) => { location.hash = to; }, FAST_CLOCKS);
  const heavy = page.locator('[data-testid="heavy"]');
  await heavy.waitFor({ timeout: 120_000 });
  const now = () => page.locator('[data-testid="clock"]').getAttribute("data-sim-us");
  const before = await now();
  for (let n = 0; n < 20; n += 1) await page.evaluate(() => new Promise(requestAnimationFrame));
  assertEqual(await now(), before, "time stands");
  await page.locator('[data-testid="heavy-leave"]').click();
  await until(isDefault);
});

test("a lesson with the largest cluster is prepared in frames, and can be left for the list", { alone: true }, async ({ page, until, note }) => {
  await page.evaluate(() => { location.hash = "#lessons"; });
  const text = `---\nid: own\ntitle: Own\nabout: Own.\ncluster: ${JSON.stringify(LARGE)}\n---\n## One {#one}\nText.\n`;
  const check = await watchFrames(page);
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.locator('[data-testid="open-lesson-file"]').click(),
  ]);
  await chooser.setFiles({ name: "own.md", mimeType: "text/markdown", buffer: Buffer.from(text) });
  await page.locator('[data-testid="starting"]').waitFor();
  assertEqual(await state(page), "preparing", "the lesson");
  for (let n = 0; n < 50; n += 1) await page.evaluate(() => new Promise(requestAnimationFrame));
  await check("the largest cluster of a lesson", note);
  await page.evaluate(() => { location.hash = "#lessons"; });
  await until(() => document.querySelector('[data-testid="lessons"]') !== null);
});
