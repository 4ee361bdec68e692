//! The start of a member that was added to a running cluster: it asks the configured peers for the member list, finds
//! itself there by its address, and starts with an empty log (etcd `bootstrap.go`, bootstrapExistingClusterNoWAL).

use std::rc::Rc;

use super::Member;
use crate::etcd::{Op, PEER_PORT, PeerInfo, Reply, Request, Response, Speaks, Timer, Value, Wire};
use crate::sim::{ConnId, Ctx, SimDuration};

/// The limit for all attempts; then the process exits, and its supervisor restarts it.
const ASK_TIMEOUT: SimDuration = SimDuration::from_secs(10);
const DIAL_TIMEOUT: SimDuration = SimDuration::from_secs(2);

/// The peer to ask next.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Joining {
    next: usize,
}

impl<D: Value> Member<D> {
    pub(super) fn ask_who_i_am<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        self.joining = Some(Joining::default());
        ctx.set_timer(ASK_TIMEOUT, Timer::Join, 0);
        self.ask_next(ctx);
    }

    pub(super) fn ask_next<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>)
    where
        D: Value<Note = V::Note>,
    {
        let Some(joining) = &mut self.joining else { return };
        match self.config.peers.get(joining.next) {
            Some(peer) => {
                joining.next += 1;
                ctx.connect(peer.host, PEER_PORT, DIAL_TIMEOUT);
            }
            None => ctx.exit(1), // could not retrieve cluster information from the given URLs
        }
    }

    pub(super) fn joining_connected<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>, conn: ConnId)
    where
        D: Value<Note = V::Note>,
    {
        let request = Request { id: 0, op: Op::MemberList { serializable: true } };
        ctx.send(conn, Wire::Request(Rc::new(request)).into());
    }

    pub(super) fn told_who_i_am<V: Speaks<D>>(&mut self, ctx: &mut Ctx<'_, V>, response: &Response<D>)
    where
        D: Value<Note = V::Note>,
    {
        let Ok(Reply::Members(members)) = &response.result else { return };
        let Some(me) = members.iter().find(|m| m.host == ctx.host()) else { return ctx.exit(1) };
        self.config.id = me.id;
        self.joining = None;
        let known =
            |m: &crate::etcd::members::Member| PeerInfo { id: m.id, host: m.host, name: m.name.clone(), process: None };
        self.contacts = members.iter().map(known).collect();
        self.open(ctx);
    }
}
