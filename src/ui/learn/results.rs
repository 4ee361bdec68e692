//! The results of all lessons, to print or save. They stay in this browser.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::catalogue::trouble;
use super::report::{self, Row};
use super::state::{State, Step};
use crate::lab::view::Name;
use crate::ui::browser::{self, bridge};
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts::learn as say;

#[derive(PartialEq)]
pub(crate) struct Props {
    pub(crate) rows: Rc<Vec<Row>>,
    pub(crate) name: String,
    pub(crate) forgetting: bool,
    pub(crate) trouble: Option<Name>,
    pub(crate) aside: bool,
    pub(crate) dispatch: Dispatch,
}

impl Props {
    pub(crate) fn of(state: &State, dispatch: &Dispatch) -> Props {
        Props {
            rows: Rc::new(report::rows(state)),
            name: state.name.clone(),
            forgetting: state.forgetting,
            trouble: state.trouble.clone(),
            aside: !state.aside_texts.is_empty(),
            dispatch: dispatch.clone(),
        }
    }
}

pub(crate) fn results(props: &Props) -> Html {
    let date = browser::today();
    let typed = props.dispatch.reform(|event: InputEvent| {
        Action::Learn(Step::Name(event.target_unchecked_into::<HtmlInputElement>().value().into()))
    });
    let save = {
        let (rows, name, date) = (props.rows.clone(), props.name.clone(), date.clone());
        move |_: MouseEvent| bridge::save("ha-lab-results.html", &report::file(&rows, &name, &date), "text/html")
    };
    let sum = |of: fn(&Row) -> usize| props.rows.iter().map(of).sum::<usize>();
    html! {
        <div class="learn-page results" data-testid="results">
            <div class="learn-main">
                <p class="eyebrow no-print"><a class="link" href="#lessons">{ say::LEARN_TO_LIST.get() }</a></p>
                <h2 id="page-title" tabindex="-1">{ say::LEARN_RESULT_TITLE.get() }</h2>
                <p class="lead no-print">{ say::LEARN_RESULT_LEAD.get() }</p>
                { trouble(props.trouble.as_deref(), props.aside, &props.dispatch) }
                <div class="result-who">
                    <label for="result-name">{ say::LEARN_RESULT_NAME.get() }</label>
                    <input id="result-name" class="typed" type="text" autocomplete="name" maxlength="80" value={props.name.clone()} oninput={typed} />
                    <span class="result-date">{ say::LEARN_RESULT_DATE.get() }{ " " }<b>{ date }</b></span>
                </div>
                <div class="result-acts no-print">
                    <button class="btn primary" onclick={|_: MouseEvent| browser::print()} data-testid="print">{ say::LEARN_PRINT.get() }</button>
                    <button class="btn" onclick={save} data-testid="save-results">{ say::LEARN_SAVE.get() }</button>
                    <button class={classes!("btn", "ghost", props.forgetting.then_some("danger"))} data-testid="forget-results"
                        onclick={props.dispatch.reform(|_: MouseEvent| Action::Learn(Step::Forget))}>
                        { if props.forgetting { say::LEARN_FORGET_SURE.get() } else { say::LEARN_FORGET.get() } }
                    </button>
                </div>
                <table class="result-table">
                    <thead><tr>
                        <th scope="col">{ say::LEARN_RESULT_LESSON.get() }</th>
                        <th scope="col">{ say::LEARN_RESULT_BEATS.get() }</th>
                        <th scope="col">{ say::LEARN_RESULT_RIGHT.get() }</th>
                    </tr></thead>
                    { for props.rows.iter().map(row) }
                    <tfoot><tr>
                        <th scope="row">{ say::LEARN_RESULT_TOTAL.get() }</th>
                        <td>{ of(sum(|row| row.done), sum(|row| row.beats)) }</td>
                        <td>{ of(sum(|row| row.right), sum(|row| row.questions)) }</td>
                    </tr></tfoot>
                </table>
            </div>
        </div>
    }
}

fn of(n: usize, all: usize) -> String {
    say::LEARN_OF.with(&[("n", &n), ("all", &all)])
}

fn row(row: &Row) -> Html {
    let begun = row.done > 0 || row.questions > 0;
    let part = |(title, done, right, asked): &(String, bool, usize, usize)| {
        html! {
            <tr class={classes!("result-beat", (!done).then_some("open"))}>
                <td>{ title.clone() }</td>
                <td>{ if *done { say::LEARN_ALL_DONE.get() } else { "–" } }</td>
                <td>{ if *asked > 0 { of(*right, *asked) } else { String::new() } }</td>
            </tr>
        }
    };
    html! {
        <tbody class={(!begun).then_some("not-begun")}>
            <tr class="result-lesson">
                <th scope="row">{ row.title.clone() }</th>
                <td>{ if begun { of(row.done, row.beats) } else { say::LEARN_RESULT_OPEN.get().to_owned() } }</td>
                <td>{ if row.questions > 0 { of(row.right, row.questions) } else { String::new() } }</td>
            </tr>
            { for row.parts.iter().map(part) }
            if !row.measured.is_empty() {
                <tr class="result-measured"><td colspan="3">
                    <b>{ say::LEARN_RESULT_MEASURED.get() }</b>
                    <ul>{ for row.measured.iter().map(|line| html! { <li>{ line.clone() }</li> }) }</ul>
                </td></tr>
            }
        </tbody>
    }
}
