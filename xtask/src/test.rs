//! `cargo xtask test`: runs every check in order, prints a table of the results, and returns a reliable exit code.

use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::browser::{self, Browser};
use crate::run::{self, Lab, Result, say, seconds};
use crate::tools::{self, Need, WASM_TARGET};
use crate::{build, pack, sizes};

/// One part of the tests. They run in this order: cheap and informative ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Fmt,
    Clippy,
    ClippyWasm,
    Native,
    Web,
    Build,
    E2e,
    Firefox,
    Size,
}

impl Stage {
    pub const ALL: [Stage; 9] = [
        Stage::Fmt,
        Stage::Clippy,
        Stage::ClippyWasm,
        Stage::Native,
        Stage::Web,
        Stage::Build,
        Stage::E2e,
        Stage::Firefox,
        Stage::Size,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Stage::Fmt => "fmt",
            Stage::Clippy => "clippy",
            Stage::ClippyWasm => "clippy-wasm",
            Stage::Native => "native",
            Stage::Web => "web",
            Stage::Build => "build",
            Stage::E2e => "e2e",
            Stage::Firefox => "firefox",
            Stage::Size => "size",
        }
    }

    pub fn named(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.name() == name)
    }

    fn about(self) -> &'static str {
        match self {
            Stage::Fmt => "rustfmt agrees with every file",
            Stage::Clippy => "clippy has nothing to say, native",
            Stage::ClippyWasm => "clippy has nothing to say, wasm32",
            Stage::Native => "native tests",
            Stage::Web => "browser tests (wasm-pack, Chromium)",
            Stage::Build => "release build into dist/",
            Stage::E2e => "end-to-end tests of dist/ in Chromium",
            Stage::Firefox => "the first minute in Firefox",
            Stage::Size => "size of the first load",
        }
    }

    fn needs(self) -> &'static [Need] {
        match self {
            Stage::Fmt => &[Need::Component("rustfmt")],
            Stage::Clippy => &[Need::Component("clippy")],
            Stage::ClippyWasm => &[Need::Component("clippy"), Need::WasmTarget],
            Stage::Native => &[],
            Stage::Web => &[Need::WasmTarget, Need::WasmBindgen, Need::WasmPack],
            Stage::Build => tools::BUILD,
            Stage::E2e | Stage::Firefox => &[Need::Node, Need::Npm],
            Stage::Size => &[Need::Node],
        }
    }

    fn needs_browser(self) -> bool {
        matches!(self, Stage::Web | Stage::E2e)
    }

    /// Whether the stage needs a fresh `dist/`; without one it would test something else.
    fn needs_build(self) -> bool {
        matches!(self, Stage::E2e | Stage::Firefox | Stage::Size)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed(String),
    /// The stage could not start.
    NotRun(String),
}

struct Row {
    stage: Stage,
    outcome: Outcome,
    time: Duration,
}

pub fn test(lab: &Lab, only: &[Stage], rest: &[String]) -> Result {
    let started = Instant::now();
    let chosen: Vec<Stage> = Stage::ALL.into_iter().filter(|stage| only.is_empty() || only.contains(stage)).collect();

    say("Looking for the tools");
    let (missing, browser) = set_up(lab, &chosen);
    let set_up_time = started.elapsed();

    thread::scope(|scope| {
        // It needs no directory that the earlier stages lock.
        let position = chosen.iter().position(|stage| *stage == Stage::Build);
        let ahead = position.is_some_and(|at| at > 0) && blocked(Stage::Build, &missing, &browser, &[]).is_none();
        let mut ahead = ahead.then(|| scope.spawn(|| compile_ahead(lab)));
        let mut rows: Vec<Row> = Vec::new();
        for stage in chosen {
            if stage == Stage::Build
                && let Some(ahead) = ahead.take()
            {
                let _ = ahead.join();
            }
            let started = Instant::now();
            let outcome = match blocked(stage, &missing, &browser, &rows) {
                Some(why) => Outcome::NotRun(why),
                None => {
                    say(format!("\n== {}: {}", stage.name(), stage.about()));
                    run_stage(lab, stage, browser.as_ref().ok(), rest)
                        .map_or_else(Outcome::Failed, |()| Outcome::Passed)
                }
            };
            if let Outcome::Failed(why) = &outcome {
                eprintln!("\n{}: {why}", stage.name());
            }
            rows.push(Row { stage, outcome, time: started.elapsed() });
        }
        say(table(&rows, set_up_time, started.elapsed()));
        verdict(&rows)
    })
}

