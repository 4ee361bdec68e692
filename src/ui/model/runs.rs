//! The run as it is kept, and its return on a later visit.

use super::Model;
use crate::lab::session::Session;
use crate::ui::storage::Kept;

impl Model {
    /// Returns the shown branch of the sandbox, to its head, with the moment that is shown.
    pub(crate) fn kept(&self) -> Kept {
        let session = self.sandbox();
        Kept { run: session.to_head(), now_us: session.now_us() }
    }

    /// Returns the same of the session on the stage, which may be a lesson's.
    pub(crate) fn on_stage(&self) -> Kept {
        Kept { run: self.session.to_head(), now_us: self.session.now_us() }
    }

    /// Runs a kept run up to its moment, and stands still there.
    pub(crate) fn bring_back(&mut self, kept: &Kept) {
        self.enter_sandbox();
        self.session = Session::open(&kept.run);
        self.begin_anew();
        self.run_out(kept.now_us);
    }
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use crate::lab::scenario::Scenario;
    use crate::ui::storage::Kept;

    const S: u64 = 1_000_000;

    fn arrive(model: &mut Model) {
        for frame in 0..1_000 {
            model.reduce(Action::Frame(f64::from(frame) * 16.0));
            if !model.travels() {
                return;
            }
        }
        panic!("it does not end");
    }

    #[test]
    fn a_kept_run_comes_back_at_the_moment_that_was_looked_at() {
        let mut model = Model::new(Session::new(), false, true);
        model.reduce(Action::Act("master-1".into(), Verb::PowerOff));
        model.session.advance(100 * S);
        model.reduce(Action::Seek(60 * S));
        let kept = model.kept();
        let mut other = Model::new(Session::new(), false, true);
        other.bring_back(&kept);
        arrive(&mut other);
        assert_eq!((other.view.now_us, other.view.head_us, other.transport.playing), (60 * S, 130 * S, false));
        assert_eq!(other.view.hosts, model.view.hosts);
        assert_eq!(&*other.said, "", "nothing of the past is announced");
        assert_eq!(other.kept(), kept);
    }

    #[test]
    fn a_long_run_comes_back_in_pieces_and_can_be_stopped() {
        let mut model = Model::new(Session::new(), false, true);
        model.clock = super::super::burden_tests::ticking;
        let run = Scenario::parse(r#"{"version":1,"until":"167h","seed":4}"#).expect("good");
        model.bring_back(&Kept { now_us: run.until.0.0, run });
        assert_eq!((model.view.setup.seed, model.travels()), (4, true));
        model.reduce(Action::PlayPause);
        assert!(!model.travels());
    }
}
