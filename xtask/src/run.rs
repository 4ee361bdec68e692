//! Runs other programs: sets their folder and environment, shows their progress, and reports their failures.
//!
//! It does not know which tools the lab needs; `tools.rs` does.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// The error is a plain sentence for the user: what was found and what to do.
pub type Result<T = ()> = std::result::Result<T, String>;

/// The folders of the lab.
pub struct Lab {
    /// The root of the checkout.
    pub root: PathBuf,
    /// Tools that xtask has installed: `.tools/`, or the folder that `HA_LAB_TOOLS` names (to share them between checkouts).
    pub tools: PathBuf,
    path: OsString,
}

impl Lab {
    pub fn locate() -> Lab {
        // `cargo run` sets the variable at run time, so a checkout can be moved without a rebuild.
        let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest).parent().expect("xtask/ is inside the checkout").to_path_buf();
        let tools = env::var_os("HA_LAB_TOOLS").map_or_else(|| root.join(".tools"), |dir| root.join(dir));
        let mut dirs = vec![tools.join("bin"), root.join("node_modules").join(".bin")];
        dirs.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        // A directory with a colon in its name cannot be in PATH at all.
        let path = env::join_paths(dirs).unwrap_or_else(|_| env::var_os("PATH").unwrap_or_default());
        Lab { root, tools, path }
    }

    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// Returns a command that runs at the root of the checkout and finds the lab's own tools first.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("PATH", &self.path);
        command
    }

    /// Returns the first executable of this name, as `command` would find it.
    pub fn which(&self, name: &str) -> Option<PathBuf> {
        env::split_paths(&self.path)
            .flat_map(|dir| [dir.join(name), dir.join(format!("{name}{}", env::consts::EXE_SUFFIX))])
            .find(|file| is_executable(file))
    }

    /// Returns what a program prints on standard output, trimmed. `None` if it fails.
    pub fn ask(&self, program: impl AsRef<OsStr>, args: &[&str]) -> Option<String> {
        let out = self.command(program).args(args).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
    }
}

#[cfg(unix)]
pub fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
pub fn is_executable(file: &Path) -> bool {
    file.is_file()
}

/// Prints what is being done.
pub fn say(text: impl AsRef<str>) {
    println!("{}", text.as_ref());
}

/// Runs a command whose output goes to the terminal.
pub fn show(what: &str, command: &mut Command) -> Result {
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("{what} failed ({status}): {}", line_of(command))) }
}

/// Runs quietly: prints one line of progress, and writes the output to `log`. If the command fails, prints the end of the log.
pub fn quiet(what: &str, command: &mut Command, log: &Path) -> Result {
    let started = Instant::now();
    if let Some(dir) = log.parent() {
        fs::create_dir_all(dir).map_err(|error| format!("Cannot create {}: {error}.", dir.display()))?;
    }
    let mut file = fs::File::create(log).map_err(|error| format!("Cannot write {}: {error}.", log.display()))?;
    let _ = writeln!(file, "$ {}", line_of(command));

    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "80")
        .env("CARGO_TERM_COLOR", "never")
        .spawn()
        .map_err(|error| cannot_start(command, &error))?;
    let (sender, lines) = mpsc::channel();
    split_lines(child.stdout.take().expect("piped"), sender.clone());
    split_lines(child.stderr.take().expect("piped"), sender);

    let mut progress = Progress::new(what, started);
    let mut tail = VecDeque::new();
    loop {
        match lines.recv_timeout(Duration::from_millis(250)) {
            Ok(line) => {
                if let Some(status) = cargo_progress(&line) {
                    progress.status = status;
                } else if !line.trim().is_empty() {
                    let _ = writeln!(file, "{line}");
                    tail.push_back(line);
                    if tail.len() > 30 {
                        tail.pop_front();
                    }
                }
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
        progress.tick();
    }
    let status = child.wait().map_err(|error| format!("{what}: {error}"))?;
    progress.finish(status.success());
    if status.success() {
        return Ok(());
    }
    for line in tail {
        eprintln!("    {line}");
    }
    Err(format!(
        "{what} failed ({status}). The command was `{}`; all of its output is in {}.",
        line_of(command),
        log.display()
    ))
}

/// A line that shows the current work and how long it has taken. On a terminal it is rewritten, in a log repeated.
struct Progress<'a> {
    what: &'a str,
    status: String,
    started: Instant,
    next: Duration,
    terminal: bool,
}

