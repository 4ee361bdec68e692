//! The state of the dock, apart from the run: the part that is shown, the cursor, the filter of events. Pure.

use super::axis::Span;
use crate::lab::view::{Category, EventView, Name, Series, View};
use std::rc::Rc;

/// One of the dock's parts. With enough room the timeline and its charts are always shown beside another part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    Timeline,
    Charts,
    Events,
    Branches,
}

/// A chart of the dock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chart {
    Pods,
    Requests,
    Takeovers,
}

/// The filter of the list of events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) category: Option<Category>,
    /// Text to find, in lower case. Empty finds all.
    pub(crate) text: Name,
    /// Set to list only events of the selected component.
    pub(crate) selected: bool,
}

impl Filter {
    /// Returns whether the event is listed while `selected` is selected.
    pub(crate) fn takes(&self, event: &EventView, selected: Option<&str>) -> bool {
        let concerns = |target: &str| {
            let within = |a: &str, b: &str| a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'));
            within(&event.target, target) || event.text.contains(target)
        };
        self.category.is_none_or(|category| category == event.category)
            && (self.text.is_empty()
                || event.text.to_lowercase().contains(&*self.text)
                || event.target.contains(&*self.text))
            && (!self.selected || selected.is_none_or(concerns))
    }
}

/// An action on the dock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    Panel(Panel),
    Span(Span),
    /// Makes it taller, or as low as at first.
    Tall(bool),
    /// Shows or hides more controls of time, where there is little room.
    More(bool),
    /// Moves the cursor to the moment of the pointer or the focus, µs.
    Cursor(Option<u64>),
    /// Goes to this moment, with the next frame.
    Scrub(u64),
    /// A key on the bar of time, while this moment (µs) of this range was shown. Keys between two frames add up.
    Slide(String, u64, (u64, u64)),
    /// Goes to the furthest moment of the branch, with the next frame.
    ToNow,
    Category(Option<Category>),
    Text(String),
    OnlySelected(bool),
    /// Moves the focus to this event of the list.
    Row(u64),
    /// Shows or hides the table of a chart.
    Table(Chart),
}

/// The state of the dock.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Deck {
    pub(crate) panel: Panel,
    pub(crate) span: Span,
    pub(crate) tall: bool,
    pub(crate) more: bool,
    pub(crate) cursor: Option<u64>,
    pub(crate) filter: Rc<Filter>,
    pub(crate) row: Option<u64>,
    /// The charts whose tables are open.
    pub(crate) tables: Rc<Vec<Chart>>,
    /// The moment to go to with the next frame.
    scrub: Option<u64>,
}

impl Default for Deck {
    fn default() -> Self {
        Deck {
            panel: Panel::Timeline,
            span: Span::FIRST,
            tall: false,
            more: false,
            cursor: None,
            filter: Rc::default(),
            row: None,
            tables: Rc::default(),
            scrub: None,
        }
    }
}

impl Deck {
    /// Changes the state. Returns whether the page must be redrawn before the next frame.
    pub(crate) fn reduce(&mut self, ask: Ask) -> bool {
        let old = self.clone();
        match ask {
            Ask::Panel(panel) => self.panel = panel,
            Ask::Span(span) => self.span = span,
            Ask::Tall(tall) => self.tall = tall,
            Ask::More(more) => self.more = more,
            Ask::Cursor(cursor) => self.cursor = cursor,
            Ask::Scrub(us) => {
                (self.scrub, self.cursor) = (Some(us), Some(us));
                return false;
            }
            Ask::Slide(key, now_us, range) => {
                if let Some(us) = slide(&key, self.scrub.unwrap_or(now_us), range) {
                    (self.scrub, self.cursor) = (Some(us), None);
                }
                return false;
            }
            Ask::ToNow => {
                (self.scrub, self.cursor) = (Some(u64::MAX), None);
                return false;
            }
            Ask::Category(category) => Rc::make_mut(&mut self.filter).category = category,
            Ask::Text(text) => Rc::make_mut(&mut self.filter).text = text.trim().to_lowercase().into(),
            Ask::OnlySelected(only) => Rc::make_mut(&mut self.filter).selected = only,
            Ask::Row(row) => self.row = Some(row),
            Ask::Table(chart) => {
                let tables = Rc::make_mut(&mut self.tables);
                match tables.iter().position(|open| *open == chart) {
                    Some(at) => drop(tables.remove(at)),
                    None => tables.push(chart),
                }
            }
        }
        *self != old
    }

    /// Takes the moment to go to with this frame.
    pub(crate) fn take_scrub(&mut self) -> Option<u64> {
        self.scrub.take()
    }
}

/// Returns the range of moments to go to: from the start of the session to the head of the branch, µs.
pub(crate) fn range(view: &View) -> (u64, u64) {
    (view.start_us, view.head_us.max(view.now_us))
}

