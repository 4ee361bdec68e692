//! One etcd member: a process that runs Raft with its peers, applies what is committed to its store, and serves clients
//! (FACTS 5; the real thing: etcd `server/etcdserver`).
//!
//! Peer messages are datagrams: what a partition swallows is lost, as rafthttp drops what it cannot send. Writing to
//! disk takes no time.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::peers::Activity;
use super::raft::{self, Durable, Raft, Reason, Role};
use super::reads::{Reads, Waiting};
use super::store::Store;
use super::watches::{Delivery, Watches};
use super::{
    CLIENT_PORT, Command, EtcdError, MemberId, Note, Op, PEER_PORT, Payload, Peer, Proposal, Reply, Request, Response,
    Speaks, Status, Value, Wire,
};
use crate::sim::{ConnId, Ctx, Input, Silent, SimDuration, SimTime, TimerKey};

/// Heartbeat interval; Raft counts in these.
const TICK: SimDuration = SimDuration::from_millis(100);
/// 5 s + 2 election timeouts (FACTS 5.1).
const REQUEST_TIMEOUT: SimDuration = SimDuration::from_secs(7);
const ELECTION_TIMEOUT: SimDuration = SimDuration::from_secs(1);
const READ_INDEX_RETRY: SimDuration = SimDuration::from_millis(500);
/// From exec to the first tick: opening the database and the log.
const STARTUP: SimDuration = SimDuration::from_millis(150);
const STARTUP_JITTER: SimDuration = SimDuration::from_millis(100);
/// `--snapshot-count` since 3.6, and what is kept for slow followers.
const SNAPSHOT_COUNT: u64 = 10_000;
const CATCH_UP_ENTRIES: u64 = 5_000;
/// Watches that need a leader end after this many ticks without one.
const NO_LEADER_TICKS: u32 = 30;

const T_START: &str = "etcd startup";
const T_TICK: &str = "raft tick";
const T_HANDOVER: &str = "leader transfer before exit";

/// What a member is told about its cluster.
#[derive(Clone, Debug)]
pub struct MemberConfig {
    pub id: MemberId,
    pub name: String,
    /// All members, this one included.
    pub peers: Vec<Peer>,
}

/// What survives a crash.
#[derive(Clone, Debug)]
struct Disk<D> {
    durable: Option<Durable<Payload<D>>>,
    store: Rc<Store<D>>,
    applied: u64,
}

/// What does not.
#[derive(Clone, Debug)]
struct Running<D> {
    raft: Raft<Payload<D>>,
    clients: Vec<ConnId>,
    reads: Reads<D>,
    watches: Watches,
    activity: Activity,
    /// Proposals by number.
    proposals: BTreeMap<u64, Waiting<D>>,
    /// Writes that wait for a leader to propose to.
    unproposed: Vec<Waiting<D>>,
    moving: Vec<Waiting<D>>,
    last_proposal: u64,
    leaderless_ticks: u32,
    /// When this member last learned of a leader.
    leader_elected: SimTime,
    last_leader: MemberId,
    /// Said once until a leader is known again.
    campaign_noted: bool,
    led_term: u64,
    terminating: bool,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Member<D: Value> {
    config: MemberConfig,
    disk: Disk<D>,
    running: Option<Box<Running<D>>>,
}

impl<D: Value> Member<D> {
    pub fn new(config: MemberConfig) -> Self {
        Member { config, disk: Disk { durable: None, store: Rc::default(), applied: 0 }, running: None }
    }

    // ---- what it looks like ----

    pub fn config(&self) -> &MemberConfig {
        &self.config
    }

    /// The store as of what this member has applied.
    pub fn store(&self) -> &Store<D> {
        &self.disk.store
    }

    /// Its Raft state machine, while it runs.
    pub fn raft(&self) -> Option<&Raft<Payload<D>>> {
        self.running.as_ref().map(|r| &r.raft)
    }

    /// Watches that clients hold here.
    pub fn watches(&self) -> usize {
        self.running.as_ref().map_or(0, |r| r.watches.len())
    }

