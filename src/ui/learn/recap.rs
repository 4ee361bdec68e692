//! The card at the end of a lesson: points to remember, with the numbers of this run, and links to the next lesson.

use yew::prelude::*;

use super::prose::prose;
use super::state::Step;
use crate::lab::lesson::Shown;
use crate::ui::model::{Action, Dispatch};
use crate::ui::texts::learn as say;
use crate::ui::widgets::icons::{Icon, icon};

/// The content of the card.
pub(crate) struct Props<'a> {
    pub(crate) lines: &'a [Shown],
    /// Number of right answers, and of questions.
    pub(crate) score: (usize, usize),
    /// The lesson after this one: its id and title.
    pub(crate) next: &'a Option<(String, String)>,
    /// Set if the lesson is in the list.
    pub(crate) listed: bool,
    pub(crate) dispatch: &'a Dispatch,
}

pub(crate) fn recap(props: &Props<'_>) -> Html {
    let (right, questions) = props.score;
    let restart = props.dispatch.reform(|_: MouseEvent| Action::Learn(Step::Restart));
    html! {
        <div class="recap" data-testid="recap">
            if !props.lines.is_empty() {
                <h3>{ say::LEARN_REMEMBER.get() }</h3>
                <ul class="recap-lines">{ for props.lines.iter().map(|line| html! { <li>{ prose(line) }</li> }) }</ul>
                <p class="muted">{ say::LEARN_NUMBERS.get() }</p>
            }
            if questions > 0 {
                <p class="score" data-testid="score">{ icon(Icon::Check) }{ say::LEARN_RIGHT.with(&[("right", &right), ("all", &questions)]) }</p>
            }
            <div class="recap-acts">
                if let Some((id, title)) = &props.next {
                    <a class="btn primary" href={format!("#lesson/{id}")} data-testid="next-lesson">
                        { say::LEARN_NEXT_LESSON.with(&[("lesson", title)]) }
                    </a>
                } else if props.listed {
                    <p>{ say::LEARN_ALL_FINISHED.get() }</p>
                }
                <a class="btn" href="#results">{ say::LEARN_RESULTS.get() }</a>
                <button class="btn ghost" onclick={restart}>{ say::LEARN_RESTART.get() }</button>
            </div>
        </div>
    }
}
