//! What a follower and a candidate do with a message: take over the leader's log, answer, pass requests on.
//!
//! The real thing: etcd-io/raft `raft.go` (stepFollower, stepCandidate, handleAppendEntries, handleHeartbeat, restore).

use std::rc::Rc;

use super::node::Raft;
use super::read_only::ReadRequest;
use super::{Body, Entries, Error, Index, Message, NodeId, ReadState, Reason, Role, Snapshot, Term};

impl<D: Clone> Raft<D> {
    #[inline]
    pub(super) fn step_follower(&mut self, m: Message<D>) -> Result<(), Error> {
        match m.body {
            Body::Append { .. } | Body::Heartbeat { .. } | Body::Snapshot(_) => {
                self.election_elapsed = 0;
                self.leader = m.from;
                return self.handle_leader(m.from, m.body);
            }
            Body::Propose(data) => return self.propose_data(data, m.from),
            Body::ReadIndex { ctx } => self.route_read(ReadRequest { from: m.from, ctx }),
            Body::ReadIndexResp { index, ctx } => self.read_states.push(ReadState { index, ctx }),
            Body::TransferLeader => self.transfer_leader(m.from),
            Body::TimeoutNow => self.hup(Reason::Transfer),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn step_candidate(&mut self, m: Message<D>) -> Result<(), Error> {
        match m.body {
            Body::Append { .. } | Body::Heartbeat { .. } | Body::Snapshot(_) => {
                self.become_follower(m.term, m.from, Reason::LeaderHeard(m.from));
                return self.handle_leader(m.from, m.body);
            }
            // An answer to the pre-vote may still come in during the election; it does not count there.
            Body::PreVoteResp { reject } if self.role == Role::PreCandidate => self.poll(m.from, !reject),
            Body::VoteResp { reject } if self.role == Role::Candidate => self.poll(m.from, !reject),
            Body::Propose(_) => return Err(Error::ProposalDropped),
            _ => {}
        }
        Ok(())
    }

    /// A message from the leader of this term.
    #[inline]
    fn handle_leader(&mut self, leader: NodeId, body: Body<D>) -> Result<(), Error> {
        let answer = match body {
            Body::Append { prev_index, prev_term, commit, entries } => {
                self.handle_append(prev_index, prev_term, commit, entries)
            }
            Body::Heartbeat { commit, read_seq } => {
                self.commit_to(commit)?;
                Body::HeartbeatResp { read_seq }
            }
            Body::Snapshot(snapshot) => {
                let index = if self.restore(snapshot) { self.durable.log.last_index() } else { self.commit_index() };
                Body::AppendResp { index }
            }
            _ => return Ok(()),
        };
        self.send(leader, answer);
        Ok(())
    }

    #[inline]
    fn handle_append(&mut self, prev: Index, prev_term: Term, commit: Index, entries: Entries<D>) -> Body<D> {
        let committed = self.commit_index();
        if prev < committed {
            return Body::AppendResp { index: committed };
        }
        let log = &mut self.durable.log;
        if !log.matches(prev, prev_term) {
            // The highest place where the logs may still match, judging by terms alone: skips a whole diverged tail.
            let (hint_index, hint_term) = log.find_conflict_by_term(prev.min(log.last_index()), prev_term);
            return Body::AppendReject { index: prev, hint_index, hint_term };
        }
        let last_new = prev + entries.len() as Index;
        self.must_sync |= log.merge(entries, committed);
        self.durable.hard_state.commit = committed.max(commit.min(last_new));
        Body::AppendResp { index: last_new }
    }

    /// Replaces log and configuration by a snapshot's; false if it brings nothing new.
    fn restore(&mut self, snapshot: Rc<Snapshot<D>>) -> bool {
        let conf_state = &snapshot.conf_state;
        let member = conf_state.voters.contains(&self.config.id) || conf_state.learners.contains(&self.config.id);
        if snapshot.index <= self.commit_index() || !member {
            return false;
        }
        if self.durable.log.matches(snapshot.index, snapshot.term) {
            self.durable.hard_state.commit = snapshot.index;
            return false;
        }
        self.durable.log.restore(snapshot.index, snapshot.term);
        self.durable.hard_state.commit = snapshot.index;
        self.durable.conf_state = conf_state.clone();
        self.durable.conf_index = snapshot.index;
        self.durable.snapshot = Some(Rc::clone(&snapshot));
        self.must_sync = true;
        self.track_members(&snapshot.conf_state);
        self.pending_snapshot = Some(snapshot);
        true
    }
}