    /// Client connections.
    pub fn clients(&self) -> usize {
        self.running.as_ref().map_or(0, |r| r.clients.len())
    }

    // ---- the process ----

    pub fn start<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let jitter = SimDuration::from_micros(ctx.rng("startup").below(STARTUP_JITTER.as_micros()));
        ctx.set_timer(STARTUP + jitter, T_START, 0);
    }

    /// Memory is lost; the log, the votes and the store stay.
    pub fn crash(&mut self) {
        if let Some(running) = self.running.take() {
            self.disk.applied = running.raft.applied();
            self.disk.durable = Some(running.raft.into_durable());
        }
    }

    pub fn handle<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>, input: Input<Wire<D>>)
    where
        D: Value<Note = V::Note>,
    {
        match input {
            Input::Timer(TimerKey { why: T_START, .. }) => self.open(ctx),
            Input::Timer(TimerKey { why: T_TICK, .. }) => self.tick(ctx),
            Input::Timer(TimerKey { why: T_HANDOVER, .. }) => ctx.exit(0),
            Input::Datagram { from, wire: Wire::Raft(message) } => {
                let Some(running) = &mut self.running else { return };
                if let Some(place) = self.config.peers.iter().position(|p| p.process == from) {
                    running.activity.heard(place, ctx.now());
                }
                // Errors are for strangers and proposals that nobody takes: etcd ignores them as well.
                let _ = running.raft.step(Rc::unwrap_or_clone(message));
            }
            Input::Accepted { conn, .. } => {
                if let Some(running) = &mut self.running {
                    running.clients.push(conn);
                }
            }
            Input::Data { conn, wire: Wire::Request(request) } => self.request(ctx, conn, request),
            Input::Data { conn, wire: Wire::Ping } => {
                ctx.send(conn, Wire::Pong.into());
            }
            Input::Closed { conn, .. } => {
                if let Some(running) = &mut self.running {
                    running.clients.retain(|c| *c != conn);
                    running.reads.drop_conn(conn);
                    running.watches.drop_conn(conn);
                    running.unproposed.retain(|w| w.conn != conn);
                }
            }
            Input::Terminate => self.terminate(ctx),
            _ => {}
        }
        self.process_ready(ctx);
    }

    fn open<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let durable = self
            .disk
            .durable
            .take()
            .unwrap_or_else(|| Durable::bootstrap(self.config.peers.iter().map(|p| (p.id, None))));
        let seed = ctx.rng("election timeout").bits();
        let mut config = raft::Config::new(self.config.id, seed);
        config.applied = self.disk.applied;
        let now = ctx.now();
        self.running = Some(Box::new(Running {
            raft: Raft::new(config, durable),
            clients: Vec::new(),
            reads: Reads::default(),
            watches: Watches::default(),
            activity: Activity::default(),
            proposals: BTreeMap::new(),
            unproposed: Vec::new(),
            moving: Vec::new(),
            last_proposal: u64::from(ctx.incarnation()) << 40,
            leaderless_ticks: 0,
            leader_elected: now,
            last_leader: raft::NONE,
            campaign_noted: false,
            led_term: 0,
            terminating: false,
        }));
        ctx.listen(CLIENT_PORT);
        ctx.listen(PEER_PORT);
        ctx.set_timer(TICK, T_TICK, 0);
        if self.config.peers.len() == 1
            && let Some(running) = &mut self.running
        {
            running.raft.campaign(); // a lone member does not wait for anybody
        }
    }

    fn tick<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        ctx.set_timer(TICK, T_TICK, 0);
        let now = ctx.now();
        let revision = self.disk.store.revision();
        let Some(running) = &mut self.running else { return };
        running.raft.tick();
        if running.raft.leader() == raft::NONE {
            running.leaderless_ticks += 1;
            if running.leaderless_ticks == NO_LEADER_TICKS {
                let over = running.watches.cancel_for_no_leader(revision);
                send_watches(ctx, over);
            }
        } else {
            running.leaderless_ticks = 0;
        }
        if running.reads.is_idle()
            && running.proposals.is_empty()
            && running.unproposed.is_empty()
            && running.moving.is_empty()
        {
            return;
        }
        let retry_before = SimTime(now.0.saturating_sub(READ_INDEX_RETRY.0));
        if let Some(read) = running.reads.ask_again(retry_before, now) {
            running.raft.read_index(read);
        }
        let Some(expired) = now.0.checked_sub(REQUEST_TIMEOUT.0).map(SimTime) else { return };
        for read in running.reads.expired(expired) {
            self.answer(ctx, &read, Err(EtcdError::Timeout));
        }
        let Some(running) = &mut self.running else { return };
        let late: Vec<u64> = running.proposals.iter().filter(|(_, w)| w.since <= expired).map(|(n, _)| *n).collect();
        for number in late {
            if let Some(write) = self.running.as_mut().and_then(|r| r.proposals.remove(&number)) {
                let error = self.why_not_committed(now, write.since);
                self.answer(ctx, &write, Err(error));
            }
        }
        let Some(running) = &mut self.running else { return };
        let mut timed_out = Vec::new();
        for (list, error) in [
            (&mut running.unproposed, EtcdError::DeadlineExceeded),
            (&mut running.moving, EtcdError::LeaderTransferTimeout),
        ] {
            let (old, young): (Vec<_>, Vec<_>) = std::mem::take(list).into_iter().partition(|w| w.since <= expired);
            *list = young;
            timed_out.extend(old.into_iter().map(|w| (w, error)));
        }
        for (waiting, error) in timed_out {
            self.answer(ctx, &waiting, Err(error));
        }
    }

    /// etcd's parseProposeCtxErr.
    fn why_not_committed(&self, now: SimTime, since: SimTime) -> EtcdError {
        let Some(running) = &self.running else { return EtcdError::Stopped };
        let elected = running.leader_elected;
        let lost = SimTime(elected.0.saturating_sub(2 * ELECTION_TIMEOUT.0));
        if since > lost && since < elected {
            return EtcdError::TimeoutDueToLeaderFail;
        }
        let connected = |id: MemberId| {
            let place = self.config.peers.iter().position(|p| p.id == id);
            place.and_then(|p| running.activity.active_since(p, now)).is_some_and(|t| t <= since)
        };
        let leader = running.raft.leader();
        let ok = if leader == raft::NONE {
            true
        } else if leader == self.config.id {
            let others = self.config.peers.iter().filter(|p| p.id != self.config.id && connected(p.id)).count();
            others + 1 > self.config.peers.len() / 2
        } else {
            connected(leader)
        };
        if ok { EtcdError::Timeout } else { EtcdError::TimeoutDueToConnectionLost }
    }

    // ---- clients ----

    fn request<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>, conn: ConnId, request: Rc<Request<D>>)
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
    fn propose(&mut self, waiting: Waiting<D>) {
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
    fn serve<V: Speaks<D>>(&self, ctx: &mut Ctx<'_, V>, waiting: &Waiting<D>)
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
                    .map(|p| super::wire::Member { id: p.id, name: p.name.clone(), is_learner: false, started: true })
                    .collect(),
            )),
            Op::Status => Ok(Reply::Status(self.status())),
            _ => return,
        };
        self.answer(ctx, waiting, result);
    }

    fn status(&self) -> Status {
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

    fn answer<V: Speaks<D>>(&self, ctx: &mut Ctx<'_, V>, to: &Waiting<D>, result: Result<Reply<D>, EtcdError>)
    where
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

    // ---- what Raft wants done ----

    fn process_ready<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let Some(running) = &mut self.running else { return };
        if !running.raft.has_ready() {
            return;
        }
        running.raft.take_must_sync(); // the durable part is saved by being where it is
        if let Some(snapshot) = running.raft.take_snapshot()
            && let Payload::Store(store) = &snapshot.data
        {
            self.disk.store = store.clone();
        }
        self.apply_committed(ctx);
        self.send_messages(ctx);
        self.serve_confirmed(ctx);
        self.watch_leader(ctx);
    }

    fn send_messages<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let Some(running) = &mut self.running else { return };
        let mut snapshots = Vec::new();
        for message in running.raft.drain_messages() {
            if matches!(message.body, raft::Body::Snapshot(_)) {
                snapshots.push(message);
                continue;
            }
            if let Some(peer) = self.config.peers.iter().find(|p| p.id == message.to) {
                ctx.datagram(peer.host, PEER_PORT, Wire::Raft(Rc::new(message)).into());
            }
        }
        for mut message in snapshots {
            let applied = running.raft.applied();
            let snapshot = running.raft.make_snapshot(applied, Payload::Store(self.disk.store.clone()));
            message.body = raft::Body::Snapshot(Rc::new(snapshot));
            let to = message.to;
            if let Some(peer) = self.config.peers.iter().find(|p| p.id == to) {
                ctx.datagram(peer.host, PEER_PORT, Wire::Raft(Rc::new(message)).into());
            }
            running.raft.report_snapshot(to, true);
        }
    }

    fn apply_committed<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let mut changed = false;
        loop {
            let Some(running) = &mut self.running else { return };
            let Some(entry) = running.raft.next_committed() else { break };
            match entry.data {
                raft::EntryData::Empty => {}
                raft::EntryData::ConfChange(change) => {
                    let _ = running.raft.apply_conf_change(&change);
                }
                raft::EntryData::Normal(Payload::Store(_)) => {}
                raft::EntryData::Normal(Payload::Proposal(proposal)) => {
                    changed = true;
                    self.apply(ctx, &proposal);
                }
            }
        }
        if changed {
            self.feed_watches(ctx);
            self.snapshot_if_due();
        }
    }

    fn apply<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>, proposal: &Proposal<D>)
    where
        D: Value<Note = V::Note>,
    {
        let store = Rc::make_mut(&mut self.disk.store);
        let leads = self.running.as_ref().is_some_and(|r| r.raft.role() == Role::Leader);
        let result = match &proposal.command {
            Command::Txn(txn) => {
                let applied = store.apply(txn);
                if leads && applied.events > 0 {
                    let cause = ctx.cause();
                    let notes: Vec<_> = store
                        .newest(applied.events)
                        .filter_map(|e| {
                            let after = (e.kind == super::WatchKind::Put).then_some(&e.kv.value);
                            D::change_note(e.previous.as_ref().map(|p| &p.value), after)
                        })
                        .collect();
                    for note in notes {
                        ctx.note(note);
                    }
                    ctx.resume_cause(cause);
                }
                Ok(Reply::Txn { succeeded: applied.succeeded, results: applied.results })
            }
            Command::Compact { revision } => store.compact(*revision).map(|()| Reply::Compacted),
        };
        if proposal.from == self.config.id
            && let Some(waiting) = self.running.as_mut().and_then(|r| r.proposals.remove(&proposal.number))
        {
            self.answer(ctx, &waiting, result);
        }
    }

    fn feed_watches<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        if let Some(running) = &mut self.running {
            let news = running.watches.catch_up(&self.disk.store);
            send_watches(ctx, news);
        }
    }

    fn snapshot_if_due(&mut self) {
        let Some(running) = &mut self.running else { return };
        let applied = running.raft.applied();
        let last = running.raft.durable().snapshot.as_ref().map_or(0, |s| s.index);
        if applied >= last + SNAPSHOT_COUNT {
            let snapshot = running.raft.make_snapshot(applied, Payload::Store(self.disk.store.clone()));
            running.raft.compact(applied - CATCH_UP_ENTRIES.min(applied), snapshot);
        }
    }

    fn serve_confirmed<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let Some(running) = &mut self.running else { return };
        // Everything committed is applied by now, so a confirmed read may be served at once, unless this member has
        // not heard of the commit yet: then the read waits in Raft's order.
        let states: Vec<_> = running.raft.drain_read_states().collect();
        if states.is_empty() {
            return;
        }
        for state in states {
            let Some(running) = &mut self.running else { return };
            if state.index > running.raft.applied() {
                // Ask again: by the next answer the commit index has arrived with a heartbeat or an append.
                running.raft.read_index(state.ctx);
                continue;
            }
            let here = ctx.cause();
            for read in running.reads.confirmed(state.ctx) {
                ctx.resume_cause(read.cause);
                self.serve(ctx, &read);
            }
            ctx.resume_cause(here);
        }
        let Some(running) = &mut self.running else { return };
        if let Some(read) = running.reads.begin(ctx.now()) {
            running.raft.read_index(read);
        }
        self.send_messages(ctx);
    }

    /// Reacts to a new role or leader.
    fn watch_leader<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let Some(running) = &mut self.running else { return };
        let Some(soft) = running.raft.take_soft_state() else { return };
        let term = running.raft.term();
        match soft.role {
            Role::PreCandidate | Role::Candidate if !running.campaign_noted => {
                running.campaign_noted = true;
                let missing = self.config.peers.iter().find(|p| p.id == running.last_leader);
                let note = Note::CampaignStarted { term: term + 1 };
                match missing {
                    Some(peer) if running.raft.reason() == Reason::ElectionTimeout => {
                        ctx.note_silence(Silent::Process(peer.process), note.into());
                    }
                    _ => {
                        ctx.note(note.into());
                    }
                }
            }
            Role::Leader if running.led_term != term => {
                running.led_term = term;
                ctx.note(Note::BecameLeader { term }.into());
            }
            _ => {}
        }
        if soft.role != Role::Leader && running.led_term != 0 {
            running.led_term = 0;
            if running.raft.reason() == Reason::QuorumLost {
                let quiet = self.config.peers.iter().find(|p| p.id != self.config.id);
                let note = Note::SteppedDown { term };
                match quiet {
                    Some(peer) => ctx.note_silence(Silent::Process(peer.process), note.into()),
                    None => ctx.note(note.into()),
                };
            } else {
                ctx.note(Note::SteppedDown { term }.into());
            }
        }
        if soft.leader == raft::NONE {
            return;
        }
        running.campaign_noted = false;
        if running.last_leader == soft.leader && soft.role != Role::Leader {
            return self.propose_waiting(ctx);
        }
        running.last_leader = soft.leader;
        running.leader_elected = ctx.now();
        let moved = std::mem::take(&mut running.moving);
        let interrupted = running.reads.fail_round();
        for waiting in &moved {
            self.answer(ctx, waiting, Ok(Reply::Moved));
        }
        for read in &interrupted {
            self.answer(ctx, read, Err(EtcdError::LeaderChanged));
        }
        let Some(running) = &mut self.running else { return };
        if running.terminating && soft.leader != self.config.id {
            return ctx.exit(0);
        }
        self.propose_waiting(ctx);
    }

    fn propose_waiting<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let Some(running) = &mut self.running else { return };
        for waiting in std::mem::take(&mut running.unproposed) {
            self.propose(waiting);
        }
        let Some(running) = &mut self.running else { return };
        if let Some(read) = running.reads.begin(ctx.now()) {
            running.raft.read_index(read);
        }
        self.apply_committed(ctx);
        self.send_messages(ctx);
    }

    /// SIGTERM: a leader hands over to the member it has heard longest, and then exits.
    fn terminate<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let now = ctx.now();
        let Some(running) = &mut self.running else { return ctx.exit(0) };
        let others = self.config.peers.iter().enumerate().filter(|(_, p)| p.id != self.config.id);
        let longest = others
            .filter_map(|(place, p)| Some((running.activity.active_since(place, now)?, p.id)))
            .min_by_key(|(since, _)| *since);
        match longest {
            Some((_, to)) if running.raft.role() == Role::Leader => {
                running.terminating = true;
                running.raft.transfer_leader(to);
                ctx.set_timer(ELECTION_TIMEOUT, T_HANDOVER, 0);
            }
            _ => ctx.exit(0),
        }
    }
}

fn send_watches<D: Value<Note = V::Note>, V: Speaks<D>>(ctx: &mut Ctx<'_, V>, news: Vec<Delivery<D>>) {
    for (conn, response) in news {
        ctx.send(conn, Wire::Watch(response).into());
    }
}
