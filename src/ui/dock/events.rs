//! The list of events, newest first, filtered by kind, by text, or to the selected component. Bounded, and redrawn only
//! when something happens.

use std::rc::Rc;

use yew::prelude::*;

use super::state::{Ask, Filter};
use crate::lab::view::{Category, EventView, History, Name, Tone};
use crate::ui::browser;
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts::time;
use crate::ui::widgets::format;
use crate::ui::widgets::icons::{Icon, icon};

#[derive(PartialEq)]
pub(crate) struct Props {
    history: Rc<History>,
    filter: Rc<Filter>,
    selected: Option<Name>,
    /// The row that Tab goes to.
    row: Option<u64>,
    /// The last event not later than the shown moment, while that is in the past.
    at: Option<u64>,
    dispatch: Dispatch,
}

impl Props {
    pub(crate) fn of(props: &super::Props) -> Self {
        let view = &props.view;
        Props {
            history: view.history.clone(),
            filter: props.deck.filter.clone(),
            selected: props.selected.clone(),
            row: props.deck.row,
            at: place(&view.history, view.now_us, view.head_us),
            dispatch: props.dispatch.clone(),
        }
    }
}

/// Returns the last event up to now. `None` at the head, where there are no later ones.
pub(crate) fn place(history: &History, now_us: u64, head_us: u64) -> Option<u64> {
    if now_us >= head_us {
        return None;
    }
    let upto = history.events.partition_point(|event| event.at_us <= now_us);
    Some(upto.checked_sub(1).map_or(0, |last| history.events[last].id))
}

/// The most events that are listed.
const MOST: usize = 120;

const CATEGORIES: [Category; 7] = [
    Category::Act,
    Category::Election,
    Category::Etcd,
    Category::LoadBalancer,
    Category::Api,
    Category::Pods,
    Category::Node,
];

pub(crate) fn picture(category: Category) -> Icon {
    match category {
        Category::Election => Icon::Election,
        Category::Api => Icon::Api,
        Category::Etcd => Icon::Database,
        Category::LoadBalancer => Icon::Split,
        Category::Pods => Icon::Cube,
        Category::Node => Icon::Servers,
        Category::Act => Icon::Hand,
    }
}

pub(crate) fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Neutral => "neutral",
        Tone::Good => "good",
        Tone::Bad => "bad",
    }
}

/// Draws the moment of an event, as a button that goes to it.
pub(crate) fn moment(event: &EventView, focusable: bool, dispatch: &Dispatch) -> Html {
    let at_us = event.at_us;
    let label = time::TIME_GO.with(&[("time", &format::instant(at_us)), ("text", &event.text)]);
    html! {
        <button class="at" tabindex={if focusable { "0" } else { "-1" }} title={label.clone()} aria-label={label} data-testid="go"
            onclick={dispatch.reform(move |_: MouseEvent| Action::Dock(Ask::Scrub(at_us)))}>{ format::instant(at_us) }</button>
    }
}

/// Returns the callbacks with which the timeline's cursor follows the pointer and the focus in a list of events.
pub(crate) fn follow(dispatch: &Dispatch) -> (Callback<PointerEvent>, Callback<PointerEvent>, Callback<FocusEvent>) {
    let at = |event: &web_sys::Event| Action::Dock(Ask::Cursor(browser::number_at(event, "data-at-us")));
    let over = dispatch.reform(move |event: PointerEvent| at(&event));
    let out = dispatch.reform(|_: PointerEvent| Action::Dock(Ask::Cursor(None)));
    let both = dispatch.clone();
    let focus = Callback::from(move |event: FocusEvent| {
        if let Some(id) = browser::number_at(&event, "data-event") {
            both.emit(Action::Dock(Ask::Row(id)));
        }
        both.emit(at(&event));
    });
    (over, out, focus)
}

/// Returns the callback for Up, Down, Home and End in a list of events.
pub(crate) fn walk(ids: Vec<u64>) -> Callback<KeyboardEvent> {
    Callback::from(move |event: KeyboardEvent| {
        let now = browser::number_at(&event, "data-event").and_then(|id| ids.iter().position(|other| *other == id));
        let last = ids.len().saturating_sub(1);
        let to = match (event.key().as_str(), now) {
            ("ArrowDown", Some(now)) => (now + 1).min(last),
            ("ArrowUp", Some(now)) => now.saturating_sub(1),
            ("Home", Some(_)) => 0,
            ("End", Some(_)) => last,
            _ => return,
        };
        event.prevent_default();
        if let Some(id) = ids.get(to) {
            browser::focus_on(&format!(".other [data-event=\"{id}\"] .at"));
        }
    })
}

