//! A sheet over the page: the browser's modal dialog, which traps the focus, closes on Escape and then restores the focus.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::icons::{Icon, icon};
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) id: AttrValue,
    pub(crate) title: AttrValue,
    pub(crate) dispatch: Dispatch,
    pub(crate) children: Html,
}

#[component]
pub(crate) fn Dialog(props: &Props) -> Html {
    let node = use_node_ref();
    use_effect_with(node.clone(), |node| {
        let dialog = node.cast::<HtmlDialogElement>();
        if let Some(dialog) = &dialog {
            let _ = dialog.show_modal();
        }
        move || dialog.into_iter().for_each(|dialog| dialog.close())
    });
    let close = props.dispatch.reform(|_: Event| Action::Open(None));
    let click = props.dispatch.reform(|_: MouseEvent| Action::Open(None));
    let heading = format!("{}-title", props.id);
    html! {
        <dialog ref={node} class="sheet" id={props.id.clone()} data-testid={props.id.clone()} onclose={close}
            aria-labelledby={heading.clone()}>
            <div class="sheet-head">
                <h2 id={heading}>{ &props.title }</h2>
                <button class="btn ghost square" aria-label={texts::CLOSE} title={texts::CLOSE} onclick={click}>
                    { icon(Icon::Close) }
                </button>
            </div>
            <div class="sheet-body">{ props.children.clone() }</div>
        </dialog>
    }
}
