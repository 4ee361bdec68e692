//! The acts that name one host, process or pod: one vocabulary and one table of names for buttons, keys, forms, lessons,
//! scenarios, links and the trace.

use serde::{Serialize, Serializer};

/// What can be done to a host (`master-1`), a process (`master-1/etcd`) or a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// A host loses power.
    PowerOff,
    /// A host starts.
    PowerOn,
    /// SIGKILL to a process; its supervisor starts it again.
    Kill,
    /// SIGTERM to a process; its supervisor starts it again.
    Terminate,
    /// A process goes down and stays down until it is started: its manifest is moved away, or its unit stopped.
    Stop,
    /// A process that was stopped, or is down, starts.
    Start,
    /// A host or a process stands still, and forgets nothing.
    Pause,
    /// A host or a process that was paused goes on.
    Resume,
    /// The container of a pod ends; its kubelet starts it again.
    CrashContainer,
    /// A pod is deleted through the API, as `kubectl delete pod` does.
    DeletePod,
}

/// What a verb can be done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TargetKind {
    Host,
    Process,
    HostOrProcess,
    Pod,
}

/// Every verb, its name, and what it takes. The name is `do` in a scenario, the first word of an act in a lesson, and `data-act` in
/// the page.
const VERBS: [(Verb, &str, TargetKind); 10] = [
    (Verb::PowerOff, "power-off", TargetKind::Host),
    (Verb::PowerOn, "power-on", TargetKind::Host),
    (Verb::Kill, "kill", TargetKind::Process),
    (Verb::Terminate, "terminate", TargetKind::Process),
    (Verb::Stop, "stop", TargetKind::Process),
    (Verb::Start, "start", TargetKind::Process),
    (Verb::Pause, "pause", TargetKind::HostOrProcess),
    (Verb::Resume, "resume", TargetKind::HostOrProcess),
    (Verb::CrashContainer, "crash-container", TargetKind::Pod),
    (Verb::DeletePod, "delete-pod", TargetKind::Pod),
];

impl Verb {
    /// Every verb.
    pub fn all() -> impl Iterator<Item = Verb> {
        VERBS.iter().map(|(verb, ..)| *verb)
    }

    /// `power-off`
    pub fn name(self) -> &'static str {
        VERBS[self as usize].1
    }

    /// The kind of target that it takes.
    pub(crate) fn takes(self) -> TargetKind {
        VERBS[self as usize].2
    }

    /// The verb with this name.
    pub(crate) fn named(name: &str) -> Option<Verb> {
        VERBS.iter().find(|(_, known, _)| *known == name).map(|(verb, ..)| *verb)
    }
}

impl Serialize for Verb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the table against a row in another place than its variant.
    #[test]
    fn each_verb_has_its_own_name() {
        for (verb, name, _) in VERBS {
            assert_eq!(verb.name(), name);
            assert_eq!(Verb::named(name), Some(verb));
        }
    }
}
