//! One vocabulary of acts: each verb has the same name in scenarios (and so in links), lessons, the trace and the page.
//!
//! A new verb is a row of `ha_lab::kube::act`, and a target below. The other places are `cluster/acts.rs`, `lab/narration/acts.rs` and
//! `ui/verbs.rs` (ARCHITECTURE.md, "Where do I add a fault?"); the compiler finds them, because each `match` on a verb is exhaustive.

use ha_lab::cluster::config::{Act, Verb};
use ha_lab::lab::lesson::{LessonAct, Step, read};
use ha_lab::lab::narration::acts::done;
use ha_lab::lab::scenario::Scenario;
use ha_lab::ui::model::Action;
use ha_lab::ui::page::early;

/// The target of a verb, in a scenario and in a lesson.
fn target(verb: Verb) -> (&'static str, &'static str) {
    match verb {
        Verb::PowerOff | Verb::PowerOn | Verb::Pause | Verb::Resume => (r#""master-1""#, "master-1"),
        Verb::Kill | Verb::Terminate | Verb::Stop | Verb::Start => (r#""master-1/etcd""#, "master-1/etcd"),
        Verb::CrashContainer | Verb::DeletePod => (r#"{"podOf":"web","index":0}"#, "pod(web)"),
    }
}

#[test]
fn the_names_of_verbs_are_the_same_everywhere() {
    let mut told = Vec::new();
    for verb in Verb::all() {
        let (name, (in_file, in_lesson)) = (verb.name(), target(verb));
        let file =
            format!(r#"{{"version":1,"script":[{{"at":"40s","do":"{name}","target":{in_file}}}],"until":"60s"}}"#);
        let scenario = Scenario::parse(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(matches!(scenario.acts()[0].1, Act::On(read, _) if read == verb), "{name} in a scenario");
        assert!(scenario.to_json().contains(&format!(r#""do":"{name}""#)), "{name} is written as it is read");
        assert_eq!(Scenario::parse(&scenario.to_json()).as_ref(), Ok(&scenario), "{name} goes round");

        let lesson = format!(
            "---\nid: a\ntitle: A\nabout: A.\n---\n## One {{#one}}\nText.\n\ndo: It.\n  act: {name} {in_lesson}\n  done: elapsed > 1s\n"
        );
        let lesson = read(&lesson).unwrap_or_else(|error| panic!("{name}: {error}"));
        let acts = lesson.beats[0]
            .steps
            .iter()
            .filter_map(|step| if let Step::Do(task) = step { Some(&task.acts) } else { None });
        let verbs: Vec<Verb> = acts
            .flatten()
            .filter_map(|act| if let LessonAct::Aimed(verb, _) = act { Some(*verb) } else { None })
            .collect();
        assert_eq!(verbs, [verb], "{name} in a lesson");

        let pressed = early::actions(&format!("{name} master-1\n"));
        assert_eq!(pressed, [Action::Act("master-1".into(), verb)], "{name} before the lab runs");
        told.push(done(&ha_lab::kube::trace_event::ActRecord::On(verb, "it".into())));
    }
    told.sort();
    told.dedup();
    assert_eq!(told.len(), Verb::all().count(), "each is told in its own words: {told:?}");
}
