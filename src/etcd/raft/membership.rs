//! Membership: configurations, and applying one change at a time.
//!
//! A change is proposed like any entry and takes effect on each member when that member applies it. Joint consensus is
//! not here: etcd never asks for it. The real thing: etcd-io/raft `confchange/confchange.go` (Simple), `raft.go`
//! (applyConfChange, switchToConfig).

use std::fmt;

use crate::sim::map::{Map, Set};

use super::node::Raft;
use super::progress::Progress;
use super::{Error, NONE, NodeId, Reason, Role};

/// Who votes and who only learns; both sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfState {
    /// Members that vote and count towards a majority.
    pub voters: Vec<NodeId>,
    /// Members that only receive the log.
    pub learners: Vec<NodeId>,
}

impl ConfState {
    /// A configuration of these voters and no learner.
    pub fn of_voters(voters: impl IntoIterator<Item = NodeId>) -> Self {
        let voters: Set<NodeId> = voters.into_iter().collect();
        Self { voters: voters.into_iter().collect(), learners: Vec::new() }
    }

    fn of_progress(progress: &[Progress]) -> Self {
        let ids = |learner| progress.iter().filter(|pr| pr.is_learner == learner).map(|pr| pr.id).collect();
        Self { voters: ids(false), learners: ids(true) }
    }
}

impl fmt::Display for ConfState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "voters {:?}", self.voters)?;
        if self.learners.is_empty() { Ok(()) } else { write!(f, " learners {:?}", self.learners) }
    }
}

/// What a membership change does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfChangeKind {
    /// Adds a voter, or promotes a learner.
    AddVoter,
    /// Adds a learner, or demotes a voter.
    AddLearner,
    /// Removes a voter or a learner.
    Remove,
    /// Changes nothing for Raft: etcd's member update (peer URLs).
    Update,
}

/// A membership change as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfChange<D> {
    /// What to do.
    pub kind: ConfChangeKind,
    /// With whom; a caller that refuses the change when applying it passes [`NONE`], which changes nothing.
    pub node: NodeId,
    /// Whatever the caller wants to find beside it (name, URLs, request id).
    pub(crate) context: Option<D>,
}

impl<D> ConfChange<D> {
    /// A change without context.
    pub fn new(kind: ConfChangeKind, node: NodeId) -> Self {
        Self { kind, node, context: None }
    }
}

impl<D> fmt::Display for ConfChange<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.kind {
            ConfChangeKind::AddVoter => "add voter",
            ConfChangeKind::AddLearner => "add learner",
            ConfChangeKind::Remove => "remove",
            ConfChangeKind::Update => "update",
        };
        write!(f, "{verb} {}", self.node)
    }
}

impl<D: Clone> Raft<D> {
    /// Applies a committed membership change; to be called for each such entry from [`Raft::next_committed`] before the
    /// next one is taken. A change that was applied before a restart (it is not newer than `Durable::conf_index`) is
    /// skipped. Returns the configuration in force.
    ///
    /// Errors: [`Error::RemovedAllVoters`]; nothing was changed.
    pub fn apply_conf_change(&mut self, change: &ConfChange<D>) -> Result<ConfState, Error> {
        if self.applied <= self.durable.conf_index {
            return Ok(self.durable.conf_state.clone());
        }
        if change.node != NONE {
            self.change_progress(change)?;
        }
        self.durable.conf_index = self.applied;
        self.switch_config();
        Ok(self.durable.conf_state.clone())
    }

    fn change_progress(&mut self, change: &ConfChange<D>) -> Result<(), Error> {
        let others_vote = self.progress.iter().any(|pr| !pr.is_learner && pr.id != change.node);
        let found = self.progress.binary_search_by_key(&change.node, |pr| pr.id);
        let as_learner = match change.kind {
            ConfChangeKind::Update => return Ok(()),
            ConfChangeKind::AddVoter => false,
            ConfChangeKind::AddLearner | ConfChangeKind::Remove if !others_vote => return Err(Error::RemovedAllVoters),
            ConfChangeKind::AddLearner => true,
            ConfChangeKind::Remove => {
                if let Ok(at) = found {
                    self.progress.remove(at);
                }
                return Ok(());
            }
        };
        match found {
            Ok(at) => self.progress[at].is_learner = as_learner,
            Err(at) => {
                let last_index = self.durable.log.last_index();
                let newcomer = Progress::new(change.node, last_index, self.config.max_inflight_msgs, as_learner);
                self.progress.insert(at, newcomer);
            }
        }
        Ok(())
    }

    /// Tracks the members of `conf_state`, knowing nothing of their logs.
    pub(super) fn track_members(&mut self, conf_state: &ConfState) {
        let (last_index, max_inflight) = (self.durable.log.last_index(), self.config.max_inflight_msgs);
        let voters = conf_state.voters.iter().map(|id| Progress::new(*id, last_index, max_inflight, false));
        let learners = conf_state.learners.iter().map(|id| Progress::new(*id, last_index, max_inflight, true));
        let by_id: Map<NodeId, Progress> = voters.chain(learners).map(|pr| (pr.id, pr)).collect();
        self.progress = by_id.into_values().collect();
        self.self_pos = self.position(self.config.id);
    }

    /// Acts on a changed set of members: fewer voters may mean more is committed, a newcomer wants the log.
    fn switch_config(&mut self) {
        self.durable.conf_state = ConfState::of_progress(&self.progress);
        self.self_pos = self.position(self.config.id);
        if self.role != Role::Leader {
            return;
        }
        if !self.is_voter() {
            if self.config.step_down_on_removal {
                self.become_follower(self.term(), NONE, Reason::Removed);
            }
            return;
        }
        if self.maybe_commit() {
            self.bcast_append();
        } else {
            for pos in 0..self.progress.len() {
                if Some(pos) != self.self_pos {
                    self.maybe_send_append(pos, false);
                }
            }
        }
        if !self.progress.iter().any(|pr| pr.id == self.lead_transferee && !pr.is_learner) {
            self.lead_transferee = NONE;
        }
    }
}
