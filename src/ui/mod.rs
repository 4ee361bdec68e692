//! The page. A placeholder until the real one is here.

use yew::prelude::*;

#[function_component]
fn App() -> Html {
    use_effect_with((), |()| {
        let document = web_sys::window().and_then(|window| window.document()).expect("the page");
        let root = document.document_element().expect("<html>");
        root.set_attribute("data-ready", "true").expect("a valid name");
    });
    html! { <main><h1>{ "HA Lab" }</h1></main> }
}

/// Shows the lab in `#app`.
pub fn run() {
    let document = web_sys::window().and_then(|window| window.document()).expect("the page");
    let root = document.get_element_by_id("app").expect("index.html has #app");
    yew::Renderer::<App>::with_root(root).render();
}
