//! Details of one host, process or pod while it is selected: its command line, its state, the output of tools about it,
//! its log. Only what the simulation knows, each with its unit.

mod command;
mod edge;
mod etcd;
mod kube;
mod log;
mod node;
pub(crate) mod texts;

use std::rc::Rc;

use crate::cluster::process::Process;
use crate::cluster::topology::HostRole;
use crate::cluster::{Cluster, history};
use crate::lab::i18n::{Text, plural};
use crate::lab::view::details::{Detail, Fact, Paper, Row, Table, Typed};
use crate::lab::view::{Name, Tone};
use crate::sim::{HostId, LAN, ProcId, SimDuration, SimTime, WallTime};

/// Commands that are shown.
const COMMANDS: usize = 20;

/// Returns the details of a host, process or pod. Empty for a target that does not exist.
pub(crate) fn of(cluster: &Cluster, target: &str) -> Detail {
    if let Some(pod) = target.strip_prefix("pod/") {
        return node::pod(cluster, pod).done();
    }
    let (host, name) = target.split_once('/').unwrap_or((target, ""));
    let Some(host) = cluster.topology().host(host) else { return Detail::default() };
    match cluster.topology().process(host, name) {
        Some(process) => Detail {
            command: command::line(cluster, host, process).map(Rc::new),
            log: Rc::new(log::of(cluster, process)),
            ..of_process(cluster, host, process).done()
        },
        None => Detail {
            network: Rc::new(network(cluster, host)),
            commands: Rc::new(commands(cluster, host)),
            ..of_host(cluster, host).done()
        },
    }
}

fn of_process(cluster: &Cluster, host: HostId, process: ProcId) -> Sheet {
    let mut sheet = Sheet::of(cluster, host);
    let slot = cluster.world().slot(process);
    let n = u64::from(slot.incarnation);
    sheet.fact("", texts::INSPECT_STARTED, plural(n, n, texts::INSPECT_TIMES_ONE, texts::INSPECT_TIMES_MANY));
    let up = slot.up;
    match cluster.world().machine(process) {
        // Its disk outlives it.
        Process::Etcd(member) => etcd::member(&mut sheet, cluster, member),
        Process::Kubelet(_) | Process::KubeProxy(_) if !up => {}
        Process::Kubelet(kubelet) => node::kubelet(&mut sheet, kubelet),
        Process::KubeProxy(proxy) => node::proxy(&mut sheet, proxy),
        Process::ApiServer(api) if up => kube::api_server(&mut sheet, cluster, api),
        Process::ControllerManager(manager) if up => kube::controller_manager(&mut sheet, manager),
        Process::Scheduler(scheduler) if up => kube::scheduler(&mut sheet, scheduler),
        Process::Haproxy(proxy) if up => edge::haproxy(&mut sheet, proxy),
        Process::Nginx(proxy) if up => edge::nginx(&mut sheet, proxy),
        Process::Keepalived(keepalived) if up => edge::keepalived(&mut sheet, cluster, keepalived),
        Process::Kubectl(laptop) => edge::laptop(&mut sheet, cluster, laptop),
        Process::Browser(user) => edge::user(&mut sheet, user),
        _ => {}
    }
    kube::lock(&mut sheet, cluster, &slot.name);
    match cluster.world().machine(process) {
        Process::Kubelet(_) => node::object(&mut sheet, cluster, &cluster.topology().planned(host).name),
        Process::KubeProxy(_) => node::rules(&mut sheet, cluster, host),
        _ => {}
    }
    sheet.papers.extend(command::file(cluster, process));
    sheet
}

fn of_host(cluster: &Cluster, host: HostId) -> Sheet {
    let mut sheet = Sheet::of(cluster, host);
    let planned = cluster.topology().planned(host);
    let clock = &cluster.world().host(host).clock;
    sheet.fact("", texts::INSPECT_HOST_ADDRESS, cluster.topology().address(host));
    if !matches!(planned.role, HostRole::Laptop | HostRole::User) {
        sheet.fact("", texts::INSPECT_CLOCK_RATE, format!("{:.3}", f64::from(clock.rate_ppm) / 1e6));
        sheet.fact("", texts::INSPECT_CLOCK_OFFSET, format!("{} s", clock.offset_us as f64 / 1e6));
    }
    if matches!(planned.role, HostRole::Worker | HostRole::Master) {
        node::object(&mut sheet, cluster, &planned.name);
    }
    let first = planned.processes.first().map(|(_, process)| cluster.world().machine(*process));
    match first {
        Some(Process::Kubectl(laptop)) => edge::laptop(&mut sheet, cluster, laptop),
        Some(Process::Browser(user)) => edge::user(&mut sheet, user),
        _ => {}
    }
    sheet
}

