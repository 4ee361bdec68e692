//! One etcd member: a process that runs Raft with its peers, applies what is committed to its store, and serves clients
//! (FACTS 5; the real thing: etcd `server/etcdserver`).
//!
//! Peer messages are datagrams: what a partition swallows is lost, as rafthttp drops what it cannot send. Writing to
//! disk takes no time.

mod changes;
mod clients;
mod join;
mod ready;
mod writes;

use std::rc::Rc;

use crate::etcd::peers::Activity;
use crate::etcd::raft::{self, Durable, Raft, Role};
use crate::etcd::reads::{Reads, Waiting};
use crate::etcd::store::Store;
use crate::etcd::watches::Watches;
use crate::etcd::{
    CLIENT_PORT, Change, ChangeKind, EtcdError, MemberId, Members, PEER_PORT, Payload, Peer, PeerInfo, Speaks, Timer,
    Value, Wire,
};
use crate::sim::map::Map;
use crate::sim::{ConnId, Ctx, HostId, Input, NoteId, SimDuration, SimTime, TimerKey};
use ready::send_watches;

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
/// Between heartbeats on a peer stream that carries nothing else: a third of its read timeout.
const LINK_TICKS: u32 = 17;
/// `--quota-backend-bytes`: 2 GiB.
const QUOTA: u64 = 2 << 30;

/// The configuration of a member.
#[derive(Clone, Debug)]
pub struct MemberConfig {
    /// The member's identifier; 0 for a joining member that has not learned it yet.
    pub id: MemberId,
    /// `--name`
    pub name: String,
    /// `--initial-cluster`: all members, this one included; for a joining member, the peers to ask.
    pub peers: Vec<Peer>,
}

/// State that survives a crash.
#[derive(Clone, Debug)]
struct Disk<D> {
    durable: Option<Durable<Payload<D>>>,
    store: Rc<Store<D>>,
    members: Members,
    applied: u64,
}

/// State that is lost in a crash.
#[derive(Clone, Debug)]
struct Running<D> {
    raft: Raft<Payload<D>>,
    clients: Vec<ConnId>,
    reads: Reads<D>,
    watches: Watches,
    activity: Activity,
    /// Proposals by number.
    proposals: Map<u64, Waiting<D>>,
    /// Writes that wait for a leader to propose to.
    unproposed: Vec<Waiting<D>>,
    moving: Vec<Waiting<D>>,
    last_proposal: u64,
    leaderless_ticks: u32,
    /// Ticks since its last link heartbeat.
    link_ticks: u32,
    /// Hosts of members that this one's log does not know yet, so that they can be answered.
    remotes: Vec<(MemberId, HostId)>,
    /// Ticks until a joining member publishes its name again.
    publish_in: u32,
    /// When this member last noticed a new leader.
    leader_elected: SimTime,
    last_leader: MemberId,
    /// Whether the campaign has been noted; reset when a leader is known.
    campaign_noted: bool,
    /// The note of its newest campaign.
    campaign: NoteId,
    led_term: u64,
    terminating: bool,
}

/// One etcd member.
#[derive(Clone, Debug)]
pub struct Member<D: Value> {
    config: MemberConfig,
    quota: u64,
    /// The members that a joining one was told about, until its log has them.
    contacts: Vec<PeerInfo>,
    joining: Option<join::Joining>,
    disk: Disk<D>,
    running: Option<Box<Running<D>>>,
}

impl<D: Value> Member<D> {
    /// A founding member.
    pub fn new(config: MemberConfig) -> Self {
        let disk = Disk { durable: None, store: Rc::default(), members: Members::default(), applied: 0 };
        Member { config, quota: QUOTA, contacts: Vec::new(), joining: None, disk, running: None }
    }

    /// A member that was added to a running cluster (`--initial-cluster-state existing`); it asks `peers` for its
    /// identifier.
    pub fn joining(name: String, peers: Vec<Peer>) -> Self {
        let joining = Some(join::Joining::default());
        Member { joining, ..Member::new(MemberConfig { id: raft::NONE, name, peers }) }
    }

