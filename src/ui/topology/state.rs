//! The state of the stage: the open list, the part under the pointer, the focus within each group of parts. Pure.

use std::rc::Rc;

use super::cables::Pair;
use crate::lab::view::Name;
use crate::sim::map::Map;

/// The state of the stage: what is open, under the pointer, or has the focus.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StageState {
    pub(crate) panel: Option<Panel>,
    pub(crate) tip: Option<Tip>,
    /// Cables under the pointer or the focus.
    pub(crate) lit: Rc<Vec<Pair>>,
    /// For each group of parts that is one stop of the Tab key, the part that has, or last had, the focus.
    pub(crate) rove: Map<Name, Name>,
}

/// A list over the picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Panel {
    /// Every cable; those of the selected host first.
    Cables,
    /// The cables of one stretch, where it was pressed.
    Stretch { pairs: Rc<Vec<Pair>>, x: i32, y: i32 },
    /// The workers of a group.
    Group(Name),
}

/// A tip beside the pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    pub(crate) of: TipOf,
    /// Its place on the canvas, CSS px.
    pub(crate) x: i32,
    pub(crate) y: i32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TipOf {
    /// The cables in [`StageState::lit`].
    Cables,
    Pod(Name),
}

/// An action on the stage's state.
#[derive(Clone, Debug, PartialEq)]
pub enum StageAct {
    Open(Option<Panel>),
    /// Lights the cables under the pointer or the focus. The place is that of the pointer.
    Light(Vec<Pair>, Option<(i32, i32)>),
    /// Shows the tip of a pod, or none.
    Point(Option<Tip>),
    /// Moves the focus within a group to this part.
    Rove(Name, Name),
}

impl StageState {
    /// Changes the state. Returns whether it is different now.
    pub(crate) fn reduce(&mut self, act: StageAct) -> bool {
        match act {
            StageAct::Open(panel) => {
                let same = self.panel == panel;
                self.panel = panel;
                let lit = !self.lit.is_empty();
                self.lit = Rc::default();
                self.tip = None;
                !same || lit
            }
            StageAct::Light(pairs, at) => {
                if *self.lit == pairs {
                    return false;
                }
                self.tip = at.filter(|_| !pairs.is_empty()).map(|(x, y)| Tip { of: TipOf::Cables, x, y });
                self.lit = Rc::new(pairs);
                true
            }
            StageAct::Point(tip) => {
                let other = self.tip.as_ref().is_some_and(|tip| tip.of == TipOf::Cables);
                if self.tip == tip || other && tip.is_none() {
                    return false;
                }
                self.tip = tip;
                true
            }
            StageAct::Rove(group, part) => {
                if self.rove.get(&group) == Some(&part) {
                    return false;
                }
                self.rove.insert(group, part);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_different_is_drawn_anew() {
        let mut stage = StageState::default();
        let pair = ("lb-1".into(), "master-1".into());
        let light = StageAct::Light(vec![pair], Some((10, 20)));
        assert!(stage.reduce(light.clone()));
        assert!(!stage.reduce(light), "the pointer moved along the same cable");
        assert!(!stage.reduce(StageAct::Point(None)), "no pod there, but the cable's tip stays");
        assert!(stage.reduce(StageAct::Open(Some(Panel::Cables))));
        assert_eq!((stage.tip.clone(), stage.lit.len()), (None, 0), "a list stands for its own");
        assert!(stage.reduce(StageAct::Rove("workers".into(), "worker-3".into())));
        assert!(!stage.reduce(StageAct::Rove("workers".into(), "worker-3".into())));
    }
}
