//! Keys, and the actions that a component offers. Pure; the help sheet and the buttons read the same tables.

use super::{Action, Model, SPEEDS, Sheet};
use crate::lab::i18n::Text;
use crate::lab::view::{HostKind, Name, Power, ProcessState, Verb, View};
use crate::ui::dock::state::Ask;
use crate::ui::texts;

/// An action that is possible now, its target, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) act: Verb,
    pub(crate) target: Name,
    pub(crate) key: char,
}

pub(crate) fn key_of(act: Verb) -> char {
    match act {
        Verb::Kill => 'k',
        Verb::Terminate => 't',
        Verb::Stop | Verb::Start => 's',
        Verb::PowerOff | Verb::PowerOn => 'o',
        Verb::Pause | Verb::Resume => 'p',
        Verb::CrashContainer => 'k',
        Verb::DeletePod => 'd',
    }
}

/// Returns the actions on `target` in its present state.
pub(crate) fn offers(view: &View, target: &str) -> Vec<Offer> {
    let offer = |act: Verb, target: &str| Offer { act, target: target.into(), key: key_of(act) };
    if let Some(pod) = target.strip_prefix("pod/") {
        let acts = [Verb::CrashContainer, Verb::DeletePod];
        return view.pod(pod).map_or(vec![], |_| acts.map(|act| offer(act, target)).into());
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
    let mut offers: Vec<_> = on_process.iter().map(|act| offer(*act, target)).collect();
    let of_host = offer(power, &host.name);
    if target.contains('/') {
        offers.push(of_host)
    } else {
        offers.insert(0, of_host)
    }
    offers
}

/// Returns the page's keys for the help sheet: keys, and what they do.
pub(crate) fn listed() -> Vec<(Vec<&'static str>, Text)> {
    vec![
        (vec!["Space"], texts::KEYS_PLAY),
        (vec!["→", "."], texts::KEYS_STEP),
        (vec!["←", ","], texts::KEYS_BACK),
        (vec!["Home", "End"], texts::run::RUN_KEY_ENDS),
        (vec!["U"], texts::run::RUN_KEY_UNDO),
        (vec!["R"], texts::run::RUN_KEY_REDO),
        (vec!["1", "…", "5"], texts::KEYS_SPEED),
        (vec!["Tab", "Enter"], texts::KEYS_SELECT),
        (vec!["L"], texts::KEYS_LEADER),
        (vec!["K"], texts::KEYS_KILL),
        (vec!["D"], texts::KEYS_DELETE),
        (vec!["T"], texts::KEYS_TERMINATE),
        (vec!["S"], texts::KEYS_STOP),
        (vec!["P"], texts::KEYS_PAUSE),
        (vec!["O"], texts::KEYS_POWER),
        (vec!["Esc"], texts::KEYS_CLOSE),
        (vec!["C"], texts::KEYS_CLUSTER),
        (vec!["?"], texts::KEYS_HELP),
    ]
}

/// Returns the action of a key now. `typing` is true while a text field has the focus, `pressing` while a button has it.
pub(crate) fn action(model: &Model, key: &str, typing: bool, pressing: bool) -> Option<Action> {
    if model.page.sheet.is_some() {
        return None; // the dialog closes itself
    }
    if key == "Escape" {
        return if typing {
            None
        } else if model.selection.why.is_some() {
            Some(Action::Why(None))
        } else {
            model.selection.selected.is_some().then_some(Action::Select(None))
        };
    }
    if typing || !model.page.single_keys || (model.is_away() && key != "?") {
        return None;
    }
    match key {
        " " => (!pressing).then_some(Action::PlayPause),
        "ArrowRight" | "." => Some(Action::Step),
        "ArrowLeft" | "," => Some(Action::StepBack),
        "Home" => Some(Action::Seek(model.view.start_us)),
        "u" | "U" => Some(Action::Undo),
        "r" | "R" => Some(Action::Redo),
        "End" => (model.view.now_us < model.view.head_us).then_some(Action::Dock(Ask::ToNow)),
        "?" => Some(Action::Open(Some(Sheet::Help))),
        "c" | "C" => Some(Action::Open(Some(Sheet::Cluster))),
        "l" | "L" => Some(Action::SelectLeader),
        _ => {
            let key = key.chars().next().filter(|_| key.chars().count() == 1)?.to_ascii_lowercase();
            if let Some(speed) = key.to_digit(10) {
                let speed = (speed as usize).checked_sub(1)?;
                return (speed < SPEEDS.len()).then_some(Action::Speed(speed));
            }
            let target = model.selection.selected.as_deref()?;
            let offer = offers(&model.view, target).into_iter().find(|offer| offer.key == key)?;
            Some(Action::Act(offer.target, offer.act))
        }
    }
}

/// Returns the action of a key with Ctrl or Cmd: undo and redo as everywhere. A text field has its own undo.
pub(crate) fn chord(model: &Model, key: &str, shift: bool, typing: bool) -> Option<Action> {
    if typing || model.page.sheet.is_some() {
        return None;
    }
    match key {
        "z" | "Z" if shift => Some(Action::Redo),
        "z" | "Z" => Some(Action::Undo),
        "y" | "Y" => Some(Action::Redo),
        _ => None,
    }
}

/// Returns a key as a button shows it: `K`.
pub(crate) fn cap(key: char) -> String {
    key.to_ascii_uppercase().to_string()
}

/// Returns the label of an offer's button. It names the target, `Switch off master-1`, if that is not selected.
pub(crate) fn label(offer: &Offer, selected: &str) -> String {
    if *offer.target == *selected { texts::act(offer.act).to_owned() } else { texts::act_on(offer.act, &offer.target) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::session::Session;

    #[test]
    fn keys_act_on_what_is_selected() {
        let mut model = Model::new(Session::new(), false, true);
        assert_eq!(action(&model, "k", false, false), None);
        model.reduce(Action::Select(Some("master-2/etcd".into())));
        assert_eq!(action(&model, "k", false, false), Some(Action::Act("master-2/etcd".into(), Verb::Kill)));
        assert_eq!(action(&model, "O", false, false), Some(Action::Act("master-2".into(), Verb::PowerOff)));
        assert_eq!(action(&model, "k", true, false), None, "typing in a field");
        assert_eq!(action(&model, " ", false, true), None, "pressing a button");
        assert_eq!(action(&model, "3", false, false), Some(Action::Speed(2)));
        assert_eq!(action(&model, "Escape", false, false), Some(Action::Select(None)));
        model.reduce(Action::SingleKeys(false));
        assert_eq!(action(&model, "k", false, false), None);
    }

    #[test]
    fn what_is_off_can_only_be_switched_on() {
        let mut model = Model::new(Session::new(), false, true);
        model.reduce(Action::Act("master-1".into(), Verb::PowerOff));
        let acts = |target: &str| offers(&model.view, target).iter().map(|offer| offer.act).collect::<Vec<_>>();
        assert_eq!(acts("master-1"), [Verb::PowerOn]);
        assert_eq!(acts("master-1/etcd"), [Verb::PowerOn]);
        assert_eq!(acts("laptop"), []);
        let pod = model.view.hosts.iter().find_map(|host| host.pods.first()).expect("a pod runs").name.clone();
        assert_eq!(acts(&format!("pod/{pod}")), [Verb::CrashContainer, Verb::DeletePod]);
        assert_eq!(acts("pod/nobody"), []);
    }
}
