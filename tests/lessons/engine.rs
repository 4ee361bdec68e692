//! A running lesson: early and late acts, free play, going back, stored progress.

use std::rc::Rc;

use ha_lab::cluster::config::{Act, Target, Verb};
use ha_lab::lab::lesson::{
    self, ClusterBackend, InMemoryBackend, Lesson, Part, Playthrough, Prepared, Progress, Run, plain,
};
use ha_lab::lab::session::Session;

const S: u64 = 1_000_000;

const LESSON: &str = r#"---
id: small
title: Small
about: For tests.
seed: 3
---
## One {#one}
The leader is {leader kube-scheduler}.

predict: Does the node stay Ready?
- yes
  when: node worker-1 is ready
  Because it is heard.
- no
  when: node worker-1 is not ready
  Because nothing is heard.

do: Switch off worker-1.
  act: power-off worker-1
  done: power worker-1 is off

check: It was noticed.
  when: node worker-1 is not ready

measure: noticed = off-for worker-1

then: It took {noticed}.

## Two {#two}
do: Switch it on.
  act: power-on worker-1
  done: power worker-1 is not off

check: It is Ready.
  when: node worker-1 is ready

## End {#recap}
- It took {noticed}.
"#;

fn small() -> Rc<Lesson> {
    Rc::new(lesson::read(LESSON).unwrap_or_else(|error| panic!("{error}")))
}

fn started() -> (Run, InMemoryBackend) {
    let mut bench = InMemoryBackend::default();
    let run = Run::start(small(), None, &mut bench);
    (run, bench)
}

fn power(on: bool, host: &str) -> Act {
    let host = Target::Host(host.to_owned());
    if on { Act::On(Verb::PowerOn, host) } else { Act::On(Verb::PowerOff, host) }
}

/// Returns the shown texts, one line for each part.
fn shown(run: &Run, bench: &InMemoryBackend) -> Vec<String> {
    let part = |part: &Part| match part {
        Part::Text { paragraphs, .. } => paragraphs.iter().map(|p| plain(p)).collect::<Vec<_>>().join(" / "),
        Part::Wait { text, done, .. } => format!("check {}: {done}", plain(text)),
        Part::Do { text, done, .. } => format!("do {}: {done}", plain(text)),
        Part::Predict { choices, judged, answered, .. } => {
            let right = choices.iter().position(|choice| choice.right == Some(true));
            format!("predict: answered {answered:?}, judged {judged}, right {right:?}")
        }
    };
    run.screen(bench.cluster()).parts.iter().map(part).collect()
}

/// A beat appears step by step; the simulation, not the file, decides which choice is right.
#[test]
fn a_beat_waits_for_the_learner_and_for_the_simulation() {
    let (mut run, mut bench) = started();
    let says = shown(&run, &bench);
    assert!(says[0].starts_with("The leader is master-"), "{says:?}");
    assert_eq!(says[1..], ["predict: answered None, judged false, right None"]);
    assert!(!run.answer(2, bench.cluster()), "there are two choices");
    assert!(run.answer(0, bench.cluster()));
    assert_eq!(shown(&run, &bench)[2], "do Switch off worker-1.: false");
    bench.apply(&power(false, "worker-1")).expect("it is on");
    assert!(run.look(bench.cluster()));
    assert_eq!(shown(&run, &bench)[1], "predict: answered Some(0), judged false, right None");
    while !run.is_complete() {
        run.advance(S, &mut bench);
    }
    let says = shown(&run, &bench);
    assert_eq!(says[1], "predict: answered Some(0), judged true, right Some(1)");
    assert!(says[4].starts_with("It took 4") && says[4].ends_with(" s."), "{says:?}");
    let answers = &run.results()[0].answers;
    assert_eq!((answers[0].first, answers[0].right), (0, Some(1)));
    assert!(run.next(&mut bench) && !run.is_complete());
    assert_eq!(run.screen(bench.cluster()).prepared, Prepared::Continues);
}

/// An act before its task counts, if its effect still holds.
#[test]
fn acting_early_counts() {
    let (mut run, mut bench) = started();
    bench.apply(&power(false, "worker-1")).expect("it is on");
    run.advance(60 * S, &mut bench);
    assert!(!run.is_complete(), "the question is still open");
    run.answer(1, bench.cluster());
    assert!(run.is_complete());
}

