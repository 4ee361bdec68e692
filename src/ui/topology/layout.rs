//! Where everything in the topology stands. Pure: a cluster's shape and a size in, boxes in CSS pixels out, so that
//! nothing is ever shrunk below the size it was designed for.

use std::rc::Rc;

use crate::lab::view::{HostKind, Name, View};
use crate::sim::map::Map;

/// What the layout depends on, and nothing else of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    pub hosts: Vec<HostShape>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostShape {
    pub name: Name,
    pub kind: HostKind,
    pub processes: Vec<Name>,
}

impl Shape {
    pub fn of(view: &View) -> Self {
        let hosts = view.hosts.iter().map(|host| HostShape {
            name: host.name.clone(),
            kind: host.kind,
            processes: host.processes.iter().map(|process| process.name.clone()).collect(),
        });
        Self { hosts: hosts.collect() }
    }

    fn of_kind(&self, kind: HostKind) -> Vec<&HostShape> {
        self.hosts.iter().filter(|host| host.kind == kind).collect()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

impl Rect {
    pub fn right(&self) -> f64 {
        self.x + self.w
    }
    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }
    pub fn cx(&self) -> f64 {
        self.x + self.w / 2.0
    }
    pub fn cy(&self) -> f64 {
        self.y + self.h / 2.0
    }
    /// Does `other` lie within this one?
    pub fn holds(&self, other: &Rect) -> bool {
        self.x <= other.x && self.y <= other.y && self.right() >= other.right() && self.bottom() >= other.bottom()
    }
    pub fn meets(&self, other: &Rect) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }
}

/// A host's card and what is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct HostBox {
    pub kind: HostKind,
    pub rect: Rect,
    /// Name, state and power switch.
    pub header: Rect,
    pub rows: Map<Name, Rect>,
    /// Room for pods (workers) or backends (load balancers).
    pub tail: Rect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Rows of cards, links between the rows.
    Wide,
    /// One column of cards, links in the margins.
    Narrow,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    pub form: Form,
    pub w: f64,
    pub h: f64,
    pub hosts: Map<Name, Rc<HostBox>>,
    /// Left margin's line, for what goes past the masters.
    pub left_x: f64,
    /// Right margin's lines: Raft (narrow only) and the app's requests.
    pub raft_x: f64,
    pub app_x: f64,
    /// Lines between the rows (wide only): below the load balancer, below the masters (etcd's), above the workers.
    pub api_y: f64,
    pub raft_y: f64,
    pub etcd_y: f64,
    pub worker_y: f64,
    pub app_y: f64,
}

/// Below this width the cards stand in one column.
pub const NARROW_BELOW: f64 = 640.0;

pub fn layout(shape: &Shape, w: f64, h: f64) -> Layout {
    if w < NARROW_BELOW { narrow(shape, w) } else { wide(shape, w, h) }
}

/// Heights of a wide layout, from compact (projector) to roomy.
struct Measure {
    top: f64,
    header: f64,
    row: f64,
    row_gap: f64,
    pad: f64,
    gap_api: f64,
    gap_etcd: f64,
    gap_worker: f64,
    worker: f64,
    edge: f64,
}

impl Measure {
    /// `two_line`: cards so narrow that a row needs a second line for its state.
    fn at(t: f64, two_line: bool) -> Self {
        let of = |compact: f64, roomy: f64| compact + (roomy - compact) * t;
        Self {
            top: of(48.0, 62.0),
            header: of(34.0, 42.0),
            row: if two_line { of(44.0, 48.0) } else { of(28.0, 40.0) },
            row_gap: of(4.0, 8.0),
            pad: of(9.0, 12.0),
            gap_api: of(20.0, 48.0),
            gap_etcd: of(18.0, 40.0),
            gap_worker: of(40.0, 64.0),
            worker: if two_line { of(108.0, 124.0) } else { of(68.0, 92.0) },
            edge: of(5.0, 20.0),
        }
    }

    fn rows(&self, count: usize) -> f64 {
        count as f64 * self.row + count.saturating_sub(1) as f64 * self.row_gap
    }

    fn master(&self, rows: usize) -> f64 {
        self.header + self.rows(rows) + self.pad
    }

    fn member(&self) -> f64 {
        self.row.min(36.0) + 2.0 * 8.0
    }

