// The inspector: it shows the state, the stored data, the command line and the log of each kind of component; flags can be changed in
// place; terms are explained by pointer, by keyboard and by touch.

import { assert, assertEqual, axe, test } from "./lib.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, context: { hasTouch: true, reducedMotion: "reduce" } };
const STILL = { context: { reducedMotion: "reduce" } };

async function select(page, target) {
  await page.locator(`[data-target="${target}"]`).first().focus();
  await page.keyboard.press("Enter");
  await page.locator(`[data-testid="inspector"][data-target="${target}"]`).waitFor();
}

const facts = (page) => page.getByTestId("facts");

test("each kind of component shows what it stores, and axe finds nothing, in both themes", { ...STILL, long: true }, async (t) => {
  const { page } = t;
  for (const [target, ...words] of [
    ["master-1/etcd", "Raft term", "commit index", "Raft log, newest first", "--initial-cluster="],
    ["master-1/kube-apiserver", "watch cache", "etcd servers", "readyz?verbose", "--etcd-servers"],
    ["master-1/kube-controller-manager", "holderIdentity", "leaseDurationSeconds: 15", "--leader-elect-lease-duration"],
    ["master-1/kube-scheduler", "kubectl get lease kube-scheduler", "Attempting to acquire leader lease"],
    ["master-1/kubelet", "Static pods", "node-role.kubernetes.io/control-plane:NoSchedule"],
    ["worker-1/kubelet", "node lease renewed", "Conditions"],
    ["worker-1/kube-proxy", "Forwarding rules", "30080"],
    ["worker-1", "Taints", "KubeletReady", "kubectl describe node worker-1"],
    ["lb-1/haproxy", "L7OK", "haproxy.cfg"],
    ["laptop", "kubeconfig", "https://10.0.0."],
    ["app-user", "port 30080"],
  ]) {
    await select(page, target);
    // A long command line breaks between its words.
    const text = (await page.getByTestId("inspector").textContent()).replace(/\u200b/g, "");
    const missing = words.filter((word) => !text.includes(word));
    assertEqual(missing, [], `missing of ${target}`);
    for (const scheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: scheme });
      assertEqual(await axe(page), [], `violations, ${target}, ${scheme}`);
    }
  }
});

test("a scheduler restarts with changed flags; a wrong flag is refused in its own words, and stays in its field", async (t) => {
  const { page } = t;
  await select(page, "master-1/kube-scheduler");
  const form = page.getByTestId("form-flags");
  const field = form.getByRole("textbox", { name: "--leader-elect", exact: true });
  const restart = form.getByRole("button", { name: "Restart with these flags" });
  assert(await restart.isDisabled(), "nothing was changed yet");
  await field.fill("maybe");
  await page.keyboard.press("Enter");
  const refused = await form.getByRole("alert").textContent();
  assert(refused.includes('invalid argument "maybe" for "--leader-elect" flag: strconv.ParseBool'), refused);
  assertEqual(await field.inputValue(), "maybe", "the field");
  await field.fill("false");
  await form.getByText("changed from true").waitFor();
  const cost = await form.locator("#restart-cost").textContent();
  assert(/down for about 600ms to 2\.1s/.test(cost), cost);
  await restart.click();
  await page.getByRole("heading", { name: "kube-scheduler" }).click(); // leave the field, so that the key works
  await page.keyboard.press("4"); // 100×
  // It no longer takes part in the election: two schedulers act.
  await t.until(() => document.querySelector('[data-target="master-1/kube-scheduler"]').dataset.role === "leader");
  assertEqual(await field.inputValue(), "false", "the flag in force");
});

test("flags that do not go together are announced before the restart, by keyboard only", async (t) => {
  const { page } = t;
  await select(page, "master-2/kube-controller-manager");
  const field = page.getByRole("textbox", { name: "--leader-elect-lease-duration" }).first();
  await field.focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("8s");
  await page.keyboard.press("Tab");
  const said = await page.getByTestId("form-flags").locator(".warning").textContent();
  assert(said.includes("leaseDuration must be greater than renewDeadline"), said);
  await page.getByRole("button", { name: "Put all back" }).press("Enter");
  assertEqual(await field.inputValue(), "15s", "the field");
  assertEqual(await page.getByTestId("form-flags").locator(".warning").count(), 0, "warnings");
});

test("a Lease is copied as YAML, and it is said", { context: { permissions: ["clipboard-read", "clipboard-write"] } }, async (t) => {
  const { page } = t;
  await select(page, "master-1/kube-scheduler");
  await page.getByTestId("paper-lease").getByRole("button", { name: /^Copy:/ }).click();
  await t.until(() => document.querySelector('[data-testid="said"]').textContent.startsWith("Copied: kubectl get lease kube-scheduler"));
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert(/^apiVersion: coordination\.k8s\.io\/v1\nkind: Lease\n/.test(text) && /\n  holderIdentity: master-/.test(text), text);
  await page.getByTestId("command").getByRole("button", { name: /^Copy:/ }).click();
  await t.until(() => document.querySelector('[data-testid="said"]').textContent === "Copied: kube-scheduler");
  const line = await page.evaluate(() => navigator.clipboard.readText());
  assert(line.startsWith("kube-scheduler \\\n  --leader-elect=true \\\n"), line);
});

