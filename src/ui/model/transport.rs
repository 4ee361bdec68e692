//! What moves simulated time: play and pause, the speed, the way to another moment, and the part of it that a frame runs.

use super::Journey;
use super::pace::Pace;

/// Simulated over real time, and its label.
pub(crate) const SPEEDS: [(f64, &str); 5] =
    [(0.1, "0.1×"), (1.0, "1×"), (10.0, "10×"), (100.0, "100×"), (1000.0, "1000×")];

/// The most real time that one frame catches up on, ms. A tab in the background stands still.
pub(super) const FRAME_MAX_MS: f64 = 100.0;

/// What moves simulated time.
pub(crate) struct Transport {
    pub(crate) playing: bool,
    /// Index into [`SPEEDS`].
    pub(crate) speed: usize,
    pub(super) journey: Option<Journey>,
    /// The moment to go to at the end of the journey, µs.
    pub(super) after: Option<u64>,
    pub(crate) pace: Pace,
    /// Simulated time that the frames so far had no room for, µs; less than one.
    pub(super) carry_us: f64,
    /// Real time of the last frame, ms.
    last_ms: Option<f64>,
}

impl Default for Transport {
    /// Plays at real time.
    fn default() -> Self {
        Self {
            playing: true,
            speed: 1,
            journey: None,
            after: None,
            pace: Pace::default(),
            carry_us: 0.0,
            last_ms: None,
        }
    }
}

impl Transport {
    /// Starts or stops time. On the way to another moment it stops there.
    pub(super) fn play_or_pause(&mut self) {
        let travelled = self.journey.take().is_some();
        self.playing = !self.playing && !travelled;
    }

    pub(super) fn set_speed(&mut self, speed: usize) {
        self.speed = speed.min(SPEEDS.len() - 1);
        self.pace = Pace::default();
    }

    /// Time stands still, whatever it was doing.
    pub(super) fn stop(&mut self) {
        self.playing = false;
        (self.journey, self.after) = (None, None);
    }

    /// A frame comes at `ms`. Returns the real time since the last one, and as much of it as counts, ms.
    pub(super) fn tick(&mut self, ms: f64) -> (f64, f64) {
        let took = self.last_ms.map_or(0.0, |last| (ms - last).max(0.0));
        self.last_ms = Some(ms);
        (took, took.min(FRAME_MAX_MS))
    }

    /// Returns the simulated time that a frame of `elapsed` ms has to run, µs.
    pub(super) fn share(&mut self, elapsed: f64) -> u64 {
        self.carry_us += elapsed * 1000.0 * SPEEDS[self.speed].0;
        let us = self.carry_us.floor();
        self.carry_us -= us;
        us as u64
    }

    /// A frame that took `took` ms has run so many simulated µs.
    pub(super) fn ran(&mut self, took: f64, ran: u64) {
        self.pace.frame(took, ran, SPEEDS[self.speed].0);
    }
}
