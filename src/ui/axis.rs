//! The timeline's axis: which stretch of time is shown, where an instant stands on it, where its ticks are. Pure.
//!
//! The stretch moves in steps, so that the drawing stands still between two steps and only the line of "now" moves.

use super::model::Span;

const S: u64 = 1_000_000;
/// Spans that "all" grows through, s.
const NICE_S: [u64; 13] = [30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    pub from_us: u64,
    pub to_us: u64,
}

impl Axis {
    pub fn new(span: Span, since_us: u64, now_us: u64) -> Self {
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

    /// Where `us` stands, 0 to 1, clamped to what is shown.
    pub fn at(&self, us: u64) -> f64 {
        let us = us.clamp(self.from_us, self.to_us);
        (us - self.from_us) as f64 / (self.to_us - self.from_us) as f64
    }

    /// Does any of `from..to` lie in what is shown?
    pub fn shows(&self, from_us: u64, to_us: u64) -> bool {
        from_us < self.to_us && to_us > self.from_us
    }

    /// Round instants to label, at most `most`.
    pub fn ticks(&self, most: u64) -> Vec<u64> {
        let span = self.to_us - self.from_us;
        let steps = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800];
        let step = steps.iter().map(|s| s * S).find(|step| span / step <= most).unwrap_or(86_400 * S);
        (self.from_us.div_ceil(step)..=self.to_us / step).map(|n| n * step).filter(|us| *us < self.to_us).collect()
    }
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
    fn ticks_are_few_and_round() {
        let axis = Axis::new(Span(Some(180 * S)), 0, 30 * S);
        assert_eq!(axis.ticks(6), [0, 30 * S, 60 * S, 90 * S, 120 * S, 150 * S]);
        assert!((axis.at(90 * S) - 0.5).abs() < 1e-9);
    }
}