/// Installs the tools for all stages first, so that everything that is missing is reported at once.
fn set_up(lab: &Lab, stages: &[Stage]) -> (Vec<(Need, String)>, Result<Browser>) {
    let browser = if stages.iter().any(|stage| stage.needs_browser()) {
        browser::ensure(lab)
    } else {
        Err("No stage needs a browser.".to_owned())
    };
    let mut tried: Vec<Need> = Vec::new();
    let mut missing = Vec::new();
    for &need in stages.iter().flat_map(|stage| stage.needs()) {
        if !tried.contains(&need) {
            tried.push(need);
            if let Err(error) = tools::ensure(lab, need) {
                missing.push((need, error));
            }
        }
    }
    tools::clean_up(lab);
    (missing, browser)
}

/// Returns why a stage cannot run. `None` if it can.
fn blocked(stage: Stage, missing: &[(Need, String)], browser: &Result<Browser>, done: &[Row]) -> Option<String> {
    if let Some((_, why)) = missing.iter().find(|(need, _)| stage.needs().contains(need)) {
        return Some(why.clone());
    }
    if let (true, Err(why)) = (stage.needs_browser(), browser) {
        return Some(why.clone());
    }
    let no_build = done.iter().any(|row| row.stage == Stage::Build && row.outcome != Outcome::Passed);
    (stage.needs_build() && no_build).then(|| "There is no fresh release build to look at.".to_owned())
}

