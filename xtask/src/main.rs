//! `cargo xtask`: everything that a developer or a CI machine does with the lab, on a machine that has only Rust and Node.
//!
//! `tools.rs` and `browser.rs` know which tools are needed and install them, `run.rs` runs programs, and the other files are one command
//! each. There are only a few, small dependencies, so that the first start is quick.

mod args;
mod bench;
mod browser;
mod build;
mod pack;
mod picture;
mod plain;
mod run;
mod serve;
mod single;
mod site;
mod sizes;
mod soak;
mod styles;
mod test;
mod tools;

use std::process::ExitCode;

use args::Task;
use run::{Lab, Result, say};
use tools::Need;

fn main() -> ExitCode {
    let task = match args::parse(std::env::args().skip(1)) {
        Ok(task) => task,
        Err(error) => {
            eprintln!("{error}\n`cargo xtask` without arguments shows what there is.");
            return ExitCode::from(2);
        }
    };
    let lab = Lab::locate();
    let done = match task {
        Task::Help => {
            say(args::HELP);
            Ok(())
        }
        Task::Setup => setup(&lab),
        Task::Build => build::build(&lab, build::Kind::Release).and_then(|_| sizes::check(&lab)),
        Task::Pack { site } => pack_up(&lab, site.as_deref()),
        Task::Serve(options) => serve::serve(&lab, &options),
        Task::Test { only, rest } => test::test(&lab, &only, &rest),
        Task::Bench { rest } => bench::bench(&lab, &rest),
        Task::Soak { options, rest } => soak::soak(&lab, &options, &rest),
        Task::Shots { rest } => in_chromium(&lab, "Taking screenshots", "tests/e2e/shots.mjs", &rest),
        Task::Load { rest } => in_chromium(&lab, "Measuring the first visit", "tests/e2e/load.mjs", &rest),
        Task::Frames { rest } => in_chromium(&lab, "Measuring frames", "tests/e2e/frames.mjs", &rest),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error}");
            ExitCode::FAILURE
        }
    }
}

/// Packs the course pack from a release build, or from an existing site.
fn pack_up(lab: &Lab, site: Option<&str>) -> Result {
    let place = match site {
        Some(dir) => lab.root.join(dir),
        None => build::build(lab, build::Kind::Release)?,
    };
    pack::pack(lab, &place).map(drop)
}

/// Installs the tools of all commands. A tool that cannot be installed does not stop the rest.
fn setup(lab: &Lab) -> Result {
    let mut errors = Vec::new();
    let browser = browser::ensure(lab).map_err(|error| errors.push(error)).ok();
    let _ = browser::firefox(lab).map_err(|error| errors.push(error));
    for needs in [tools::BUILD, &[Need::Component("rustfmt"), Need::Component("clippy"), Need::WasmPack]] {
        for &need in needs {
            let _ = tools::ensure(lab, need).map_err(|error| errors.push(error));
        }
    }
    tools::clean_up(lab);
    tools::report(lab);
    if let Some(browser) = browser {
        browser::report(lab, &browser);
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n\n")) }
}

/// Runs a script that examines the release build in `dist/`.
fn in_chromium(lab: &Lab, what: &str, script: &str, rest: &[String]) -> Result {
    let chrome = browser::chromium(lab)?;
    build::build(lab, build::Kind::Release)?;
    let mut node = lab.command("node");
    node.arg(script).args(rest).env("CHROME", chrome);
    run::show(what, &mut node)
}
