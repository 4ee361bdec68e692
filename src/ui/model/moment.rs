//! Moments as links: of this page, and from elsewhere.

use super::{Model, Setup, texts};
use crate::lab::link::Link;
use crate::lab::scenario::Scenario;
use crate::lab::session::Session;
use crate::sim::SimDuration;

impl Model {
    /// Returns this moment as a link: all acts of the branch, and the moment shown.
    pub(crate) fn moment(&self) -> Link {
        let (now, scenario) = (self.session.now_us(), self.session.to_head());
        // A run of the default cluster to where a scenario ends by default would be a link to nothing in particular.
        let named = now < self.session.head_us() || scenario == Scenario::default();
        Link { now: named.then_some(SimDuration::from_micros(now)), scenario, place: self.place.clone() }
    }

    /// Goes to a moment from elsewhere, and stands still there. Returns the moment, µs. Long work is done in pieces, one a frame.
    pub(crate) fn open(&mut self, link: &Link) -> u64 {
        // A lesson alone, or nothing in particular: a new cluster.
        let fresh = !link.is_moment();
        let session = if fresh { Session::build(Setup::default()) } else { Session::open(&link.scenario) };
        self.enter_sandbox();
        self.session = session;
        if fresh {
            self.session.start_on(&mut self.slice());
            self.begin_anew();
            self.transport.playing = true;
            return self.session.start_us();
        }
        self.begin_anew();
        self.go_to_moment(link)
    }

    /// Runs the session of a link to its head, so that the later part is known, and goes back to the moment. Returns it, µs.
    pub(super) fn go_to_moment(&mut self, link: &Link) -> u64 {
        let head = self.session.head_us();
        let at = link.now.map_or(head, |now| now.0).clamp(self.session.start_us().min(head), head);
        self.run_out(at);
        at
    }

    /// Starts or stops time.
    pub(super) fn play(&mut self, on: bool) {
        self.stop();
        self.transport.playing = on;
        self.said = if on { texts::delivery::EMBED_PLAYS } else { texts::delivery::EMBED_STANDS }.get().into();
    }
}

#[cfg(test)]
impl Model {
    /// Runs frames until the journey in time has ended.
    pub(crate) fn arrive(&mut self) {
        let mut ms = 0.0;
        while self.travels() {
            ms += 16.0;
            self.reduce(super::Action::Frame(ms));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use crate::lab::link;
    use crate::ui::model::share::{Step, fragment};

    /// A model without a hint, at 30 s.
    fn model() -> Model {
        Model::new(Session::new(), false, true)
    }

    /// Guards the default end of a scenario, 120 s, which a run of the default cluster can also have.
    #[test]
    fn a_link_to_where_a_scenario_ends_by_default_leads_there() {
        let mut first = model();
        first.session.advance(90_000_000);
        first.refresh();
        for at in [120_000_000, 50_000_000] {
            first.reduce(Action::Seek(at));
            first.arrive();
            let fragment_of = link::encode(&first.moment()).expect("fits");
            let mut second = model();
            second.reduce(Action::Share(fragment(&fragment_of, true).expect("one of ours")));
            second.arrive();
            assert_eq!(
                (second.view.now_us, second.view.head_us, second.transport.playing),
                (at, 120_000_000, false),
                "{fragment_of}"
            );
        }
        let Some(Step::Open(nothing)) = fragment("#1.e317mQ", true) else { panic!("it is one of ours") };
        let mut fresh = model();
        fresh.reduce(Action::Share(Step::Open(nothing)));
        assert_eq!((fresh.view.now_us, fresh.transport.playing), (30_000_000, true), "a link to nothing in particular");
    }

    /// Guards that no part of the future is drawn that has not been run again, when the learner stops on the way there.
    #[test]
    fn what_was_not_run_again_is_not_known() {
        let mut first = model();
        first.session.advance(3_000_000_000);
        first.refresh();
        first.reduce(Action::Seek(2_000_000_000));
        first.arrive();
        assert_eq!((first.view.now_us, first.view.known_us), (2_000_000_000, 3_030_000_000));
        let mut second = model();
        second.clock = super::super::burden_tests::ticking;
        second.reduce(Action::Share(Step::Open(Box::new(first.moment()))));
        for frame in 1..10_000 {
            second.reduce(Action::Frame(f64::from(frame) * 16.0));
            if second.view.now_us > 100_000_000 {
                break;
            }
        }
        assert!(second.travels());
        second.reduce(Action::PlayPause);
        assert_eq!((second.view.known_us, second.view.head_us), (second.view.now_us, 3_030_000_000));
    }
}
