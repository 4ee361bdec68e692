//! The layout of pods as cells, as large as the room allows.

use super::Rect;

/// The arrangement of cells in their room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cells {
    /// Edge of a cell, CSS px.
    pub(crate) size: f64,
    gap: f64,
    per_line: usize,
    /// Number of cells that are drawn. The rest have no room.
    pub(crate) shown: usize,
    x: f64,
    y: f64,
}

const SIZES: [f64; 8] = [12.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0];

impl Cells {
    /// Arranges `n` cells in `room`, none larger than `largest`.
    pub(crate) fn of(n: usize, room: Rect, largest: f64) -> Self {
        let plan = |size: f64| {
            let gap = if size >= 8.0 { 3.0 } else { 2.0 };
            let fits = |px: f64| ((px + gap) / (size + gap)).floor().max(0.0) as usize;
            let (per_line, lines) = (fits(room.w).max(1), fits(room.h).max(1));
            Self { size, gap, per_line, shown: n.min(per_line * lines), x: room.x, y: room.y }
        };
        let sizes = SIZES.into_iter().filter(|size| *size <= largest);
        sizes.map(plan).find(|cells| cells.shown == n).unwrap_or_else(|| plan(4.0))
    }

    /// Returns the place of cell `n`.
    pub(crate) fn place(&self, n: usize) -> Rect {
        let step = self.size + self.gap;
        let (line, column) = (n / self.per_line, n % self.per_line);
        Rect { x: self.x + column as f64 * step, y: self.y + line as f64 * step, w: self.size, h: self.size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_fit_their_room_and_never_meet() {
        for room in [
            Rect { x: 3.0, y: 4.0, w: 46.0, h: 15.0 },
            Rect { x: 0.0, y: 0.0, w: 100.0, h: 22.0 },
            Rect { x: 0.0, y: 0.0, w: 320.0, h: 40.0 },
        ] {
            for n in [0, 1, 3, 10, 40, 110, 500] {
                let cells = Cells::of(n, room, 12.0);
                assert!(n > 10 || cells.shown == n, "{n} pods fit {room:?}");
                let places: Vec<_> = (0..cells.shown).map(|n| cells.place(n)).collect();
                for (at, place) in places.iter().enumerate() {
                    assert!(room.holds(place), "{n} in {room:?}: {place:?}");
                    assert!(!places[at + 1..].iter().any(|other| other.meets(place)), "{n} in {room:?}");
                }
            }
        }
    }
}
