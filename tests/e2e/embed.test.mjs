// The lab in a frame of another page: its reduced chrome and its messages, which go to and come from one origin only.

import { createServer } from "node:http";
import { assert, assertEqual, axe, test } from "./lib.mjs";

/** The example page, once the lab in it is ready. */
async function example({ page, url, until }) {
  await page.goto(`${url}embed-example.html`);
  const said = (type) => until((type) => {
    const lines = [...document.querySelectorAll("#said li")].map((line) => JSON.parse(line.textContent));
    return lines.filter((line) => line.type === type).at(-1);
  }, type);
  return { ready: await said("ready"), said, lab: page.frameLocator("iframe"), press: (name) => page.getByRole("button", { name, exact: true }).click() };
}

test("the example page plays, pauses and loads, and hears of it", { goto: false }, async (t) => {
  const { ready, said, lab, press } = await example(t);
  assertEqual([ready.haLab, ready.seed, ready.timeMs >= 30_000], [1, 1, true], "ready");
  await press("pause");
  await said("pause");
  await press("play");
  await said("play");
  await press("load a scenario");
  await lab.locator('[data-target="master-5"]').waitFor();
  await t.until(() => [...document.querySelectorAll("#said li")].some((line) => JSON.parse(line.textContent).seed === 7));
  await press("load a damaged link");
  const { text } = await said("error");
  assert(text.includes("the link"), text);
});

test("in a frame there is no header, but a name and a way out", { goto: false }, async ({ page, open }) => {
  await open("?embed#1.e317mQ");
  assertEqual(await page.locator("header.top").count(), 0, "header");
  assertEqual(await page.locator("h1").textContent(), "HA Lab");
  const way = page.locator('[data-testid="open-alone"]');
  const [href, target] = await way.evaluate((link) => [link.href, link.target]);
  assert(href.endsWith("/#1.e317mQ") && !href.includes("embed") && target === "_blank", href);
  assertEqual(await axe(page), [], "violations");
});

test("a page of another origin is heard only when the address names it", { goto: false }, async ({ page, url, watch }) => {
  const server = createServer((request, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end(`<iframe src="${url}${decodeURIComponent(request.url.slice(2))}"></iframe><script>
      window.heard = [];
      addEventListener("message", (event) => heard.push([event.origin, event.data]));
    </script>`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const other = `http://127.0.0.1:${server.address().port}`;
  watch.origin = new URL(url).origin;
  watch.allow(/request to another origin: http:\/\/127\.0\.0\.1|postMessage|favicon|404/);
  const visit = async (query) => {
    await page.goto(`${other}/?${encodeURIComponent(query)}`);
    await page.frameLocator("iframe").locator('html[data-ready="true"]').waitFor({ state: "attached" });
    const lab = page.frames().find((frame) => frame.url().startsWith(url));
    await page.evaluate((to) => frames[0].postMessage({ haLab: 1, type: "pause" }, to), new URL(url).origin);
    // Two frames of the screen later the message has been handled.
    await lab.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    return page.evaluate(() => window.heard.map(([origin, { type }]) => [origin, type]));
  };
  try {
    const lab = new URL(url).origin;
    assertEqual(await visit("?embed"), [], "what it hears without being named");
    assertEqual(await visit("?embed&origin=*"), [], "what it hears when any is named");
    assertEqual(await visit("?embed&origin=https://somebody.example"), [], "what it hears when another is named");
    assertEqual(await visit(`?embed&origin=${other}`), [[lab, "ready"], [lab, "pause"]], "what it hears when it is named");
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
