//! A member's handling of what Raft has ready: messages, committed entries, confirmed reads, a new role or leader.

use std::rc::Rc;

use super::{CATCH_UP_ENTRIES, Member, SNAPSHOT_COUNT};
use crate::etcd::raft::{self, Reason, Role};
use crate::etcd::reads::Waiting;
use crate::etcd::watches::Delivery;
use crate::etcd::wire::Database;
use crate::etcd::{EtcdError, Event, Op, PEER_PORT, Payload, Reply, Speaks, Value, Wire};
use crate::sim::{Ctx, Silent};

impl<D: Value> Member<D> {
    /// Drains what Raft has ready, in the order that the header of [`raft`] demands.
    pub(super) fn process_ready<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let Some(running) = &mut self.running else { return };
        if !running.raft.has_ready() {
            return;
        }
        if let Some(snapshot) = running.raft.take_snapshot()
            && let Payload::Database(database) = &snapshot.data
        {
            self.disk.store = database.store.clone();
            self.disk.members = database.members.clone();
            let kept = running.raft.make_snapshot(snapshot.index, Payload::OnDisk);
            running.raft.compact(snapshot.index, kept);
        }
        self.apply_committed(ctx);
        self.send_messages(ctx);
        self.serve_confirmed(ctx);
        self.watch_leader(ctx);
    }

    pub(super) fn send_messages<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let Some(running) = &mut self.running else { return };
        running.raft.take_must_sync(); // the durable part is on disk as soon as it changes
        let mut snapshots = Vec::new();
        for message in running.raft.drain_messages() {
            if matches!(message.body, raft::Body::Snapshot(_)) {
                snapshots.push(message);
                continue;
            }
            let known = self.disk.members.get(message.to).or_else(|| self.contacts.iter().find(|m| m.id == message.to));
            let remote = running.remotes.iter().find(|(id, _)| *id == message.to);
            if let Some(host) = known.map(|m| m.host).or(remote.map(|(_, host)| *host)) {
                ctx.datagram(host, PEER_PORT, Wire::Raft(Rc::new(message)).into());
            }
        }
        for mut message in snapshots {
            let applied = running.raft.applied();
            let database = Database { store: self.disk.store.clone(), members: self.disk.members.clone() };
            let snapshot = running.raft.make_snapshot(applied, Payload::Database(Rc::new(database)));
            message.body = raft::Body::Snapshot(Rc::new(snapshot));
            let to = message.to;
            if let Some(peer) = self.disk.members.get(to) {
                ctx.datagram(peer.host, PEER_PORT, Wire::Raft(Rc::new(message)).into());
            }
            running.raft.report_snapshot(to, true);
        }
    }

    pub(super) fn apply_committed<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let mut changed = false;
        loop {
            let Some(running) = &mut self.running else { return };
            let Some(entry) = running.raft.next_committed() else { break };
            match entry.data {
                raft::EntryData::Empty => {}
                raft::EntryData::ConfChange(change) => self.apply_change(ctx, &change),
                raft::EntryData::Normal(Payload::Proposal(proposal)) => {
                    changed = true;
                    self.apply(ctx, &proposal);
                }
                raft::EntryData::Normal(_) => {}
            }
        }
        if changed {
            self.feed_watches(ctx);
            self.snapshot_if_due();
        }
    }

    pub(super) fn feed_watches<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        if let Some(running) = &mut self.running {
            let news = running.watches.catch_up(&self.disk.store);
            send_watches(ctx, news);
        }
    }

    pub(super) fn snapshot_if_due(&mut self) {
        let Some(running) = &mut self.running else { return };
        let applied = running.raft.applied();
        let last = running.raft.durable().snapshot.as_ref().map_or(0, |s| s.index);
        if applied >= last + SNAPSHOT_COUNT {
            let snapshot = running.raft.make_snapshot(applied, Payload::OnDisk);
            running.raft.compact(applied - CATCH_UP_ENTRIES.min(applied), snapshot);
        }
    }

    pub(super) fn serve_confirmed<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
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
    pub(super) fn watch_leader<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let Some(running) = &mut self.running else { return };
        let Some(soft) = running.raft.take_soft_state() else { return };
        let term = running.raft.term();
        match soft.role {
            Role::PreCandidate | Role::Candidate if !running.campaign_noted => {
                running.campaign_noted = true;
                let missing = self.disk.members.get(running.last_leader).and_then(|m| m.process);
                let note = Event::CampaignStarted { term: term + 1 };
                running.campaign = match missing {
                    Some(process) if running.raft.reason() == Reason::ElectionTimeout => {
                        ctx.note_silence(Silent::Process(process), note.into())
                    }
                    _ => ctx.note(note.into()),
                };
            }
            Role::Leader if running.led_term != term => {
                running.led_term = term;
                ctx.note_because(running.campaign, Event::BecameLeader { term }.into());
            }
            _ => {}
        }
        if soft.role != Role::Leader && running.led_term != 0 {
            running.led_term = 0;
            if running.raft.reason() == Reason::QuorumLost {
                let others = self.disk.members.list.iter().filter(|m| m.id != self.config.id);
                let quiet = others.filter_map(|m| m.process).next();
                let note = Event::SteppedDown { term };
                match quiet {
                    Some(process) => ctx.note_silence(Silent::Process(process), note.into()),
                    None => ctx.note(note.into()),
                };
            } else {
                ctx.note(Event::SteppedDown { term }.into());
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
        let to_it = |w: &Waiting<D>| matches!(w.request.op, Op::MoveLeader { to } if to == soft.leader);
        let (moved, moving) = std::mem::take(&mut running.moving).into_iter().partition::<Vec<_>, _>(to_it);
        running.moving = moving;
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

    pub(super) fn propose_waiting<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let Some(running) = &mut self.running else { return };
        for waiting in std::mem::take(&mut running.unproposed) {
            self.propose(ctx, waiting);
        }
        let Some(running) = &mut self.running else { return };
        if let Some(read) = running.reads.begin(ctx.now()) {
            running.raft.read_index(read);
        }
        self.apply_committed(ctx);
        self.send_messages(ctx);
    }
}

pub(super) fn send_watches<D: Value<Note = V::Note>, V: Speaks<D>>(ctx: &mut Ctx<'_, V>, news: Vec<Delivery<D>>) {
    for (conn, response) in news {
        ctx.send(conn, Wire::Watch(response).into());
    }
}
