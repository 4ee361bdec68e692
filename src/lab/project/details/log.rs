//! The latest log lines of a process in the wording of the real program: its log, and the facts that it notes. FACTS 1.6;
//! upstream etcd-io/raft `raft.go`, keepalived `vrrp.c`, `apiserver/pkg/server/healthz/healthz.go`; the files of its folder
//! name the others.

mod edge;
mod kube;

use crate::cluster::Cluster;
use crate::cluster::process::Process;
use crate::etcd;
use crate::kube::log_line;
use crate::kube::trace_event::TraceEvent;
use crate::lab::view::LogLine;
use crate::sim::{ProcId, SimTime};

/// Lines of a log that are shown.
const LINES: usize = 40;
/// The most notes that are searched for them.
const NOTES: usize = 4_000;

/// Returns the lines, oldest first.
pub(super) fn of(cluster: &Cluster, process: ProcId) -> Vec<LogLine> {
    let notes = cluster.world().trace().notes_from(0).rev().take(NOTES);
    let own = notes.filter(|note| note.process == Some(process));
    let noted: Vec<LogLine> = own.filter_map(|note| line(cluster, process, note.at, &note.what)).take(LINES).collect();
    let mut noted = noted.into_iter().rev().peekable();
    let mut lines = Vec::new();
    for (at, what) in cluster.world().trace().log_of(process) {
        while let Some(earlier) = noted.next_if(|noted| noted.at_us < at.0) {
            lines.push(earlier);
        }
        lines.extend(line(cluster, process, *at, what));
    }
    lines.extend(noted);
    lines.drain(..lines.len().saturating_sub(LINES));
    lines
}

fn line(cluster: &Cluster, process: ProcId, at: SimTime, what: &TraceEvent) -> Option<LogLine> {
    Some(LogLine { at_us: at.0, text: words(cluster, process, what)?.into() })
}

fn words(cluster: &Cluster, process: ProcId, what: &TraceEvent) -> Option<String> {
    let machine = cluster.world().machine(process);
    Some(match (what, machine) {
        (TraceEvent::Log(text), _) => text.to_string(),
        (TraceEvent::Line(log_line::LogLine::Reflector(kind, line)), _) => {
            kube::reflector(cluster, machine, *kind, line)?
        }
        (TraceEvent::Line(log_line::LogLine::Kubelet(line)), Process::Kubelet(kubelet)) => {
            kube::kubelet(cluster, kubelet.config(), line)
        }
        (TraceEvent::Line(log_line::LogLine::Proxy(line)), _) => kube::proxy(*line),
        (TraceEvent::Line(log_line::LogLine::Haproxy(line)), _) => edge::haproxy(cluster, *line),
        (TraceEvent::Line(log_line::LogLine::Nginx(line)), _) => edge::nginx(cluster, *line),
        (TraceEvent::Etcd(note), Process::Etcd(member)) => etcd(member.config().id, note)?,
        (TraceEvent::ApiReady { ready: false, failed }, Process::ApiServer(_)) => {
            format!("{} check failed: readyz", failed.join(","))
        }
        (TraceEvent::VirtualIp { taken }, Process::Keepalived(_)) => {
            format!("(VI_1) Entering {} STATE", if *taken { "MASTER" } else { "BACKUP" })
        }
        _ => return None,
    })
}

fn etcd(id: u64, note: &etcd::Event) -> Option<String> {
    Some(match note {
        etcd::Event::CampaignStarted { term } => {
            format!("{id:x} is starting a new election at term {}", term.saturating_sub(1))
        }
        etcd::Event::BecameLeader { term } => format!("{id:x} became leader at term {term}"),
        etcd::Event::SteppedDown { term } => format!("{id:x} became follower at term {term}"),
        etcd::Event::LeaderChanged { leader, term } => {
            format!("raft.node: {id:x} elected leader {leader:x} at term {term}")
        }
        etcd::Event::LostLeader { .. } => return None,
    })
}
