//! What was done to the picture before the lab ran: `static/boot.js` keeps it as lines, `power-off master-1`, `select worker-2`,
//! `play`; the lab carries it out, in order, as soon as it is there. Pure.

use crate::lab::view::{Act, Name};
use crate::ui::model::Action;

/// What can be done by a press on the first picture, as its controls' `data-act` names it.
const ACTS: [(&str, Act); 4] =
    [("power-off", Act::PowerOff), ("power-on", Act::PowerOn), ("kill", Act::Kill), ("start", Act::Start)];

/// The name of an act in `data-act`; none for one that the picture has no control for.
pub fn id(act: Act) -> Option<&'static str> {
    ACTS.iter().find(|(_, known)| *known == act).map(|(name, _)| *name)
}

/// What the lines ask for; a line that says nothing known is left out.
pub fn actions(lines: &str) -> Vec<Action> {
    let action = |line: &str| {
        let (word, target) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "play" => Some(Action::PlayPause),
            "select" => Some(Action::Select(Some(Name::from(target)))),
            word => {
                let (_, act) = ACTS.iter().find(|(name, _)| *name == word)?;
                Some(Action::Act(target.into(), *act))
            }
        }
    };
    lines.lines().filter_map(action).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_actions_in_their_order() {
        let lines = "power-off master-1\nnonsense\nselect worker-1/kubelet\nkill master-2/etcd\nplay\n";
        let expect = [
            Action::Act("master-1".into(), Act::PowerOff),
            Action::Select(Some("worker-1/kubelet".into())),
            Action::Act("master-2/etcd".into(), Act::Kill),
            Action::PlayPause,
        ];
        assert_eq!(actions(lines), expect);
        assert_eq!(actions(""), []);
    }

    #[test]
    fn every_act_of_the_picture_has_a_name_that_is_read_again() {
        for (name, act) in ACTS {
            assert_eq!(id(act), Some(name));
            assert_eq!(actions(&format!("{name} x")), [Action::Act("x".into(), act)]);
        }
        assert_eq!(id(Act::DeletePod), None);
    }
}