fn run_stage(lab: &Lab, stage: Stage, browser: Option<&Browser>, rest: &[String]) -> Result {
    let cargo = |args: &[&str]| {
        let mut command = lab.command("cargo");
        command.args(args);
        command
    };
    match stage {
        Stage::Fmt => run::show("rustfmt", &mut cargo(&["fmt", "--all", "--check"]))
            .map_err(|error| format!("{error}\n`cargo fmt --all` puts it right.")),
        Stage::Clippy => run::show(
            "clippy",
            &mut cargo(&["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        ),
        Stage::ClippyWasm => run::show(
            "clippy for wasm32",
            &mut cargo(&["clippy", "--locked", "--lib", "--bins", "--target", WASM_TARGET, "--", "-D", "warnings"]),
        ),
        Stage::Native => run::show(
            "The native tests",
            cargo(&["test", "--locked", "--workspace", "--no-fail-fast", "--"]).args(rest),
        ),
        Stage::Web => web(lab, browser.ok_or("no browser")?, rest),
        Stage::Build => build::compile(lab, build::Kind::Release).map(drop),
        Stage::E2e => e2e(lab, "The end-to-end tests", ("CHROME", &browser.ok_or("no browser")?.chrome), rest),
        Stage::Firefox => e2e(lab, "The tests for any browser", ("FIREFOX", &browser::firefox(lab)?), &[]),
        Stage::Size => sizes::check(lab),
    }
}

/// Runs the tests of `tests/web.rs` in a headless browser.
fn web(lab: &Lab, browser: &Browser, rest: &[String]) -> Result {
    let mut command = lab.command("wasm-pack");
    command.args(["test", "--headless", "--chrome", "--mode", "no-install", "--chromedriver"]);
    command.arg(&browser.driver).args(["--", "--locked", "--test", "web"]);
    if !rest.is_empty() {
        command.arg("--").args(rest);
    }
    let capabilities = capabilities(&tools::read(&lab.root.join("webdriver.json"))?, &browser.chrome);
    let file = lab.root.join("target").join("webdriver.json");
    std::fs::create_dir_all(lab.root.join("target"))
        .and_then(|()| std::fs::write(&file, capabilities))
        .map_err(|error| format!("Cannot write {}: {error}.", file.display()))?;
    // A single run of a cluster does not justify the time to optimise the page.
    command.env("CARGO_PROFILE_TEST_OPT_LEVEL", "0");
    command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &file);
    run::show("The browser tests", &mut command)
}

/// Starts the longest part of a release early; it runs on one processor for most of its time. Trunk then finds it compiled. The
/// stage itself reports errors.
fn compile_ahead(lab: &Lab) {
    let mut cargo = lab.command("cargo");
    cargo.args(["build", "--locked", "--target", WASM_TARGET, "--profile", build::Kind::Release.profile()]);
    let _ = cargo.args(["--bin", "ha-lab-web"]).stdin(Stdio::null()).output();
}

/// Returns the project's `webdriver.json` with the path of the browser; chromedriver alone knows only the usual paths.
fn capabilities(template: &str, chrome: &Path) -> String {
    let path = chrome.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
    template.replacen("\"args\"", &format!("\"binary\": \"{path}\",\n    \"args\""), 1)
}

/// Runs the end-to-end tests in the browser that the variable names.
fn e2e(lab: &Lab, what: &str, (variable, file): (&str, &Path), rest: &[String]) -> Result {
    if !lab.dist().join("index.html").is_file() {
        return Err("There is no dist/: run `cargo xtask build`, or `--only build,e2e`.".into());
    }
    pack::pack(lab, &lab.dist())?; // the tests load its SCORM package into a run-time
    let browser = if variable == "FIREFOX" { "firefox" } else { "chromium" };
    let mut node = lab.command("node");
    node.arg("tests/e2e/run.mjs").args(rest).env("BROWSER", browser).env(variable, file);
    run::show(what, &mut node)
}

fn table(rows: &[Row], set_up: Duration, all: Duration) -> String {
    let mut lines = vec![String::new(), format!("{:<12} {:<40} {:<8} {:>12}", "stage", "what", "result", "time")];
    lines.push(format!("{:<12} {:<40} {:<8} {:>12}", "setup", "tools are there", "", seconds(set_up)));
    for row in rows {
        let word = match row.outcome {
            Outcome::Passed => "ok",
            Outcome::Failed(_) => "FAILED",
            Outcome::NotRun(_) => "NOT RUN",
        };
        let (name, about) = (row.stage.name(), row.stage.about());
        lines.push(format!("{name:<12} {about:<40} {word:<8} {:>12}", seconds(row.time)));
    }
    lines.push(format!("{:<62} {:>12}", "", seconds(all)));
    lines.join("\n")
}

/// Prints the last lines: what failed and what could not run, each reason once.
fn verdict(rows: &[Row]) -> Result {
    let mut failed = Vec::new();
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for row in rows {
        match &row.outcome {
            Outcome::Passed => {}
            Outcome::Failed(_) => failed.push(row.stage.name()),
            Outcome::NotRun(why) => match reasons.iter_mut().find(|(known, _)| known == why) {
                Some((_, stages)) => stages.push(row.stage.name()),
                None => reasons.push((why, vec![row.stage.name()])),
            },
        }
    }
    let mut lines = Vec::new();
    if !failed.is_empty() {
        lines.push(format!("Failed: {}.", failed.join(", ")));
    }
    lines.extend(reasons.iter().map(|(why, stages)| format!("Not run: {}. {why}", stages.join(", "))));
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(stage: Stage, outcome: Outcome) -> Row {
        Row { stage, outcome, time: Duration::from_secs(1) }
    }

    fn no_browser() -> Result<Browser> {
        Err("no Chromium".into())
    }

    #[test]
    fn a_missing_tool_stops_only_what_needs_it() {
        let missing = [(Need::WasmPack, "no wasm-pack".to_owned())];
        let browser = Ok(Browser { chrome: "c".into(), driver: "d".into() });
        assert_eq!(blocked(Stage::Web, &missing, &browser, &[]).as_deref(), Some("no wasm-pack"));
        assert_eq!(blocked(Stage::E2e, &missing, &browser, &[]), None);
        assert_eq!(blocked(Stage::Native, &missing, &no_browser(), &[]), None);
        assert_eq!(blocked(Stage::E2e, &[], &no_browser(), &[]).as_deref(), Some("no Chromium"));
    }

    #[test]
    fn an_old_build_is_not_judged() {
        let browser = Ok(Browser { chrome: "c".into(), driver: "d".into() });
        let done = [row(Stage::Build, Outcome::Failed("x".into()))];
        assert!(blocked(Stage::E2e, &[], &browser, &done).is_some());
        assert!(blocked(Stage::Size, &[], &browser, &done).is_some());
        // A developer who leaves out the build wants the existing one.
        assert!(blocked(Stage::Size, &[], &browser, &[]).is_none());
    }

    #[test]
    fn the_verdict_names_what_failed() {
        assert_eq!(verdict(&[row(Stage::Fmt, Outcome::Passed)]), Ok(()));
        let rows = [
            row(Stage::Native, Outcome::Failed("x".into())),
            row(Stage::Web, Outcome::NotRun("No y.".into())),
            row(Stage::E2e, Outcome::NotRun("No y.".into())),
        ];
        assert_eq!(verdict(&rows).unwrap_err(), "Failed: native.\nNot run: web, e2e. No y.");
        assert!(table(&rows, Duration::ZERO, Duration::ZERO).contains("NOT RUN"));
    }

    #[test]
    fn the_browser_that_was_found_is_the_one_that_runs() {
        let json = capabilities(r#"{"goog:chromeOptions": {"args": ["--headless"]}}"#, Path::new("/opt/a b/chrome"));
        assert!(json.contains(r#""binary": "/opt/a b/chrome","#), "{json}");
    }
}
