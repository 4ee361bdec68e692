//! Tests of `burden`: whatever a link, a file or a lesson brings, a frame does little, something else can be done meanwhile,
//! and what takes much asks.

use std::cell::Cell;

use super::burden::{Allowance, Burden};
use super::share::{Step as Share, file, fragment};
use super::{Action, Model};
use crate::cluster::Weight;
use crate::kube::object::Kind;
use crate::lab::link::{Link, forge};
use crate::lab::scenario::Scenario;
use crate::lab::session::Session;
use crate::lab::view::Setup;
use crate::ui::learn::state::{Place, Source, Step};

const INDEX: &str = include_str!("../../../static/lessons/en/index.json");
const TOUR: &str = include_str!("../../../static/lessons/en/00-tour.md");

/// So many events may be handled in a frame by a clock that is a ms later at each look: 32 looks, and the rest of an instant,
/// in which five hundred pods may be created.
const FRAME_EVENTS: u64 = 2_000;

/// 5,000 workers, 10,000 pods, in a lesson.
const LARGEST: &str = "#1.l9o1MDAwLNk3LO53ZWKjcmVwbGljYXMiOjEwMDAwfV19lTYwc6NsZXNzb24iOiJ0b3VyorXC";
/// 75 workers whose candidates try each µs.
const EAGER: &str = "#1.l9o3NSzZNyzb3SzcN30s3-J9LO53ZWKjcmVwbGljYXMiOjc1fV0s5-ks7TF1c6NyZW5ld0RlYWRsaW5lIjoiMTBzo_xEdXJhdGlvbiI6IjE1oX2VNjChwHU";

