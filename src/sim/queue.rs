//! The event queue: what happens next, ordered by time and then by the order in which it was put in.
//!
//! A binary heap of small keys over a slab of payloads; an entry can be cancelled by its ticket.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::time::SimTime;

/// Names one queued entry; stale tickets are harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    slot: u32,
    generation: u32,
}

impl Ticket {
    /// Names nothing.
    pub(super) const NONE: Ticket = Ticket { slot: u32::MAX, generation: 0 };
}

#[derive(Clone, Debug)]
struct Slot<E> {
    generation: u32,
    /// The heap key that counts; an entry that was moved leaves older ones behind.
    sequence: u64,
    event: Option<E>,
}

/// Events ordered by (time, sequence).
#[derive(Clone, Debug)]
pub struct Queue<E> {
    heap: BinaryHeap<Reverse<(SimTime, u64, u32)>>,
    slots: Vec<Slot<E>>,
    free: Vec<u32>,
    sequence: u64,
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Queue { heap: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), sequence: 0 }
    }
}

impl<E> Queue<E> {
    /// Puts `event` at `at`, after everything already queued for that instant.
    pub fn push(&mut self, at: SimTime, event: E) -> Ticket {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push(Slot { generation: 0, sequence: 0, event: None });
                (self.slots.len() - 1) as u32
            }
        };
        self.sequence += 1;
        self.heap.push(Reverse((at, self.sequence, slot)));
        let entry = &mut self.slots[slot as usize];
        entry.event = Some(event);
        entry.sequence = self.sequence;
        Ticket { slot, generation: entry.generation }
    }

    /// Takes the entry back; `None` if it has fired or was cancelled already.
    pub fn cancel(&mut self, ticket: Ticket) -> Option<E> {
        let entry = self.slots.get_mut(ticket.slot as usize)?;
        if entry.generation == ticket.generation { entry.event.take() } else { None }
    }

    /// When the next entry is due.
    pub fn next_at(&mut self) -> Option<SimTime> {
        while let Some(Reverse((at, sequence, slot))) = self.heap.peek().copied() {
            let entry = &self.slots[slot as usize];
            if entry.sequence == sequence && entry.event.is_some() {
                return Some(at);
            }
            self.heap.pop();
            self.release(slot, sequence);
        }
        None
    }

    /// The next entry due at or before `limit`.
    pub fn pop_until(&mut self, limit: SimTime) -> Option<(SimTime, Ticket, E)> {
        loop {
            let Reverse((at, sequence, slot)) = *self.heap.peek()?;
            if at > limit {
                return None;
            }
            self.heap.pop();
            let ticket = Ticket { slot, generation: self.slots[slot as usize].generation };
            if let Some(event) = self.release(slot, sequence) {
                return Some((at, ticket, event));
            }
        }
    }

    /// Everything queued, with its place in the order and its ticket, in no particular order.
    pub fn entries(&self) -> impl Iterator<Item = ((SimTime, u64), Ticket, &E)> {
        self.heap.iter().filter_map(|Reverse((at, sequence, slot))| {
            let entry = &self.slots[*slot as usize];
            if entry.sequence != *sequence {
                return None;
            }
            let ticket = Ticket { slot: *slot, generation: entry.generation };
            Some(((*at, *sequence), ticket, entry.event.as_ref()?))
        })
    }

    /// Moves an entry to another time, behind what is queued for that instant. Its ticket stays good.
    pub fn reschedule(&mut self, ticket: Ticket, at: SimTime) {
        if let Some(entry) = self.slots.get_mut(ticket.slot as usize)
            && entry.generation == ticket.generation
            && entry.event.is_some()
        {
            self.sequence += 1;
            entry.sequence = self.sequence;
            self.heap.push(Reverse((at, self.sequence, ticket.slot)));
        }
    }

    /// Frees the slot if this is the key that counts.
    fn release(&mut self, slot: u32, sequence: u64) -> Option<E> {
        let entry = &mut self.slots[slot as usize];
        if entry.sequence != sequence {
            return None;
        }
        entry.generation = entry.generation.wrapping_add(1);
        self.free.push(slot);
        entry.event.take()
    }
}
