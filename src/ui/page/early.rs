//! Acts on the picture before the lab ran: `static/boot.js` keeps them as lines, `power-off master-1`, `select worker-2`, `play`,
//! and the lab carries them out, in order, as soon as it runs. Pure.

use crate::lab::view::{Name, Verb};
use crate::ui::model::Action;

/// Reads the lines as actions. Unknown lines are left out.
pub fn actions(lines: &str) -> Vec<Action> {
    let action = |line: &str| {
        let (word, target) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "play" => Some(Action::PlayPause),
            "select" => Some(Action::Select(Some(Name::from(target)))),
            word => Some(Action::Act(target.into(), Verb::named(word)?)),
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
            Action::Act("master-1".into(), Verb::PowerOff),
            Action::Select(Some("worker-1/kubelet".into())),
            Action::Act("master-2/etcd".into(), Verb::Kill),
            Action::PlayPause,
        ];
        assert_eq!(actions(lines), expect);
        assert_eq!(actions(""), []);
    }
}
