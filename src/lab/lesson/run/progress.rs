//! The screen of a run, and the progress that the browser keeps.

use serde_json::{Map, Value as Json, json};

use super::backend::ClusterBackend;
use super::evaluate::Evaluator;
use super::screen::{Answer, BeatResult, ChoiceShown, Pace, Part, Pointer, Screen, Shown, show};
use super::{Need, Passed, Run, StepState, Verdict};
use crate::cluster::Cluster;
use crate::lab::lesson::model::measure::{Measure, Value};
use crate::lab::lesson::model::{Goal, Inline, Lesson, LessonAct, Question, Step, Task};
use crate::sim::{SimDuration, Stream};

impl Run {
    /// Returns everything that is shown now.
    pub fn screen(&self, cluster: &Cluster) -> Screen {
        let beat = &self.lesson().beats[self.current_beat()];
        let screen = Screen {
            lesson: self.lesson().id.clone(),
            title: self.lesson().title.clone(),
            beat: self.current_beat(),
            beats: self.lesson().beats.len(),
            beat_title: beat.title.clone(),
            claims: beat.claims.clone(),
            preparing: self.is_preparing(),
            prepared: self.prepared,
            parts: Vec::new(),
            complete: false,
            astray: false,
            free: false,
            pace: Pace::Stand,
        };
        if self.is_preparing() {
            return screen;
        }
        let evaluator = self.evaluator(cluster);
        let both = beat.steps.iter().zip(&self.beat_state.parts).enumerate();
        let parts = both
            .filter_map(|(n, (step, state))| {
                let order = |choices| shuffled(choices, self.seed, &beat.id, n);
                part(step, state, n < self.beat_state.at, &evaluator, &order)
            })
            .collect();
        let stand = self.stands(cluster);
        Screen {
            parts,
            complete: self.is_complete(),
            astray: self.is_astray(cluster),
            free: self.is_free(cluster),
            pace: if stand { Pace::Stand } else { Pace::Run },
            ..screen
        }
    }

    /// Returns whether simulated time need not pass: the learner is asked, or the beat is complete.
    pub(crate) fn stands(&self, cluster: &Cluster) -> bool {
        matches!(self.need(), Need::Answer | Need::Nothing) && !self.is_free(cluster)
    }

    /// Returns the progress to keep.
    pub fn progress(&self) -> Progress {
        let lesson = self.lesson();
        let beats = lesson.beats.iter().zip(&self.passed);
        Progress {
            lesson: lesson.id.clone(),
            beat: self.current_beat(),
            passed: beats.map(|(beat, passed)| (beat.id.clone(), passed.clone())).collect(),
            kept: lesson
                .kept
                .iter()
                .zip(&self.kept)
                .filter_map(|((name, _), value)| Some((name.clone(), value.clone()?)))
                .collect(),
        }
    }

    /// Resumes a lesson at the start of the beat where it was left.
    pub fn resume(lesson: std::rc::Rc<Lesson>, progress: &Progress, stage: &mut dyn ClusterBackend) -> Run {
        let mut run = Run::recalled(lesson, progress);
        match run.target {
            0 => run.plan(0, None),
            beat => run.plan_jump(beat),
        }
        run.prepare_on(stage);
        run
    }

    /// Resumes a lesson beside a cluster that is not the lesson's: the learner plays freely.
    pub(crate) fn beside(lesson: std::rc::Rc<Lesson>, progress: &Progress) -> Run {
        let mut run = Run::recalled(lesson, progress);
        (run.beat, run.left) = (run.target, Some(0));
        run
    }

    fn recalled(lesson: std::rc::Rc<Lesson>, progress: &Progress) -> Run {
        let mut run = Run::new(lesson.clone(), None);
        if progress.lesson != lesson.id {
            return run;
        }
        for (n, beat) in lesson.beats.iter().enumerate() {
            if let Some((_, passed)) = progress.passed.iter().find(|(id, _)| *id == beat.id) {
                run.passed[n] = passed.clone();
            }
        }
        for (n, (name, _)) in lesson.kept.iter().enumerate() {
            run.kept[n] = progress.kept.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        }
        run.target = progress.beat.min(lesson.beats.len() - 1);
        run
    }
}

