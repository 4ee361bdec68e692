//! Which runs this browser keeps, and what may replace them. Pure: the storage is behind [`Store`].
//!
//! A learner's own run is under [`RUN`]. Up to [`OTHERS`] more lie beside it: of links, of other tabs, and the one that was the
//! own run before. Nothing is written for a run in which the learner has done nothing, what another tab wrote is not written
//! over, and what cannot be read is set aside: of all that is kept, only what is pushed off the end of the others is lost.

use super::Kept;
use crate::ui::storage;

/// The learner's own run.
pub const RUN: &str = "run";
/// The others, the last that was kept first.
pub const OTHERS: [&str; 3] = ["run.other.1", "run.other.2", "run.other.3"];
/// There while a run is brought back: its name. Whoever finds it at the next visit knows that the page did not live to take it
/// away.
const MARK: &str = "restoring";
/// How many texts that could not be read are kept of one name.
const ASIDE: u32 = 9;

/// What a browser keeps: texts by name.
pub trait Store {
    /// None when there is nothing, or no storage.
    fn get(&self, name: &str) -> Option<String>;
    /// False if there is no room for it. Where there is no storage at all there is nothing to complain about.
    fn set(&self, name: &str, text: &str) -> bool;
    /// There is nothing under this name any more.
    fn remove(&self, name: &str);
}

/// Where a page keeps things in the storage of its origin, which is shared by all pages of that origin: the names carry the
/// path of the lab. In a frame they carry the page around it too, and nothing of the learner's own is touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    prefix: String,
    /// Other prefixes under which a text is looked for where there is none: of everything, and of how the page looks.
    earlier: Vec<String>,
    looks: Vec<String>,
}

/// What an earlier version of the page put before its names, for the whole origin.
const EARLIER: &str = "ha-lab.";
/// How the page looks and is used: a frame takes that over from the learner's own page, and tells nobody.
const LOOKS: [&str; 4] = ["theme", "language", "keys", "hint"];

impl Scope {
    /// Of the page at this path (`/lab/index.html`) of this origin; `frame`: it is in a frame, and this is the origin of the
    /// page around it as the address has it (or nothing).
    pub fn new(path: &str, origin: &str, frame: Option<&str>) -> Scope {
        let folder = &path[..path.rfind('/').map_or(0, |at| at + 1)];
        let own = format!("ha-lab:{folder}:");
        let earlier = vec![EARLIER.to_owned()];
        let Some(partner) = frame else { return Scope { prefix: own, earlier, looks: Vec::new() } };
        // What an earlier version kept here is of that page alone: browsers keep other sites apart. One of the same origin
        // can read it anyway.
        let alone = partner == origin || !partner.is_empty() && other_site(host_of(partner), host_of(origin));
        Scope {
            prefix: format!("{own}frame:{partner}:"),
            earlier: if alone { earlier } else { Vec::new() },
            looks: vec![own, EARLIER.to_owned()],
        }
    }

    pub fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Where else to look, if there is nothing under [`Self::key`].
    pub fn other_keys(&self, name: &str) -> Vec<String> {
        let looks = self.looks.iter().filter(|_| LOOKS.contains(&name));
        looks.chain(&self.earlier).map(|prefix| format!("{prefix}{name}")).collect()
    }
}

/// `lab.example` of `https://lab.example:8443`.
fn host_of(origin: &str) -> &str {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether two hosts are surely of different sites, which browsers keep apart in frames: if in doubt they are not.
fn other_site(a: &str, b: &str) -> bool {
    let is_address =
        |host: &str| host.starts_with('[') || host.rsplit('.').next().is_some_and(|last| last.parse::<u8>().is_ok());
    let end = |host: &str| {
        let mut labels: Vec<&str> = host.rsplit('.').take(2).collect();
        labels.reverse();
        labels.join(".")
    };
    if is_address(a) || is_address(b) { a != b } else { end(a) != end(b) }
}

/// What is kept under a name.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Nothing that is worth coming back to.
    Nothing,
    Run(Kept),
    /// A page that was bringing it back did not come to an end.
    Held(Kept),
    /// It cannot be read, for this reason; it was set aside under this name.
    Damaged(String, Option<String>),
}

