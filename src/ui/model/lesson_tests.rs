//! Tests of `lesson`: the page's side of a lesson, without a browser.

use super::{Action, Effect, Model};
use crate::lab::lesson::Part;
use crate::lab::session::Session;
use crate::lab::view::{Power, Verb};
use crate::ui::learn::state::{Place, Source, Step};

const TOUR: &str = include_str!("../../../static/lessons/en/00-tour.md");
const INDEX: &str = include_str!("../../../static/lessons/en/index.json");

fn model() -> Model {
    let mut model = Model::new(Session::new(), true, true);
    learn(&mut model, Step::Go(Place::List));
    assert!(model.take_effects().contains(&Effect::LoadList));
    learn(&mut model, Step::List("en".into(), Ok(INDEX.into())));
    model
}

fn learn(model: &mut Model, step: Step) {
    model.reduce(Action::Learn(step));
}

/// The tour at a beat.
fn tour(beat: Option<u32>) -> Model {
    let mut model = model();
    learn(&mut model, Step::Open { id: "tour".into(), beat, moment: None });
    learn(&mut model, Step::Text(Source::Listed("tour".into()), Ok(TOUR.into())));
    assert_eq!(model.learn.place, Place::Lesson);
    model
}

fn state(model: &Model) -> &'static str {
    let screen = &model.learn.running.as_ref().expect("a lesson runs").screen;
    match screen.parts.last() {
        _ if screen.free => "free",
        _ if screen.complete => "complete",
        Some(Part::Predict { .. }) => "ask",
        Some(Part::Do { .. }) => "do",
        _ => "wait",
    }
}

/// Frames until the lesson is in this state.
fn frames(model: &mut Model, wanted: &str) {
    let from = model.wall_ms;
    for frame in 1..2_000 {
        model.reduce(Action::Frame(from + f64::from(frame) * 16.0));
        if state(model) == wanted {
            return;
        }
    }
    panic!("it stays at {}", state(model));
}

fn answer(model: &mut Model) {
    learn(model, Step::Mark(0));
    learn(model, Step::Commit);
}

#[test]
fn time_stands_while_a_question_is_asked_and_runs_when_it_is_answered() {
    let mut model = tour(None);
    assert_eq!((state(&model), model.transport.playing), ("ask", false));
    learn(&mut model, Step::Commit);
    assert_eq!(state(&model), "ask", "nothing is marked");
    answer(&mut model);
    assert_eq!((state(&model), model.transport.playing), ("do", true));
}

