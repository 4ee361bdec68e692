//! One member: its state, what goes in (ticks, messages, requests) and what comes out.
//!
//! What each role does is in election.rs, leader.rs and follower.rs. The real thing: etcd-io/raft `raft.go` (raft, Step,
//! tickElection, tickHeartbeat), `rawnode.go`.

use std::rc::Rc;

use rand::Rng;
use rand_pcg::Pcg32;

use super::progress::Progress;
use super::read_only::{ReadOnly, ReadRequest};
use super::{
    Body, ConfChange, Config, Durable, Entry, EntryData, Error, HardState, Index, Message, NONE, NodeId, RaftLog,
    ReadState, Reason, Role, Snapshot, SoftState, Term,
};

/// One member of a Raft group. `D` is the payload of an entry and of a snapshot; it should be cheap to clone (an `Rc`).
#[derive(Clone, Debug)]
pub struct Raft<D> {
    pub(super) config: Config,
    pub(super) durable: Durable<D>,

    pub(super) role: Role,
    pub(super) reason: Reason,
    pub(super) leader: NodeId,
    pub(super) lead_transferee: NodeId,
    /// Sorted by id.
    pub(super) progress: Vec<Progress>,
    /// Where this member is in `progress`; `None` if it is not in the configuration.
    pub(super) self_pos: Option<usize>,

    pub(super) applied: Index,
    /// No membership change may be proposed until this index is applied.
    pub(super) pending_conf_index: Index,
    pub(super) pending_snapshot: Option<Rc<Snapshot<D>>>,

    pub(super) election_elapsed: u32,
    pub(super) heartbeat_elapsed: u32,
    pub(super) randomized_election_timeout: u32,
    rng: Pcg32,

    pub(super) read_only: ReadOnly,
    /// Reads that came before this leader had committed an entry of its term.
    pub(super) pending_reads: Vec<ReadRequest>,
    pub(super) read_states: Vec<ReadState>,
    pub(super) msgs: Vec<Message<D>>,
    pub(super) must_sync: bool,
    reported: SoftState,
}

impl<D: Clone> Raft<D> {
    /// Starts a member from what it has kept. It is a follower that knows no leader.
    ///
    /// If the log begins after `config.applied`, the snapshot is handed out first ([`Raft::take_snapshot`]).
    /// Panics on settings that make no sense ([`Config`] says which).
    pub fn new(config: Config, durable: Durable<D>) -> Self {
        config.validate();
        let soft_state = SoftState { leader: NONE, role: Role::Follower };
        let compacted = durable.log.first_index() - 1;
        let pending_snapshot = if config.applied < compacted { durable.snapshot.clone() } else { None };
        let conf_state = durable.conf_state.clone();
        let mut raft = Self {
            role: Role::Follower,
            reason: Reason::Started,
            leader: NONE,
            lead_transferee: NONE,
            progress: Vec::new(),
            self_pos: None,
            applied: config.applied.max(compacted),
            pending_conf_index: 0,
            pending_snapshot,
            election_elapsed: 0,
            heartbeat_elapsed: 0,
            randomized_election_timeout: config.election_tick,
            rng: Pcg32::new(config.seed, config.id),
            read_only: ReadOnly::default(),
            pending_reads: Vec::new(),
            read_states: Vec::new(),
            msgs: Vec::new(),
            must_sync: false,
            reported: soft_state,
            config,
            durable,
        };
        raft.track_members(&conf_state);
        raft.become_follower(raft.term(), NONE, Reason::Started);
        raft
    }

    // ---- what goes in ----

    /// One tick (etcd: 100 ms) has passed on this member's clock.
    #[inline]
    pub fn tick(&mut self) {
        self.election_elapsed += 1;
        if self.role == Role::Leader {
            self.tick_leader();
        } else if self.election_elapsed >= self.randomized_election_timeout && self.promotable() {
            self.election_elapsed = 0;
            self.hup(Reason::ElectionTimeout);
        }
    }

