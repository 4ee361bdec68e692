//! The details of the selected component: facts, tables, output of tools, the log. Each is redrawn only when it changed.

use std::rc::Rc;

use yew::prelude::*;

use crate::lab::view::{Fact, LogLine, Name, Paper, Row, Table, Tone};
use crate::ui::glossary::term_as;
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts;
use crate::ui::texts::inspector as say;
use crate::ui::widgets::format;
use crate::ui::widgets::icons::{Icon, icon};
use crate::ui::widgets::memo::lazy;

fn tone(tone: Tone) -> Option<&'static str> {
    match tone {
        Tone::Neutral => None,
        Tone::Good => Some("good"),
        Tone::Bad => Some("bad"),
    }
}

/// Draws facts, each with name and value.
pub(crate) fn facts(facts: &Rc<Vec<Fact>>) -> Html {
    lazy(facts.clone(), |facts| {
        if facts.is_empty() {
            return Html::default();
        }
        let one = |fact: &Fact| {
            html! {
                <div key={&*fact.name} class={tone(fact.tone)}>
                    <dt>{ term_as(fact.term, fact.name.to_string()) }</dt>
                    <dd>if fact.tone == Tone::Bad { { icon(Icon::Cross) } }{ &*fact.value }</dd>
                </div>
            }
        };
        html! { <><h3>{ say::INSPECTOR_KNOWS }</h3><dl class="facts" data-testid="facts">{ for facts.iter().map(one) }</dl></> }
    })
}

pub(crate) fn tables(tables: &Rc<Vec<Table>>) -> Html {
    lazy(tables.clone(), |tables| html! { <>{ for tables.iter().map(table) }</> })
}

fn table(table: &Table) -> Html {
    let row = |row: &Row| {
        let cell = |(n, cell): (usize, &Name)| {
            // The sign of a row is in its first cell, so that colour alone does not carry the meaning.
            let sign = (n == 0 && row.tone == Tone::Bad).then(|| icon(Icon::Cross));
            html! { <td key={n}>{ sign.unwrap_or_default() }{ breakable(cell) }</td> }
        };
        html! { <tr class={tone(row.tone)}>{ for row.cells.iter().enumerate().map(cell) }</tr> }
    };
    let title = format!("table-{}", table.id);
    html! {
        <section key={table.id} data-testid={title.clone()}>
            <h3 id={title.clone()}>{ term_as(table.term, table.title.to_string()) }</h3>
            if table.rows.is_empty() {
                <p class="muted">{ &*table.empty }</p>
            } else {
                <div class="scrolls" role="region" tabindex="0" aria-labelledby={title}>
                    <table class={classes!("read", table.id)}>
                        <thead><tr>{ for table.head.iter().map(|head| html! { <th scope="col">{ &**head }</th> }) }</tr></thead>
                        <tbody>{ for table.rows.iter().map(row) }</tbody>
                    </table>
                </div>
            }
        </section>
    }
}

/// Lets a compound word such as `KubeletHasSufficientMemory` break between its parts.
fn breakable(text: &str) -> Html {
    if text.len() < 16 || text.contains(' ') {
        return Html::from(text.to_owned());
    }
    let ends = text.char_indices().filter(|(at, c)| *at > 0 && c.is_ascii_uppercase()).map(|(at, _)| at);
    let mut from = 0;
    let parts = ends.chain([text.len()]).map(|to| {
        let part = text[from..to].to_owned();
        from = to;
        html! { <>{ part }<wbr /></> }
    });
    html! { <>{ for parts }</> }
}

/// Draws the output of tools about it, with buttons to copy it.
pub(crate) fn papers(papers: &Rc<Vec<Paper>>, dispatch: &Dispatch) -> Html {
    lazy((papers.clone(), dispatch.clone()), |(papers, dispatch)| {
        if papers.is_empty() {
            return Html::default();
        }
        html! { <><h3>{ say::INSPECTOR_LINES }</h3>{ for papers.iter().map(|paper| one_paper(paper, dispatch)) }</> }
    })
}

fn one_paper(paper: &Paper, dispatch: &Dispatch) -> Html {
    let text = &*paper.text;
    let (before, hot, after) = match text.find(&*paper.hot).filter(|_| !paper.hot.is_empty()) {
        Some(at) => (&text[..at], &*paper.hot, &text[at + paper.hot.len()..]),
        None => (text, "", ""),
    };
    html! {
        <details key={paper.id} class="paper" open={paper.open} data-testid={format!("paper-{}", paper.id)}>
            <summary><code>{ &*paper.command }</code></summary>
            <div class="printed-text">
                { copy(&paper.command, paper.text.clone(), dispatch) }
                <pre class={paper.id} tabindex="0" aria-label={paper.command.to_string()}>{ before }
                    if !hot.is_empty() { <mark class={tone(paper.tone)}>{ hot }</mark> }{ after }</pre>
            </div>
        </details>
    }
}

/// Draws a button that copies a text and announces it.
pub(crate) fn copy(what: &str, text: Name, dispatch: &Dispatch) -> Html {
    let said: Name = say::INSPECTOR_COPIED.with(&[("what", &what)]).into();
    let onclick = dispatch.reform(move |_: MouseEvent| Action::Copy(text.clone(), said.clone()));
    let label = say::INSPECTOR_COPY_WHAT.with(&[("what", &what)]);
    html! { <button type="button" class="btn small copy" aria-label={label.clone()} title={label} {onclick}>{ say::INSPECTOR_COPY }</button> }
}

pub(crate) fn log(lines: &Rc<Vec<LogLine>>) -> Html {
    lazy(lines.clone(), |lines| {
        let one = |line: &LogLine| html! { <li><time>{ format::instant(line.at_us) }</time><code>{ &*line.text }</code></li> };
        html! {
            <>
                <h3>{ say::INSPECTOR_LOG }</h3>
                if lines.is_empty() { <p class="muted">{ texts::LOG_EMPTY }</p> }
                <ol class="log" data-testid="log">{ for lines.iter().rev().map(one) }</ol>
            </>
        }
    })
}
