//! Which way a message takes between two processes, and which links are drawn. Pure. A message moves along the line
//! that is drawn, because both come from [`route`].

use super::layout::{Form, HostBox, Layout, Rect, Shape};
use crate::lab::view::{HostKind, MessageClass, Name};

pub type Point = (f64, f64);

/// A way through the picture: corners, right angles wherever it leaves a card.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    pub points: Vec<Point>,
    length: f64,
}

impl Route {
    fn new(mut points: Vec<Point>) -> Self {
        points.dedup_by(|a, b| (a.0 - b.0).abs() < 0.5 && (a.1 - b.1).abs() < 0.5);
        let length = points.windows(2).map(|ends| distance(ends[0], ends[1])).sum();
        Self { points, length }
    }

    /// The place at `fraction` (0..1) of the way.
    pub fn at(&self, fraction: f64) -> Point {
        let mut left = self.length * fraction.clamp(0.0, 1.0);
        for ends in self.points.windows(2) {
            let (a, b) = (ends[0], ends[1]);
            let part = distance(a, b);
            if left <= part && part > 0.0 {
                let f = left / part;
                return (a.0 + (b.0 - a.0) * f, a.1 + (b.1 - a.1) * f);
            }
            left -= part;
        }
        self.points.last().copied().unwrap_or_default()
    }

    /// The `d` of an SVG path with its corners rounded by `radius`.
    pub fn d(&self, radius: f64) -> String {
        use std::fmt::Write;
        let mut d = String::new();
        let p = &self.points;
        for (n, &(x, y)) in p.iter().enumerate() {
            if n == 0 {
                let _ = write!(d, "M{x:.1} {y:.1}");
            } else if n + 1 == p.len() {
                let _ = write!(d, "L{x:.1} {y:.1}");
            } else {
                let r = radius.min(distance(p[n - 1], p[n]) / 2.0).min(distance(p[n], p[n + 1]) / 2.0);
                let (ax, ay) = toward(p[n], p[n - 1], r);
                let (bx, by) = toward(p[n], p[n + 1], r);
                let _ = write!(d, "L{ax:.1} {ay:.1}Q{x:.1} {y:.1} {bx:.1} {by:.1}");
            }
        }
        d
    }
}

fn distance(a: Point, b: Point) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

fn toward(from: Point, to: Point, by: f64) -> Point {
    let all = distance(from, to).max(0.001);
    (from.0 + (to.0 - from.0) * by / all, from.1 + (to.1 - from.1) * by / all)
}

/// One end of a way: the host's card and the process's row in it.
struct End<'a> {
    host: &'a HostBox,
    row: Rect,
}

fn end<'a>(layout: &'a Layout, target: &str) -> Option<End<'a>> {
    let (host, process) = target.split_once('/').unwrap_or((target, ""));
    let host = layout.hosts.get(host)?;
    Some(End { host, row: host.rows.get(process).copied().unwrap_or(host.header) })
}

/// The way from one process to another; none when one of them is not in the picture.
pub fn route(layout: &Layout, from: &str, to: &str) -> Option<Route> {
    let (a, b) = (end(layout, from)?, end(layout, to)?);
    let mut points = if from.split('/').next() == to.split('/').next() {
        inside(layout, &a, &b)
    } else {
        // Each pair of kinds is described once, from the lower rank to the higher.
        let swap = rank(a.host.kind) > rank(b.host.kind);
        let (low, high) = if swap { (&b, &a) } else { (&a, &b) };
        let mut points = match layout.form {
            Form::Wide => across_wide(layout, low, high),
            Form::Narrow => across_narrow(layout, low, high),
        };
        if swap {
            points.reverse();
        }
        points
    };
    if points.len() < 2 {
        points = vec![(a.row.cx(), a.row.cy()), (b.row.cx(), b.row.cy())];
    }
    Some(Route::new(points))
}

