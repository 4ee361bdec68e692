//! The route of a message between two processes. Pure. A message moves along the line that is drawn, because both come from
//! [`route`].

mod narrow;
#[cfg(test)]
mod tests;
mod wide;

use std::rc::Rc;

use super::layout::{Card, Form, HostBox, Layout, Rect};
use crate::lab::view::HostKind;

pub(crate) type Point = (f64, f64);

/// A route through the picture: its corners. It leaves each card at a right angle.
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

    /// Returns the place at `fraction` (0..1) of the route.
    pub(crate) fn at(&self, fraction: f64) -> Point {
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

    /// Returns the distance of `p` from the route.
    pub(crate) fn distance(&self, p: Point) -> f64 {
        let mut least = f64::INFINITY;
        for ends in self.points.windows(2) {
            let (a, b) = (ends[0], ends[1]);
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let along = ((p.0 - a.0) * dx + (p.1 - a.1) * dy) / (dx * dx + dy * dy).max(0.001);
            let along = along.clamp(0.0, 1.0);
            least = least.min(distance(p, (a.0 + dx * along, a.1 + dy * along)));
        }
        least
    }

    /// Returns its arrival at the card `goal`: a point shortly before the edge, and the one on the edge.
    pub(crate) fn arrival(&self, goal: &Rect) -> (Point, Point) {
        const BEFORE: f64 = 9.0;
        let inside = |(x, y): Point| x > goal.x && x < goal.right() && y > goal.y && y < goal.bottom();
        let at = |far: f64| self.at(far / self.length.max(0.001));
        let mut far = self.length;
        while far > BEFORE && inside(at(far)) {
            far -= 1.0;
        }
        (at(far - BEFORE), at(far))
    }

    /// Returns the `d` of an SVG path with its corners rounded by `radius`.
    pub(crate) fn d(&self, radius: f64) -> String {
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

/// One end of a route: the host's card and the process's row in it.
struct End<'a> {
    host: &'a HostBox,
    row: Rect,
}

impl End<'_> {
    /// Returns whether the card shows no processes. Its whole edge is the goal then.
    fn plain(&self) -> bool {
        matches!(self.host.card, Card::Tile | Card::Cell | Card::Group)
    }
}

fn end<'a>(host: &'a Rc<HostBox>, target: &str) -> End<'a> {
    let process = target.split_once('/').map_or("", |(_, process)| process);
    let whole = if matches!(host.card, Card::Tile | Card::Cell | Card::Group) { host.rect } else { host.header };
    End { host, row: host.rows.get(process).copied().unwrap_or(whole) }
}

/// Returns the route from one process to another. `None` if one of them is not in the picture.
pub fn route(layout: &Layout, from: &str, to: &str) -> Option<Route> {
    let card = |target: &str| layout.card_of(target.split('/').next().unwrap_or_default());
    let (here, there) = (card(from)?, card(to)?);
    let (a, b) = (end(here, from), end(there, to));
    let points = if Rc::ptr_eq(here, there) {
        inside(layout, &a, &b)
    } else {
        // Each pair of kinds is described once, from the lower rank to the higher.
        let swap = rank(a.host.kind) > rank(b.host.kind);
        let (low, high) = if swap { (&b, &a) } else { (&a, &b) };
        let mut points = match layout.form {
            Form::Wide => wide::across(layout, low, high),
            Form::Narrow => narrow::across(layout, low, high),
        };
        if swap {
            points.reverse();
        }
        points
    };
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

/// Routes within one card: up along the left edge, down along the right edge; within a group, over its top.
fn inside(layout: &Layout, a: &End, b: &End) -> Vec<Point> {
    if a.plain() {
        let (x, y, top) = (a.row.cx(), a.row.y, a.host.lanes.app);
        return vec![(x - 18.0, y), (x - 18.0, top), (x + 18.0, top), (x + 18.0, y)];
    }
    if layout.form == Form::Narrow {
        return vec![(a.row.cx(), a.row.cy()), (b.row.cx(), b.row.cy())];
    }
    let up = a.row.y > b.row.y && a.row.x < a.host.rect.cx();
    let side = |row: &Rect| if up { (row.x + a.host.rect.x) / 2.0 } else { (row.right() + a.host.rect.right()) / 2.0 };
    let edge = |row: &Rect| if up { row.x } else { row.right() };
    let x = if up { side(&a.row).min(side(&b.row)) } else { side(&a.row).max(side(&b.row)) };
    vec![(edge(&a.row), a.row.cy()), (x, a.row.cy()), (x, b.row.cy()), (edge(&b.row), b.row.cy())]
}
