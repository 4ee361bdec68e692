//! The layout within one card.

use super::measure::{Measure, TWO_LINE_BELOW};
use super::{Card, HostBox, HostShape, Lanes, Rect};
use crate::lab::view::{HostKind, Name};
use crate::sim::map::Map;

/// The kubelet of a master has no separate row: it is at the end of the last one.
const KUBELET: &str = "kubelet";
const KUBELET_W: f64 = 72.0;

fn boxed(host: &HostShape, card: Card, rect: Rect, header: Rect, rows: Map<Name, Rect>, tail: Rect) -> HostBox {
    HostBox { name: host.name.clone(), kind: host.kind, card, rect, header, rows, tail, lanes: Lanes::default() }
}

/// Lays out the laptop, the app user or a load balancer: its process fills the card, except a load balancer's header and
/// backends.
pub(crate) fn edge_box(host: &HostShape, rect: Rect) -> HostBox {
    let balancer = host.kind == HostKind::LoadBalancer;
    let half = (rect.h / 2.0).floor();
    let header = if balancer { Rect { h: half, ..rect } } else { rect };
    if !balancer {
        let rows = host.processes.iter().map(|p| (p.clone(), rect)).collect();
        return boxed(host, Card::Full, rect, header, rows, rect);
    }
    let (mut x, mut rows) = (rect.x + 10.0, Map::new());
    let (y, h) = (rect.y + half - 1.0, rect.h - half - 6.0);
    for process in &host.processes {
        let w = 31.0 + process.chars().count() as f64 * 6.9;
        rows.insert(process.clone(), Rect { x, y, w, h });
        x += w + 6.0;
    }
    let tail = Rect { x: (x + 2.0).min(rect.right()), y, w: (rect.right() - 12.0 - x).max(0.0), h };
    boxed(host, Card::Full, rect, header, rows, tail)
}

/// Splits the processes into the kubelet and the others.
fn split(host: &HostShape) -> (Vec<&Name>, Option<&Name>) {
    let (kubelet, own): (Vec<_>, Vec<_>) = host.processes.iter().partition(|name| &***name == KUBELET);
    (own, kubelet.first().copied())
}

pub(crate) fn master_box(host: &HostShape, rect: Rect, m: &Measure) -> HostBox {
    let row = |n: usize| Rect {
        x: rect.x + m.pad + 2.0,
        y: rect.y + m.header + n as f64 * (m.row + m.row_gap),
        w: rect.w - 2.0 * (m.pad + 2.0),
        h: m.row,
    };
    let (own, kubelet) = split(host);
    let mut rows: Map<_, _> = own.iter().enumerate().map(|(n, name)| ((*name).clone(), row(n))).collect();
    if let (Some(kubelet), Some(last)) = (kubelet, own.last()) {
        let whole = row(own.len() - 1);
        rows.insert((*last).clone(), Rect { w: whole.w - KUBELET_W - 5.0, ..whole });
        rows.insert(kubelet.clone(), Rect { x: whole.right() - KUBELET_W, w: KUBELET_W, ..whole });
    }
    boxed(host, Card::Full, rect, Rect { h: m.header, ..rect }, rows, Rect::default())
}

/// Lays out a narrow master: one process below the other, the kubelet last and low.
pub(crate) fn slim_master_box(host: &HostShape, rect: Rect, m: &Measure) -> HostBox {
    let (own, kubelet) = split(host);
    let mut y = rect.y + m.header;
    let mut rows = Map::new();
    for name in own.into_iter().chain(kubelet) {
        let h = if &**name == KUBELET { m.short_row } else { m.row };
        rows.insert(name.clone(), Rect { x: rect.x + m.pad, y, w: rect.w - 2.0 * m.pad, h });
        y += h + m.row_gap;
    }
    boxed(host, Card::Slim, rect, Rect { h: m.header, ..rect }, rows, Rect::default())
}

