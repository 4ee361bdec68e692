// The picture: cables can be cut by mouse, by keys and by touch; states are also shown as words; every kind of cluster is accessible.

import { assert, assertEqual, axe, test } from "./lib.mjs";
import { startCluster } from "./situations.mjs";

/** Finds a point in the window where only the cable between two hosts runs, by moving along the lines as a user would. */
async function pointOn({ page }, a, b) {
  const points = await page.evaluate((host) => {
    const hit = document.querySelector('[data-testid="cables-hit"]');
    document.querySelector(`[data-host="${host}"]`).scrollIntoView({ block: "center" });
    const at = hit.ownerSVGElement.getBoundingClientRect();
    const points = [];
    for (let along = 0; along < hit.getTotalLength(); along += 20) {
      const p = hit.getPointAtLength(along);
      const [x, y] = [at.left + p.x, at.top + p.y];
      if (document.elementFromPoint(x, y) === hit) points.push({ x, y });
    }
    return points;
  }, a);
  for (const point of points) {
    await page.mouse.move(point.x, point.y);
    const lines = await page.evaluate(async () => {
      for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
      return [...document.querySelectorAll(".tip span")].map((line) => line.textContent);
    });
    if (lines.length === 1 && lines[0].startsWith(`${a} – ${b}:`)) return { ...point, says: lines[0] };
  }
  throw new Error(`nowhere is the pointer on the cable ${a} – ${b} alone (${points.length} points)`);
}

const said = (t, text) => t.until((text) => document.querySelector('[data-testid="said"]').textContent === text, text);

test("a click on a cable cuts it, another mends it", async (t) => {
  const { page } = t;
  const point = await pointOn(t, "lb-1", "master-2");
  assertEqual(point.says, "lb-1 – master-2: API, up", "what the pointer is on");
  await page.mouse.click(point.x, point.y);
  await said(t, "The cable lb-1 – master-2 is cut.");
  await t.until(() => document.querySelector(".tip span").textContent.startsWith("lb-1 – master-2: API, cut "));
  await t.until(() => document.querySelector('[data-target="master-2"]').getAttribute("aria-label").includes("cut off"));
  await page.keyboard.press("3"); // 10×
  await t.until(() => document.querySelector('[data-backend="master-2"]').dataset.up === "false");
  await page.mouse.click(point.x, point.y);
  await said(t, "The cable lb-1 – master-2 is repaired.");
  await t.until(() => document.querySelector('[data-backend="master-2"]').dataset.up === "true");
});

test("a cable is cut and mended by keys alone", { context: { reducedMotion: "reduce" } }, async (t) => {
  const { page } = t;
  await page.getByTestId("cables").focus();
  await page.keyboard.press("Enter");
  const list = page.getByTestId("float-cables");
  await list.waitFor();
  await t.until(() => document.activeElement?.closest('[data-testid="float-cables"]') !== null);
  await list.locator("[data-item][tabindex='0']").focus();
  for (let step = 0; step < 3; step += 1) await page.keyboard.press("ArrowDown");
  const cable = await t.until(() => document.activeElement?.querySelector("b")?.textContent);
  await t.until(() => document.querySelector(".lit-cables path"));
  await page.keyboard.press("Enter");
  await said(t, `The cable ${cable} is cut.`);
  await t.until(() => document.activeElement?.getAttribute("aria-pressed") === "true");
  assertEqual(await axe(page), [], "violations");
  await page.keyboard.press("Enter");
  await said(t, `The cable ${cable} is repaired.`);
  await page.keyboard.press("Escape");
  await t.until(() => document.activeElement?.dataset.testid === "cables");
});

const PHONE = { viewport: { width: 390, height: 844 }, context: { hasTouch: true, isMobile: true } };

test("a finger cuts a cable, and chooses where several run", PHONE, async (t) => {
  const { page } = t;
  const point = await pointOn(t, "laptop", "lb-1");
  await page.touchscreen.tap(point.x, point.y);
  await said(t, "The cable laptop – lb-1 is cut.");
  // All cables of the load balancer run in the left margin.
  const margin = await page.evaluate(() => {
    const master = document.querySelector('[data-target="master-1/kube-apiserver"]');
    master.scrollIntoView({ block: "center" });
    const canvas = document.querySelector(".canvas").getBoundingClientRect();
    return { x: canvas.left + 10, y: master.getBoundingClientRect().top + 70 };
  });
  await page.touchscreen.tap(margin.x, margin.y);
  const list = page.getByTestId("float-cables");
  await list.waitFor();
  const first = list.locator("[data-item]").first();
  const box = await first.boundingBox();
  assert(box.height >= 32, `a row is ${box.height} px high`);
  const cable = await first.locator("b").textContent();
  await first.tap();
  await said(t, `The cable ${cable} is cut.`);
});

test("a host that the network does not reach says so in a word", async (t) => {
  const { page } = t;
  await page.locator('[data-target="master-3"]').focus();
  await page.keyboard.press("Enter");
  await page.getByTestId("network").locator("summary").click();
  await page.getByRole("button", { name: "Cut off from everyone" }).click();
  await t.until(() => document.querySelector('[data-host="master-3"] .state')?.textContent.includes("cut off"));
  await t.until(() => document.querySelector('[data-host="master-1"] .state')?.textContent.includes("partly cut"));
});

