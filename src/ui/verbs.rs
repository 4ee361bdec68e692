//! The verbs in the page: the key, look and texts of each, and which of them a component offers in its present state.

use crate::lab::i18n::Text;
use crate::lab::view::{HostKind, Name, Power, ProcessState, Verb, View};
use crate::ui::texts;
#[cfg(target_arch = "wasm32")]
use crate::ui::widgets::icons::Icon;

/// The key and the texts of a verb.
struct Row {
    key: char,
    label: Text,
    short: Text,
    means: Text,
}

fn row(verb: Verb) -> Row {
    let (key, label, short, means) = match verb {
        Verb::PowerOff => ('o', texts::ACT_POWER_OFF, texts::ACT_SHORT_POWER_OFF, texts::ACT_MEANS_POWER_OFF),
        Verb::PowerOn => ('o', texts::ACT_POWER_ON, texts::ACT_SHORT_POWER_ON, texts::ACT_MEANS_POWER_ON),
        Verb::Kill => ('k', texts::ACT_KILL, texts::ACT_SHORT_KILL, texts::ACT_MEANS_KILL),
        Verb::Terminate => ('t', texts::ACT_TERMINATE, texts::ACT_SHORT_TERMINATE, texts::ACT_MEANS_TERMINATE),
        Verb::Stop => ('s', texts::ACT_STOP, texts::ACT_SHORT_STOP, texts::ACT_MEANS_STOP),
        Verb::Start => ('s', texts::ACT_START, texts::ACT_SHORT_START, texts::ACT_MEANS_START),
        Verb::Pause => ('p', texts::ACT_PAUSE, texts::ACT_SHORT_PAUSE, texts::ACT_MEANS_PAUSE),
        Verb::Resume => ('p', texts::ACT_RESUME, texts::ACT_SHORT_RESUME, texts::ACT_MEANS_RESUME),
        Verb::CrashContainer => {
            ('k', texts::ACT_CRASH_CONTAINER, texts::ACT_SHORT_CRASH_CONTAINER, texts::ACT_MEANS_CRASH_CONTAINER)
        }
        Verb::DeletePod => ('d', texts::ACT_DELETE_POD, texts::ACT_SHORT_DELETE_POD, texts::ACT_MEANS_DELETE_POD),
    };
    Row { key, label, short, means }
}

/// Returns the icon of a verb.
#[cfg(target_arch = "wasm32")]
pub(crate) fn icon(verb: Verb) -> Icon {
    match verb {
        Verb::PowerOff | Verb::PowerOn => Icon::Power,
        Verb::Kill => Icon::Skull,
        Verb::Terminate => Icon::Signal,
        Verb::Stop => Icon::Stop,
        Verb::Start | Verb::Resume => Icon::Play,
        Verb::Pause => Icon::Snow,
        Verb::CrashContainer | Verb::DeletePod => Icon::Cube,
    }
}

/// Returns the style of a verb's buttons: `danger` takes something away, `revive` brings something back.
pub(crate) fn class(verb: Verb) -> &'static str {
    match verb {
        Verb::Kill | Verb::PowerOff => "danger",
        Verb::PowerOn | Verb::Start | Verb::Resume => "revive",
        _ => "",
    }
}

/// Returns the text of a button: `Switch off`.
pub(crate) fn label(verb: Verb) -> &'static str {
    row(verb).label.get()
}

/// Returns the text of a button that stands apart from its target: `Switch off master-1`.
pub(crate) fn label_on(verb: Verb, target: &str) -> String {
    texts::ACT_ON.with(&[("act", &label(verb)), ("target", &target)])
}

/// Returns the name of a verb in the field's terms, in two or three words.
pub(crate) fn short(verb: Verb) -> &'static str {
    row(verb).short.get()
}

/// Returns the effect of a verb, in one line.
pub(crate) fn means(verb: Verb) -> &'static str {
    row(verb).means.get()
}

/// A verb that is possible now, and its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) verb: Verb,
    pub(crate) target: Name,
}

impl Offer {
    pub(crate) fn key(&self) -> char {
        row(self.verb).key
    }

    /// Returns the key as a button shows it: `K`.
    pub(crate) fn cap(&self) -> String {
        self.key().to_ascii_uppercase().to_string()
    }

    /// Returns the text of its button. It names the target if that is not selected.
    pub(crate) fn label(&self, selected: &str) -> String {
        if *self.target == *selected { label(self.verb).to_owned() } else { label_on(self.verb, &self.target) }
    }
}

/// Returns what can be done to `target` in its present state.
pub(crate) fn offers(view: &View, target: &str) -> Vec<Offer> {
    let offer = |verb: Verb, target: &str| Offer { verb, target: target.into() };
    if let Some(pod) = target.strip_prefix("pod/") {
        let verbs = [Verb::CrashContainer, Verb::DeletePod];
        return view.pod(pod).map_or(vec![], |_| verbs.map(|verb| offer(verb, target)).into());
    }
    let Some(host) = view.host(target) else { return vec![] };
    if matches!(host.kind, HostKind::Laptop | HostKind::AppUser) {
        return vec![];
    }
    let power = if host.power == Power::Off { Verb::PowerOn } else { Verb::PowerOff };
    let freeze = if host.power == Power::Paused { Verb::Resume } else { Verb::Pause };
    let on_process: &[Verb] = match view.process(target).map(|process| process.state) {
        None if host.power == Power::Off => &[],
        None => &[freeze],
        Some(_) if host.power != Power::On => &[],
        Some(ProcessState::Running | ProcessState::Starting | ProcessState::NotReady) => {
            &[Verb::Kill, Verb::Terminate, Verb::Stop, Verb::Pause]
        }
        Some(ProcessState::Paused) => &[Verb::Resume, Verb::Kill, Verb::Stop],
        Some(ProcessState::Dead | ProcessState::Stopped) => &[Verb::Start],
    };
    let mut offers: Vec<_> = on_process.iter().map(|verb| offer(*verb, target)).collect();
    let of_host = offer(power, &host.name);
    if target.contains('/') {
        offers.push(of_host)
    } else {
        offers.insert(0, of_host)
    }
    offers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::session::Session;
    use crate::ui::model::Model;

    #[test]
    fn what_is_off_can_only_be_switched_on() {
        let mut model = Model::new(Session::new(), false, true);
        model.reduce(crate::ui::model::Action::Act("master-1".into(), Verb::PowerOff));
        let acts = |target: &str| offers(&model.view, target).iter().map(|offer| offer.verb).collect::<Vec<_>>();
        assert_eq!(acts("master-1"), [Verb::PowerOn]);
        assert_eq!(acts("master-1/etcd"), [Verb::PowerOn]);
        assert_eq!(acts("laptop"), []);
        let pod = model.view.hosts.iter().find_map(|host| host.pods.first()).expect("a pod runs").name.clone();
        assert_eq!(acts(&format!("pod/{pod}")), [Verb::CrashContainer, Verb::DeletePod]);
        assert_eq!(acts("pod/nobody"), []);
    }
}