fn rank(kind: HostKind) -> u8 {
    match kind {
        HostKind::Laptop => 0,
        HostKind::AppUser => 1,
        HostKind::LoadBalancer => 2,
        HostKind::Master => 3,
        HostKind::Etcd => 4,
        HostKind::Worker => 5,
    }
}

/// Within one card: by the left edge upwards, by the right edge downwards.
fn inside(layout: &Layout, a: &End, b: &End) -> Vec<Point> {
    if layout.form == Form::Narrow {
        return vec![(a.row.cx(), a.row.cy()), (b.row.cx(), b.row.cy())];
    }
    let up = a.row.y > b.row.y && a.row.x < a.host.rect.cx();
    let x = if up { a.host.rect.x + 5.5 } else { a.host.rect.right() - 5.5 };
    let edge = |row: &Rect| if up { row.x } else { row.right() };
    vec![(edge(&a.row), a.row.cy()), (x, a.row.cy()), (x, b.row.cy()), (edge(&b.row), b.row.cy())]
}

/// From a row of a master to the line above the masters.
fn climb(layout: &Layout, end: &End) -> Vec<Point> {
    let first = end.row.y - end.host.rect.y < end.host.header.h + 2.0;
    if first {
        return vec![(end.row.cx(), end.row.y), (end.row.cx(), layout.api_y.min(end.host.rect.y - 10.0))];
    }
    let (edge, x) = if end.row.x > end.host.rect.cx() {
        (end.row.right(), end.host.rect.right() - 5.5)
    } else {
        (end.row.x, end.host.rect.x + 5.5)
    };
    vec![(edge, end.row.cy()), (x, end.row.cy()), (x, layout.api_y)]
}

fn across_wide(l: &Layout, a: &End, b: &End) -> Vec<Point> {
    use HostKind::{AppUser, Etcd, Laptop, LoadBalancer, Master, Worker};
    let top = (b.row.cx(), b.row.y);
    match (a.host.kind, b.host.kind) {
        (Laptop, LoadBalancer) => {
            let y = a.host.rect.cy();
            vec![(a.host.rect.right(), y), (b.host.rect.x, y)]
        }
        (Laptop | LoadBalancer, Master) => {
            let mut up = climb(l, b);
            let (x, y) = (a.host.rect.cx(), a.host.rect.bottom());
            up.extend([(x, l.api_y), (x, y)]);
            up.reverse();
            straighten(up)
        }
        (Laptop | LoadBalancer, Worker) => {
            let (x, y) = (a.host.rect.cx(), a.host.rect.bottom());
            let below = [(l.left_x, l.api_y), (l.left_x, l.worker_y), (b.row.cx(), l.worker_y), (b.row.cx(), b.row.y)];
            [(x, y), (x, l.api_y)].into_iter().chain(below).collect()
        }
        (AppUser, Worker) => {
            let y = a.host.rect.cy();
            vec![(a.host.rect.right(), y), (l.app_x, y), (l.app_x, l.app_y), (top.0, l.app_y), top]
        }
        (Master, Master) | (Etcd, Etcd) => {
            let y = l.raft_y;
            let side = |end: &End| {
                if end.row.bottom() + 16.0 > end.host.rect.bottom() {
                    vec![(end.row.cx(), end.row.bottom())]
                } else {
                    let x = end.host.rect.right() - 5.5;
                    vec![(end.row.right(), end.row.cy()), (x, end.row.cy())]
                }
            };
            let (mut points, other) = (side(a), side(b));
            let (from_x, to_x) = (points[points.len() - 1].0, other[other.len() - 1].0);
            points.extend([(from_x, y), (to_x, y)]);
            points.extend(other.into_iter().rev());
            points
        }
        (Worker, Worker) => {
            let own = (a.row.cx(), a.row.y);
            vec![own, (own.0, l.app_y), (top.0, l.app_y), top]
        }
        (Master, Etcd) => {
            let x = a.host.rect.right() - 5.5;
            vec![(a.row.right(), a.row.cy()), (x, a.row.cy()), (x, l.etcd_y), (top.0, l.etcd_y), top]
        }
        (Master, Worker) => {
            let mut up = climb(l, a);
            up.extend([(l.left_x, l.api_y), (l.left_x, l.worker_y), (b.row.cx(), l.worker_y), (b.row.cx(), b.row.y)]);
            up
        }
        _ => vec![(a.row.cx(), a.row.cy()), (b.row.cx(), b.row.cy())],
    }
}

