//! The help sheet: keys, signs, terms, limits of the model.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::lab::i18n::Text;
use crate::lab::narration::join;
use crate::lab::view::Name;
use crate::ui::browser::input_value;
use crate::ui::glossary::{Term, matching};
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::model::keys;
use crate::ui::texts;
use crate::ui::topology::sign;
use crate::ui::widgets::dialog::Dialog;

pub(crate) fn help_sheet(single_keys: bool, typed: &Name, dispatch: &Dispatch) -> Html {
    let toggle =
        dispatch.reform(|event: Event| Action::SingleKeys(event.target_unchecked_into::<HtmlInputElement>().checked()));
    let key = |(caps, means): (Vec<&'static str>, Text)| {
        html! { <div><dt>{ for caps.iter().map(|cap| html! { <kbd>{ *cap }</kbd> }) }</dt><dd>{ means }</dd></div> }
    };
    html! {
        <Dialog id="help" title={texts::HELP_TITLE} dispatch={dispatch.clone()}>
            <p>{ texts::HELP_ABOUT }</p>
            <div class="columns">
                <section>
                    <h3>{ texts::HELP_KEYS }</h3>
                    <dl class="keys">{ for keys::listed().into_iter().map(key) }</dl>
                    <label class="check">
                        <input type="checkbox" checked={single_keys} onchange={toggle} />
                        <span><b>{ texts::HELP_KEYS_ON }</b><br />{ texts::HELP_KEYS_OFF_MEANS }</span>
                    </label>
                </section>
                <section>
                    <h3>{ texts::HELP_SIGNS }</h3>
                    <ul class="signs">
                        { for texts::SIGNS.iter().map(|(state, means)| html! {
                            <li>
                                <svg width="18" height="18" viewBox="-9 -9 18 18" aria-hidden="true">{ sign(state, 0.0, 0.0, 1.2) }</svg>
                                <b>{ texts::state_word(state) }</b><span>{ *means }</span>
                            </li>
                        }) }
                    </ul>
                    <p class="muted">{ texts::LEGEND_HINT }</p>
                    <p class="muted">{ join::sentences(&[texts::topology::TOPO_HELP_CABLES.get(), texts::topology::TOPO_CHAIN_NUMBER.get()]) }</p>
                    <h3>{ texts::HELP_NOT }</h3>
                    <p>{ texts::HELP_NOT_LEAD }</p>
                    <ul class="plain">{ for texts::NOT_MODELLED.iter().map(|item| html! { <li>{ *item }</li> }) }</ul>
                </section>
            </div>
            { terms(typed, dispatch) }
        </Dialog>
    }
}

/// Draws all terms, or those that match the typed text.
fn terms(typed: &Name, dispatch: &Dispatch) -> Html {
    use texts::glossary::{TERM_FIND, TERM_FIND_MEANS, TERM_LIST, TERM_LIVES, TERM_NONE};
    let found = matching(typed);
    let one = |term: &&'static Term| {
        html! {
            <div key={term.key}>
                <dt>{ term.word }</dt>
                <dd>{ term.means() }<span class="lives"><b>{ TERM_LIVES }</b>{ " " }<code>{ term.place() }</code></span></dd>
            </div>
        }
    };
    html! {
        <section class="glossary">
            <h3>{ TERM_LIST }</h3>
            <label class="field"><span>{ TERM_FIND }</span>
                <input type="search" autocomplete="off" spellcheck="false" placeholder={TERM_FIND_MEANS} value={typed.to_string()}
                    data-testid="find-term" oninput={dispatch.reform(|event: InputEvent| Action::FindTerm(input_value(&event).into()))} />
            </label>
            if found.is_empty() { <p class="muted">{ TERM_NONE }</p> }
            <dl class="terms" data-testid="terms">{ for found.iter().map(one) }</dl>
        </section>
    }
}
