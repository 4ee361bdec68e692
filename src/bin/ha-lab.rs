//! The lab without a browser: `ha-lab run FILE` (see `src/lab/cli.rs`). Only this file touches files and streams.

use std::io::{self, BufWriter, Read, Write};
use std::process::ExitCode;

use ha_lab::lab::{
    cli,
    scenario::{self, runner},
};

fn read(file: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let input: Box<dyn Read> = if file == "-" { Box::new(io::stdin()) } else { Box::new(std::fs::File::open(file)?) };
    input.take(scenario::MAX_FILE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    let mut out = BufWriter::new(io::stdout().lock());
    let mut err = io::stderr();
    let mut host = cli::Host { read: &read, run: &runner::run, out: &mut out, err: &mut err };
    match cli::main(&args, &mut host) {
        Ok(status) => ExitCode::from(status),
        Err(why) if why.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(cli::HELD), // the reader has seen enough
        Err(why) => {
            let _ = writeln!(io::stderr(), "ha-lab: output: {why}");
            ExitCode::from(cli::BAD_INPUT)
        }
    }
}
