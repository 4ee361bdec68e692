//! The timeline's axis: the shown stretch of time, the place of an instant on it, its ticks. Pure.
//!
//! The stretch moves in steps. Between two steps only the line of "now" moves.

use crate::lab::i18n::Text;
use crate::ui::texts::time;

const S: u64 = 1_000_000;

/// The length of the shown stretch. `None` is all of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub(crate) Option<u64>);

impl Span {
    pub(crate) const FIRST: Span = SPANS[1].0;
}

pub(crate) const SPANS: [(Span, Text); 4] = [
    (Span(Some(60 * S)), time::TIME_SPAN_1),
    (Span(Some(180 * S)), time::TIME_SPAN_3),
    (Span(Some(900 * S)), time::TIME_SPAN_15),
    (Span(None), time::TIME_SPAN_ALL),
];

/// Spans that "all" grows through, s.
const NICE_S: [u64; 13] = [30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Axis {
    pub(crate) from_us: u64,
    pub(crate) to_us: u64,
}

impl Axis {
    /// Returns the axis at `now_us` of a branch whose head is `head_us`: the newest stretch that contains now, moved back from
    /// the newest of all by halves of the span, so that it stands still while the user scrubs within it.
    pub(crate) fn of(span: Span, since_us: u64, now_us: u64, head_us: u64) -> Self {
        let mut axis = Self::new(span, since_us, head_us.max(now_us));
        if let Some(span_us) = span.0
            && now_us < axis.from_us
        {
            let half = span_us / 2;
            let back = (axis.from_us - now_us).div_ceil(half) * half;
            let from_us = axis.from_us.saturating_sub(back);
            axis = Self { from_us, to_us: from_us + span_us };
        }
        axis
    }

    fn new(span: Span, since_us: u64, now_us: u64) -> Self {
        let Some(span_us) = span.0 else {
            let from_us = since_us / (30 * S) * (30 * S);
            let wanted = (now_us - from_us).max(1) * 21 / 20;
            let nice = NICE_S.iter().map(|s| s * S).find(|nice| *nice >= wanted);
            return Self { from_us, to_us: from_us + nice.unwrap_or(wanted.next_multiple_of(86_400 * S)) };
        };
        let step = span_us / 12;
        let past = now_us.saturating_sub(span_us - step);
        let from_us = past.div_ceil(step) * step;
        Self { from_us, to_us: from_us + span_us }
    }

    /// Returns the place of `us`, 0 to 1, clamped to the stretch.
    pub(crate) fn at(&self, us: u64) -> f64 {
        let us = us.clamp(self.from_us, self.to_us);
        (us - self.from_us) as f64 / (self.to_us - self.from_us) as f64
    }

    /// Returns the moment at `part`, 0 to 1.
    pub(crate) fn moment(&self, part: f64) -> u64 {
        self.from_us + ((self.to_us - self.from_us) as f64 * part.clamp(0.0, 1.0)) as u64
    }

    /// Returns whether any of `from..to` is in the stretch.
    pub(crate) fn shows(&self, from_us: u64, to_us: u64) -> bool {
        from_us < self.to_us && to_us > self.from_us
    }

    /// Returns round instants to label, at most `most`.
    pub(crate) fn ticks(&self, most: u64) -> Vec<u64> {
        let span = self.to_us - self.from_us;
        let steps = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800];
        let step = steps.iter().map(|s| s * S).find(|step| span / step <= most).unwrap_or(86_400 * S);
        (self.from_us.div_ceil(step)..=self.to_us / step).map(|n| n * step).filter(|us| *us < self.to_us).collect()
    }
}

/// The cursor: its moment, and its place on the axis.
#[derive(Clone, Copy)]
pub(crate) struct Cursor {
    pub(crate) us: u64,
    pub(crate) part: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_is_always_shown_and_the_axis_stands_still_for_a_while() {
        for span in [Span(Some(60 * S)), Span(Some(900 * S)), Span(None)] {
            let mut moves = 0;
            let mut last = None;
            for now in (0..4000 * S).step_by(S as usize) {
                let axis = Axis::new(span, 0, now);
                assert!(axis.shows(now, now + 1), "{span:?} at {now}");
                moves += u32::from(last.replace(axis) != Some(axis));
            }
            assert!(moves < 1000, "{span:?} moved {moves} times");
        }
    }

    #[test]
    fn the_axis_stands_still_while_one_scrubs_in_it_and_follows_into_the_past() {
        let span = Span(Some(180 * S));
        let newest = Axis::of(span, 0, 1000 * S, 1000 * S);
        let mut seen = vec![];
        for now in (30..=1000).rev() {
            let axis = Axis::of(span, 0, now * S, 1000 * S);
            assert!(axis.shows(now * S, now * S + 1), "at {now}");
            if seen.last() != Some(&axis) {
                seen.push(axis);
            }
        }
        assert_eq!(seen[0], newest);
        assert!(seen.len() < 13, "it moves by halves: {}", seen.len());
        assert_eq!(newest.moment(newest.at(960 * S)), 960 * S);
    }

    #[test]
    fn ticks_are_few_and_round() {
        let axis = Axis::new(Span(Some(180 * S)), 0, 30 * S);
        assert_eq!(axis.ticks(6), [0, 30 * S, 60 * S, 90 * S, 120 * S, 150 * S]);
        assert!((axis.at(90 * S) - 0.5).abs() < 1e-9);
    }
}
