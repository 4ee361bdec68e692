//! The event queue, ordered by time and then by the order of insertion.
//!
//! A heap of small keys over a slab of payloads; an entry can be cancelled by its ticket. The heap is our own because
//! every event goes through it: four children a node and keys of two words are much cheaper than
//! `BinaryHeap<Reverse<(SimTime, u64, u32)>>`, above all in wasm.

use super::time::SimTime;
/// Identifies one queued entry; stale tickets are harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    slot: u32,
    generation: u32,
}

impl Ticket {
    /// A ticket for no entry.
    pub(super) const NONE: Ticket = Ticket { slot: u32::MAX, generation: 0 };
}

#[derive(Clone, Debug)]
struct Slot<E> {
    generation: u32,
    /// The heap key that counts; an entry that was moved leaves older ones behind.
    sequence: u64,
    event: Option<E>,
}

/// A place in the order, and the slot it is about: the sequence is in the upper 40 bits of `order`, the slot below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    at: u64,
    order: u64,
}

const SLOT_BITS: u32 = 24;

impl Key {
    fn new(at: SimTime, sequence: u64, slot: u32) -> Self {
        debug_assert!(sequence < 1 << (64 - SLOT_BITS) && slot < 1 << SLOT_BITS);
        Key { at: at.0, order: sequence << SLOT_BITS | u64::from(slot) }
    }

    fn at(self) -> SimTime {
        SimTime(self.at)
    }

    fn sequence(self) -> u64 {
        self.order >> SLOT_BITS
    }

    fn slot(self) -> u32 {
        (self.order & ((1 << SLOT_BITS) - 1)) as u32
    }

    fn before(self, other: Key) -> bool {
        self.at < other.at || (self.at == other.at && self.order < other.order)
    }
}

/// The least key first.
#[derive(Clone, Debug, Default)]
struct Heap(Vec<Key>);

impl Heap {
    /// Children of a node.
    const WIDTH: usize = 4;

    fn first(&self) -> Option<Key> {
        self.0.first().copied()
    }

    fn push(&mut self, key: Key) {
        let mut place = self.0.len();
        self.0.push(key);
        while place > 0 {
            let parent = (place - 1) / Self::WIDTH;
            if !key.before(self.0[parent]) {
                break;
            }
            self.0[place] = self.0[parent];
            place = parent;
        }
        self.0[place] = key;
    }

    fn pop(&mut self) {
        if let Some(last) = self.0.pop()
            && !self.0.is_empty()
        {
            self.sink(0, last);
        }
    }

    /// Puts `key` at `place` or below, whatever was there.
    fn sink(&mut self, mut place: usize, key: Key) {
        let keys = &mut self.0[..];
        loop {
            let first = place * Self::WIDTH + 1;
            let end = (first + Self::WIDTH).min(keys.len());
            let Some(children) = keys.get(first..end) else { break };
            let Some((&next, rest)) = children.split_first() else { break };
            let (mut least, mut at) = (next, first);
            for (offset, child) in rest.iter().enumerate() {
                if child.before(least) {
                    (least, at) = (*child, first + 1 + offset);
                }
            }
            if !least.before(key) {
                break;
            }
            keys[place] = least;
            place = at;
        }
        keys[place] = key;
    }

    fn retain(&mut self, keep: impl FnMut(&Key) -> bool) {
        self.0.retain(keep);
        for place in (0..self.0.len().div_ceil(Self::WIDTH)).rev() {
            self.sink(place, self.0[place]);
        }
    }
}

/// Events ordered by (time, sequence).
#[derive(Clone, Debug)]
pub(crate) struct Queue<E> {
    heap: Heap,
    slots: Vec<Slot<E>>,
    free: Vec<u32>,
    sequence: u64,
    /// Keys in the heap whose entries were cancelled or moved.
    stale: usize,
}

/// Stale keys are swept out when there are more than this and more than live ones: most timers are set to be cancelled.
const STALE_KEPT: usize = 64;

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Queue { heap: Heap::default(), slots: Vec::new(), free: Vec::new(), sequence: 0, stale: 0 }
    }
}

