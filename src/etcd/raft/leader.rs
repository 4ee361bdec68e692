//! What a leader does: append, replicate, commit, heartbeat, confirm reads, hand over.
//!
//! The real thing: etcd-io/raft `raft.go` (stepLeader, maybeSendAppend, maybeSendSnapshot, bcastHeartbeat, maybeCommit).

use std::rc::Rc;

use super::node::Raft;
use super::quorum::{self, VoteResult};
use super::read_only::ReadRequest;
use super::{Body, Entries, EntryData, Error, Index, Message, NONE, NodeId, ProgressState, ReadState, Reason, Role};

impl<D: Clone> Raft<D> {
    pub(super) fn tick_leader(&mut self) {
        self.heartbeat_elapsed += 1;
        if self.election_elapsed >= self.config.election_tick {
            self.election_elapsed = 0;
            if self.config.check_quorum {
                self.check_quorum();
            }
            if self.role != Role::Leader {
                return;
            }
            // The hand-over took too long: lead on.
            self.lead_transferee = NONE;
        }
        if self.heartbeat_elapsed >= self.config.heartbeat_tick {
            self.heartbeat_elapsed = 0;
            self.bcast_heartbeat();
        }
    }

    fn check_quorum(&mut self) {
        let active = self.progress.iter().filter(|pr| !pr.is_learner).map(|pr| Some(pr.recent_active));
        if quorum::vote_result(active) != VoteResult::Won {
            self.become_follower(self.term(), NONE, Reason::QuorumLost);
        }
        for (pos, pr) in self.progress.iter_mut().enumerate() {
            pr.recent_active &= Some(pos) == self.self_pos;
        }
    }

    #[inline]
    pub(super) fn step_leader(&mut self, m: Message<D>) -> Result<(), Error> {
        match m.body {
            Body::Propose(data) => return self.propose_as_leader(data),
            Body::ReadIndex { ctx } => self.read_as_leader(ReadRequest { from: m.from, ctx }),
            Body::TransferLeader => self.transfer_as_leader(m.from),
            _ => {
                if let Some(pos) = self.position(m.from) {
                    self.handle_answer(pos, m);
                }
            }
        }
        Ok(())
    }

    #[inline]
    fn handle_answer(&mut self, pos: usize, m: Message<D>) {
        match m.body {
            Body::AppendResp { index } => self.handle_append_resp(pos, index),
            Body::AppendReject { index, hint_index, hint_term } => {
                self.handle_append_reject(pos, index, hint_index, hint_term);
            }
            Body::HeartbeatResp { read_seq } => self.handle_heartbeat_resp(pos, read_seq),
            _ => {}
        }
    }

    // ---- proposals ----

    pub(super) fn propose_as_leader(&mut self, mut data: EntryData<D>) -> Result<(), Error> {
        if self.self_pos.is_none() || self.lead_transferee != NONE {
            return Err(Error::ProposalDropped);
        }
        if matches!(data, EntryData::ConfChange(_)) {
            if self.pending_conf_index > self.applied {
                data = EntryData::Empty;
            } else {
                self.pending_conf_index = self.durable.log.last_index() + 1;
            }
        }
        self.append_own(data);
        Ok(())
    }

    /// Appends an entry of the leader's own term, sends it to all, and counts the leader's own copy.
    pub(super) fn append_own(&mut self, data: EntryData<D>) {
        let index = self.durable.log.append(self.durable.hard_state.term, data);
        self.must_sync = true;
        self.bcast_append();
        let Some(pos) = self.self_pos else { return };
        if self.progress[pos].maybe_update(index) && self.maybe_commit() {
            self.release_pending_reads();
            self.bcast_append();
        }
    }

    /// Commits what a majority of voters has, if the newest of it is of this term (Raft paper 5.4.2).
    pub(super) fn maybe_commit(&mut self) -> bool {
        let voters = self.progress.iter().filter(|pr| !pr.is_learner);
        let index = quorum::reached_by_majority(voters.map(|pr| pr.match_index));
        let hard_state = &mut self.durable.hard_state;
        let advances = index > hard_state.commit && self.durable.log.matches(index, hard_state.term);
        if advances {
            hard_state.commit = index;
        }
        advances
    }

    // ---- replication ----

    #[inline]
    pub(super) fn bcast_append(&mut self) {
        for pos in 0..self.progress.len() {
            if Some(pos) != self.self_pos {
                self.maybe_send_append(pos, true);
            }
        }
    }

    /// Sends entries, or if `if_empty` at least the commit index, to the member at `pos` unless it has to wait.
    #[inline]
    pub(super) fn maybe_send_append(&mut self, pos: usize, if_empty: bool) -> bool {
        let pr = &mut self.progress[pos];
        if pr.is_paused() {
            return false;
        }
        let log = &self.durable.log;
        let prev_index = pr.next_index - 1;
        let Some(prev_term) = log.term(prev_index) else { return self.send_snapshot(pos) };
        // With a full window an empty append still goes out now and then, lest a lost window stop everything.
        let entries = if pr.state == ProgressState::Replicate && pr.inflights.is_full() {
            Entries::None
        } else {
            log.slice(pr.next_index, self.config.max_entries_per_msg)
        };
        if entries.is_empty() && !if_empty {
            return false;
        }
        let hard_state = &self.durable.hard_state;
        let commit = hard_state.commit;
        pr.sent_entries(entries.len());
        pr.sent_commit = commit;
        let body = Body::Append { prev_index, prev_term, commit, entries };
        self.msgs.push(Message { to: pr.id, from: self.config.id, term: hard_state.term, body });
        true
    }

