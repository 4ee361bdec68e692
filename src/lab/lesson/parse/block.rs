//! One block of a beat while its lines are read, and its conversion to a step at its end.

use super::Reader;
use crate::lab::lesson::model::{Choice, Condition, Goal, LessonAct, Prose, Question, Step, Task, Tone};
use crate::sim::SimDuration;

const MAX_CHOICES: usize = 6;
const MAX_LINES: usize = 12;
const USUAL_PATIENCE: SimDuration = SimDuration::from_secs(180);
const MAX_PATIENCE: SimDuration = SimDuration::from_secs(3_600);

/// One block of a beat, while its lines are read.
pub(super) enum Block {
    None,
    Setup,
    Text { tone: Tone, paragraphs: Paragraphs },
    Goal { text: Paragraphs, when: Vec<Condition>, within: SimDuration, check: bool },
    Question { text: Paragraphs, choices: Vec<Draft>, until_right: bool },
    Task { text: Paragraphs, acts: Vec<LessonAct>, done: Vec<Condition>, unaided: bool },
}

/// A choice, while its lines are read.
pub(super) struct Draft {
    text: Paragraphs,
    when: Vec<Condition>,
    why: Paragraphs,
}

/// The first line of a block or a choice, and what is wrong with it.
pub(super) type Fault = (usize, String);

/// Paragraphs, each with its first line.
pub(super) struct Paragraphs {
    line: usize,
    texts: Vec<String>,
    /// Set if the next line starts another paragraph.
    fresh: bool,
}

impl Paragraphs {
    fn of(text: &str, line: usize) -> Self {
        let mut paragraphs = Paragraphs { line, texts: Vec::new(), fresh: true };
        if !text.is_empty() {
            paragraphs.add(text);
        }
        paragraphs
    }

    fn add(&mut self, text: &str) {
        match self.texts.last_mut() {
            Some(last) if !self.fresh => {
                last.push(' ');
                last.push_str(text);
            }
            _ => self.texts.push(text.to_owned()),
        }
        self.fresh = false;
    }

    fn all(&self, reader: &Reader) -> Result<Vec<Prose>, Fault> {
        let read = |text: &String| reader.prose(text).map_err(|what| self.at(&what));
        self.texts.iter().map(read).collect()
    }

    fn one(&self, reader: &Reader, what: &str) -> Result<Prose, Fault> {
        let mut all = self.all(reader)?;
        match (all.pop(), all.is_empty()) {
            (Some(prose), true) => Ok(prose),
            (None, _) => Err(self.at(&format!("{what} has no text"))),
            _ => Err(self.at(&format!("{what} has several paragraphs; allowed: one"))),
        }
    }

    fn at(&self, what: &str) -> Fault {
        (self.line, what.to_owned())
    }
}

impl Block {
    /// Returns the block that a keyword starts. `None` if it is no keyword.
    pub(crate) fn begin(word: &str, rest: &str, line: usize) -> Option<Block> {
        let text = Paragraphs::of(rest, line);
        Some(match word {
            "then" => Block::Text { tone: Tone::Then, paragraphs: text },
            "precisely" => Block::Text { tone: Tone::Precisely, paragraphs: text },
            "wait" | "check" => Block::Goal { text, when: Vec::new(), within: USUAL_PATIENCE, check: word == "check" },
            "predict" | "diagnose" => Block::Question { text, choices: Vec::new(), until_right: word == "diagnose" },
            "do" | "repair" => Block::Task { text, acts: Vec::new(), done: Vec::new(), unaided: word == "repair" },
            _ => return None,
        })
    }

    pub(crate) fn text(tone: Tone, line: usize) -> Block {
        Block::Text { tone, paragraphs: Paragraphs::of("", line) }
    }

    /// Adds a line of text at the margin.
    pub(crate) fn more(&mut self, line: &str) -> Result<(), String> {
        if let Block::Text { paragraphs, .. } = self {
            paragraphs.add(line);
        }
        Ok(())
    }

