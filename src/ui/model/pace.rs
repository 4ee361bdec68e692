//! How much simulated time a frame may run, and how fast time really runs. Pure: the caller has the clock.

/// Real time that one frame may spend on simulation, ms. What does not fit is dropped.
pub(crate) const BUDGET_MS: f64 = 12.0;
/// The same while a cluster is starting, and on the way to another moment: there is no motion that could stutter.
pub(crate) const STARTING_MS: f64 = 32.0;
/// Real time over which the speed is measured, ms.
const OVER_MS: f64 = 500.0;
/// A longer frame means that the page was not visible, ms.
const AWAY_MS: f64 = 1_000.0;

/// How much simulated time a frame may run, and how fast time really runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Pace {
    wall_ms: f64,
    simulated_us: u64,
    reached: Option<u32>,
}

impl Pace {
    /// Records a frame that took `wall_ms` and ran `simulated_us`, at a speed of `wanted` simulated over real time.
    pub(crate) fn frame(&mut self, wall_ms: f64, simulated_us: u64, wanted: f64) {
        if wall_ms > AWAY_MS {
            *self = Pace { reached: self.reached, ..Pace::default() };
            return;
        }
        self.wall_ms += wall_ms;
        self.simulated_us += simulated_us;
        if self.wall_ms >= OVER_MS {
            let speed = self.simulated_us as f64 / 1000.0 / self.wall_ms;
            // In whole multiples of real time. A value that rounds to the wanted speed, or to 0, is not shown.
            let whole = speed.round().max(1.0);
            let reached = (speed < wanted * 0.95 && whole < wanted).then_some(whole as u32);
            *self = Pace { reached, ..Pace::default() };
        }
    }

    /// Returns the speed that is reached. `None` if it is the wanted one.
    pub(crate) fn reached(&self) -> Option<u32> {
        self.reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_that_is_not_reached_is_told_and_one_that_is_reached_is_not() {
        let check = |frames: &[(f64, u64)], wanted: f64, expect: Option<u32>| {
            let mut pace = Pace::default();
            for (wall, simulated) in frames {
                pace.frame(*wall, *simulated, wanted);
            }
            assert_eq!(pace.reached(), expect, "{frames:?}");
        };
        check(&[(20.0, 20_000_000); 30], 1000.0, None);
        check(&[(20.0, 12_240_000); 30], 1000.0, Some(612));
        check(&[(20.0, 12_000); 30], 1.0, None); // 0.6 would read as 1
        check(&[(20.0, 12_000); 30], 10.0, Some(1));
        check(&[(20.0, 12_240_000); 10], 1000.0, None); // not measured yet
        check(&[(90_000.0, 100_000)], 1.0, None); // the tab was in the background
    }
}
