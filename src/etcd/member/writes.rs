//! Writes: admission, proposal, and the effect of a committed proposal (etcd's `v3_server.go`, `apply/`, `v3rpc/key.go`).

use std::rc::Rc;

use super::Member;
use crate::etcd::raft::{NONE, Role};
use crate::etcd::reads::Waiting;
use crate::etcd::store::Store;
use crate::etcd::{Command, EtcdError, Op, Payload, Proposal, Reply, Speaks, Txn, TxnOp, TxnResult, Value, WatchKind};
use crate::sim::Ctx;

/// `--max-txn-ops`, `--max-request-bytes`
const MAX_TXN_OPS: usize = 128;
const MAX_REQUEST: u64 = 1_572_864;
/// The request timeout, in ticks.
const PUBLISH_EVERY: u32 = 70;

impl<D: Value> Member<D> {
    /// Checks whether a transaction may be proposed. If the database is full, the member raises the alarm.
    pub(super) fn admit(&mut self, txn: &Txn<D>) -> Result<(), EtcdError> {
        for ops in [&txn.success, &txn.failure] {
            if ops.len() > MAX_TXN_OPS || txn.compare.len() > MAX_TXN_OPS {
                return Err(EtcdError::TooManyOps);
            }
            for (at, op) in ops.iter().enumerate() {
                let TxnOp::Put { key, .. } = op else { continue };
                if key.is_empty() {
                    return Err(EtcdError::EmptyKey);
                }
                if ops[..at].iter().any(|other| matches!(other, TxnOp::Put { key: k, .. } if k == key)) {
                    return Err(EtcdError::DuplicateKey);
                }
            }
        }
        let cost = Store::cost(txn);
        if self.is_full(cost) {
            let member = self.config.id;
            self.propose_own(Command::Alarm { member });
            return Err(EtcdError::NoSpace);
        }
        if cost > MAX_REQUEST { Err(EtcdError::RequestTooLarge) } else { Ok(()) }
    }

    fn is_full(&self, cost: u64) -> bool {
        cost > 0 && self.disk.store.file_size() + cost >= self.quota
    }

    /// Proposes a write, through the leader; the write waits while there is none.
    pub(super) fn propose<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>, waiting: Waiting<D>)
    where
        D: Value<Note = V::Note>,
    {
        let command = match &waiting.request.op {
            Op::Txn(txn) => Command::Txn(txn.clone()),
            Op::Compact { revision } => Command::Compact { revision: *revision },
            Op::AlarmDisarm => Command::Disarm,
            _ => return self.change(ctx, waiting),
        };
        let number = self.propose_own(command);
        let Some(running) = &mut self.running else { return };
        match number {
            Some(number) => {
                running.proposals.insert(number, waiting);
            }
            None => running.unproposed.push(waiting),
        }
    }

    /// Proposes a command and returns the number of the proposal; `None` if no leader is known.
    pub(super) fn propose_own(&mut self, command: Command<D>) -> Option<u64> {
        let running = self.running.as_mut()?;
        let number = running.last_proposal + 1;
        let proposal = Proposal { from: self.config.id, number, command };
        running.raft.propose(Payload::Proposal(Rc::new(proposal))).ok()?;
        running.last_proposal = number;
        Some(number)
    }

    pub(super) fn apply<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>, proposal: &Proposal<D>)
    where
        D: Value<Note = V::Note>,
    {
        let result = match &proposal.command {
            Command::Txn(txn) => self.apply_txn(ctx, txn),
            Command::Compact { revision } => {
                Rc::make_mut(&mut self.disk.store).compact(*revision).map(|()| Reply::Compacted)
            }
            Command::Alarm { member } => {
                let alarms = &mut self.disk.members.alarms;
                if !alarms.contains(member) {
                    alarms.push(*member);
                }
                return;
            }
            Command::Disarm => Ok(Reply::Alarms(std::mem::take(&mut self.disk.members.alarms))),
            Command::Publish { member, name, process } => return self.disk.members.publish(*member, name, *process),
        };
        if proposal.from == self.config.id
            && let Some(waiting) = self.running.as_mut().and_then(|r| r.proposals.remove(&proposal.number))
        {
            self.answer(ctx, &waiting, result);
        }
    }

    fn apply_txn<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>, txn: &Txn<D>) -> Result<Reply<D>, EtcdError>
    where
        D: Value<Note = V::Note>,
    {
        let cost = Store::cost(txn);
        if cost > 0 && !self.disk.members.alarms.is_empty() {
            return Err(EtcdError::NoSpace);
        }
        let full = self.is_full(cost);
        let store = Rc::make_mut(&mut self.disk.store);
        let leads = self.running.as_ref().is_some_and(|r| r.raft.role() == Role::Leader);
        let applied = store.apply(txn);
        if leads && applied.events > 0 {
            let cause = ctx.cause();
            let notes: Vec<_> = store
                .newest(applied.events)
                .filter_map(|e| {
                    let after = (e.kind == WatchKind::Put).then_some(&e.kv.value);
                    D::change_note(e.previous.as_ref().map(|p| &p.value), after)
                })
                .collect();
            for note in notes {
                ctx.note(note);
            }
            ctx.resume_cause(cause);
        }
        // The database has filled up since the write was admitted: it is applied, and its client gets the error.
        let put = applied.results.iter().any(|r| matches!(r, TxnResult::Put));
        if full && put {
            return Err(EtcdError::NoSpace);
        }
        Ok(Reply::Txn { succeeded: applied.succeeded, results: applied.results })
    }

    /// At each tick of a joining member: publishes its name until the log has it.
    pub(super) fn publish<V: Speaks<D>>(&mut self, ctx: &Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let member = self.config.id;
        let Some(running) = &mut self.running else { return };
        running.publish_in = running.publish_in.saturating_sub(1);
        let Some(me) = self.disk.members.get(member) else { return };
        if !me.name.is_empty() {
            self.contacts.clear();
        } else if running.publish_in == 0 && running.raft.leader() != NONE {
            running.publish_in = PUBLISH_EVERY;
            let name = self.config.name.as_str().into();
            self.propose_own(Command::Publish { member, name, process: ctx.me() });
        }
    }
}
