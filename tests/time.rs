//! The time machine: wherever a session goes, each moment equals the one that a run from the start reaches. Failures print
//! the seed and the acts.

use ha_lab::cluster::Cluster;
use ha_lab::lab::scenario::Scenario;
use ha_lab::lab::session::{Goal, Session};
use ha_lab::lab::view::Verb;
use ha_lab::sim::SimTime;
use proptest::prelude::*;

const S: u64 = 1_000_000;

/// Returns a digest of everything that has happened so far.
fn digest(cluster: &Cluster) -> u64 {
    cluster.world().trace().digest()
}

/// Returns the state that a run from the start reaches with the same acts.
fn fresh(scenario: &Scenario) -> u64 {
    let mut cluster = Cluster::new(&scenario.config(scenario.seed));
    for (at, act) in scenario.acts() {
        cluster.run_until(SimTime::ZERO + at);
        let _ = cluster.apply(&act);
    }
    cluster.run_until(SimTime::ZERO + scenario.until.0);
    digest(&cluster)
}

/// Checks that the moment equals the one that its saved scenario describes, after writing and reading it.
fn check(session: &Session, done: &str) {
    let scenario = Scenario::parse(&session.to_scenario().to_json()).expect("what is saved can be read");
    assert_eq!(scenario, session.to_scenario(), "after {done}");
    assert_eq!(scenario.until.0.0, session.now_us(), "after {done}");
    assert_eq!(digest(session.cluster()), fresh(&scenario), "after {done}, at {} µs", session.now_us());
}

fn running() -> Session {
    let mut session = Session::new();
    session.advance(10 * S);
    session.act("master-1", Verb::PowerOff).expect("it is on");
    session.advance(40 * S);
    session
}

#[test]
fn going_back_and_forth_changes_nothing() {
    let mut session = running();
    let (head, events) = (digest(session.cluster()), session.view().history.events.clone());
    assert_eq!((session.now_us(), session.head_us()), (80 * S, 80 * S));
    for at in [45 * S, 40 * S, 39_999_999, 31 * S + 7, 30 * S, 79 * S, 80 * S] {
        assert_eq!(session.seek(at, &mut || true), None);
        assert_eq!((session.now_us(), session.head_us()), (at, 80 * S));
        check(&session, "a seek");
        let view = session.view();
        assert_eq!(view.history.events, events, "the future is shown as well");
        assert_eq!(
            view.history.takeovers.len(),
            session.cluster().history().takeovers.len().max(view.history.takeovers.len())
        );
    }
    assert_eq!(digest(session.cluster()), head);
    session.seek(0, &mut || true);
    assert_eq!(session.now_us(), session.start_us(), "not before the start");
    session.seek(u64::MAX, &mut || true);
    assert_eq!(session.now_us(), 80 * S, "not beyond the head");
    assert_eq!(session.view().branches.len(), 1);
}

#[test]
fn time_passes_what_was_done_and_goes_on_at_the_head() {
    let mut session = running();
    let mut straight = running();
    straight.advance(20 * S);
    session.seek(30 * S, &mut || true);
    for _ in 0..70 {
        session.advance(S);
    }
    assert_eq!((session.now_us(), session.head_us()), (100 * S, 100 * S));
    assert_eq!(digest(session.cluster()), digest(straight.cluster()));
    assert_eq!(session.view(), {
        let mut view = straight.view();
        view.messages = session.view().messages.clone();
        view
    });
}

#[test]
fn steps_stop_at_told_events_forwards_and_backwards() {
    let mut session = running();
    let told: Vec<u64> = session.view().history.events.iter().map(|event| event.at_us).collect();
    let mut instants: Vec<u64> = told.into_iter().filter(|at| (30 * S + 1..80 * S).contains(at)).collect();
    instants.dedup();
    assert!(instants.len() > 5, "{instants:?}");
    for at in instants.iter().rev() {
        session.step_back(&mut || true);
        assert_eq!(session.now_us(), *at);
        check(&session, "a step back");
    }
    session.step_back(&mut || true);
    assert_eq!(session.now_us(), 30 * S, "before the first event there is the start");
    for at in &instants {
        session.step();
        assert_eq!(session.now_us(), *at);
    }
    check(&session, "steps");
}