#[test]
fn a_beat_is_told_by_real_acts_and_its_progress_is_kept() {
    let mut model = tour(Some(1));
    answer(&mut model);
    learn(&mut model, Step::ShowMe);
    let target = model.selection.selected.clone().expect("the scheduler that stands by is selected");
    let points = model.take_effects().into_iter().any(|effect| matches!(effect, Effect::Point(_)));
    assert!(points && target.ends_with("/kube-scheduler"), "{target}");
    model.reduce(Action::Act(target, Verb::Kill));
    frames(&mut model, "complete");
    assert!(!model.transport.playing, "the beat is over");
    let keeps = model.take_effects().into_iter().filter_map(|effect| match effect {
        Effect::KeepProgress(id, json) => Some((id, json)),
        _ => None,
    });
    let (id, json) = keeps.last().expect("progress is kept");
    assert_eq!(&*id, "tour");
    assert!(json.contains(r#""act":{"answers":[[0,2]],"done":true}"#), "{json}");
}

#[test]
fn an_undo_opens_the_task_again_and_takes_the_answer_back() {
    let mut model = tour(Some(1));
    answer(&mut model);
    learn(&mut model, Step::DoIt);
    frames(&mut model, "complete");
    model.reduce(Action::Undo);
    assert_eq!(state(&model), "do");
    let screen = model.learn.running.as_ref().expect("it runs").screen.clone();
    let judged = |part: &Part| matches!(part, Part::Predict { judged: true, .. });
    assert!(!screen.parts.iter().any(judged), "not judged any more");
    assert!(screen.parts.iter().any(|part| matches!(part, Part::Predict { answered: Some(0), .. })), "but answered");
    learn(&mut model, Step::DoIt);
    frames(&mut model, "complete");
    assert_eq!(
        model.learn.running.as_ref().expect("it runs").progress.score(),
        (0, 1),
        "asked once, whatever was undone"
    );
}

#[test]
fn who_goes_back_too_far_is_led_to_the_beginning_of_the_beat() {
    let mut model = tour(Some(1));
    answer(&mut model);
    let start = model.view.history.since_us;
    model.reduce(Action::Seek(start));
    assert_eq!(state(&model), "free");
    learn(&mut model, Step::Back);
    assert_eq!(state(&model), "ask");
}

#[test]
fn run_until_then_stops_when_it_comes() {
    let mut model = tour(Some(2));
    learn(&mut model, Step::DoIt);
    assert_eq!(state(&model), "wait");
    let before = model.view.now_us;
    learn(&mut model, Step::Hurry);
    frames(&mut model, "do");
    let waited = (model.view.now_us - before) / 1_000_000;
    assert!((30..60).contains(&waited), "a node is NotReady after 40 s of silence: {waited}");
    assert!(model.transport.playing && model.wall_ms < 5_000.0, "{}", model.wall_ms);
}

#[test]
fn the_sandbox_waits_with_its_own_cluster() {
    let mut model = model();
    learn(&mut model, Step::Go(Place::Sandbox));
    model.reduce(Action::Act("master-2".into(), Verb::PowerOff));
    let hint = model.hint.clone();
    learn(&mut model, Step::Open { id: "tour".into(), beat: None, moment: None });
    learn(&mut model, Step::Text(Source::Listed("tour".into()), Ok(TOUR.into())));
    assert!(model.view.hosts.iter().all(|host| host.power == Power::On));
    learn(&mut model, Step::Go(Place::Sandbox));
    assert_eq!(model.view.host("master-2").map(|host| host.power), Some(Power::Off));
    assert_eq!((model.hint.clone(), model.place.clone()), (hint, None));
    let now = model.view.now_us;
    learn(&mut model, Step::Learn);
    assert_eq!((state(&model), model.view.setup.seed), ("ask", 11));
    learn(&mut model, Step::Go(Place::List));
    model.reduce(Action::Frame(1_000_000.0));
    learn(&mut model, Step::Go(Place::Sandbox));
    assert_eq!(model.view.now_us, now, "nothing runs that is not shown");
}

#[test]
fn another_cluster_in_a_lesson_is_free_play_and_there_is_a_way_back() {
    let mut model = tour(Some(1));
    let setup = crate::lab::view::Setup::new(99, crate::lab::scenario::Cluster::default());
    model.reduce(Action::Reset(setup));
    assert_eq!((state(&model), model.view.setup.seed), ("free", 99));
    learn(&mut model, Step::Back);
    assert_eq!((state(&model), model.view.setup.seed), ("ask", 11));
}

#[test]
fn what_is_wrong_with_a_file_is_said_by_line_and_nothing_else_changes() {
    let mut model = model();
    let own = |model: &mut Model, text: &str| {
        learn(model, Step::Text(Source::Own("mine.md".into()), Ok(text.into())));
        model.learn.trouble.clone().map(|trouble| trouble.to_string()).unwrap_or_default()
    };
    let said = own(&mut model, "nothing");
    assert!(said.starts_with("mine.md is not a lesson. Line 1: ") && said.contains("allowed"), "{said}");
    let large = TOUR.replacen("seed: 11", "seed: 11\ncluster: {\"workers\": 6000}", 1);
    let said = own(&mut model, &large);
    assert!(said.contains("6000 is out of range; allowed: 0 to 5000"), "{said}");
    assert!(model.learn.running.is_none());
    assert_eq!(own(&mut model, TOUR), "");
    model.take_effects();
    answer(&mut model);
    let keeps = model.take_effects().into_iter().any(|effect| matches!(effect, Effect::KeepProgress(..)));
    assert!(!keeps, "progress of a file of one's own is not kept under another's name");
    assert_eq!(model.place, None);
}

#[test]
fn what_cannot_be_read_of_a_lesson_is_set_aside_said_and_can_be_saved() {
    let mut model = model();
    learn(&mut model, Step::Kept(vec![("lease".into(), "{\"version\":9}".into())]));
    let said = |model: &Model| model.learn.trouble.as_ref().is_some_and(|said| said.contains("The lease"));
    assert!(said(&model));
    assert!(model.take_effects().contains(&Effect::SetAside("lease".into())));
    learn(&mut model, Step::Go(Place::List));
    assert!(said(&model), "it stays until it is put away");
    learn(&mut model, Step::SaveAside);
    let file = r#"{"lease":"{\"version\":9}"}"#.to_owned();
    assert!(model.take_effects().contains(&Effect::Save { name: "ha-lab-progress.json".into(), text: file }));
    learn(&mut model, Step::PutAway);
    assert!(!said(&model));
}

#[test]
fn a_link_opens_a_beat_and_a_moment_of_it_is_free_play() {
    let mut first = tour(Some(1));
    answer(&mut first);
    learn(&mut first, Step::DoIt);
    let link = first.moment();
    assert_eq!(link.place.as_ref().map(|place| (place.lesson.as_str(), place.beat)), Some(("tour", 1)));
    let mut second = model();
    second.reduce(Action::Share(super::share::Step::Open(Box::new(link))));
    learn(&mut second, Step::Text(Source::Listed("tour".into()), Ok(TOUR.into())));
    assert_eq!((state(&second), second.view.now_us), ("free", first.view.now_us));
    learn(&mut second, Step::Back);
    assert_eq!(second.learn.running.as_ref().map(|running| running.run.current_beat()), Some(1));
    assert_eq!(state(&second), "ask");
}
