//! The courses of events of one session: each is a list of acts and how far it was run. An act in the past begins another.
//!
//! Branches share no lists: each has all acts since the start, and an act keeps its number when it is copied. So two
//! branches that have the act with the same number at the same place have the same past up to there.

use std::rc::Rc;

use crate::lab::scenario::Step;
use crate::lab::view::{BranchView, Name};
use crate::sim::SimTime;

/// A place in a branch: so many of its acts are done, and all that happens at that instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub at: SimTime,
    pub acts: usize,
}

/// An act and when it was done.
#[derive(Clone, Debug)]
pub struct Logged {
    /// No other act of the session has it.
    pub number: u64,
    pub step: Rc<Step>,
    /// As the list of events tells it; empty until it has been done.
    pub text: Name,
}

impl Logged {
    pub fn at(&self) -> SimTime {
        SimTime::ZERO + self.step.at.0
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Branch {
    pub id: u32,
    pub parent: Option<u32>,
    /// Where it parted from its parent.
    pub forked: Place,
    /// In order, from the session's start.
    pub acts: Vec<Logged>,
    /// How far it was run.
    pub head: SimTime,
    /// Where one stood when it was left.
    pub here: Place,
    /// It began with an undo: of which branch, and how many acts that had done then.
    pub undone: Option<(u32, usize)>,
}

impl Branch {
    /// The place of an instant: whatever was done by then is done.
    pub fn place(&self, at: SimTime) -> Place {
        Place { at, acts: self.acts.iter().take_while(|act| act.at() <= at).count() }
    }

    /// Acts since it parted from its parent.
    pub fn own(&self) -> &[Logged] {
        &self.acts[self.forked.acts.min(self.acts.len())..]
    }

    /// Whether a state with so many acts done, the last of which had this number, belongs to its past.
    pub fn has(&self, place: Place, last_act: u64) -> bool {
        place.acts <= self.acts.len()
            && number_before(&self.acts, place.acts) == last_act
            && self.acts.get(place.acts).is_none_or(|next| next.at() >= place.at)
    }
}

/// The number of the last of the first `count` acts; 0 if there is none.
pub fn number_before(acts: &[Logged], count: usize) -> u64 {
    count.checked_sub(1).and_then(|last| acts.get(last)).map_or(0, |act| act.number)
}

/// All branches, oldest first; one of them is shown.
#[derive(Clone, Debug)]
pub struct Branches {
    list: Vec<Branch>,
    current: u32,
    next_id: u32,
    next_act: u64,
    most: usize,
}

impl Branches {
    /// One branch without acts. At most `most` are kept.
    pub fn new(start: SimTime, most: usize) -> Self {
        let here = Place { at: start, acts: 0 };
        let first = Branch { id: 0, parent: None, forked: here, acts: Vec::new(), head: start, here, undone: None };
        Branches { list: vec![first], current: 0, next_id: 1, next_act: 1, most }
    }

    pub fn get(&self, id: u32) -> Option<&Branch> {
        self.list.iter().find(|branch| branch.id == id)
    }

    pub fn current(&self) -> &Branch {
        self.get(self.current).expect("the branch that is shown is never dropped")
    }

    pub fn current_mut(&mut self) -> &mut Branch {
        let current = self.current;
        self.list.iter_mut().find(|branch| branch.id == current).expect("the branch that is shown is never dropped")
    }

    /// Adds an act at the end of the branch that is shown.
    pub fn log(&mut self, step: Rc<Step>, text: Name) {
        let number = self.next_act;
        self.next_act += 1;
        self.current_mut().acts.push(Logged { number, step, text });
    }

    /// Leaves the branch that is shown at `here` for a new one with the same past up to `place`.
    pub fn fork(&mut self, here: Place, place: Place) {
        let id = self.next_id;
        self.next_id += 1;
        let old = self.current();
        let acts = old.acts[..place.acts].to_vec();
        let branch =
            Branch { id, parent: Some(old.id), forked: place, acts, head: place.at, here: place, undone: None };
        self.list.push(branch);
        self.show(id, here);
    }

    /// Shows another branch; the one that was shown is left at `here`. One that has no act of its own is not kept.
    pub fn show(&mut self, id: u32, here: Place) {
        let left = self.current;
        self.current_mut().here = here;
        self.current = id;
        let idle = |branch: &Branch| branch.id == left && left != 0 && branch.own().is_empty();
        if left != id && self.get(left).is_some_and(idle) {
            self.drop_branch(left);
        }
    }

    /// Drops the oldest branch that is too many, never the one that is shown; gives it back.
    pub fn thin(&mut self) -> Option<Branch> {
        if self.list.len() <= self.most {
            return None;
        }
        let oldest = self.list.iter().find(|branch| branch.id != self.current)?.id;
        self.drop_branch(oldest)
    }

    fn drop_branch(&mut self, id: u32) -> Option<Branch> {
        let at = self.list.iter().position(|branch| branch.id == id)?;
        let gone = self.list.remove(at);
        for branch in &mut self.list {
            if branch.parent == Some(id) {
                // What it had in common with the grandparent ends where either parted.
                branch.parent = gone.parent;
                branch.forked = if gone.parent.is_some() { branch.forked.min(gone.forked) } else { branch.forked };
            }
            if branch.undone.is_some_and(|(undone, _)| undone == id) {
                branch.undone = None;
            }
        }
        Some(gone)
    }

    /// What the page may know of them.
    pub fn views(&self) -> Vec<BranchView> {
        let view = |branch: &Branch| BranchView {
            id: branch.id,
            parent: branch.parent,
            forked_us: branch.forked.at.0,
            head_us: branch.head.0,
            acts: branch.own().len() as u32,
            text: branch.own().first().map_or_else(|| "".into(), |act| act.text.clone()),
        };
        self.list.iter().map(view).collect()
    }
}