#[test]
fn an_act_in_the_past_forks_and_both_branches_stay() {
    let mut session = running();
    let old = digest(session.cluster());
    session.seek(40 * S + 1, &mut || true);
    session.act("master-2", Verb::Pause).expect("it is on");
    check(&session, "an act in the past");
    let view = session.view();
    assert_eq!((view.branch, view.branches.len(), view.head_us), (1, 2, 40 * S + 1));
    assert_eq!((view.branches[1].parent, view.branches[1].acts), (Some(0), 1));
    assert_eq!(&*view.branches[1].text, "Pause master-2");
    assert!(view.history.events.iter().all(|event| event.at_us <= 40 * S + 1), "the old future is not this one's");
    session.advance(5 * S);
    let new = digest(session.cluster());
    session.branch(0, &mut || true);
    assert_eq!((session.now_us(), session.head_us()), (40 * S + 1, 80 * S), "where it was left, with its future");
    check(&session, "a change of branch");
    session.seek(80 * S, &mut || true);
    assert_eq!(digest(session.cluster()), old);
    session.branch(1, &mut || true);
    assert_eq!(digest(session.cluster()), new);
    session.branch(0, &mut || true);
    assert_eq!(digest(session.cluster()), old);
}

#[test]
fn undo_goes_to_before_the_last_act_and_redo_to_what_was_undone() {
    let mut session = running();
    session.act("master-2/etcd", Verb::Kill).expect("it runs");
    session.advance(S);
    let end = digest(session.cluster());
    assert!(session.can_undo() && !session.can_redo());
    session.undo(&mut || true);
    assert_eq!((session.now_us(), session.head_us()), (80 * S, 80 * S));
    check(&session, "undo");
    session.advance(3 * S); // the passing of time does not end the chain
    session.undo(&mut || true);
    assert_eq!(session.now_us(), 40 * S);
    assert!(session.cluster().history().acts.is_empty());
    check(&session, "undo twice");
    assert!(!session.can_undo() && session.can_redo());
    assert_eq!(session.view().branches.len(), 2, "an undo after an undo needs no branch of its own");
    session.redo(&mut || true);
    assert_eq!(session.now_us(), 80 * S);
    check(&session, "redo");
    session.redo(&mut || true);
    assert_eq!(digest(session.cluster()), end);
    assert!(!session.can_redo());
    assert_eq!(session.view().branches.len(), 1);
    session.undo(&mut || true);
    session.act("master-3", Verb::PowerOff).expect("it is on");
    assert!(!session.can_redo(), "what is done instead ends it");
    assert_eq!(session.view().branches.len(), 2);
}

#[test]
fn acts_at_one_instant_and_after_a_step_are_repeated_as_they_were() {
    let mut session = Session::new();
    session.step();
    session.act("master-1/kube-scheduler", Verb::Kill).expect("it runs");
    session.act("master-1/kube-controller-manager", Verb::Kill).expect("it runs");
    session.step();
    session.act("lb-1/haproxy", Verb::Terminate).expect("it runs");
    session.set_timings("9s", "6s", "1s").expect("valid");
    assert!(session.set_timings("5s", "6s", "1s").is_err());
    session.advance(20 * S);
    check(&session, "acts at one instant");
    session.step_back(&mut || true);
    check(&session, "a step back");
}

#[test]
fn it_runs_to_a_takeover_and_to_an_error_or_as_far_as_it_may() {
    let mut session = Session::new();
    assert!(!session.run_towards(Goal::Takeover, 60 * S, &mut || true));
    assert_eq!(session.now_us(), 90 * S);
    session.act("lb-1", Verb::PowerOff).expect("it is on");
    assert!(session.run_towards(Goal::Error, 60 * S, &mut || true));
    assert!(session.cluster().requests().kubectl.failed > 0);
    session.act("lb-1", Verb::PowerOn).expect("it is off");
    let leader = session
        .view()
        .hosts
        .iter()
        .find(|host| host.processes.iter().any(|p| p.candidate.as_ref().is_some_and(|c| c.acting)))
        .map(|host| host.name.clone());
    session.act(&leader.expect("somebody leads"), Verb::PowerOff).expect("it is on");
    assert!(session.run_towards(Goal::Takeover, 60 * S, &mut || true));
    assert_eq!(session.cluster().history().takeovers.back().map(|t| t.gained.0), Some(session.now_us()));
    check(&session, "a takeover");
}

#[test]
fn branches_and_states_are_bounded() {
    let mut session = Session::new();
    session.advance(3_600 * S);
    for n in 0..40 {
        session.seek(40 * S + n * S, &mut || true);
        session.act("master-1", Verb::Pause).expect("it runs");
        session.advance(20 * S);
        session.seek(30 * S, &mut || true);
        session.advance(5 * S);
    }
    assert!(session.view().branches.len() <= 16 && session.dropped() >= 24, "{}", session.dropped());
    assert!(session.kept() <= 40, "{}", session.kept());
    check(&session, "many branches");
}