/// Returns the numbers below `count` in an order that the seed and the place of the question decide: everyone sees the same order, and
/// an answer's place says nothing about it.
fn shuffled(count: usize, seed: u64, beat: &str, part: usize) -> Vec<usize> {
    let mut stream = Stream::new(seed, &format!("choices of {beat}, part {part}"));
    let mut order: Vec<usize> = (0..count).collect();
    for n in (1..count).rev() {
        order.swap(n, stream.below(n as u64 + 1) as usize);
    }
    order
}

fn part(
    step: &Step,
    state: &StepState,
    done: bool,
    evaluator: &Evaluator<'_>,
    order: &dyn Fn(usize) -> Vec<usize>,
) -> Option<Part> {
    let text = || state.texts.first().cloned().unwrap_or_default();
    Some(match step {
        Step::Measure(_) => return None,
        Step::Text(tone, _) => Part::Text { tone: *tone, paragraphs: state.texts.clone() },
        Step::Wait(Goal { check, .. }) => Part::Wait { text: text(), done, check: *check },
        Step::Do(task) => {
            let at = if task.unaided { Vec::new() } else { pointers(task, evaluator) };
            Part::Do { text: text(), done, at }
        }
        Step::Predict(Question { choices, until_right, .. }) => {
            let answered = state.chosen.first().copied();
            let verdict = state.verdict.filter(|_| answered.is_some() || done);
            let choice = |n: usize| {
                let chosen = state.chosen.contains(&n);
                // Asked until it is right: only chosen answers are judged, so that the rest stay open.
                let judged = verdict.filter(|_| !*until_right || chosen || done);
                ChoiceShown {
                    text: state.texts.get(n + 1).cloned().unwrap_or_default(),
                    chosen,
                    right: judged.map(|verdict| verdict == Verdict::Choice(n)),
                    why: judged.and_then(|_| state.why.get(n).cloned()).unwrap_or_default(),
                }
            };
            Part::Predict {
                text: text(),
                choices: (0..choices.len()).map(choice).collect(),
                order: order(choices.len()),
                answered,
                judged: verdict.is_some(),
                until_right: *until_right,
            }
        }
    })
}

fn pointers(task: &Task, evaluator: &Evaluator<'_>) -> Vec<Pointer> {
    let pointer = |doing: &LessonAct| {
        Some(match doing {
            LessonAct::Aimed(verb, who) => Pointer::Target(evaluator.path(who)?, verb.name()),
            LessonAct::Isolate(who) => Pointer::Target(evaluator.path(who)?, "isolate"),
            LessonAct::Cut(a, b) => Pointer::Cut(evaluator.path(a)?, evaluator.path(b)?),
            LessonAct::Heal => Pointer::Heal,
            LessonAct::Type(line) => Pointer::Type(line.clone()),
            LessonAct::Flags(who, set) => Pointer::Flags(evaluator.path(who)?, set.clone()),
            LessonAct::Timings(spans) => Pointer::Timings(spans.map(|span| span.to_string())),
            LessonAct::Reading(reading) => Pointer::Reading(reading.name()),
        })
    };
    task.acts.iter().filter_map(pointer).collect()
}

/// Kept progress of a lesson: the learner's place, answers and measured values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub(crate) lesson: String,
    pub(crate) beat: usize,
    pub(super) passed: Vec<(String, Passed)>,
    pub(super) kept: Vec<(String, Value)>,
}

impl Progress {
    /// Returns the number of right first answers, and of answers to questions that had a right one.
    pub(crate) fn score(&self) -> (usize, usize) {
        let answers = || self.passed.iter().flat_map(|(_, passed)| &passed.answers).filter(|a| a.right.is_some());
        (answers().filter(|a| a.right == Some(a.first)).count(), answers().count())
    }