    /// A message has arrived.
    ///
    /// Errors: [`Error::PeerNotFound`] for an answer from a stranger, [`Error::ProposalDropped`] for a forwarded
    /// proposal that cannot be taken; both can be ignored. [`Error::LogLost`] is fatal: the real member panics.
    #[inline]
    pub fn step(&mut self, m: Message<D>) -> Result<(), Error> {
        if m.is_response() && self.position(m.from).is_none() {
            return Err(Error::PeerNotFound);
        }
        if m.term != self.term() && m.term != 0 && !self.check_term(&m) {
            return Ok(());
        }
        match (&m.body, self.role) {
            (Body::Vote { .. } | Body::PreVote { .. }, _) => self.handle_vote_request(&m),
            (_, Role::Leader) => return self.step_leader(m),
            (_, Role::Follower) => return self.step_follower(m),
            (_, Role::Candidate | Role::PreCandidate) => return self.step_candidate(m),
        }
        Ok(())
    }

    /// Proposes a payload; a follower passes it to the leader. It is committed when it comes out of
    /// [`Raft::next_committed`], or lost: the caller keeps the time.
    ///
    /// Errors: [`Error::ProposalDropped`].
    #[inline]
    pub fn propose(&mut self, data: D) -> Result<(), Error> {
        self.propose_data(EntryData::Normal(data), self.config.id)
    }

    /// Proposes a membership change. A leader that may still have one unapplied appends an empty entry instead, as
    /// etcd does, and reports no error.
    ///
    /// Errors: [`Error::ProposalDropped`].
    pub fn propose_conf_change(&mut self, change: ConfChange<D>) -> Result<(), Error> {
        self.propose_data(EntryData::ConfChange(Rc::new(change)), self.config.id)
    }

    pub(super) fn propose_data(&mut self, data: EntryData<D>, from: NodeId) -> Result<(), Error> {
        match self.role {
            Role::Leader => self.propose_as_leader(data),
            Role::Follower if self.leader != NONE && !self.config.disable_proposal_forwarding => {
                self.msgs.push(Message { to: self.leader, from, term: 0, body: Body::Propose(data) });
                Ok(())
            }
            _ => Err(Error::ProposalDropped),
        }
    }

    /// Asks for a linearizable read; the answer is a [`ReadState`] with the same `ctx`. A follower asks the leader.
    /// Without a leader the request is dropped silently and the caller asks again (etcd: every 500 ms).
    pub fn read_index(&mut self, ctx: u64) {
        self.route_read(ReadRequest { from: self.config.id, ctx });
    }

    pub(super) fn route_read(&mut self, read: ReadRequest) {
        match self.role {
            Role::Leader => self.read_as_leader(read),
            Role::Follower if self.leader != NONE => {
                let body = Body::ReadIndex { ctx: read.ctx };
                self.msgs.push(Message { to: self.leader, from: read.from, term: 0, body });
            }
            _ => {}
        }
    }

    /// Campaigns at once (with a pre-vote, if that is configured), as when the election timeout has passed.
    pub fn campaign(&mut self) {
        self.hup(Reason::Asked);
    }

    /// Wants `to` to lead. The leader brings it up to date and sends MsgTimeoutNow; meanwhile it drops proposals; it
    /// gives up after an election timeout. Ignored if `to` is a stranger, a learner or the leader.
    pub fn transfer_leader(&mut self, to: NodeId) {
        match self.role {
            Role::Leader => self.transfer_as_leader(to),
            Role::Follower if self.leader != NONE => {
                let (to, from, term) = (self.leader, to, self.term());
                self.msgs.push(Message { to, from, term, body: Body::TransferLeader });
            }
            _ => {}
        }
    }

    /// The transport could not deliver to `id`: stop streaming to it.
    pub fn report_unreachable(&mut self, id: NodeId) {
        if let Some(pos) = self.position_if_leader(id)
            && self.progress[pos].state == super::ProgressState::Replicate
        {
            self.progress[pos].become_probe();
        }
    }

