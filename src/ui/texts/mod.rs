//! All texts of the page, in English. Other languages are in files (see `lab::i18n`). Names of flags, fields and programs are
//! the field's own, and not translated.

pub(crate) mod builder;
pub(crate) mod delivery;
pub mod glossary;
pub(crate) mod inspector;
pub(crate) mod learn;
mod page;
pub(crate) mod run;
pub(crate) mod time;
pub(crate) mod topology;

pub(crate) use page::*;

use super::widgets::format;
use crate::lab::i18n::{Text, plural};
use crate::lab::view::{
    Balancer, EtcdTopology, HostKind, MessageClass, NodeReady, PodState, Power, ProcessState, Reading, Role, Setup,
    Successor,
};

pub(crate) fn setup(setup: &Setup) -> String {
    let n = u64::from(setup.masters());
    let masters = plural(n, format::count(n), MASTERS_ONE, MASTERS_MANY);
    let etcd = match setup.etcd() {
        EtcdTopology::Stacked => SETUP_STACKED,
        EtcdTopology::External => SETUP_EXTERNAL,
    };
    let balancer = match setup.balancer() {
        Balancer::Haproxy => "",
        Balancer::Pair => SETUP_PAIR.get(),
        Balancer::Nginx => " · NGINX",
        Balancer::None => SETUP_NO_LB.get(),
    };
    format!("{masters} · {etcd}{balancer}")
}

pub(crate) fn reading(reading: Reading) -> &'static str {
    match reading {
        Reading::Lecture => READING_LECTURE.get(),
        Reading::ClientGo => READING_CLIENT_GO.get(),
    }
}

// States
pub(crate) fn power(power: Power) -> &'static str {
    match power {
        Power::On => POWER_ON.get(),
        Power::Off => POWER_OFF.get(),
        Power::Paused => POWER_PAUSED.get(),
        Power::Starting => POWER_STARTING.get(),
    }
}

pub(crate) fn state(state: ProcessState) -> &'static str {
    match state {
        ProcessState::Running => STATE_RUNNING.get(),
        ProcessState::Dead => STATE_DEAD.get(),
        ProcessState::Paused => STATE_PAUSED.get(),
        ProcessState::Stopped => STATE_STOPPED.get(),
        ProcessState::Starting => STATE_STARTING.get(),
        ProcessState::NotReady => STATE_NOT_READY.get(),
    }
}

/// Returns the id of a state in `data-state`.
pub(crate) fn state_id(state: ProcessState) -> &'static str {
    match state {
        ProcessState::Running => "running",
        ProcessState::Dead => "dead",
        ProcessState::Paused => "paused",
        ProcessState::Stopped => "stopped",
        ProcessState::Starting => "starting",
        ProcessState::NotReady => "not-ready",
    }
}

/// Returns the word for a state by its id.
pub(crate) fn state_word(id: &str) -> String {
    match id {
        "running" => STATE_RUNNING.to_string(),
        "dead" => STATE_DEAD.to_string(),
        "off" => POWER_OFF.to_string(),
        "paused" => STATE_PAUSED.to_string(),
        "stopped" => STATE_STOPPED.to_string(),
        "starting" => STATE_STARTING.to_string(),
        "not-ready" => STATE_NOT_READY.to_string(),
        "standby" => ROLE_STANDBY.to_string(),
        "candidate" => ROLE_CANDIDATE.to_string(),
        "unknown" => NODE_READY_UNKNOWN.to_string(),
        "cut-off" => topology::TOPO_CUT_OFF.to_string(),
        "partly-cut" => topology::TOPO_PARTLY_CUT.to_string(),
        other => other.replace('-', " "),
    }
}

/// Returns the id of a role in `data-role`, which is also the style sheet's class.
pub(crate) fn role_id(role: Role) -> &'static str {
    match role {
        Role::None => "",
        Role::Leader => "leader",
        Role::Standby => "standby",
        Role::Follower => "follower",
        Role::Candidate => "candidate",
    }
}

pub(crate) fn role(role: Role) -> &'static str {
    match role {
        Role::None => "",
        Role::Leader => ROLE_LEADER.get(),
        Role::Standby => ROLE_STANDBY.get(),
        Role::Follower => ROLE_FOLLOWER.get(),
        Role::Candidate => ROLE_CANDIDATE.get(),
    }
}

pub(crate) fn pod(state: PodState) -> &'static str {
    match state {
        PodState::Pending => POD_PENDING.get(),
        PodState::Running => POD_RUNNING.get(),
        PodState::Ready => POD_READY.get(),
        PodState::Terminating => POD_TERMINATING.get(),
        PodState::Crashed => POD_CRASHED.get(),
    }
}

