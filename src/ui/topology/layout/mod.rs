//! The layout of the topology. Pure: from a cluster's shape and a size to boxes in CSS pixels, so that no part is ever
//! shrunk below the size it was designed for.

mod boxes;
mod measure;
mod narrow;
mod pods;
#[cfg(test)]
pub(in crate::ui::topology) mod tests;
mod wide;
mod workers;

use std::rc::Rc;

#[cfg(target_arch = "wasm32")]
pub(crate) use pods::Cells;
pub(crate) use workers::Workers;
#[cfg(target_arch = "wasm32")]
pub(crate) use workers::{Group, number};

use crate::lab::view::{HostKind, Name, View};
use crate::sim::map::Map;

/// The parts of a view that the layout depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    pub(crate) hosts: Vec<HostShape>,
    /// Set if pods wait for a node, and need a row.
    pub(crate) waiting: bool,
    /// The master that the laptop's kubeconfig names. `None` if it names the cluster's address.
    pub(crate) kubeconfig: Option<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostShape {
    pub(crate) name: Name,
    pub(crate) kind: HostKind,
    pub(crate) processes: Vec<Name>,
}

impl Shape {
    pub fn of(view: &View, waiting: bool) -> Self {
        let hosts = view.hosts.iter().map(|host| HostShape {
            name: host.name.clone(),
            kind: host.kind,
            processes: host.processes.iter().map(|process| process.name.clone()).collect(),
        });
        let named = Some(&view.setup.cluster.kubeconfig).filter(|name| name.starts_with("master-"));
        Self { hosts: hosts.collect(), waiting, kubeconfig: named.map(|name| name.as_str().into()) }
    }

    pub(crate) fn of_kind(&self, kind: HostKind) -> impl Iterator<Item = &HostShape> {
        self.hosts.iter().filter(move |host| host.kind == kind)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) w: f64,
    pub(crate) h: f64,
}

impl Rect {
    pub(crate) fn right(&self) -> f64 {
        self.x + self.w
    }
    pub(crate) fn bottom(&self) -> f64 {
        self.y + self.h
    }
    pub(crate) fn cx(&self) -> f64 {
        self.x + self.w / 2.0
    }
    pub(crate) fn cy(&self) -> f64 {
        self.y + self.h / 2.0
    }
    /// Returns whether `other` is within this one.
    #[cfg(test)]
    pub(crate) fn holds(&self, other: &Rect) -> bool {
        self.x <= other.x && self.y <= other.y && self.right() >= other.right() && self.bottom() >= other.bottom()
    }
    #[cfg(test)]
    pub(crate) fn meets(&self, other: &Rect) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }
}

/// The amount of detail in a host's card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Card {
    /// A header and a row for each process.
    Full,
    /// The same, narrow: name over state, short names, two lines a row.
    Slim,
    /// Its name, state and pods.
    Tile,
    /// Its number, state and pods.
    Cell,
    /// Many workers, counted.
    Group,
}

/// Lines above and below a card along which links run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Lanes {
    /// Above it: API requests, watches.
    pub(crate) above: f64,
    /// Above it: the app's requests.
    pub(crate) app: f64,
    /// Below it: Raft, requests to etcd.
    pub(crate) below: f64,
}

/// A host's card and its parts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HostBox {
    /// Name of the host, or of its group.
    pub(crate) name: Name,
    pub(crate) kind: HostKind,
    pub(crate) card: Card,
    pub(crate) rect: Rect,
    /// Name, state and power switch.
    pub(crate) header: Rect,
    pub(crate) rows: Map<Name, Rect>,
    /// Room for pods (workers) or backends (load balancers).
    pub(crate) tail: Rect,
    pub(crate) lanes: Lanes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Rows of cards, links between the rows.
    Wide,
    /// One column of cards, links in the margins.
    Narrow,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    pub(crate) form: Form,
    pub(crate) w: f64,
    pub(crate) h: f64,
    /// By host; groups of workers by their own names.
    pub(crate) hosts: Map<Name, Rc<HostBox>>,
    pub(crate) workers: Workers,
    /// Room for pods without a node.
    pub(crate) waiting: Option<Rect>,
    /// Line in the left margin, for links past the masters.
    pub(crate) left_x: f64,
    /// Lines in the right margin: Raft and the app's requests.
    pub(crate) raft_x: f64,
    pub(crate) app_x: f64,
    /// Line below the load balancers (wide only).
    pub(crate) api_y: f64,
}

impl Layout {
    /// Returns the card of `host`, or of its group.
    pub(crate) fn card_of(&self, host: &str) -> Option<&Rc<HostBox>> {
        let name = match &self.workers {
            Workers::Groups(groups) => match workers::number(host) {
                Some(n) => &*groups.iter().find(|group| group.holds(n))?.name,
                None => host,
            },
            _ => host,
        };
        self.hosts.get(name)
    }
}

/// Below this width the cards are in one column. Two load balancers need more room side by side.
pub(crate) const NARROW_BELOW: f64 = 640.0;
const PAIR_NARROW_BELOW: f64 = 740.0;

pub fn layout(shape: &Shape, w: f64, h: f64) -> Layout {
    let pair = shape.of_kind(HostKind::LoadBalancer).count() > 1;
    if w < if pair { PAIR_NARROW_BELOW } else { NARROW_BELOW } {
        narrow::narrow(shape, w)
    } else {
        wide::wide(shape, w, h)
    }
}
