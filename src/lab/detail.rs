//! What is read of one host or process while it is selected: its flags as typed, what it stores or knows, its log.

use super::view::{Detail, LogLine, Name, Typed};
use crate::cluster::history;
use crate::cluster::machine::Process;
use crate::cluster::topology::HostRole;
use crate::cluster::{Cluster, flags};
use crate::etcd::CLIENT_PORT;
use crate::kube::note::Note;
use crate::sim::{HostId, LAN, ProcId};

/// Commands that are shown.
const COMMANDS: usize = 20;
/// Lines of a log that are shown.
const LOG_LINES: usize = 40;

/// See the module; empty for a target that does not exist.
pub fn of(cluster: &Cluster, target: &str) -> Detail {
    let (host, name) = target.split_once('/').unwrap_or((target, ""));
    let Some(host) = cluster.topology().host(host) else { return Detail::default() };
    match cluster.topology().process(host, name) {
        Some(process) => Detail {
            flags: command_line(cluster, host, process),
            facts: facts(cluster, process),
            log: log(cluster, process),
            ..Detail::default()
        },
        None => Detail {
            facts: host_facts(cluster, host),
            network: network(cluster, host),
            commands: commands(cluster, host),
            ..Detail::default()
        },
    }
}

fn command_line(cluster: &Cluster, host: HostId, process: ProcId) -> Vec<Name> {
    let mut out: Vec<String> = Vec::new();
    match cluster.world().machine(process) {
        Process::ApiServer(_) => {
            out.push(format!("--advertise-address={}", cluster.topology().address(host)));
            out.push("--secure-port=6443".to_owned());
        }
        Process::Etcd(member) => {
            let name = &member.config().name;
            out.push(format!("--name={name}"));
            out.push(format!("--advertise-client-urls=https://{}:{CLIENT_PORT}", cluster.topology().address(host)));
            let peers: Vec<String> = member
                .config()
                .peers
                .iter()
                .map(|p| format!("{}=https://{}:2380", p.name, cluster.topology().address(p.host)))
                .collect();
            out.push(format!("--initial-cluster={}", peers.join(",")));
            out.push("--heartbeat-interval=100".to_owned());
            out.push("--election-timeout=1000".to_owned());
        }
        Process::Kubelet(kubelet) => {
            out.push(format!("--hostname-override={}", kubelet.config().node_name));
        }
        _ => {}
    }
    out.extend(flags::shown(cluster.world().machine(process)));
    out.into_iter().map(Name::from).collect()
}

fn facts(cluster: &Cluster, process: ProcId) -> Vec<(Name, Name)> {
    let slot = cluster.world().slot(process);
    let mut out: Vec<(&str, String)> = Vec::new();
    out.push(("started", format!("{} times", slot.incarnation)));
    match cluster.world().machine(process) {
        Process::Etcd(member) => {
            if let Some(raft) = member.raft() {
                out.push(("member id", format!("{:x}", member.config().id)));
                out.push(("raft role", raft.role().to_string()));
                out.push(("raft term", raft.term().to_string()));
                out.push(("last index", raft.log().last_index().to_string()));
                out.push(("commit index", raft.commit_index().to_string()));
                out.push(("clients", member.clients().to_string()));
                out.push(("watches", member.watches().to_string()));
            }
            out.push(("revision", member.store().revision().to_string()));
            out.push(("keys", member.store().len().to_string()));
            out.push(("database", format!("{} kB", member.store().size() / 1_000)));
        }
        Process::ApiServer(api) => {
            let (reading, writing) = api.in_flight();
            out.push(("requests in flight", format!("{reading} reading, {writing} writing")));
            out.push(("connections", api.connections().to_string()));
            out.push(("watches", api.watchers().to_string()));
            out.push(("watch cache", format!("revision {}", api.cache_revision())));
            let (ready, failed) = api.readyz();
            out.push((
                "/readyz",
                match ready {
                    Some(true) => "ok".to_owned(),
                    Some(false) => format!("failed: {}", failed.join(", ")),
                    None => "not asked yet".to_owned(),
                },
            ));
        }
        machine => {
            if let Some(candidate) = machine.candidate() {
                out.push(("identity", candidate.identity().to_string()));
                out.push(("attempts", candidate.attempts().to_string()));
            }
        }
    }
    out.into_iter().map(|(k, v)| (k.into(), v.into())).collect()
}

fn host_facts(cluster: &Cluster, host: HostId) -> Vec<(Name, Name)> {
    let planned = cluster.topology().planned(host);
    let clock = &cluster.world().host(host).clock;
    let mut out: Vec<(&str, String)> = vec![("address", cluster.topology().address(host))];
    if planned.role != HostRole::Laptop {
        out.push(("clock rate", format!("{:.3}", f64::from(clock.rate_ppm) / 1e6)));
        out.push(("clock offset", format!("{} s", clock.offset_us as f64 / 1e6)));
    }
    out.into_iter().map(|(k, v)| (k.into(), v.into())).collect()
}

/// What is wrong on the links of a host.
fn network(cluster: &Cluster, host: HostId) -> Vec<(Name, Name)> {
    let net = cluster.world().net();
    let mut out = Vec::new();
    for (n, planned) in cluster.topology().hosts.iter().enumerate() {
        let other = HostId(n as u16);
        let cut = (net.blocked(host, other).is_some(), net.blocked(other, host).is_some());
        let quality = net.quality(host, other);
        let text = match cut {
            (true, true) => "cut".to_owned(),
            (true, false) => "cut from here".to_owned(),
            (false, true) => "cut to here".to_owned(),
            _ if quality == LAN => continue,
            _ => {
                let loss = f64::from(quality.loss_ppm) / 1e4;
                format!("{} ± {}, loss {loss} %", quality.latency, quality.jitter)
            }
        };
        if other != host {
            out.push((planned.name.as_str().into(), text.into()));
        }
    }
    out
}

/// What was typed, if this host is the laptop.
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

/// What the process said lately, and what was noted of it, oldest first.
fn log(cluster: &Cluster, process: ProcId) -> Vec<LogLine> {
    let notes = cluster.world().trace().notes_from(0).rev();
    let mut lines: Vec<LogLine> = notes
        .filter(|note| note.process == Some(process))
        .filter_map(|note| {
            let Note::Log(text) = &note.what else { return None };
            Some(LogLine { at_us: note.at.0, text: text.clone() })
        })
        .take(LOG_LINES)
        .collect();
    lines.reverse();
    lines
}
