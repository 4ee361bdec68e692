//! The trace: the events of a run and their causes.
//!
//! Two bounded histories. *Records* are small and many: each message delivered or lost, each timer fired. *Notes* are
//! the events that a person would name: a process died, a leader was elected. Every record names the record that led
//! to it, and carries the nearest note above it, so the chain of notes is complete even after records are dropped.
//! A reaction to silence (an expired lease) also names what explains the silence: see [`Note::because`].
//! *Logs*, the last lines that each process wrote, are apart: they are many, and lead to nothing.

use std::collections::VecDeque;
use std::rc::Rc;

use super::ids::{HostId, NoteId, ProcId, RecordId};
use super::time::SimTime;

const CHUNK: usize = 256;
const RECORDS_KEPT: usize = 16 * 1024;
const NOTES_KEPT: usize = 8 * 1024;
/// Of each process.
const LINES_KEPT: usize = 40;

/// The fate of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived.
    Delivered,
    /// Dropped on the way: partition, loss, or a host that is off.
    Lost,
    /// The host answered that nobody listens.
    Refused,
}

/// The kind of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A process's own timer fired.
    Timer {
        /// The process whose timer it is.
        process: ProcId,
        /// The timer's label.
        why: &'static str,
    },
    /// A message crossed the network, or was lost there.
    Message {
        /// The sending process.
        from: ProcId,
        /// The receiving process; `None` if nobody was there.
        to: Option<ProcId>,
        /// The sender's host.
        from_host: HostId,
        /// The receiver's host.
        to_host: HostId,
        /// The message's label.
        label: &'static str,
        /// When it was sent.
        sent: SimTime,
        /// Whether it arrived.
        outcome: Outcome,
    },
    /// A process started, exited, was signalled, or received a message from its own host.
    Process {
        /// The process.
        process: ProcId,
        /// What happened to it, in a word or two.
        what: &'static str,
    },
    /// An act from outside: a fault or a change of settings.
    Act,
}

/// One event of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number.
    pub id: RecordId,
    /// When it happened.
    pub at: SimTime,
    /// The record that led to it; 0 for an act from outside.
    pub cause: RecordId,
    /// The nearest note among the causes.
    pub(crate) noted: NoteId,
    /// What happened.
    pub kind: RecordKind,
}

/// An event that is worth telling a person about.
#[derive(Clone, Debug, PartialEq)]
pub struct Note<N> {
    /// Its number.
    pub id: NoteId,
    /// When it happened.
    pub at: SimTime,
    /// The process that noted it; `None` for an event of a host.
    pub process: Option<ProcId>,
    /// The host that it is about; `None` for an event of the whole world.
    pub(crate) host: Option<HostId>,
    /// The record being handled when it happened.
    pub(crate) record: RecordId,
    /// The note that led to it through messages and timers; 0 if there is none.
    pub cause: NoteId,
    /// The note that explains a silence which this one reacts to; 0 if it reacts to none.
    pub because: NoteId,
    /// The event.
    pub what: N,
}

/// A bounded history that is cheap to clone: full chunks are shared.
#[derive(Clone, Debug)]
struct History<T> {
    full: VecDeque<Rc<Vec<T>>>,
    tail: Vec<T>,
    dropped: u64,
    keep: usize,
}

impl<T: Clone> History<T> {
    fn new(keep: usize) -> Self {
        History { full: VecDeque::new(), tail: Vec::with_capacity(CHUNK), dropped: 0, keep }
    }

    fn push(&mut self, item: T) {
        self.tail.push(item);
        if self.tail.len() == CHUNK {
            let mut next = None;
            if (self.full.len() + 1) * CHUNK > self.keep {
                // The oldest chunk becomes the newest, unless a snapshot still has it.
                next = self.full.pop_front().and_then(Rc::into_inner);
                self.dropped += CHUNK as u64;
            }
            let mut next = next.unwrap_or_else(|| Vec::with_capacity(CHUNK));
            next.clear();
            self.full.push_back(Rc::new(std::mem::replace(&mut self.tail, next)));
        }
    }

    /// The item with this number, counted from 1.
    fn get(&self, id: u64) -> Option<&T> {
        let index = id.checked_sub(1 + self.dropped)? as usize;
        match self.full.get(index / CHUNK) {
            Some(chunk) => chunk.get(index % CHUNK),
            None => self.tail.get(index - self.full.len() * CHUNK),
        }
    }

    fn from(&self, id: u64) -> impl DoubleEndedIterator<Item = &T> {
        let end = self.dropped + (self.full.len() * CHUNK + self.tail.len()) as u64;
        (id.max(1 + self.dropped)..=end).filter_map(|id| self.get(id))
    }
}

/// Records and notes of a run, bounded, and a digest of all of them from the beginning.
#[derive(Clone, Debug)]
pub struct Trace<N> {
    records: History<Record>,
    notes: History<Note<N>>,
    /// By process; none for one that has written nothing.
    logs: Vec<Option<Log<N>>>,
    last_record: RecordId,
    last_note: NoteId,
    digest: u64,
}