/// Drops a detour of a few pixels: a master right below the load balancer is reached straight.
fn straighten(points: Vec<Point>) -> Vec<Point> {
    let (first, last) = (points[0], points[points.len() - 1]);
    if (first.0 - last.0).abs() < 3.0 { vec![(last.0, first.1), last] } else { points }
}

fn across_narrow(l: &Layout, a: &End, b: &End) -> Vec<Point> {
    use HostKind::{AppUser, Etcd, Laptop, LoadBalancer, Master, Worker};
    // A row in the right half is reached above its line, past its neighbour.
    let left = |end: &End, x: f64| {
        if end.row.x < end.host.rect.cx() {
            vec![(x, end.row.cy()), (end.row.x, end.row.cy())]
        } else {
            let y = end.row.y - 3.0;
            vec![(x, y), (end.row.cx(), y), (end.row.cx(), end.row.y)]
        }
    };
    let right = |end: &End, x: f64| {
        if end.row.right() > end.host.rect.cx() {
            vec![(x, end.row.cy()), (end.row.right(), end.row.cy())]
        } else {
            let y = end.row.bottom() + 3.0;
            vec![(x, y), (end.row.cx(), y), (end.row.cx(), end.row.bottom())]
        }
    };
    let join = |a: Vec<Point>, b: Vec<Point>| a.into_iter().rev().chain(b).collect();
    match (a.host.kind, b.host.kind) {
        (Laptop, LoadBalancer) => {
            let x = a.host.rect.cx();
            vec![(x, a.host.rect.bottom()), (x, b.host.rect.y)]
        }
        (AppUser, Worker) => {
            let mut points = vec![(a.host.rect.right(), a.host.rect.cy()), (l.app_x, a.host.rect.cy())];
            points.extend(right(b, l.app_x));
            points
        }
        (LoadBalancer, Master | Worker) => {
            let mut points = vec![(a.host.rect.x, a.host.rect.cy()), (l.left_x, a.host.rect.cy())];
            points.extend(left(b, l.left_x));
            points
        }
        (Master | Etcd, Master | Etcd) => join(right(a, l.raft_x), right(b, l.raft_x)),
        (Worker, Worker) => join(right(a, l.app_x), right(b, l.app_x)),
        _ => join(left(a, l.left_x), left(b, l.left_x)),
    }
}

/// A link that is drawn all the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub from: Name,
    pub to: Name,
    pub class: MessageClass,
}

