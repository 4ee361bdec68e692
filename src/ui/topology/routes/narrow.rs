//! Routes in the layout of one column: through the left margin or the right one.

use super::{End, Point};
use crate::lab::view::HostKind;
use crate::ui::topology::layout::Layout;

/// Routes from one card to another of no lower rank.
pub(crate) fn across(l: &Layout, a: &End, b: &End) -> Vec<Point> {
    use HostKind::{AppUser, Etcd, Laptop, LoadBalancer, Master, Worker};
    match (a.host.kind, b.host.kind) {
        (Laptop, LoadBalancer) if b.host.rect.y - a.host.rect.bottom() < 30.0 => {
            let x = a.host.rect.cx();
            vec![(x, a.host.rect.bottom()), (x, b.host.rect.y)]
        }
        (AppUser, Worker) => {
            let user = [(a.host.rect.right(), a.host.rect.cy()), (l.app_x, a.host.rect.cy())];
            user.into_iter().chain(right(b, l.app_x, b.host.lanes.app)).collect()
        }
        (LoadBalancer, Master | Worker) => {
            let balancer = [(a.host.rect.x, a.host.rect.cy()), (l.left_x, a.host.rect.cy())];
            balancer.into_iter().chain(left(b, l.left_x)).collect()
        }
        (LoadBalancer, LoadBalancer) | (Master | Etcd, Master | Etcd) => {
            join(right(a, l.raft_x, a.host.lanes.app), right(b, l.raft_x, b.host.lanes.app))
        }
        (Worker, Worker) => join(right(a, l.app_x, a.host.lanes.app), right(b, l.app_x, b.host.lanes.app)),
        _ => join(left(a, l.left_x), left(b, l.left_x)),
    }
}

fn join(a: Vec<Point>, b: Vec<Point>) -> Vec<Point> {
    a.into_iter().rev().chain(b).collect()
}

/// Routes from the left margin to a row. One in the right half is reached above its line, past its neighbour.
fn left(end: &End, x: f64) -> Vec<Point> {
    let row = &end.row;
    if end.plain() {
        let (goal, lane) = (row.cx() - 5.0, end.host.lanes.above);
        vec![(x, lane), (goal, lane), (goal, row.y)]
    } else if row.x < end.host.rect.cx() {
        vec![(x, row.cy()), (row.x, row.cy())]
    } else {
        let y = row.y - 3.0;
        vec![(x, y), (row.cx(), y), (row.cx(), row.y)]
    }
}

/// Routes from the right margin to a row.
fn right(end: &End, x: f64, lane: f64) -> Vec<Point> {
    let row = &end.row;
    if end.plain() {
        let goal = row.cx() + 5.0;
        vec![(x, lane), (goal, lane), (goal, row.y)]
    } else if row.right() > end.host.rect.cx() {
        vec![(x, row.cy()), (row.right(), row.cy())]
    } else {
        let y = row.bottom() + 3.0;
        vec![(x, y), (row.cx(), y), (row.cx(), row.bottom())]
    }
}
