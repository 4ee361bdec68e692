// Plays a lesson by its own buttons, for the tests that need a finished lesson.

/**
 * Runs in the page, and uses nothing from outside. Presses the lesson's own buttons until its card is shown, and returns the result
 * of each of these lessons. It answers every question with the first choice of the lesson's text, or with number `choice`.
 */
export async function play(wanted) {
  const { ids, choice = 0 } = Array.isArray(wanted) ? { ids: wanted } : wanted;
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const find = (css) => document.querySelector(css);
  const until = async (condition, what) => {
    for (const from = performance.now(); performance.now() - from < 60_000; ) {
      const value = condition();
      if (value) return value;
      await frame();
    }
    const at = find('[data-testid="lesson"]');
    throw new Error(`${what}: ${at ? JSON.stringify({ ...at.dataset }) : "no lesson"} ${at?.querySelector("#lesson-now")?.textContent}`);
  };
  const lesson = () => find('[data-testid="lesson"]');
  const mark = () => `${lesson().dataset.beat} ${lesson().dataset.state} ${lesson().querySelectorAll(".beat-part").length} ${lesson().querySelectorAll(".option.given").length}`;
  const press = async (button, what) => {
    const before = mark();
    button.click();
    await until(() => mark() !== before, what);
  };
  const results = [];
  for (const id of ids) {
    location.hash = `#lesson/${id}`;
    await until(() => lesson()?.dataset.lesson === id && lesson().dataset.beat === "0", `open ${id}`);
    find('[data-testid="speed-1000"]').click();
    const beats = lesson().querySelectorAll(".dot").length;
    let precisely = 0;
    for (let steps = 0; lesson().dataset.state !== "recap"; steps += 1) {
      if (steps > 600) throw new Error(`${id} does not end: ${mark()}`);
      const state = lesson().dataset.state;
      const now = lesson().querySelector("#lesson-now");
      if (state === "preparing") {
        await until(() => lesson().dataset.state !== "preparing", `${id}: prepared`);
      } else if (state === "ask") {
        const open = [...now.querySelectorAll("label.option input")];
        const of = (number) => open.find((input) => input.value === String(number));
        (of(choice) ?? of(0) ?? open[0]).click();
        await until(() => !find('[data-testid="lesson-commit"]').disabled, "a marked choice");
        await press(find('[data-testid="lesson-commit"]'), `${id}: commit`);
      } else if (state === "do") {
        const show = find('[data-testid="lesson-show"]');
        if (show) {
          show.click();
          await until(() => find("[data-pointed]"), `${id} ${mark()}: something is pointed at`);
        }
        await press(await until(() => find('[data-testid="lesson-do"]'), "do it"), `${id}: do it`);
      } else if (state === "wait") {
        const button = find('[data-testid="lesson-until"]');
        if (button && !button.disabled) button.click();
        const before = mark();
        await until(() => mark() !== before, `${id}: wait`);
      } else if (state === "complete") {
        precisely += lesson().querySelectorAll(".beat-part.precisely").length;
        const open = lesson().querySelectorAll(".verdict.pending").length;
        if (open > 0) throw new Error(`${id} ${mark()}: a question without an answer`);
        await press(find('[data-testid="lesson-next"]'), `${id}: next`);
      } else {
        throw new Error(`${id}: ${mark()} ${now?.textContent}`);
      }
    }
    const lines = [...lesson().querySelectorAll(".recap-lines li")].map((line) => line.textContent);
    results.push({ id, beats, precisely, lines, score: find('[data-testid="score"]')?.textContent ?? "" });
  }
  return results;
}
