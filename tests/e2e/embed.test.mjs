// The lab in a frame of another page: without its header, and with messages to and from one origin only.

import { createServer } from "node:http";
import { play } from "./lesson.mjs";
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

/** Serves a page of another origin; `body` returns its HTML for a requested path. */
async function elsewhere(body) {
  const server = createServer((request, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end(body(decodeURIComponent(request.url.slice(1))));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A page that embeds the lab with this query and records the messages from it. */
const framing = (lab, more = "") => `<iframe src="${lab}" width="1200" height="800"></iframe>${more}<script>
  window.heard = [];
  addEventListener("message", (event) => heard.push([event.origin, event.data]));
</script>`;

/** The frame with the lab, once the lab is ready. */
async function framed(page, url) {
  await page.frameLocator("iframe").first().locator('html[data-ready="true"]').waitFor({ state: "attached" });
  return page.frames().find((frame) => frame.url().startsWith(url));
}

/** Waits for two animation frames: by then a message that was sent has been handled. */
const settled = (lab) => lab.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

test("a page of another origin is heard only when the address names it", { goto: false }, async ({ page, url, watch }) => {
  const other = await elsewhere((query) => framing(url + query.slice(1)));
  watch.origin = new URL(url).origin;
  watch.allow(/request to another origin: http:\/\/127\.0\.0\.1|postMessage|favicon|404/);
  const visit = async (query) => {
    await page.goto(`${other.origin}/?${encodeURIComponent(query)}`);
    const lab = await framed(page, url);
    await page.evaluate((to) => frames[0].postMessage({ haLab: 1, type: "pause" }, to), new URL(url).origin);
    await settled(lab);
    return page.evaluate(() => window.heard.map(([origin, { type }]) => [origin, type]));
  };
  try {
    const lab = new URL(url).origin;
    assertEqual(await visit("?embed"), [], "what it hears without being named");
    assertEqual(await visit("?embed&origin=*"), [], "what it hears when any is named");
    assertEqual(await visit("?embed&origin=https://somebody.example"), [], "what it hears when another is named");
    assertEqual(await visit(`?embed&origin=${other.origin}`), [[lab, "ready"], [lab, "pause"]], "what it hears when it is named");
  } finally {
    await other.close();
  }
});

test("a lesson that is played in a course page tells it each beat and the result, and obeys nobody else", { goto: false, context: { reducedMotion: "reduce" } }, async ({ page, url, watch }) => {
  // The stranger is a second frame of the course page, of a third origin, and sends the lab the messages that the course page could send.
  const stranger = await elsewhere(() => "<title>A stranger</title>");
  const course = await elsewhere(() =>
    framing(`${url}?embed&origin=${course.origin}#lesson/tour`, `<iframe src="${stranger.origin}/"></iframe>`));
  watch.origin = new URL(url).origin;
  watch.allow(/request to another origin: http:\/\/127\.0\.0\.1|favicon|404/);
  try {
    await page.goto(`${course.origin}/`);
    const lab = await framed(page, url);
    await lab.locator('[data-testid="lesson"]').waitFor();
    const other = page.frames().find((frame) => frame.url().startsWith(stranger.origin));
    const load = { haLab: 1, type: "load", scenario: { version: 1, cluster: { masters: 5 } } };
    await other.evaluate((load) => {
      for (const message of [load, { haLab: 1, type: "play" }, { haLab: 1, type: "explode" }]) parent.frames[0].postMessage(message, "*");
    }, load);
    await settled(lab);
    assertEqual(await lab.locator('[data-target="master-5"]').count(), 0, "what the stranger loaded");
    const [{ beats, score }] = await lab.evaluate(play, { ids: ["tour"], choice: 1 });
    const heard = await page.evaluate(() => window.heard);
    assert(heard.every(([origin]) => origin === new URL(url).origin), JSON.stringify(heard));
    const messages = heard.map(([, data]) => data);
    assertEqual(messages[0].type, "ready", "the first message");
    assertEqual(messages.filter(({ type }) => type === "error"), [], "complaints about the stranger's messages");
    const progress = messages.filter(({ type }) => type === "progress");
    assert(progress.every(({ haLab, lesson, beats: of }) => haLab === 1 && lesson === "tour" && of === beats), JSON.stringify(progress));
    assertEqual([...new Set(progress.map(({ beat }) => beat))], Array.from({ length: beats }, (_, n) => n + 1), "beats that were told");
    const [result, ...more] = messages.filter(({ type }) => type === "result");
    assertEqual(more, [], "a second result");
    assertEqual(messages.at(-1).type === "result" || messages.at(-2).type === "result", true, "the result comes last");
    const { right, questions } = result;
    assert(right > 0 && right < questions, `${right} of ${questions} are right: a result that shows nothing`);
    assertEqual(result, { haLab: 1, lesson: "tour", questions, right, score: Math.floor((100 * right) / questions), type: "result" }, "result");
    assertEqual(score.match(/\d+/g).map(Number), [right, questions], "what the card says of the questions");
    // The lab obeys the course page itself.
    await page.evaluate((load) => frames[0].postMessage(load, "*"), load);
    await lab.locator('[data-target="master-5"]').first().waitFor();
  } finally {
    await course.close();
    await stranger.close();
  }
});