    fn total(&self, plan: &Plan) -> f64 {
        let masters = plan.master_lines as f64 * self.master(plan.rows);
        let between = plan.master_lines.saturating_sub(1) as f64 * self.gap_api;
        let etcd = if plan.external { self.gap_etcd + self.member() } else { 0.0 };
        let workers = plan.worker_lines as f64 * (self.worker + 12.0) - if plan.worker_lines > 0 { 12.0 } else { 0.0 };
        2.0 * self.edge + self.top + self.gap_api + masters + between + etcd + self.gap_worker + workers
    }
}

struct Plan {
    rows: usize,
    per_line: usize,
    master_lines: usize,
    workers_per_line: usize,
    worker_lines: usize,
    external: bool,
}

const MARGIN: f64 = 34.0;
const MASTER_MIN: f64 = 212.0;
const MASTER_MAX: f64 = 340.0;
/// A card narrower than this says its processes' states on a second line.
const TWO_LINE_BELOW: f64 = 258.0;

fn wide(shape: &Shape, w: f64, h: f64) -> Layout {
    let masters = shape.of_kind(HostKind::Master);
    let workers = shape.of_kind(HostKind::Worker);
    let members = shape.of_kind(HostKind::Etcd);
    let inner = w - 2.0 * MARGIN;
    let fits = ((inner + 20.0) / (MASTER_MIN + 20.0)).floor().max(1.0) as usize;
    let master_lines = masters.len().div_ceil(fits).max(1);
    let workers_per_line = fits.max(1);
    let plan = Plan {
        rows: masters.iter().map(|m| own_rows(m).len()).max().unwrap_or(0),
        per_line: masters.len().div_ceil(master_lines).max(1),
        master_lines,
        workers_per_line,
        worker_lines: workers.len().div_ceil(workers_per_line),
        external: !members.is_empty(),
    };
    let two_line = spread(1, plan.per_line, w, 0.0, 0.0, 28.0)[0].w < TWO_LINE_BELOW;
    let (low, high) = (Measure::at(0.0, two_line).total(&plan), Measure::at(1.0, two_line).total(&plan));
    let m = Measure::at(((h - low) / (high - low)).clamp(0.0, 1.0), two_line);
    let height = m.total(&plan).max(h);
    let mut y = m.edge + ((height - m.total(&plan)) / 2.0).min(40.0);

    let mut hosts = Map::new();
    place_top(shape, &mut hosts, y, w, m.top);
    y += m.top;
    let api_y = y + m.gap_api / 2.0;
    y += m.gap_api;
    for line in masters.chunks(plan.per_line) {
        for (host, rect) in line.iter().zip(spread(line.len(), plan.per_line, w, y, m.master(plan.rows), 28.0)) {
            hosts.insert(host.name.clone(), Rc::new(master_box(host, rect, &m)));
        }
        y += m.master(plan.rows) + m.gap_api;
    }
    y -= m.gap_api;
    let mut raft_y = y + 13.0;
    let etcd_y = y + m.gap_etcd / 2.0;
    if plan.external {
        y += m.gap_etcd;
        for (host, rect) in members.iter().zip(spread(members.len(), members.len(), w, y, m.member(), 28.0)) {
            hosts.insert(host.name.clone(), Rc::new(member_box(host, rect)));
        }
        y += m.member();
        raft_y = y + 13.0;
    }
    let (worker_y, app_y) = (y + m.gap_worker - 20.0, y + m.gap_worker - 9.0);
    y += m.gap_worker;
    for line in workers.chunks(plan.workers_per_line) {
        let slots = plan.workers_per_line.min(workers.len());
        for (host, rect) in line.iter().zip(spread(line.len(), slots, w, y, m.worker, 28.0)) {
            hosts.insert(host.name.clone(), Rc::new(worker_box(host, rect, m.header - 4.0)));
        }
        y += m.worker + 12.0;
    }
    Layout {
        form: Form::Wide,
        w,
        h: height,
        hosts,
        left_x: 14.0,
        raft_x: w - 14.0,
        app_x: w - 14.0,
        api_y,
        raft_y,
        etcd_y,
        worker_y,
        app_y,
    }
}

/// `count` equal cards on one line that has room for `slots`, centred.
fn spread(count: usize, slots: usize, w: f64, y: f64, h: f64, gap: f64) -> Vec<Rect> {
    let inner = w - 2.0 * MARGIN;
    let card = ((inner - gap * slots.saturating_sub(1) as f64) / slots.max(1) as f64).min(MASTER_MAX);
    let gap = if slots > 1 { ((inner - card * slots as f64) / (slots - 1) as f64).clamp(gap, 72.0) } else { gap };
    let all = card * count as f64 + gap * count.saturating_sub(1) as f64;
    let x = (w - all) / 2.0;
    (0..count).map(|n| Rect { x: x + n as f64 * (card + gap), y, w: card, h }).collect()
}