test("what fails is unfolded: readyz without etcd's quorum", async (t) => {
  const { page } = t;
  for (const target of ["master-1", "master-2"]) {
    await select(page, target);
    await page.keyboard.press("o");
  }
  await select(page, "master-3/kube-apiserver");
  await page.keyboard.press("3");
  await t.until(() => {
    const paper = document.querySelector('[data-testid="paper-readyz"]');
    return paper?.open && paper.querySelector("mark.bad")?.textContent.includes("[-]etcd failed");
  });
});

test("a pod is selected, crashed and deleted", async (t) => {
  const { page } = t;
  const worker = await page.evaluate(async () => {
    const pods = [...document.querySelectorAll('[data-target^="worker-"]')].map((element) => element.dataset.target);
    return pods.find((name) => !name.includes("/"));
  });
  await select(page, worker);
  const link = page.getByTestId("inspector").getByRole("button", { name: /^web-/ }).first();
  const name = await link.textContent();
  await link.click();
  await page.locator(`[data-testid="inspector"][data-target="pod/${name}"]`).waitFor();
  assert((await facts(page).textContent()).includes("its container reallyruns"), await facts(page).textContent());
  assertEqual(await axe(page), [], "violations");
  await page.keyboard.press("3");
  await page.keyboard.press("k");
  await t.until(() => /restarts1/.test(document.querySelector('[data-testid="facts"]')?.textContent ?? ""));
  await page.keyboard.press("d");
  await t.until(() => document.querySelector('[data-testid="inspector"]').textContent.includes("no longer exists"));
});

test("a term is explained on hover, stays under the pointer, and Escape puts only it away", async (t) => {
  const { page } = t;
  await select(page, "master-1/etcd");
  const term = facts(page).locator('[data-term="commit-index"]').first();
  await term.hover();
  const explained = page.locator("#term-explained");
  assert((await explained.textContent()).includes("on a majority of the members"), "explained");
  assertEqual(await term.getAttribute("aria-describedby"), "term-explained", "described by");
  await explained.hover();
  assert(await explained.isVisible(), "it stays under the pointer");
  await page.keyboard.press("Escape");
  assertEqual(await explained.count(), 0, "explanations");
  assertEqual(await page.getByTestId("inspector").count(), 1, "the inspector stays open");
  // By keyboard: focus opens an explanation, and the next focus opens another.
  await term.focus();
  await explained.waitFor();
  assertEqual(await axe(page), [], "violations");
  await page.keyboard.press("Tab");
  await t.until(() => !document.querySelector("#term-explained")?.textContent.includes("on a majority of the members"));
});

for (const scheme of ["light", "dark"]) {
  test(`on a phone the inspector and a term are usable by touch, ${scheme}`, { ...PHONE, context: { ...PHONE.context, colorScheme: scheme } }, async (t) => {
    const { page } = t;
    await page.locator('[data-target="master-1/etcd"]').first().tap();
    const inspector = page.getByTestId("inspector");
    const box = await inspector.boundingBox();
    assert(box.x === 0 && box.width === 390, `the sheet is as wide as the phone: ${JSON.stringify(box)}`);
    const wide = await inspector.evaluate((element) => element.scrollWidth - element.clientWidth);
    assertEqual(wide, 0, "px that stand out sideways");
    await facts(page).locator('[data-term="term"]').first().tap();
    const explained = await page.locator("#term-explained").boundingBox();
    assert(explained.x >= 0 && explained.x + explained.width <= 390, JSON.stringify(explained));
    assert(explained.y >= 0 && explained.y + explained.height <= 844, JSON.stringify(explained));
    assertEqual(await axe(page), [], "violations");
    await page.touchscreen.tap(195, 30);
    assertEqual(await page.locator("#term-explained").count(), 0, "explanations");
  });
}

test("at 200 % zoom nothing stands out sideways", { viewport: { width: 640, height: 400 }, context: { deviceScaleFactor: 2 } }, async (t) => {
  const { page } = t;
  for (const target of ["master-1/kube-apiserver", "master-1/etcd", "worker-1"]) {
    await select(page, target);
    const wide = await page.getByTestId("inspector").evaluate((element) => element.scrollWidth - element.clientWidth);
    assertEqual(wide, 0, `px of ${target} that stand out sideways`);
  }
});

test("the help sheet lists every term and finds some", STILL, async (t) => {
  const { page } = t;
  await page.keyboard.press("?");
  const terms = page.getByTestId("terms");
  await t.until(() => document.querySelectorAll('[data-testid="terms"] dt').length > 60);
  await page.getByTestId("find-term").fill("fencing");
  await t.until(() => document.querySelectorAll('[data-testid="terms"] dt').length === 1);
  assert((await terms.textContent()).includes("a paused leader may act again"), "fencing");
  assertEqual(await axe(page), [], "violations");
});
