//! The layout in lines: laptop, load balancers and the app's user; masters; etcd members; workers.

use std::rc::Rc;

use super::boxes::{edge_box, group_box, master_box, member_box, slim_master_box, tile_box, worker_box};
use super::measure::{GAP_LINES, MARGIN, Measure, Plan, TIGHTEST, card_width, gap};
use super::workers::{Grid, Style, groups};
use super::{Card, Form, HostBox, HostShape, Lanes, Layout, Rect, Shape, Workers};
use crate::lab::view::{HostKind, Name};
use crate::sim::map::Map;

pub(crate) fn wide(shape: &Shape, w: f64, h: f64) -> Layout {
    let plan = Plan::of(shape, w);
    let (low, high) = (Measure::at(0.0, &plan).total(&plan), Measure::at(1.0, &plan).total(&plan));
    let m = Measure::at(((h - low) / (high - low)).clamp(TIGHTEST, 1.0), &plan);
    let height = m.total(&plan).max(h);
    let mut y = m.edge + ((height - m.total(&plan)) / 2.0).min(40.0);
    let mut hosts = Map::new();
    place_top(shape, &mut hosts, y, w, m.top);
    let api_y = y + m.top + m.gap_api / 2.0;
    y += m.top + m.gap_api;

    let members = plan.member_lines > 0;
    let masters = Line { per_line: plan.per_line, card: plan.master, h: m.master(&plan), above: api_y };
    // The links below the masters are either Raft or requests to external members.
    let below = if members { m.gap_etcd / 2.0 } else { 13.0 };
    y = place_line(&mut hosts, shape, HostKind::Master, &masters, y, w, below, |host, rect| match plan.master {
        Card::Slim => slim_master_box(host, rect, &m),
        _ => master_box(host, rect, &m),
    });
    if members {
        let above = y + m.gap_etcd / 2.0;
        let line = Line { per_line: plan.members_per_line, card: plan.member, h: m.member(&plan), above };
        y = place_line(&mut hosts, shape, HostKind::Etcd, &line, y + m.gap_etcd, w, 13.0, |host, rect| {
            member_box(host, rect, plan.member)
        });
    }
    let mut waiting = None;
    if plan.waiting {
        waiting = Some(Rect { x: MARGIN, y: y + 21.0, w: w - 2.0 * MARGIN, h: m.waiting - 6.0 });
        y += m.waiting;
    }
    let at = Rect { x: MARGIN, y: y + m.gap_worker, w: w - 2.0 * MARGIN, h: m.worker };
    let workers = place_workers(&mut hosts, shape, &plan.grid, at, m.header.min(42.0) - 4.0, |line, y| {
        if line == 0 {
            (y - 20.0, y - 9.0)
        } else {
            (y - plan.grid.style.line_gap() * 0.68, y - plan.grid.style.line_gap() * 0.3)
        }
    });
    Layout {
        form: Form::Wide,
        w,
        h: height,
        hosts,
        workers,
        waiting,
        left_x: 14.0,
        raft_x: w - 24.0,
        app_x: w - 12.0,
        api_y,
    }
}

/// Lines of masters or members: cards on a line, their height, and the lane above the first line.
struct Line {
    per_line: usize,
    card: Card,
    h: f64,
    above: f64,
}

/// Places all hosts of a kind in lines from `y` on. Returns where they end.
#[allow(clippy::too_many_arguments)] // one call for masters, one for members
fn place_line(
    hosts: &mut Map<Name, Rc<HostBox>>,
    shape: &Shape,
    kind: HostKind,
    line: &Line,
    mut y: f64,
    w: f64,
    last_below: f64,
    make: impl Fn(&HostShape, Rect) -> HostBox,
) -> f64 {
    let all: Vec<_> = shape.of_kind(kind).collect();
    let lines = all.len().div_ceil(line.per_line);
    for (n, some) in all.chunks(line.per_line).enumerate() {
        let last = n + 1 == lines;
        let lanes = Lanes {
            above: if n == 0 { line.above } else { y - 9.0 },
            app: y - 5.0,
            below: y + line.h + if last { last_below } else { 9.0 },
        };
        for (host, rect) in some.iter().zip(spread(some.len(), line.per_line, w, y, line.h, gap(line.card))) {
            hosts.insert(host.name.clone(), Rc::new(HostBox { lanes, ..make(host, rect) }));
        }
        y += line.h + if last { 0.0 } else { GAP_LINES };
    }
    y
}