/// Laptop left, load balancers in the middle, the app's user right.
fn place_top(shape: &Shape, hosts: &mut Map<Name, Rc<HostBox>>, y: f64, w: f64, h: f64) {
    let side = (w * 0.24).clamp(150.0, 236.0);
    let balancers = shape.of_kind(HostKind::LoadBalancer);
    let room = w - 2.0 * (MARGIN + side + 26.0);
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

/// Laptop, app user, load balancer: the process has the whole card but a load balancer's header and backends.
fn edge_box(host: &HostShape, rect: Rect) -> HostBox {
    let balancer = host.kind == HostKind::LoadBalancer;
    let half = rect.h / 2.0;
    let header = if balancer { Rect { h: half, ..rect } } else { rect };
    if !balancer {
        let rows = host.processes.iter().map(|p| (p.clone(), rect)).collect();
        return HostBox { kind: host.kind, rect, header, rows, tail: rect };
    }
    let (mut x, mut rows) = (rect.x + 10.0, Map::new());
    let most = (rect.w - 48.0) / host.processes.len() as f64 - 6.0;
    for process in &host.processes {
        let w = (33.0 + process.chars().count() as f64 * 7.0).min(most);
        rows.insert(process.clone(), Rect { x, y: rect.y + half - 1.0, w, h: half - 7.0 });
        x += w + 6.0;
    }
    let tail = Rect { x: x + 2.0, y: rect.y + half - 1.0, w: (rect.right() - 44.0 - x).max(0.0), h: half - 7.0 };
    HostBox { kind: host.kind, rect, header, rows, tail }
}

/// The kubelet of a master has no row of its own: it stands at the end of the last one.
const KUBELET: &str = "kubelet";
const KUBELET_W: f64 = 72.0;

fn own_rows(host: &HostShape) -> Vec<&Name> {
    host.processes.iter().filter(|name| &***name != KUBELET).collect()
}

fn master_box(host: &HostShape, rect: Rect, m: &Measure) -> HostBox {
    let row = |n: usize| Rect {
        x: rect.x + m.pad + 2.0,
        y: rect.y + m.header + n as f64 * (m.row + m.row_gap),
        w: rect.w - 2.0 * (m.pad + 2.0),
        h: m.row,
    };
    let own = own_rows(host);
    let mut rows: Map<_, _> = own.iter().enumerate().map(|(n, name)| ((*name).clone(), row(n))).collect();
    if let (Some(kubelet), Some(last)) = (host.processes.iter().find(|name| &***name == KUBELET), own.last()) {
        let whole = row(own.len() - 1);
        rows.insert((*last).clone(), Rect { w: whole.w - KUBELET_W - 5.0, ..whole });
        rows.insert(kubelet.clone(), Rect { x: whole.right() - KUBELET_W, w: KUBELET_W, ..whole });
    }
    HostBox { kind: host.kind, rect, header: Rect { h: m.header, ..rect }, rows, tail: Rect::default() }
}

/// An etcd host: its name left, its one process right.
fn member_box(host: &HostShape, rect: Rect) -> HostBox {
    let left = (rect.w * 0.42).clamp(110.0, 140.0);
    let row = Rect { x: rect.x + left, y: rect.y + 8.0, w: rect.w - left - 10.0, h: rect.h - 16.0 };
    HostBox {
        kind: host.kind,
        rect,
        header: Rect { w: left, ..rect },
        rows: host.processes.iter().map(|p| (p.clone(), row)).collect(),
        tail: Rect::default(),
    }
}

/// A worker: its processes side by side, then room for its pods.
fn worker_box(host: &HostShape, rect: Rect, header: f64) -> HostBox {
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
    HostBox { kind: host.kind, rect, header: Rect { h: header, ..rect }, rows, tail }
}

const SIDE_L: f64 = 22.0;
const SIDE_R: f64 = 30.0;

fn narrow(shape: &Shape, w: f64) -> Layout {
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
        hosts.insert(host.name.clone(), Rc::new(member_box(host, rect)));
    }
    y += 8.0;
    for host in shape.of_kind(HostKind::Worker) {
        let rect = Rect { x: SIDE_L, y, w: inner, h: 98.0 };
        y += 98.0 + 12.0;
        hosts.insert(host.name.clone(), Rc::new(worker_box(host, rect, 44.0)));
    }
    Layout {
        form: Form::Narrow,
        w,
        h: y,
        hosts,
        left_x: 10.0,
        raft_x: w - 20.0,
        app_x: w - 9.0,
        api_y: 0.0,
        raft_y: 0.0,
        etcd_y: 0.0,
        worker_y: 0.0,
        app_y: 0.0,
    }
}

