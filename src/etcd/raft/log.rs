//! The replicated log since the last compaction, in shared chunks: cloning a log of 10 000 entries copies some eighty
//! pointers, and the copies share everything but the chunk that is written next.
//!
//! Knows nothing of commit, roles or members. The real thing: etcd-io/raft `log.go`, `storage.go` (MemoryStorage).

use std::collections::VecDeque;
use std::rc::Rc;

use super::{Entries, Entry, EntryData, Index, Term};

const SHIFT: u32 = 7;
const CHUNK: usize = 1 << SHIFT;

/// Entries `first_index()..=last_index()`, and the term of the entry just before them.
#[derive(Clone, Debug)]
pub struct RaftLog<D> {
    /// All chunks but the last hold exactly `CHUNK` entries; the first holds `base` and up.
    chunks: VecDeque<Rc<Vec<Entry<D>>>>,
    /// Index of the first entry stored; those below `truncated_index` are only waiting for their chunk to go.
    base: Index,
    truncated_index: Index,
    truncated_term: Term,
    last_index: Index,
    last_term: Term,
}

impl<D: Clone> Default for RaftLog<D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<D: Clone> RaftLog<D> {
    /// An empty log: the next entry is 1.
    pub(crate) fn new() -> Self {
        Self { chunks: VecDeque::new(), base: 1, truncated_index: 0, truncated_term: 0, last_index: 0, last_term: 0 }
    }

    /// Index of the first entry that is still here (one past the last compacted one).
    #[inline]
    pub fn first_index(&self) -> Index {
        self.truncated_index + 1
    }

    /// Index of the last entry, or of the last compacted one if there is none.
    #[inline]
    pub fn last_index(&self) -> Index {
        self.last_index
    }

    /// Term of the entry at `last_index()`; 0 for a new log.
    #[inline]
    pub(crate) fn last_term(&self) -> Term {
        self.last_term
    }

    /// How many entries are here.
    pub fn len(&self) -> usize {
        (self.last_index - self.truncated_index) as usize
    }

    /// The entry at `index`, unless it is compacted or not there yet.
    #[inline]
    pub fn entry(&self, index: Index) -> Option<&Entry<D>> {
        if index <= self.truncated_index || index > self.last_index {
            return None;
        }
        let at = (index - self.base) as usize;
        Some(&self.chunks[at >> SHIFT][at & (CHUNK - 1)])
    }

    /// Term of the entry at `index`; also known for the last compacted one, 0 at index 0.
    #[inline]
    pub fn term(&self, index: Index) -> Option<Term> {
        if index == self.last_index {
            Some(self.last_term)
        } else if index == self.truncated_index {
            Some(self.truncated_term)
        } else {
            self.entry(index).map(|entry| entry.term)
        }
    }

    /// Whether the entry at `index` is here, or was the last compacted one, and has this term.
    #[inline]
    pub fn matches(&self, index: Index, term: Term) -> bool {
        self.term(index) == Some(term)
    }

