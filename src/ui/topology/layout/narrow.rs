//! The layout in one column, for a phone: links run in the margins.

use std::rc::Rc;

use super::boxes::{edge_box, grid_box, member_box};
use super::wide::place_workers;
use super::workers::{Grid, Style};
use super::{Card, Form, Layout, Rect, Shape};
use crate::lab::view::HostKind;
use crate::sim::map::Map;

const SIDE_L: f64 = 22.0;
const SIDE_R: f64 = 30.0;

pub(crate) fn narrow(shape: &Shape, w: f64) -> Layout {
    let inner = w - SIDE_L - SIDE_R;
    let mut hosts = Map::new();
    let mut y = 12.0;
    let half = (inner - 10.0) / 2.0;
    for (kind, x) in [(HostKind::Laptop, SIDE_L), (HostKind::AppUser, SIDE_L + half + 10.0)] {
        for host in shape.of_kind(kind) {
            hosts.insert(host.name.clone(), Rc::new(edge_box(host, Rect { x, y, w: half, h: 58.0 })));
        }
    }
    y += 58.0 + 22.0;
    for host in shape.of_kind(HostKind::LoadBalancer) {
        let rect = Rect { x: SIDE_L, y, w: inner, h: 84.0 };
        hosts.insert(host.name.clone(), Rc::new(edge_box(host, rect)));
        y += 84.0 + 14.0;
    }
    y += 8.0;
    for host in shape.of_kind(HostKind::Master) {
        let boxed = grid_box(host, Rect { x: SIDE_L, y, w: inner, h: 0.0 });
        y = boxed.rect.bottom() + 14.0;
        hosts.insert(host.name.clone(), Rc::new(boxed));
    }
    for host in shape.of_kind(HostKind::Etcd) {
        let rect = Rect { x: SIDE_L, y, w: inner, h: 62.0 };
        y += 62.0 + 12.0;
        hosts.insert(host.name.clone(), Rc::new(member_box(host, rect, Card::Full)));
    }
    let mut waiting = None;
    if shape.waiting {
        waiting = Some(Rect { x: SIDE_L, y: y + 4.0, w: inner, h: 40.0 });
        y += 48.0;
    }
    y += 12.0;
    let grid = Grid::plan(shape.of_kind(HostKind::Worker).count(), inner, false);
    let two_line = inner < 290.0;
    let h = match grid.style {
        Style::Cards { .. } => {
            if two_line {
                132.0
            } else {
                98.0
            }
        }
        Style::Tiles { .. } => 54.0,
        Style::Cells { .. } => 42.0,
        Style::Groups { .. } => 66.0,
    };
    let at = Rect { x: SIDE_L, y, w: inner, h };
    let gap = grid.style.line_gap();
    let workers = place_workers(&mut hosts, shape, &grid, at, 44.0, |_, y| (y - gap * 0.68, y - gap * 0.3));
    y += grid.lines as f64 * (h + gap);
    Layout {
        form: Form::Narrow,
        w,
        h: y,
        hosts,
        workers,
        waiting,
        left_x: 10.0,
        raft_x: w - 20.0,
        app_x: w - 9.0,
        api_y: 0.0,
    }
}
