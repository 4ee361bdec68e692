//! A paragraph of a lesson: measured values are highlighted, and words of the glossary can be opened.

use yew::prelude::*;

use crate::lab::lesson::Piece;
use crate::ui::glossary;

pub(crate) fn prose(shown: &[Piece]) -> Html {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => html! { <>{ text.clone() }</> },
        Piece::Bold(text) => html! { <b>{ text.clone() }</b> },
        Piece::Emphasis(text) => html! { <em>{ text.clone() }</em> },
        Piece::Code(text) => html! { <code>{ text.clone() }</code> },
        Piece::Term(text, id) => glossary::term_as(id, text.clone()),
        Piece::Measured(value) => html! { <b class="measured">{ value.said() }</b> },
    };
    html! { <>{ for shown.iter().map(piece) }</> }
}

pub(crate) fn paragraphs(all: &[Vec<Piece>]) -> Html {
    html! { <>{ for all.iter().map(|one| html! { <p>{ prose(one) }</p> }) }</> }
}