    /// All entries, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<D>> {
        let dead = (self.first_index() - self.base) as usize;
        self.chunks.iter().flat_map(|chunk| chunk.iter()).skip(dead)
    }

    /// Whether a log that ends with this entry has all that this one may have had committed (Raft paper 5.4.1).
    #[inline]
    pub(crate) fn is_up_to_date(&self, last_index: Index, last_term: Term) -> bool {
        last_term > self.last_term || (last_term == self.last_term && last_index >= self.last_index)
    }

    /// Up to `max` entries from `from` on, as they go into a message.
    #[inline]
    pub(super) fn slice(&self, from: Index, max: usize) -> Entries<D> {
        if from > self.last_index {
            return Entries::None;
        }
        let count = ((self.last_index - from + 1) as usize).min(max);
        let at = (from - self.base) as usize;
        if count == 1 {
            return Entries::One(self.chunks[at >> SHIFT][at & (CHUNK - 1)].clone());
        }
        let mut entries = Vec::with_capacity(count);
        let (mut chunk, mut start) = (at >> SHIFT, at & (CHUNK - 1));
        while entries.len() < count {
            let end = (start + count - entries.len()).min(CHUNK);
            entries.extend_from_slice(&self.chunks[chunk][start..end]);
            (chunk, start) = (chunk + 1, 0);
        }
        Entries::Many(entries)
    }

    /// Appends a leader's own entry and returns its index.
    #[inline]
    pub(super) fn append(&mut self, term: Term, data: EntryData<D>) -> Index {
        let index = self.last_index + 1;
        self.push(Entry { term, index, data });
        index
    }

    #[inline]
    fn push(&mut self, entry: Entry<D>) {
        (self.last_index, self.last_term) = (entry.index, entry.term);
        match self.chunks.back_mut() {
            Some(tail) if tail.len() < CHUNK => Rc::make_mut(tail).push(entry),
            _ => {
                let mut tail = Vec::with_capacity(CHUNK);
                tail.push(entry);
                self.chunks.push_back(Rc::new(tail));
            }
        }
    }

    /// Takes over a leader's entries: what is already here stays, a conflicting tail is cut off first.
    /// The entry before the first one must match. Returns whether anything changed.
    ///
    /// Panics if an entry at or below `commit` would change, which Raft rules out.
    #[inline]
    pub(super) fn merge(&mut self, entries: Entries<D>, commit: Index) -> bool {
        match entries {
            Entries::None => false,
            Entries::One(entry) => {
                if self.matches(entry.index, entry.term) {
                    return false;
                }
                self.truncate_from(entry.index, commit);
                self.push(entry);
                true
            }
            Entries::Many(entries) => {
                let mut changed = false;
                for entry in entries {
                    if !changed {
                        if self.matches(entry.index, entry.term) {
                            continue;
                        }
                        self.truncate_from(entry.index, commit);
                        changed = true;
                    }
                    self.push(entry);
                }
                changed
            }
        }
    }

    fn truncate_from(&mut self, index: Index, commit: Index) {
        if index > self.last_index {
            return;
        }
        assert!(index > commit, "entry {index} conflicts with the committed {commit}");
        let keep = (index - self.base) as usize;
        self.chunks.truncate(keep.div_ceil(CHUNK));
        if keep & (CHUNK - 1) != 0
            && let Some(tail) = self.chunks.back_mut()
        {
            Rc::make_mut(tail).truncate(keep & (CHUNK - 1));
        }
        let last_term = self.term(index - 1).unwrap_or_default();
        (self.last_index, self.last_term) = (index - 1, last_term);
    }

    /// The best guess where another log, known only by one entry, stops matching this one: the highest index up to
    /// `index` whose term is at most `term` (or unknown, then with term 0). etcd: `findConflictByTerm`.
    pub(super) fn find_conflict_by_term(&self, mut index: Index, term: Term) -> (Index, Term) {
        while index > 0 {
            match self.term(index) {
                None => return (index, 0),
                Some(ours) if ours <= term => return (index, ours),
                Some(_) => index -= 1,
            }
        }
        (0, 0)
    }

    /// Forgets entries up to `index`. Does nothing if they are gone already.
    pub(super) fn compact(&mut self, index: Index) {
        if index <= self.truncated_index {
            return;
        }
        let term = self.term(index).expect("compaction beyond the end of the log");
        (self.truncated_index, self.truncated_term) = (index, term);
        while self.base + CHUNK as Index <= self.first_index() && self.chunks.pop_front().is_some() {
            self.base += CHUNK as Index;
        }
        if self.chunks.is_empty() {
            self.base = self.first_index();
        }
    }

    /// Starts over after a snapshot that ends with this entry.
    pub(super) fn restore(&mut self, index: Index, term: Term) {
        self.chunks.clear();
        self.base = index + 1;
        (self.truncated_index, self.truncated_term) = (index, term);
        (self.last_index, self.last_term) = (index, term);
    }
}
