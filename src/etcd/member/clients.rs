//! A member's clients: their requests are served from the store or proposed, and answered.

use std::rc::Rc;

use super::{Member, NO_LEADER_TICKS};
use crate::etcd::raft::{self, Raft, Role};
use crate::etcd::reads::Waiting;
use crate::etcd::{EtcdError, Op, Reply, Request, Response, Speaks, Status, Value, Wire, members};
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
        let learns = running.raft.durable().conf_state.learners.contains(&self.config.id);
        let from_learner = matches!(request.op, Op::Status | Op::Range { serializable: true, .. });
        if learns && !from_learner && running.clients.contains(&conn) {
            return self.answer(ctx, &waiting, Err(EtcdError::NotSupportedForLearner));
        }
        match &request.op {
            Op::Range { serializable: false, .. } | Op::MemberList { serializable: false } => {
                running.reads.add(waiting);
                if let Some(read) = running.reads.begin(now) {
                    running.raft.read_index(read);
                }
            }
            Op::Range { .. } | Op::MemberList { .. } | Op::Status | Op::HashKv | Op::AlarmList => {
                self.serve(ctx, &waiting);
            }
            Op::Defragment => {
                Rc::make_mut(&mut self.disk.store).defragment();
                self.answer(ctx, &waiting, Ok(Reply::Defragmented));
            }
            Op::Txn(txn) => match self.admit(txn) {
                Ok(()) => self.propose(ctx, waiting),
                Err(error) => self.answer(ctx, &waiting, Err(error)),
            },
            Op::Compact { .. } | Op::AlarmDisarm => self.propose(ctx, waiting),
            Op::MemberAdd { .. } | Op::MemberRemove { .. } | Op::MemberPromote { .. } => self.change(ctx, waiting),
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
            Op::MemberList { .. } => Ok(Reply::Members(self.rows())),
            Op::Status => Ok(Reply::Status(self.status())),
            Op::HashKv => {
                let store = self.store();
                Ok(Reply::HashKv { hash: store.hash(), revision: store.revision(), compacted: store.compacted() })
            }
            Op::AlarmList => Ok(Reply::Alarms(self.disk.members.alarms.clone())),
            _ => return,
        };
        self.answer(ctx, waiting, result);
    }

    pub(super) fn rows(&self) -> Vec<members::Member> {
        self.raft().map_or_else(Vec::new, |raft| self.disk.members.rows(&raft.durable().conf_state))
    }

    pub(super) fn status(&self) -> Status {
        let raft = self.raft();
        let leader = raft.map_or(raft::NONE, Raft::leader);
        let mut errors: Vec<String> = Vec::new();
        if leader == raft::NONE {
            errors.push(EtcdError::NoLeader.to_string());
        }
        for id in &self.disk.members.alarms {
            errors.push(format!("memberID:{id} alarm:NOSPACE "));
        }
        Status {
            member: self.config.id,
            leader,
            is_learner: raft.is_some_and(|r| r.durable().conf_state.learners.contains(&self.config.id)),
            raft_term: raft.map_or(0, Raft::term),
            raft_index: raft.map_or(0, |r| r.commit_index()),
            raft_applied_index: raft.map_or(0, Raft::applied),
            db_size: self.disk.store.file_size(),
            db_size_in_use: self.disk.store.size(),
            db_size_quota: self.quota,
            errors,
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
