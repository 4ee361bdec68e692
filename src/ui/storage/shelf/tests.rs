//! What replaces a kept run and what does not, as rows of what somebody does.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;
use crate::ui::storage;

/// A storage with room for so many bytes.
struct Room(RefCell<BTreeMap<String, String>>, usize);

impl Store for Room {
    fn get(&self, name: &str) -> Option<String> {
        self.0.borrow().get(name).cloned()
    }
    fn set(&self, name: &str, text: &str) -> bool {
        let mut all = self.0.borrow_mut();
        let used: usize = all.iter().filter(|(other, _)| *other != name).map(|(_, text)| text.len()).sum();
        let fits = used + text.len() <= self.1;
        if fits {
            all.insert(name.to_owned(), text.to_owned());
        }
        fits
    }
    fn remove(&self, name: &str) {
        self.0.borrow_mut().remove(name);
    }
}

/// No storage: a private window.
struct Nowhere;

impl Store for Nowhere {
    fn get(&self, _: &str) -> Option<String> {
        None
    }
    fn set(&self, _: &str, _: &str) -> bool {
        true
    }
    fn remove(&self, _: &str) {}
}

fn room(kept: &[(&str, &str)]) -> Room {
    let all = kept.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Room(RefCell::new(all), 1_000_000)
}

