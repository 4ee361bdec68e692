//! Branches of a session's timeline: each is a list of acts, and how far it has run. An act in the past starts a new one.
//!
//! Branches share no lists: each has all acts since the start, and an act keeps its number when it is copied. So two
//! branches with the same act number at the same place have the same past up to there.

use std::rc::Rc;

use crate::lab::scenario::Step;
use crate::lab::view::{BranchView, Name};
use crate::sim::SimTime;

/// A place in a branch: an instant, all of whose events have happened, and the number of acts done by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) at: SimTime,
    pub(crate) acts: usize,
}

/// An act and its time.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    /// Unique in the session.
    pub(crate) number: u64,
    pub(crate) step: Rc<Step>,
    /// Its text in the list of events. Empty until it has been done.
    pub(crate) text: Name,
}

impl Logged {
    pub(crate) fn at(&self) -> SimTime {
        SimTime::ZERO + self.step.at.0
    }
}

/// One timeline of a session: a list of acts, and how far it has run.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    pub(crate) id: u32,
    pub(crate) parent: Option<u32>,
    /// Where it was forked from its parent.
    pub(crate) forked: Place,
    /// All acts in order, from the session's start.
    pub(crate) acts: Vec<Logged>,
    /// How far it has run.
    pub(crate) head: SimTime,
    /// The place that was shown when the user left it.
    pub(crate) here: Place,
    /// If an undo started it: the branch that was undone, and the number of its acts done then.
    pub(crate) undone: Option<(u32, usize)>,
}

impl Branch {
    /// Returns the place of an instant, with every act up to it done.
    pub(crate) fn place(&self, at: SimTime) -> Place {
        Place { at, acts: self.acts.iter().take_while(|act| act.at() <= at).count() }
    }

    /// Returns the acts since the fork.
    pub(crate) fn own(&self) -> &[Logged] {
        &self.acts[self.forked.acts.min(self.acts.len())..]
    }

    /// Returns whether a state at `place`, whose last act had the number `last_act`, belongs to its past.
    pub(crate) fn has(&self, place: Place, last_act: u64) -> bool {
        place.acts <= self.acts.len()
            && number_before(&self.acts, place.acts) == last_act
            && self.acts.get(place.acts).is_none_or(|next| next.at() >= place.at)
    }
}

/// Returns the number of the last of the first `count` acts. 0 if there is none.
pub(crate) fn number_before(acts: &[Logged], count: usize) -> u64 {
    count.checked_sub(1).and_then(|last| acts.get(last)).map_or(0, |act| act.number)
}

/// All branches, oldest first, of which one is shown.
#[derive(Clone, Debug)]
pub(crate) struct Branches {
    list: Vec<Branch>,
    current: u32,
    next_id: u32,
    next_act: u64,
    most: usize,
}

impl Branches {
    /// Returns a single branch without acts. At most `most` branches are kept.
    pub(crate) fn new(start: SimTime, most: usize) -> Self {
        let here = Place { at: start, acts: 0 };
        let first = Branch { id: 0, parent: None, forked: here, acts: Vec::new(), head: start, here, undone: None };
        Branches { list: vec![first], current: 0, next_id: 1, next_act: 1, most }
    }

    pub(crate) fn get(&self, id: u32) -> Option<&Branch> {
        self.list.iter().find(|branch| branch.id == id)
    }

    pub(crate) fn current(&self) -> &Branch {
        self.get(self.current).expect("the branch that is shown is never dropped")
    }

    pub(crate) fn current_mut(&mut self) -> &mut Branch {
        let current = self.current;
        self.list.iter_mut().find(|branch| branch.id == current).expect("the branch that is shown is never dropped")
    }

    /// Adds an act at the end of the branch that is shown.
    pub(crate) fn log(&mut self, step: Rc<Step>, text: Name) {
        let number = self.next_act;
        self.next_act += 1;
        self.current_mut().acts.push(Logged { number, step, text });
    }

    /// Leaves the shown branch at `here` for a new one with the same past up to `place`.
    pub(crate) fn fork(&mut self, here: Place, place: Place) {
        let id = self.next_id;
        self.next_id += 1;
        let old = self.current();
        let acts = old.acts[..place.acts].to_vec();
        let branch =
            Branch { id, parent: Some(old.id), forked: place, acts, head: place.at, here: place, undone: None };
        self.list.push(branch);
        self.show(id, here);
    }

    /// Shows another branch, and leaves the shown one at `here`. A branch without acts of its own is dropped.
    pub(crate) fn show(&mut self, id: u32, here: Place) {
        let left = self.current;
        self.current_mut().here = here;
        self.current = id;
        let idle = |branch: &Branch| branch.id == left && left != 0 && branch.own().is_empty();
        if left != id && self.get(left).is_some_and(idle) {
            self.drop_branch(left);
        }
    }

    /// Drops the oldest branch if there are too many, but never the one that is shown. Returns it.
    pub(crate) fn thin(&mut self) -> Option<Branch> {
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
                // It shares the grandparent's past up to the earlier of the two forks.
                branch.parent = gone.parent;
                branch.forked = if gone.parent.is_some() { branch.forked.min(gone.forked) } else { branch.forked };
            }
            if branch.undone.is_some_and(|(undone, _)| undone == id) {
                branch.undone = None;
            }
        }
        Some(gone)
    }

    /// Returns the views of all branches.
    pub(crate) fn views(&self) -> Vec<BranchView> {
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