pub(crate) fn events(props: &Props) -> Html {
    let all = &props.history.events;
    let fitting = all.iter().rev().filter(|event| props.filter.takes(event, props.selected.as_deref()));
    let found = fitting.clone().count();
    let events: Vec<&EventView> = fitting.take(MOST).collect();
    let ids: Vec<u64> = events.iter().map(|event| event.id).collect();
    let (onpointerover, onpointerleave, onfocusin) = follow(&props.dispatch);
    // Tab goes to one row, and the arrow keys move on from there.
    let stop = props.row.filter(|row| ids.contains(row)).or(ids.first().copied());
    let later = events.iter().position(|event| props.at.is_some_and(|at| event.id <= at)).unwrap_or(events.len());
    let later = if props.at.is_some() { later } else { 0 };
    let mut rows: Vec<Html> = Vec::new();
    for (n, event) in events.iter().enumerate() {
        if n == later && n > 0 {
            rows.push(html! { <li class="until-here" key="here">{ time::EVENTS_LATER }</li> });
        }
        rows.push(row(props, event, n < later, stop == Some(event.id)));
    }
    let nothing = if all.is_empty() { time::EVENTS_EMPTY } else { time::EVENTS_NO_MATCH };
    html! {
        <section class="events" aria-label={time::EVENTS}>
            { head(props, found) }
            if events.is_empty() { <p class="muted empty">{ nothing }</p> }
            <ol class="event-list" data-testid="events" {onpointerover} {onpointerleave} {onfocusin} onkeydown={walk(ids)}>{ rows }</ol>
            if found > MOST { <p class="muted more-events">{ time::EVENTS_OLDER }</p> }
        </section>
    }
}

/// Draws the filters, and the number of events.
fn head(props: &Props, found: usize) -> Html {
    let (filter, dispatch) = (&props.filter, &props.dispatch);
    let option = |category: &Category| {
        let name = time::category(*category);
        html! { <option value={name.key} selected={filter.category == Some(*category)}>{ name }</option> }
    };
    let onchange = dispatch.reform(|event: Event| {
        let value = browser::input_value(&event);
        Action::Dock(Ask::Category(CATEGORIES.into_iter().find(|category| time::category(*category).key == value)))
    });
    let oninput = dispatch.reform(|event: InputEvent| Action::Dock(Ask::Text(browser::input_value(&event))));
    let only = filter.selected;
    let toggle = dispatch.reform(move |_: MouseEvent| Action::Dock(Ask::OnlySelected(!only)));
    let count = time::EVENTS_COUNT.with(&[("shown", &found), ("all", &props.history.events.len())]);
    html! {
        <div class="events-head">
            <select aria-label={time::EVENTS_KIND} data-testid="events-kind" {onchange}>
                <option value="" selected={filter.category.is_none()}>{ time::EVENTS_ALL }</option>
                { for CATEGORIES.iter().map(option) }
            </select>
            <input type="search" aria-label={time::EVENTS_FIND} placeholder={time::EVENTS_FIND} data-testid="events-find" {oninput} />
            if let Some(target) = &props.selected {
                <div class="only-row"><button class={classes!("btn", "small", "only", only.then_some("on"))} aria-pressed={only.to_string()} onclick={toggle}
                    title={time::EVENTS_ONLY_MEANS.with(&[("target", target)])} data-testid="events-only">
                    { time::EVENTS_ONLY.with(&[("target", target)]) }
                </button></div>
            }
            <span class="muted count" data-testid="events-count">{ count }</span>
        </div>
    }
}

fn row(props: &Props, event: &EventView, later: bool, stop: bool) -> Html {
    let id = event.id;
    let class = classes!(
        "event",
        tone(event.tone),
        (event.category == Category::Act).then_some("act"),
        later.then_some("later")
    );
    html! {
        <li key={id.to_string()} {class} data-event={id.to_string()} data-at-us={event.at_us.to_string()}>
            { moment(event, stop, &props.dispatch) }
            { icon(picture(event.category)) }
            <span class="text">{ &*event.text }</span>
            if event.has_cause {
                <button class="link why" tabindex={if stop { "0" } else { "-1" }} aria-label={time::WHY_OF.with(&[("text", &event.text)])} data-testid="why"
                    onclick={props.dispatch.reform(move |_: MouseEvent| Action::Why(Some(id)))}>{ time::WHY }</button>
            }
        </li>
    }
}