/// The links of a cluster: who talks to whom, as long as it runs.
pub fn links(shape: &Shape) -> Vec<Link> {
    let mut found = vec![];
    let mut add = |from: String, to: String, class| found.push(Link { from: from.into(), to: to.into(), class });
    let of = |kind| shape.hosts.iter().filter(move |host| host.kind == kind);
    let members: Vec<_> =
        shape.hosts.iter().filter(|host| host.processes.iter().any(|p| &**p == "etcd")).map(|h| &h.name).collect();
    let balancers: Vec<_> = of(HostKind::LoadBalancer).collect();
    for lb in &balancers {
        let entry = lb.processes.first().map_or("", |p| &**p);
        for laptop in of(HostKind::Laptop) {
            add(format!("{}/kubectl", laptop.name), format!("{}/{entry}", lb.name), MessageClass::Api);
        }
        for worker in of(HostKind::Worker) {
            add(format!("{}/kubelet", worker.name), format!("{}/{entry}", lb.name), MessageClass::Watch);
        }
        for master in of(HostKind::Master) {
            add(format!("{}/{entry}", lb.name), format!("{}/kube-apiserver", master.name), MessageClass::Api);
        }
    }
    if balancers.is_empty() {
        // Every kubeconfig names the first master.
        for master in of(HostKind::Master).take(1) {
            for laptop in of(HostKind::Laptop) {
                let (from, to) = (format!("{}/kubectl", laptop.name), format!("{}/kube-apiserver", master.name));
                add(from, to, MessageClass::Api);
            }
            for worker in of(HostKind::Worker) {
                let (from, to) = (format!("{}/kubelet", worker.name), format!("{}/kube-apiserver", master.name));
                add(from, to, MessageClass::Watch);
            }
        }
    }
    for user in of(HostKind::AppUser) {
        for worker in of(HostKind::Worker) {
            let door = user.processes.first().map_or("", |p| &**p);
            add(format!("{}/{door}", user.name), format!("{}/kube-proxy", worker.name), MessageClass::App);
        }
    }
    for master in of(HostKind::Master) {
        for process in &master.processes {
            let class = match &**process {
                "kube-controller-manager" | "kube-scheduler" => MessageClass::Lease,
                "etcd" => MessageClass::Raft,
                _ => continue,
            };
            let (a, b) = (format!("{}/{process}", master.name), format!("{}/kube-apiserver", master.name));
            if class == MessageClass::Raft { add(b, a, class) } else { add(a, b, class) }
        }
    }
    for (n, a) in members.iter().enumerate() {
        for b in &members[n + 1..] {
            add(format!("{a}/etcd"), format!("{b}/etcd"), MessageClass::Raft);
        }
    }
    if of(HostKind::Etcd).next().is_some() {
        for master in of(HostKind::Master) {
            for member in &members {
                add(format!("{}/kube-apiserver", master.name), format!("{member}/etcd"), MessageClass::Raft);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::layout::{layout, tests::shape};
    use super::*;

    #[test]
    fn every_link_has_a_way_within_the_picture_that_avoids_other_cards() {
        for (masters, members) in [(2, 0), (3, 0), (3, 3)] {
            for (w, h) in [(358.0, 500.0), (940.0, 400.0), (1100.0, 560.0)] {
                let with = shape(masters, members, 3);
                let mut without = with.clone();
                without.hosts.retain(|host| host.kind != HostKind::LoadBalancer);
                let (balanced, bare) = (layout(&with, w, h), layout(&without, w, h));
                let balanced = links(&with).into_iter().map(|link| (&balanced, link));
                let bare = links(&without).into_iter().map(|link| (&bare, link));
                for (layout, link) in balanced.chain(bare) {
                    let way = route(layout, &link.from, &link.to).expect("both ends are drawn");
                    for step in 0..=100 {
                        let (x, y) = way.at(f64::from(step) / 100.0);
                        assert!((0.0..=layout.w).contains(&x) && (0.0..=layout.h).contains(&y), "{link:?} at {w}x{h}");
                        for (name, host) in &layout.hosts {
                            let own = [&link.from, &link.to].iter().any(|t| t.split('/').next() == Some(name));
                            let r = &host.rect;
                            let hit = x > r.x + 1.0 && x < r.right() - 1.0 && y > r.y + 1.0 && y < r.bottom() - 1.0;
                            assert!(own || !hit, "{} -> {} runs through {name} at {w}x{h}", link.from, link.to);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_way_back_is_the_way_there_reversed() {
        let shape = shape(3, 0, 3);
        let layout = layout(&shape, 1100.0, 560.0);
        let there = route(&layout, "lb-1/haproxy", "master-1/kube-apiserver").unwrap();
        let mut back = route(&layout, "master-1/kube-apiserver", "lb-1/haproxy").unwrap();
        back.points.reverse();
        assert_eq!(there.points, back.points);
        assert!(route(&layout, "nobody/x", "lb-1/haproxy").is_none());
    }
}
