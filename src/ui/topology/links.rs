//! The lines between components, and their state. They change only when a host or a link does.

use std::rc::Rc;

use yew::prelude::*;

use super::layout::{Layout, Shape};
use super::routes::{links, route};
use super::signs::class_id;
use crate::lab::view::{LinkState, LinkView, MessageClass, Name};

#[derive(Clone)]
pub struct Shared<T>(pub Rc<T>);

impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(PartialEq)]
pub struct Props {
    pub layout: Shared<Layout>,
    pub shape: Rc<Shape>,
    /// Hosts that are off.
    pub off: Vec<Name>,
    pub broken: Vec<LinkView>,
    pub hidden: Rc<Vec<MessageClass>>,
}

pub fn draw(props: &Props) -> Html {
    let host = |target: &str| target.split('/').next().unwrap_or_default().to_owned();
    let drawn: Vec<_> = links(&props.shape)
        .into_iter()
        .filter_map(|link| {
            let way = route(&props.layout.0, &link.from, &link.to)?;
            let (a, b) = (host(&link.from), host(&link.to));
            let off = props.off.iter().any(|name| **name == *a || **name == *b);
            let broken = props.broken.iter().find(|l| (*l.from == *a && *l.to == *b) || (*l.from == *b && *l.to == *a));
            let state = match broken.map(|link| link.state) {
                Some(LinkState::Cut) => "cut",
                Some(LinkState::HostDead) => "dead",
                None if off => "dead",
                None => "up",
            };
            Some((state, link, way.d(11.0)))
        })
        .collect();
    // What works is drawn over what does not, so that a shared stretch looks alive.
    let (up, down): (Vec<_>, Vec<_>) = drawn.into_iter().partition(|(state, ..)| *state == "up");
    let lines = down.into_iter().chain(up).map(|(state, link, d)| {
        let dim = props.hidden.contains(&link.class).then_some("dim");
        let key = format!("{} {}", link.from, link.to);
        html! { <path {key} class={classes!("link", class_id(link.class), state, dim)} {d} /> }
    });
    html! { <g class="links" aria-hidden="true">{ for lines }</g> }
}