/// Acts after the end of a beat are undone before the next one starts, as are acts that do not belong to the beat.
#[test]
fn the_next_beat_begins_where_it_should() {
    let finish = |run: &mut Run, bench: &mut InMemoryBackend| {
        run.answer(1, bench.cluster());
        bench.apply(&power(false, "worker-1")).expect("it is on");
        run.advance(60 * S, bench);
        assert!(run.is_complete());
    };
    let (mut run, mut bench) = started();
    finish(&mut run, &mut bench);
    bench.apply(&power(false, "master-1")).expect("it is on");
    run.next(&mut bench);
    let screen = run.screen(bench.cluster());
    assert_eq!(
        (screen.prepared, bench.apply(&power(false, "master-1"))),
        (Prepared::Rewound, Ok(())),
        "it is on again"
    );

    let (mut run, mut bench) = started();
    bench.apply(&power(false, "lb-1")).expect("it is on");
    bench.apply(&power(true, "lb-1")).expect("it is off");
    finish(&mut run, &mut bench);
    run.next(&mut bench);
    assert_eq!(run.screen(bench.cluster()).prepared, Prepared::Replayed);
    bench.apply(&power(true, "worker-1")).expect("it is off, as the lesson tells");
    run.advance(60 * S, &mut bench);
    assert!(run.is_complete());
}

#[test]
fn free_play_is_undone_and_the_beat_goes_on() {
    let (mut run, mut bench) = started();
    run.answer(1, bench.cluster());
    let (before, digest) = (shown(&run, &bench), bench.cluster().world().trace().digest());
    run.leave(&mut bench);
    assert!(run.screen(bench.cluster()).free);
    bench.apply(&power(false, "worker-1")).expect("it is on");
    run.advance(300 * S, &mut bench);
    assert_eq!(shown(&run, &bench), before, "nothing is told meanwhile");
    run.back(&mut bench);
    assert_eq!((shown(&run, &bench), bench.cluster().world().trace().digest()), (before, digest));
    // Another cluster was loaded in the meantime, so the beat starts again.
    run.leave(&mut bench);
    let seed = bench.cluster().config().seed + 1;
    bench.load(&Rc::new(ha_lab::lab::scenario::Cluster::default()), seed);
    run.back(&mut bench);
    assert_eq!(bench.cluster().config().seed + 1, seed);
    assert!(!run.screen(bench.cluster()).free);
}

#[test]
fn a_beat_can_be_begun_again_and_skipped_and_gone_back_to() {
    let (mut run, mut bench) = started();
    let fresh = (shown(&run, &bench), bench.cluster().world().trace().digest());
    run.answer(1, bench.cluster());
    bench.apply(&power(false, "worker-1")).expect("it is on");
    run.advance(10 * S, &mut bench);
    run.again(&mut bench);
    assert_eq!((shown(&run, &bench), bench.cluster().world().trace().digest()), fresh);
    // Skipped: the lesson plays the beat by itself, and does not attribute it to the learner.
    assert!(run.next(&mut bench));
    assert_eq!((run.current_beat(), run.screen(bench.cluster()).prepared), (1, Prepared::Replayed));
    assert!(!run.results()[0].done && run.results()[0].answers.is_empty());
    assert_eq!(run.recap().len(), 1, "the number was measured all the same");
    assert!(!run.next(&mut bench), "it was the last");
    assert!(run.previous(&mut bench) && !run.previous(&mut bench));
    assert_eq!(shown(&run, &bench), fresh.0);
    run.restart(&mut bench);
    assert_eq!((shown(&run, &bench), bench.cluster().world().trace().digest()), fresh);
}

/// A learner who waits in vain gets a message.
#[test]
fn waiting_for_too_long_is_noticed() {
    let (mut run, mut bench) = started();
    run.answer(1, bench.cluster());
    bench.apply(&power(false, "worker-1")).expect("it is on");
    run.look(bench.cluster());
    // Without controllers, no component notices.
    for master in 1..=3 {
        bench.apply(&power(false, &format!("master-{master}"))).expect("it is on");
    }
    run.advance(179 * S, &mut bench);
    assert!(!run.is_astray(bench.cluster()));
    run.advance(2 * S, &mut bench);
    assert!(run.screen(bench.cluster()).astray && !run.is_complete());
    run.again(&mut bench);
    assert!(!run.is_astray(bench.cluster()));
}

#[test]
fn progress_is_kept_as_text_and_taken_up_again() {
    let lesson = small();
    let run =
        lesson::play(&lesson, None, Playthrough::Canonical, &mut InMemoryBackend::default()).expect("it can be played");
    let progress = run.progress();
    assert_eq!(progress.done(), 2);
    assert_eq!(Progress::from_json(&progress.to_json()), Some(progress.clone()));
    for text in ["", "{}", "[]", r#"{"version":2,"lesson":"small","beat":0,"beats":{},"kept":{}}"#] {
        assert_eq!(Progress::from_json(text), None, "{text}");
    }
    let mut bench = InMemoryBackend::default();
    let again = Run::resume(lesson.clone(), &progress, &mut bench);
    assert_eq!((again.current_beat(), again.results()), (1, run.results()));
    assert_eq!(again.recap(), run.recap());
    // Stored progress of another lesson, or with too many beats, does no harm.
    let text = progress.to_json().replace("\"beat\":1", "\"beat\":7").replace("\"two\"", "\"three\"");
    let odd = Progress::from_json(&text).expect("progress");
    assert_eq!(Run::resume(lesson, &odd, &mut bench).current_beat(), 1);
}

