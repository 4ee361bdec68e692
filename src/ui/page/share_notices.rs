//! Notices about links, files and new versions: small panels over the stage. They do not take the focus; screen readers get
//! them through the page's live region.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::ui::browser::bridge;
use crate::ui::model::share::{self, Notice, State, Step};
use crate::ui::model::{Action, Dispatch};
use crate::ui::texts;
use crate::ui::texts::delivery;
use crate::ui::widgets::icons::{Icon, icon};

#[derive(PartialEq)]
pub(crate) struct Props {
    pub(crate) state: State,
    pub(crate) dispatch: Dispatch,
}

pub(crate) fn notices(props: &Props) -> Html {
    let State { notice, update } = &props.state;
    if notice.is_none() && !*update {
        return Html::default();
    }
    html! {
        <div class="notices" role="region" aria-label={delivery::SHARE_MESSAGES.get()}>
            if let Some(notice) = notice { { notice_of(notice, props) } }
            if *update {
                <div class="notice" data-testid="update">
                    <p>{ delivery::UPDATE_HERE }</p>
                    <div class="notice-acts">
                        <button class="btn primary" onclick={|_: MouseEvent| bridge::update()}>{ delivery::UPDATE_RELOAD }</button>
                    </div>
                </div>
            }
        </div>
    }
}

fn notice_of(notice: &Notice, props: &Props) -> Html {
    let dismiss = props.dispatch.reform(|_: MouseEvent| Action::Share(Step::Dismiss));
    let save = props.dispatch.reform(|_: MouseEvent| Action::Share(Step::SaveFile));
    let dispatch = props.dispatch.clone();
    let open = move |_: MouseEvent| {
        let dispatch = dispatch.clone();
        bridge::pick(bridge::MOMENTS, move |text| dispatch.emit(Action::Share(share::file(&text))));
    };
    let (text, link, class) = match notice {
        Notice::Done(text) => (text, None, "notice"),
        Notice::Wrong(text) => (text, None, "notice wrong"),
        Notice::Field { text, link } => (text, Some(link), "notice"),
    };
    html! {
        <div {class} data-testid="notice">
            <button class="btn ghost square small notice-close" onclick={dismiss} aria-label={delivery::SHARE_DISMISS.get()}
                title={delivery::SHARE_DISMISS.get()}>{ icon(Icon::Close) }</button>
            <p>{ &**text }</p>
            if let Some(link) = link { <Field link={AttrValue::from(link.clone())} /> }
            <div class="notice-acts">
                <button class="btn small" onclick={save} data-testid="save-file">{ delivery::SHARE_SAVE }</button>
                <button class="btn small" onclick={open} data-testid="open-file">{ delivery::SHARE_OPEN }</button>
            </div>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct FieldProps {
    link: AttrValue,
}

/// Shows a link that the browser refused to copy: selected, so that one key copies it.
#[component]
fn Field(props: &FieldProps) -> Html {
    let node = use_node_ref();
    use_effect_with((node.clone(), props.link.clone()), |(node, _)| {
        if let Some(input) = node.cast::<HtmlInputElement>() {
            let _ = input.focus();
            input.select();
        }
    });
    html! {
        <input ref={node} class="notice-field" type="text" readonly={true} value={props.link.clone()}
            aria-label={delivery::SHARE_FIELD.get()} data-testid="link-field" />
    }
}

/// Draws the replacement of the header in a frame: the lab's name, and a link out of the frame.
pub(crate) fn mark(setup: &crate::lab::view::Setup) -> Html {
    let (address, fragment) = bridge::address();
    html! {
        <header class="embed-bar">
            <h1>{ texts::NAME }</h1>
            <span class="embed-setup">{ texts::setup(setup) }</span>
            <a href={format!("{address}{fragment}")} target="_blank" rel="noopener" data-testid="open-alone">
                { delivery::EMBED_OPEN }{ icon(Icon::Out) }
            </a>
        </header>
    }
}
