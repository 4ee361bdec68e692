//! `ha-lab check FILE`: reads a lesson, plays it to its end, and reports what is wrong with it.

use std::io::{self, Write};
use std::rc::Rc;

use super::{BAD_INPUT, Command, HELD, Host, shown};
use crate::lab::lesson::{self, InMemoryBackend, Lesson, Part, Playthrough, Run, Screen, Tone, plain};

/// The number of seeds that a lesson is played with, its own first.
const SEEDS: u64 = 3;
/// The most events that may be handled with each seed: a hundred times what the longest lesson of the lab takes.
const EVENTS: u64 = 20_000_000;

/// Reads the arguments after `check`.
///
/// # Errors
/// A sentence that names the argument.
pub(super) fn parse<'a>(args: impl Iterator<Item = &'a str>) -> Result<Command, String> {
    let (mut file, mut tell) = (None, false);
    for arg in args {
        match arg {
            "--help" | "-h" => return Ok(Command::Help),
            "--tell" => tell = true,
            _ if arg.starts_with('-') && arg != "-" => {
                return Err(format!("{arg:?} is not an option; allowed: --tell, --help"));
            }
            _ if file.is_some() => return Err(format!("{arg:?} is a second file; allowed: one")),
            _ => file = Some(arg.to_owned()),
        }
    }
    let file = file.ok_or("no file; allowed: a lesson, or - for standard input")?;
    Ok(Command::Check { file, tell })
}

/// Checks the lesson, and returns the exit status.
///
/// # Errors
/// If output could not be written.
pub(super) fn main(file: &str, tell: bool, host: &mut Host<'_>) -> io::Result<u8> {
    let lesson = match load(host, file) {
        Ok(lesson) => Rc::new(lesson),
        Err(why) => {
            writeln!(host.err, "ha-lab: {}: {why}", shown(file))?;
            return Ok(BAD_INPUT);
        }
    };
    for seed in (lesson.seed..=u64::MAX).take(SEEDS as usize) {
        let mut bench = InMemoryBackend::limited(EVENTS);
        let mut screens = Vec::new();
        let told = &mut |run: &Run, screen: Screen| screens.push((screen, run.recap()));
        match lesson::play_and_show(&lesson, Some(seed), Playthrough::Canonical, &mut bench, told) {
            Ok(_) if tell && seed == lesson.seed => print(&lesson, &screens, host.out)?,
            Ok(_) => {}
            Err(why) => {
                writeln!(host.err, "ha-lab: {}: with seed {seed}: {why}", shown(file))?;
                return Ok(BAD_INPUT);
            }
        }
    }
    writeln!(host.out, "{}: {}, beats: {}, played with {SEEDS} seeds", shown(file), lesson.id, lesson.beats.len())?;
    host.out.flush()?;
    Ok(HELD)
}

fn load(host: &Host<'_>, file: &str) -> Result<Lesson, String> {
    let bytes = (host.read)(file).map_err(|e| format!("cannot be read: {e}"))?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|e| format!("byte {}: not UTF-8; allowed: text in UTF-8", e.valid_up_to() + 1))?;
    lesson::read(text).map_err(|error| error.to_string())
}

/// Prints the screens of a lesson as text.
fn print(lesson: &Lesson, screens: &[(Screen, Vec<lesson::Shown>)], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n{}", lesson.title, lesson.about)?;
    for (screen, _) in screens {
        let claims: Vec<String> = screen.claims.iter().map(|n| format!(" C{n}")).collect();
        writeln!(out, "\n## {}{}", screen.beat_title, claims.concat())?;
        for part in &screen.parts {
            match part {
                Part::Text { tone, paragraphs } => {
                    let mark = match tone {
                        Tone::Plain => "",
                        Tone::Then => "=> ",
                        Tone::Precisely => "Precisely: ",
                    };
                    for paragraph in paragraphs {
                        writeln!(out, "{mark}{}", plain(paragraph))?;
                    }
                }
                Part::Wait { text, .. } => writeln!(out, "[wait] {}", plain(text))?,
                Part::Do { text, .. } => writeln!(out, "[do] {}", plain(text))?,
                Part::Predict { text, choices, .. } => {
                    writeln!(out, "[predict] {}", plain(text))?;
                    for choice in choices {
                        let mark = if choice.right == Some(true) { '*' } else { ' ' };
                        let why: Vec<String> = choice.why.iter().map(|why| plain(why)).collect();
                        writeln!(out, "  {mark} {}: {}", plain(&choice.text), why.join(" "))?;
                    }
                }
            }
        }
    }
    writeln!(out)?;
    for line in screens.last().map_or(&[][..], |(_, recap)| recap) {
        writeln!(out, "- {}", plain(line))?;
    }
    writeln!(out)
}