    /// The transport has delivered a snapshot to `id`, or has failed to.
    pub fn report_snapshot(&mut self, id: NodeId, ok: bool) {
        let Some(pos) = self.position_if_leader(id) else { return };
        let pr = &mut self.progress[pos];
        if pr.state != super::ProgressState::Snapshot {
            return;
        }
        if !ok {
            pr.pending_snapshot = 0;
        }
        pr.become_probe();
        // Delivered: wait for its answer. Failed: wait for a heartbeat's before trying again.
        pr.flow_paused = true;
    }

    /// A snapshot of the caller's state as of `index`, which must be applied and still in the log.
    pub fn make_snapshot(&self, index: Index, data: D) -> Snapshot<D> {
        assert!(index <= self.applied, "snapshot of index {index}, but applied is {}", self.applied);
        let term = self.durable.log.term(index).expect("a snapshot's index must still be in the log");
        Snapshot { index, term, conf_state: self.durable.conf_state.clone(), data }
    }

    /// Keeps `snapshot` and forgets the entries up to `index`. etcd keeps 5000 entries before the snapshot for slow
    /// followers, so `index` may be well below `snapshot.index`; it must not be above it.
    pub fn compact(&mut self, index: Index, snapshot: Snapshot<D>) {
        assert!(index <= snapshot.index && snapshot.index <= self.applied, "compaction beyond the snapshot");
        self.durable.snapshot = Some(Rc::new(snapshot));
        self.durable.log.compact(index);
    }

    // ---- what comes out ----

