//! Membership changes, one at a time: the checks of a request (strict reconfig check), its way into the log, and
//! its effect when it is applied (FACTS 5.3; the real thing: etcd `server/etcdserver/server.go`, AddMember to
//! applyConfChange).

use std::rc::Rc;

use super::{ELECTION_TIMEOUT, Member};
use crate::etcd::raft::{self, ConfChange, ConfChangeKind, ConfState, Role};
use crate::etcd::reads::Waiting;
use crate::etcd::{
    Change, ChangeKind, EtcdError, MemberId, Members, Op, PEER_PORT, Payload, Reply, Speaks, Timer, Value, Wire,
};
use crate::sim::{Ctx, HostId, SimDuration, fnv1a};

/// How long other members must have been heard before a change that needs them.
const HEALTH_INTERVAL: SimDuration = SimDuration::from_secs(5);
/// The share of the leader's log, in percent, that a learner must have to be promoted.
const READY_PERCENT: u64 = 90;

impl<D: Value> Member<D> {
    /// A client asks for a membership change.
    pub(super) fn change<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>, waiting: Waiting<D>)
    where
        D: Value<Note = V::Note>,
    {
        let (kind, id, what) = match waiting.request.op {
            Op::MemberAdd { host, learner } => {
                let kind = if learner { ConfChangeKind::AddLearner } else { ConfChangeKind::AddVoter };
                (kind, new_id(host, ctx.wall().0 as u64), ChangeKind::Add(host))
            }
            Op::MemberRemove { id } => (ConfChangeKind::Remove, id, ChangeKind::Remove),
            Op::MemberPromote { id } => (ConfChangeKind::AddVoter, id, ChangeKind::Promote),
            _ => return,
        };
        let Some(conf) = self.raft().map(|raft| raft.durable().conf_state.clone()) else { return };
        let leads = self.raft().is_some_and(|raft| raft.role() == Role::Leader);
        let allowed = match what {
            ChangeKind::Promote if leads => self.may_promote(id),
            ChangeKind::Promote => Ok(()),
            ChangeKind::Remove => self.may_remove(ctx, &conf, id),
            _ => self.may_add(ctx, &conf, kind == ConfChangeKind::AddLearner),
        };
        let Some(running) = &mut self.running else { return };
        if let Err(error) = allowed {
            return self.answer(ctx, &waiting, Err(error));
        }
        let number = running.last_proposal + 1;
        if what == ChangeKind::Promote && !leads {
            let Some(host) = self.disk.members.get(running.raft.leader()).map(|m| m.host) else {
                return running.unproposed.push(waiting);
            };
            (running.last_proposal, _) = (number, running.proposals.insert(number, waiting));
            return ctx.datagram(host, PEER_PORT, Wire::Promote { from: self.config.id, number, id }.into());
        }
        let change = Change { from: self.config.id, number, what };
        if running.raft.propose_conf_change(carry(kind, id, change)).is_ok() {
            (running.last_proposal, _) = (number, running.proposals.insert(number, waiting));
        } else {
            running.unproposed.push(waiting);
        }
    }

    /// Another member passes on a promotion, since this one leads.
    pub(super) fn promote_for<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>, from: MemberId, number: u64, id: MemberId)
    where
        D: Value<Note = V::Note>,
    {
        let allowed = self.may_promote(id);
        let Some(running) = &mut self.running else { return };
        match allowed {
            Ok(()) => {
                let change = Change { from, number, what: ChangeKind::Promote };
                let _ = running.raft.propose_conf_change(carry(ConfChangeKind::AddVoter, id, change));
            }
            Err(error) => {
                if let Some(peer) = self.disk.members.get(from) {
                    ctx.datagram(peer.host, PEER_PORT, Wire::NotPromoted { number, error }.into());
                }
            }
        }
    }

    /// The leader has refused what a client of this member asked for.
    pub(super) fn refuse<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>, number: u64, error: EtcdError)
    where
        D: Value<Note = V::Note>,
    {
        if let Some(waiting) = self.running.as_mut().and_then(|r| r.proposals.remove(&number)) {
            self.answer(ctx, &waiting, Err(error));
        }
    }

    fn heard_for<V: Speaks<D>>(&self, ctx: &Ctx<'_, V>, id: MemberId, at_least: SimDuration) -> bool
    where
        D: Value<Note = V::Note>,
    {
        let now = ctx.now();
        let since = self.running.as_ref().and_then(|r| r.activity.active_since(id, now));
        id == self.config.id || since.is_some_and(|since| now.since(since) > at_least)
    }

    fn may_add<V: Speaks<D>>(&self, ctx: &Ctx<'_, V>, conf: &ConfState, learner: bool) -> Result<(), EtcdError>
    where
        D: Value<Note = V::Note>,
    {
        if !learner && !self.disk.members.ready_to_add_voter(conf) {
            return Err(EtcdError::NotEnoughStarted);
        }
        if conf.voters.iter().any(|id| !self.heard_for(ctx, *id, HEALTH_INTERVAL)) {
            return Err(EtcdError::Unhealthy);
        }
        if learner { Members::room_for_learner(conf) } else { Ok(()) }
    }

    fn may_remove<V: Speaks<D>>(&self, ctx: &Ctx<'_, V>, conf: &ConfState, id: MemberId) -> Result<(), EtcdError>
    where
        D: Value<Note = V::Note>,
    {
        if conf.learners.contains(&id) {
            return Ok(());
        }
        if !self.disk.members.ready_to_remove_voter(conf, id) {
            return Err(EtcdError::NotEnoughStarted);
        }
        if !self.heard_for(ctx, id, SimDuration::ZERO) {
            return Ok(()); // it is down: no loss
        }
        let active = conf.voters.iter().filter(|id| self.heard_for(ctx, **id, HEALTH_INTERVAL)).count();
        if active < 2 + (conf.voters.len() - 1) / 2 { Err(EtcdError::Unhealthy) } else { Ok(()) }
    }

    /// Only a leader knows how far a learner is.
    fn may_promote(&self, id: MemberId) -> Result<(), EtcdError> {
        let Some(raft) = self.raft().filter(|raft| raft.role() == Role::Leader) else {
            return Err(EtcdError::NotLeader);
        };
        let matched = |id| raft.progress().iter().find(|pr| pr.id == id).map(|pr| pr.match_index);
        let (Some(its), Some(own)) = (matched(id), matched(self.config.id)) else {
            return Err(EtcdError::MemberNotFound);
        };
        if its * 100 < own * READY_PERCENT {
            return Err(EtcdError::LearnerNotReady);
        }
        let ready = self.disk.members.ready_to_promote(&raft.durable().conf_state);
        if ready { Ok(()) } else { Err(EtcdError::NotEnoughStarted) }
    }

    /// A committed change.
    pub(super) fn apply_change<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>, entry: &ConfChange<Payload<D>>)
    where
        D: Value<Note = V::Note>,
    {
        let Some(running) = &mut self.running else { return };
        let Some(Payload::Change(change)) = &entry.context else { return };
        let conf = &running.raft.durable().conf_state;
        let mut result = self.disk.members.validate(conf, entry.node, &change.what);
        if result.is_ok() && entry.kind == ConfChangeKind::AddLearner {
            result = Members::room_for_learner(conf);
        }
        if result.is_ok() {
            self.disk.members.apply(entry.node, change);
            let _ = running.raft.apply_conf_change(entry);
        } else {
            let _ = running.raft.apply_conf_change(&ConfChange::new(entry.kind, raft::NONE));
        }
        if change.from == self.config.id
            && let Some(waiting) = running.proposals.remove(&change.number)
        {
            let members = self.rows();
            let reply = match change.what {
                ChangeKind::Add(_) => Reply::MemberAdded { id: entry.node, members },
                _ => Reply::Members(members),
            };
            self.answer(ctx, &waiting, result.map(|()| reply));
        }
        if change.what == ChangeKind::Remove && entry.node == self.config.id {
            self.removed(ctx);
        }
    }

    /// This member has been removed: it exits once its last messages have been sent.
    pub(super) fn removed<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let (id, host) = (self.config.id, ctx.host());
        if !self.disk.members.was_removed(id) {
            self.disk.members.removed.push((id, host));
        }
        ctx.set_timer(ELECTION_TIMEOUT, Timer::Removed, 0);
    }
}

fn carry<D>(kind: ConfChangeKind, node: MemberId, change: Change) -> ConfChange<Payload<D>> {
    ConfChange { kind, node, context: Some(Payload::Change(Rc::new(change))) }
}

/// etcd hashes the peer URLs, the cluster's name and the time.
fn new_id(host: HostId, time: u64) -> MemberId {
    let mut bytes = [0; 10];
    bytes[..2].copy_from_slice(&host.0.to_le_bytes());
    bytes[2..].copy_from_slice(&time.to_le_bytes());
    fnv1a(&bytes)
}
