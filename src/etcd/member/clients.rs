//! What a member does for its clients: serves, proposes, waits, answers.

use std::rc::Rc;

use super::{Member, NO_LEADER_TICKS};
use crate::etcd::raft::{self, Raft, Role};
use crate::etcd::reads::Waiting;
use crate::etcd::{
    Command, EtcdError, Op, Payload, Proposal, Reply, Request, Response, Speaks, Status, Value, Wire, wire,
};
use crate::sim::{ConnId, Ctx};

impl<D: Value> Member<D> {
    pub(super) fn request<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>, conn: ConnId, request: Rc<Request<D>>)
    where
        D: Value<Note = V::Note>,
    {
        let now = ctx.now();
        let waiting = Waiting { conn, request: request.clone(), since: now, cause: ctx.cause() };
        let revision = self.disk.store.revision();
        let Some(running) = &mut self.running else { return };
        match &request.op {
            Op::Range { serializable: false, .. } | Op::MemberList { serializable: false } => {
                running.reads.add(waiting);
                if let Some(read) = running.reads.begin(now) {
                    running.raft.read_index(read);
                }
            }
            Op::Range { .. } | Op::MemberList { .. } | Op::Status => self.serve(ctx, &waiting),
            Op::Txn(_) | Op::Compact { .. } => self.propose(waiting),
            Op::Watch { span, start, require_leader } => {
                if *require_leader && running.leaderless_ticks >= NO_LEADER_TICKS {
                    return self.answer(ctx, &waiting, Err(EtcdError::NoLeader));
                }
                running.watches.add(conn, request.id, span.clone(), *start, *require_leader, revision);
                self.answer(ctx, &waiting, Ok(Reply::WatchCreated));
                self.feed_watches(ctx);
            }
            Op::CancelWatch { watch } => {
                running.watches.cancel(conn, *watch);
                self.answer(ctx, &waiting, Ok(Reply::WatchCanceled));
            }
            Op::MoveLeader { to } => {
                let known = running.raft.progress().iter().any(|p| p.id == *to && !p.is_learner);
                if running.raft.role() != Role::Leader {
                    self.answer(ctx, &waiting, Err(EtcdError::NotLeader));
                } else if !known {
                    self.answer(ctx, &waiting, Err(EtcdError::BadLeaderTransferee));
                } else if *to == self.config.id {
                    self.answer(ctx, &waiting, Ok(Reply::Moved));
                } else {
                    running.raft.transfer_leader(*to);
                    running.moving.push(waiting);
                }
            }
        }
    }

    /// Puts a write into the log, through the leader; it waits while there is none.
    pub(super) fn propose(&mut self, waiting: Waiting<D>) {
        let Some(running) = &mut self.running else { return };
        let command = match &waiting.request.op {
            Op::Txn(txn) => Command::Txn(txn.clone()),
            Op::Compact { revision } => Command::Compact { revision: *revision },
            _ => return,
        };
        let number = running.last_proposal + 1;
        let proposal = Proposal { from: self.config.id, number, command };
        match running.raft.propose(Payload::Proposal(Rc::new(proposal))) {
            Ok(()) => {
                running.last_proposal = number;
                running.proposals.insert(number, waiting);
            }
            Err(_) => running.unproposed.push(waiting),
        }
    }

    /// Answers a read from this member's own store.
    pub(super) fn serve<V: Speaks<D>>(&self, ctx: &mut Ctx<'_, V>, waiting: &Waiting<D>)
    where
        D: Value<Note = V::Note>,
    {
        let result = match &waiting.request.op {
            Op::Range { span, revision, limit, count_only, .. } => self
                .disk
                .store
                .range(span, *revision, *limit)
                .map(|(kvs, count)| Reply::Range { kvs: if *count_only { Vec::new() } else { kvs }, count }),
            Op::MemberList { .. } => Ok(Reply::Members(
                self.config
                    .peers
                    .iter()
                    .map(|p| wire::Member { id: p.id, name: p.name.clone(), is_learner: false, started: true })
                    .collect(),
            )),
            Op::Status => Ok(Reply::Status(self.status())),
            _ => return,
        };
        self.answer(ctx, waiting, result);
    }

    pub(super) fn status(&self) -> Status {
        let raft = self.raft();
        let leader = raft.map_or(raft::NONE, Raft::leader);
        Status {
            member: self.config.id,
            leader,
            is_learner: raft.is_some_and(|r| !r.is_voter()),
            raft_term: raft.map_or(0, Raft::term),
            raft_index: raft.map_or(0, |r| r.commit_index()),
            raft_applied_index: raft.map_or(0, Raft::applied),
            db_size: self.disk.store.size(),
            errors: if leader == raft::NONE { vec!["etcdserver: no leader".to_owned()] } else { Vec::new() },
        }
    }

    pub(super) fn answer<V: Speaks<D>>(
        &self,
        ctx: &mut Ctx<'_, V>,
        to: &Waiting<D>,
        result: Result<Reply<D>, EtcdError>,
    ) where
        D: Value<Note = V::Note>,
    {
        let response = Response {
            id: to.request.id,
            revision: self.disk.store.revision(),
            member: self.config.id,
            raft_term: self.raft().map_or(0, Raft::term),
            result,
        };
        ctx.send(to.conn, Wire::Response(Rc::new(response)).into());
    }
}
