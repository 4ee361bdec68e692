//! Tests of the model as a whole: speed, refusals, the hint.

use super::*;

fn model() -> Model {
    Model::new(Session::new(), true, true)
}

#[test]
fn time_runs_at_the_chosen_speed_and_a_long_pause_is_not_made_up_for() {
    let mut model = model();
    let start = model.view.now_us;
    model.reduce(Action::Frame(0.0));
    model.reduce(Action::Frame(16.0));
    assert_eq!(model.view.now_us - start, 16_000);
    model.reduce(Action::Speed(2));
    model.reduce(Action::Frame(26.0));
    assert_eq!(model.view.now_us - start, 116_000);
    model.reduce(Action::Frame(60_000.0));
    assert_eq!(model.view.now_us - start, 116_000 + 1_000_000);
    model.reduce(Action::PlayPause);
    assert!(!model.reduce(Action::Frame(60_016.0)) || !model.pulses.live().is_empty());
    assert_eq!(model.view.now_us - start, 116_000 + 1_000_000);
}

#[test]
fn a_refused_timing_keeps_what_was_typed_and_what_is_in_force() {
    let mut model = model();
    let typed = ["5s".into(), "10s".into(), "2s".into()];
    model.reduce(Action::Timings(Timing::Lease, typed.clone()));
    let refusal = model.selection.refusal.clone().expect("refused");
    assert_eq!((refusal.at, refusal.typed), (Timing::Lease, typed));
    assert_eq!(&*refusal.reason, "leaseDuration must be greater than renewDeadline");
    assert_eq!(&*model.view.timings.lease.typed, "15s");
    model.reduce(Action::PutBack);
    assert_eq!(model.selection.refusal, None);
}

#[test]
fn the_hint_leads_from_the_crown_to_the_takeover() {
    let mut model = model();
    let leader = model.leader_host().expect("somebody leads");
    model.reduce(Action::Select(Some(leader.clone())));
    assert_eq!(model.hint, Hint::SwitchOff);
    model.reduce(Action::Act(leader, Verb::PowerOff));
    assert!(matches!(model.hint, Hint::Wait { .. }));
    model.reduce(Action::Speed(4));
    for frame in 0..4 {
        model.reduce(Action::Frame(f64::from(frame) * 16.0));
    }
    assert!(matches!(model.hint, Hint::Done { .. }), "{:?}", model.hint);
    assert!(model.said.contains("took over"));
}

/// Guards that the hint promises no takeover that may not come: with two masters off etcd has no majority.
#[test]
fn the_hint_goes_when_more_is_done_while_it_waits() {
    let mut model = model();
    let leader = model.leader_host().expect("somebody leads");
    let other = if &*leader == "master-1" { "master-2" } else { "master-1" };
    model.reduce(Action::Act(leader, Verb::PowerOff));
    assert!(matches!(model.hint, Hint::Wait { .. }));
    model.reduce(Action::Act(other.into(), Verb::PowerOff));
    assert_eq!(model.hint, Hint::Off);
}
