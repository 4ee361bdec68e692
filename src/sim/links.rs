//! What lies between the processes of a world: the links of the network, the address that can move, the connections,
//! and the clocks of hosts.

use super::conns::Ends;
use super::core::Pending;
use super::ids::HostId;
use super::machine::Machine;
use super::map::Map;
use super::net::Quality;
use super::world::World;
impl<M: Machine> World<M> {
    /// Cuts one direction between two hosts.
    pub fn cut(&mut self, from: HostId, to: HostId) {
        self.core.net.cut(from, to, self.core.cause.note);
    }

    /// Sets how one direction between two hosts carries packets.
    pub fn set_quality(&mut self, from: HostId, to: HostId, quality: Quality) {
        self.core.net.set_quality(from, to, quality, self.core.now, self.core.cause.note);
    }

    /// Repairs all links, or those between two hosts.
    pub fn heal(&mut self, pair: Option<(HostId, HostId)>) {
        self.core.net.heal(pair, self.core.now);
    }

    /// Changes a host's clock from now on; pending timers keep the local time that they have left.
    pub fn set_clock(&mut self, id: HostId, rate_ppm: Option<u32>, offset_us: Option<i64>) {
        let now = self.core.now;
        if let Some(offset_us) = offset_us {
            self.core.hosts[id.0 as usize].clock.offset_us = offset_us;
        }
        let Some(rate_ppm) = rate_ppm else { return };
        let old = self.core.hosts[id.0 as usize].clock.clone();
        self.core.hosts[id.0 as usize].clock.set_rate(now, rate_ppm);
        let new = self.core.hosts[id.0 as usize].clock.clone();
        let slots = &self.core.slots;
        let moved: Map<_, _> = self
            .core
            .queue
            .entries()
            .filter(|(.., p)| matches!(p, Pending::Timer { process, .. } if slots[process.0 as usize].host == id))
            .map(|(order, ticket, _)| (order, ticket))
            .collect();
        for ((at, _), ticket) in moved {
            let local_left = old.monotonic(at).since(old.monotonic(now));
            self.core.queue.reschedule(ticket, now + new.true_span(local_left));
        }
    }

    /// Returns the host with the address that can move ([`VIRTUAL`](super::VIRTUAL)); `None` if no host has it.
    pub fn address_holder(&self) -> Option<HostId> {
        self.core.address_holder()
    }

    /// Returns the number of open and half-open connections.
    pub fn connections(&self) -> usize {
        self.core.conns.len()
    }

    /// The connections that some host still knows.
    pub fn connection_ends(&self) -> impl Iterator<Item = Ends> + '_ {
        self.core.conns.all()
    }
}
