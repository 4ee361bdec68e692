//! The form in which workers are drawn: a few as cards, more as tiles, many as cells, very many in groups.

use std::rc::Rc;

pub(crate) const MASTER_MAX: f64 = 340.0;

use super::Rect;
use crate::lab::view::Name;

/// The form in which workers are drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Workers {
    Cards,
    Tiles,
    Cells,
    Groups(Rc<Vec<Group>>),
}

/// Workers `first` to `last`, counted from 1, under one card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// `workers-1-500`, which is never the name of a host.
    pub(crate) name: Name,
    pub(crate) first: usize,
    pub(crate) last: usize,
}

impl Group {
    pub(crate) fn holds(&self, number: usize) -> bool {
        (self.first..=self.last).contains(&number)
    }
}

/// Returns the number of a worker: 37 for `worker-37`.
pub(crate) fn number(host: &str) -> Option<usize> {
    host.strip_prefix("worker-")?.parse().ok()
}

/// The most workers that are drawn one by one.
pub(crate) const MOST_DRAWN: usize = 100;
/// Sizes of groups. The first that gives at most [`MOST_GROUPS`] groups is used.
const GROUP_SIZES: [usize; 5] = [25, 50, 100, 250, 500];
const MOST_GROUPS: usize = 12;

/// Returns groups of equal size for `count` workers.
pub(crate) fn groups(count: usize) -> Vec<Group> {
    let size = GROUP_SIZES.into_iter().find(|size| count.div_ceil(*size) <= MOST_GROUPS).unwrap_or(500);
    let group = |n: usize| {
        let (first, last) = (n * size + 1, ((n + 1) * size).min(count));
        Group { name: format!("workers-{first}-{last}").into(), first, last }
    };
    (0..count.div_ceil(size)).map(group).collect()
}

/// The look of the workers' cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Cards { wide: bool },
    Tiles { wide: bool },
    Cells { wide: bool },
    Groups { wide: bool },
}

/// The widths of a style: least, most, and the gap between two, least and most.
struct Want {
    min: f64,
    max: f64,
    gap: f64,
    gap_most: f64,
}

impl Style {
    fn want(self) -> Want {
        let (min, max, gap, gap_most) = match self {
            // As wide as masters, below them.
            Self::Cards { wide: true } => (204.0, MASTER_MAX, 28.0, 72.0),
            Self::Tiles { wide: true } => (118.0, 172.0, 10.0, 10.0),
            Self::Cells { wide: true } => (56.0, 76.0, 6.0, 6.0),
            Self::Groups { wide: true } => (196.0, 300.0, 14.0, 14.0),
            Self::Tiles { wide: false } => (116.0, 240.0, 8.0, 8.0),
            Self::Cells { wide: false } => (52.0, 76.0, 6.0, 6.0),
            Self::Groups { wide: false } => (240.0, 640.0, 10.0, 10.0),
            Self::Cards { wide: false } => (720.0, 720.0, 10.0, 10.0), // one a line
        };
        Want { min, max, gap, gap_most }
    }

    /// Returns the heights of a card, compact and roomy.
    pub(crate) fn heights(self, two_line: bool) -> (f64, f64) {
        match self {
            Self::Cards { .. } if two_line => (108.0, 124.0),
            Self::Cards { .. } => (68.0, 92.0),
            Self::Tiles { .. } => (48.0, 58.0),
            Self::Cells { .. } => (36.0, 44.0),
            Self::Groups { .. } => (62.0, 76.0),
        }
    }

    /// Returns the gap between two lines, where the links of the lower one run.
    pub(crate) fn line_gap(self) -> f64 {
        match self {
            Self::Cards { .. } | Self::Groups { .. } => 20.0,
            Self::Tiles { .. } => 16.0,
            Self::Cells { .. } => 13.0,
        }
    }
}

/// Equal cards on equal lines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Grid {
    pub(crate) style: Style,
    /// Number of cards: of workers, or of groups.
    pub(crate) count: usize,
    pub(crate) per_line: usize,
    pub(crate) lines: usize,
    pub(crate) w: f64,
    gap: f64,
}

impl Grid {
    /// Returns the grid for `workers` workers in `inner` px.
    pub(crate) fn plan(workers: usize, inner: f64, wide: bool) -> Self {
        let few = if wide { 6 } else { 4 };
        let some = if wide { 40 } else { 30 };
        let (style, count) = match workers {
            n if n <= few => (Style::Cards { wide }, n),
            n if n <= some => (Style::Tiles { wide }, n),
            n if n <= MOST_DRAWN => (Style::Cells { wide }, n),
            n => (Style::Groups { wide }, groups(n).len()),
        };
        let Want { min, max, gap, gap_most } = style.want();
        let fits = ((inner + gap) / (min + gap)).floor().max(1.0) as usize;
        let lines = count.div_ceil(fits);
        let per_line = count.div_ceil(lines.max(1)).max(1);
        let w = ((inner + gap) / per_line as f64 - gap).min(max);
        let spare = (inner - w * per_line as f64) / per_line.saturating_sub(1).max(1) as f64;
        let gap = spare.clamp(gap, gap_most);
        Self { style, count, per_line, lines, w, gap }
    }

    /// Returns the place of card `n` in a grid that is `inner` px wide, starts at (`x`, `y`) and has cards of height `h`.
    pub(crate) fn place(&self, n: usize, x: f64, inner: f64, y: f64, h: f64) -> Rect {
        let all = self.per_line as f64 * (self.w + self.gap) - self.gap;
        let (line, column) = (n / self.per_line, n % self.per_line);
        Rect {
            x: x + (inner - all) / 2.0 + column as f64 * (self.w + self.gap),
            y: y + line as f64 * (h + self.style.line_gap()),
            w: self.w,
            h,
        }
    }
}
