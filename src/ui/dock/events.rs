//! The list of events, newest first, and the chain of causes of one of them.

use std::rc::Rc;

use yew::prelude::*;

use crate::lab::view::{Category, EventView, History, Tone};
use crate::ui::app::Dispatch;
use crate::ui::icons::{Icon, icon};
use crate::ui::model::{Action, Why};
use crate::ui::{format, texts};

#[derive(PartialEq)]
pub struct Props {
    pub history: Rc<History>,
    pub filter: Option<Category>,
    pub why: Option<Why>,
    pub dispatch: Dispatch,
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

fn picture(category: Category) -> Icon {
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

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Neutral => "neutral",
        Tone::Good => "good",
        Tone::Bad => "bad",
    }
}

pub fn events(props: &Props) -> Html {
    match &props.why {
        Some(why) => chain(props, why),
        None => list(props),
    }
}

fn list(props: &Props) -> Html {
    let shown = |event: &&EventView| props.filter.is_none_or(|filter| filter == event.category);
    let events: Vec<_> = props.history.events.iter().rev().filter(shown).take(MOST).collect();
    let present = |category: &Category| {
        props.filter == Some(*category) || props.history.events.iter().any(|event| event.category == *category)
    };
    let filter = |filter: Option<Category>| {
        let name = filter.map_or(texts::ALL, texts::category);
        let onchange = props.dispatch.reform(move |_: Event| Action::Filter(filter));
        html! {
            <label key={name}>
                <input type="radio" name="filter" value={name} checked={props.filter == filter} {onchange} />
                <span>{ name }</span>
            </label>
        }
    };
    let filters = std::iter::once(None).chain(CATEGORIES.into_iter().filter(present).map(Some));
    html! {
        <section class="events" aria-label={texts::EVENTS}>
            <div class="events-head">
                <h2>{ texts::EVENTS }</h2>
                <div class="filters" role="radiogroup" aria-label={texts::FILTER}>{ for filters.map(filter) }</div>
            </div>
            if events.is_empty() { <p class="muted empty">{ texts::EVENTS_EMPTY }</p> }
            <ol class="event-list" data-testid="events">{ for events.into_iter().map(|event| row(props, event)) }</ol>
        </section>
    }
}

fn row(props: &Props, event: &EventView) -> Html {
    let id = event.id;
    html! {
        <li key={id.to_string()} class={classes!("event", tone(event.tone), (event.category == Category::Act).then_some("act"))} data-event={id.to_string()}
            data-at-us={event.at_us.to_string()}>
            <time>{ format::instant(event.at_us) }</time>
            { icon(picture(event.category)) }
            <span class="text">{ &*event.text }</span>
            if event.has_cause {
                <button class="link why" aria-label={texts::why_of(&event.text)} data-testid="why"
                    onclick={props.dispatch.reform(move |_: MouseEvent| Action::Why(Some(id)))}>{ texts::WHY }</button>
            }
        </li>
    }
}

fn chain(props: &Props, why: &Why) -> Html {
    let link = |(n, event): (usize, &EventView)| {
        let target = event.target.clone();
        let select = props.dispatch.reform(move |_: MouseEvent| Action::Select(Some(target.clone())));
        let began = match event.category {
            Category::Act => texts::ROOT_ACT,
            _ => texts::ROOT_SELF,
        };
        let after = match why.chain.get(n + 1) {
            Some(cause) => texts::because(event.at_us.saturating_sub(cause.at_us)),
            None => began.to_owned(),
        };
        html! {
            <li key={event.id.to_string()} class={classes!("cause", tone(event.tone), (event.category == Category::Act).then_some("act"))}>
                <span class="knot">{ icon(picture(event.category)) }</span>
                <div>
                    <p>
                        <time>{ format::instant(event.at_us) }</time>{ " " }<b>{ &*event.text }</b>
                        if !event.target.is_empty() {
                            { " " }<button class="link mono" onclick={select}>{ &*event.target }</button>
                        }
                    </p>
                    <p class="muted">{ after }</p>
                </div>
            </li>
        }
    };
    html! {
        <section class="events chain" aria-label={texts::WHY_TITLE} data-testid="chain">
            <div class="events-head">
                <button class="btn small" onclick={props.dispatch.reform(|_: MouseEvent| Action::Why(None))} data-testid="why-back">
                    { icon(Icon::Back) }{ texts::WHY_BACK }
                </button>
                <h2>{ texts::WHY_TITLE }</h2>
                <span class="muted">{ texts::WHY_LEAD }</span>
            </div>
            <ol class="causes">{ for why.chain.iter().enumerate().map(link) }</ol>
        </section>
    }
}
