//! The size of an element, followed while it changes.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};
use yew::prelude::*;

use crate::ui::browser;

/// Returns width and height of the element of `node`, CSS px. 0 until it exists, and the last known ones while it is hidden.
#[hook]
pub(crate) fn use_size(node: &NodeRef) -> (f64, f64) {
    let size = use_state_eq(|| (0.0, 0.0));
    let set = size.setter();
    use_effect_with(node.clone(), move |node| {
        let element = node.cast::<Element>();
        let watched = element.clone();
        let measure = move || {
            let now = watched.as_ref().map(browser::size_of).unwrap_or_default();
            if now.0 > 0.0 {
                set.set(now);
            }
        };
        // Measure at once, so that parts that depend on the size are drawn in the page's first frame.
        measure();
        let closure: Closure<dyn Fn()> = Closure::new(measure);
        let observer = ResizeObserver::new(closure.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(element)) = (&observer, &element) {
            observer.observe(element);
        }
        move || {
            observer.iter().for_each(ResizeObserver::disconnect);
            drop(closure);
        }
    });
    *size
}