    /// With another `--quota-backend-bytes`.
    pub fn with_quota(self, quota: u64) -> Self {
        Member { quota, ..self }
    }

    // ---- what it looks like ----

    /// Returns the configuration.
    pub fn config(&self) -> &MemberConfig {
        &self.config
    }

    /// The store as of what this member has applied.
    pub fn store(&self) -> &Store<D> {
        &self.disk.store
    }

    /// The members, as of what this one has applied.
    pub fn members(&self) -> &Members {
        &self.disk.members
    }

    /// Its Raft state machine, while it runs.
    pub fn raft(&self) -> Option<&Raft<Payload<D>>> {
        self.running.as_ref().map(|r| &r.raft)
    }

    /// `--quota-backend-bytes`
    pub(crate) fn quota(&self) -> u64 {
        self.quota
    }

    /// Watches that clients hold here.
    pub(crate) fn watches(&self) -> usize {
        self.running.as_ref().map_or(0, |r| r.watches.len())
    }

    /// Client connections.
    pub(crate) fn clients(&self) -> usize {
        self.running.as_ref().map_or(0, |r| r.clients.len())
    }

    // ---- the process ----

    /// Starts the process, as [`Machine::start`](crate::sim::Machine::start).
    pub fn start<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let jitter = SimDuration::from_micros(ctx.rng("startup").below(STARTUP_JITTER.as_micros()));
        ctx.set_timer(STARTUP + jitter, Timer::Start, 0);
    }

    /// Drops the memory; the log, the votes and the store stay.
    pub fn crash(&mut self) {
        if let Some(running) = self.running.take() {
            self.disk.applied = running.raft.applied();
            self.disk.durable = Some(running.raft.into_durable());
        }
    }

    /// Handles an input, as [`Machine::handle`](crate::sim::Machine::handle).
    pub fn handle<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>, input: Input<Wire<D>, Timer>)
    where
        D: Value<Note = V::Note>,
    {
        match input {
            Input::Timer(TimerKey { why, .. }) => match why {
                Timer::Start if self.joining.is_some() => self.ask_who_i_am(ctx),
                Timer::Start => self.open(ctx),
                Timer::Tick => self.tick(ctx),
                Timer::Handover => ctx.exit(0),
                Timer::Join if self.joining.is_some() => ctx.exit(1),
                Timer::Join => {} // the member has learned who it is
                Timer::Removed => ctx.exit(1),
            },
            Input::Datagram { from, wire: Wire::Raft(message) } => {
                let Some(running) = &mut self.running else { return };
                let members = &self.disk.members;
                let sender = message.from;
                if let Some((_, host)) = members.removed.iter().find(|(id, _)| *id == sender && !message.is_forwarded())
                {
                    return ctx.datagram(*host, PEER_PORT, Wire::Gone.into());
                }
                if let Some(peer) = members.list.iter().find(|m| m.process == Some(from)) {
                    running.activity.heard(peer.id, ctx.now());
                } else if !message.is_forwarded() {
                    running.activity.heard(sender, ctx.now());
                    if members.get(sender).is_none() && running.remotes.iter().all(|(id, _)| *id != sender) {
                        running.remotes.push((sender, ctx.address_of(from)));
                    }
                }
                // The errors are about strangers and dropped proposals; etcd ignores them, too.
                let _ = running.raft.step(Rc::unwrap_or_clone(message));
            }
            Input::Datagram { from, wire: Wire::Link } => {
                let sender = self.disk.members.list.iter().find(|m| m.process == Some(from));
                if let (Some(running), Some(peer)) = (&mut self.running, sender) {
                    running.activity.heard(peer.id, ctx.now());
                }
            }
            Input::Datagram { wire: Wire::Promote { from, number, id }, .. } => self.promote_for(ctx, from, number, id),
            Input::Datagram { wire: Wire::NotPromoted { number, error }, .. } => self.refuse(ctx, number, error),
            Input::Datagram { wire: Wire::Gone, .. } if self.running.is_some() => self.removed(ctx),
            Input::Connected { conn } => self.joining_connected(ctx, conn),
            Input::ConnectFailed { .. } => self.ask_next(ctx),
            Input::Data { wire: Wire::Response(response), .. } => self.told_who_i_am(ctx, &response),
            Input::Accepted { conn, port: CLIENT_PORT, .. } => {
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
        if self.disk.members.was_removed(self.config.id) {
            return ctx.exit(1);
        }
        let durable = self.disk.durable.take().unwrap_or_else(|| self.first_log());
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
            proposals: Map::new(),
            unproposed: Vec::new(),
            moving: Vec::new(),
            last_proposal: u64::from(ctx.incarnation()) << 40,
            leaderless_ticks: 0,
            link_ticks: 0,
            remotes: Vec::new(),
            publish_in: 0,
            leader_elected: now,
            last_leader: raft::NONE,
            campaign_noted: false,
            campaign: 0,
            led_term: 0,
            terminating: false,
        }));
        ctx.listen(CLIENT_PORT);
        ctx.listen(PEER_PORT);
        ctx.set_timer(TICK, Timer::Tick, 0);
        if let Some(running) = &mut self.running
            && running.raft.durable().conf_state.voters == [self.config.id]
        {
            running.raft.campaign(); // a lone member has nobody to wait for
        }
    }

    /// A founder's log begins with the founders; a joining member's log is empty.
    fn first_log(&self) -> Durable<Payload<D>> {
        if !self.contacts.is_empty() {
            return Durable::new(raft::ConfState::default());
        }
        let founders = self.config.peers.iter().map(|p| {
            let change = Change { from: raft::NONE, number: 0, what: ChangeKind::Found(p.clone()) };
            (p.id, Some(Payload::Change(Rc::new(change))))
        });
        Durable::bootstrap(founders)
    }

    fn tick<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        ctx.set_timer(TICK, Timer::Tick, 0);
        let now = ctx.now();
        let revision = self.disk.store.revision();
        if !self.contacts.is_empty() {
            self.publish(ctx);
        }
        let Some(running) = &mut self.running else { return };
        running.raft.tick();
        running.link_ticks += 1;
        if running.link_ticks >= LINK_TICKS {
            running.link_ticks = 0;
            // The leader's heartbeats and their answers keep its own streams alive.
            let leader = running.raft.leader();
            let others = self.disk.members.list.iter().filter(|m| m.id != self.config.id && m.id != leader);
            for peer in others.filter(|_| leader != self.config.id) {
                ctx.datagram(peer.host, PEER_PORT, Wire::Link.into());
            }
        }
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
        let connected = |id: MemberId| running.activity.active_since(id, now).is_some_and(|t| t <= since);
        let leader = running.raft.leader();
        let ok = if leader == raft::NONE {
            true
        } else if leader == self.config.id {
            let members = &self.disk.members.list;
            let others = members.iter().filter(|m| m.id != self.config.id && connected(m.id)).count();
            others + 1 > members.len() / 2
        } else {
            connected(leader)
        };
        if ok { EtcdError::Timeout } else { EtcdError::TimeoutDueToConnectionLost }
    }

    /// SIGTERM: a leader transfers leadership to the member that has been active longest, and exits.
    fn terminate<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let now = ctx.now();
        let Some(running) = &mut self.running else { return ctx.exit(0) };
        let voters = &running.raft.durable().conf_state.voters;
        let longest = voters
            .iter()
            .filter(|id| **id != self.config.id)
            .filter_map(|id| Some((running.activity.active_since(*id, now)?, *id)))
            .min_by_key(|(since, _)| *since);
        match longest {
            Some((_, to)) if running.raft.role() == Role::Leader => {
                running.terminating = true;
                running.raft.transfer_leader(to);
                ctx.set_timer(ELECTION_TIMEOUT, Timer::Handover, 0);
            }
            _ => ctx.exit(0),
        }
    }
}