test("a pod in the picture is selected, by keys as well", async (t) => {
  const { page } = t;
  const pod = page.locator('[data-host="worker-1"] .pod').first();
  await pod.focus();
  const name = await pod.getAttribute("data-target");
  await t.until((name) => document.querySelector(".tip")?.textContent.includes(name.slice(4)), name);
  await page.keyboard.press("Enter");
  await t.until((name) => document.querySelector(`[data-target="${name}"]`)?.getAttribute("aria-pressed") === "true", name);
});

const STILL = { context: { reducedMotion: "reduce" } };

test("seven masters with five members of etcd and two balancers: nothing is cut short, axe finds nothing", STILL, async ({ page, until }) => {
  await startCluster(page, { picks: ["masters-7", "etcd-external", "members-5", "instances-2"] });
  await until(() => document.querySelector('[data-host="master-7"]') && document.querySelector('[data-host="etcd-5"]'));
  const cut = await page.evaluate(() => {
    const texts = [...document.querySelectorAll(".topology .host text")];
    const wide = (text) => text.getBBox().x + text.getBBox().width;
    const card = (text) => text.closest(".host").querySelector(".card").getBBox();
    return texts.filter((text) => text.textContent.includes("…") || wide(text) > card(text).x + card(text).width + 1).map((text) => text.textContent);
  });
  assertEqual(cut, [], "texts that are cut or leave their card");
  assertEqual(await axe(page), [], "violations");
});

test("a hundred workers are one stop of the Tab key, walked by arrows; axe finds nothing", STILL, async ({ page, until }) => {
  await startCluster(page, { fields: { "cluster.workers": "100", "cluster.deployments[0].replicas": "200" } });
  await until(() => document.querySelectorAll(".tile").length === 100);
  assertEqual(await page.locator('.tile [tabindex="0"]').count(), 1, "stops of the Tab key");
  await page.locator('.tile [tabindex="0"]').focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await until(() => document.activeElement.dataset.target === "worker-3");
  await until(() => document.querySelector('.tile [tabindex="0"]').dataset.target === "worker-3");
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await until(() => document.querySelector('[data-target="worker-100"]').getAttribute("aria-pressed") === "true");
  assertEqual(await axe(page), [], "violations");
});

/** A link: `{"cluster":{"workers":5000},"until":"30s"}`. */
const FIVE_THOUSAND = "#1.l9o1MDAwfZUzMKGqzQ";

test("five thousand workers come by a link, start while the page says how far, and are counted", { ...STILL, goto: false }, async (t) => {
  const { page, until } = t;
  const opened = Date.now();
  await t.open(FIVE_THOUSAND);
  const bar = page.getByTestId("starting");
  await bar.waitFor();
  const far = (await bar.locator("p").textContent()).replace(/\s+/g, " ");
  assert(/^Starting the cluster \d+ of 30 s, \d of 3 pods run\. /.test(far), far);
  // An act that comes too early is refused with a message.
  await page.getByTestId("step").click();
  await until(() => document.querySelector('[data-testid="said"]').textContent.startsWith("The cluster is starting: "));
  await bar.waitFor({ state: "detached" });
  t.note(`started ${Date.now() - opened} ms after the page was asked for`);
  const ready = await page.locator("[data-group] .hit").evaluateAll((groups) =>
    groups.map((group) => Number(/: (\d+) Ready;/.exec(group.getAttribute("aria-label"))?.[1])));
  assertEqual(ready, Array(10).fill(500), "workers that are ready in each group");
  await page.locator('[data-target="workers-2001-2500"]').focus();
  await page.keyboard.press("Enter");
  await page.getByTestId("float-group").getByRole("textbox").fill("2345");
  await page.keyboard.press("Enter");
  await until(() => document.querySelector(".inspector")?.textContent.includes("worker-2345"));
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("o");
  await until(() => document.querySelector('[data-group="workers-2001-2500"] .count.dead')?.textContent.startsWith("1 "));
  assertEqual(await axe(page), [], "violations");
});

test("more workers stand in groups; one is found by its number", STILL, async ({ page, until }) => {
  await startCluster(page, { fields: { "cluster.workers": "120" } });
  const group = page.locator('[data-target="workers-1-25"]');
  await group.focus();
  await page.keyboard.press("Enter");
  const list = page.getByTestId("float-group");
  await list.getByRole("textbox").fill("26");
  await page.keyboard.press("Enter");
  const wrong = await list.getByRole("textbox").evaluate((field) => field.validationMessage);
  assertEqual(wrong, "There is no 26; this group has worker-1 to worker-25.", "what is said of a wrong number");
  await list.getByRole("textbox").fill("7");
  await page.keyboard.press("Enter");
  await until(() => document.querySelector('[data-worker="worker-7"]').getAttribute("aria-pressed") === "true");
  assertEqual(await axe(page), [], "violations");
});
