//! Acts and refusals as sentences.

use super::texts as say;
use crate::cluster::Refusal;
use crate::cluster::flags::Wrong;
use crate::kube::act::Verb;
use crate::kube::trace_event::ActRecord;
use crate::lab::i18n::Text;

/// Returns the text of an act: `Power off master-1`.
pub fn done(done: &ActRecord) -> String {
    let one = |text: Text, of: &str| text.with(&[("of", &of)]);
    match done {
        ActRecord::On(verb, of) => one(verb_text(*verb), of),
        ActRecord::Clock(host) => one(say::DONE_CLOCK, host),
        ActRecord::Partition => say::DONE_PARTITION.to_string(),
        ActRecord::Cut(from, to) => say::DONE_CUT.with(&[("from", from), ("to", to)]),
        ActRecord::Link(a, b) => say::DONE_LINK.with(&[("a", a), ("b", b)]),
        ActRecord::Heal => say::DONE_HEAL.to_string(),
        ActRecord::Timings([lease, renew, retry]) => {
            say::DONE_TIMINGS.with(&[("lease", lease), ("renew", renew), ("retry", retry)])
        }
        ActRecord::Reading => say::DONE_READING.to_string(),
        ActRecord::Flags(process, flags) => say::DONE_FLAGS.with(&[("of", process), ("flags", flags)]),
        ActRecord::Typed(line) => line.to_string(),
    }
}

/// Returns the text of a verb, with `{of}` for its target.
fn verb_text(verb: Verb) -> Text {
    match verb {
        Verb::PowerOff => say::DONE_POWER_OFF,
        Verb::PowerOn => say::DONE_POWER_ON,
        Verb::Kill => say::DONE_KILL,
        Verb::Terminate => say::DONE_TERMINATE,
        Verb::Stop => say::DONE_STOP,
        Verb::Start => say::DONE_START,
        Verb::Pause => say::DONE_PAUSE,
        Verb::Resume => say::DONE_RESUME,
        Verb::CrashContainer => say::DONE_CRASH_CONTAINER,
        // It is typed on the laptop, and its text is that of the typed command.
        Verb::DeletePod => say::DONE_DELETE_POD,
    }
}

/// Returns the text of a refusal.
pub fn refusal(why: &Refusal) -> String {
    let one = |text: Text, of: &str| text.with(&[("of", &of)]);
    match why {
        Refusal::NoHost(name) => one(say::NOT_DONE_NO_HOST, name),
        Refusal::NoProcess(host, name) => say::NOT_DONE_NO_PROCESS.with(&[("host", host), ("of", name)]),
        Refusal::NoPod(name) => one(say::NOT_DONE_NO_POD, name),
        Refusal::NoPodAt { deployment, count, index } => {
            say::NOT_DONE_NO_POD_AT.with(&[("of", deployment), ("count", count), ("index", index)])
        }
        Refusal::NoLeader(what) => one(say::NOT_DONE_NO_LEADER, what),
        Refusal::WantsHost(process) => one(say::NOT_DONE_WANTS_HOST, process),
        Refusal::WantsProcess(host) => one(say::NOT_DONE_WANTS_PROCESS, host),
        Refusal::WantsPod => say::NOT_DONE_WANTS_POD.to_string(),
        Refusal::IsPod => say::NOT_DONE_IS_POD.to_string(),
        Refusal::NotOn(host) => one(say::NOT_DONE_NOT_ON, host),
        Refusal::NotRunning(process) => one(say::NOT_DONE_NOT_RUNNING, process),
        Refusal::NoContainer(pod) => one(say::NOT_DONE_NO_CONTAINER, pod),
        Refusal::LaptopOff => say::NOT_DONE_LAPTOP_OFF.to_string(),
        Refusal::Flag(wrong) => wrong_flag(wrong),
        Refusal::Printed(text) => text.clone(),
    }
}

/// Returns why a flag cannot have a value.
pub(crate) fn wrong_flag(wrong: &Wrong) -> String {
    match wrong {
        Wrong::Fixed { flag, component } => say::NOT_DONE_FLAG_FIXED.with(&[("flag", flag), ("of", component)]),
        Wrong::Most { flag, most } => say::NOT_DONE_FLAG_MOST.with(&[("flag", flag), ("most", most)]),
        Wrong::Servers { flag, most } => say::NOT_DONE_FLAG_SERVERS.with(&[("flag", flag), ("most", most)]),
        Wrong::Least { flag, least } => say::NOT_DONE_FLAG_LEAST.with(&[("flag", flag), ("least", least)]),
        Wrong::Printed(text) => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use crate::lab::forms::FormAct;
    use crate::lab::i18n::{parse, speak};
    use crate::lab::session::Session;
    use crate::lab::view::Verb;

    /// Guards that the timeline, the branches and the refusals of a page in another language are in that language.
    #[test]
    fn what_was_done_and_what_cannot_be_done_are_said_in_the_language_in_force() {
        speak(Some(parse(include_str!("../../../static/texts/zh-Hans.json")).expect("a file of texts")));
        let mut session = Session::new();
        session.act("master-1", Verb::PowerOff).expect("it is on");
        let typed =
            |session: &mut Session, act, fields: [&str; 2]| session.perform(act, "master-2", &fields.map(Into::into));
        let refused = session.act("master-1/etcd", Verb::Kill);
        let wrong = typed(&mut session, FormAct::Clock, ["fast", ""]);
        let peer = typed(&mut session, FormAct::CutBoth, ["master-2", ""]);
        let fixed = session.perform(FormAct::Flags, "master-2/etcd", &["--heartbeat-interval=200".into()]);
        let flag = "--event-ttl=48h".into();
        let long = session.perform(FormAct::Flags, "master-2/kube-apiserver", &[flag]);
        let unsupported = typed(&mut session, FormAct::Type, ["kubectl edit pods", ""]);
        typed(&mut session, FormAct::Type, ["kubectl get pods", ""]).expect("the laptop is on");
        let view = session.view();
        speak(None);
        assert_eq!(view.history.marks.iter().map(|mark| &*mark.text).collect::<Vec<_>>(), ["关闭 master-1 的电源"]);
        assert_eq!(&*view.branches[0].text, "关闭 master-1 的电源");
        let told: Vec<_> = view.history.events.iter().map(|event| &*event.text).collect();
        assert!(told.contains(&"你：关闭 master-1 的电源") && told.contains(&"你：kubectl get pods"), "{told:?}");
        assert_eq!(refused, Err("master-1/etcd 没有在运行".to_owned()));
        assert_eq!(wrong, Err("速率：输入的是“fast”，允许的是 0.01 到 100 的数；1 表示准确".to_owned()));
        assert_eq!(fixed, Err("实验室中不能更改 etcd 的 --heartbeat-interval".to_owned()));
        assert_eq!(long, Err("--event-ttl：实验室最多允许 24h0m0s".to_owned()));
        assert_eq!(unsupported, Err("实验室不支持：kubectl edit".to_owned()));
        assert!(peer.is_err_and(|why| why.contains("lb-1、master-1、master-2")));
    }
}
