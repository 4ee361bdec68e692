//! The command line: parses it into a task, or into an error text.

use crate::build::Kind;
use crate::run::Result;
use crate::serve;
use crate::soak;
use crate::test::Stage;

pub const HELP: &str = "\
cargo xtask COMMAND: each installs what it needs, tells what it does, and is quick when nothing is missing.

  serve    build the lab and serve it: this is how to look at it
             --port N      default 8080, or the next free one
             --host ADDR   default 127.0.0.1; 0.0.0.0 lets a classroom in
             --watch       build again when a source changes
             --release     exactly what is delivered (slower to build)
             --dev         with debug assertions (slow to run)
  test     everything, as CI does: format, clippy, native, browser and end-to-end tests, size
             --only A,B    some stages: fmt clippy clippy-wasm native web build e2e firefox size
             -- NAME       a filter for the tests of native, web or e2e
  build    the release into dist/: a static site for any sub-path, and ha-lab.html, all of it in one file
  pack     the course pack into target/pack/: site, single file, lessons, guide, SCORM package
             --site DIR    of a site that is there, such as target/site-quick
  bench    the benchmarks, and the sizes of the release by optimisation
             -- NAME       a filter
             -- levels     instead: size and speed of the wasm by what rustc is told (some minutes each)
  soak     the tests of random faults, with more seeds; prints how far they are and what they covered
             --times N     so many times the seeds of `test`, default 20 (some minutes)
             -- NAME       a filter
  shots    screenshots of the release into target/shots/
             -- NAME       a filter
  load     how long a first visit takes until the cluster is seen and until it answers, by network and processor
             -- NAME       a filter
  frames   how long a frame takes while time plays, on a small and a large cluster, in Chromium
             -- NAME       a filter
  setup    only install what the commands above need

Tools go to .tools/ and node_modules/ inside the checkout; HA_LAB_TOOLS=DIR shares them between checkouts.
CHROME, CHROMEDRIVER and FIREFOX name browsers and a driver that are not on PATH.";

pub enum Task {
    Help,
    Setup,
    Build,
    Pack { site: Option<String> },
    Serve(serve::Options),
    Test { only: Vec<Stage>, rest: Vec<String> },
    Bench { rest: Vec<String> },
    Soak { options: soak::Options, rest: Vec<String> },
    Shots { rest: Vec<String> },
    Load { rest: Vec<String> },
    Frames { rest: Vec<String> },
}

pub fn parse(args: impl Iterator<Item = String>) -> Result<Task> {
    let mut args: Vec<String> = args.collect();
    if args.is_empty() {
        return Ok(Task::Help);
    }
    let name = args.remove(0);
    // Arguments after `--` are for the program that is called.
    let rest = match args.iter().position(|arg| arg == "--") {
        Some(place) => {
            let rest = args.split_off(place + 1);
            args.pop();
            rest
        }
        None => Vec::new(),
    };
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        return Ok(Task::Help);
    }
    let no_more = |args: &[String]| match args.first() {
        Some(arg) => Err(format!("`cargo xtask {name}` does not know `{arg}`.")),
        None => Ok(()),
    };
    match name.as_str() {
        "help" | "--help" | "-h" => Ok(Task::Help),
        "setup" => no_more(&args).map(|()| Task::Setup),
        "build" => no_more(&args).map(|()| Task::Build),
        "bench" => no_more(&args).map(|()| Task::Bench { rest }),
        "shots" => no_more(&args).map(|()| Task::Shots { rest }),
        "pack" => pack_options(args),
        "load" => no_more(&args).map(|()| Task::Load { rest }),
        "frames" => no_more(&args).map(|()| Task::Frames { rest }),
        "soak" => soak_options(args).map(|options| Task::Soak { options, rest }),
        "serve" => serve_options(args).map(Task::Serve),
        "test" => stages(args).map(|only| Task::Test { only, rest }),
        _ => Err(format!("There is no command `{name}`.")),
    }
}

fn serve_options(args: Vec<String>) -> Result<serve::Options> {
    let mut options =
        serve::Options { host: "127.0.0.1".into(), port: 8080, port_is_fixed: false, kind: Kind::Quick, watch: false };
    let mut args = Words::new(args);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--release" => options.kind = Kind::Release,
            "--dev" => options.kind = Kind::Dev,
            "--watch" => options.watch = true,
            "--host" => options.host = args.value("--host")?,
            "--port" => {
                let value = args.value("--port")?;
                options.port =
                    value.parse().map_err(|_| format!("`--port {value}`: a port is a number up to 65535."))?;
                options.port_is_fixed = true;
            }
            _ => return Err(format!("`cargo xtask serve` does not know `{arg}`.")),
        }
    }
    Ok(options)
}

