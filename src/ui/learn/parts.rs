//! The parts of a beat: texts, questions, tasks, waits.

use yew::prelude::*;

use super::prose::{paragraphs, prose};
use super::state::Step;
use crate::lab::lesson::{ChoiceShown, Part, Pointer, Tone};
use crate::lab::narration::join;
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts::learn as say;
use crate::ui::widgets::icons::{Icon, icon};

/// State for the last part.
#[derive(Clone, PartialEq)]
pub(crate) struct Now {
    pub(crate) marked: Option<usize>,
    /// Set if its control was shown.
    pub(crate) shown: bool,
    pub(crate) refused: bool,
    /// Set while it skips ahead.
    pub(crate) hurries: bool,
    pub(crate) dispatch: Dispatch,
}

impl Now {
    fn on(&self, step: Step) -> Callback<MouseEvent> {
        self.dispatch.reform(move |_: MouseEvent| Action::Learn(step.clone()))
    }
}

/// Draws one part. The last one has `now`.
pub(crate) fn part(n: usize, part: &Part, now: Option<&Now>) -> Html {
    let (kind, body) = match part {
        Part::Text { tone: Tone::Plain, paragraphs: all } => ("say", paragraphs(all)),
        Part::Text { tone: Tone::Then, paragraphs: all } => ("then", titled(say::LEARN_THEN.get(), paragraphs(all))),
        Part::Text { tone: Tone::Precisely, paragraphs: all } => {
            ("precisely", titled(say::LEARN_PRECISELY.get(), paragraphs(all)))
        }
        Part::Wait { text, done, check } => ("wait", wait(prose(text), *done, *check)),
        Part::Predict { .. } => ("predict", predict(n, part, now)),
        Part::Do { text, done, at } => ("do", task(prose(text), *done, at, now)),
    };
    let last = now.is_some();
    let id = last.then_some("lesson-now");
    html! { <li key={n} class={classes!("beat-part", kind)} {id} tabindex={last.then_some("-1")} data-part={kind}>{ body }</li> }
}

fn titled(title: &'static str, body: Html) -> Html {
    html! { <><h3>{ title }</h3>{ body }</> }
}

fn wait(text: Html, done: bool, check: bool) -> Html {
    let title = match (done, check) {
        (true, _) => say::LEARN_SEEN,
        (false, true) => say::LEARN_CHECK,
        (false, false) => say::LEARN_WAITING,
    };
    html! {
        <>
            <h3>{ if done { icon(Icon::Check) } else { html! { <i class="waits" aria-hidden="true" /> } } }{ title.get() }</h3>
            <p>{ text }</p>
        </>
    }
}

fn task(text: Html, done: bool, at: &[Pointer], now: Option<&Now>) -> Html {
    let title = if at.is_empty() { say::LEARN_REPAIR } else { say::LEARN_DO };
    let refused = !done && now.is_some_and(|now| now.refused);
    html! {
        <>
            <h3>{ if done { icon(Icon::Check) } else { icon(Icon::Hand) } }{ if done { say::LEARN_DID.get() } else { title.get() } }</h3>
            <p>{ text }</p>
            if refused { <p class="part-note" role="alert">{ say::LEARN_REFUSED.get() }</p> }
        </>
    }
}

/// Draws the buttons of the last part. They are below the parts, outside of them, so that they stay in view however long
/// the parts are.
pub(crate) fn acts(n: usize, part: &Part, now: &Now) -> Html {
    let buttons = match part {
        Part::Wait { done: false, .. } => html! {
            <button class="btn small" onclick={now.on(Step::Hurry)} disabled={now.hurries} data-testid="lesson-until">
                { icon(Icon::Step) }{ say::LEARN_UNTIL.get() }
            </button>
        },
        Part::Do { done: false, at, .. } => {
            let unaided = at.is_empty();
            html! {
                <>
                    if !unaided {
                        <button class="btn small" onclick={now.on(Step::ShowMe)} data-testid="lesson-show">{ say::LEARN_SHOW.get() }</button>
                    }
                    if unaided || now.shown {
                        <button class="btn small ghost" onclick={now.on(Step::DoIt)} data-testid="lesson-do">
                            { if unaided { say::LEARN_SOLVE.get() } else { say::LEARN_DO_IT.get() } }
                        </button>
                    }
                </>
            }
        }
        Part::Predict { until_right, .. } if is_asked(part) => html! {
            <button type="button" class="btn primary commit" disabled={now.marked.is_none()} onclick={now.on(Step::Commit)}
                data-testid="lesson-commit">{ if *until_right { say::LEARN_ANSWER.get() } else { say::LEARN_COMMIT.get() } }</button>
        },
        _ => return Html::default(),
    };
    // A new element for each part: the focus must not pass from one part's button to the next one's.
    html! { <div class="part-acts" key={n}>{ buttons }</div> }
}

