//! The running lesson: a column beside the stage, or on a small screen a sheet at its foot that can be folded.

use std::rc::Rc;

use yew::prelude::*;

use super::parts::{self, Now};
use super::recap::{self, recap};
use super::state::{Running, State, Step};
use crate::lab::i18n::Text;
use crate::lab::lesson::{Part, Prepared, Screen, Shown, plain};
use crate::lab::narration::join;
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts::learn as say;
use crate::ui::widgets::icons::{Icon, icon};

#[derive(PartialEq)]
pub(crate) struct Props {
    pub(crate) screen: Rc<Screen>,
    /// Titles of the beats, and which are done.
    pub(crate) beats: Vec<(String, bool)>,
    pub(crate) now: Now,
    pub(crate) over: bool,
    pub(crate) listed: bool,
    pub(crate) recap: Vec<Shown>,
    pub(crate) score: (usize, usize),
    /// The lesson after this one: id and title.
    pub(crate) next: Option<(String, String)>,
    /// Set if the sheet of a small screen is open.
    pub(crate) open: bool,
    pub(crate) dispatch: Dispatch,
}

impl Props {
    pub(crate) fn of(state: &State, running: &Running, dispatch: &Dispatch) -> Props {
        let lesson = running.run.lesson();
        let results = running.progress.results(lesson);
        let at = state.list.iter().position(|item| item.entry.id == lesson.id).filter(|_| running.listed);
        let next = at.and_then(|at| state.list.get(at + 1));
        Props {
            screen: running.screen.clone(),
            beats: results.into_iter().map(|beat| (beat.title, beat.done)).collect(),
            now: Now {
                marked: running.marked,
                shown: running.shown > 0,
                refused: running.refused,
                hurries: running.hurry_ms.is_some(),
                dispatch: dispatch.clone(),
            },
            over: running.over,
            listed: running.listed,
            recap: if running.over { running.progress.recap(lesson) } else { Vec::new() },
            score: running.progress.score(),
            next: next.map(|item| (item.entry.id.clone(), item.entry.title.clone())),
            open: state.sheet,
            dispatch: dispatch.clone(),
        }
    }

    fn on(&self, step: Step) -> Callback<MouseEvent> {
        self.dispatch.reform(move |_: MouseEvent| Action::Learn(step.clone()))
    }

    /// Returns the state of the lesson, for tests and for the style sheet.
    fn state(&self) -> &'static str {
        match (self.over, &*self.screen) {
            (true, _) => "recap",
            (_, Screen { preparing: true, .. }) => "preparing",
            (_, Screen { free: true, .. }) => "free",
            (_, Screen { astray: true, .. }) => "astray",
            (_, Screen { complete: true, .. }) => "complete",
            (_, screen) => match screen.parts.last() {
                Some(Part::Predict { .. }) => "ask",
                Some(Part::Do { .. }) => "do",
                _ => "wait",
            },
        }
    }
}

pub(crate) fn column(props: &Props) -> Html {
    let screen = &props.screen;
    let title = if props.over { say::LEARN_FINISHED.get().to_owned() } else { screen.beat_title.clone() };
    html! {
        <section class={classes!("lesson", props.open.then_some("open"))} aria-labelledby="lesson-title" data-testid="lesson"
            data-lesson={screen.lesson.clone()} data-beat={screen.beat.to_string()} data-state={props.state()}>
            { bar(props, &title) }
            <div class="lesson-body" id="lesson-body">
                <div class="lesson-head">
                    <p class="eyebrow">
                        <a class="link" href="#lessons">{ icon(Icon::Back) }{ say::LEARN_TO_LIST.get() }</a>
                        <span>{ of_all(screen) }</span>
                    </p>
                    <h2 id="lesson-title" tabindex="-1">{ title }</h2>
                    { dots(props) }
                </div>
                <div class="lesson-scroll">
                    if props.over { { recap(&recapped(props)) } } else { { beat(props) } }
                </div>
                { foot(props) }
            </div>
        </section>
    }
}

fn of_all(screen: &Screen) -> String {
    say::LEARN_BEAT_OF.with(&[("lesson", &screen.title), ("n", &(screen.beat + 1)), ("all", &screen.beats)])
}

/// Draws one line for a small screen, which says what comes next and opens the rest.
fn recapped(props: &Props) -> recap::Props<'_> {
    let Props { score, listed, .. } = *props;
    recap::Props { lines: &props.recap, score, next: &props.next, listed, dispatch: &props.dispatch }
}

fn bar(props: &Props, title: &str) -> Html {
    let screen = &props.screen;
    let now = match screen.parts.last() {
        _ if props.over || screen.free || screen.preparing => None,
        _ if screen.complete => Some((say::LEARN_NOW_NEXT, None)),
        Some(Part::Do { text, .. }) => Some((say::LEARN_DO, Some(plain(text)))),
        Some(Part::Predict { text, .. }) => Some((say::LEARN_PREDICT, Some(plain(text)))),
        Some(Part::Wait { text, .. }) => Some((say::LEARN_WAITING, Some(plain(text)))),
        _ => Some((say::LEARN_NOW_READ, None)),
    };
    let label = if props.open { say::LEARN_SHEET_CLOSE } else { say::LEARN_SHEET_OPEN };
    html! {
        <div class="lesson-bar">
            <p>
                <b>{ now.as_ref().map_or(title.to_owned(), |(kind, _)| kind.get().to_owned()) }</b>
                if let Some((_, Some(text))) = now { { " " }{ text } }
            </p>
            <button class="btn square ghost" aria-expanded={props.open.to_string()} aria-controls="lesson-body" aria-label={label.get()}
                title={label.get()} onclick={props.on(Step::Sheet(!props.open))} data-testid="lesson-sheet">
                { icon(if props.open { Icon::Down } else { Icon::Up }) }
            </button>
        </div>
    }
}