/// A diagnosis is judged at once and asked until it is right; choices that were not made stay open.
#[test]
fn a_diagnosis_is_asked_until_it_is_right() {
    let text = LESSON.replace("predict:", "diagnose:");
    let mut bench = InMemoryBackend::default();
    let mut run = Run::start(Rc::new(lesson::read(&text).expect("a lesson")), None, &mut bench);
    run.answer(1, bench.cluster());
    let Part::Predict { choices, judged: true, .. } = &run.screen(bench.cluster()).parts[1] else { panic!("judged") };
    let rights: Vec<_> = choices.iter().map(|choice| choice.right).collect();
    assert_eq!(rights, [None, Some(false)]);
    assert_eq!(shown(&run, &bench).len(), 2, "it is still asked");
    run.answer(0, bench.cluster());
    assert_eq!(shown(&run, &bench).len(), 3);
    assert_eq!(run.results()[0].answers[0].first, 1, "the first answer counts");
}

/// The same seed and the same acts give the same numbers.
#[test]
fn a_lesson_is_deterministic() {
    let lesson = super::english("05-lease.md");
    let recap = || {
        let run = lesson::play(&lesson, Some(9), Playthrough::Canonical, &mut InMemoryBackend::default())
            .expect("it can be played");
        run.recap().iter().map(|line| plain(line)).collect::<Vec<_>>()
    };
    assert_eq!(recap(), recap());
}

/// A lesson runs on the page's session as it does on the plain backend.
#[test]
fn lessons_are_played_in_a_session() {
    for file in ["01-lone-master.md", "05-lease.md", "10-etcd-servers.md", "11-paused.md"] {
        let lesson = super::english(file);
        for order in Playthrough::ALL {
            let recap = |stage: &mut dyn ClusterBackend| {
                let run = lesson::play(&lesson, None, order, stage);
                let run = run.unwrap_or_else(|why| panic!("{file}, {order:?}: {why}"));
                run.recap().iter().map(|line| plain(line)).collect::<Vec<_>>()
            };
            assert_eq!(recap(&mut Session::new()), recap(&mut InMemoryBackend::default()), "{file}, {order:?}");
        }
    }
}

/// A learner who goes back in time to before the beat, or switches to another cluster, plays freely until returning to the lesson.
#[test]
fn a_session_that_went_elsewhere_is_brought_back() {
    let mut session = Session::new();
    let mut run = Run::start(small(), None, &mut session);
    run.answer(1, session.cluster());
    session.apply(&power(false, "worker-1")).expect("it is on");
    run.advance(60 * S, &mut session);
    assert!(run.next(&mut session));
    let start = session.now_us();
    session.seek(40 * S, &mut || true);
    assert!(!run.look(session.cluster()) && run.screen(session.cluster()).free);
    run.back(&mut session);
    let screen = run.screen(session.cluster());
    assert_eq!((screen.beat, screen.free, screen.prepared), (1, false, Prepared::Replayed));
    assert!(session.now_us().abs_diff(start) < 2 * S);
    // This is free play, and its branch is abandoned.
    run.leave(&mut session);
    let left = session.now_us();
    session.apply(&power(false, "lb-1")).expect("it is on");
    run.advance(5 * S, &mut session);
    run.back(&mut session);
    assert!(session.now_us() < left + S && session.apply(&power(false, "lb-1")).is_ok());
}

/// A lesson that never ends is aborted, with the line that takes too long.
#[test]
fn a_play_ends_when_it_has_done_so_much_work() {
    let check = |setup: &str, events: u64, expect: &str| {
        let text = LESSON.replace("## Two {#two}\n", &format!("## Two {{#two}}\n{setup}\n"));
        let lesson = Rc::new(lesson::read(&text).unwrap_or_else(|error| panic!("{error}")));
        let played = lesson::play(&lesson, None, Playthrough::Canonical, &mut InMemoryBackend::limited(events));
        let why = played.err().unwrap_or_else(|| panic!("{setup}: it was played"));
        assert!(why.starts_with(expect), "{setup}: {why}");
    };
    check("setup: run 1h", 100_000, "line 30: to bring the cluster there takes more work than a lesson may");
    check("setup:\n  fresh {\"workers\": 300}", 60_000, "line 31: to bring the cluster there takes more work");
    check("setup: fresh", 2_000, "line 7: to bring the cluster there takes more work than a lesson may");
    check("setup: fresh", 15_000, "beat one (line 7): it takes more work than a lesson may, and still waits for: ");
}