/// What came of keeping a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    Yes,
    /// It is not this page's to keep.
    Not,
    NoRoom,
}

/// Whose place the run on the page has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Slot {
    /// The learner's own.
    Own,
    /// A new one: once something is done it is the learner's own, and what was that is put beside it.
    #[default]
    New,
    /// Beside the own.
    Other,
}

/// What this page has of the kept runs.
#[derive(Debug, Default)]
pub struct Shelf {
    slot: Slot,
    /// What this page last read or wrote in its place; something else there is of another tab.
    known: Option<String>,
}

impl Shelf {
    /// What is kept under `name`. What cannot be read is set aside.
    pub fn find(store: &impl Store, name: &str) -> Found {
        let Some(text) = store.get(name) else { return Found::Nothing };
        match storage::read(&text) {
            Ok(kept) if !kept.is_worth_it() => Found::Nothing,
            Ok(kept) if store.get(MARK).as_deref() == Some(name) => Found::Held(kept),
            Ok(kept) => Found::Run(kept),
            Err(error) => Found::Damaged(error, set_aside(store, name)),
        }
    }

    /// The run under `name` is about to be brought back: until [`Self::arrived`] it counts as one that may not come back.
    pub fn bring(&mut self, store: &impl Store, name: &str) {
        let text = store.get(name);
        store.set(MARK, name);
        if name == RUN {
            (self.slot, self.known) = (Slot::Own, text);
            return;
        }
        // The last that was looked at comes first.
        if let Some(text) = text.filter(|_| name != OTHERS[0]) {
            store.remove(name);
            if !put_beside(store, &text) {
                store.set(name, &text);
                (self.slot, self.known) = (Slot::Other, None);
                return;
            }
            store.set(MARK, OTHERS[0]);
        }
        (self.slot, self.known) = (Slot::Other, store.get(OTHERS[0]));
    }

    /// It is back, or nobody waits for it any more.
    pub fn arrived(store: &impl Store) {
        store.remove(MARK);
    }

    /// Another run came from a link: beside the learner's own, if there is one.
    pub fn opened(&mut self, store: &impl Store) {
        self.slot = if has_worth(store, RUN) { Slot::Other } else { Slot::New };
        self.known = None;
    }

    /// The learner chose another run, from a file or a new one: it takes the place of what was on the page.
    pub fn chosen(&mut self) {
        if self.slot == Slot::Own {
            (self.slot, self.known) = (Slot::New, None);
        }
    }

    /// A new run, whatever is kept.
    pub fn anew(&mut self) {
        *self = Shelf::default();
    }

    /// The learner's own run is kept, and is not the one on the page.
    pub fn has_own(&self, store: &impl Store) -> bool {
        self.slot != Slot::Own && has_worth(store, RUN)
    }

    /// Keeps the run on the page; `acted`: the learner did something since it was last kept.
    pub fn save(&mut self, store: &impl Store, text: &str, acted: bool) -> Saved {
        match self.slot {
            Slot::Own if store.get(RUN) == self.known => return self.write(store, RUN, text),
            _ if !acted => {
                let here = self.slot == Slot::Other && self.known.is_some() && store.get(OTHERS[0]) == self.known;
                return if here { self.write(store, OTHERS[0], text) } else { Saved::Not };
            }
            Slot::Own if store.get(RUN).is_none() => return self.write(store, RUN, text),
            // Another tab keeps its own run now.
            Slot::Own => (self.slot, self.known) = (Slot::Other, None),
            Slot::New => {
                if let Some(old) = store.get(RUN).filter(|old| is_worth(old)) {
                    if !put_beside(store, &old) {
                        return Saved::NoRoom;
                    }
                    if store.get(MARK).as_deref() == Some(RUN) {
                        store.remove(MARK);
                    }
                }
                self.slot = Slot::Own;
                return self.write(store, RUN, text);
            }
            Slot::Other => {}
        }
        if self.known.is_none() || store.get(OTHERS[0]) != self.known {
            if !put_beside(store, text) {
                return Saved::NoRoom;
            }
            self.known = Some(text.to_owned());
            return Saved::Yes;
        }
        self.write(store, OTHERS[0], text)
    }

