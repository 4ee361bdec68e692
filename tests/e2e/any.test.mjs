// The first minute in any browser: the lab starts, the test switches the leading master off, the crown moves, and axe finds no violations.

import { assert, assertEqual, axe, test } from "./lib.mjs";

const LEADER = '[data-target$="/kube-controller-manager"][data-role="leader"]';

for (const theme of ["light", "dark"]) {
  test(`a takeover is seen and told, in ${theme}`, { anyBrowser: true, context: { colorScheme: theme, reducedMotion: "reduce" } }, async (t) => {
    const { page, until } = t;
    assertEqual(await axe(page), [], "violations at the start");
    const from = await page.evaluate((css) => document.querySelector(css).dataset.target.split("/")[0], LEADER);
    await page.locator(`[data-target="${from}"]`).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("o");
    await until((name) => document.querySelector(`[data-target="${name}"]`).dataset.state === "off", from);
    await page.keyboard.press("4"); // 100×
    const moved = ([css, old]) => {
      const now = document.querySelector(css)?.dataset.target.split("/")[0];
      return now && now !== old ? now : false;
    };
    const to = await until(moved, [LEADER, from]);
    await page.keyboard.press("Escape");
    await page.getByTestId("play").click();
    const row = page.locator('[data-testid="events"] [data-event]', { hasText: `${to} leads as kube-controller-manager` });
    await row.first().getByTestId("why").click();
    const chain = await until(() => document.querySelector('[data-testid="chain"]')?.textContent);
    assert(chain.includes(`Power off ${from}`), chain);
    assertEqual(await axe(page), [], "violations with the chain of causes open");
  });
}
