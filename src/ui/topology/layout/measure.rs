//! Heights of the parts of a wide layout, from compact (a projector) to roomy, and the number of cards on a line.

use super::workers::{Grid, MASTER_MAX};
use super::{Card, Shape};
use crate::lab::view::HostKind;

pub(crate) const MARGIN: f64 = 34.0;
const MASTER_MIN: f64 = 212.0;
/// The least width of a card with room for every name.
const SLIM_MIN: f64 = 108.0;
/// A card narrower than this has its processes' states on a second line.
pub(crate) const TWO_LINE_BELOW: f64 = 258.0;
/// From this width on an etcd member's process is beside its name.
const MEMBER_BESIDE: f64 = 196.0;
/// The gap between two lines of masters or of members.
pub(crate) const GAP_LINES: f64 = 28.0;
/// How much tighter than compact it may get before the picture scrolls.
pub(crate) const TIGHTEST: f64 = -0.25;

/// The distribution of cards on lines.
pub(crate) struct Plan {
    pub(crate) rows: usize,
    pub(crate) master: Card,
    pub(crate) per_line: usize,
    pub(crate) master_lines: usize,
    pub(crate) two_line: bool,
    pub(crate) workers_two_line: bool,
    pub(crate) member: Card,
    pub(crate) members_per_line: usize,
    pub(crate) member_lines: usize,
    pub(crate) grid: Grid,
    pub(crate) waiting: bool,
}

/// Returns the cards on a line and the number of lines, so that each card is at least `min` wide.
fn lines(count: usize, inner: f64, min: f64, gap: f64) -> (usize, usize) {
    let fits = ((inner + gap) / (min + gap)).floor().max(1.0) as usize;
    let lines = count.div_ceil(fits);
    (count.div_ceil(lines.max(1)).max(1), lines)
}

impl Plan {
    pub(crate) fn of(shape: &Shape, w: f64) -> Self {
        let inner = w - 2.0 * MARGIN;
        let count = |kind| shape.of_kind(kind).count();
        let (masters, members, workers) = (count(HostKind::Master), count(HostKind::Etcd), count(HostKind::Worker));
        let (mut per_line, mut master_lines) = lines(masters, inner, MASTER_MIN, 20.0);
        let mut master = Card::Full;
        if master_lines > 1 {
            (per_line, master_lines) = lines(masters, inner, SLIM_MIN, gap(Card::Slim));
            let wide = (inner + gap(Card::Slim)) / per_line as f64 - gap(Card::Slim);
            master = if wide < 200.0 { Card::Slim } else { Card::Full };
        }
        let (members_per_line, member_lines) = lines(members, inner, SLIM_MIN, gap(Card::Slim));
        let member = (inner + gap(Card::Slim)) / members_per_line as f64 - gap(Card::Slim);
        let grid = Grid::plan(workers, inner, true);
        Self {
            rows: shape.of_kind(HostKind::Master).map(|m| m.processes.len()).max().unwrap_or(0),
            master,
            per_line,
            master_lines,
            two_line: card_width(per_line, inner, gap(master)) < TWO_LINE_BELOW,
            member: if member < MEMBER_BESIDE { Card::Slim } else { Card::Full },
            members_per_line,
            member_lines,
            workers_two_line: grid.w < TWO_LINE_BELOW,
            grid,
            waiting: shape.waiting,
        }
    }
}

pub(crate) fn gap(card: Card) -> f64 {
    if card == Card::Slim { 12.0 } else { 28.0 }
}

/// Returns the width of each of `slots` cards on one line.
pub(crate) fn card_width(slots: usize, inner: f64, gap: f64) -> f64 {
    ((inner - gap * slots.saturating_sub(1) as f64) / slots.max(1) as f64).min(MASTER_MAX)
}

/// Heights, CSS px.
pub(crate) struct Measure {
    pub(crate) top: f64,
    pub(crate) header: f64,
    pub(crate) row: f64,
    pub(crate) row_gap: f64,
    pub(crate) pad: f64,
    pub(crate) gap_api: f64,
    pub(crate) gap_etcd: f64,
    pub(crate) gap_worker: f64,
    pub(crate) worker: f64,
    pub(crate) edge: f64,
    pub(crate) waiting: f64,
    /// Row of a slim master's kubelet, which needs only one line.
    pub(crate) short_row: f64,
}

impl Measure {
    /// Returns the heights at `t`, from 0, compact, to 1, roomy.
    pub(crate) fn at(t: f64, plan: &Plan) -> Self {
        let of = |compact: f64, roomy: f64| compact + (roomy - compact) * t;
        let slim = plan.master == Card::Slim;
        let (compact, roomy) = plan.grid.style.heights(plan.workers_two_line);
        Self {
            top: of(48.0, 62.0),
            header: if slim { of(39.0, 46.0) } else { of(34.0, 42.0) },
            row: if slim {
                of(30.0, 42.0)
            } else if plan.two_line {
                of(44.0, 48.0)
            } else {
                of(28.0, 40.0)
            },
            row_gap: of(4.0, 8.0),
            pad: if slim { of(7.0, 9.0) } else { of(9.0, 12.0) },
            gap_api: of(20.0, 48.0),
            gap_etcd: of(20.0, 40.0),
            gap_worker: of(40.0, 64.0),
            worker: of(compact, roomy),
            edge: of(5.0, 20.0),
            waiting: of(30.0, 38.0),
            short_row: of(23.0, 28.0),
        }
    }

    pub(crate) fn master(&self, plan: &Plan) -> f64 {
        let rows = if plan.master == Card::Slim {
            plan.rows.saturating_sub(1) as f64 * (self.row + self.row_gap) + self.short_row
        } else {
            let rows = plan.rows.saturating_sub(1); // the kubelet is at the end of the last row
            rows as f64 * self.row + rows.saturating_sub(1) as f64 * self.row_gap
        };
        self.header + rows + self.pad
    }

    pub(crate) fn member(&self, plan: &Plan) -> f64 {
        if plan.member == Card::Slim {
            41.0 + self.row.clamp(33.0, 36.0) + 8.0
        } else {
            self.row.clamp(29.0, 36.0) + 2.0 * 8.0
        }
    }

    pub(crate) fn total(&self, plan: &Plan) -> f64 {
        let stack = |lines: usize, each: f64, gap: f64| lines as f64 * each + lines.saturating_sub(1) as f64 * gap;
        let masters = stack(plan.master_lines, self.master(plan), GAP_LINES);
        let etcd = match plan.member_lines {
            0 => 0.0,
            lines => self.gap_etcd + stack(lines, self.member(plan), GAP_LINES),
        };
        let waiting = if plan.waiting { self.waiting } else { 0.0 };
        let workers = stack(plan.grid.lines, self.worker, plan.grid.style.line_gap());
        2.0 * self.edge + self.top + self.gap_api + masters + etcd + waiting + self.gap_worker + workers
    }
}
