//! The bar of time: a slider over the whole branch, with marks of acts, takeovers and forks.

use std::rc::Rc;

use yew::prelude::*;

use super::state::{Ask, slide};
use crate::lab::view::{BranchView, History};
use crate::ui::browser;
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts::time;
use crate::ui::widgets::format;
use crate::ui::widgets::memo::lazy;

pub(crate) struct Props<'a> {
    pub(crate) history: &'a Rc<History>,
    pub(crate) branches: &'a Rc<Vec<BranchView>>,
    pub(crate) branch: u32,
    pub(crate) now_us: u64,
    /// The first and the last moment of the branch, µs.
    pub(crate) range: (u64, u64),
    pub(crate) dispatch: &'a Dispatch,
}

const BAR: &str = ".scrub";

/// The scale of the bar. Its end moves in steps, so that the marks stand still in between.
#[derive(Clone, Copy, PartialEq)]
struct Scale {
    from_us: u64,
    to_us: u64,
}

impl Scale {
    fn of((from_us, head_us): (u64, u64)) -> Self {
        let length = head_us.saturating_sub(from_us).max(1_000_000);
        let step = (length / 200).next_power_of_two();
        Scale { from_us, to_us: from_us + length.next_multiple_of(step) }
    }

    fn at(&self, us: u64) -> f64 {
        us.saturating_sub(self.from_us) as f64 / (self.to_us - self.from_us) as f64
    }

    fn left(&self, us: u64) -> String {
        format!("left:{:.2}%", self.at(us) * 100.0)
    }
}

pub(crate) fn scrub(props: &Props<'_>) -> Html {
    let (from, to) = props.range;
    let scale = Scale::of(props.range);
    let now = props.now_us;
    let go = {
        let dispatch = props.dispatch.clone();
        move |event: &MouseEvent| {
            if let Some(part) = browser::along(event, BAR) {
                let us = scale.from_us + ((scale.to_us - scale.from_us) as f64 * part) as u64;
                dispatch.emit(Action::Dock(Ask::Scrub(us.clamp(from, to))));
            }
        }
    };
    let press = go.clone();
    let onpointerdown = Callback::from(move |event: PointerEvent| {
        browser::hold(&event, BAR);
        press(&event);
    });
    let onpointermove = Callback::from(move |event: PointerEvent| {
        if event.buttons() & 1 == 1 {
            go(&event);
        }
    });
    let dispatch = props.dispatch.clone();
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if slide(&event.key(), now, (from, to)).is_some() {
            event.prevent_default();
            dispatch.emit(Action::Dock(Ask::Slide(event.key(), now, (from, to))));
        }
    });
    let leave = props.dispatch.reform(|_: PointerEvent| Action::Dock(Ask::Cursor(None)));
    let text = time::TIME_SCRUB_AT.with(&[("now", &format::instant(now)), ("head", &format::instant(to))]);
    let seconds = |us: u64| format!("{:.1}", us as f64 / 1e6);
    let marks =
        MarkProps { history: props.history.clone(), branches: props.branches.clone(), branch: props.branch, scale };
    html! {
        <div class="scrub" role="slider" tabindex="0" aria-label={time::TIME_SCRUB} aria-valuemin={seconds(from)}
            aria-valuemax={seconds(to)} aria-valuenow={seconds(now)} aria-valuetext={text} data-testid="scrub"
            {onpointerdown} {onpointermove} onpointerleave={leave} {onkeydown}>
            <i class="rail"><i class="reach" style={format!("transform:scaleX({:.4})", scale.at(to))} />
                <i class="gone" style={format!("transform:scaleX({:.4})", scale.at(now))} /></i>
            { lazy(marks, draw) }
            <i class="thumb-way" style={format!("transform:translateX({:.2}%)", scale.at(now) * 100.0)}><i class="thumb" /></i>
        </div>
    }
}

#[derive(PartialEq)]
struct MarkProps {
    history: Rc<History>,
    branches: Rc<Vec<BranchView>>,
    branch: u32,
    scale: Scale,
}

/// The most marks of a kind; the newest are shown.
const MOST: usize = 200;

fn draw(props: &MarkProps) -> Html {
    let scale = &props.scale;
    let mark = |class: &'static str, us: u64| html! { <i {class} style={scale.left(us)} /> };
    let newest = |n: usize| n.saturating_sub(MOST);
    let (acts, takeovers) = (&props.history.marks, &props.history.takeovers);
    let own = props
        .branches
        .iter()
        .filter(|b| b.parent == Some(props.branch) || (b.id == props.branch && b.parent.is_some()));
    html! {
        <>
            { for acts.iter().skip(newest(acts.len())).map(|act| mark("done", act.at_us)) }
            { for takeovers.iter().skip(newest(takeovers.len())).map(|takeover| mark("taken", takeover.gained_us)) }
            { for own.map(|branch| mark("forked", branch.forked_us)) }
        </>
    }
}