    fn send_snapshot(&mut self, pos: usize) -> bool {
        let pr = &mut self.progress[pos];
        if !pr.recent_active {
            return false;
        }
        let snapshot = self.durable.snapshot.as_ref().expect("a compacted log has a snapshot");
        pr.become_snapshot(snapshot.index);
        let (to, body) = (pr.id, Body::Snapshot(Rc::clone(snapshot)));
        self.send(to, body);
        true
    }

    fn handle_append_resp(&mut self, pos: usize, index: Index) {
        let first_index = self.durable.log.first_index();
        let pr = &mut self.progress[pos];
        pr.recent_active = true;
        let news = pr.maybe_update(index) || (pr.match_index == index && pr.state == ProgressState::Probe);
        if !news {
            return;
        }
        match pr.state {
            ProgressState::Probe => pr.become_replicate(),
            ProgressState::Snapshot if pr.match_index + 1 >= first_index => {
                pr.become_probe();
                pr.become_replicate();
            }
            ProgressState::Snapshot => {}
            ProgressState::Replicate => pr.inflights.free_to(index),
        }
        if self.maybe_commit() {
            self.release_pending_reads();
            self.bcast_append();
        } else if self.progress[pos].can_bump_commit(self.durable.hard_state.commit) {
            self.maybe_send_append(pos, true);
        }
        while self.maybe_send_append(pos, false) {}
        let pr = &self.progress[pos];
        if pr.id == self.lead_transferee && pr.match_index == self.durable.log.last_index() {
            self.send(pr.id, Body::TimeoutNow);
        }
    }

    fn handle_append_reject(&mut self, pos: usize, index: Index, hint_index: Index, hint_term: u64) {
        let next_probe =
            if hint_term > 0 { self.durable.log.find_conflict_by_term(hint_index, hint_term).0 } else { hint_index };
        let pr = &mut self.progress[pos];
        pr.recent_active = true;
        if pr.maybe_decrease(index, next_probe) {
            if pr.state == ProgressState::Replicate {
                pr.become_probe();
            }
            self.maybe_send_append(pos, true);
        }
    }

    // ---- heartbeats and reads ----

    #[inline]
    fn bcast_heartbeat(&mut self) {
        let (from, hard_state, read_seq) = (self.config.id, self.durable.hard_state, self.read_only.last_seq());
        for pr in self.progress.iter_mut().filter(|pr| pr.id != from) {
            // Never tell a member to commit what it may not have.
            let commit = hard_state.commit.min(pr.match_index);
            pr.sent_commit = commit;
            let body = Body::Heartbeat { commit, read_seq };
            self.msgs.push(Message { to: pr.id, from, term: hard_state.term, body });
        }
    }

    #[inline]
    fn handle_heartbeat_resp(&mut self, pos: usize, read_seq: u64) {
        let pr = &mut self.progress[pos];
        pr.recent_active = true;
        pr.flow_paused = false;
        if pr.match_index < self.durable.log.last_index() || pr.state == ProgressState::Probe {
            self.maybe_send_append(pos, true);
        }
        if read_seq != 0 {
            self.acknowledge_read(pos, read_seq);
        }
    }

    fn acknowledge_read(&mut self, pos: usize, read_seq: u64) {
        let pr = &mut self.progress[pos];
        pr.read_ack = pr.read_ack.max(read_seq);
        let voters = self.progress.iter().filter(|pr| !pr.is_learner);
        let confirmed = quorum::reached_by_majority(voters.map(|pr| pr.read_ack));
        while let Some((read, index)) = self.read_only.pop_confirmed(confirmed) {
            self.answer_read(read, index);
        }
    }

    pub(super) fn read_as_leader(&mut self, read: ReadRequest) {
        let commit = self.commit_index();
        if self.progress.iter().filter(|pr| !pr.is_learner).count() == 1 {
            self.answer_read(read, commit);
        } else if self.durable.log.matches(commit, self.term()) {
            self.confirm_read(read);
        } else {
            // Until an entry of its own term is committed a leader does not know the commit index.
            self.pending_reads.push(read);
        }
    }

    fn confirm_read(&mut self, read: ReadRequest) {
        self.read_only.add(read, self.commit_index());
        if let Some(pos) = self.self_pos {
            self.progress[pos].read_ack = self.read_only.last_seq();
        }
        self.bcast_heartbeat();
    }

    fn release_pending_reads(&mut self) {
        if !self.pending_reads.is_empty() && self.durable.log.matches(self.commit_index(), self.term()) {
            for read in std::mem::take(&mut self.pending_reads) {
                self.confirm_read(read);
            }
        }
    }

    fn answer_read(&mut self, read: ReadRequest, index: Index) {
        if read.from == self.config.id {
            self.read_states.push(ReadState { index, ctx: read.ctx });
        } else {
            self.send(read.from, Body::ReadIndexResp { index, ctx: read.ctx });
        }
    }

    // ---- hand-over ----

    pub(super) fn transfer_as_leader(&mut self, to: NodeId) {
        let Some(pos) = self.position(to) else { return };
        if self.progress[pos].is_learner || self.lead_transferee == to {
            return;
        }
        self.lead_transferee = NONE;
        if to == self.config.id {
            return;
        }
        // It has one election timeout.
        self.election_elapsed = 0;
        self.lead_transferee = to;
        if self.progress[pos].match_index == self.durable.log.last_index() {
            self.send(to, Body::TimeoutNow);
        } else {
            self.maybe_send_append(pos, true);
        }
    }
}
