// The page in Chinese: acts and refusals appear in Chinese, with Chinese punctuation between the parts of a sentence.

import { assert, assertEqual, test } from "./lib.mjs";

/** Returns every text that is read or announced, element by element. */
const said = (page) =>
  page.evaluate(() => {
    const out = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT);
    while (walk.nextNode()) {
      const element = walk.currentNode;
      // The output of programs is not translated.
      if (element.closest("code, pre, script")) continue;
      const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent);
      out.push(own.join(""), ...["aria-label", "title", "aria-valuetext", "placeholder"].map((name) => element.getAttribute(name) ?? ""));
    }
    return out.map((text) => text.trim()).filter(Boolean);
  });

/** Returns texts in which an English comma, full stop, colon or semicolon is next to a Chinese character. */
const mixed = (texts) => texts.filter((text) => /[\u4e00-\u9fff][,.:;](?!\d)|[,.:;] ?[\u4e00-\u9fff]/.test(text));

for (const [width, height] of [[1440, 900], [390, 844]]) {
  test(`acts and refusals are Chinese at ${width}, and nothing is wider than the page`, { viewport: { width, height }, context: { locale: "zh-CN", reducedMotion: "reduce" } }, async ({ page, until }) => {
    await page.locator('[data-target="master-1"]').first().focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("o");
    await until(() => document.querySelector('[data-testid="inspector"]').textContent.includes("已断电"));
    await until(() => document.body.textContent.includes("关闭 master-1 的电源"));
    assertEqual(mixed(await said(page)), [], "English signs beside Chinese");
    await page.keyboard.press("u");
    await until(() => document.querySelector('[data-testid="said"]').textContent.startsWith("已撤销"));
    await page.keyboard.press("Escape");
    await page.evaluate(() => { location.hash = "#lesson/tour"; });
    await until(() => document.querySelector('[data-testid="lesson"]') !== null);
    assertEqual(mixed(await said(page)), [], "English signs beside Chinese in a lesson");
    await page.evaluate(() => { location.hash = "#sandbox"; });
    await until(() => document.querySelector('[data-testid="lesson"]') === null);
    await page.locator('[data-testid="open-cluster"]').click();
    await page.locator('input[id="build-cluster.workers"]').fill("5001");
    const wrong = page.locator('[id="build-cluster.workers-about"]');
    await until(() => document.querySelector('[id="build-cluster.workers-about"]').className === "error");
    assertEqual(await wrong.textContent(), "5001 超出范围。允许的值：0 到 5000。", "a wrong number");
    assertEqual(mixed(await said(page)), [], "English signs beside Chinese in the builder");
  });
}

for (const locale of ["en-US", "zh-CN"]) {
  test(`nothing makes the page wider than the window in ${locale}`, { context: { locale } }, async ({ page, until }) => {
    await until(() => document.querySelector('[data-testid="scrub"]') !== null);
    for (const [width, height] of [[1440, 900], [1280, 720], [390, 844]]) {
      await page.setViewportSize({ width, height });
      await until(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(true)))));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert(wide <= width, `the page is ${wide} px wide at ${width}`);
    }
  });
}