/// Lays out an etcd host: its name on the left, its one process on the right, or one over the other.
pub(crate) fn member_box(host: &HostShape, rect: Rect, card: Card) -> HostBox {
    let (header, row) = if card == Card::Slim {
        let header = Rect { h: 41.0, ..rect };
        (header, Rect { x: rect.x + 7.0, y: header.bottom(), w: rect.w - 14.0, h: rect.h - header.h - 8.0 })
    } else {
        let left = (rect.w * 0.42).clamp(104.0, 140.0);
        let row = Rect { x: rect.x + left, y: rect.y + 8.0, w: rect.w - left - 10.0, h: rect.h - 16.0 };
        (Rect { w: left, ..rect }, row)
    };
    let rows = host.processes.iter().map(|p| (p.clone(), row)).collect();
    boxed(host, card, rect, header, rows, Rect::default())
}

/// Lays out a worker: its processes side by side, then room for its pods.
pub(crate) fn worker_box(host: &HostShape, rect: Rect, header: f64) -> HostBox {
    let two_line = rect.w < TWO_LINE_BELOW && rect.h > 100.0;
    let (y, body) = (rect.y + header, rect.h - header - 9.0);
    let h = if two_line { (body - 6.0) / 2.0 } else { body };
    let mut x = rect.x + 10.0;
    let mut rows = Map::new();
    for name in &host.processes {
        let w = 26.0 + name.chars().count() as f64 * 6.5;
        rows.insert(name.clone(), Rect { x, y, w, h });
        x += w + 6.0;
    }
    let tail = if two_line {
        Rect { x: rect.x + 10.0, y: y + h + 6.0, w: rect.w - 20.0, h }
    } else {
        Rect { x: x + 2.0, y, w: (rect.right() - 10.0 - x - 2.0).max(24.0), h }
    };
    boxed(host, Card::Full, rect, Rect { h: header, ..rect }, rows, tail)
}

/// Lays out a worker without its processes: a line for its name and state, and its pods below.
pub(crate) fn tile_box(host: &HostShape, rect: Rect, card: Card) -> HostBox {
    let (pad, line) = if card == Card::Tile { (9.0, rect.h * 0.5) } else { (5.0, (rect.h * 0.5).min(19.0)) };
    let tail = Rect { x: rect.x + pad, y: rect.y + line, w: rect.w - 2.0 * pad, h: rect.h - line - pad.min(7.0) };
    boxed(host, card, rect, Rect { h: line, ..rect }, Map::new(), tail)
}

/// Lays out many workers in one card.
pub(crate) fn group_box(name: &Name, rect: Rect) -> HostBox {
    let header = Rect { h: 30.0, ..rect };
    let tail = Rect { x: rect.x + 12.0, y: header.bottom(), w: rect.w - 24.0, h: rect.h - header.h - 9.0 };
    HostBox {
        name: name.clone(),
        kind: HostKind::Worker,
        card: Card::Group,
        rect,
        header,
        rows: Map::new(),
        tail,
        lanes: Lanes::default(),
    }
}

/// Lays out a master in one column: two processes on a line, each tall enough for touch.
pub(crate) fn grid_box(host: &HostShape, rect: Rect) -> HostBox {
    const HEADER: f64 = 46.0;
    const CELL: f64 = 50.0;
    let half = (rect.w - 20.0 - 6.0) / 2.0;
    let (own, kubelet) = split(host);
    let names: Vec<_> = own.into_iter().chain(kubelet).collect();
    let lines = names.len().div_ceil(2);
    let cell = |n: usize| {
        let alone = n + 1 == names.len() && n.is_multiple_of(2);
        Rect {
            x: rect.x + 10.0 + (n % 2) as f64 * (half + 6.0),
            y: rect.y + HEADER + (n / 2) as f64 * (CELL + 6.0),
            w: if alone { rect.w - 20.0 } else { half },
            h: CELL,
        }
    };
    let h = HEADER + lines as f64 * (CELL + 6.0) + 4.0;
    let rows = names.iter().enumerate().map(|(n, name)| ((*name).clone(), cell(n))).collect();
    boxed(host, Card::Full, Rect { h, ..rect }, Rect { h: HEADER, ..rect }, rows, Rect::default())
}