/// Returns the moment that a key on the slider of time goes to. `None` if it is not one of its keys.
pub(crate) fn slide(key: &str, now_us: u64, (from_us, to_us): (u64, u64)) -> Option<u64> {
    const S: u64 = 1_000_000;
    let to = match key {
        "ArrowLeft" | "ArrowDown" => now_us.saturating_sub(S),
        "ArrowRight" | "ArrowUp" => now_us + S,
        "PageDown" => now_us.saturating_sub(10 * S),
        "PageUp" => now_us + 10 * S,
        "Home" => from_us,
        "End" => to_us,
        _ => return None,
    };
    Some(to.clamp(from_us, to_us))
}

/// One mark on the axis for one or more events of a chain that are close to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MarkGroup {
    /// Number of the first event. The act that started the chain is 1.
    pub(crate) first: usize,
    pub(crate) last: usize,
    /// The last event.
    pub(crate) event: u64,
    pub(crate) at_us: u64,
    pub(crate) text: Name,
}

/// Returns the marks of a chain, whose first element is the event and last the act, at least `apart_us` apart, oldest first.
pub(crate) fn knots(chain: &[EventView], apart_us: u64) -> Vec<MarkGroup> {
    let mut knots: Vec<MarkGroup> = Vec::new();
    for (n, event) in chain.iter().rev().enumerate() {
        match knots.last_mut() {
            Some(knot) if event.at_us < knot.at_us + apart_us => {
                (knot.last, knot.event, knot.text) = (n + 1, event.id, event.text.clone());
            }
            _ => knots.push(MarkGroup {
                first: n + 1,
                last: n + 1,
                event: event.id,
                at_us: event.at_us,
                text: event.text.clone(),
            }),
        }
    }
    knots
}

/// Returns the point of a series for this moment. `None` if it has none.
pub(crate) fn point_at(series: &Series, us: u64) -> Option<usize> {
    let at = us.checked_div(series.every_us)? as usize;
    (at < series.desired.len()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::view::Tone;

    fn event(id: u64, at_us: u64, target: &str, text: &str) -> EventView {
        let (category, tone) = (Category::Election, Tone::Neutral);
        EventView { id, at_us, category, tone, target: target.into(), text: text.into(), has_cause: true }
    }

    #[test]
    fn events_are_found_by_kind_by_text_and_by_the_selected_component() {
        let leads = event(1, 0, "master-1/kube-scheduler", "master-1 leads as kube-scheduler");
        let check = |filter: Filter, selected: Option<&str>, expect: bool| {
            assert_eq!(filter.takes(&leads, selected), expect, "{filter:?} {selected:?}");
        };
        let all = Filter::default;
        check(all(), None, true);
        check(Filter { category: Some(Category::Pods), ..all() }, None, false);
        check(Filter { text: "leads as".into(), ..all() }, None, true);
        check(Filter { text: "etcd".into(), ..all() }, None, false);
        check(Filter { selected: true, ..all() }, Some("master-1"), true);
        check(Filter { selected: true, ..all() }, Some("master-1/kube-scheduler"), true);
        check(Filter { selected: true, ..all() }, Some("master-2"), false);
        check(Filter { selected: true, ..all() }, None, true);
        check(Filter { selected: false, ..all() }, Some("master-2"), true);
    }

    #[test]
    fn the_keys_of_the_slider_stay_within_the_branch() {
        const S: u64 = 1_000_000;
        let check = |key: &str, now: u64, expect: Option<u64>| {
            assert_eq!(slide(key, now * S, (30 * S, 100 * S)).map(|us| us / S), expect, "{key} at {now}");
        };
        check("ArrowRight", 50, Some(51));
        check("ArrowUp", 100, Some(100));
        check("ArrowLeft", 50, Some(49));
        check("ArrowDown", 30, Some(30));
        check("PageUp", 50, Some(60));
        check("PageDown", 35, Some(30));
        check("Home", 70, Some(30));
        check("End", 70, Some(100));
        check("x", 70, None);
    }

    #[test]
    fn keys_between_two_frames_add_up() {
        let mut deck = Deck::default();
        for key in ["ArrowLeft", "PageDown", "Enter", "ArrowLeft"] {
            deck.reduce(Ask::Slide(key.into(), 60_000_000, (30_000_000, 90_000_000)));
        }
        assert_eq!(deck.take_scrub(), Some(48_000_000));
    }

    #[test]
    fn a_drag_seeks_once_a_frame() {
        let mut deck = Deck::default();
        assert!(!deck.reduce(Ask::Scrub(1)) && !deck.reduce(Ask::Scrub(2)), "nothing is drawn before the frame");
        assert_eq!((deck.take_scrub(), deck.take_scrub(), deck.cursor), (Some(2), None, Some(2)));
        assert!(deck.reduce(Ask::Cursor(Some(3))) && !deck.reduce(Ask::Cursor(Some(3))));
    }

    #[test]
    fn causes_that_are_close_together_share_a_mark() {
        let chain = [event(9, 70_400, "", "led"), event(8, 70_000, "", "expired"), event(3, 50_000, "", "off")];
        let knots = knots(&chain, 1_000);
        let said: Vec<_> = knots.iter().map(|k| (k.first, k.last, k.event, k.at_us)).collect();
        assert_eq!(said, [(1, 1, 3, 50_000), (2, 3, 9, 70_000)]);
    }
}
