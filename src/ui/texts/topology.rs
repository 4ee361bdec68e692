//! Texts of the stage: states, cables, workers in groups, pods.

use crate::lab::narration::join;
use crate::lab::view::{MessageClass, Name};
use crate::ui::topology::cables::{Pair, Wire};
use crate::ui::topology::count::Health;
use crate::ui::widgets::format;

crate::lab::i18n::texts! {
    TOPO_GROUP_COUNT = "{n} {state}";
    TOPO_CROWNED = "the one with the crown";
    TOPO_CUT_OFF = "cut off";
    TOPO_PARTLY_CUT = "partly cut";
    TOPO_RUNNING = "running";
    TOPO_OFF = "off";
    TOPO_PAUSED = "paused";
    TOPO_STARTING = "starting";
    TOPO_WORKERS = "Workers";
    TOPO_PODS_OF = "Pods of {host}";
    TOPO_POD = "Pod {name}: {state}";
    TOPO_POD_ONE = "{n} pod";
    TOPO_POD_MANY = "{n} pods";
    TOPO_GROUP = "workers {first}–{last}";
    TOPO_GROUP_UNWELL = "{n} with faults";
    TOPO_GROUP_ALL_WELL = "all their pods run";
    TOPO_GROUP_GO = "Number of a worker";
    TOPO_GROUP_GO_BUTTON = "Go";
    TOPO_GROUP_NONE = "There is no {name}; this group has worker-{first} to worker-{last}.";
    TOPO_GROUP_FIRST = "Those with faults are first.";
    TOPO_GROUP_MORE = "{n} more of them: go to one by its number.";
    TOPO_WAITING_ONE = "{n} pod waits for a node";
    TOPO_WAITING_MANY = "{n} pods wait for a node";
    TOPO_WAITING_MEANS = "no scheduler has placed them";
    TOPO_CABLES = "Cables";
    TOPO_CABLES_HERE = "Which of these cables?";
    TOPO_CABLES_LEAD = "Press one to cut it, again to repair it.";
    TOPO_CABLES_FILTER = "Only those of";
    TOPO_CABLES_ALL = "all hosts";
    TOPO_CABLES_GROUPED = "Links of grouped workers are cut in the list of what is selected, under Network.";
    TOPO_CABLE = "{a} – {b}";
    TOPO_CABLE_STATE = "{cable}: {classes}, {state}";
    TOPO_WIRE_UP = "up";
    TOPO_WIRE_DEAD = "a host is off";
    TOPO_WIRE_CUT = "cut {time}";
    TOPO_WIRE_ONE_WAY = "only {from} to {to} passes, for {time}";
    TOPO_WIRE_SLOW = "{latency} late";
    TOPO_WIRE_LOSSY = "{loss} % lost";
    TOPO_WIRE_SLOW_LOSSY = "{latency} late, {loss} % lost";
    TOPO_CLICK_CUTS = "Click to cut it.";
    TOPO_CLICK_MENDS = "Click to repair it.";
    TOPO_CLICK_CHOOSES = "Click to choose one.";
    TOPO_MORE_CABLES = "and {n} more";
    TOPO_SAID_CUT = "The cable {cable} is cut.";
    TOPO_SAID_MENDED = "The cable {cable} is repaired.";
    TOPO_REFUSED = "That cannot be done: {reason}";
    TOPO_HELP_CABLES = "Click a cable to cut it, again to repair it; or use the list of cables below the picture.";
    TOPO_CHAIN_NUMBER = "The numbers follow the chain of causes, from the act on.";
}

/// Returns the state of a host in a word.
pub(crate) fn health(health: Health) -> &'static str {
    match health {
        Health::Off => TOPO_OFF.get(),
        Health::Paused => TOPO_PAUSED.get(),
        Health::CutOff => TOPO_CUT_OFF.get(),
        Health::Unknown => super::node_ready(crate::lab::view::NodeReady::Unknown),
        Health::NotReady => super::node_ready(crate::lab::view::NodeReady::False),
        Health::PartlyCut => TOPO_PARTLY_CUT.get(),
        Health::Starting => TOPO_STARTING.get(),
        Health::Well => super::node_ready(crate::lab::view::NodeReady::True),
    }
}

/// Returns the name of a cable: `lb-1 – master-2`.
pub(crate) fn cable((a, b): &Pair) -> String {
    TOPO_CABLE.with(&[("a", a), ("b", b)])
}

/// Returns a list of classes: `API, health check`.
pub(crate) fn classes(classes: &[MessageClass]) -> String {
    join::list(&classes.iter().map(|class| super::class(*class)).collect::<Vec<_>>())
}

/// Returns the state of a cable as text.
pub(crate) fn wire(wire: &Wire, now_us: u64) -> String {
    let time = |since: u64| format::coarse(now_us.saturating_sub(since));
    match wire {
        Wire::Up => TOPO_WIRE_UP.get().to_owned(),
        Wire::Dead => TOPO_WIRE_DEAD.get().to_owned(),
        Wire::Cut { since_us } => TOPO_WIRE_CUT.with(&[("time", &time(*since_us))]),
        Wire::OneWay { from, to, since_us } => {
            TOPO_WIRE_ONE_WAY.with(&[("from", from), ("to", to), ("time", &time(*since_us))])
        }
        Wire::Slow { latency_us, loss_ppm } => slow(*latency_us, *loss_ppm),
    }
}

/// Returns a text such as `80 ms late, 10 % lost`.
pub(crate) fn slow(latency_us: u64, loss_ppm: u32) -> String {
    let latency = format::latency(latency_us);
    let loss = format!("{}", f64::from(loss_ppm) / 10_000.0);
    match (latency_us > 200, loss_ppm > 0) {
        (true, false) => TOPO_WIRE_SLOW.with(&[("latency", &latency)]),
        (false, true) => TOPO_WIRE_LOSSY.with(&[("loss", &loss)]),
        _ => TOPO_WIRE_SLOW_LOSSY.with(&[("latency", &latency), ("loss", &loss)]),
    }
}

/// Returns the announcement that a cable was cut or repaired.
pub(crate) fn said(cut: bool, a: &Name, b: &Name) -> String {
    let cable = cable(&(a.clone(), b.clone()));
    if cut { TOPO_SAID_CUT } else { TOPO_SAID_MENDED }.with(&[("cable", &cable)])
}