/// A master in one column: its processes two by two, each tall enough for a finger.
fn grid_box(host: &HostShape, rect: Rect) -> HostBox {
    const HEADER: f64 = 46.0;
    const CELL: f64 = 50.0;
    let half = (rect.w - 20.0 - 6.0) / 2.0;
    let kubelet = host.processes.iter().filter(|name| &***name == KUBELET);
    let names: Vec<_> = own_rows(host).into_iter().chain(kubelet).collect();
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
    HostBox {
        kind: host.kind,
        rect: Rect { h, ..rect },
        header: Rect { h: HEADER, ..rect },
        rows: names.iter().enumerate().map(|(n, name)| ((*name).clone(), cell(n))).collect(),
        tail: Rect::default(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn shape(masters: usize, members: usize, workers: usize) -> Shape {
        let host = |name: String, kind, processes: &[&str]| HostShape {
            name: name.into(),
            kind,
            processes: processes.iter().map(|p| (*p).into()).collect(),
        };
        let all = ["kubelet", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"];
        let mut hosts = vec![
            host("laptop".into(), HostKind::Laptop, &["kubectl"]),
            host("app-user".into(), HostKind::AppUser, &["browser"]),
            host("lb-1".into(), HostKind::LoadBalancer, &["haproxy"]),
        ];
        let own = if members == 0 { &all[..] } else { &all[..4] };
        hosts.extend((1..=masters).map(|n| host(format!("master-{n}"), HostKind::Master, own)));
        hosts.extend((1..=members).map(|n| host(format!("etcd-{n}"), HostKind::Etcd, &["etcd"])));
        hosts.extend((1..=workers).map(|n| host(format!("worker-{n}"), HostKind::Worker, &["kubelet", "kube-proxy"])));
        Shape { hosts }
    }

    #[test]
    fn cards_hold_their_rows_and_never_meet() {
        let sizes = [(1, 0, 0), (2, 0, 3), (3, 0, 3), (3, 3, 3), (7, 0, 3), (7, 7, 12)];
        for (masters, members, workers) in sizes {
            for (w, h) in [(358.0, 500.0), (700.0, 500.0), (940.0, 372.0), (1100.0, 560.0), (1600.0, 900.0)] {
                let mut shape = shape(masters, members, workers);
                if masters == 2 {
                    let pair = ["lb-1", "lb-2"].map(|name| HostShape {
                        name: name.into(),
                        kind: HostKind::LoadBalancer,
                        processes: vec!["haproxy".into(), "keepalived".into()],
                    });
                    shape.hosts.splice(2..3, pair);
                }
                let layout = layout(&shape, w, h);
                let all = Rect { x: 0.0, y: 0.0, w: layout.w, h: layout.h };
                assert_eq!(layout.hosts.len(), shape.hosts.len());
                for (name, host) in &layout.hosts {
                    assert!(all.holds(&host.rect), "{name} leaves the picture at {w}x{h}: {:?}", host.rect);
                    for (process, row) in &host.rows {
                        assert!(host.rect.holds(row), "{name}/{process} leaves its host at {w}x{h}");
                    }
                    for (other, second) in &layout.hosts {
                        assert!(name == other || !host.rect.meets(&second.rect), "{name} meets {other} at {w}x{h}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_default_cluster_fits_a_projector_without_scrolling() {
        assert!(layout(&shape(3, 0, 3), 940.0, 374.0).h < 374.5);
        assert!(layout(&shape(3, 3, 3), 932.0, 384.0).h < 384.5);
    }

    #[test]
    fn in_one_column_each_process_is_tall_enough_for_a_finger() {
        for host in layout(&shape(3, 3, 3), 390.0, 600.0).hosts.values() {
            for (name, row) in &host.rows {
                assert!(row.h >= 32.0 || host.kind == HostKind::LoadBalancer, "{name}: {}", row.h);
            }
        }
    }
}
