//! Routes in the wide layout: between the lines of cards, and past them in the margins.

use super::{End, Point};
use crate::lab::view::HostKind;
use crate::ui::topology::layout::Layout;

/// Routes from one card to another of no lower rank.
pub(crate) fn across(l: &Layout, a: &End, b: &End) -> Vec<Point> {
    use HostKind::{AppUser, Etcd, Laptop, LoadBalancer, Master, Worker};
    match (a.host.kind, b.host.kind) {
        (Laptop, LoadBalancer) => {
            let (y, right) = (a.host.rect.cy(), a.host.rect.right());
            let first = |name: &str| l.hosts.get(name).is_none_or(|other| other.rect.x >= b.host.rect.x);
            if first("lb-1") && first("lb-2") {
                return vec![(right, y), (b.host.rect.x, y)];
            }
            // The second of two: under the first.
            let (x, lane) = (a.host.rect.cx(), l.api_y - 6.0);
            let goal = b.host.rect.cx() - 12.0;
            vec![(x, a.host.rect.bottom()), (x, lane), (goal, lane), (goal, b.host.rect.bottom())]
        }
        (LoadBalancer, LoadBalancer) => {
            let (left, right) = if a.host.rect.x < b.host.rect.x { (a, b) } else { (b, a) };
            let y = left.host.rect.cy();
            let mut way = vec![(left.host.rect.right(), y), (right.host.rect.x, y)];
            if left.host.rect.x != a.host.rect.x {
                way.reverse();
            }
            way
        }
        (Laptop | LoadBalancer, Master) => {
            let (x, y) = (a.host.rect.cx(), a.host.rect.bottom());
            let mut way = vec![(x, y), (x, l.api_y)];
            way.extend(past(l.api_y, b.host.lanes.above, l.left_x));
            way.extend(climb(b).into_iter().rev());
            straighten(way)
        }
        (Laptop | LoadBalancer, Etcd | Worker) => {
            let (x, y) = (a.host.rect.cx(), a.host.rect.bottom());
            let mut way = vec![(x, y), (x, l.api_y)];
            way.extend(past(l.api_y, b.host.lanes.above, l.left_x));
            way.extend(drop_in(b, b.host.lanes.above, -5.0));
            way
        }
        (AppUser, Worker) => {
            let y = a.host.rect.cy();
            let mut way = vec![(a.host.rect.right(), y), (l.app_x, y), (l.app_x, b.host.lanes.app)];
            way.extend(drop_in(b, b.host.lanes.app, 5.0));
            way
        }
        (Master, Master) | (Etcd, Etcd) => {
            let mut way = sink(a);
            way.extend(past(a.host.lanes.below, b.host.lanes.below, l.raft_x));
            way.extend(sink(b).into_iter().rev());
            way
        }
        (Worker, Worker) => {
            let mut way: Vec<Point> = drop_in(a, a.host.lanes.app, 5.0).into_iter().rev().collect();
            way.extend(past(a.host.lanes.app, b.host.lanes.app, l.app_x));
            way.extend(drop_in(b, b.host.lanes.app, 5.0));
            way
        }
        (Master, Etcd) => {
            let mut way = sink(a);
            way.extend(past(a.host.lanes.below, b.host.lanes.above, l.raft_x));
            way.extend(drop_in(b, b.host.lanes.above, 0.0));
            way
        }
        (Master, Worker) => {
            let mut way = climb(a);
            way.extend(past(a.host.lanes.above, b.host.lanes.above, l.left_x));
            way.extend(drop_in(b, b.host.lanes.above, -5.0));
            way
        }
        // Any other pair gets a straight line. No processes of the lab need it.
        _ => vec![(a.row.cx(), a.row.cy()), (b.row.cx(), b.row.cy())],
    }
}

/// Routes from one lane to another in a margin. Empty if they are the same.
fn past(from: f64, to: f64, x: f64) -> Vec<Point> {
    if (from - to).abs() < 0.5 { vec![] } else { vec![(x, from), (x, to)] }
}

/// Routes from a lane above a card down to its row. In a plain card it is `aside` of the middle, as two links go there.
fn drop_in(end: &End, lane: f64, aside: f64) -> [Point; 2] {
    let x = end.row.cx() + if end.plain() { aside } else { 0.0 };
    [(x, lane), (x, end.row.y)]
}

/// Routes from a row of a master to the lane above it: from the first row straight, from others along the card's nearer edge.
fn climb(end: &End) -> Vec<Point> {
    let (host, row) = (&end.host.rect, &end.row);
    if row.y - host.y < end.host.header.h + 2.0 {
        return vec![(row.cx(), row.y), (row.cx(), end.host.lanes.above)];
    }
    let (edge, x) = if row.x > host.cx() {
        (row.right(), (row.right() + host.right()) / 2.0)
    } else {
        (row.x, (row.x + host.x) / 2.0)
    };
    vec![(edge, row.cy()), (x, row.cy()), (x, end.host.lanes.above)]
}

/// Routes from a row to the lane below its card: from the last row straight, from others along the card's right edge.
fn sink(end: &End) -> Vec<Point> {
    let (host, row) = (&end.host.rect, &end.row);
    if row.bottom() + 16.0 > host.bottom() {
        return vec![(row.cx(), row.bottom()), (row.cx(), end.host.lanes.below)];
    }
    let x = (row.right().max(host.right() - 14.0) + host.right()) / 2.0;
    vec![(row.right(), row.cy()), (x, row.cy()), (x, end.host.lanes.below)]
}

/// Removes a detour of a few pixels: the link to a master right below the load balancer is straight.
fn straighten(points: Vec<Point>) -> Vec<Point> {
    let (first, last) = (points[0], points[points.len() - 1]);
    if (first.0 - last.0).abs() < 3.0 && points.len() < 5 { vec![(last.0, first.1), last] } else { points }
}
