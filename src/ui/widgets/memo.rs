//! A part of the page that is redrawn only when its dependencies have changed.
//!
//! One component serves all such parts: Yew compiles every component's life cycle once more, which for twenty parts is
//! a quarter of the download.

use std::any::Any;
use std::rc::Rc;

use yew::prelude::*;

/// The dependencies of a part, of any type.
trait Deps: Any {
    fn same(&self, other: &dyn Any) -> bool;
    fn any(&self) -> &dyn Any;
}

impl<T: PartialEq + 'static> Deps for T {
    fn same(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<T>().is_some_and(|other| self == other)
    }
    fn any(&self) -> &dyn Any {
        self
    }
}

type Draw = Rc<dyn Fn(&dyn Any) -> Html>;

#[derive(Properties)]
struct Props {
    deps: Rc<dyn Deps>,
    draw: Draw,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        self.deps.same((*other.deps).any())
    }
}

struct Lazy;

impl Component for Lazy {
    type Message = ();
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        Self
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { deps, draw } = ctx.props();
        draw((**deps).any())
    }
}

/// Draws `deps` by `draw`, and redraws only when they have changed.
pub(crate) fn lazy<T: PartialEq + 'static>(deps: T, draw: fn(&T) -> Html) -> Html {
    let Props { deps, draw } = props(deps, draw);
    html! { <Lazy {deps} {draw} /> }
}

/// Draws one of several such parts, identified by `key`.
pub(crate) fn lazy_keyed<T: PartialEq + 'static>(key: &str, deps: T, draw: fn(&T) -> Html) -> Html {
    let Props { deps, draw } = props(deps, draw);
    html! { <Lazy key={key} {deps} {draw} /> }
}

fn props<T: PartialEq + 'static>(deps: T, draw: fn(&T) -> Html) -> Props {
    let draw = move |deps: &dyn Any| deps.downcast_ref().map(draw).unwrap_or_default();
    Props { deps: Rc::new(deps), draw: Rc::new(draw) }
}