/// Returns the faults on the links of a host.
fn network(cluster: &Cluster, host: HostId) -> Vec<(Name, Name)> {
    let net = cluster.world().net();
    let mut out = Vec::new();
    for (n, planned) in cluster.topology().hosts.iter().enumerate() {
        let other = HostId(n as u16);
        let cut = (net.blocked(host, other).is_some(), net.blocked(other, host).is_some());
        let quality = net.quality(host, other);
        let text = match cut {
            (true, true) => texts::INSPECT_CUT.to_string(),
            (true, false) => texts::INSPECT_CUT_FROM.to_string(),
            (false, true) => texts::INSPECT_CUT_TO.to_string(),
            _ if quality == LAN => continue,
            _ => {
                let loss = f64::from(quality.loss_ppm) / 1e4;
                let values: [(&str, &dyn std::fmt::Display); 3] =
                    [("latency", &quality.latency), ("jitter", &quality.jitter), ("loss", &loss)];
                texts::INSPECT_LINK.with(&values)
            }
        };
        if other != host {
            out.push((planned.name.as_str().into(), text.into()));
        }
    }
    out
}

/// Returns the typed commands, if this host is the laptop.
fn commands(cluster: &Cluster, host: HostId) -> Vec<Typed> {
    if cluster.topology().planned(host).role != HostRole::Laptop {
        return Vec::new();
    }
    let shown = |command: &history::Typed| {
        let ended = command.ended.as_ref().map(|(_, printed)| printed);
        Typed {
            number: command.number,
            at_us: command.at.0,
            line: command.args.join(" ").into(),
            exit: ended.map(|printed| printed.exit),
            output: ended.map_or(String::new(), |p| format!("{}{}", p.stdout, p.stderr)).trim_end().into(),
        }
    };
    cluster.history().commands.iter().rev().take(COMMANDS).map(shown).collect()
}

/// The details of one target while they are collected, and its host's clock.
struct Sheet {
    facts: Vec<Fact>,
    tables: Vec<Table>,
    papers: Vec<Paper>,
    /// The host's monotonic clock now.
    local: SimTime,
}

impl Sheet {
    fn of(cluster: &Cluster, host: HostId) -> Self {
        let clock = &cluster.world().host(host).clock;
        let now = cluster.now();
        Self { facts: vec![], tables: vec![], papers: vec![], local: clock.monotonic(now) }
    }

    fn done(self) -> Detail {
        let Self { facts, tables, papers, .. } = self;
        Detail { facts: Rc::new(facts), tables: Rc::new(tables), papers: Rc::new(papers), ..Detail::default() }
    }

    fn fact(&mut self, term: &'static str, name: Text, value: impl Into<Name>) {
        self.marked(term, name, value, Tone::Neutral);
    }

    fn marked(&mut self, term: &'static str, name: Text, value: impl Into<Name>, tone: Tone) {
        self.facts.push(Fact { term, name: name.get().into(), value: value.into(), tone });
    }

    fn table(&mut self, id: &'static str, term: &'static str, texts: (Text, Text), head: &[Text], rows: Vec<Row>) {
        let head = head.iter().map(|text| text.get().into()).collect();
        self.tables.push(Table { id, term, title: texts.0.get().into(), empty: texts.1.get().into(), head, rows });
    }

    /// Returns an instant of the host's monotonic clock as `3.2 s ago`.
    fn ago(&self, at: SimTime) -> String {
        texts::INSPECT_AGO.with(&[("time", &seconds(self.local.since(at)))])
    }

    fn ago_or_never(&self, at: Option<SimTime>) -> String {
        at.map_or_else(|| texts::INSPECT_NEVER.to_string(), |at| self.ago(at))
    }
}

fn row<const N: usize>(cells: [String; N], tone: Tone) -> Row {
    Row { cells: cells.into_iter().map(Name::from).collect(), tone }
}

fn paper(id: &'static str, command: &str, text: impl Into<Name>, open: bool) -> Paper {
    Paper { id, command: command.into(), text: text.into(), hot: "".into(), tone: Tone::Neutral, open }
}

fn yes_no(yes: bool) -> String {
    if yes { texts::INSPECT_YES } else { texts::INSPECT_NO }.to_string()
}

/// Returns a span as `3.2 s`, and from two minutes on as Kubernetes prints an age, `2m1s`.
fn seconds(span: SimDuration) -> String {
    if span.0 < 120_000_000 {
        format!("{:.1} s", span.as_secs_f64())
    } else {
        crate::console::time::age(WallTime::ZERO + span, WallTime::ZERO)
    }
}
