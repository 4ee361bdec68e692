//! A small list over the picture: it takes the focus when it opens, closes on Escape, and is not modal.

use web_sys::Element;
use yew::prelude::*;

use crate::ui::widgets::icons::{Icon, icon};
use crate::ui::{browser, texts};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) id: AttrValue,
    pub(crate) title: AttrValue,
    /// Its place on the canvas, CSS px. `None` is at the side.
    pub(crate) at: Option<(i32, i32)>,
    pub(crate) close: Callback<()>,
    pub(crate) children: Html,
}

#[component]
pub(crate) fn Float(props: &Props) -> Html {
    let node = use_node_ref();
    use_effect_with((node.clone(), props.title.clone()), |(node, _)| {
        let opener = browser::focused();
        let element = node.cast::<Element>();
        if let Some(element) = &element {
            browser::focus_first(element, "[tabindex='0'], input, .float-body button");
        }
        move || {
            // Return the focus to where it was, unless it has moved elsewhere since.
            if element.is_some_and(|element| browser::holds_focus(&element) || browser::focused().is_none()) {
                browser::focus(opener.as_ref());
            }
        }
    });
    let close = props.close.clone();
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            close.emit(());
        }
    });
    let style = props.at.map(|(x, y)| format!("left:clamp(8px,{}px,calc(100% - 308px));top:{}px", x + 10, y + 10));
    let heading = format!("float-{}-title", props.id);
    html! {
        <div ref={node} class={classes!("float", props.at.is_none().then_some("aside"))} role="dialog" aria-labelledby={heading.clone()} {style} {onkeydown}
            data-testid={format!("float-{}", props.id)}>
            <div class="float-head">
                <h2 id={heading}>{ &props.title }</h2>
                <button class="btn ghost square small" aria-label={texts::CLOSE} title={texts::CLOSE} onclick={props.close.reform(|_: MouseEvent| ())}>
                    { icon(Icon::Close) }
                </button>
            </div>
            <div class="float-body">{ props.children.clone() }</div>
        </div>
    }
}
