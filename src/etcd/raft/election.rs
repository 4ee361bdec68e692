//! Elections: the roles' transitions, campaigning, voting, and what a message of another term means.
//!
//! The real thing: etcd-io/raft `raft.go` (Step, reset, become*, hup, campaign, poll); thesis 3.4, 9.6 (PreVote), 3.10.

use super::node::Raft;
use super::quorum::{self, VoteResult};
use super::{Body, EntryData, Message, NONE, NodeId, Reason, Role, Term};

impl<D: Clone> Raft<D> {
    /// Handles a message of another term; returns whether the message still has to be handled.
    pub(super) fn check_term(&mut self, m: &Message<D>) -> bool {
        if m.term < self.term() {
            self.answer_lower_term(m);
            return false;
        }
        match m.body {
            Body::Vote { transfer: false, .. } | Body::PreVote { .. } if self.in_lease() => return false,
            // These carry a term that nobody is in yet.
            Body::PreVote { .. } | Body::PreVoteResp { reject: false } => {}
            Body::Append { .. } | Body::Heartbeat { .. } | Body::Snapshot(_) => {
                self.become_follower(m.term, m.from, Reason::HigherTerm(m.from));
            }
            _ => self.become_follower(m.term, NONE, Reason::HigherTerm(m.from)),
        }
        true
    }

    fn answer_lower_term(&mut self, m: &Message<D>) {
        match m.body {
            // A member that raised its term while cut off cannot win, for voters in lease ignore it, nor follow, for
            // the leader's term is lower. Telling the leader makes it step down and ends the deadlock.
            Body::Heartbeat { .. } | Body::Append { .. } if self.config.check_quorum || self.config.pre_vote => {
                self.send(m.from, Body::AppendResp { index: 0 });
            }
            // Lets a pre-candidate of a lower term catch up instead of asking forever.
            Body::PreVote { .. } => self.send(m.from, Body::PreVoteResp { reject: true }),
            _ => {}
        }
    }

    fn reset(&mut self, term: Term) {
        if self.term() != term {
            self.durable.hard_state.term = term;
            self.durable.hard_state.vote = NONE;
            self.must_sync = true;
        }
        self.leader = NONE;
        self.election_elapsed = 0;
        self.heartbeat_elapsed = 0;
        self.draw_election_timeout();
        self.lead_transferee = NONE;
        self.pending_conf_index = 0;
        self.read_only.reset();
        let last_index = self.durable.log.last_index();
        for pr in &mut self.progress {
            pr.reset(last_index);
        }
        if let Some(pos) = self.self_pos {
            self.progress[pos].match_index = last_index;
        }
    }

    pub(super) fn become_follower(&mut self, term: Term, leader: NodeId, reason: Reason) {
        self.reset(term);
        self.leader = leader;
        // A follower that merely learns of another term has not changed what it is.
        if self.role != Role::Follower {
            self.reason = reason;
        }
        self.role = Role::Follower;
    }

    fn become_pre_candidate(&mut self, reason: Reason) {
        // Unlike the others this keeps term, vote and timeout.
        for pr in &mut self.progress {
            pr.vote = None;
        }
        self.leader = NONE;
        (self.role, self.reason) = (Role::PreCandidate, reason);
    }

    fn become_candidate(&mut self, reason: Reason) {
        self.reset(self.term() + 1);
        self.durable.hard_state.vote = self.config.id;
        (self.role, self.reason) = (Role::Candidate, reason);
    }

    fn become_leader(&mut self) {
        self.reset(self.term());
        self.leader = self.config.id;
        (self.role, self.reason) = (Role::Leader, Reason::ElectionWon);
        if let Some(pos) = self.self_pos {
            self.progress[pos].become_replicate();
            self.progress[pos].recent_active = true;
        }
        // There may be a membership change somewhere in the log; waiting for all of it is cheaper than looking.
        self.pending_conf_index = self.durable.log.last_index();
        self.append_own(EntryData::Empty);
    }

    /// Starts an election unless this member must not. The reason decides whether a pre-vote comes first.
    pub(super) fn hup(&mut self, reason: Reason) {
        if self.role == Role::Leader || !self.promotable() || self.has_unapplied_conf_change() {
            return;
        }
        // A leader that hands over is alive and agrees, so there is nothing to ask first.
        if self.config.pre_vote && reason != Reason::Transfer {
            self.become_pre_candidate(reason);
            let (last_index, last_term) = self.last_entry();
            self.ask_voters(self.term() + 1, Body::PreVote { last_index, last_term });
            self.poll(self.config.id, true);
        } else {
            self.campaign_for_real(reason);
        }
    }

    fn campaign_for_real(&mut self, reason: Reason) {
        self.become_candidate(reason);
        let (last_index, last_term) = self.last_entry();
        let transfer = reason == Reason::Transfer;
        self.ask_voters(self.term(), Body::Vote { last_index, last_term, transfer });
        self.poll(self.config.id, true);
    }

    fn last_entry(&self) -> (u64, Term) {
        (self.durable.log.last_index(), self.durable.log.last_term())
    }

    fn ask_voters(&mut self, term: Term, body: Body<D>) {
        let from = self.config.id;
        let voters = self.progress.iter().filter(|pr| !pr.is_learner && pr.id != from);
        self.msgs.extend(voters.map(|pr| Message { to: pr.id, from, term, body: body.clone() }));
    }

    fn has_unapplied_conf_change(&self) -> bool {
        (self.applied + 1..=self.commit_index()).any(|index| {
            self.durable.log.entry(index).is_some_and(|entry| matches!(entry.data, EntryData::ConfChange(_)))
        })
    }

    /// Counts an answer to the current (pre-)election and acts on the result.
    pub(super) fn poll(&mut self, from: NodeId, granted: bool) {
        if let Some(pos) = self.position(from) {
            self.progress[pos].vote.get_or_insert(granted);
        }
        let votes = self.progress.iter().filter(|pr| !pr.is_learner).map(|pr| pr.vote);
        match quorum::vote_result(votes) {
            VoteResult::Won if self.role == Role::PreCandidate => self.campaign_for_real(Reason::PreVoteWon),
            VoteResult::Won => self.become_leader(),
            VoteResult::Lost => self.become_follower(self.term(), NONE, Reason::ElectionLost),
            VoteResult::Pending => {}
        }
    }

    /// Grants or refuses a vote. Learners vote too: they may have been promoted without knowing it yet.
    pub(super) fn handle_vote_request(&mut self, m: &Message<D>) {
        let (pre_vote, last_index, last_term) = match m.body {
            Body::PreVote { last_index, last_term } => (true, last_index, last_term),
            Body::Vote { last_index, last_term, .. } => (false, last_index, last_term),
            _ => return,
        };
        let vote = self.durable.hard_state.vote;
        let can_vote = vote == m.from || (vote == NONE && self.leader == NONE) || (pre_vote && m.term > self.term());
        let reject = !(can_vote && self.durable.log.is_up_to_date(last_index, last_term));
        let body = if pre_vote { Body::PreVoteResp { reject } } else { Body::VoteResp { reject } };
        // A grant repeats the term of the request, which for a pre-vote is not this member's.
        let term = if reject { self.term() } else { m.term };
        self.msgs.push(Message { to: m.from, from: self.config.id, term, body });
        if !pre_vote && !reject {
            self.election_elapsed = 0;
            self.must_sync |= vote != m.from;
            self.durable.hard_state.vote = m.from;
        }
    }
}
