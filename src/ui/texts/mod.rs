//! Every sentence that the page says, in English. Names of flags, fields and programs are the field's own and are not
//! translated; all else is here and only here, so that another language is another file like this one.

pub mod builder;
pub mod delivery;
pub mod glossary;
pub mod inspector;
pub mod learn;
pub mod run;
pub mod time;
pub mod topology;

use super::format;
use crate::lab::view::{
    Act, Balancer, EtcdTopology, HostKind, MessageClass, NodeReady, PodState, Power, ProcessState, Reading, Role, Setup,
};

pub const NAME: &str = "HA Lab";
pub const TAGLINE: &str = "A Kubernetes control plane, simulated in this tab";
crate::texts! {
    SKIP = "Skip to the controls of time";
}
pub const SIMULATED: &str = "simulated";

// Header
pub const CHANGE_CLUSTER: &str = "Cluster";
pub const HELP: &str = "Help";
pub const THEME_LIGHT: &str = "Use the light theme";
pub const THEME_DARK: &str = "Use the dark theme";
pub const SEED: &str = "seed";

pub fn setup(setup: &Setup) -> String {
    let masters = count(u64::from(setup.masters()), "master", "masters");
    let balancer = match setup.balancer() {
        Balancer::Haproxy => "",
        Balancer::Pair => " · 2 LBs",
        Balancer::Nginx => " · NGINX",
        Balancer::None => " · no LB",
    };
    format!("{masters} · {} etcd{balancer}", topology(setup.etcd()))
}

pub fn topology(etcd: EtcdTopology) -> &'static str {
    match etcd {
        EtcdTopology::Stacked => "stacked",
        EtcdTopology::External => "external",
    }
}

pub fn reading(reading: Reading) -> &'static str {
    match reading {
        Reading::Lecture => "lecture",
        Reading::ClientGo => "client-go",
    }
}

pub fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", format::count(n), if n == 1 { one } else { many })
}

// States
pub fn power(power: Power) -> &'static str {
    match power {
        Power::On => "running",
        Power::Off => "off",
        Power::Paused => "paused",
        Power::Starting => "starting",
    }
}

pub fn state(state: ProcessState) -> &'static str {
    match state {
        ProcessState::Running => "running",
        ProcessState::Dead => "dead",
        ProcessState::Paused => "paused",
        ProcessState::Stopped => "stopped",
        ProcessState::Starting => "starting",
        ProcessState::NotReady => "not ready",
    }
}

/// What a machine reads in `data-state`.
pub fn state_id(state: ProcessState) -> &'static str {
    match state {
        ProcessState::NotReady => "not-ready",
        other => self::state(other),
    }
}

pub fn role(role: Role) -> &'static str {
    match role {
        Role::None => "",
        Role::Leader => "leader",
        Role::Standby => "standby",
        Role::Follower => "follower",
        Role::Candidate => "candidate",
    }
}

pub fn pod(state: PodState) -> &'static str {
    match state {
        PodState::Pending => "Pending",
        PodState::Running => "Running, not ready",
        PodState::Ready => "Ready",
        PodState::Terminating => "Terminating",
        PodState::Crashed => "crashed",
    }
}

pub fn node_ready(ready: NodeReady) -> &'static str {
    match ready {
        NodeReady::True => "Ready",
        NodeReady::False => "NotReady",
        NodeReady::Unknown => "Unknown",
    }
}

pub fn kind(kind: HostKind) -> &'static str {
    match kind {
        HostKind::Laptop => "the learner's laptop",
        HostKind::AppUser => "a user of the app",
        HostKind::LoadBalancer => "load balancer",
        HostKind::Master => "master",
        HostKind::Etcd => "etcd server",
        HostKind::Worker => "worker",
    }
}