fn dots(props: &Props) -> Html {
    let one = |(n, (title, done)): (usize, &(String, bool))| {
        let here = n == props.screen.beat && !props.over;
        let mut label = say::LEARN_TO_BEAT.with(&[("n", &(n + 1)), ("title", title)]);
        if *done {
            label = join::remarks(&[label.as_str(), say::LEARN_BEAT_DONE.get()]);
        }
        html! {
            <li key={n}>
                <button class={classes!("dot", done.then_some("done"), here.then_some("now"))} aria-label={label.clone()} title={label}
                    aria-current={here.then_some("step")} onclick={props.on(Step::Beat(n))}><i /></button>
            </li>
        }
    };
    html! {
        <nav aria-label={say::LEARN_BEATS_NAV.get()}><ol class="dots">{ for props.beats.iter().enumerate().map(one) }</ol></nav>
    }
}

fn beat(props: &Props) -> Html {
    let screen = &props.screen;
    let prepared: Option<Text> = match screen.prepared {
        Prepared::Continues => None,
        Prepared::Fresh => Some(say::LEARN_FRESH).filter(|_| screen.beat > 0),
        Prepared::Rewound => Some(say::LEARN_REWOUND),
        Prepared::Replayed => Some(say::LEARN_REPLAYED),
    };
    let idle = screen.complete || screen.free;
    let last = screen.parts.len().saturating_sub(1);
    // The last part gets the focus when it appears. Its buttons are there only while it is asked.
    let mut quiet = props.now.clone();
    quiet.marked = None;
    let now = |n: usize| {
        if n != last {
            None
        } else if idle {
            Some(&quiet)
        } else {
            Some(&props.now)
        }
    };
    html! {
        <>
            { aside(props) }
            if let Some(text) = prepared.filter(|_| !screen.preparing) { <p class="prepared">{ text.get() }</p> }
            <ol class="parts" aria-live="polite" aria-relevant="additions">
                { for screen.parts.iter().enumerate().map(|(n, part)| parts::part(n, part, now(n))) }
            </ol>
            { screen.parts.last().zip(now(last)).map(|(part, now)| parts::acts(last, part, now)).unwrap_or_default() }
        </>
    }
}

/// Draws why the lesson cannot continue, and the way back.
fn aside(props: &Props) -> Html {
    let screen = &props.screen;
    let (text, label, step) = match (screen.free, screen.astray) {
        _ if screen.preparing => (say::LEARN_PREPARING, say::LEARN_CANCEL, Step::Cancel),
        (true, _) => (say::LEARN_FREE, say::LEARN_BACK_TO, Step::Back),
        (_, true) => (say::LEARN_ASTRAY, say::LEARN_BEAT_AGAIN, Step::Again),
        _ => return Html::default(),
    };
    html! {
        <div class="lesson-aside" role="status">
            <p>{ text.get() }</p>
            <button class="btn small primary" onclick={props.on(step)} data-testid="lesson-back-to">{ label.get() }</button>
        </div>
    }
}

fn foot(props: &Props) -> Html {
    let screen = &props.screen;
    let last = screen.beat + 1 == screen.beats;
    let (next, primary) = match (screen.complete, last) {
        (true, true) => (say::LEARN_FINISH, true),
        (true, false) => (say::LEARN_NEXT, true),
        (false, _) => (say::LEARN_SKIP, false),
    };
    let again = html! {
        <div class="foot-more">
            <button class="link" onclick={props.on(Step::Again)} data-testid="lesson-again">{ say::LEARN_BEAT_AGAIN.get() }</button>
            <button class="link" onclick={props.on(Step::Restart)} data-testid="lesson-restart">{ say::LEARN_RESTART.get() }</button>
        </div>
    };
    let back = if props.over { Step::Beat(screen.beat) } else { Step::Previous };
    html! {
        <div class="lesson-foot">
            <div class="foot-main">
                <button class="btn ghost" disabled={screen.beat == 0 && !props.over} onclick={props.on(back)} data-testid="lesson-previous">
                    { icon(Icon::Back) }{ say::LEARN_PREVIOUS.get() }
                </button>
                if !props.over {
                    <button class="btn ghost" aria-pressed={screen.free.to_string()} data-testid="lesson-freely"
                        onclick={props.on(if screen.free { Step::Back } else { Step::Freely })}>{ say::LEARN_FREELY.get() }</button>
                    <button class={classes!("btn", if primary { "primary" } else { "ghost" })} onclick={props.on(Step::Next)}
                        data-testid="lesson-next">{ next.get() }<span class="next-mark" aria-hidden="true">{ "›" }</span></button>
                }
            </div>
            if !props.over { { again } }
        </div>
    }
}