/// A run worth keeping, told apart by a number: its seed is ten more, for the default seed is not worth it.
fn run(number: u64) -> String {
    let seed = number + 10;
    format!(r#"{{"kept":1,"now":"31s","run":{{"version":1,"until":"40s","seed":{seed}}}}}"#)
}

const UNTOUCHED: &str = r#"{"kept":1,"now":"31s","run":{"version":1,"until":"40s"}}"#;
const NEWER: &str = r#"{"kept":2,"run":{}}"#;

/// All runs that are kept, the own first, by their numbers; `?` for what cannot be read.
fn numbers(store: &Room) -> Vec<String> {
    let names = [RUN].into_iter().chain(OTHERS);
    let number = |name| {
        let text = store.get(name)?;
        Some(storage::read(&text).map_or("?".to_owned(), |kept| kept.run.seed.saturating_sub(10).to_string()))
    };
    names.map(|name| number(name).unwrap_or_else(|| "-".to_owned())).collect()
}

#[test]
fn only_what_the_learner_does_replaces_a_kept_run() {
    type Do = fn(&mut Shelf, &Room);
    let restore: Do = |shelf, store| shelf.bring(store, RUN);
    let opened: Do = |shelf, store| shelf.opened(store);
    let fresh: Do = |shelf, _| *shelf = Shelf::default();
    let check = |what: &str, kept: &[(&str, &str)], come: Do, acted: bool, expect: &[&str], saved: Saved| {
        let (store, mut shelf) = (room(kept), Shelf::default());
        come(&mut shelf, &store);
        assert_eq!(shelf.save(&store, &run(5), acted), saved, "{what}");
        assert_eq!(numbers(&store)[..expect.len()], *expect, "{what}");
    };
    let own = run(77);
    let (own, other) = ([(RUN, own.as_str())], run(8));
    let both = [own[0], (OTHERS[0], other.as_str())];
    let untouched = [(RUN, UNTOUCHED)];
    let newer = [(RUN, NEWER)];
    use Saved::{Not, Yes};
    check("a run that goes on", &own, restore, false, &["5", "-"], Yes);
    check("a link is looked at", &own, opened, false, &["77", "-"], Not);
    check("something is done in a link", &own, opened, true, &["77", "5", "-"], Yes);
    check("in another link", &both, opened, true, &["77", "5", "8", "-"], Yes);
    check("a link where nothing is kept", &[], opened, false, &["-"], Not);
    check("something is done in it", &[], opened, true, &["5", "-"], Yes);
    check("a link, and nothing was done before", &untouched, opened, true, &["5", "-"], Yes);
    check("a link, and a newer version kept something", &newer, opened, true, &["?", "5"], Yes);
    check("a fresh page is looked at", &own, fresh, false, &["77", "-"], Not);
    check("something is done on a fresh page", &own, fresh, true, &["5", "77", "-"], Yes);
    check("the same with another one kept", &both, fresh, true, &["5", "77", "8"], Yes);
    check("a fresh page over a newer version's", &newer, fresh, true, &["5", "?"], Yes);
}

#[test]
fn a_file_takes_the_place_of_what_was_on_the_page() {
    let store = room(&[(RUN, &run(1))]);
    let mut shelf = Shelf::default();
    shelf.bring(&store, RUN);
    shelf.chosen();
    assert_eq!(shelf.save(&store, &run(2), true), Saved::Yes);
    assert_eq!(numbers(&store), ["2", "1", "-", "-"]);
    shelf.opened(&store);
    shelf.save(&store, &run(3), true);
    shelf.chosen();
    shelf.save(&store, &run(4), true);
    assert_eq!(numbers(&store), ["2", "4", "1", "-"], "beside, where the link's was");
}

#[test]
fn two_tabs_do_not_write_over_each_other() {
    let store = room(&[(RUN, &run(1))]);
    let (mut a, mut b) = (Shelf::default(), Shelf::default());
    a.bring(&store, RUN);
    b.bring(&store, RUN);
    assert_eq!(a.save(&store, &run(2), true), Saved::Yes);
    assert_eq!(b.save(&store, &run(1), false), Saved::Not, "one that only lay open");
    assert_eq!(numbers(&store), ["2", "-", "-", "-"]);
    assert_eq!(b.save(&store, &run(3), true), Saved::Yes);
    assert_eq!(a.save(&store, &run(4), true), Saved::Yes);
    assert_eq!(b.save(&store, &run(5), false), Saved::Yes);
    assert_eq!(numbers(&store), ["4", "5", "-", "-"]);
    let mut c = Shelf::default();
    c.opened(&store);
    c.save(&store, &run(6), true);
    b.save(&store, &run(7), true);
    assert_eq!(numbers(&store), ["4", "7", "6", "5"], "a third one");
}

#[test]
fn a_run_whose_page_did_not_live_is_not_brought_back_unasked() {
    let store = room(&[(RUN, &run(1))]);
    assert!(matches!(Shelf::find(&store, RUN), Found::Run(_)));
    Shelf::default().bring(&store, RUN);
    for _ in 0..2 {
        assert!(matches!(Shelf::find(&store, RUN), Found::Held(_)));
    }
    let mut next = Shelf::default();
    assert_eq!(next.save(&store, &run(2), false), Saved::Not);
    assert!(next.has_own(&store));
    assert_eq!(next.save(&store, &run(2), true), Saved::Yes);
    assert_eq!(numbers(&store), ["2", "1", "-", "-"]);
    assert!(matches!(Shelf::find(&store, RUN), Found::Run(_)), "the new one");
    // It was tried again, and came.
    let store = room(&[(RUN, &run(1))]);
    Shelf::default().bring(&store, RUN);
    Shelf::arrived(&store);
    assert!(matches!(Shelf::find(&store, RUN), Found::Run(_)));
}

#[test]
fn one_beside_can_be_brought_back_and_forgotten() {
    let store = room(&[(RUN, &run(1)), (OTHERS[0], &run(2)), (OTHERS[1], &run(3))]);
    let mut shelf = Shelf::default();
    shelf.bring(&store, OTHERS[1]);
    assert_eq!(numbers(&store), ["1", "3", "2", "-"]);
    assert!(matches!(Shelf::find(&store, OTHERS[0]), Found::Held(_)));
    assert_eq!(shelf.place(), Some((OTHERS[0], run(3))));
    shelf.save(&store, &run(4), false);
    assert_eq!(numbers(&store), ["1", "4", "2", "-"]);
    forget(&store, OTHERS[0]);
    assert_eq!(numbers(&store), ["1", "2", "-", "-"]);
    assert_eq!(others(&store).len(), 1);
    forget(&store, RUN);
    assert_eq!(numbers(&store), ["-", "2", "-", "-"]);
}

#[test]
fn what_cannot_be_read_is_set_aside_and_never_lost() {
    let store = room(&[(RUN, "{"), (OTHERS[0], &run(2))]);
    let Found::Damaged(error, Some(aside)) = Shelf::find(&store, RUN) else { panic!("it is damaged") };
    assert!(error.contains("EOF") && aside == "run.damaged", "{error} {aside}");
    assert_eq!((store.get(RUN), store.get("run.damaged").as_deref()), (None, Some("{")));
    for text in [NEWER, "[", NEWER] {
        store.set(RUN, text);
        assert!(matches!(Shelf::find(&store, RUN), Found::Damaged(_, Some(_))));
    }
    let aside = ["run.damaged", "run.damaged.2", "run.damaged.3", "run.damaged.4"].map(|name| store.get(name));
    assert_eq!(aside, [Some("{".to_owned()), Some(NEWER.to_owned()), Some("[".to_owned()), None]);
}

#[test]
fn without_room_nothing_is_lost() {
    let own = run(1);
    let mut store = room(&[(RUN, &own)]);
    store.1 = own.len() + 10;
    let mut shelf = Shelf::default();
    assert_eq!(shelf.save(&store, &run(2), true), Saved::NoRoom);
    shelf.opened(&store);
    assert_eq!(shelf.save(&store, &run(3), true), Saved::NoRoom);
    assert_eq!(numbers(&store), ["1", "-", "-", "-"]);
    // In the middle of a move.
    let store = Room(RefCell::default(), 4 * own.len() + 10);
    for (name, seed) in OTHERS.iter().zip(2..) {
        store.set(name, &run(seed));
    }
    store.set("theme", &"x".repeat(own.len()));
    let long = format!("{}{}", " ".repeat(40), run(6));
    assert!(!put_beside(&store, &long));
    assert_eq!(numbers(&store), ["-", "2", "3", "4"]);
    store.remove("theme");
    assert!(put_beside(&store, &long));
    assert_eq!(numbers(&store), ["-", "6", "2", "3"]);
    let mut store = room(&[]);
    store.set(RUN, NEWER);
    store.1 = NEWER.len();
    assert!(matches!(Shelf::find(&store, RUN), Found::Damaged(_, None)));
    assert_eq!(store.get(RUN).as_deref(), Some(NEWER));
    let mut shelf = Shelf::default();
    assert_eq!(shelf.save(&Nowhere, &run(1), true), Saved::Yes);
    assert_eq!(Shelf::find(&Nowhere, RUN), Found::Nothing);
}

#[test]
fn names_carry_the_path_and_the_frame() {
    let check = |path: &str, frame: Option<&str>, name: &str, key: &str, others: &[&str]| {
        let scope = Scope::new(path, "https://lab.example", frame);
        let others = others.iter().map(|other| (*other).to_owned()).collect();
        assert_eq!((scope.key(name).as_str(), scope.other_keys(name)), (key, others));
    };
    check("/lab/index.html", None, "run", "ha-lab:/lab/:run", &["ha-lab.run"]);
    check("/", None, "theme", "ha-lab:/:theme", &["ha-lab.theme"]);
    check("/lab/ha-lab.html", None, "lesson.tour", "ha-lab:/lab/:lesson.tour", &["ha-lab.lesson.tour"]);
    check("", None, "run", "ha-lab::run", &["ha-lab.run"]);
    let frame = |partner: &'static str, others: &[&str]| {
        check("/lab/", Some(partner), "lesson.tour", &format!("ha-lab:/lab/:frame:{partner}:lesson.tour"), others);
    };
    frame("https://other.lab.example", &[]);
    frame("https://lab.example:8443", &[]);
    frame("", &[]);
    frame("https://lab.example", &["ha-lab.lesson.tour"]);
    frame("https://course.example.org:8443", &["ha-lab.lesson.tour"]);
    check("/lab/", Some(""), "theme", "ha-lab:/lab/:frame::theme", &["ha-lab:/lab/:theme", "ha-lab.theme"]);
    for (a, b, other) in [
        ("lab.example", "course.example", true),
        ("lab.school.example", "course.school.example", false),
        ("a.co.uk", "b.co.uk", false),
        ("127.0.0.1", "127.0.0.1", false),
        ("127.0.0.1", "10.0.0.1", true),
        ("localhost", "127.0.0.1", true),
        ("[::1]", "localhost", true),
    ] {
        assert_eq!((other_site(a, b), other_site(b, a)), (other, other), "{a} {b}");
    }
}