pub(crate) fn node_ready(ready: NodeReady) -> &'static str {
    match ready {
        NodeReady::True => NODE_READY_TRUE.get(),
        NodeReady::False => NODE_READY_FALSE.get(),
        NodeReady::Unknown => NODE_READY_UNKNOWN.get(),
    }
}

pub(crate) fn kind(kind: HostKind) -> &'static str {
    match kind {
        HostKind::Laptop => KIND_LAPTOP.get(),
        HostKind::AppUser => KIND_APP_USER.get(),
        HostKind::LoadBalancer => KIND_LOAD_BALANCER.get(),
        HostKind::Master => KIND_MASTER.get(),
        HostKind::Etcd => KIND_ETCD.get(),
        HostKind::Worker => KIND_WORKER.get(),
    }
}

/// Returns one or two plain sentences on the purpose of a component.
pub(crate) fn about(name: &str) -> &'static str {
    match name {
        "kube-apiserver" => ABOUT_KUBE_APISERVER.get(),
        "kube-controller-manager" => ABOUT_KUBE_CONTROLLER_MANAGER.get(),
        "kube-scheduler" => ABOUT_KUBE_SCHEDULER.get(),
        "etcd" => ABOUT_ETCD.get(),
        "kubelet" => ABOUT_KUBELET.get(),
        "kube-proxy" => ABOUT_KUBE_PROXY.get(),
        "haproxy" => ABOUT_HAPROXY.get(),
        "nginx" => ABOUT_NGINX.get(),
        "keepalived" => ABOUT_KEEPALIVED.get(),
        "kubectl" => ABOUT_KUBECTL.get(),
        "browser" => ABOUT_BROWSER.get(),
        _ => "",
    }
}

// Actions
pub(crate) fn leads(host: &str) -> String {
    LEADS.with(&[("host", &host)])
}
pub(crate) fn held_by_dead(host: &str) -> String {
    HELD_BY_DEAD.with(&[("host", &host)])
}
pub(crate) fn may_take_in(us: u64) -> String {
    MAY_TAKE_IN.with(&[("time", &format::seconds(us))])
}
pub(crate) fn looks_in(us: u64) -> String {
    if us == 0 {
        return LOOKS_NOW.to_string();
    }
    LOOKS_IN.with(&[("time", &format::seconds(us))])
}
pub(crate) fn waits(lease: &str) -> String {
    WAITS.with(&[("lease", &lease)])
}
pub(crate) fn waits_lecture(lease: &str) -> String {
    WAITS_LECTURE.with(&[("lease", &lease)])
}
pub(crate) fn renewed_ago(us: u64) -> String {
    RENEWED_AGO.with(&[("time", &format::seconds(us))])
}
pub(crate) fn gives_up_in(us: u64) -> String {
    GIVES_UP_IN.with(&[("time", &format::seconds(us))])
}
pub(crate) fn renews_in(us: u64) -> String {
    if us == 0 {
        return RENEWS_NOW.to_string();
    }
    RENEWS_IN.with(&[("time", &format::seconds(us))])
}

// Timings
pub(crate) const TIMING_LEASE: &str = "--leader-elect-lease-duration";
pub(crate) const TIMING_RENEW: &str = "--leader-elect-renew-deadline";
pub(crate) const TIMING_RETRY: &str = "--leader-elect-retry-period";

pub(crate) fn in_force(value: &str) -> String {
    IN_FORCE.with(&[("value", &value)])
}
pub(crate) fn expected_range(low_us: u64, high_us: u64) -> String {
    {
        let s = |us: u64| format!("{:.1}", us as f64 / 1e6);
        EXPECTED_RANGE.with(&[("low", &s(low_us)), ("high", &s(high_us))])
    }
}
pub(crate) fn reading_means(reading: Reading) -> &'static str {
    match reading {
        Reading::Lecture => READING_MEANS_LECTURE.get(),
        Reading::ClientGo => READING_MEANS_CLIENT_GO.get(),
    }
}

// Topology
pub(crate) fn class(class: MessageClass) -> &'static str {
    match class {
        MessageClass::Api => CLASS_API.get(),
        MessageClass::Raft => CLASS_RAFT.get(),
        MessageClass::Lease => CLASS_LEASE.get(),
        MessageClass::HealthCheck => CLASS_HEALTH_CHECK.get(),
        MessageClass::Watch => CLASS_WATCH.get(),
        MessageClass::App => CLASS_APP.get(),
    }
}
pub(crate) fn pods_ready(ready: u32, desired: u32) -> String {
    PODS_READY.with(&[("ready", &ready), ("desired", &desired)])
}

