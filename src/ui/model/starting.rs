//! The start of a large cluster: seconds of work, a part of it in each frame, so that the page shows the progress and stays
//! responsive.

use super::{Action, Model, texts};
use crate::ui::widgets::format;

/// How often the picture is drawn meanwhile, ms. Drawing it in every frame costs too much.
const DRAWN_MS: f64 = 250.0;

/// Returns whether an action goes to a moment of the run or acts on the cluster.
pub(super) fn needs_a_started_one(action: &Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::Step
            | A::Act(..)
            | A::Do(..)
            | A::Timings(..)
            | A::Reading(_)
            | A::Seek(_)
            | A::StepBack
            | A::Until(_)
            | A::Undo
            | A::Redo
            | A::Branch(_)
    )
}

/// Progress of a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Starting {
    /// Simulated time, µs.
    pub(crate) now_us: u64,
    pub(crate) until_us: u64,
    pub(crate) pods_ready: u32,
    pub(crate) pods: u64,
}

impl Model {
    /// Returns whether a large cluster is starting, which accepts no acts yet.
    pub(crate) fn is_starting(&self) -> bool {
        self.session.is_starting()
    }

    /// Returns the progress of the start. `None` once it has started.
    pub(crate) fn starting(&self) -> Option<Starting> {
        let deployments = &self.view.setup.cluster.deployments;
        self.is_starting().then(|| Starting {
            now_us: self.view.now_us,
            until_us: self.session.start_us(),
            pods_ready: self.view.counters.pods_ready,
            pods: deployments.iter().map(|d| u64::from(d.replicas)).sum(),
        })
    }

    /// Returns whether it is time to draw the progress of a start or a journey. The next time is [`DRAWN_MS`] later.
    pub(super) fn draws_progress(&mut self) -> bool {
        let due = self.wall_ms >= self.started_ms + DRAWN_MS;
        if due {
            self.started_ms = self.wall_ms;
        }
        due
    }

    /// Does a frame's part of the start. Returns whether the page must be redrawn.
    pub(super) fn start_on(&mut self) -> bool {
        // Drawing has a frame of its own: it costs as much as a part of the start.
        if self.view.now_us != self.session.now_us() && self.draws_progress() {
            self.show_anew();
            return true;
        }
        let started = self.session.start_on(&mut self.slice());
        if self.weigh() {
            return true;
        }
        if !started {
            return false;
        }
        self.show_anew();
        // A cluster that starts again to go back in time continues on its way.
        if !self.travels() {
            self.said = texts::run::RUN_STARTED.with(&[("time", &format::clock(self.view.now_us))]).into();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::burden_tests::ticking;
    use super::super::*;
    use crate::lab::scenario::Cluster;
    use crate::ui::storage::Kept;

    fn setup() -> Setup {
        Setup::new(3, Cluster { workers: 200, ..Cluster::default() })
    }

    fn model() -> Model {
        let mut model = Model::new(Session::new(), false, true);
        model.clock = ticking;
        model
    }

    /// Runs frames until it has started. Returns their number.
    fn frames(model: &mut Model) -> u32 {
        for frame in 0.. {
            model.reduce(Action::Frame(f64::from(frame) * 16.0));
            if !model.is_starting() {
                return frame;
            }
        }
        unreachable!()
    }

    #[test]
    fn a_large_cluster_starts_over_many_frames_and_then_is_as_one_that_started_at_once() {
        let mut model = model();
        model.reduce(Action::Reset(setup()));
        assert!(model.is_starting() && model.transport.playing);
        let first = model.starting().expect("it starts");
        assert_eq!((first.until_us, first.pods), (30_000_000, 3));
        assert!(frames(&mut model) > 3);
        assert_eq!((model.view.now_us, model.view.start_us, model.starting()), (30_000_000, 30_000_000, None));
        let mut at_once = Session::new();
        at_once.reset(setup());
        at_once.start();
        assert_eq!(*model.view, at_once.view());
    }

    #[test]
    fn nothing_is_done_to_a_cluster_that_starts_but_another_can_take_its_place() {
        let mut model = model();
        model.reduce(Action::Reset(setup()));
        for action in [Action::Act("worker-7".into(), Verb::PowerOff), Action::Undo, Action::Seek(5), Action::Step] {
            model.reduce(action);
            assert!(model.is_starting() && model.said.contains("is starting"), "{}", model.said);
        }
        model.reduce(Action::Reset(Setup::default()));
        frames(&mut model);
        assert_eq!(model.view.now_us, 30_000_000);
    }

    #[test]
    fn a_kept_run_of_a_large_cluster_starts_and_goes_on_to_its_moment() {
        let mut first = model();
        first.reduce(Action::Reset(setup()));
        frames(&mut first);
        first.reduce(Action::Act("worker-7".into(), Verb::PowerOff));
        first.session.advance(2_000_000);
        let mut second = model();
        second.bring_back(&Kept { now_us: 31_000_000, ..first.kept() });
        assert!(second.is_starting());
        frames(&mut second);
        for frame in 0..1_000 {
            second.reduce(Action::Frame(f64::from(frame) * 16.0));
        }
        assert_eq!(
            (second.view.now_us, second.view.head_us, second.transport.playing),
            (31_000_000, 32_000_000, false)
        );
        assert_eq!(second.view.host("worker-7").map(|host| host.power), Some(Power::Off));
    }
}
