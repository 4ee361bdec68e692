//! What a process has written lately, in the wording of the real one: what the simulation notes as a line of its log, and
//! what it notes as a fact, told as that program tells it. FACTS 1.6; upstream etcd-io/raft `raft.go`, HAProxy
//! `src/check.c`, keepalived `vrrp.c`, `apiserver/pkg/server/healthz/healthz.go`.

use crate::cluster::Cluster;
use crate::cluster::machine::Process;
use crate::etcd;
use crate::kube::note::Note;
use crate::lab::view::LogLine;
use crate::sim::{HostId, ProcId};

/// Lines of a log that are shown.
const LINES: usize = 40;
/// Notes that are looked through for them.
const NOTES: usize = 4_000;

/// Oldest first.
pub(super) fn of(cluster: &Cluster, process: ProcId) -> Vec<LogLine> {
    let notes = cluster.world().trace().notes_from(0).rev().take(NOTES);
    let own = notes.filter(|note| note.process == Some(process));
    let lines =
        own.filter_map(|note| Some(LogLine { at_us: note.at.0, text: line(cluster, process, &note.what)?.into() }));
    let mut lines: Vec<LogLine> = lines.take(LINES).collect();
    lines.reverse();
    lines
}

fn line(cluster: &Cluster, process: ProcId, what: &Note) -> Option<String> {
    let machine = cluster.world().machine(process);
    Some(match (what, machine) {
        (Note::Log(text), _) => text.to_string(),
        (Note::Etcd(note), Process::Etcd(member)) => etcd(member.config().id, note)?,
        (Note::ApiReady { ready: false, failed }, Process::ApiServer(_)) => {
            format!("{} check failed: readyz", failed.join(","))
        }
        (Note::Backend { server, up, check }, Process::Haproxy(_)) => haproxy(cluster, *server, *up, check),
        (Note::Backend { server, up: false, check }, Process::Nginx(_)) => nginx(cluster, *server, check),
        (Note::VirtualIp { taken }, Process::Keepalived(_)) => {
            format!("(VI_1) Entering {} STATE", if *taken { "MASTER" } else { "BACKUP" })
        }
        _ => return None,
    })
}

fn etcd(id: u64, note: &etcd::Note) -> Option<String> {
    Some(match note {
        etcd::Note::CampaignStarted { term } => {
            format!("{id:x} is starting a new election at term {}", term.saturating_sub(1))
        }
        etcd::Note::BecameLeader { term } => format!("{id:x} became leader at term {term}"),
        etcd::Note::SteppedDown { term } => format!("{id:x} became follower at term {term}"),
        etcd::Note::LeaderChanged { leader, term } => {
            format!("raft.node: {id:x} elected leader {leader:x} at term {term}")
        }
        etcd::Note::LostLeader { .. } => return None,
    })
}

fn haproxy(cluster: &Cluster, server: HostId, up: bool, check: &str) -> String {
    let reason = match check {
        "L4OK" => "Layer4 check passed",
        "L4CON" => "Layer4 connection problem",
        "L4TOUT" => "Layer4 timeout",
        "L6RSP" => "Layer6 invalid response",
        "L6TOUT" => "Layer6 timeout",
        "L7OK" => "Layer7 check passed",
        "L7RSP" => "Layer7 invalid response",
        "L7STS" => "Layer7 wrong status",
        "L7TOUT" => "Layer7 timeout",
        other => other,
    };
    let name = &cluster.topology().planned(server).name;
    format!("Server apiserverbackend/{name} is {}, reason: {reason}", if up { "UP" } else { "DOWN" })
}

fn nginx(cluster: &Cluster, server: HostId, check: &str) -> String {
    let upstream = format!("upstream: \"{}:6443\"", cluster.topology().address(server));
    if check == "connection refused" {
        format!("connect() failed (111: Connection refused) while connecting to upstream, {upstream}")
    } else {
        format!("upstream timed out (110: Connection timed out) while connecting to upstream, {upstream}")
    }
}