/// One or two plain sentences on what a component is for.
pub fn about(name: &str) -> &'static str {
    match name {
        "kube-apiserver" => {
            "The door to the cluster: every request goes through it, and it alone talks to etcd. All API servers are active at once."
        }
        "kube-controller-manager" => {
            "Makes what is match what should be: creates missing pods, watches nodes. Only the holder of its lease acts; the others stand by."
        }
        "kube-scheduler" => {
            "Chooses a worker for each new pod. Only the holder of its lease acts; the others stand by."
        }
        "etcd" => "Stores everything the cluster knows. A write counts once a majority of the members has it.",
        "kubelet" => "Runs the containers of its node and reports to the API. It goes on without a control plane.",
        "kube-proxy" => "Sends the app's traffic to pods. It keeps its last rules when the control plane is gone.",
        "haproxy" => "Spreads API requests over the masters whose health checks pass.",
        "nginx" => "Spreads API requests over the masters; one that it cannot connect to is left out for 10 s.",
        "keepalived" => "Decides by VRRP which of the two load balancers has the virtual IP.",
        "kubectl" => {
            "Writes and reads through the API once a second, through the load balancer, as its kubeconfig says."
        }
        "browser" => "Calls the app all the time, through a worker. It never touches the control plane.",
        _ => "",
    }
}

/// On the load balancer that has the address which clients know.
pub const VIRTUAL_IP: &str = "virtual IP";
pub const CRASHED_HOLDER: &str = "holder";

// Actions
pub fn act(act: Act) -> &'static str {
    match act {
        Act::Kill => "Kill",
        Act::Terminate => "Terminate",
        Act::Stop => "Stop",
        Act::Start => "Start",
        Act::PowerOff => "Switch off",
        Act::PowerOn => "Switch on",
        Act::Pause => "Pause",
        Act::Resume => "Resume",
        Act::CrashContainer => "Crash",
        Act::DeletePod => "Delete",
    }
}

/// What an action is, in two or three words.
pub fn act_short(act: Act) -> &'static str {
    match act {
        Act::Kill => "kill -9",
        Act::Terminate => "SIGTERM",
        Act::Stop => "stays down",
        Act::Start => "brings it back",
        Act::PowerOff => "pulls the plug: nobody is told",
        Act::PowerOn => "boots it and all its processes",
        Act::Pause => "freezes it",
        Act::Resume => "goes on",
        Act::CrashContainer => "its kubelet restarts it",
        Act::DeletePod => "kubectl delete",
    }
}

/// What an action really does, one line.
pub fn act_means(act: Act) -> &'static str {
    match act {
        Act::Kill => "kill -9: gone at once; its kubelet starts it again",
        Act::Terminate => "SIGTERM: it may tidy up first; its kubelet starts it again",
        Act::Stop => "stays down until started",
        Act::Start => "brings it back",
        Act::PowerOff => "pulls the plug: nobody is told",
        Act::PowerOn => "boots it and all its processes",
        Act::Pause => "freezes it; it knows nothing of it",
        Act::Resume => "goes on where it was frozen",
        Act::CrashContainer => "its container ends; its kubelet starts it again, later each time",
        Act::DeletePod => "kubectl delete pod: needs an API server; the controllers make another",
    }
}

pub fn act_on(what: Act, target: &str) -> String {
    format!("{} {target}", act(what))
}

// Inspector
pub const INSPECTOR: &str = "Selected component";
pub const OVERVIEW: &str = "Leader election";
pub const CLOSE: &str = "Close";
pub const ACTIONS: &str = "Actions";
pub const TERMINAL: &str = "Terminal";
pub const TERMINAL_MEANS: &str =
    "Type kubectl or etcdctl: simulated, with the requests and the texts of the real ones.";
pub const COMMAND_RUNS: &str = " · runs";
pub const OUTPUT: &str = "What it printed";
pub const NETWORK: &str = "Network";
pub const LINK_TO: &str = "Link to";
pub const HOST_CLOCK: &str = "Clock";
pub const DONE: &str = "Done.";
pub const FLAGS: &str = "Flags, as typed";
pub const STORES: &str = "What it stores";
pub const LOG: &str = "Log";
pub const LOG_EMPTY: &str = "It has written nothing yet.";
pub const PODS: &str = "Pods";
pub const PODS_EMPTY: &str = "No pod runs here.";
pub const BACKENDS: &str = "Backends and their health checks";
pub const PROCESSES: &str = "Processes";
pub const ON_HOST: &str = "on";
pub const CANNOT_ACT: &str = "Nothing can be done to it here; act on the cluster and watch what it sees.";
pub const RESTARTS: &str = "restarts";
pub const LAST_ANSWER: &str = "Last answer";
pub const SINCE: &str = "for";

