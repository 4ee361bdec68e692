//! Reads the file of a lesson: front matter, then beats. Each error names the line, what was found and what is allowed.

mod block;
mod condition;
mod front_matter;
mod measure;
mod prose;
mod target;
mod words;

use std::fmt;
use std::rc::Rc;

use super::model::{Beat, Condition, Lesson, LessonAct, Prepare, Prose, Step, Tone};
use crate::cluster::config::Config;
use crate::cluster::topology::Topology;
use crate::lab::scenario;
use crate::sim::SimDuration;
use block::Block;
use front_matter::Front;
pub use measure::ALL as MEASURES;
use target::Scope;

/// The longest file, in bytes.
pub const MAX_FILE: usize = 64 * 1024;
const MAX_BEATS: usize = 30;
const MAX_STEPS: usize = 40;
const MAX_KEPT: usize = 60;
const MAX_RECAP: usize = 12;
const MAX_SETUP: usize = 20;
/// The longest setup of a beat: the sum of its `run:` lines.
const MAX_RUN: SimDuration = SimDuration::from_secs(3_600);
const MAX_ID: usize = 40;
/// The highest number of a claim.
const CLAIMS: u8 = 23;
/// The beat whose bullets are the recap.
const RECAP: &str = "recap";
const KEYWORDS: &str = "claims, setup, wait, predict, diagnose, do, repair, check, measure, then, precisely";

/// An error in a lesson's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonError {
    /// Counted from 1.
    pub line: usize,
    pub what: String,
}

impl fmt::Display for LessonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// Reads and checks a lesson.
///
/// # Errors
/// The first thing that is wrong.
pub fn read(text: &str) -> Result<Lesson, LessonError> {
    // A quotation may be as long as the file.
    read_whole(text).map_err(|e| LessonError { what: scenario::short(&e.what, 1_200).into_owned(), ..e })
}

fn read_whole(text: &str) -> Result<Lesson, LessonError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > MAX_FILE {
        return Err(LessonError { line: 1, what: format!("{} bytes; allowed: at most 64 KiB", text.len()) });
    }
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let (front, body) = front_matter::read(&lines)?;
    let mut reader = Reader::new(front);
    for (n, line) in lines.iter().enumerate().skip(body) {
        reader.line = n + 1;
        reader.take(line).map_err(|what| LessonError { line: reader.line, what })?;
    }
    reader.line = lines.len();
    reader.finish()
}

/// The state of reading the body.
pub(super) struct Reader {
    lesson: Lesson,
    /// The cluster that runs at the present line.
    config: Config,
    topology: Topology,
    /// The present line, counted from 1.
    pub(crate) line: usize,
    block: Block,
    in_recap: bool,
    ids: Vec<String>,
}

impl Reader {
    fn new(front: Front) -> Self {
        let config = config(&front.cluster);
        let topology = Topology::plan(&config);
        let lesson = Lesson {
            id: front.id,
            title: front.title,
            about: front.about,
            seed: front.seed,
            cluster: Rc::new(front.cluster),
            beats: Vec::new(),
            recap: Vec::new(),
            kept: Vec::new(),
        };
        Reader { lesson, config, topology, line: 0, block: Block::None, in_recap: false, ids: Vec::new() }
    }

