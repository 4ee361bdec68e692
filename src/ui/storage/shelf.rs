//! The runs that this browser keeps, and the rules for replacing them. Pure: the storage is behind `Store`.
//!
//! The learner's own run is under `RUN`. Up to `OTHERS` more are beside it: from links, from other tabs, and the previous
//! own run. A run without acts of the learner is not written, another tab's run is not overwritten, and a text that cannot be
//! read is set aside. A kept run is lost only when it is pushed off the end of the others.

use super::Kept;
use crate::ui::storage;

/// The learner's own run.
pub(crate) const RUN: &str = "run";
/// The other runs, the latest first.
pub(crate) const OTHERS: [&str; 3] = ["run.other.1", "run.other.2", "run.other.3"];
/// Holds the name of the run that is being restored, while that takes. If the next visit finds it, the page crashed before it
/// could remove it.
const MARK: &str = "restoring";
/// The most unreadable texts that are kept for one name.
const ASIDE: u32 = 9;

/// A browser's storage: texts by name.
pub(crate) trait Store {
    /// Returns the text under a name. `None` if there is none, or no storage.
    fn get(&self, name: &str) -> Option<String>;
    /// Stores a text. Returns false if there is no room for it, but true if there is no storage at all.
    fn set(&self, name: &str, text: &str) -> bool;
    /// Removes the text under a name.
    fn remove(&self, name: &str);
}

/// A page's names in the storage of its origin, which all pages of that origin share: they contain the path of the lab. In a
/// frame they also contain the origin of the page around it, so that the learner's own texts are not touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    prefix: String,
    /// Other prefixes to try if there is no text: for all names, and for the page's appearance.
    earlier: Vec<String>,
    looks: Vec<String>,
}

/// The prefix of an earlier version of the page, for the whole origin.
const EARLIER: &str = "ha-lab.";
/// Names of the page's appearance and use. A frame reads them from the learner's own page, and passes them to nobody.
const LOOKS: [&str; 4] = ["theme", "language", "keys", "hint"];

impl Scope {
    /// Returns the scope of the page at this path (`/lab/index.html`) of this origin. `frame` is set in a frame, and is the origin
    /// of the page around it in the address, or empty.
    pub(crate) fn new(path: &str, origin: &str, frame: Option<&str>) -> Scope {
        let folder = &path[..path.rfind('/').map_or(0, |at| at + 1)];
        let own = format!("ha-lab:{folder}:");
        let earlier = vec![EARLIER.to_owned()];
        let Some(partner) = frame else { return Scope { prefix: own, earlier, looks: Vec::new() } };
        // Texts that an earlier version kept here are of that page alone: browsers partition the storage of other sites. A page of
        // the same origin can read them anyway.
        let alone = partner == origin || !partner.is_empty() && other_site(host_of(partner), host_of(origin));
        Scope {
            prefix: format!("{own}frame:{partner}:"),
            earlier: if alone { earlier } else { Vec::new() },
            looks: vec![own, EARLIER.to_owned()],
        }
    }

    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Returns other names to try if there is no text under [`Self::key`].
    pub(crate) fn other_keys(&self, name: &str) -> Vec<String> {
        let looks = self.looks.iter().filter(|_| LOOKS.contains(&name));
        looks.chain(&self.earlier).map(|prefix| format!("{prefix}{name}")).collect()
    }
}

/// Returns the host of an origin: `lab.example` of `https://lab.example:8443`.
fn host_of(origin: &str) -> &str {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Returns whether two hosts are certainly of different sites, which browsers partition in frames. False if in doubt.
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

/// The content of a name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found {
    /// No run, or none worth restoring.
    Nothing,
    Run(Kept),
    /// A run whose last restoration did not end.
    Held(Kept),
    /// A text that cannot be read, for this reason. It was set aside under this name.
    Damaged(String, Option<String>),
}

/// The result of keeping a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Saved {
    Yes,
    /// Not kept: the run is not this page's to keep.
    Not,
    NoRoom,
}

/// The place of the run on the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Slot {
    /// The learner's own run.
    Own,
    /// A new run. With its first act it becomes the learner's own, and the previous own run is put beside it.
    #[default]
    New,
    /// A run beside the learner's own.
    Other,
}

/// This page's view of the kept runs.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    slot: Slot,
    /// The text that this page last read or wrote in its place. Any other text there is from another tab.
    known: Option<String>,
}

