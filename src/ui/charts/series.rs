//! Figures over time for the charts: cut to the axis, and thinned to the number that a picture or a table can show. Pure.

use std::ops::Range;

use crate::lab::view::{Series, ServerSeries};
use crate::ui::dock::axis::Axis;

/// Points of a series that are drawn as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) from_us: u64,
    pub(crate) to_us: u64,
    points: Range<usize>,
}

/// Returns the shown part of the series, oldest first, in at most `most` stretches, whose limits do not move with the axis.
pub(crate) fn stretches(series: &Series, axis: &Axis, most: usize) -> Vec<Stretch> {
    let every = series.every_us.max(1);
    let from = (axis.from_us / every) as usize;
    let to = (axis.to_us.div_ceil(every) as usize).min(series.desired.len());
    let group = to.saturating_sub(from).div_ceil(most.max(1)).max(1);
    let mut stretches = Vec::new();
    let mut at = from / group * group;
    while at < to {
        let points = at..(at + group).min(to);
        stretches.push(Stretch { from_us: points.start as u64 * every, to_us: points.end as u64 * every, points });
        at += group;
    }
    stretches
}

impl Stretch {
    /// Returns the stretch of one point.
    pub(crate) fn of(series: &Series, point: usize) -> Self {
        let every = series.every_us;
        Stretch { from_us: point as u64 * every, to_us: (point as u64 + 1) * every, points: point..point + 1 }
    }

    /// Returns the desired pods at the end, and the fewest that were ready.
    pub(crate) fn pods(&self, series: &Series) -> (u32, u32) {
        let desired = series.desired[self.points.clone()].last().copied().unwrap_or(0);
        let ready = series.ready[self.points.clone()].iter().min().copied().unwrap_or(0);
        (desired, ready)
    }

    /// Returns requests and errors per second.
    pub(crate) fn rates(&self, server: &ServerSeries) -> (f64, f64) {
        let s = (self.to_us - self.from_us) as f64 / 1e6;
        let sum = |column: &[u32]| column[self.points.clone()].iter().map(|n| f64::from(*n)).sum::<f64>() / s;
        (sum(&server.requests), sum(&server.errors))
    }
}

/// Returns the least round number that is not less than `top`.
pub(crate) fn round_up(top: f64) -> f64 {
    let mut power = 1.0;
    loop {
        for step in [1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0] {
            if step * power >= top {
                return step * power;
            }
        }
        power *= 10.0;
    }
}

/// Returns a rate with the digits that matter: `12`, `0.4`.
pub(crate) fn rate(per_s: f64) -> String {
    if per_s >= 10.0 || per_s.fract().abs() < 0.05 { format!("{per_s:.0}") } else { format!("{per_s:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(points: u32) -> Series {
        let column: Vec<u32> = (0..points).collect();
        let server =
            ServerSeries { host: "master-1".into(), requests: column.clone(), errors: vec![0; points as usize] };
        let (desired, ready) = (vec![9; points as usize], column);
        Series { every_us: 1_000_000, desired, ready, servers: vec![server] }
    }

    #[test]
    fn a_picture_has_few_stretches_that_cover_what_is_shown() {
        let series = series(1000);
        let check = |from: u64, to: u64, most: usize, count: usize, first: u64, last: u64| {
            let axis = Axis { from_us: from * 1_000_000, to_us: to * 1_000_000 };
            let got = stretches(&series, &axis, most);
            let ends = (got.first().map(|s| s.from_us / 1_000_000), got.last().map(|s| s.to_us / 1_000_000));
            assert_eq!((got.len(), ends), (count, (Some(first), Some(last))), "{from}..{to} in {most}");
            assert!(got.windows(2).all(|pair| pair[0].to_us == pair[1].from_us));
        };
        check(0, 60, 100, 60, 0, 60);
        check(30, 210, 400, 180, 30, 210);
        check(0, 1200, 100, 100, 0, 1000);
        check(7, 900, 10, 10, 0, 900); // groups of 90 are always at the same places
        assert!(stretches(&series, &Axis { from_us: 2_000_000_000, to_us: 2_100_000_000 }, 10).is_empty());
        assert!(stretches(&Series::default(), &Axis { from_us: 0, to_us: 60_000_000 }, 10).is_empty());
    }

    #[test]
    fn a_stretch_says_the_worst_of_pods_and_the_mean_of_requests() {
        let series = series(100);
        let stretch = &stretches(&series, &Axis { from_us: 0, to_us: 100_000_000 }, 10)[1];
        assert_eq!(stretch.pods(&series), (9, 10));
        assert_eq!(stretch.rates(&series.servers[0]), (14.5, 0.0));
    }

    #[test]
    fn rates_and_tops_are_written_short() {
        for (rate_is, top, text, round) in
            [(0.0, 0.3, "0", 1.0), (0.4, 4.3, "0.4", 5.0), (9.96, 10.0, "10.0", 10.0), (214.2, 214.2, "214", 250.0)]
        {
            assert_eq!((rate(rate_is).as_str(), round_up(top)), (text, round));
        }
    }
}