/// Clocks that are a hundred times too fast, for a day.
fn fast_clocks() -> String {
    let step = |host: &str| format!(r#"{{"at":"1s","do":"clock","target":"{host}","rate":100}}"#);
    let steps: Vec<String> = ["master-1", "master-2", "master-3"].map(step).to_vec();
    forge(&format!(r#"{{"script":[{}],"until":"80000s"}}"#, steps.join(",")))
}

/// A hundred times ten thousand pods.
fn typed() -> String {
    let step = |n: u32| {
        let args = format!(r#"["create","deployment","x{n}","--image=x","--replicas=10000"]"#);
        format!(r#"{{"at":"{}s","do":"kubectl","args":{args}}}"#, 30 + n)
    };
    let steps: Vec<String> = (0..100).map(step).collect();
    forge(&format!(r#"{{"script":[{}],"until":"300s"}}"#, steps.join(",")))
}

/// A lesson with this in its front matter and in the setup of its second beat.
fn lesson(front: &str, setup: &str) -> String {
    format!(
        "---\nid: own\ntitle: Own\nabout: Own.\n{front}---\n## One {{#one}}\nText.\n\n## Two {{#two}}\n{setup}Text.\n"
    )
}

/// A clock that shows a ms more each time that one looks.
pub(super) fn ticking() -> f64 {
    thread_local!(static MS: Cell<f64> = const { Cell::new(0.0) });
    MS.with(|ms| ms.replace(ms.get() + 1.0))
}

fn model() -> Model {
    let mut model = Model::new(Session::new(), false, true);
    model.clock = ticking;
    model.reduce(Action::Learn(Step::Go(Place::List)));
    model.reduce(Action::Learn(Step::List("en".into(), Ok(INDEX.into()))));
    model.reduce(Action::Learn(Step::Go(Place::Sandbox)));
    model
}

/// Does it; no more than a frame's work.
fn does(model: &mut Model, action: Action) {
    let said: String = format!("{action:?}").chars().take(60).collect();
    // Another session takes the stage, which has done other work before.
    let other = matches!(action, Action::Learn(Step::Go(_) | Step::Cancel) | Action::Heavy(false));
    let (before, began) = (model.session.spent(), ticking());
    model.reduce(action);
    let (spent, looks) = (model.session.spent().saturating_sub(before), ticking() - began);
    assert!(other || spent < FRAME_EVENTS, "{spent} events for {said}");
    assert!(looks < 100.0, "{looks} looks at the clock for {said}");
}

/// Frames until it is so; each does little.
fn frames(model: &mut Model, what: &str, done: impl Fn(&Model) -> bool) {
    for _ in 0..20_000 {
        if done(model) {
            return;
        }
        let ms = model.wall_ms + 16.0;
        does(model, Action::Frame(ms));
    }
    panic!("never {what}");
}

fn open(model: &mut Model, link: &str) {
    let step = fragment(link, true).expect("one of ours");
    assert!(matches!(step, Share::Open(_)), "{link}: {step:?}");
    does(model, Action::Share(step));
    if model.learn.loading {
        does(model, Action::Learn(Step::Text(Source::Listed("tour".into()), Ok(TOUR.into()))));
    }
}

fn is_default(model: &Model) -> bool {
    model.view.setup == Setup::default()
        && !model.is_starting()
        && model.transport.playing
        && model.learn.place == Place::Sandbox
}

#[test]
fn a_link_is_opened_in_frames_and_another_cluster_can_be_started_meanwhile() {
    let check = |link: &str| {
        let mut model = model();
        open(&mut model, link);
        assert!(model.is_starting() || model.travels(), "{link}");
        for _ in 0..50 {
            let ms = model.wall_ms + 16.0;
            does(&mut model, Action::Frame(ms));
        }
        assert!(model.is_starting() || model.travels(), "{link}");
        assert!(model.starting().is_none_or(|starting| starting.until_us > 0), "{link}");
        // The largest one is in a lesson, which plays on with what is started in it.
        does(&mut model, Action::Learn(Step::Go(Place::Sandbox)));
        does(&mut model, Action::Reset(Setup::default()));
        frames(&mut model, "another cluster", is_default);
        assert_eq!(model.view.start_us, 30_000_000, "{link}");
    };
    for link in [LARGEST, EAGER, &fast_clocks(), &typed()] {
        check(link);
    }
}

#[test]
fn a_file_and_a_kept_run_begin_in_frames_too() {
    let text = r#"{"version":1,"until":"168h","cluster":{"masters":7,"etcd":{"members":7}}}"#;
    let mut model = model();
    does(&mut model, Action::Share(file(text)));
    assert!(model.is_starting() || model.travels());
    let kept = model.kept();
    let (mut other, before) = (self::model(), ticking());
    other.bring_back(&kept);
    assert!(other.session.spent() < FRAME_EVENTS && ticking() > before);
    assert!(other.is_starting() || other.travels());
    does(&mut other, Action::Reset(Setup::default()));
    frames(&mut other, "another cluster", is_default);
}

#[test]
fn a_lesson_is_prepared_in_frames_and_can_be_left() {
    let large = r#"{"workers":5000,"deployments":[{"name":"web","replicas":10000}]}"#;
    let check = |front: &str, setup: &str, beat: usize| {
        let text = lesson(front, setup);
        let begun = || {
            let mut model = model();
            does(&mut model, Action::Learn(Step::Text(Source::Own("own.md".into()), Ok(text.as_str().into()))));
            if beat > 0 {
                frames(&mut model, "the first beat", |model| !model.is_preparing());
                does(&mut model, Action::Learn(Step::Beat(beat)));
            }
            let screen = &model.learn.running.as_ref().expect("it runs").screen;
            assert!(screen.preparing && screen.beat == beat && screen.parts.is_empty(), "{text}");
            for _ in 0..50 {
                let ms = model.wall_ms + 16.0;
                does(&mut model, Action::Frame(ms));
            }
            assert!(model.is_preparing(), "{text}");
            model
        };
        let mut model = begun();
        does(&mut model, Action::Undo);
        assert!(model.said.contains("is starting"), "{}", model.said);
        does(&mut model, Action::Learn(Step::Go(Place::List)));
        assert_eq!(model.learn.place, Place::List);
        does(&mut model, Action::Learn(Step::Go(Place::Sandbox)));
        frames(&mut model, "the sandbox", is_default);
        let mut model = begun();
        does(&mut model, Action::Learn(Step::Cancel));
        assert!(model.learn.place == Place::List && model.learn.running.is_none());
        let mut model = begun();
        does(&mut model, Action::Reset(Setup::default()));
        frames(&mut model, "another cluster", |model| !model.is_starting());
        assert!(!model.is_preparing());
        assert!(model.learn.running.as_ref().is_some_and(|running| running.screen.free), "it is free play");
    };
    check("", "setup: run 1h\n", 1);
    check(&format!("cluster: {large}\n"), "", 0);
    check("", &format!("setup: fresh {large}\n"), 1);
    let twenty: String = (0..19).map(|n| format!("  fresh {{\"workers\":{}}}\n", 130 + n)).collect();
    check("", &format!("setup: fresh\n{twenty}"), 1);
    check("", "setup: until: node worker-1 is not ready\n", 1);
}

/// Guards that what a lesson measures does not depend on how fast the machine is.
#[test]
fn a_beat_that_is_prepared_in_frames_is_as_one_that_is_prepared_at_once() {
    let text = include_str!("../../../static/lessons/en/05-lease.md");
    let at = |clock: fn() -> f64, beat: usize| {
        let mut model = model();
        model.clock = clock;
        model.reduce(Action::Learn(Step::Text(Source::Own("own.md".into()), Ok(text.into()))));
        model.reduce(Action::Learn(Step::Beat(beat)));
        frames(&mut model, "prepared", |model| !model.is_preparing());
        let running = model.learn.running.as_ref().expect("it runs");
        let digest = model.session.cluster().world().trace().digest();
        (running.screen.parts.clone(), running.run.progress(), model.session.now_us(), digest)
    };
    for beat in [1, 3] {
        assert_eq!(at(ticking, beat), at(|| 0.0, beat), "beat {beat}");
    }
}

fn small() -> Allowance {
    Allowance { events: 100_000, state: Weight { objects: 300, bytes: u64::MAX } }
}

#[test]
fn what_takes_much_asks_and_time_stands_until_it_is_answered() {
    let check = |link: &str, expect: fn(Burden) -> bool| {
        let opened = || {
            let mut model = model();
            model.work.at_once = small();
            open(&mut model, link);
            frames(&mut model, "asked", |model| model.work.burden.is_some());
            assert!(model.work.burden.is_some_and(expect), "{link}: {:?}", model.work.burden);
            assert!(model.said.contains("until you decide"), "{}", model.said);
            model
        };
        let mut model = opened();
        let spent = model.session.spent();
        for _ in 0..10 {
            let ms = model.wall_ms + 16.0;
            does(&mut model, Action::Frame(ms));
        }
        model.reduce(Action::Play(true)); // of a page around the lab
        assert_eq!((model.session.spent(), model.work.burden.is_some()), (spent, true));
        does(&mut model, Action::Heavy(true));
        frames(&mut model, "asked again", |model| model.work.burden.is_some());
        assert!(model.session.spent() > spent);
        does(&mut model, Action::Heavy(false));
        frames(&mut model, "something else", is_default);
        let mut model = opened();
        does(&mut model, Action::PlayPause);
        assert!(model.work.burden.is_none() && model.travels(), "to play on is an answer");
    };
    check(&fast_clocks(), |burden| matches!(burden, Burden::Events(n) if (100_000..120_000).contains(&n)));
    check(&typed(), |burden| matches!(burden, Burden::Objects(n) if (300..1_000).contains(&n)));
}

#[test]
fn what_a_learner_does_by_hand_does_not_ask() {
    let mut model = model();
    model.work.at_once = Allowance { events: 1_000, ..small() };
    does(&mut model, Action::Until(super::Goal::Takeover));
    frames(&mut model, "looked for", |model| !model.travels());
    assert_eq!((model.work.burden, model.view.now_us), (None, 630_000_000));
}

#[test]
fn a_lesson_that_takes_much_asks_and_can_be_left() {
    let mut model = model();
    model.work.at_once = small();
    let text = lesson("", "setup: run 1h\n");
    does(&mut model, Action::Learn(Step::Text(Source::Own("own.md".into()), Ok(text.as_str().into()))));
    frames(&mut model, "the first beat", |model| !model.is_preparing());
    does(&mut model, Action::Learn(Step::Next));
    frames(&mut model, "asked", |model| model.work.burden.is_some());
    does(&mut model, Action::Heavy(false));
    assert!(model.learn.place == Place::List && model.learn.running.is_none());
}

/// What was typed a hundred times weighs little for as long as the controllers are as slow as real ones.
#[test]
fn typed_lines_do_not_fill_the_memory() {
    let link: Link = crate::lab::link::decode(&typed()).expect("it is whole").expect("it is ours");
    let mut session = Session::open(&link.scenario);
    session.advance(90_000_000);
    let (pods, weight) = (session.cluster().objects(Kind::Pod).len(), session.cluster().weight());
    assert!((2_000..3_000).contains(&pods), "{pods}");
    assert!(weight.objects < 15_000 && weight.bytes < 100_000_000, "{weight:?}");
}

/// And a cluster holds so many pods, whatever is typed.
#[test]
fn more_pods_than_a_cluster_may_have_are_refused_as_by_a_quota() {
    let kubectl = |at: u32, args: &str| format!(r#"{{"at":"{at}s","do":"kubectl","args":[{args}]}}"#);
    let scenario = format!(
        r#"{{"version":1,"cluster":{{"workers":0,"deployments":[{{"name":"web","replicas":9990}}]}},"script":[{},{}],"until":"50s"}}"#,
        kubectl(40, r#""create","deployment","x","--image=x","--replicas=100""#),
        kubectl(45, r#""run","one","--image=x""#),
    );
    let session = Session::load(&Scenario::parse(&scenario).expect("it is valid"));
    let static_ones = |pod: &&std::rc::Rc<crate::kube::object::Object>| pod.pod().is_some_and(|pod| pod.mirror);
    let pods = session.cluster().objects(Kind::Pod);
    let used = pods.len() - pods.iter().filter(static_ones).count();
    assert_eq!(used, 10_000);
    let text = "exceeded quota: lab, requested: pods=1, used: pods=10000, limited to: pods=10000";
    let events = session.cluster().objects(Kind::Event);
    assert!(events.iter().any(|event| format!("{event:?}").contains("FailedCreate")));
    let printed = format!("{:?}", session.cluster().history().commands.back().expect("it was typed"));
    let expect = format!(r#"Error from server (Forbidden): pods \"one\" is forbidden: {text}"#);
    assert!(printed.contains(&expect), "{printed}");
}