    /// Adds an empty line.
    pub(crate) fn blank(&mut self) -> Result<(), String> {
        match self {
            Block::Text { paragraphs, .. } => paragraphs.fresh = true,
            Block::Question { choices, .. } => {
                if let Some(draft) = choices.last_mut() {
                    draft.why.fresh = true;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Adds a line that starts with a dash.
    pub(crate) fn choice(&mut self, item: &str, reader: &Reader) -> Result<(), String> {
        let Block::Question { choices, .. } = self else {
            return Err("a line with a dash; allowed: the choices of predict: or diagnose:, and the recap".to_owned());
        };
        if choices.len() == MAX_CHOICES {
            return Err(format!("more than {MAX_CHOICES} choices"));
        }
        let (text, why) = (Paragraphs::of(item, reader.line), Paragraphs::of("", reader.line));
        choices.push(Draft { text, when: Vec::new(), why });
        Ok(())
    }

    /// Adds an indented line.
    pub(crate) fn indented(&mut self, line: &str, reader: &mut Reader) -> Result<(), String> {
        let (word, rest) = match line.split_once(':') {
            Some((word, rest)) if !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()) => {
                (word, rest.trim())
            }
            _ => ("", line),
        };
        let known = |list: &str| Err(format!("{word:?} is not known here; allowed: {list}, or text"));
        match self {
            Block::None => {
                return Err("an indented line that belongs to nothing; allowed: text at the margin".to_owned());
            }
            Block::Setup => return reader.prepare(line),
            Block::Text { paragraphs, .. } => paragraphs.add(line),
            Block::Goal { text, when, within, .. } => match word {
                "when" => few(when, reader.condition(rest)?)?,
                "within" => *within = SimDuration::parse(rest).and_then(patience)?,
                "" => text.add(line),
                _ => return known("when, within"),
            },
            Block::Question { text, choices, .. } => match (word, choices.last_mut()) {
                ("when", Some(draft)) => few(&mut draft.when, reader.condition(rest)?)?,
                ("", Some(draft)) => draft.why.add(line),
                ("", None) => text.add(line),
                _ => return known("when (of a choice)"),
            },
            Block::Task { text, acts, done, .. } => match word {
                "act" => few(acts, reader.doing(rest)?)?,
                "done" => few(done, reader.condition(rest)?)?,
                "" => text.add(line),
                _ => return known("act, done"),
            },
        }
        Ok(())
    }

    /// Converts the finished block to a step.
    ///
    /// # Errors
    /// What is wrong with the block as a whole.
    pub(crate) fn end(self, reader: &Reader) -> Result<Option<Step>, Fault> {
        Ok(Some(match self {
            Block::None | Block::Setup => return Ok(None),
            Block::Text { tone, paragraphs } => {
                let all = paragraphs.all(reader)?;
                if all.is_empty() {
                    return Err(paragraphs.at("no text"));
                }
                Step::Text(tone, all)
            }
            Block::Goal { text, when, within, check } => {
                some(&when, &text, "when:")?;
                Step::Wait(Goal { text: text.one(reader, "it")?, when, within, check })
            }
            Block::Question { text, choices, until_right } => {
                if choices.len() < 2 {
                    return Err(text.at("fewer than two choices; allowed: 2 to 6 lines that begin with \"- \""));
                }
                let read = |draft: Draft| {
                    some(&draft.when, &draft.text, "when:")?;
                    let why = draft.why.all(reader)?;
                    some(&why, &draft.text, "text that says why it is right or wrong")?;
                    Ok(Choice { text: draft.text.one(reader, "a choice")?, when: draft.when, why })
                };
                let choices = choices.into_iter().map(read).collect::<Result<_, Fault>>()?;
                Step::Predict(Question { text: text.one(reader, "the question")?, choices, until_right })
            }
            Block::Task { text, acts, done, unaided } => {
                some(&acts, &text, "act:")?;
                some(&done, &text, "done:")?;
                Step::Do(Task { text: text.one(reader, "it")?, acts, done, unaided })
            }
        }))
    }
}

fn few<T>(list: &mut Vec<T>, item: T) -> Result<(), String> {
    list.push(item);
    if list.len() > MAX_LINES { Err(format!("more than {MAX_LINES} such lines")) } else { Ok(()) }
}

fn some<T>(list: &[T], text: &Paragraphs, what: &str) -> Result<(), Fault> {
    if list.is_empty() {
        Err(text.at(&format!("something is missing; allowed: at least one indented {what}")))
    } else {
        Ok(())
    }
}

fn patience(span: SimDuration) -> Result<SimDuration, String> {
    let fine = span > SimDuration::ZERO && span <= MAX_PATIENCE;
    if fine { Ok(span) } else { Err(format!("{span} is out of range; allowed: up to {MAX_PATIENCE}")) }
}
