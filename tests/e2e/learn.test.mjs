// Lessons: all of them to their end, by keyboard, on a phone; stored progress, refused files, printed results.

import { play } from "./lesson.mjs";
import { assert, assertEqual, axe, test } from "./lib.mjs";

const LESSON = '[data-testid="lesson"]';

/** Opens a lesson and waits until it is told. */
async function begin({ page, open, until }, id, suffix = `#lesson/${id}`) {
  await open(suffix);
  await until((css) => document.querySelector(css), LESSON);
  await page.locator("#lesson-title").waitFor();
}

const shown = (page) => page.locator(LESSON).evaluate(({ dataset }) => ({ ...dataset }));

/** All lessons that the page lists. */
const listed = (page) =>
  page.evaluate(async () => (await (await fetch("lessons/en/index.json")).json()).map(({ id, beats }) => ({ id, beats })));

test("every lesson is played to its end", { long: true, context: { reducedMotion: "reduce" } }, async ({ page, note, until }) => {
  const lessons = await listed(page);
  const results = await page.evaluate(play, lessons.map(({ id }) => id));
  for (const [n, { id, beats, lines }] of results.entries()) {
    assertEqual(beats, lessons[n].beats, `beats of ${id}`);
    assert(lines.length > 0, `${id} has nothing to remember`);
    assert(lines.every((line) => !line.includes("–")), `${id}: a number is missing: ${lines.join(" | ")}`);
  }
  note(`${results.length} lessons, ${results.reduce((sum, { beats }) => sum + beats, 0)} beats`);
  await page.goto(page.url().replace(/#.*/, "#lessons"));
  await until((n) => document.querySelectorAll(".card.done").length === n, lessons.length);
  await page.getByRole("link", { name: "Results" }).click();
  await until((n) => document.querySelectorAll(".result-measured").length === n, lessons.length);
  const total = await page.locator("tfoot td").first().textContent();
  const beats = lessons.reduce((sum, lesson) => sum + lesson.beats, 0);
  assertEqual(total, `${beats} of ${beats}`, "beats done");
});

/** Presses Tab until the wanted element has the focus. Returns false if `over` says that it is no longer needed. */
async function tabTo(page, css, over = async () => false) {
  for (let n = 0; n < 120; n += 1) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), css)) return true;
    if (await over()) return false;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to ${css}`);
}

test("a lesson is gone through by keyboard alone, on the real controls", { context: { reducedMotion: "reduce" } }, async (t) => {
  const { page, until } = t;
  await begin(t, "tour");
  assertEqual(await page.evaluate(() => document.activeElement?.id), "lesson-title", "focus when it begins");
  const key = () => page.locator(LESSON).evaluate((e) => `${e.dataset.beat} ${e.dataset.state} ${e.querySelectorAll(".beat-part").length}`);
  const moved = (before) => until(([css, old]) => {
    const e = document.querySelector(css);
    return `${e.dataset.beat} ${e.dataset.state} ${e.querySelectorAll(".beat-part").length}` !== old;
  }, [LESSON, before]);
  const changed = async (act) => {
    const before = await key();
    await act();
    await moved(before);
  };
  for (let steps = 0; (await shown(page)).state !== "recap"; steps += 1) {
    assert(steps < 100, "it does not end");
    const { state } = await shown(page);
    if (state === "ask") {
      await tabTo(page, "label.option input");
      await page.keyboard.press("Space");
      await page.keyboard.press("ArrowDown");
      await until(() => document.querySelectorAll("label.option.marked").length === 1);
      assert(await page.locator("label.option input").nth(1).isChecked(), "the arrow moves in the group");
      await tabTo(page, '[data-testid="lesson-commit"]');
      await changed(() => page.keyboard.press("Enter"));
    } else if (state === "do") {
      const line = await page.evaluate(() => document.querySelector("#lesson-now code")?.textContent ?? "");
      await tabTo(page, '[data-testid="lesson-show"]');
      await page.keyboard.press("Enter");
      await until(() => document.activeElement?.hasAttribute("data-pointed"));
      if (line.startsWith("kubectl")) await page.keyboard.type(line);
      await changed(() => page.keyboard.press("Enter"));
    } else if (state === "wait") {
      // Time may reach the moment by itself before the button has the focus.
      const before = await key();
      const over = async () => (await key()) !== before;
      const button = '[data-testid="lesson-until"]';
      if ((await page.locator(button).isEnabled()) && (await tabTo(page, button, over))) await page.keyboard.press("Enter");
      await moved(before);
    } else {
      assertEqual(state, "complete", "state");
      await tabTo(page, '[data-testid="lesson-next"]');
      await changed(() => page.keyboard.press("Enter"));
    }
  }
  assertEqual(await page.evaluate(() => document.activeElement?.id), "lesson-title", "focus at the end");
});

test("on a phone the sheet is put away when a control is asked for", { viewport: { width: 390, height: 844 }, context: { hasTouch: true, reducedMotion: "reduce" } }, async (t) => {
  const { page, until } = t;
  await begin(t, "tour");
  await page.locator("label.option").nth(1).tap();
  await page.getByTestId("lesson-commit").tap();
  await page.getByTestId("lesson-show").tap();
  await until(() => document.querySelector("[data-pointed]"));
  const covered = await page.evaluate(() => {
    const box = document.querySelector("[data-pointed]").getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return !document.querySelector("[data-pointed]").contains(top) && `${top?.className}`;
  });
  assertEqual(covered, false, "what lies over the control");
  await page.keyboard.type("kubectl get nodes");
  await page.keyboard.press("Enter");
  await until((css) => document.querySelector(css).dataset.state === "complete", LESSON);
  await page.getByTestId("lesson-sheet").tap();
  await page.getByTestId("lesson-next").tap();
  await until((css) => document.querySelector(css).dataset.beat === "1", LESSON);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert(wide <= 390, `the page is ${wide} px wide`);
  const results = await page.evaluate(play, ["masters"]);
  assertEqual(results.length, 1, "lessons played");
});

/** The control that the learner has to press next, by the lesson's state. */
const NEXT = { ask: "lesson-commit", do: "lesson-show", wait: "lesson-until", complete: "lesson-next" };

for (const [width, height] of [[1280, 720], [390, 844]]) {
  test(`what has to be pressed next is in view at ${width} x ${height}, and the focus does not jump to it`, { viewport: { width, height }, context: { hasTouch: width < 500, reducedMotion: "reduce" } }, async (t) => {
    const { page, until } = t;
    await begin(t, "lone-master");
    const at = () => page.locator(LESSON).evaluate((e) => `${e.dataset.beat} ${e.dataset.state} ${e.querySelectorAll(".beat-part").length}`);
    assertEqual(await page.evaluate(() => document.activeElement?.id), "lesson-title", "focus when it begins");
    for (let steps = 0; (await shown(page)).beat < 3; steps += 1) {
      assert(steps < 60, "it does not end");
      const { state } = await shown(page);
      const before = await at();
      // On a phone the sheet folds into one line when the lesson shows a control. The line names the next step, and opens the sheet.
      const sheet = page.locator('[data-testid="lesson-sheet"][aria-expanded="false"]');
      if (await sheet.isVisible()) await sheet.tap();
      const covered = await page.evaluate((id) => {
        const button = document.querySelector(`[data-testid="${id}"]`);
        const box = button.getBoundingClientRect();
        const corners = [[box.left + 4, box.top + 4], [box.right - 4, box.bottom - 4]];
        const lies = corners.map(([x, y]) => document.elementFromPoint(x, y)).find((top) => !button.contains(top));
        return lies === undefined ? "" : `${lies?.outerHTML.slice(0, 80)} at ${JSON.stringify(box)}`;
      }, NEXT[state]);
      assertEqual(covered, "", `what lies over ${NEXT[state]} (${before})`);
      const focus = await page.evaluate(() => document.activeElement?.closest("[data-testid]")?.dataset.testid);
      assert(!Object.values(NEXT).includes(focus), `the focus is on ${focus} (${before})`);
      await page.evaluate((state) => {
        const press = (id) => document.querySelector(`[data-testid="${id}"]`)?.click();
        if (state === "ask") {
          document.querySelector("#lesson-now label.option input").click();
        } else if (state === "do") {
          press("lesson-show");
        } else if (state === "wait") {
          press("lesson-until");
        } else {
          press("lesson-next");
        }
      }, state);
      // The second press: its button appears once the first press has been handled.
      const second = { ask: "lesson-commit", do: "lesson-do" }[state];
      if (second) {
        await until((id) => {
          const button = document.querySelector(`[data-testid="${id}"]:not([disabled])`);
          button?.click();
          return button !== null;
        }, second);
      }
      await until(([css, old]) => {
        const e = document.querySelector(css);
        return `${e.dataset.beat} ${e.dataset.state} ${e.querySelectorAll(".beat-part").length}` !== old;
      }, [LESSON, before]);
    }
  });
}

test("the skip link leads to the controls of time and leaves the address alone", { context: { reducedMotion: "reduce" } }, async (t) => {
  const { page, until } = t;
  await begin(t, "tour", "#lesson/tour/1");
  const address = page.url();
  await page.locator("a.skip").focus();
  await page.keyboard.press("Enter");
  await until(() => document.activeElement?.id === "time");
  assertEqual(page.url(), address, "the address");
  await page.reload();
  await until((css) => document.querySelector(css)?.dataset.beat === "1", LESSON);
});

test("progress survives a reload, and damaged progress is said and set aside", async (t) => {
  const { page, until } = t;
  await begin(t, "tour");
  await page.evaluate(play, ["tour"]);
  await page.evaluate(() => localStorage.setItem(`ha-lab:${location.pathname}:lesson.lease`, "{"));
  await page.goto(page.url().replace(/#.*/, "#lessons"));
  await page.reload();
  await until(() => document.querySelector('[data-testid="lesson-tour"].done'));
  const trouble = await page.getByTestId("lesson-trouble").textContent();
  assert(trouble.includes("The lease") && trouble.includes("damaged"), trouble);
  const lease = (more) => page.evaluate((more) => localStorage.getItem(`ha-lab:${location.pathname}:lesson.lease${more}`), more);
  assertEqual([await lease(""), await lease(".damaged")], [null, "{"], "what was damaged");
  await page.goto(page.url().replace(/#.*/, "#lesson/tour/1"));
  await until((css) => document.querySelector(css)?.dataset.beat === "1", LESSON);
  await page.reload();
  await until((css) => document.querySelector(css)?.dataset.beat === "1", LESSON);
});

test("the sandbox and a lesson keep their own clusters", { context: { reducedMotion: "reduce" } }, async (t) => {
  const { page, until } = t;
  await page.locator('[data-target="master-2"]').first().focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("o");
  await until(() => document.querySelector('[data-testid="inspector"]').textContent.includes("off"));
  await page.getByRole("link", { name: "Learn", exact: true }).click();
  await page.getByTestId("lesson-masters").getByRole("link").click();
  await until((css) => document.querySelector(css), LESSON);
  await page.getByRole("link", { name: "Sandbox", exact: true }).click();
  await until(() => document.querySelector('[data-testid="inspector"]')?.dataset.target === "master-2");
  assert((await page.getByTestId("inspector").textContent()).includes("off"), "master-2 is still off in the sandbox");
  await page.getByRole("link", { name: "Learn", exact: true }).click();
  await until((css) => document.querySelector(css)?.dataset.lesson === "masters", LESSON);
  assertEqual(await page.locator('nav [aria-current="page"]').textContent(), "Learn", "where one is");
});

test("an undo tells the beat again from there, and play goes back to it", { context: { reducedMotion: "reduce" } }, async (t) => {
  const { page, until } = t;
  await begin(t, "tour", "#lesson/tour/1");
  const state = (wanted) => until(([css, state]) => document.querySelector(css).dataset.state === state, [LESSON, wanted]);
  // Choices are shuffled; the first one of the text is wrong here.
  await page.locator('label.option:has(input[value="0"])').click();
  await page.getByTestId("lesson-commit").click();
  await page.getByTestId("lesson-show").click();
  await page.keyboard.press("Enter");
  await state("complete");
  assert((await page.locator(".verdict").textContent()).includes("another answer"), "judged");
  await page.getByTestId("undo").click();
  await state("do");
  assert((await page.locator(".verdict").textContent()).includes("will give"), "not judged any more");
  await page.getByTestId("lesson-freely").click();
  await state("free");
  await page.getByTestId("lesson-back-to").click();
  await state("do");
});

/** Gives the page a file when it opens the file chooser. */
async function give({ page, until }, text) {
  const trouble = () => document.querySelector('[data-testid="lesson-trouble"]')?.textContent ?? "";
  const before = await page.evaluate(trouble);
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByTestId("open-lesson-file").click()]);
  await chooser.setFiles({ name: "mine.md", mimeType: "text/markdown", buffer: Buffer.from(text) });
  await until((before) => {
    const now = document.querySelector('[data-testid="lesson-trouble"]')?.textContent ?? "";
    return now !== "" && now !== before;
  }, before);
  return page.evaluate(trouble);
}

test("a teacher's lesson is opened by file and by path; a damaged one is refused by line", async (t) => {
  const { page, until, open } = t;
  const own = "---\nid: own\ntitle: My own\nabout: A test.\n---\n\n## One {#one}\n\nSay.\n";
  await open("#lessons");
  await until(() => document.querySelector(".card"));
  const wrong = await give(t, own.replace("Say.", "wait: x\n  when: takover kube-scheduler < 4s"));
  assert(/Line 10: .*did you mean takeover\?.*allowed: /.test(wrong), wrong);
  const large = await give(t, own + "x".repeat(70_000));
  assert(large.includes("64 KiB"), large);
  await page.getByLabel("Or its path on this site").fill("https://example.com/x.md");
  await page.keyboard.press("Enter");
  await until(() => document.querySelector('[data-testid="lesson-trouble"]').textContent.includes("https://example.com"));
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByTestId("open-lesson-file").click()]);
  await chooser.setFiles({ name: "mine.md", mimeType: "text/markdown", buffer: Buffer.from(own) });
  await until((css) => document.querySelector(css)?.dataset.lesson === "own", LESSON);
  assertEqual(await page.evaluate(() => localStorage.getItem(`ha-lab:${location.pathname}:lesson.own`)), null, "kept of a lesson of one's own");
  await page.goto(t.url + "?lesson=lessons/en/05-lease.md");
  await until((css) => document.querySelector(css)?.dataset.lesson === "lease", LESSON);
});

test("a lesson that is not there is said, with those that are", async ({ page, open }) => {
  await open("#lesson/nothing");
  const text = await page.getByTestId("lesson-trouble").textContent();
  assert(text.includes("nothing") && text.includes("lone-master"), text);
});

for (const theme of ["light", "dark"]) {
  test(`axe finds nothing in lessons in ${theme}`, { context: { colorScheme: theme, reducedMotion: "reduce" } }, async (t) => {
    const { page, until } = t;
    const check = async (what) => assertEqual(await axe(page), [], `violations in ${what}`);
    await t.open("#lessons");
    await until(() => document.querySelector(".card"));
    await check("the list");
    await page.goto(t.url + "#lesson/tour");
    await until((css) => document.querySelector(css)?.dataset.state === "ask", LESSON);
    await check("an open prediction");
    await page.evaluate(play, ["tour"]);
    await check("the card at the end");
    await page.getByRole("link", { name: "Results" }).click();
    await until(() => document.querySelector(".result-measured"));
    await check("the results");
  });
}

test("the results are printed without the page around them, and saved as a file", async (t) => {
  const { page, until } = t;
  await begin(t, "tour");
  await page.evaluate(play, ["tour"]);
  await page.getByRole("link", { name: "Results" }).click();
  await until(() => document.querySelector(".result-measured"));
  await page.getByLabel("Name (not kept)").fill("Ada");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("save-results").click()]);
  let html = "";
  for await (const chunk of await download.createReadStream()) html += chunk;
  assert(html.includes("Ada") && html.includes("A short tour"), html.slice(0, 300));
  await page.emulateMedia({ media: "print" });
  assertEqual(await page.locator("button:visible, header:visible, nav:visible").count(), 0, "controls on paper");
  assert(await page.locator(".result-table").isVisible(), "the results are on paper");
  assertEqual(await page.evaluate(() => Object.values(localStorage).some((text) => text.includes("Ada"))), false, "the name is kept");
});