/// Places workers one by one or in groups, in a grid that starts at `at` with cards of its height. `lanes` returns the lanes
/// above a line, from its number and its start.
pub(crate) fn place_workers(
    hosts: &mut Map<Name, Rc<HostBox>>,
    shape: &Shape,
    grid: &Grid,
    at: Rect,
    header: f64,
    lanes: impl Fn(usize, f64) -> (f64, f64),
) -> Workers {
    let place = |n: usize| {
        let rect = grid.place(n, at.x, at.w, at.y, at.h);
        let (above, app) = lanes(n / grid.per_line, rect.y);
        (rect, Lanes { above, app, below: rect.bottom() })
    };
    let workers = || shape.of_kind(HostKind::Worker);
    if matches!(grid.style, Style::Groups { .. }) {
        let groups = groups(workers().count());
        for (n, group) in groups.iter().enumerate() {
            let (rect, lanes) = place(n);
            hosts.insert(group.name.clone(), Rc::new(HostBox { lanes, ..group_box(&group.name, rect) }));
        }
        return Workers::Groups(Rc::new(groups));
    }
    for (n, host) in workers().enumerate() {
        let (rect, lanes) = place(n);
        let boxed = match grid.style {
            Style::Tiles { .. } => tile_box(host, rect, Card::Tile),
            Style::Cells { .. } => tile_box(host, rect, Card::Cell),
            _ => worker_box(host, rect, header),
        };
        hosts.insert(host.name.clone(), Rc::new(HostBox { lanes, ..boxed }));
    }
    match grid.style {
        Style::Tiles { .. } => Workers::Tiles,
        Style::Cells { .. } => Workers::Cells,
        _ => Workers::Cards,
    }
}

/// Returns `count` equal cards, centred on a line with room for `slots`.
fn spread(count: usize, slots: usize, w: f64, y: f64, h: f64, gap: f64) -> Vec<Rect> {
    let inner = w - 2.0 * MARGIN;
    let card = card_width(slots, inner, gap);
    let gap = if slots > 1 { ((inner - card * slots as f64) / (slots - 1) as f64).clamp(gap, 72.0) } else { gap };
    let all = card * count as f64 + gap * count.saturating_sub(1) as f64;
    let x = (w - all) / 2.0;
    (0..count).map(|n| Rect { x: x + n as f64 * (card + gap), y, w: card, h }).collect()
}

/// Places the laptop on the left, load balancers in the middle, the app's user on the right.
fn place_top(shape: &Shape, hosts: &mut Map<Name, Rc<HostBox>>, y: f64, w: f64, h: f64) {
    let balancers: Vec<_> = shape.of_kind(HostKind::LoadBalancer).collect();
    // Two load balancers with two processes each need more room than the laptop.
    let pair = balancers.len() > 1;
    let side = if pair {
        (w * 0.157).clamp(if w < 800.0 { 100.0 } else { 146.0 }, 200.0)
    } else {
        (w * 0.24).clamp(150.0, 236.0)
    };
    let room = w - 2.0 * (MARGIN + side + if pair { 14.0 } else { 26.0 });
    let each = (room / balancers.len().max(1) as f64 - 16.0).clamp(120.0, 390.0);
    for host in &shape.hosts {
        let rect = match host.kind {
            HostKind::Laptop => Rect { x: MARGIN, y, w: side, h },
            HostKind::AppUser => Rect { x: w - MARGIN - side, y, w: side, h },
            HostKind::LoadBalancer => {
                let n = balancers.iter().position(|lb| lb.name == host.name).unwrap_or(0) as f64;
                let all = each * balancers.len() as f64 + 16.0 * (balancers.len() as f64 - 1.0);
                Rect { x: (w - all) / 2.0 + n * (each + 16.0), y, w: each, h }
            }
            _ => continue,
        };
        hosts.insert(host.name.clone(), Rc::new(edge_box(host, rect)));
    }
}
