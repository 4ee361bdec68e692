//! A short status for the row of a running process.

use super::texts as say;
use crate::cluster::process::Process;

/// Returns the text beside its name. Empty for most.
pub(crate) fn brief(machine: &Process) -> String {
    match machine {
        Process::Etcd(m) => m.raft().map_or_else(String::new, |raft| say::BRIEF_TERM.with(&[("n", &raft.term())])),
        Process::ApiServer(m) => match m.in_flight() {
            (0, 0) => say::BRIEF_WATCHES.with(&[("n", &m.watchers())]),
            (read, write) => say::BRIEF_IN_FLIGHT.with(&[("n", &(read + write))]),
        },
        Process::Haproxy(_) | Process::Nginx(_) => {
            let servers = machine.backends();
            let up = servers.iter().filter(|server| server.up).count();
            say::BRIEF_UP.with(&[("n", &up), ("of", &servers.len())])
        }
        Process::Keepalived(m) => {
            let state = if m.is_master() { "MASTER" } else { "BACKUP" };
            say::BRIEF_PRIORITY.with(&[("state", &state), ("priority", &m.priority())])
        }
        _ => String::new(),
    }
}
