//! The page's stage: a learner's session, which keeps what was done on branches and can be taken anywhere in its past.

use std::rc::Rc;

use super::stage::Stage;
use crate::cluster::Cluster;
use crate::cluster::config::Act;
use crate::lab::scenario;
use crate::lab::session::Session;
use crate::lab::view::Setup;

/// A session that a lesson uses.
pub struct Desk<'a> {
    pub session: &'a mut Session,
    /// The learner put another cluster into it: the moments that the lesson knows are not of this run.
    pub strange: &'a mut bool,
}

impl Stage for Desk<'_> {
    fn cluster(&self) -> &Cluster {
        self.session.cluster()
    }

    fn load(&mut self, cluster: &Rc<scenario::Cluster>, seed: u64) {
        // A lesson is not begun unless all of its clusters fit; see `Lesson::fits`.
        let loaded = self.session.reset(Setup::new(seed, (**cluster).clone()));
        debug_assert_eq!(loaded, Ok(()));
        *self.strange = false;
    }

    fn apply(&mut self, act: &Act) -> Result<(), String> {
        self.session.apply(act)
    }

    fn advance(&mut self, us: u64) {
        self.session.run_on(us);
    }

    fn rewind(&mut self, us: u64) -> bool {
        !*self.strange && self.session.rewind(us)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Order, play, read};
    use super::*;

    const TOUR: &str = include_str!("../../../static/lessons/en/00-tour.md");
    const LEASE: &str = include_str!("../../../static/lessons/en/05-lease.md");

    /// The time machine must bring a lesson wherever the plain bench of the engine's own tests brings it.
    #[test]
    fn lessons_are_told_on_a_session_as_on_a_bench() {
        let check = |file: &str, order: Order| {
            let lesson = Rc::new(read(file).expect("a lesson"));
            let mut session = Session::new();
            let mut strange = false;
            let mut desk = Desk { session: &mut session, strange: &mut strange };
            let run = play(&lesson, None, order, &mut desk).unwrap_or_else(|why| panic!("{order:?}: {why}"));
            let mut bench = super::super::Bench::default();
            let same = play(&lesson, None, order, &mut bench).expect("the same on a bench");
            assert_eq!(run.recap(), same.recap(), "{order:?}");
            assert!(run.results().iter().all(|beat| beat.done), "{order:?}");
        };
        for order in [Order::Canonical, Order::Late, Order::Wrong, Order::Ahead] {
            check(TOUR, order);
        }
        check(LEASE, Order::Ahead);
    }

    #[test]
    fn what_is_rewound_stays_as_a_branch() {
        let (mut session, mut strange) = (Session::new(), false);
        let mut desk = Desk { session: &mut session, strange: &mut strange };
        desk.advance(5_000_000);
        let target = crate::cluster::config::Target::Host("master-1".to_owned());
        desk.apply(&Act::PowerOff(target)).expect("it is on");
        desk.advance(5_000_000);
        assert!(desk.rewind(33_000_000));
        desk.advance(10_000_000);
        let view = session.view();
        assert!(
            view.hosts.iter().all(|host| host.power == crate::lab::view::Power::On),
            "what was done later is undone"
        );
        assert_eq!((view.branches.len(), view.head_us), (2, 43_000_000));
        let mut desk = Desk { session: &mut session, strange: &mut strange };
        *desk.strange = true;
        assert!(!desk.rewind(33_000_000), "of another run");
    }
}
