//! Runs `ha-lab` as a program: its input, its output, its exit status.

use std::io::Write;
use std::process::{Command, Stdio};

pub struct Said {
    /// Exit status; `None` if a signal ended it.
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs `ha-lab` with this text on standard input.
pub fn ha_lab(args: &[&str], input: &str) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ha-lab"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that refuses its arguments may end before it gets its input.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    let done = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Said { status: done.status.code(), out: text(done.stdout), err: text(done.stderr) }
}
