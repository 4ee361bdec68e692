//! The page's keys. Pure; the help sheet reads the same tables.

use super::{Action, Model, SPEEDS, Sheet};
use crate::lab::i18n::Text;
use crate::ui::dock::state::Ask;
use crate::ui::{texts, verbs};

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
            let offer = verbs::offers(&model.view, target).into_iter().find(|offer| offer.key() == key)?;
            Some(Action::Act(offer.target, offer.verb))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::session::Session;
    use crate::lab::view::Verb;

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
}