/// Returns whether it is a question that takes an answer.
fn is_asked(part: &Part) -> bool {
    let Part::Predict { choices, answered, until_right, .. } = part else { return false };
    let right_given = choices.iter().any(|choice| choice.chosen && choice.right == Some(true));
    answered.is_none() || (*until_right && !right_given)
}

fn predict(n: usize, part: &Part, now: Option<&Now>) -> Html {
    let Part::Predict { text, choices, order, answered, judged, until_right } = part else { return Html::default() };
    let open = now.filter(|_| is_asked(part));
    let title = if *until_right { say::LEARN_DIAGNOSE } else { say::LEARN_PREDICT };
    let one = |at: usize, choice: &ChoiceShown| match open {
        Some(now) if !choice.chosen => open_choice(n, at, choice, now),
        _ => given_choice(choice, *judged),
    };
    let said = match (open.is_some(), answered, judged) {
        (true, Some(_), _) => Some((say::LEARN_TRY_ON, "wrong")),
        (false, Some(_), false) => Some((say::LEARN_PENDING, "pending")),
        (false, Some(_), true) => Some(verdict(choices)),
        _ => None,
    };
    html! {
        <fieldset onkeydown={|event: KeyboardEvent| {
            // Arrow keys move within the group, and must not reach the page.
            if event.key().starts_with("Arrow") { event.stop_propagation(); }
        }}>
            <legend><span class="part-title">{ title.get() }</span><span class="question">{ prose(text) }</span></legend>
            <div class="answers">{ for order.iter().map(|at| one(*at, &choices[*at])) }</div>
            if let Some((text, class)) = said { <p class={classes!("verdict", class)}>{ text.get() }</p> }
        </fieldset>
    }
}

fn verdict(choices: &[ChoiceShown]) -> (crate::lab::i18n::Text, &'static str) {
    match choices.iter().find(|choice| choice.right == Some(true)) {
        None => (say::LEARN_NO_ANSWER, "pending"),
        // The first of several answers counts, but a right one that came later is marked as found.
        Some(choice) if choice.chosen => (say::LEARN_WAS_RIGHT, "right"),
        Some(_) => (say::LEARN_WAS_WRONG, "wrong"),
    }
}

fn open_choice(n: usize, at: usize, choice: &ChoiceShown, now: &Now) -> Html {
    let onchange = now.dispatch.reform(move |_: Event| Action::Learn(Step::Mark(at)));
    let checked = now.marked == Some(at);
    html! {
        <label key={at} class={classes!("option", checked.then_some("marked"))}>
            <input type="radio" name={format!("choice-{n}")} value={at.to_string()} {checked} {onchange} />
            <span>{ prose(&choice.text) }</span>
        </label>
    }
}

fn given_choice(choice: &ChoiceShown, judged: bool) -> Html {
    let (class, mark, word) = match choice.right {
        Some(true) => ("right", Some(Icon::Check), Some(say::LEARN_ANSWER_RIGHT)),
        Some(false) if choice.chosen => ("wrong", Some(Icon::Cross), Some(say::LEARN_ANSWER_WRONG)),
        _ => ("other", None, None),
    };
    // Explains the right choice, and each wrong one that was chosen.
    let why = judged && (choice.chosen || choice.right == Some(true));
    html! {
        <div class={classes!("option", "given", class, choice.chosen.then_some("mine"))}>
            <p class="option-text">
                { mark.map(icon).unwrap_or_default() }
                <span>{ prose(&choice.text) }</span>
                if choice.chosen { <i class="tag">{ say::LEARN_YOUR_ANSWER.get() }</i> }
                if let Some(word) = word { <span class="sr-only">{ join::aside("", word.get()) }</span> }
            </p>
            if why { <div class="why-so">{ paragraphs(&choice.why) }</div> }
        </div>
    }
}
