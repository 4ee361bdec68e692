//! The members and the alarms, as applied from the log: part of every member's database and of every snapshot.
//!
//! Who votes and who learns is Raft's own state. The checks before a change is proposed are in
//! `member/changes.rs`. The real thing: etcd `server/etcdserver/api/membership/cluster.go`.

use std::rc::Rc;

use super::error::EtcdError;
use super::raft::{ConfState, NONE};
use crate::sim::{HostId, ProcId};

/// `--max-learners`
const MAX_LEARNERS: usize = 1;

/// A member's identifier.
pub(crate) type MemberId = u64;

/// A member as the cluster is configured with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The member's identifier.
    pub id: MemberId,
    /// `--name`
    pub name: String,
    /// The host with its ports 2379 and 2380.
    pub host: HostId,
    /// The member's process on that host.
    pub process: ProcId,
}

/// The context of a membership change in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// As in [`Proposal`](super::Proposal); 0 for a founder.
    pub(crate) from: MemberId,
    /// The number of the request at the proposing member.
    pub(crate) number: u64,
    /// What changes.
    pub(crate) what: ChangeKind,
}

/// The kinds of membership change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    /// A founding member.
    Found(Peer),
    /// A member on this host is added.
    Add(HostId),
    /// The member is removed.
    Remove,
    /// The learner becomes a voter.
    Promote,
}

/// A row of the member list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The member's identifier.
    pub(crate) id: MemberId,
    /// Empty if it was never started.
    pub name: Rc<str>,
    /// The host with its ports 2379 and 2380.
    pub host: HostId,
    /// Whether it replicates the log without a vote.
    pub is_learner: bool,
    /// Whether it has ever started and published its name.
    pub started: bool,
}

/// One member, as the others know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerInfo {
    /// The member's identifier.
    pub id: MemberId,
    /// The host with its ports 2379 and 2380.
    pub host: HostId,
    /// `--name`; empty until the member has published itself. A founder's is known from the start.
    pub(crate) name: Rc<str>,
    /// The member's process; `None` until it has published itself.
    pub(crate) process: Option<ProcId>,
}

/// The membership of an etcd cluster, as the log has made it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// By id.
    pub list: Vec<PeerInfo>,
    /// Removed members, whose identifiers are never used again, with their hosts.
    pub(crate) removed: Vec<(MemberId, HostId)>,
    /// Members with a `NOSPACE` alarm.
    pub(crate) alarms: Vec<MemberId>,
}

impl Members {
    /// Returns a member; `None` if there is none with this identifier.
    pub(crate) fn get(&self, id: MemberId) -> Option<&PeerInfo> {
        self.list.iter().find(|m| m.id == id)
    }

    /// Returns whether a member with this identifier was removed.
    pub fn was_removed(&self, id: MemberId) -> bool {
        self.removed.iter().any(|(removed, _)| *removed == id)
    }

    /// Checks whether a committed change may take effect (ValidateConfigurationChange); every member decides alike.
    ///
    /// # Errors
    /// The error for the client that asked for the change.
    pub(crate) fn validate(&self, conf: &ConfState, id: MemberId, what: &ChangeKind) -> Result<(), EtcdError> {
        let known = self.get(id).is_some();
        match what {
            _ if self.was_removed(id) => Err(EtcdError::MemberNotFound),
            ChangeKind::Found(_) => Ok(()),
            ChangeKind::Add(host) if known || self.list.iter().any(|m| m.host == *host) => {
                Err(EtcdError::PeerUrlExists)
            }
            ChangeKind::Add(_) => Ok(()),
            ChangeKind::Remove | ChangeKind::Promote if !known => Err(EtcdError::MemberNotFound),
            ChangeKind::Promote if !conf.learners.contains(&id) => Err(EtcdError::NotALearner),
            ChangeKind::Remove if conf.voters == [id] => Err(EtcdError::NotEnoughStarted),
            ChangeKind::Remove | ChangeKind::Promote => Ok(()),
        }
    }

    /// Checks whether the cluster may have another learner.
    ///
    /// # Errors
    /// [`EtcdError::TooManyLearners`].
    pub(crate) fn room_for_learner(conf: &ConfState) -> Result<(), EtcdError> {
        if conf.learners.len() < MAX_LEARNERS { Ok(()) } else { Err(EtcdError::TooManyLearners) }
    }

    /// Applies a valid change.
    pub(crate) fn apply(&mut self, id: MemberId, change: &Change) {
        let new = match &change.what {
            ChangeKind::Found(peer) => {
                PeerInfo { id, host: peer.host, name: peer.name.as_str().into(), process: Some(peer.process) }
            }
            ChangeKind::Add(host) => PeerInfo { id, host: *host, name: "".into(), process: None },
            ChangeKind::Remove => {
                if let Some(at) = self.list.iter().position(|m| m.id == id) {
                    self.removed.push((id, self.list.remove(at).host));
                }
                self.alarms.retain(|m| *m != id);
                return;
            }
            ChangeKind::Promote => return,
        };
        let at = self.list.partition_point(|m| m.id < id);
        self.list.insert(at, new);
    }

    /// A member that was added has started.
    pub(crate) fn publish(&mut self, id: MemberId, name: &Rc<str>, process: ProcId) {
        if let Some(member) = self.list.iter_mut().find(|m| m.id == id) {
            (member.name, member.process) = (name.clone(), Some(process));
        }
    }

    /// Returns the number of voters, and of started voters, without the voter `without` and with this many
    /// more of each; etcd's IsReadyTo...
    fn after(&self, conf: &ConfState, without: MemberId, more: usize, more_started: usize) -> bool {
        let voters = self.list.iter().filter(|m| m.id != without && conf.voters.contains(&m.id));
        let (mut all, mut started) = (more, more_started);
        for member in voters {
            all += 1;
            started += usize::from(!member.name.is_empty());
        }
        // A lone member may get a second one, although that one has not started yet.
        (more == 1 && more_started == 0 && all == 2 && started == 1) || started > all / 2
    }

    /// Returns whether a voter can be added without losing the quorum (etcd: `IsReadyToAddVotingMember`).
    pub(crate) fn ready_to_add_voter(&self, conf: &ConfState) -> bool {
        self.after(conf, NONE, 1, 0)
    }

    /// Returns whether a learner can be promoted without losing the quorum (etcd: `IsReadyToPromoteMember`).
    pub(crate) fn ready_to_promote(&self, conf: &ConfState) -> bool {
        self.after(conf, NONE, 1, 1)
    }

    /// Returns whether a voter can be removed without losing the quorum (etcd: `IsReadyToRemoveVotingMember`).
    pub(crate) fn ready_to_remove_voter(&self, conf: &ConfState, id: MemberId) -> bool {
        self.after(conf, id, 0, 0)
    }

    /// Returns the rows of `member list`.
    pub(crate) fn rows(&self, conf: &ConfState) -> Vec<Member> {
        let row = |m: &PeerInfo| Member {
            id: m.id,
            name: m.name.clone(),
            host: m.host,
            is_learner: conf.learners.contains(&m.id),
            started: !m.name.is_empty(),
        };
        self.list.iter().map(row).collect()
    }
}