pub fn lease_title(name: &str) -> String {
    format!("Lease kube-system/{name}")
}
pub const NOBODY: &str = "nobody";
pub const NO_LEASE_YET: &str = "Nobody has made this record yet.";

pub fn leads(host: &str) -> String {
    format!("{host} leads")
}
pub fn held_by_dead(host: &str) -> String {
    format!("names {host}, but nobody acts")
}
pub fn may_take_in(us: u64) -> String {
    format!("may take the lease in {}", format::seconds(us))
}
pub const MAY_TAKE_NOW: &str = "may take the lease at its next look";
pub fn looks_in(us: u64) -> String {
    if us == 0 {
        return "is looking now".to_owned();
    }
    format!("looks again in {}", format::seconds(us))
}
pub fn waits(lease: &str) -> String {
    format!("It waits {lease} from when it last saw the record change, on its own clock.")
}
pub fn waits_lecture(lease: &str) -> String {
    format!("It waits until {lease} after the renewTime in the record.")
}
pub fn renewed_ago(us: u64) -> String {
    format!("renewed {} ago", format::seconds(us))
}
pub fn gives_up_in(us: u64) -> String {
    format!("gives up in {} unless a renewal succeeds", format::seconds(us))
}
pub fn renews_in(us: u64) -> String {
    if us == 0 {
        return "is renewing now".to_owned();
    }
    format!("renews in {}", format::seconds(us))
}
pub const RING_STANDBY: &str = "until free";
pub const RING_LEADER: &str = "to renew";

// Timings
pub const TIMINGS: &str = "Timings";
pub const TIMINGS_FOR: &str = "Flags of every controller manager and scheduler, changed while they run.";
pub const TIMING_LEASE: &str = "--leader-elect-lease-duration";
pub const TIMING_RENEW: &str = "--leader-elect-renew-deadline";
pub const TIMING_RETRY: &str = "--leader-elect-retry-period";
pub const TIMING_LEASE_MEANS: &str = "how long a standby waits before it may take over";
pub const TIMING_RENEW_LECTURE: &str = "how often the leader renews";
pub const TIMING_RENEW_REAL: &str = "how long the leader keeps trying before it gives up";
pub const TIMING_RETRY_LECTURE: &str = "how often a standby looks";
pub const TIMING_RETRY_REAL: &str = "how often the leader renews; a standby looks every 1 to 2.2 times this";
pub fn in_force(value: &str) -> String {
    format!("{value} stays in force.")
}
pub const PUT_BACK: &str = "Put back";
pub fn expected_range(low_us: u64, high_us: u64) -> String {
    format!("A crash takeover now takes {:.1} to {:.1} s.", low_us as f64 / 1e6, high_us as f64 / 1e6)
}
pub const READING: &str = "Renewal";
pub fn reading_means(reading: Reading) -> &'static str {
    match reading {
        Reading::Lecture => "As the lecture tells it: the leader renews every renew-deadline.",
        Reading::ClientGo => "As the real code does: the leader renews every retry-period.",
    }
}

// Topology
pub const TOPOLOGY: &str = "The cluster";
pub const LEGEND: &str = "Messages shown";
pub const LEGEND_HINT: &str = "Dots are real messages, slowed down: a hop takes about 0.5 ms.";
pub fn class(class: MessageClass) -> &'static str {
    match class {
        MessageClass::Api => "API",
        MessageClass::Raft => "Raft",
        MessageClass::Lease => "lease",
        MessageClass::HealthCheck => "health check",
        MessageClass::Watch => "watch, heartbeat",
        MessageClass::App => "app",
    }
}
pub const LEGEND_LEADER: &str = "leader";
pub const LEGEND_RING: &str = "time until the lease is free";
pub const ANSWERED: &str = "answered";
pub const FAILED: &str = "failed";
pub const NO_ANSWER_YET: &str = "no answer yet";
pub const HINT_HERE: &str = "try me";
pub fn unscheduled(n: usize) -> String {
    format!("{} without a node: no scheduler has placed it", count(n as u64, "pod", "pods"))
}
pub fn pods_ready(ready: u32, desired: u32) -> String {
    format!("pods {ready} of {desired} ready")
}

