//! The glossary: the term of each label, and the buttons that open its explanation. Every word with a dotted underline is
//! such a button. The explanations are also in the help sheet, so that none needs a hover.

#[cfg(target_arch = "wasm32")]
mod popover;

#[cfg(target_arch = "wasm32")]
pub(crate) use popover::{tidy, watch};

use crate::lab::view::{PodState, ProcessState, Role};
use crate::ui::texts;
use crate::ui::texts::glossary::TERMS;
pub use crate::ui::texts::glossary::Term;

/// Returns the term with this key.
pub fn find(key: &str) -> Option<&'static Term> {
    TERMS.iter().find(|term| term.key == key)
}

/// Returns the terms whose word, explanation or place contains this text, regardless of case. All if it is empty.
pub(crate) fn matching(typed: &str) -> Vec<&'static Term> {
    let wanted = typed.trim().to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&wanted);
    TERMS.iter().filter(|term| has(&term.word) || has(&term.place()) || has(&term.means())).collect()
}

/// Returns the term of a flag that can be changed. Empty if it has none.
pub(crate) fn of_flag(flag: &str) -> &'static str {
    match flag {
        "--leader-elect" => "leader-elect",
        "--leader-elect-lease-duration" => "lease-duration",
        "--leader-elect-renew-deadline" => "renew-deadline",
        "--leader-elect-retry-period" => "retry-period",
        "--leader-elect-resource-lock" => "resource-lock",
        "--etcd-servers" => "etcd-servers",
        "--max-requests-inflight" | "--max-mutating-requests-inflight" => "in-flight",
        "--etcd-compaction-interval" => "compaction",
        "--request-timeout" => "request-timeout",
        "--event-ttl" => "event-ttl",
        _ => "",
    }
}

/// Returns the term of a role.
pub(crate) fn of_role(role: Role) -> &'static str {
    texts::role_id(role)
}

/// Returns the term of a process's state.
pub(crate) fn of_state(state: ProcessState) -> &'static str {
    texts::state_id(state)
}

/// Returns the term of a pod's state.
pub(crate) fn of_pod(state: PodState) -> &'static str {
    match state {
        PodState::Pending => "pending",
        PodState::Running => "running",
        PodState::Ready => "readiness",
        PodState::Terminating => "terminating",
        PodState::Crashed => "back-off",
    }
}

#[cfg(target_arch = "wasm32")]
mod button {
    use yew::prelude::*;

    /// Draws another word as the button of a term. A word without a term is drawn as text.
    pub(crate) fn term_as(key: &str, shown: impl Into<AttrValue>) -> Html {
        let shown: AttrValue = shown.into();
        match super::find(key) {
            Some(term) => html! { <button type="button" class="term" data-term={term.key}>{ shown }</button> },
            None => html! { <>{ shown }</> },
        }
    }
}
#[cfg(target_arch = "wasm32")]
pub(crate) use button::term_as;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::dock::lane::Lane;

    /// Guards that each term has two sentences and a place, and that keys and order are right.
    #[test]
    fn each_term_has_two_sentences_and_a_place() {
        for term in TERMS {
            let means = term.means().english;
            let ends = means
                .match_indices(['.', '?'])
                .filter(|(at, _)| means[at + 1..].chars().next().is_none_or(|c| c == ' '));
            assert_eq!(ends.count(), 2, "{}: {means}", term.key);
            assert!(means.ends_with('.') && means.len() <= 200, "{}: {} bytes", term.key, means.len());
            assert!(!term.place().english.is_empty() && !term.word.english.is_empty(), "{}", term.key);
        }
        assert!(TERMS.windows(2).all(|pair| pair[0].key < pair[1].key), "in the order of their keys, each once");
    }

    /// Guards that everything that is shown with a word has that word's term.
    #[test]
    fn every_lane_role_state_and_flag_has_a_term() {
        let check = |what: &str, key: &str| assert!(find(key).is_some(), "{what}: no term {key:?}");
        let history = crate::lab::session::Session::new().view().history;
        for lane in Lane::all(&history) {
            check(&lane.name(&history), lane.term());
        }
        for role in [Role::Leader, Role::Standby, Role::Follower, Role::Candidate] {
            check("role", of_role(role));
        }
        use ProcessState::{Dead, NotReady, Paused, Running, Starting, Stopped};
        for state in [Running, Dead, Paused, Stopped, Starting, NotReady] {
            check("state", of_state(state));
        }
        use PodState::{Crashed, Pending, Ready, Terminating};
        for state in [Pending, PodState::Running, Ready, Terminating, Crashed] {
            check("pod", of_pod(state));
        }
        for component in ["kube-apiserver", "kube-controller-manager", "kube-scheduler"] {
            for flag in crate::cluster::flags::known(component) {
                check(flag, of_flag(flag));
            }
        }
    }

    #[test]
    fn terms_are_found_by_their_letters() {
        let keys = |typed: &str| matching(typed).iter().map(|term| term.key).collect::<Vec<_>>();
        assert_eq!(keys("").len(), TERMS.len());
        assert_eq!(keys("leader-elect-retry"), ["retry-period"]);
        assert_eq!(keys(" FENCING "), ["fencing"]);
        assert_eq!(keys("xyzzy"), Vec::<&str>::new());
    }
}
