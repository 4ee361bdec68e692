//! Plays a lesson without a learner: in order, or in one of the careless ways in which people play.

use std::rc::Rc;

use super::backend::ClusterBackend;
use super::screen::Screen;
use super::{Need, Run};
use crate::cluster::config::{Act, Target};
use crate::cluster::topology::HostRole;
use crate::lab::lesson::model::{Lesson, LessonAct, Step, Task, Verb};
use crate::sim::{SimDuration, SimTime};

/// The order of a player's acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Playthrough {
    /// In the lesson's order.
    Canonical,
    /// All acts at the very start of a beat, before the lesson asks.
    Early,
    /// Each act after a long pause, and the next beat later still.
    Late,
    /// Each act twice.
    Twice,
    /// Each act first on the wrong host.
    Wrong,
    /// The next beat's acts before it starts.
    Ahead,
}

impl Playthrough {
    pub const ALL: [Playthrough; 6] = [
        Playthrough::Canonical,
        Playthrough::Early,
        Playthrough::Late,
        Playthrough::Twice,
        Playthrough::Wrong,
        Playthrough::Ahead,
    ];
}

/// The stage has no time left: [`ClusterBackend::in_time`].
const TOO_MUCH: &str =
    "to bring the cluster there takes more work than a lesson may; allowed: a smaller cluster, or less time";

const SECOND_US: u64 = 1_000_000;
/// The pause of [`Playthrough::Late`].
const LATE_US: u64 = 40 * SECOND_US;
/// Simulated time between two checks for a wait that is too long.
const WAIT_US: u64 = 100_000;
/// The longest beat, in simulated time. A longer one counts as never ending.
pub(super) const LIMIT: SimDuration = SimDuration::from_secs(7_200);

/// Plays a lesson from start to end.
///
/// # Errors
/// Which beat cannot be completed, and why.
pub fn play(
    lesson: &Rc<Lesson>,
    seed: Option<u64>,
    order: Playthrough,
    stage: &mut dyn ClusterBackend,
) -> Result<Run, String> {
    play_and_show(lesson, seed, order, stage, &mut |_, _| {})
}

/// Plays a lesson like [`play`], and passes the screen at the end of each beat to `shown`.
///
/// # Errors
/// As [`play`].
pub(crate) fn play_and_show(
    lesson: &Rc<Lesson>,
    seed: Option<u64>,
    order: Playthrough,
    stage: &mut dyn ClusterBackend,
    shown: &mut dyn FnMut(&Run, Screen),
) -> Result<Run, String> {
    let mut run = Run::start(lesson.clone(), seed, stage);
    loop {
        if run.is_preparing() {
            return Err(format!("line {}: {}", run.preparing_line(), TOO_MUCH));
        }
        let beat = &lesson.beats[run.beat];
        let fault = |what: String| format!("beat {} (line {}): {what}", beat.id, beat.line);
        play_beat(&mut run, order, stage).map_err(fault)?;
        shown(&run, run.screen(stage.cluster()));
        match order {
            Playthrough::Late => run.advance(LATE_US, stage),
            Playthrough::Ahead => {
                for task in tasks(&run, run.beat + 1) {
                    perform(&run, &task, stage);
                }
                run.advance(5 * SECOND_US, stage);
            }
            _ => {}
        }
        if !run.next(stage) {
            return Ok(run);
        }
    }
}

fn play_beat(run: &mut Run, order: Playthrough, stage: &mut dyn ClusterBackend) -> Result<(), String> {
    if order == Playthrough::Early {
        for task in tasks(run, run.beat) {
            perform(run, &task, stage);
        }
        run.advance(3 * SECOND_US, stage);
    }
    match attempt(run, order, stage) {
        // A learner who did something else is told to restart the beat.
        Err(_) if order == Playthrough::Wrong => {
            run.again(stage);
            if run.is_preparing() {
                return Err(format!("line {}: {TOO_MUCH}", run.preparing_line()));
            }
            attempt(run, Playthrough::Canonical, stage)?;
        }
        other => other?,
    }
    if run.is_unanswerable() && order != Playthrough::Wrong {
        return Err("of the choices of a question none came true".to_owned());
    }
    Ok(())
}

fn attempt(run: &mut Run, order: Playthrough, stage: &mut dyn ClusterBackend) -> Result<(), String> {
    let begun = stage.cluster().now();
    let mut done_at = usize::MAX;
    while !run.is_complete() {
        if run.need() != Need::Time && order == Playthrough::Late {
            run.advance(LATE_US, stage);
        }
        match run.need() {
            Need::Answer => answer(run, order, stage)?,
            Need::Act => {
                let Some(task) = task(run) else { break };
                if order == Playthrough::Wrong && done_at != run.beat_state.at {
                    go_wrong(run, &task, stage);
                    run.advance(SECOND_US, stage);
                }
                let again = done_at == run.beat_state.at;
                let since = run.beat_state.step_from;
                if !again || (order == Playthrough::Twice && stage.cluster().now().since(since).0 < 2 * SECOND_US) {
                    done_at = run.beat_state.at;
                    let before = run.beat_state.at;
                    let refused = perform(run, &task, stage);
                    run.look(stage.cluster());
                    if order == Playthrough::Twice {
                        run.advance(SECOND_US, stage);
                        perform(run, &task, stage);
                    }
                    if let Some(why) = refused
                        && run.beat_state.at == before
                        && order == Playthrough::Canonical
                    {
                        return Err(format!("an act was refused: {why}"));
                    }
                }
                wait(run, begun, stage)?;
            }
            Need::Time => wait(run, begun, stage)?,
            Need::Nothing => {}
        }
    }
    Ok(())
}

