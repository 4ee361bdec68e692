//! The bar at the top: the cluster that runs, and the buttons that concern all of it.

use yew::prelude::*;

use crate::lab::view::{Counters, Setup, Timings};
use crate::ui::browser::bridge;
use crate::ui::learn::state::Place;
use crate::ui::model::share::Step;
use crate::ui::model::{Action, Dispatch, Sheet};
use crate::ui::texts;
use crate::ui::texts::{delivery, learn};
use crate::ui::widgets::format;
use crate::ui::widgets::icons::{Icon, icon, mark};

#[derive(PartialEq)]
pub(crate) struct Props {
    pub(crate) setup: Setup,
    pub(crate) timings: Timings,
    pub(crate) counters: Counters,
    pub(crate) dark: bool,
    pub(crate) place: Place,
    pub(crate) dispatch: Dispatch,
}

pub(crate) fn header(props: &Props) -> Html {
    let open = |sheet| props.dispatch.reform(move |_: MouseEvent| Action::Open(Some(sheet)));
    let copy = props.dispatch.reform(|_: MouseEvent| Action::Share(Step::CopyLink));
    let change_theme = props.dispatch.reform(|_: MouseEvent| Action::Theme);
    let t = &props.timings;
    let c = &props.counters;
    let tally = |name: &'static str, ok: u64, failed: u64| {
        html! {
            <span class="tally">
                <b>{ name }</b>
                <span class="good">{ icon(Icon::Check) }{ format::count(ok) }<i>{ texts::ANSWERED }</i></span>
                <span class={if failed > 0 { "bad" } else { "none" }}>
                    { icon(Icon::Cross) }{ format::count(failed) }<i>{ texts::FAILED }</i>
                </span>
            </span>
        }
    };
    let theme = if props.dark { (Icon::Sun, texts::THEME_LIGHT) } else { (Icon::Moon, texts::THEME_DARK) };
    let cluster = html! {
        <>
            <button class="btn setup" onclick={open(Sheet::Cluster)} data-testid="open-cluster" aria-haspopup="dialog">
                { icon(Icon::Servers) }
                <span class="setup-name">{ texts::setup(&props.setup) }</span>
                <span class="setup-more">
                    { texts::SETUP_MORE.with(&[("reading", &texts::reading(props.setup.reading)), ("lease", &t.lease.typed),
                        ("renew", &t.renew.typed), ("retry", &t.retry.typed), ("seed", &props.setup.seed)]) }
                </span>
            </button>
            <div class="tallies" data-testid="counters">
                { tally("kubectl", c.kubectl_ok, c.kubectl_failed) }
                { tally(texts::CLASS_APP.get(), c.app_ok, c.app_failed) }
                <span class="tally">
                    <span class={if c.pods_ready >= c.pods_desired { "good" } else { "bad" }}>
                        { icon(Icon::Cube) }{ texts::pods_ready(c.pods_ready, c.pods_desired) }
                    </span>
                </span>
            </div>
        </>
    };
    let tab = |href: &'static str, text: &'static str, here: bool| {
        html! { <a {href} aria-current={here.then_some("page")}>{ text }</a> }
    };
    html! {
        <header class="top">
            <div class="brand">{ mark() }<h1>{ texts::NAME }</h1></div>
            <nav class="tabs-top" aria-label={learn::LEARN_PARTS.get()}>
                { tab("#learn", learn::LEARN_TAB.get(), props.place != Place::Sandbox) }
                { tab("#sandbox", learn::LEARN_SANDBOX.get(), props.place == Place::Sandbox) }
            </nav>
            if matches!(props.place, Place::List | Place::Results) { <span class="top-space" /> } else { { cluster } }
            <div class="tools">
                <button class="btn ghost" onclick={copy} data-testid="copy-link"
                    title={delivery::SHARE_COPY_MEANS.get()}>
                    { icon(Icon::Link) }<span class="tools-word">{ delivery::SHARE_COPY }</span>
                </button>
                <button class="btn ghost square" onclick={change_theme} aria-label={theme.1} title={theme.1}
                    data-testid="theme">{ icon(theme.0) }</button>
                { for other_languages() }
                <button class="btn ghost" onclick={open(Sheet::Run)} data-testid="open-run" aria-haspopup="dialog"
                    title={texts::run::RUN_BUTTON_MEANS.get()}>{ texts::run::RUN_BUTTON }</button>
                <button class="btn ghost" onclick={open(Sheet::Help)} data-testid="open-help" aria-haspopup="dialog">
                    <span class="tools-word">{ texts::HELP }</span><kbd>{ "?" }</kbd>
                </button>
            </div>
        </header>
    }
}

/// Draws a button for each other language, labelled with the language's own name.
fn other_languages() -> impl Iterator<Item = Html> {
    let now = bridge::language();
    bridge::LANGUAGES.into_iter().filter(move |(id, _)| *id != now).map(|(id, name)| {
        let onclick = move |_: MouseEvent| bridge::speak(id);
        html! { <button class="btn ghost" lang={id} {onclick} data-testid={format!("language-{id}")}>{ name }</button> }
    })
}
