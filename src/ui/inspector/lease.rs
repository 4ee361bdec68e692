//! The beliefs of a candidate in an election, as a ring and a sentence.

use yew::prelude::*;

use crate::lab::narration::join;
use crate::lab::view::{CandidateView, Reading, View};
use crate::ui::texts;

/// Draws the big ring: the time until the lease expires (standby) or until it gives up (leader).
pub(crate) fn patience(view: &View, candidate: &CandidateView) -> Html {
    let now = view.now_us;
    let timings = &view.timings;
    let (until, whole, class) = if candidate.acting {
        (candidate.gives_up_us, timings.renew.us + timings.retry.us, "leader")
    } else {
        (candidate.free_us, timings.lease.us, "standby")
    };
    let left = until.map_or(0, |until| until.saturating_sub(now));
    let part = (left as f64 / whole.max(1) as f64).min(1.0);
    let length = 2.0 * std::f64::consts::PI * 25.0;
    let (head, more) = sentences(view, candidate, left);
    html! {
        <div class={classes!("patience-big", class)}>
            <svg width="68" height="68" viewBox="-34 -34 68 68" role="img" aria-label={head.clone()}>
                <circle class="ground" r="25" />
                <circle class="left" r="25" transform="rotate(-90)" stroke-dasharray={format!("{:.1} {length:.1}", length * part)} />
                <text y="5">{ if until.is_some() { format!("{:.1} s", left as f64 / 1e6) } else { "–".into() } }</text>
            </svg>
            <div>
                <b>{ head }</b>
                <p>{ more }</p>
            </div>
        </div>
    }
}

fn sentences(view: &View, candidate: &CandidateView, left: u64) -> (String, String) {
    let now = view.now_us;
    let next = candidate.next_look_us.map(|next| next.saturating_sub(now));
    if candidate.acting {
        let renewed = candidate.renewed_us.map(|at| texts::renewed_ago(now.saturating_sub(at))).unwrap_or_default();
        let next = next.map(texts::renews_in).unwrap_or_default();
        return (texts::gives_up_in(left), join::stop(&join::clauses(&[renewed, next])));
    }
    let head = if left == 0 { texts::MAY_TAKE_NOW.to_string() } else { texts::may_take_in(left) };
    let looks = next.map(|next| join::stop(&texts::looks_in(next))).unwrap_or_default();
    let waits = match view.setup.reading {
        Reading::Lecture => texts::waits_lecture(&view.timings.lease.typed),
        Reading::ClientGo => texts::waits(&view.timings.lease.typed),
    };
    (head, join::sentences(&[looks, waits]))
}