#[test]
fn what_is_beyond_now_can_be_asked() {
    let mut session = running();
    let takeover = session.view().history.takeovers.last().cloned().expect("a takeover");
    let chain = session.why(takeover.event);
    session.seek(35 * S, &mut || true);
    assert_eq!(session.why(takeover.event), chain);
    assert!(chain.len() > 1);
}

#[test]
fn a_seek_does_at_most_as_much_as_it_is_given_and_says_where_to_go_on() {
    let mut session = Session::new();
    session.advance(3_000 * S);
    let spent = session.spent();
    // Patience for this number of checks.
    let few = || {
        let mut looks = 100;
        move || {
            looks -= 1;
            looks > 0
        }
    };
    let mut left = session.seek(1_234_567_890, &mut few());
    let mut pieces = 0;
    while let Some(to) = left {
        assert_eq!(to, 1_234_567_890);
        let before = session.spent();
        if session.start_on(&mut few()) {
            session.advance_while(to - session.now_us(), &mut few());
        }
        assert!(session.spent() - before < 10_000, "{} events at once", session.spent() - before);
        left = (session.now_us() < to).then_some(to);
        pieces += 1;
    }
    assert!(pieces > 10 && session.spent() > spent);
    check(&session, "a seek in pieces");
}

#[derive(Clone, Debug)]
enum Move {
    Advance(u64),
    Act(usize, usize),
    Seek(u64),
    Step,
    StepBack,
    Undo,
    Redo,
    Branch(usize),
    Timings(bool),
    Type(usize),
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        3 => (1..30_000_000u64).prop_map(Move::Advance),
        3 => (0..TARGETS.len(), 0..ACTS.len()).prop_map(|(target, act)| Move::Act(target, act)),
        3 => (0..=1_000u64).prop_map(Move::Seek),
        1 => Just(Move::Step),
        2 => Just(Move::StepBack),
        2 => Just(Move::Undo),
        1 => Just(Move::Redo),
        1 => (0..20usize).prop_map(Move::Branch),
        1 => any::<bool>().prop_map(Move::Timings),
        1 => (0..LINES.len()).prop_map(Move::Type),
    ]
}

const TARGETS: [&str; 6] =
    ["master-1", "master-2", "lb-1", "master-1/kube-controller-manager", "master-3/etcd", "worker-1"];
const ACTS: [Verb; 9] = [
    Verb::Kill,
    Verb::Terminate,
    Verb::Stop,
    Verb::Start,
    Verb::PowerOff,
    Verb::PowerOn,
    Verb::Pause,
    Verb::Resume,
    Verb::Kill,
];
const LINES: [&str; 4] =
    ["kubectl get pods", "kubectl scale deployment/web --replicas=5", "kubectl frobnicate", "etcdctl put a b"];

fn make(session: &mut Session, what: &Move) {
    match *what {
        Move::Advance(us) => session.advance(us),
        // An act that cannot be carried out now changes nothing.
        Move::Act(target, act) => drop(session.act(TARGETS[target], ACTS[act])),
        Move::Seek(part) => {
            let (start, head) = (session.start_us(), session.head_us());
            session.seek(start + (head - start) / 1_000 * part, &mut || true);
        }
        Move::Step => session.step(),
        Move::StepBack => drop(session.step_back(&mut || true)),
        Move::Undo => drop(session.undo(&mut || true)),
        Move::Redo => drop(session.redo(&mut || true)),
        Move::Branch(n) => {
            let branches = session.view().branches;
            session.branch(branches[n % branches.len()].id, &mut || true);
        }
        Move::Timings(short) => {
            let (lease, renew) = if short { ("6s", "4s") } else { ("15s", "10s") };
            session.set_timings(lease, renew, "2s").expect("valid");
        }
        Move::Type(line) => drop(session.perform(ha_lab::lab::forms::FormAct::Type, "laptop", &[LINES[line].into()])),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn wherever_one_goes_it_is_what_a_fresh_run_comes_to(moves in proptest::collection::vec(any_move(), 1..40)) {
        let mut session = Session::new();
        for (n, one) in moves.iter().enumerate() {
            make(&mut session, one);
            let view = session.view();
            prop_assert!(view.branches.iter().any(|b| b.id == view.branch && b.head_us == view.head_us));
            prop_assert!(session.start_us() <= view.now_us && view.now_us <= view.head_us);
            if n % 5 == 4 {
                check(&session, &format!("{:?}", &moves[..=n]));
            }
        }
        check(&session, &format!("{moves:?}"));
        let whole = session.to_head();
        session.seek(u64::MAX, &mut || true);
        prop_assert_eq!(digest(session.cluster()), fresh(&whole));
        let loaded = Session::load(&whole);
        prop_assert_eq!(digest(loaded.cluster()), digest(session.cluster()));
    }
}
