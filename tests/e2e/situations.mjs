// The situations for screenshots and measurements: how to get to each from a fresh page.

/** Clusters by name; `quietAfter` is the simulated second by which everything in them has started. */
export const CLUSTERS = [
  { name: "default", quietAfter: 60, fields: {}, picks: [] },
  {
    name: "100 workers, 1,000 pods",
    quietAfter: 200,
    fields: { "cluster.workers": "100", "cluster.deployments[0].replicas": "1000" },
    picks: [],
  },
];

/** Starts a cluster with the builder, unless it is the current one. */
export async function startCluster(page, { fields = {}, picks = [] }) {
  if (Object.keys(fields).length + picks.length === 0) return;
  await page.getByTestId("open-cluster").click();
  for (const pick of picks) await page.getByTestId(pick).check({ force: true });
  for (const [path, value] of Object.entries(fields)) await page.locator(`[id="build-${path}"]`).fill(value);
  await page.getByTestId("start-cluster").click();
  const started = () => !document.querySelector('dialog[open], [data-testid="starting"]');
  await page.waitForFunction(started, null, { timeout: 60_000 });
}

/** Runs, as fast as possible, until this second of simulated time. */
export async function runs(page, until, speed = "5") {
  await page.keyboard.press(speed);
  const reached = (us) => Number(document.querySelector('[data-testid="clock"]').dataset.simUs) >= us;
  await page.waitForFunction(reached, until * 1e6, { timeout: 300_000 });
}

const simulated = (page) => page.evaluate(() => Number(document.querySelector('[data-testid="clock"]').dataset.simUs) / 1e6);

/** Runs for this number of simulated seconds at 10×, and pauses. */
async function on(page, seconds) {
  await runs(page, (await simulated(page)) + seconds, "3");
  await stand(page);
}

async function stand(page) {
  const playing = await page.evaluate(() => document.querySelector('[data-testid="clock"]').dataset.playing === "true");
  if (playing) await page.getByTestId("play").click();
}

const play = (page) => page.getByTestId("play").click();

/** Returns the host whose controller manager leads. */
const leader = (page) =>
  page.evaluate(() => document.querySelector('[data-target$="/kube-controller-manager"][data-role="leader"]').dataset.target.split("/")[0]);

/** Selects a component and presses a key on it. */
async function press(page, target, key) {
  await page.locator(`[data-target="${target}"]`).first().focus();
  await page.keyboard.press("Enter");
  if (key) await page.keyboard.press(key);
}

const masters = ["master-1", "master-2", "master-3"];

async function leaderLost(page, seconds) {
  const host = await leader(page);
  await press(page, host, "o");
  await on(page, seconds);
  return host;
}

/** The named situations: how to get there from a fresh page. */
export const SITUATIONS = [
  { name: "start", prepare: (page) => on(page, 3) },
  { name: "leader-lost", prepare: (page) => leaderLost(page, 5) },
  { name: "takeover", prepare: (page) => leaderLost(page, 25) },
  {
    name: "quorum-lost",
    async prepare(page) {
      for (const master of masters.slice(1)) await press(page, master, "o");
      await on(page, 20);
    },
  },
  {
    name: "cut-off-leader",
    async prepare(page) {
      const host = await leader(page);
      await press(page, host);
      await page.getByTestId("network").locator("summary").click();
      await page.getByRole("button", { name: "Cut off from everyone" }).click();
      await on(page, 25);
    },
  },
  {
    name: "paused-leader-acts-twice",
    async prepare(page) {
      const process = `${await leader(page)}/kube-controller-manager`;
      await press(page, process, "p");
      await on(page, 22);
      await page.keyboard.press("p");
      await play(page);
      await on(page, 0.2);
    },
  },
  {
    name: "external-etcd",
    async prepare(page) {
      await startCluster(page, { picks: ["etcd-external"] });
      await on(page, 3);
    },
  },
  {
    name: "two-balancers",
    async prepare(page) {
      await startCluster(page, { picks: ["instances-2"] });
      await press(page, "lb-1", "o");
      await on(page, 8);
    },
  },
  {
    name: "one-master-dead",
    async prepare(page) {
      await startCluster(page, { picks: ["masters-1"] });
      await press(page, "master-1", "o");
      await on(page, 20);
    },
  },
  {
    name: "100-workers-1000-pods",
    async prepare(page) {
      await startCluster(page, CLUSTERS[1]);
      await runs(page, 120);
      await stand(page);
    },
  },
  {
    name: "past-with-a-branch",
    async prepare(page) {
      await leaderLost(page, 25);
      await goTo(page, "PageDown");
      await press(page, "worker-1", "o");
      await play(page);
      await on(page, 8);
      await goTo(page, "ArrowLeft");
      await page.keyboard.press("Escape");
      await show(page, "branches");
    },
  },
  {
    name: "why-with-charts",
    async prepare(page) {
      await leaderLost(page, 25);
      await page.keyboard.press("Escape");
      const narrow = page.viewportSize().width < 1024;
      if (narrow) await show(page, "events");
      const rows = page.locator('[data-testid="events"] [data-event]', { hasText: "leads as kube-controller-manager" });
      await rows.first().getByTestId("why").click();
      if (!narrow) await page.getByTestId("tall").click();
      else await page.getByTestId("chain").scrollIntoViewIfNeeded();
    },
  },
];

/** Presses a key on the time bar. */
async function goTo(page, key) {
  await page.getByTestId("scrub").focus();
  const before = await simulated(page);
  await page.keyboard.press(key);
  const moved = (s) => Math.abs(Number(document.querySelector('[data-testid="clock"]').dataset.simUs) / 1e6 - s) > 0.5;
  await page.waitForFunction(moved, before);
}

/** Opens a part of the dock. */
async function show(page, panel) {
  const place = page.viewportSize().width < 1024 ? "narrow" : "wide";
  await page.getByTestId(`panel-${panel}-${place}`).click({ force: true });
  if (place === "narrow") await page.evaluate(() => document.querySelector(".dock").scrollIntoView());
}