/// The last lines of one process and when it wrote them, oldest first; shared with snapshots until the next line.
type Log<N> = Rc<VecDeque<(SimTime, N)>>;

impl<N: Clone> Default for Trace<N> {
    fn default() -> Self {
        Trace {
            records: History::new(RECORDS_KEPT),
            notes: History::new(NOTES_KEPT),
            logs: Vec::new(),
            last_record: 0,
            last_note: 0,
            digest: 0xcbf2_9ce4_8422_2325,
        }
    }
}

impl<N: Clone> Trace<N> {
    pub(super) fn record(&mut self, at: SimTime, cause: RecordId, noted: NoteId, kind: RecordKind) -> RecordId {
        self.last_record += 1;
        let id = self.last_record;
        let (tag, a, b) = match kind {
            RecordKind::Timer { process, why } => (1, u64::from(process.0), why.len() as u64),
            RecordKind::Message { from, to, sent, outcome, .. } => {
                let to = to.map_or(0xffff, |p| p.0);
                (2 + outcome as u64, u64::from(from.0) << 32 | u64::from(to), sent.0)
            }
            RecordKind::Process { process, what } => (7, u64::from(process.0), what.len() as u64),
            RecordKind::Act => (8, 0, 0),
        };
        for word in [at.0, tag, a, b, cause] {
            self.digest = (self.digest ^ word).wrapping_mul(0x100_0000_01b3).rotate_left(29);
        }
        self.records.push(Record { id, at, cause, noted, kind });
        id
    }

    pub(super) fn note(&mut self, mut note: Note<N>) -> NoteId {
        self.last_note += 1;
        note.id = self.last_note;
        self.notes.push(note);
        self.last_note
    }

    pub(super) fn log(&mut self, at: SimTime, process: ProcId, what: N) {
        let index = usize::from(process.0);
        if self.logs.len() <= index {
            self.logs.resize_with(index + 1, || None);
        }
        let lines = Rc::make_mut(self.logs[index].get_or_insert_default());
        if lines.len() == LINES_KEPT {
            lines.pop_front();
        }
        lines.push_back((at, what));
    }

    /// The last lines that a process wrote, oldest first.
    pub(crate) fn log_of(&self, process: ProcId) -> impl Iterator<Item = &(SimTime, N)> {
        self.logs.get(usize::from(process.0)).into_iter().flatten().flat_map(|lines| lines.iter())
    }

    /// The record with this number, unless it was dropped.
    pub fn get(&self, id: RecordId) -> Option<&Record> {
        self.records.get(id)
    }

    /// The note with this number, unless it was dropped.
    pub(crate) fn get_note(&self, id: NoteId) -> Option<&Note<N>> {
        self.notes.get(id)
    }

    /// Records from number `id` on, oldest first.
    pub fn records_from(&self, id: RecordId) -> impl DoubleEndedIterator<Item = &Record> {
        self.records.from(id)
    }

    /// Notes from number `id` on, oldest first.
    pub fn notes_from(&self, id: NoteId) -> impl DoubleEndedIterator<Item = &Note<N>> {
        self.notes.from(id)
    }

    /// Drops all records; what happens next does not depend on them.
    pub(super) fn forget_records(&mut self) {
        self.records = History { dropped: self.last_record, ..History::new(RECORDS_KEPT) };
    }

    /// The number of the newest record.
    pub fn last_record(&self) -> RecordId {
        self.last_record
    }

    /// The number of the newest note.
    pub fn last_note(&self) -> NoteId {
        self.last_note
    }

    /// A digest of every record since the start: equal runs have equal digests.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// Follows a note back to its origin: at each step the note that explains a silence, else the note that led to it.
    /// The first element is the note itself. At most `limit` elements.
    pub fn why(&self, id: NoteId, limit: usize) -> Vec<&Note<N>> {
        let mut chain: Vec<&Note<N>> = Vec::new();
        let mut next = id;
        while let Some(note) = self.get_note(next) {
            if chain.len() == limit {
                break;
            }
            chain.push(note);
            let back = if note.because != 0 { note.because } else { note.cause };
            if back >= note.id {
                break;
            }
            next = back;
        }
        chain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards that a log keeps its last lines, apart from others, and that a snapshot keeps what it saw.
    #[test]
    fn a_log_is_bounded_and_its_snapshots_stay() {
        let mut trace: Trace<usize> = Trace::default();
        trace.log(SimTime(1), ProcId(2), 7);
        let snapshot = trace.clone();
        for line in 0..LINES_KEPT + 3 {
            trace.log(SimTime(2), ProcId(0), line);
            trace.log(SimTime(2), ProcId(2), line);
        }
        let lines = |trace: &Trace<usize>, process| trace.log_of(ProcId(process)).map(|(_, n)| *n).collect::<Vec<_>>();
        assert_eq!(lines(&trace, 2), (3..LINES_KEPT + 3).collect::<Vec<_>>());
        assert_eq!((lines(&trace, 1), lines(&trace, 3)), (vec![], vec![]));
        assert_eq!((lines(&snapshot, 2), lines(&snapshot, 0)), (vec![7], vec![]));
    }
}