impl Shelf {
    /// Reads the run under `name`. A text that cannot be read is set aside.
    pub(crate) fn find(store: &impl Store, name: &str) -> Found {
        let Some(text) = store.get(name) else { return Found::Nothing };
        match storage::read(&text) {
            Ok(kept) if !kept.is_worth_it() => Found::Nothing,
            Ok(kept) if store.get(MARK).as_deref() == Some(name) => Found::Held(kept),
            Ok(kept) => Found::Run(kept),
            Err(error) => Found::Damaged(error, set_aside(store, name)),
        }
    }

    /// Marks the run under `name` as being restored, until [`Self::arrived`].
    pub(crate) fn bring(&mut self, store: &impl Store, name: &str) {
        let text = store.get(name);
        store.set(MARK, name);
        if name == RUN {
            (self.slot, self.known) = (Slot::Own, text);
            return;
        }
        // The run shown last comes first.
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

    /// Removes the mark: the run is restored, or given up.
    pub(crate) fn arrived(store: &impl Store) {
        store.remove(MARK);
    }

    /// Makes room for a run from a link: beside the learner's own, if there is one.
    pub(crate) fn opened(&mut self, store: &impl Store) {
        self.slot = if has_worth(store, RUN) { Slot::Other } else { Slot::New };
        self.known = None;
    }

    /// The learner chose another run, from a file or a new one, which replaces the one on the page.
    pub(crate) fn chosen(&mut self) {
        if self.slot == Slot::Own {
            (self.slot, self.known) = (Slot::New, None);
        }
    }

    /// Returns whether the learner's own run is kept and is not the one on the page.
    pub(crate) fn has_own(&self, store: &impl Store) -> bool {
        self.slot != Slot::Own && has_worth(store, RUN)
    }

    /// Keeps the run on the page. `acted` is true if the learner has acted since it was last kept.
    pub(crate) fn save(&mut self, store: &impl Store, text: &str, acted: bool) -> Saved {
        match self.slot {
            Slot::Own if store.get(RUN) == self.known => return self.write(store, RUN, text),
            _ if !acted => {
                let here = self.slot == Slot::Other && self.known.is_some() && store.get(OTHERS[0]) == self.known;
                return if here { self.write(store, OTHERS[0], text) } else { Saved::Not };
            }
            Slot::Own if store.get(RUN).is_none() => return self.write(store, RUN, text),
            // Another tab keeps its run there now.
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

    /// Returns the name of the run on the page, and its text. `None` while it is not kept.
    pub(crate) fn place(&self) -> Option<(&'static str, String)> {
        let name = match self.slot {
            Slot::Own => RUN,
            Slot::Other => OTHERS[0],
            Slot::New => return None,
        };
        Some((name, self.known.clone()?))
    }
}

/// Removes a run.
pub(crate) fn forget(store: &impl Store, name: &str) {
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

/// Returns the runs besides the learner's own, to open, save or forget.
pub(crate) fn others(store: &impl Store) -> Vec<(&'static str, Kept)> {
    let read = |name: &'static str| Some((name, storage::read(&store.get(name)?).ok().filter(Kept::is_worth_it)?));
    OTHERS.into_iter().filter_map(read).collect()
}

/// Moves a text that cannot be read to another name, and returns that. `None` if there is no room, and it stays.
pub(crate) fn set_aside(store: &impl Store, name: &str) -> Option<String> {
    let text = store.get(name)?;
    for n in 1..=ASIDE {
        let aside = if n == 1 { format!("{name}.damaged") } else { format!("{name}.damaged.{n}") };
        let free = match store.get(&aside) {
            None => store.set(&aside, &text),
            Some(other) => other == text,
        };
        if free {
            // `set` also returns true without any storage.
            if store.get(&aside).is_some() {
                store.remove(name);
            }
            return Some(aside);
        }
    }
    None
}

/// Returns whether a text is worth keeping: a run with acts, or a text that this version cannot read.
fn is_worth(text: &str) -> bool {
    storage::read(text).map_or(true, |kept| kept.is_worth_it())
}

fn has_worth(store: &impl Store, name: &str) -> bool {
    store.get(name).is_some_and(|text| is_worth(&text))
}

/// Puts a run before the others, and drops the last. Returns false if there is no room, and changes nothing then.
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
            // Restore the previous texts, which had room.
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