impl<E> Queue<E> {
    /// Puts `event` at `at`, after everything already queued for that instant.
    pub(crate) fn push(&mut self, at: SimTime, event: E) -> Ticket {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push(Slot { generation: 0, sequence: 0, event: None });
                (self.slots.len() - 1) as u32
            }
        };
        self.sequence += 1;
        self.heap.push(Key::new(at, self.sequence, slot));
        let entry = &mut self.slots[slot as usize];
        entry.event = Some(event);
        entry.sequence = self.sequence;
        Ticket { slot, generation: entry.generation }
    }

    /// Cancels an entry and returns it; `None` if it has fired or was cancelled already.
    pub(crate) fn cancel(&mut self, ticket: Ticket) -> Option<E> {
        let entry = self.slots.get_mut(ticket.slot as usize)?;
        let event = if entry.generation == ticket.generation { entry.event.take() } else { None };
        if event.is_some() {
            self.stale += 1;
            self.sweep();
        }
        event
    }

    /// Drops stale keys if they are many. What is left keeps its order, which the keys alone decide.
    fn sweep(&mut self) {
        if self.stale <= STALE_KEPT || self.stale * 2 <= self.heap.0.len() {
            return;
        }
        let (slots, free) = (&mut self.slots, &mut self.free);
        self.heap.retain(|key| {
            let entry = &mut slots[key.slot() as usize];
            let counts = entry.sequence == key.sequence();
            if counts && entry.event.is_none() {
                entry.generation = entry.generation.wrapping_add(1);
                free.push(key.slot());
            }
            counts && entry.event.is_some()
        });
        self.stale = 0;
    }

    /// Returns when the next entry is due; `None` if the queue is empty.
    pub(crate) fn next_at(&mut self) -> Option<SimTime> {
        while let Some(key) = self.heap.first() {
            let entry = &self.slots[key.slot() as usize];
            if entry.sequence == key.sequence() && entry.event.is_some() {
                return Some(key.at());
            }
            self.heap.pop();
            self.release(key);
        }
        None
    }

    /// The next entry due at or before `limit`.
    pub(crate) fn pop_until(&mut self, limit: SimTime) -> Option<(SimTime, Ticket, E)> {
        loop {
            let key = self.heap.first()?;
            if key.at() > limit {
                return None;
            }
            self.heap.pop();
            let ticket = Ticket { slot: key.slot(), generation: self.slots[key.slot() as usize].generation };
            if let Some(event) = self.release(key) {
                return Some((key.at(), ticket, event));
            }
        }
    }

    /// Everything queued, with its place in the order and its ticket, in no particular order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = ((SimTime, u64), Ticket, &E)> {
        self.heap.0.iter().filter_map(|key| {
            let entry = &self.slots[key.slot() as usize];
            if entry.sequence != key.sequence() {
                return None;
            }
            let ticket = Ticket { slot: key.slot(), generation: entry.generation };
            Some(((key.at(), key.sequence()), ticket, entry.event.as_ref()?))
        })
    }

    /// Moves an entry to another time, behind what is queued for that instant. Its ticket stays valid.
    pub(crate) fn reschedule(&mut self, ticket: Ticket, at: SimTime) {
        if let Some(entry) = self.slots.get_mut(ticket.slot as usize)
            && entry.generation == ticket.generation
            && entry.event.is_some()
        {
            self.sequence += 1;
            entry.sequence = self.sequence;
            self.heap.push(Key::new(at, self.sequence, ticket.slot));
            self.stale += 1;
            self.sweep();
        }
    }

    /// Frees the slot if this is the key that counts.
    fn release(&mut self, key: Key) -> Option<E> {
        let entry = &mut self.slots[key.slot() as usize];
        if entry.sequence != key.sequence() {
            self.stale -= 1;
            return None;
        }
        entry.generation = entry.generation.wrapping_add(1);
        self.free.push(key.slot());
        let event = entry.event.take();
        self.stale -= usize::from(event.is_none());
        event
    }
}