    /// Messages for other members, in order. AFTER [`take_must_sync`](Self::take_must_sync): what they answer for must be
    /// durable when they leave.
    #[inline]
    pub fn drain_messages(&mut self) -> std::vec::Drain<'_, Message<D>> {
        debug_assert!(!self.must_sync || self.msgs.is_empty(), "messages leave before term, vote and log are durable");
        self.msgs.drain(..)
    }

    /// The next committed entry; it counts as applied from now on. `None` if there is none, and while a snapshot is
    /// pending: AFTER [`take_snapshot`](Self::take_snapshot).
    #[inline]
    pub fn next_committed(&mut self) -> Option<Entry<D>> {
        if self.applied >= self.commit_index() || self.pending_snapshot.is_some() {
            return None;
        }
        self.applied += 1;
        self.durable.log.entry(self.applied).cloned()
    }

    /// A snapshot that the caller's state machine has to be restored from; it counts as applied from now on. BEFORE
    /// [`next_committed`](Self::next_committed).
    pub fn take_snapshot(&mut self) -> Option<Rc<Snapshot<D>>> {
        let snapshot = self.pending_snapshot.take()?;
        self.applied = self.applied.max(snapshot.index);
        Some(snapshot)
    }

    /// Reads that the leader has confirmed. AFTER [`next_committed`](Self::next_committed): each may be served once its
    /// index is applied.
    pub fn drain_read_states(&mut self) -> std::vec::Drain<'_, ReadState> {
        self.read_states.drain(..)
    }

    /// Returns whether term, vote or log have changed since the last call (etcd: `MustSync`). A member fsyncs them
    /// BEFORE it sends messages.
    #[inline]
    pub fn take_must_sync(&mut self) -> bool {
        std::mem::take(&mut self.must_sync)
    }

    /// The new role and leader, if either has changed since the last call. Need not be taken.
    #[inline]
    pub fn take_soft_state(&mut self) -> Option<SoftState> {
        let now = self.soft_state();
        if now == self.reported {
            return None;
        }
        self.reported = now;
        Some(now)
    }

    /// Returns whether there is anything to drain. The header of [`raft`](super) has the order.
    #[inline]
    pub(crate) fn has_ready(&self) -> bool {
        !self.msgs.is_empty()
            || self.applied < self.commit_index()
            || self.must_sync
            || self.pending_snapshot.is_some()
            || !self.read_states.is_empty()
            || self.soft_state() != self.reported
    }

    /// Returns what a crash leaves.
    pub fn into_durable(self) -> Durable<D> {
        self.durable
    }

    // ---- what it looks like ----

    /// Returns what would survive a crash now.
    pub fn durable(&self) -> &Durable<D> {
        &self.durable
    }

    /// Returns its settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Its identity.
    #[inline]
    pub fn id(&self) -> NodeId {
        self.config.id
    }

    /// Its term.
    #[inline]
    pub fn term(&self) -> Term {
        self.durable.hard_state.term
    }

    /// Term, vote and commit.
    pub fn hard_state(&self) -> HardState {
        self.durable.hard_state
    }

    /// Highest committed index that it knows.
    #[inline]
    pub fn commit_index(&self) -> Index {
        self.durable.hard_state.commit
    }

    /// Highest index handed out to be applied.
    pub fn applied(&self) -> Index {
        self.applied
    }

    /// The log.
    pub fn log(&self) -> &RaftLog<D> {
        &self.durable.log
    }

    /// Returns its role.
    #[inline]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns the reason for its role.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The leader it believes in, or [`NONE`].
    #[inline]
    pub fn leader(&self) -> NodeId {
        self.leader
    }

    /// Role and leader.
    #[inline]
    pub(crate) fn soft_state(&self) -> SoftState {
        SoftState { leader: self.leader, role: self.role }
    }

    /// Returns the member that it is transferring leadership to, or [`NONE`].
    pub fn lead_transferee(&self) -> NodeId {
        self.lead_transferee
    }

    /// The members of the configuration, by id; matches and activity mean something only while it leads.
    pub fn progress(&self) -> &[Progress] {
        &self.progress
    }

    /// Whether it is a voter in the configuration it has applied.
    #[inline]
    pub(crate) fn is_voter(&self) -> bool {
        self.self_pos.is_some_and(|pos| !self.progress[pos].is_learner)
    }

    /// Whether it may campaign: a voter with no snapshot waiting.
    #[inline]
    pub(crate) fn promotable(&self) -> bool {
        self.is_voter() && self.pending_snapshot.is_none()
    }

    /// Ticks since it heard from a leader, voted or campaigned; of a leader, since its last CheckQuorum.
    pub fn election_elapsed(&self) -> u32 {
        self.election_elapsed
    }

    /// Ticks of silence after which it campaigns.
    pub fn randomized_election_timeout(&self) -> u32 {
        self.randomized_election_timeout
    }

    /// Overrides the drawn timeout (in ticks) until the next draw: for tests, and for lessons that need a certain winner.
    pub fn set_randomized_election_timeout(&mut self, ticks: u32) {
        self.randomized_election_timeout = ticks;
    }

    /// Whether it heard from a leader so recently that it ignores requests for votes.
    pub(crate) fn in_lease(&self) -> bool {
        self.config.check_quorum && self.leader != NONE && self.election_elapsed < self.config.election_tick
    }

    // ---- shared by the roles ----

    #[inline]
    pub(super) fn position(&self, id: NodeId) -> Option<usize> {
        self.progress.iter().position(|pr| pr.id == id)
    }

    fn position_if_leader(&self, id: NodeId) -> Option<usize> {
        if self.role == Role::Leader { self.position(id) } else { None }
    }

    #[inline]
    pub(super) fn send(&mut self, to: NodeId, body: Body<D>) {
        debug_assert_ne!(to, self.config.id);
        self.msgs.push(Message { to, from: self.config.id, term: self.term(), body });
    }

    /// Never moves back.
    #[inline]
    pub(super) fn commit_to(&mut self, index: Index) -> Result<(), Error> {
        if index > self.commit_index() {
            if index > self.durable.log.last_index() {
                return Err(Error::LogLost);
            }
            self.durable.hard_state.commit = index;
        }
        Ok(())
    }

    pub(super) fn draw_election_timeout(&mut self) {
        let ticks = u64::from(self.config.election_tick);
        let drawn = (u64::from(self.rng.next_u32()) * ticks) >> 32;
        self.randomized_election_timeout = (ticks + drawn) as u32;
    }
}
