//! The command line `ha-lab run` and `ha-lab check`: arguments, output and exit status. It reads and writes through a [`Host`], so that
//! it can be tested without a process; `src/bin/ha-lab.rs` has the real one.

mod check;
mod visible;

use std::io::{self, Write};

use super::link;
use super::report::{Invariant, Report};
use super::scenario::{MAX_FILE, Scenario};
use visible::Visible;

/// The most runs of a scenario that one command may ask for.
pub(crate) const MAX_RUNS: u64 = 100_000;

/// Exit status: all invariants held.
pub const HELD: u8 = 0;
/// Exit status: an invariant did not hold.
pub(crate) const BROKEN: u8 = 1;
/// Exit status: bad input.
pub const BAD_INPUT: u8 = 2;

const USAGE: &str = "usage: ha-lab run FILE [--seed N] [--runs N] [--json]
       ha-lab check FILE [--tell]";

const HELP: &str = "\
HA Lab: a Kubernetes high-availability control plane, simulated.

usage: ha-lab run FILE [--seed N] [--runs N] [--json]
       ha-lab check FILE [--tell]

run: runs a scenario and prints what happened. FILE is a scenario in JSON; - reads standard input.

  --seed N   run with this seed instead of the scenario's
  --runs N   run with N seeds, from that one up (default 1, at most 100000)
  --json     print one report on one line for each run

check: reads a lesson, names what is wrong by its line, and plays it with a few seeds. - reads standard input.

  --tell     print what the lesson tells, with the numbers of its own seed

  --help     print this

exit status: 0 all invariants held, 1 one did not, 2 bad input (or a lesson that cannot be played to its end)
";

/// A parsed command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Run { file: String, seed: Option<u64>, runs: u64, json: bool },
    Check { file: String, tell: bool },
}

/// The files and the terminal that a command works with.
pub struct Host<'a> {
    /// Reads the first [`MAX_FILE`] bytes of a file, and one more if there are more.
    pub read: &'a dyn Fn(&str) -> io::Result<Vec<u8>>,
    pub run: &'a dyn Fn(&Scenario, u64) -> Report,
    pub out: &'a mut dyn Write,
    pub err: &'a mut dyn Write,
}

/// Runs the command that the arguments (without the program's name) describe, and returns the exit status. No output can
/// control the terminal, wherever its text comes from.
///
/// # Errors
/// If output could not be written.
pub fn main(args: &[String], host: &mut Host<'_>) -> io::Result<u8> {
    let (mut out, mut err) = (Visible::new(host.out), Visible::new(host.err));
    carry_out(args, &mut Host { read: host.read, run: host.run, out: &mut out, err: &mut err })
}

fn carry_out(args: &[String], host: &mut Host<'_>) -> io::Result<u8> {
    let (file, seed, runs, json) = match parse(args) {
        Ok(Command::Help) => {
            host.out.write_all(HELP.as_bytes())?;
            return Ok(HELD);
        }
        Ok(Command::Check { file, tell }) => return check::main(&file, tell, host),
        Ok(Command::Run { file, seed, runs, json }) => (file, seed, runs, json),
        Err(why) => {
            writeln!(host.err, "ha-lab: {why}\n{USAGE}")?;
            return Ok(BAD_INPUT);
        }
    };
    let scenario = match load(host, &file) {
        Ok(scenario) => scenario,
        Err(why) => {
            writeln!(host.err, "ha-lab: {}: {why}", shown(&file))?;
            return Ok(BAD_INPUT);
        }
    };
    let first = seed.unwrap_or(scenario.seed);
    let Some(last) = first.checked_add(runs - 1) else {
        writeln!(
            host.err,
            "ha-lab: {runs} seeds from {first} up go beyond the largest one; allowed: 0 to {}",
            u64::MAX
        )?;
        return Ok(BAD_INPUT);
    };
    let mut status = HELD;
    for seed in first..=last {
        let report = (host.run)(&scenario, seed);
        if json {
            writeln!(host.out, "{}", report.to_json())?;
        } else {
            let gap = if seed > first { "\n" } else { "" };
            write!(host.out, "{gap}{}", report.print_human())?;
        }
        for Invariant { name, broken, .. } in report.broken() {
            status = BROKEN;
            let how = broken.as_deref().unwrap_or("no details");
            writeln!(host.err, "ha-lab: seed {seed}: invariant {name} did not hold: {how}")?;
        }
    }
    host.out.flush()?;
    Ok(status)
}

/// Returns the name of a file as messages print it.
fn shown(file: &str) -> &str {
    if file == "-" { "standard input" } else { file }
}

fn load(host: &Host<'_>, file: &str) -> Result<Scenario, String> {
    let bytes = (host.read)(file).map_err(|e| format!("cannot be read: {e}"))?;
    if bytes.len() > MAX_FILE {
        return Err("the file: more than 1 MiB; allowed: at most 1 MiB".to_owned());
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|e| format!("byte {}: not UTF-8; allowed: JSON, which is UTF-8", e.valid_up_to() + 1))?;
    // The page's exports also name a place in a lesson; a run ignores it.
    link::from_file(text).map(|file| file.scenario).map_err(|e| e.to_string())
}

/// Reads the arguments, without the program's name.
///
/// # Errors
/// A sentence that names the argument.
pub(crate) fn parse(args: &[String]) -> Result<Command, String> {
    let mut args = args.iter().map(String::as_str);
    match args.next() {
        Some("--help" | "-h" | "help") => return Ok(Command::Help),
        Some("run") => {}
        Some("check") => return check::parse(args),
        Some(other) => return Err(format!("{other:?} is not a command; allowed: run, check")),
        None => return Err("no command; allowed: run, check".to_owned()),
    }
    let (mut file, mut seed, mut runs, mut json) = (None, None, None, false);
    while let Some(arg) = args.next() {
        let (name, attached) = match arg.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ => (arg, None),
        };
        match (name, attached) {
            ("--help" | "-h", None) => return Ok(Command::Help),
            ("--json", None) => json = true,
            ("--seed", _) => number(&mut seed, name, attached.or_else(|| args.next()), 0, u64::MAX)?,
            ("--runs", _) => number(&mut runs, name, attached.or_else(|| args.next()), 1, MAX_RUNS)?,
            (flag, _) if flag.starts_with('-') && flag != "-" => {
                return Err(format!("{arg:?} is not an option; allowed: --seed N, --runs N, --json, --help"));
            }
            _ if file.is_some() => return Err(format!("{arg:?} is a second file; allowed: one")),
            _ => file = Some(arg.to_owned()),
        }
    }
    let file = file.ok_or("no file; allowed: a scenario file, or - for standard input")?;
    Ok(Command::Run { file, seed, runs: runs.unwrap_or(1), json })
}

fn number(into: &mut Option<u64>, name: &str, value: Option<&str>, from: u64, to: u64) -> Result<(), String> {
    let allowed = format!("allowed: a whole number from {from} to {to}");
    let text = value.ok_or_else(|| format!("{name} has no value; {allowed}"))?;
    if into.is_some() {
        return Err(format!("{name} is there twice; allowed: once"));
    }
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|n| digits && (from..=to).contains(n));
    *into = Some(number.ok_or_else(|| format!("{name}: {text:?} is not allowed; {allowed}"))?);
    Ok(())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