// Hint
pub fn hint_select(host: &str) -> String {
    format!("Click {host}, the one with the crown, and switch it off.")
}
pub const HINT_TITLE: &str = "Try this first";
pub const HINT_DONE: &str = "Done";
pub fn hint_switch_off(host: &str) -> String {
    format!("Now switch {host} off.")
}
pub fn hint_wait(us: u64) -> String {
    format!("Nobody tells the standbys. Watch their rings empty: a new leader in {} at the latest.", format::coarse(us))
}
pub fn hint_done(to: &str, us: u64) -> String {
    format!(
        "{to} took over after {}. Ask the event \"why?\", then switch the dead master on again.",
        format::seconds(us)
    )
}
pub const HINT_DISMISS: &str = "Do not show this again";

pub fn started(setup: &Setup) -> String {
    format!("A new cluster runs: {}, seed {}.", self::setup(setup), setup.seed)
}

// Help sheet
pub const HELP_TITLE: &str = "How to read it, and keys";
pub const HELP_KEYS: &str = "Keys";
pub const HELP_KEYS_ON: &str = "Single-letter keys act";
pub const HELP_KEYS_OFF_MEANS: &str = "Turn them off if you type by voice or hit keys by accident.";
pub const HELP_SIGNS: &str = "Signs";
pub const HELP_NOT: &str = "Not modelled";
pub const HELP_NOT_LEAD: &str = "What this lab leaves out, so that you know what its numbers do not say:";
pub const NOT_MODELLED: [&str; 10] = [
    "TLS beyond the round trip of its handshake, certificates, authentication and authorisation",
    "images beyond a pull that takes a second; networks of pods (CNI), DNS, Ingress, storage",
    "CPU and memory pressure; containers only run, answer and end",
    "admission webhooks, custom resources, priority and fairness: what is too much is refused at once",
    "kinds other than Namespace, Node, Pod, ReplicaSet, Deployment, Service, Endpoints, EndpointSlice, Lease and Event",
    "mirror pods of static pods; probes other than the API server's liveness",
    "ARP caches: who has the virtual IP is known at once to all whom the network reaches",
    "slow or full disks; etcd's messages are datagrams: a lost one is lost",
    "client-side rate limits of controllers",
    "the cloud's own controllers, autoscalers, StatefulSets, DaemonSets, Jobs",
];
pub const HELP_ABOUT: &str = "Everything here is simulated: no real cluster is touched. Times are simulated time. Names, flags, \
texts and timings are those of Kubernetes, etcd and HAProxy.";
pub const SIGNS: [(&str, &str); 11] = [
    ("running", "runs and serves"),
    ("standby", "runs and waits for the lease"),
    ("candidate", "asks the other members for their votes"),
    ("not-ready", "runs, but cannot serve; a node whose kubelet says so"),
    ("unknown", "a node that the API has not heard of for 40 s"),
    ("starting", "starting"),
    ("paused", "frozen; goes on where it was"),
    ("cut-off", "runs, but the network does not reach it"),
    ("partly-cut", "some of those that it talks to do not reach it"),
    ("dead", "dead or off"),
    ("stopped", "stopped until someone starts it"),
];

// Announcements
pub fn takeover(component: &str, from: &str, to: &str, us: u64) -> String {
    format!("{component}: {to} took over from {from} after {} without a leader.", format::seconds(us))
}
pub fn refused(text: &str) -> String {
    format!("Refused: {text}")
}

// Crash
pub const CRASH_TITLE: &str = "The lab itself has crashed";
pub const CRASH_LEAD: &str = "This is a fault of the page, not of the simulated cluster. Please report it with what stands below: the seed and what was done give the same crash again.";
pub const CRASH_RELOAD: &str = "Reload the page";
