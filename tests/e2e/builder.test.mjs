// The cluster builder: by mouse, by keyboard only, on a phone; valid combinations, refused ones, and the texts about both.

import { assert, assertEqual, axe, test } from "./lib.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, context: { hasTouch: true, reducedMotion: "reduce" } };

const open = async (page) => {
  await page.getByTestId("open-cluster").click();
  await page.getByTestId("start-cluster").waitFor();
};
/** Selects a choice by pressing its label. */
const choose = (page, id) => page.locator(`label:has([data-testid="${id}"])`).click();
const survives = (page, row) => page.getByTestId(`survives-${row}`).locator("b").textContent();
const field = (page, name) => page.locator("#cluster").getByRole("textbox", { name });

for (const [name, choices, there, gone] of [
  ["external etcd", ["etcd-external"], "etcd-3/etcd", "master-1/etcd"],
  ["two load balancers", ["instances-2"], "lb-2/keepalived", "lb-3"],
  ["NGINX", ["balancer-nginx"], "lb-1/nginx", "lb-1/haproxy"],
  ["no load balancer", ["balancer-none"], "master-1", "lb-1"],
  ["two masters", ["masters-2"], "master-2", "master-3"],
  ["five masters, as kubeadm lists etcd", ["masters-5", "servers-local"], "master-5/etcd", "master-6"],
]) {
  test(`another cluster can be started: ${name}`, async (t) => {
    const { page } = t;
    await open(page);
    for (const id of choices) await choose(page, id);
    await page.getByTestId("start-cluster").click();
    await page.locator(`[data-target="${there}"]`).first().waitFor();
    assertEqual(await page.locator(`[data-target="${gone}"]`).count(), 0, gone);
    await t.until(() => Number(document.querySelector('[data-testid="clock"]').dataset.simUs) >= 31e6);
    assertEqual(await axe(page), [], "violations");
  });
}

test("what a cluster survives is said before it starts, and follows each choice", async (t) => {
  const { page } = t;
  await open(page);
  assertEqual([await survives(page, "masters"), await survives(page, "etcd"), await survives(page, "balancer")], ["any 1 of 3", "any 1 of 3", "no loss"], "default");
  await choose(page, "masters-2");
  assertEqual([await survives(page, "masters"), await survives(page, "etcd")], ["no loss", "no loss"], "two masters");
  await page.getByRole("button", { name: "External 3 + 3" }).click();
  assertEqual([await survives(page, "masters"), await survives(page, "etcd")], ["any 2 of 3", "any 1 of 3"], "external");
  assertEqual(await page.getByTestId("in-all").textContent(), "10 servers", "in all");
  await choose(page, "renewal-client-go");
  assertEqual(await survives(page, "leaders"), "takeover in 13.0 s to 23.8 s", "takeover");
});

test("choices that exclude each other are off, with the reason beside them", async (t) => {
  const { page } = t;
  await open(page);
  await choose(page, "balancer-nginx");
  assert(await page.getByTestId("check-readyz").isDisabled(), "readyz with NGINX");
  await page.getByText("only in its commercial edition").waitFor();
  await choose(page, "etcd-external");
  assert(await page.getByTestId("servers-local").isDisabled(), "a local member of external etcd");
  await choose(page, "balancer-none");
  assert(await page.getByTestId("instances-2").isDisabled(), "two of none");
  assert(await page.getByTestId("kubeconfig-load-balancer").isDisabled(), "kubectl at no balancer");
  assert(await page.getByTestId("kubeconfig-master-1").isChecked(), "kubectl at master-1");
});

test("what is refused is explained at its field in the words of a scenario file", async (t) => {
  const { page } = t;
  await open(page);
  for (const [name, typed, said] of [
    ["Workers", "5001", "Allowed: 0 to 5000."],
    [/renew-deadline/, "20s", "leaseDuration must be greater than renewDeadline"],
    [/retry-period/, "fast", "is not a duration"],
    ["Replicas", "many", "Allowed: 0 to 10000."],
    ["Seed", "-1", "Allowed: a whole number from 0"],
  ]) {
    const before = await field(page, name).inputValue();
    await field(page, name).fill(typed);
    const alert = await page.locator("#cluster").getByRole("alert").textContent();
    assert(alert.includes(said), alert);
    assert(await page.getByTestId("start-cluster").isDisabled(), "it cannot be started");
    assertEqual(await field(page, name).inputValue(), typed, "the field");
    await field(page, name).fill(before);
    assert(await page.getByTestId("start-cluster").isEnabled(), "it can be started again");
  }
});

test("a cluster is built by keyboard only and copied as a scenario", { context: { permissions: ["clipboard-read", "clipboard-write"] } }, async (t) => {
  const { page } = t;
  await page.keyboard.press("c");
  await page.getByTestId("masters-3").focus();
  await page.keyboard.press("ArrowRight");
  assert(await page.getByTestId("masters-4").isChecked(), "four masters");
  assertEqual(await survives(page, "masters"), "any 1 of 4", "four masters");
  await field(page, "Seed").focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("42");
  await page.getByTestId("copy-scenario").press("Enter");
  await t.until(() => document.querySelector('[data-testid="said"]').textContent.includes("as a scenario"));
  const scenario = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  assertEqual([scenario.version, scenario.seed, scenario.cluster.masters], [1, 42, 4], "the scenario");
  await field(page, "Seed").press("Enter");
  await page.locator('[data-target="master-4"]').first().waitFor();
});

test("deployments are added and removed", async (t) => {
  const { page } = t;
  await open(page);
  await page.getByTestId("add-deployment").click();
  await field(page, "Deployment").nth(1).fill("api");
  await page.getByText("6 pods").waitFor();
  await page.getByRole("button", { name: "Remove web" }).click();
  assertEqual(await field(page, "Deployment").first().inputValue(), "api", "what is left");
});

for (const scheme of ["light", "dark"]) {
  test(`the sheet has no violations, with a term open and an error, ${scheme}`, { context: { colorScheme: scheme, reducedMotion: "reduce" } }, async (t) => {
    const { page } = t;
    await open(page);
    assertEqual(await axe(page), [], "violations");
    await field(page, "Workers").fill("x");
    await choose(page, "balancer-none");
    await page.locator('#cluster [data-term="quorum"]').click();
    assert(await page.locator("#cluster #term-explained").isVisible(), "the explanation is within the dialog");
    assertEqual(await axe(page), [], "violations, with an error");
    await page.keyboard.press("Escape");
    assert(await page.getByTestId("start-cluster").isVisible(), "Escape put away the explanation, not the sheet");
    await page.keyboard.press("Escape");
    await t.until(() => !document.querySelector("#cluster"));
  });
}

test("on a phone a cluster is built by touch", PHONE, async (t) => {
  const { page } = t;
  await page.getByTestId("open-cluster").tap();
  await page.locator('label:has([data-testid="masters-1"])').tap();
  const wide = await page.locator("#cluster").evaluate((element) => element.scrollWidth - element.clientWidth);
  assertEqual(wide, 0, "px that stand out sideways");
  assertEqual(await axe(page), [], "violations");
  await page.getByTestId("start-cluster").tap();
  await page.locator('[data-target="master-1"]').first().waitFor();
  assertEqual(await page.locator('[data-target="master-2"]').count(), 0, "a second master");
});