    /// Returns the result of each beat of this lesson.
    pub(crate) fn results(&self, lesson: &Lesson) -> Vec<BeatResult> {
        let passed = |id: &str| self.passed.iter().find(|(known, _)| known == id).map(|(_, passed)| passed.clone());
        let result = |beat: &crate::lab::lesson::model::Beat| {
            let Passed { done, answers } = passed(&beat.id).unwrap_or_default();
            BeatResult { id: beat.id.clone(), title: beat.title.clone(), done, answers }
        };
        lesson.beats.iter().map(result).collect()
    }

    /// Returns the lesson's card: the lines whose numbers were all measured.
    pub(crate) fn recap(&self, lesson: &Lesson) -> Vec<Shown> {
        let value = |measure: &Measure| match measure {
            Measure::Kept(index) => {
                let (name, _) = lesson.kept.get(*index)?;
                self.kept.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
            }
            _ => None,
        };
        let unknown = |inline: &Inline| matches!(inline, Inline::Measured(measure) | Inline::Printed(measure) if value(measure).is_none());
        let known = lesson.recap.iter().filter(|prose| !prose.iter().any(unknown));
        known.map(|prose| show(prose, &value)).collect()
    }

    /// Returns the number of beats that are done.
    pub fn done(&self) -> usize {
        self.passed.iter().filter(|(_, passed)| passed.done).count()
    }

    /// Returns it as JSON on one line.
    pub fn to_json(&self) -> String {
        let mut beats = Map::new();
        for (id, passed) in self.passed.iter().filter(|(_, passed)| *passed != Passed::default()) {
            let answers: Vec<Json> = passed.answers.iter().map(|a| json!([a.first, a.right])).collect();
            beats.insert(id.clone(), json!({ "done": passed.done, "answers": answers }));
        }
        let mut kept = Map::new();
        for (name, value) in &self.kept {
            let value = match value {
                Value::Number(n) => json!(n),
                Value::Span(span) => json!({ "us": span.0 }),
                Value::Word(word) => json!(word),
            };
            kept.insert(name.clone(), value);
        }
        json!({ "version": 1, "lesson": self.lesson, "beat": self.beat, "beats": beats, "kept": kept }).to_string()
    }

    /// Reads the output of [`Progress::to_json`], and ignores unknown parts. `None` if it is no progress at all.
    pub fn from_json(text: &str) -> Option<Progress> {
        let json: Json = serde_json::from_str(text).ok()?;
        if json.get("version")?.as_u64() != Some(1) {
            return None;
        }
        let index = |value: &Json| value.as_u64().and_then(|n| usize::try_from(n).ok());
        let answer = |value: &Json| Some(Answer { first: index(value.get(0)?)?, right: index(value.get(1)?) });
        let passed = |(id, value): (&String, &Json)| {
            let answers = value.get("answers")?.as_array()?.iter().filter_map(answer).collect();
            Some((id.clone(), Passed { done: value.get("done")?.as_bool()?, answers }))
        };
        let kept = |(name, value): (&String, &Json)| {
            let value = match value {
                Json::Number(n) => Value::Number(n.as_u64()?),
                Json::String(word) => Value::Word(word.clone()),
                _ => Value::Span(SimDuration(value.get("us")?.as_u64()?)),
            };
            Some((name.clone(), value))
        };
        Some(Progress {
            lesson: json.get("lesson")?.as_str()?.to_owned(),
            beat: index(json.get("beat")?)?,
            passed: json.get("beats")?.as_object()?.iter().filter_map(passed).collect(),
            kept: json.get("kept")?.as_object()?.iter().filter_map(kept).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards that each choice is shown once, and that no place is favoured.
    #[test]
    fn choices_are_shuffled_by_the_seed_and_the_place() {
        let mut first = [0; 3];
        for part in 0..300 {
            let order = shuffled(3, 7, "renew", part);
            assert_eq!(order, shuffled(3, 7, "renew", part), "the same for everyone");
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2], "each once: {order:?}");
            first[order[0]] += 1;
        }
        assert!(first.iter().all(|n| (70..=130).contains(n)), "{first:?}");
        assert_eq!(shuffled(0, 7, "renew", 0), Vec::<usize>::new());
    }
}
