// The faults besides power off: cut the network, change a clock, change flags, type commands on the laptop.

import { assert, assertEqual, axe, test } from "./lib.mjs";

const LEADER = '[data-target$="/kube-controller-manager"][data-role="leader"]';
const leader = (page) => page.evaluate((css) => document.querySelector(css)?.dataset.target.split("/")[0], LEADER);

async function select(page, target) {
  await page.locator(`[data-target="${target}"]`).focus();
  await page.keyboard.press("Enter");
}

/** Types a command on the laptop. Returns its output. */
async function command({ page, until }, line) {
  await page.getByTestId("form-line").getByRole("textbox").fill(line);
  await page.keyboard.press("Enter");
  return until((typed) => {
    const newest = document.querySelector('[data-testid="printed"] li');
    if (!newest?.textContent.includes(`$ ${typed}`) || !newest.textContent.includes("exit")) return false;
    return { text: newest.querySelector("pre")?.textContent ?? "", exit: newest.textContent.match(/exit (\d+)/)[1] };
  }, line);
}

test("the leader's master is cut off from everyone: another leads; healed, it is a standby", async (t) => {
  const { page } = t;
  const from = await leader(page);
  await select(page, from);
  await page.getByTestId("network").locator("summary").click();
  await page.getByRole("button", { name: "Cut off from everyone" }).click();
  await t.until(() => document.querySelector('[data-testid="network"]').textContent.includes("cut"));
  await page.keyboard.press("4"); // 100×
  await t.until(
    ([css, old]) => [...document.querySelectorAll(css)].some((row) => !row.dataset.target.startsWith(`${old}/`)),
    [LEADER, from],
  );
  await page.getByRole("button", { name: "Heal the whole network" }).click();
  await t.until((old) => document.querySelector(`[data-target="${old}/kube-controller-manager"]`).dataset.role === "standby", from);
});

test("a link is slowed down and mended, and a wrong value is explained where it was typed", async (t) => {
  const { page } = t;
  await select(page, "lb-1");
  const network = page.getByTestId("network");
  await network.locator("summary").click();
  const form = page.getByTestId("form-link");
  await form.locator("select").selectOption("master-2");
  await form.getByLabel("Latency").fill("80");
  await form.getByRole("button", { name: "Change" }).click();
  const refused = await form.getByRole("alert").textContent();
  assert(refused.includes('latency: found "80", allowed is a duration up to 10m0s'), refused);
  await form.getByLabel("Latency").fill("80ms");
  await form.getByLabel("Loss, %").fill("10");
  await page.keyboard.press("Enter");
  await t.until(() => document.querySelector('[data-testid="network"] .rows')?.textContent.includes("80ms"));
  assertEqual(await network.locator(".rows").textContent(), "master-280ms ± 100µs, loss 10 %", "the link");
  await form.getByRole("button", { name: "Heal" }).click();
  await t.until(() => !document.querySelector('[data-testid="network"] .rows'));
});

test("commands typed on the laptop print what the real tools print", { context: { reducedMotion: "reduce" } }, async (t) => {
  const { page } = t;
  await select(page, "laptop");
  const nodes = await command(t, "kubectl get nodes");
  assertEqual(nodes.exit, "0", "exit status");
  assert(/^NAME +STATUS +ROLES +AGE +VERSION\n/.test(nodes.text), nodes.text);
  assert(/worker-1 +Ready +<none>/.test(nodes.text), nodes.text);
  const scaled = await command(t, "kubectl scale deployment/web --replicas=5");
  assertEqual(scaled.text, "deployment.apps/web scaled", "scale");
  const wrong = await command(t, "kubectl get pod nobody");
  assertEqual(wrong.exit, "1", "exit status");
  assertEqual(wrong.text, 'Error from server (NotFound): pods "nobody" not found', "not found");
  const members = await command(t, "etcdctl member list");
  assertEqual(members.text.split("\n").length, 3, "members");
  await page.getByTestId("form-line").getByRole("textbox").fill("ls");
  await page.keyboard.press("Enter");
  assert((await page.getByTestId("form-line").getByRole("alert").textContent()).includes("command not found"), "refused");
  assertEqual(await axe(page), [], "violations");
});
