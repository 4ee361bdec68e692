//! The view that each part of the page is drawn from. The stage and the clock show every frame. While time runs fast, the
//! other parts take turns, one a frame, so that each frame is short and no part is far behind. Pure.

use std::rc::Rc;

use crate::lab::view::View;

/// The speed from which they take turns, simulated over real time.
pub(crate) const FAST: f64 = 10.0;

#[derive(Clone)]
pub(crate) struct Calm {
    /// View for the lanes and the events.
    pub(crate) dock: Rc<View>,
    pub(crate) charts: Rc<View>,
    /// View for the election and the selected component.
    pub(crate) side: Rc<View>,
    turn: usize,
}

impl Calm {
    pub(crate) fn of(view: &Rc<View>) -> Self {
        Self { dock: view.clone(), charts: view.clone(), side: view.clone(), turn: 0 }
    }

    /// Updates the parts with a new view. With `fast`, only the one whose turn it is.
    pub(crate) fn follow(&mut self, view: &Rc<View>, fast: bool) {
        if !fast {
            *self = Self::of(view);
            return;
        }
        let parts = [&mut self.dock, &mut self.charts, &mut self.side];
        let turn = self.turn % parts.len();
        self.turn = turn + 1;
        for (n, part) in parts.into_iter().enumerate() {
            // A view of another run, of a later moment, or without an event that the stage shows is replaced at once.
            let other = part.now_us > view.now_us || part.branch != view.branch || part.setup != view.setup;
            let news = newest(part) != newest(view);
            if n == turn || other || news {
                *part = view.clone();
            }
        }
    }
}

/// Returns the id of the newest listed event.
fn newest(view: &View) -> Option<u64> {
    view.history.events.last().map(|event| event.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::session::Session;

    #[test]
    fn each_part_has_its_turn_and_all_are_up_to_date_when_time_is_slow() {
        let mut session = Session::new();
        let mut calm = Calm::of(&Rc::new(session.view()));
        let behind = |calm: &Calm, now: u64| [&calm.dock, &calm.charts, &calm.side].map(|view| now - view.now_us);
        let mut seen = vec![];
        for _ in 0..4 {
            session.advance(1_000_000);
            calm.follow(&Rc::new(session.view()), true);
            seen.push(behind(&calm, session.view().now_us).map(|us| us / 1_000_000));
        }
        assert_eq!(seen, [[0, 1, 1], [1, 0, 2], [2, 1, 0], [0, 2, 1]]);
        calm.follow(&Rc::new(session.view()), false);
        assert_eq!(behind(&calm, session.view().now_us), [0, 0, 0]);
    }
}