fn wait(run: &mut Run, begun: SimTime, stage: &mut dyn ClusterBackend) -> Result<(), String> {
    run.advance(WAIT_US, stage);
    if !stage.in_time() {
        return Err(format!("it takes more work than a lesson may, and still waits for: {}", waited_for(run)));
    }
    let waited = stage.cluster().now().since(begun).0;
    if run.is_astray(stage.cluster()) || waited > LIMIT.0 {
        return Err(format!("after {} s it still waits for: {}", waited / SECOND_US, waited_for(run)));
    }
    let limit = 600 * SECOND_US;
    if run.need() == Need::Act
        && stage.cluster().now().since(run.beat_state.step_from.min(stage.cluster().now())).0 > limit
    {
        return Err(format!("what is to be done was done, and does not count: {}", waited_for(run)));
    }
    if let Some(broken) = stage.cluster().invariants().broken() {
        return Err(format!("the simulation's invariant {} did not hold: {}", broken.name, broken.detail));
    }
    Ok(())
}

/// Returns the conditions that the lesson waits for.
fn waited_for(run: &Run) -> String {
    let conditions = match run.lesson().beats[run.beat].steps.get(run.beat_state.at) {
        Some(Step::Wait(goal)) => &goal.when,
        Some(Step::Do(task)) => &task.done,
        _ => return "an answer".to_owned(),
    };
    conditions.iter().map(|c| c.text.as_str()).collect::<Vec<_>>().join("; ")
}

fn answer(run: &mut Run, order: Playthrough, stage: &mut dyn ClusterBackend) -> Result<(), String> {
    let Some(Step::Predict(question)) = run.lesson().beats[run.beat].steps.get(run.beat_state.at).cloned() else {
        return Ok(());
    };
    let before = run.beat_state.at;
    for n in 0..question.choices.len() {
        // A careless learner tries another answer first.
        run.answer((n + order as usize) % question.choices.len(), stage.cluster());
        if run.beat_state.at != before {
            return Ok(());
        }
    }
    Err("no choice is right".to_owned())
}

/// Returns the tasks of a beat.
fn tasks(run: &Run, beat: usize) -> Vec<Task> {
    let steps = run.lesson().beats.get(beat).map_or(&[][..], |beat| &beat.steps);
    steps.iter().filter_map(|step| if let Step::Do(task) = step { Some(task.clone()) } else { None }).collect()
}

/// Returns the present task. `None` if there is none.
fn task(run: &Run) -> Option<Task> {
    match run.lesson().beats[run.beat].steps.get(run.beat_state.at) {
        Some(Step::Do(task)) => Some(task.clone()),
        _ => None,
    }
}

/// Does the present task for a learner who asks for it. Returns false if there is none, or if it was refused.
pub(super) fn do_task(run: &Run, stage: &mut dyn ClusterBackend) -> bool {
    task(run).is_some_and(|task| perform(run, &task, stage).is_none())
}

/// Does the acts of a task. Returns the reason if one was refused.
fn perform(run: &Run, task: &Task, stage: &mut dyn ClusterBackend) -> Option<String> {
    let Some(acts) = run.acts_of(task, stage.cluster()) else {
        return Some("somebody whom it names cannot be found".to_owned());
    };
    acts.iter().filter_map(|act| stage.apply(act).err()).last()
}

/// Does a similar act to another host.
fn go_wrong(run: &Run, task: &Task, stage: &mut dyn ClusterBackend) {
    let meant = run.acts_of(task, stage.cluster()).unwrap_or_default();
    let named = |act: &Act, name: &str| format!("{act:?}").contains(&format!("{name:?}"));
    let topology = stage.cluster().topology();
    let hosts = topology.with_role(HostRole::Master).chain(topology.with_role(HostRole::Worker));
    let other = hosts.map(|(_, host)| host.name.clone()).find(|name| !meant.iter().any(|act| named(act, name)));
    let Some(other) = other else { return };
    let act = match task.acts.first() {
        Some(LessonAct::Aimed(Verb::Pause, _)) => Act::On(Verb::Pause, Target::Host(other)),
        Some(LessonAct::Aimed(Verb::PowerOn | Verb::Start | Verb::Resume, _) | LessonAct::Heal) => return,
        Some(LessonAct::Type(_) | LessonAct::Timings(_) | LessonAct::Reading(_)) => {
            Act::Kubectl { args: vec!["get".to_owned(), "nodes".to_owned()] }
        }
        _ => Act::On(Verb::PowerOff, Target::Host(other)),
    };
    let _ = stage.apply(&act);
}
