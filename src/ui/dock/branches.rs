//! The list of branches: the acts of each, its span of time, and which one is shown.

use std::rc::Rc;

use yew::prelude::*;

use crate::lab::i18n::plural;
use crate::lab::view::BranchView;
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts::time;
use crate::ui::widgets::format;
use crate::ui::widgets::icons::{Icon, icon};

#[derive(PartialEq)]
pub(crate) struct Props {
    pub(crate) branches: Rc<Vec<BranchView>>,
    pub(crate) branch: u32,
    pub(crate) dispatch: Dispatch,
}

pub(crate) fn branches(props: &Props) -> Html {
    html! {
        <section class="events" aria-label={time::BRANCHES}>
            <p class="muted branches-lead">{ time::BRANCHES_LEAD }</p>
            <ul class="event-list branch-list" data-testid="branches">{ for props.branches.iter().map(|branch| row(props, branch)) }</ul>
        </section>
    }
}

fn row(props: &Props, branch: &BranchView) -> Html {
    let id = branch.id;
    let shown = id == props.branch;
    let text = match (&*branch.text, branch.parent) {
        ("", None) => time::BRANCH_FIRST.to_string(),
        ("", Some(_)) => time::BRANCH_UNTOUCHED.to_string(),
        (text, _) => text.to_owned(),
    };
    let span = time::BRANCH_SPAN
        .with(&[("from", &format::instant(branch.forked_us)), ("to", &format::instant(branch.head_us))]);
    let acts = plural(branch.acts.into(), branch.acts, time::BRANCH_ACT, time::BRANCH_ACTS);
    html! {
        <li key={id.to_string()}>
            <button class={classes!("branch", shown.then_some("shown"))} aria-pressed={shown.to_string()} data-testid="branch" data-branch={id.to_string()}
                onclick={props.dispatch.reform(move |_: MouseEvent| Action::Branch(id))}>
                { icon(if shown { Icon::Check } else { Icon::Fork }) }
                <b>{ text }</b>
                <span class="mono">{ span }</span>
                <span class="muted">{ acts }</span>
                <span class="go">{ if shown { time::BRANCH_SHOWN } else { time::BRANCH_GO } }</span>
            </button>
        </li>
    }
}