    fn write(&mut self, store: &impl Store, name: &str, text: &str) -> Saved {
        if !store.set(name, text) {
            return Saved::NoRoom;
        }
        self.known = Some(text.to_owned());
        Saved::Yes
    }

    /// Where the run on the page is kept, and what is there: none while it is not.
    pub fn place(&self) -> Option<(&'static str, String)> {
        let name = match self.slot {
            Slot::Own => RUN,
            Slot::Other => OTHERS[0],
            Slot::New => return None,
        };
        Some((name, self.known.clone()?))
    }
}

/// The learner wants a run no more.
pub fn forget(store: &impl Store, name: &str) {
    store.remove(name);
    if store.get(MARK).as_deref() == Some(name) {
        store.remove(MARK);
    }
    // The rest moves up.
    let rest: Vec<String> = OTHERS.iter().filter_map(|name| store.get(name)).collect();
    for (n, name) in OTHERS.iter().enumerate() {
        match rest.get(n) {
            Some(text) if store.get(name).as_deref() != Some(text) => drop(store.set(name, text)),
            Some(_) => {}
            None => store.remove(name),
        }
    }
}

/// Everything that is kept besides the own run: what the learner can go to, save or forget.
pub fn others(store: &impl Store) -> Vec<(&'static str, Kept)> {
    let read = |name: &'static str| Some((name, storage::read(&store.get(name)?).ok().filter(Kept::is_worth_it)?));
    OTHERS.into_iter().filter_map(read).collect()
}

/// Moves what cannot be read out of the way, to be kept: where to. None if there is no room; then it stays.
pub fn set_aside(store: &impl Store, name: &str) -> Option<String> {
    let text = store.get(name)?;
    for n in 1..=ASIDE {
        let aside = if n == 1 { format!("{name}.damaged") } else { format!("{name}.damaged.{n}") };
        let free = match store.get(&aside) {
            None => store.set(&aside, &text),
            Some(other) => other == text,
        };
        if free {
            // No storage at all would say yes as well.
            if store.get(&aside).is_some() {
                store.remove(name);
            }
            return Some(aside);
        }
    }
    None
}

/// Worth keeping: a run in which something was done, or what this version cannot judge.
fn is_worth(text: &str) -> bool {
    storage::read(text).map_or(true, |kept| kept.is_worth_it())
}

fn has_worth(store: &impl Store, name: &str) -> bool {
    store.get(name).is_some_and(|text| is_worth(&text))
}

/// Puts a run before the others; the last falls off. False if there is no room, and nothing is lost.
fn put_beside(store: &impl Store, text: &str) -> bool {
    let mut all = vec![text.to_owned()];
    let before = OTHERS.map(|name| store.get(name));
    for other in before.iter().flatten().cloned() {
        if !all.contains(&other) && is_worth(&other) {
            all.push(other);
        }
    }
    all.truncate(OTHERS.len());
    // From the end, so that a run is always under one of the names.
    for (n, text) in all.iter().enumerate().rev() {
        if before[n].as_ref() != Some(text) && !store.set(OTHERS[n], text) {
            // As it was, which had room.
            for (name, text) in OTHERS.iter().zip(&before).skip(n + 1) {
                match text {
                    Some(text) => drop(store.set(name, text)),
                    None => store.remove(name),
                }
            }
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests;