// Hint
pub(crate) fn hint_select(host: &str) -> String {
    HINT_SELECT.with(&[("host", &host)])
}
pub(crate) fn hint_switch_off(host: &str) -> String {
    HINT_SWITCH_OFF.with(&[("host", &host)])
}
pub(crate) fn hint_wait(successor: Successor, us: u64) -> String {
    match successor {
        Successor::Standby => HINT_WAIT.with(&[("time", &format::coarse(us))]),
        Successor::NoStandby => HINT_WAIT_NO_STANDBY.to_string(),
        Successor::NoMajority => HINT_WAIT_NO_MAJORITY.to_string(),
    }
}
pub(crate) fn hint_done(to: &str, us: u64) -> String {
    HINT_DONE_IN.with(&[("host", &to), ("time", &format::seconds(us))])
}

pub(crate) fn started(setup: &Setup) -> String {
    STARTED.with(&[("setup", &self::setup(setup)), ("seed", &setup.seed)])
}

// Help sheet
pub(crate) const NOT_MODELLED: [Text; 10] = [
    NOT_MODELLED_1,
    NOT_MODELLED_2,
    NOT_MODELLED_3,
    NOT_MODELLED_4,
    NOT_MODELLED_5,
    NOT_MODELLED_6,
    NOT_MODELLED_7,
    NOT_MODELLED_8,
    NOT_MODELLED_9,
    NOT_MODELLED_10,
];
/// The name of each sign in the drawing, and its meaning.
pub(crate) const SIGNS: [(&str, Text); 11] = [
    ("running", SIGN_RUNNING),
    ("standby", SIGN_STANDBY),
    ("candidate", SIGN_CANDIDATE),
    ("not-ready", SIGN_NOT_READY),
    ("unknown", SIGN_UNKNOWN),
    ("starting", SIGN_STARTING),
    ("paused", SIGN_PAUSED),
    ("cut-off", SIGN_CUT_OFF),
    ("partly-cut", SIGN_PARTLY_CUT),
    ("dead", SIGN_DEAD),
    ("stopped", SIGN_STOPPED),
];

// Announcements
pub(crate) fn takeover(component: &str, from: &str, to: &str, us: u64) -> String {
    TOOK_OVER.with(&[("component", &component), ("to", &to), ("from", &from), ("time", &format::seconds(us))])
}
pub(crate) fn refused(text: &str) -> String {
    REFUSED.with(&[("why", &text)])
}

/// Every text of the page and of the lab, for the test that other languages have them all.
#[cfg(test)]
fn catalogue() -> Vec<Text> {
    use crate::lab::project::details;
    use crate::lab::{lesson, narration, scenario};
    let parts = [
        page::CATALOGUE,
        builder::CATALOGUE,
        delivery::CATALOGUE,
        glossary::CATALOGUE,
        inspector::CATALOGUE,
        learn::CATALOGUE,
        run::CATALOGUE,
        time::CATALOGUE,
        topology::CATALOGUE,
        narration::texts::CATALOGUE,
        narration::join::CATALOGUE,
        details::texts::CATALOGUE,
        scenario::texts::CATALOGUE,
        lesson::run::value_texts::CATALOGUE,
    ];
    parts.concat()
}

#[cfg(test)]
mod tests {
    use super::catalogue;
    use crate::lab::i18n::parse;
    use crate::sim::map::Set;

    fn places(text: &str) -> Vec<&str> {
        let mut places: Vec<&str> = text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        places.sort_unstable();
        places
    }

    #[test]
    fn keys_are_unique() {
        let mut seen = Set::new();
        for text in catalogue() {
            assert!(seen.insert(text.key), "{} is declared twice", text.key);
        }
    }

    #[test]
    fn chinese_has_every_text_with_the_same_places_and_no_other() {
        let table = parse(include_str!("../../../static/texts/zh-Hans.json")).expect("a file of texts");
        let all = catalogue();
        for text in &all {
            let Some(said) = table.get(text.key) else { panic!("{} has no Chinese: {:?}", text.key, text.english) };
            assert_eq!(places(said), places(text.english), "the places of {}: {said:?}", text.key);
        }
        for (key, _) in &table {
            assert!(all.iter().any(|text| text.key == key), "{key} is in the Chinese file only");
        }
    }
}