    fn names(&self) -> Scope<'_> {
        Scope { topology: &self.topology, config: &self.config, kept: &self.lesson.kept }
    }

    pub(crate) fn prose(&self, text: &str) -> Result<Prose, String> {
        let names = self.names();
        prose::read(text.trim(), &mut |inner| measure::read_alone(inner, &names))
    }

    pub(crate) fn condition(&self, text: &str) -> Result<Condition, String> {
        condition::read(text, &self.names())
    }

    pub(crate) fn doing(&self, text: &str) -> Result<LessonAct, String> {
        target::doing(text, &self.names())
    }

    fn beat(&mut self) -> Result<&mut Beat, String> {
        let none = "nothing may stand before the first beat; allowed: ## Title {#id}";
        self.lesson.beats.last_mut().ok_or_else(|| none.to_owned())
    }

    fn push(&mut self, step: Step) -> Result<(), String> {
        let beat = self.beat()?;
        beat.steps.push(step);
        if beat.steps.len() > MAX_STEPS {
            return Err(format!("more than {MAX_STEPS} parts in a beat; allowed: fewer, or a second beat"));
        }
        Ok(())
    }

    fn take(&mut self, line: &str) -> Result<(), String> {
        let comment = line.trim_start();
        if comment.starts_with("<!--") && comment.ends_with("-->") {
            return Ok(());
        }
        if line.is_empty() {
            return self.block.blank();
        }
        if line.starts_with([' ', '\t']) {
            let mut block = std::mem::replace(&mut self.block, Block::None);
            let taken = block.indented(line.trim(), self);
            self.block = block;
            return taken;
        }
        if let Some(heading) = line.strip_prefix("## ") {
            self.flush()?;
            return self.heading(heading.trim());
        }
        if line.starts_with('#') {
            return Err(format!("{line:?} is not the heading of a beat; allowed: ## Title {{#id}}"));
        }
        if let Some(item) = line.strip_prefix("- ") {
            return self.item(item.trim());
        }
        match line.split_once(':') {
            Some((word, rest)) if !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()) => {
                self.flush()?;
                self.keyword(word, rest.trim())
            }
            _ => self.text(line),
        }
    }

    fn heading(&mut self, heading: &str) -> Result<(), String> {
        let form = "## Title {#id}, with an id of a-z, 0-9 and -";
        let (title, id) = heading
            .strip_suffix('}')
            .and_then(|h| h.rsplit_once("{#"))
            .ok_or_else(|| format!("the heading has no id; allowed: {form}"))?;
        let (title, id) = (title.trim().to_owned(), id.trim().to_owned());
        if !is_id(&id) || title.is_empty() {
            return Err(format!("{id:?} or the title is not allowed; allowed: {form}"));
        }
        if self.in_recap {
            return Err("a beat after the recap; allowed: the recap is the last".to_owned());
        }
        if self.ids.contains(&id) {
            return Err(format!("there is a beat {id:?} above; allowed: each id once"));
        }
        self.ids.push(id.clone());
        if id == RECAP {
            self.in_recap = true;
            return Ok(());
        }
        if self.lesson.beats.len() == MAX_BEATS {
            return Err(format!("more than {MAX_BEATS} beats"));
        }
        let beat = Beat { id, title, claims: Vec::new(), setup: Vec::new(), steps: Vec::new(), line: self.line };
        self.lesson.beats.push(beat);
        Ok(())
    }

    fn item(&mut self, item: &str) -> Result<(), String> {
        if self.in_recap {
            if self.lesson.recap.len() == MAX_RECAP {
                return Err(format!("more than {MAX_RECAP} lines in the recap"));
            }
            let prose = self.prose(item)?;
            self.lesson.recap.push(prose);
            return Ok(());
        }
        let mut block = std::mem::replace(&mut self.block, Block::None);
        let taken = block.choice(item, self);
        self.block = block;
        taken
    }

    fn keyword(&mut self, word: &str, rest: &str) -> Result<(), String> {
        if self.in_recap {
            return Err(format!("{word}: in the recap; allowed: lines that begin with \"- \""));
        }
        self.beat()?;
        match word {
            "claims" => return self.claims(rest),
            "measure" => return self.measure(rest),
            "setup" => {
                if !self.beat()?.steps.is_empty() {
                    return Err("setup: after a part of the beat; allowed: before all others".to_owned());
                }
                self.block = Block::Setup;
                return if rest.is_empty() { Ok(()) } else { self.prepare(rest) };
            }
            _ => {}
        }
        self.block = Block::begin(word, rest, self.line)
            .ok_or_else(|| format!("{word:?} is not known here; allowed: {KEYWORDS}, or text that begins otherwise"))?;
        Ok(())
    }

    fn text(&mut self, line: &str) -> Result<(), String> {
        if self.in_recap {
            return Err("text in the recap; allowed: lines that begin with \"- \"".to_owned());
        }
        self.beat()?;
        if !matches!(self.block, Block::Text { .. }) {
            self.flush()?;
            self.block = Block::text(Tone::Plain, self.line);
        }
        self.block.more(line)
    }

    fn claims(&mut self, rest: &str) -> Result<(), String> {
        for word in rest.split([',', ' ']).filter(|w| !w.is_empty()) {
            let number = word.strip_prefix('C').and_then(|n| n.parse().ok()).filter(|n| (1..=CLAIMS).contains(n));
            let number = number.ok_or_else(|| format!("{word:?} is not a claim; allowed: C1 to C{CLAIMS}"))?;
            self.beat()?.claims.push(number);
        }
        Ok(())
    }

    fn measure(&mut self, rest: &str) -> Result<(), String> {
        let (name, of) = rest.split_once('=').ok_or("no =; allowed: measure: NAME = MEASURE")?;
        let name = name.trim().to_owned();
        if !is_id(&name) || measure::ALL.iter().any(|(known, _)| *known == name) {
            return Err(format!("{name:?} is not allowed as a name; allowed: a-z, 0-9 and -, not a measure's name"));
        }
        if self.names().kept_index(&name).is_some() {
            return Err(format!("{name:?} is measured above; allowed: each name once"));
        }
        if self.lesson.kept.len() == MAX_KEPT {
            return Err(format!("more than {MAX_KEPT} measures are kept"));
        }
        let measure = measure::read_alone(of.trim(), &self.names())?;
        self.lesson.kept.push((name, measure));
        self.push(Step::Measure(self.lesson.kept.len() - 1))
    }

    /// Reads one line of a `setup:`.
    pub(crate) fn prepare(&mut self, line: &str) -> Result<(), String> {
        let (word, rest) = line.split_once([' ', ':']).map_or((line, ""), |(word, rest)| (word, rest.trim()));
        let prepare = match word {
            "fresh" => {
                let own = if rest.is_empty() { None } else { Some(Rc::new(front_matter::cluster(rest)?)) };
                self.config = config(own.as_ref().unwrap_or(&self.lesson.cluster));
                self.topology = Topology::plan(&self.config);
                Prepare::Fresh(own)
            }
            "act" => Prepare::Act(self.doing(rest)?),
            "run" => Prepare::Run(self.run(rest)?),
            "until" => Prepare::Until(self.condition(rest)?),
            _ => return Err(format!("{word:?} is not known here; allowed: fresh, fresh {{...}}, act:, run:, until:")),
        };
        let at = self.line;
        let setup = &mut self.beat()?.setup;
        setup.push((prepare, at));
        if setup.len() > MAX_SETUP {
            return Err(format!("more than {MAX_SETUP} lines of setup"));
        }
        Ok(())
    }

    /// Reads the duration of a `run:`. The sum with the earlier ones of its setup is limited.
    fn run(&mut self, text: &str) -> Result<SimDuration, String> {
        let span = SimDuration::parse(text)?;
        let before = self.beat()?.setup.iter().filter_map(|(prepare, _)| match prepare {
            Prepare::Run(span) => Some(span.0),
            _ => None,
        });
        if before.sum::<u64>().saturating_add(span.0) > MAX_RUN.0 {
            return Err(format!("run: {span}; allowed: at most {MAX_RUN} in the setup of a beat, all run: together"));
        }
        Ok(span)
    }

    /// Ends the block that is being read.
    fn flush(&mut self) -> Result<(), String> {
        let block = std::mem::replace(&mut self.block, Block::None);
        match block.end(self) {
            Ok(Some(step)) => self.push(step),
            Ok(None) => Ok(()),
            Err((line, what)) => {
                self.line = line;
                Err(what)
            }
        }
    }

    fn finish(mut self) -> Result<Lesson, LessonError> {
        let last = self.line;
        let error = |line, what: &str| LessonError { line, what: what.to_owned() };
        if let Err(what) = self.flush() {
            return Err(error(self.line, &what));
        }
        if let Some(beat) = self.lesson.beats.iter().find(|beat| beat.steps.is_empty()) {
            return Err(error(beat.line, "the beat is empty; allowed: text, and any of the blocks"));
        }
        match self.lesson.beats.first() {
            None => Err(error(last, "no beats; allowed: at least one ## Title {#id}")),
            Some(_) => Ok(self.lesson),
        }
    }
}

fn config(cluster: &scenario::Cluster) -> Config {
    scenario::Scenario { cluster: cluster.clone(), ..scenario::Scenario::default() }.config(1)
}

/// Returns whether it is a name of a-z, 0-9 and -.
pub(super) fn is_id(text: &str) -> bool {
    let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.len() <= MAX_ID && text.bytes().all(fine) && text.as_bytes()[0].is_ascii_lowercase()
}
