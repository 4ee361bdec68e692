//! Raft's five safety properties (paper, figure 3), checked from outside over all members of a group.
//!
//! A [`Checker`] remembers what it has seen: who led which term, and the terms of all committed entries as runs, so its
//! memory does not grow with the log. It only reads; a member that is down is simply not shown to it.

use std::fmt;

use crate::sim::map::Map;

use super::{Index, NodeId, Raft, Role, Term};

/// Terms whose leader is remembered.
const TERMS_KEPT: usize = 256;
/// Runs of committed entries that are remembered; the oldest are forgotten.
const RUNS_KEPT: usize = 1024;

/// A property that does not hold, and the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Name of the property, as in the paper.
    pub property: &'static str,
    /// Who and where.
    pub(crate) detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} violated: {}", self.property, self.detail)
    }
}

/// A member's state at its last check.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    commit: Index,
    /// Term it led in, 0 if it did not lead.
    led: Term,
    last_index: Index,
    last_term: Term,
}

/// Watches one group.
#[derive(Clone, Debug)]
pub struct Checker {
    /// Entries below the point where two logs meet that are compared in full, per pair and call.
    depth: Index,
    leaders: Map<Term, NodeId>,
    seen: Map<NodeId, Seen>,
    /// Runs of equal term in the committed log: first index and term, both rising.
    committed_runs: Vec<(Index, Term)>,
    committed: Index,
}

impl Checker {
    /// `depth` bounds the work per call: entries compared per pair of logs. A test passes [`Index::MAX`]; a few are
    /// enough in a page that checks after every change.
    pub fn new(depth: Index) -> Self {
        let (leaders, seen) = (Map::new(), Map::new());
        Self { depth, leaders, seen, committed_runs: Vec::new(), committed: 0 }
    }

    /// Checks the members that are up. Call it after every step, or less often: what happens between two calls
    /// is only seen by its traces.
    ///
    /// Errors: the first property that does not hold.
    pub fn check<D: Clone + PartialEq>(&mut self, members: &[&Raft<D>]) -> Result<(), Violation> {
        for raft in members {
            self.election_safety(raft)?;
            self.leader_append_only(raft)?;
        }
        for (at, left) in members.iter().enumerate() {
            for right in &members[at + 1..] {
                self.log_matching(left, right)?;
            }
        }
        // First against what was committed before, for a bad leader soon commits its own entries over it.
        for raft in members {
            self.leader_completeness(raft)?;
        }
        for raft in members {
            self.state_machine_safety(raft)?;
        }
        for raft in members {
            self.leader_completeness(raft)?;
            self.remember(raft);
        }
        Ok(())
    }

    /// Highest index known to be committed.
    pub fn committed(&self) -> Index {
        self.committed
    }

    /// At most one leader per term.
    fn election_safety<D: Clone>(&mut self, raft: &Raft<D>) -> Result<(), Violation> {
        if raft.role() != Role::Leader {
            return Ok(());
        }
        let first = *self.leaders.entry(raft.term()).or_insert(raft.id());
        if self.leaders.len() > TERMS_KEPT {
            self.leaders.pop_first();
        }
        ensure(first == raft.id(), "election safety", || {
            format!("{first} and {} both lead term {}", raft.id(), raft.term())
        })
    }

    /// A leader never overwrites or deletes its own entries.
    fn leader_append_only<D: Clone>(&self, raft: &Raft<D>) -> Result<(), Violation> {
        let Some(seen) = self.seen.get(&raft.id()) else { return Ok(()) };
        if raft.role() != Role::Leader || seen.led != raft.term() {
            return Ok(());
        }
        let log = raft.log();
        let kept = seen.last_index + 1 < log.first_index() || log.matches(seen.last_index, seen.last_term);
        ensure(kept, "leader append-only", || format!("leader {} lost its entry {}", raft.id(), seen.last_index))
    }

    /// Logs that agree on an entry's index and term agree on everything up to it.
    fn log_matching<D: Clone + PartialEq>(&self, left: &Raft<D>, right: &Raft<D>) -> Result<(), Violation> {
        let (left_log, right_log) = (left.log(), right.log());
        let first = left_log.first_index().max(right_log.first_index());
        let mut index = left_log.last_index().min(right_log.last_index());
        while index >= first && left_log.term(index) != right_log.term(index) {
            index -= 1;
        }
        let lowest = first.max(index.saturating_sub(self.depth));
        while index >= lowest {
            ensure(left_log.entry(index) == right_log.entry(index), "log matching", || {
                format!("{} and {} differ at {index} below a common entry", left.id(), right.id())
            })?;
            index -= 1;
        }
        Ok(())
    }

    /// No two members have different entries committed at the same index.
    fn state_machine_safety<D: Clone>(&mut self, raft: &Raft<D>) -> Result<(), Violation> {
        let log = raft.log();
        let from = self.seen.get(&raft.id()).map_or(0, |seen| seen.commit) + 1;
        for index in from.max(log.first_index())..=raft.commit_index() {
            let Some(term) = log.term(index) else { continue };
            if index > self.committed {
                self.committed = index;
                if self.committed_runs.last().is_none_or(|run| run.1 != term) {
                    self.committed_runs.push((index, term));
                    let excess = self.committed_runs.len().saturating_sub(RUNS_KEPT);
                    self.committed_runs.drain(..excess);
                }
            } else if let Some(known) = self.committed_term(index) {
                ensure(known == term, "state machine safety", || {
                    format!("{} has {term}/{index} committed, elsewhere it is {known}/{index}", raft.id())
                })?;
            }
        }
        Ok(())
    }

    fn committed_term(&self, index: Index) -> Option<Term> {
        let after = self.committed_runs.partition_point(|run| run.0 <= index);
        Some(self.committed_runs[after.checked_sub(1)?].1)
    }

    /// A committed entry is in the log of every leader of a later term. Terms only rise along a log, so that it is
    /// enough to look at both ends of each run.
    fn leader_completeness<D: Clone>(&self, raft: &Raft<D>) -> Result<(), Violation> {
        let known = self.seen.get(&raft.id()).is_some_and(|seen| seen.led == raft.term());
        if raft.role() != Role::Leader || known {
            return Ok(());
        }
        let log = raft.log();
        let ends = self.committed_runs.iter().skip(1).map(|run| run.0 - 1).chain([self.committed]);
        for (run, last) in self.committed_runs.iter().zip(ends) {
            // A committed entry of this leader's own term or a later one says nothing about its election.
            let bound = [run.0, last].into_iter().filter(|index| *index >= log.first_index() && run.1 < raft.term());
            for index in bound {
                ensure(log.matches(index, run.1), "leader completeness", || {
                    format!("leader {} of term {} lacks the committed {}/{index}", raft.id(), raft.term(), run.1)
                })?;
            }
        }
        Ok(())
    }

    fn remember<D: Clone>(&mut self, raft: &Raft<D>) {
        let log = raft.log();
        let seen = Seen {
            commit: raft.commit_index(),
            led: if raft.role() == Role::Leader { raft.term() } else { 0 },
            last_index: log.last_index(),
            last_term: log.last_term(),
        };
        self.seen.insert(raft.id(), seen);
    }
}

fn ensure(holds: bool, property: &'static str, detail: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { property, detail: detail() }) }
}
