// Connects HA Lab to a course system by SCORM 1.2: the embedded lab sends its progress and results as messages
// (docs/embedding.md), and this script passes them on.
//
// - cmi.core.lesson_status: incomplete, then completed once every lesson has been finished. If the course requires a
//   score (cmi.student_data.mastery_score), passed or failed instead.
// - cmi.core.score: 0 to 100, the mean of the lessons' results, where an unfinished lesson counts 0.
// - cmi.suspend_data: beats and results by lesson, as JSON of at most 4096 characters.
(() => {
  const LONGEST = 4096; // of cmi.suspend_data (SCORM 1.2 RTE, CMIString4096)
  const started = Date.now();

  /** Finds the course system's object: in a parent window, or in the window that opened this one or a parent of that. */
  function find(from) {
    for (let at = from, depth = 0; at && depth < 500; depth += 1) {
      try {
        if (at.API) return at.API;
      } catch {
        return null; // A window of another origin.
      }
      if (at.parent === at) break;
      at = at.parent;
    }
    return null;
  }
  const api = find(window) ?? (window.opener ? find(window.opener) : null);

  // The package names the lessons and their order: index.html?lessons=a,b
  const lessons = (new URLSearchParams(location.search).get("lessons") ?? "").split(",").filter(Boolean);
  const mastery = () => Number.parseFloat(get("cmi.student_data.mastery_score"));
  let progress = {}; // lesson: [beat, beats, score or null]
  let open = false;

  function get(name) {
    return open ? String(api.LMSGetValue(name)) : "";
  }
  function set(name, value) {
    if (open) api.LMSSetValue(name, String(value));
  }

  function begin() {
    open = api !== null && String(api.LMSInitialize("")) === "true";
    document.getElementById("trouble").hidden = open;
    const kept = read(get("cmi.suspend_data"));
    progress = kept;
    const status = get("cmi.core.lesson_status");
    if (status === "" || status === "not attempted" || status === "unknown") set("cmi.core.lesson_status", "incomplete");
    set("cmi.core.score.min", 0);
    set("cmi.core.score.max", 100);
    commit();
  }

  /** Returns the stored data; empty if it is not ours. */
  function read(text) {
    const known = {};
    try {
      for (const [lesson, [beat, beats, score]] of Object.entries(JSON.parse(text).lessons)) {
        if (/^[a-z0-9-]{1,64}$/.test(lesson)) known[lesson] = [Number(beat) || 0, Number(beats) || 0, score === null ? null : Number(score) || 0];
      }
    } catch {
      // A first visit, or another course's data.
    }
    return known;
  }

  function keep() {
    const entries = Object.entries(progress);
    // If it is too long, the oldest lessons without a result are dropped first.
    let text = JSON.stringify({ v: 1, lessons: Object.fromEntries(entries) });
    while (text.length > LONGEST && entries.length > 0) {
      const at = entries.findIndex(([, [, , score]]) => score === null);
      entries.splice(Math.max(at, 0), 1);
      text = JSON.stringify({ v: 1, lessons: Object.fromEntries(entries) });
    }
    set("cmi.suspend_data", text);
  }

  function report() {
    const wanted = lessons.length > 0 ? lessons : Object.keys(progress);
    const scores = wanted.map((lesson) => progress[lesson]?.[2] ?? null);
    const done = scores.length > 0 && scores.every((score) => score !== null);
    if (scores.some((score) => score !== null)) {
      const mean = scores.reduce((sum, score) => sum + (score ?? 0), 0) / scores.length;
      set("cmi.core.score.raw", Math.round(mean));
      if (done && get("cmi.core.lesson_status") !== "passed") {
        const least = mastery();
        set("cmi.core.lesson_status", Number.isNaN(least) ? "completed" : mean >= least ? "passed" : "failed");
      }
    }
    keep();
    commit();
  }

  function commit() {
    if (open) api.LMSCommit("");
  }

  /** HHHH:MM:SS, as in CMITimespan. */
  function spent() {
    const seconds = Math.floor((Date.now() - started) / 1000);
    const two = (number) => String(number).padStart(2, "0");
    return `${String(Math.floor(seconds / 3600)).padStart(4, "0")}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  }

  function finish() {
    if (!open) return;
    const status = get("cmi.core.lesson_status");
    set("cmi.core.exit", ["completed", "passed", "failed"].includes(status) ? "" : "suspend");
    set("cmi.core.session_time", spent());
    commit();
    api.LMSFinish("");
    open = false;
  }

  const lab = document.getElementById("lab");
  window.addEventListener("message", (event) => {
    if (event.source !== lab.contentWindow || event.origin !== location.origin || event.data?.haLab !== 1) return;
    const { type, lesson, beat, beats, score } = event.data;
    if (type === "progress" && typeof lesson === "string") {
      progress[lesson] = [beat, beats, progress[lesson]?.[2] ?? null];
      report();
    } else if (type === "result" && typeof lesson === "string") {
      const [at, of, best] = progress[lesson] ?? [0, 0, null];
      // The better of two attempts counts.
      progress[lesson] = [at, of, Math.max(best ?? 0, Math.min(100, Math.max(0, Number(score) || 0)))];
      report();
    }
  });
  // `pagehide` is the one event that every browser fires when a page is left. A page that is restored starts a new session.
  window.addEventListener("pagehide", finish);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && !open) begin();
  });

  begin();
  // Continue with the unfinished lesson.
  const unfinished = Object.entries(progress).find(([, [beat, beats, score]]) => score === null && beat > 0 && beat <= beats);
  const first = unfinished ? `#lesson/${unfinished[0]}/${unfinished[1][0] - 1}` : lessons[0] ? `#lesson/${lessons[0]}` : "";
  lab.src = `ha-lab.html?embed${first}`;
})();