impl<'a> Progress<'a> {
    fn new(what: &'a str, started: Instant) -> Self {
        let terminal = std::io::stdout().is_terminal();
        if !terminal {
            say(format!("  {what} ..."));
        }
        let next = if terminal { Duration::ZERO } else { Duration::from_secs(15) };
        Progress { what, status: String::new(), started, next, terminal }
    }

    fn tick(&mut self) {
        let elapsed = self.started.elapsed();
        if elapsed < self.next {
            return;
        }
        self.next = elapsed + if self.terminal { Duration::from_millis(500) } else { Duration::from_secs(15) };
        let line = format!("  {} ... {:.0} s  {}", self.what, elapsed.as_secs_f64(), self.status);
        if self.terminal {
            print!("\r\x1b[2K{}", line.chars().take(100).collect::<String>());
        } else {
            println!("{line}");
        }
        let _ = std::io::stdout().flush();
    }

    fn finish(&self, good: bool) {
        let erase = if self.terminal { "\r\x1b[2K" } else { "" };
        let word = if good { "done" } else { "FAILED" };
        say(format!("{erase}  {}: {word} in {}", self.what, seconds(self.started.elapsed())));
    }
}

/// Shortens `Building [==> ] 33/250: serde, syn` to `33 of 250`.
fn cargo_progress(line: &str) -> Option<String> {
    let rest = line.trim_start().strip_prefix("Building [")?;
    let count = rest.split(']').nth(1)?.split(':').next()?.trim();
    let (done, all) = count.split_once('/')?;
    Some(format!("{done} of {all} crates"))
}

/// Sends every line of a stream; cargo's progress ends its lines with a carriage return.
fn split_lines(mut stream: impl Read + Send + 'static, lines: mpsc::Sender<String>) {
    thread::spawn(move || {
        let mut buffer = [0; 8192];
        let mut line = Vec::new();
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            for &byte in &buffer[..count] {
                if byte == b'\n' || byte == b'\r' {
                    let _ = lines.send(String::from_utf8_lossy(&line).into_owned());
                    line.clear();
                } else {
                    line.push(byte);
                }
            }
        }
        let _ = lines.send(String::from_utf8_lossy(&line).into_owned());
    });
}

/// Formats a duration: `63.2 s`, `4 min 08 s`.
pub fn seconds(time: Duration) -> String {
    let all = time.as_secs_f64();
    if all < 99.95 {
        format!("{all:.1} s")
    } else {
        format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("Cannot start `{}`: {error}.", command.get_program().to_string_lossy())
}

/// Formats a command as a user would type it.
fn line_of(command: &Command) -> String {
    let mut line = String::new();
    for word in std::iter::once(command.get_program()).chain(command.get_args()) {
        let word = word.to_string_lossy();
        let gap = if line.is_empty() { "" } else { " " };
        let _ = if word.contains(' ') { write!(line, "{gap}'{word}'") } else { write!(line, "{gap}{word}") };
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_progress_is_read() {
        let check = |line: &str, expect: Option<&str>| assert_eq!(cargo_progress(line).as_deref(), expect, "{line}");
        check("    Building [=====>       ] 33/250: serde, syn(build)", Some("33 of 250 crates"));
        check("    Building [             ] 0/7", Some("0 of 7 crates"));
        check("   Compiling serde v1.0.229", None);
        check("    Building [", None);
    }

    #[test]
    fn times_are_readable() {
        assert_eq!(seconds(Duration::from_millis(1234)), "1.2 s");
        assert_eq!(seconds(Duration::from_millis(99_960)), "1 min 39 s");
        assert_eq!(seconds(Duration::from_secs(248)), "4 min 08 s");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = show("nothing", &mut Command::new("no-such-program-here")).unwrap_err();
        assert!(error.starts_with("Cannot start `no-such-program-here`"), "{error}");
    }

    #[test]
    fn a_command_is_shown_as_typed() {
        let mut command = Command::new("cargo");
        command.args(["run", "a b"]);
        assert_eq!(line_of(&command), "cargo run 'a b'");
    }
}