fn pack_options(args: Vec<String>) -> Result<Task> {
    let mut site = None;
    let mut args = Words::new(args);
    while let Some(arg) = args.next() {
        if arg != "--site" {
            return Err(format!("`cargo xtask pack` does not know `{arg}`."));
        }
        site = Some(args.value("--site")?);
    }
    Ok(Task::Pack { site })
}

fn soak_options(args: Vec<String>) -> Result<soak::Options> {
    let mut options = soak::Options { times: 20 };
    let mut args = Words::new(args);
    while let Some(arg) = args.next() {
        if arg != "--times" {
            return Err(format!("`cargo xtask soak` does not know `{arg}`; names of tests go after `--`."));
        }
        let value = args.value("--times")?;
        let times = value.parse().ok().filter(|times| (1..=10_000).contains(times));
        options.times = times.ok_or_else(|| format!("`--times {value}`: a number from 1 to 10000."))?;
    }
    Ok(options)
}

fn stages(args: Vec<String>) -> Result<Vec<Stage>> {
    let mut only = Vec::new();
    let mut args = Words::new(args);
    while let Some(arg) = args.next() {
        if arg != "--only" {
            return Err(format!("`cargo xtask test` does not know `{arg}`; names of tests go after `--`."));
        }
        for name in args.value("--only")?.split(',') {
            only.push(Stage::named(name).ok_or_else(|| {
                let names: Vec<_> = Stage::ALL.iter().map(|stage| stage.name()).collect();
                format!("There is no stage `{name}`; there are {}.", names.join(", "))
            })?);
        }
    }
    Ok(only)
}

/// Arguments one by one; `--key=value` counts as two.
struct Words(std::vec::IntoIter<String>);

impl Words {
    fn new(args: Vec<String>) -> Self {
        let words: Vec<String> = args
            .into_iter()
            .flat_map(|arg| match arg.split_once('=') {
                Some((key, value)) if arg.starts_with("--") => vec![key.to_owned(), value.to_owned()],
                _ => vec![arg],
            })
            .collect();
        Words(words.into_iter())
    }

    fn next(&mut self) -> Option<String> {
        self.0.next()
    }

    fn value(&mut self, key: &str) -> Result<String> {
        self.next().ok_or_else(|| format!("`{key}` wants a value."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn serve_takes_its_options() {
        let Ok(Task::Serve(options)) = parsed("serve --port=9000 --release") else { panic!() };
        assert_eq!((options.port, options.port_is_fixed, options.kind), (9000, true, Kind::Release));
        let Ok(Task::Serve(options)) = parsed("serve") else { panic!() };
        assert_eq!((options.port_is_fixed, options.kind), (false, Kind::Quick));
    }

    #[test]
    fn test_takes_stages_and_a_filter() {
        let Ok(Task::Test { only, rest }) = parsed("test --only web,e2e -- smoke") else { panic!() };
        assert_eq!(only, [Stage::Web, Stage::E2e]);
        assert_eq!(rest, ["smoke"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |line: &str, expect: &str| {
            let error = parsed(line).err().unwrap_or_else(|| panic!("{line} is accepted"));
            assert!(error.contains(expect), "{line}: {error}");
        };
        check("sevre", "no command `sevre`");
        check("serve --port many", "`--port many`");
        check("serve --port", "wants a value");
        check("test --only unit", "no stage `unit`; there are fmt, clippy");
        check("test smoke", "after `--`");
        check("soak --times 0", "from 1 to 10000");
        check("soak 5", "after `--`");
        check("pack --sight x", "does not know `--sight`");
        check("pack --site", "wants a value");
        check("build fast", "does not know `fast`");
    }

    #[test]
    fn soak_takes_how_long() {
        let Ok(Task::Soak { options, rest }) = parsed("soak --times=3 -- members") else { panic!() };
        assert_eq!((options.times, rest.as_slice()), (3, ["members".to_owned()].as_slice()));
        assert!(matches!(parsed("soak"), Ok(Task::Soak { options: soak::Options { times: 20 }, .. })));
    }

    #[test]
    fn nothing_is_help() {
        assert!(matches!(parsed(""), Ok(Task::Help)));
        assert!(matches!(parsed("serve --help"), Ok(Task::Help)));
    }
}
