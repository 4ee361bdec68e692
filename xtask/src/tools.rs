//! The tools that the lab is built with: their versions, and how to find and install them.
//!
//! Nothing global changes except the Rust target (and, for tests, the browser: `browser.rs`). Tools go to `.tools/`,
//! npm packages to `node_modules/`. A tool on PATH is used if its version is exactly the required one.
//! Each version is defined once: of npm packages in `package.json`, of wasm-bindgen in `Cargo.lock`, of Trunk and wasm-pack here.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{self, Lab, Result, say};

pub const WASM_TARGET: &str = "wasm32-unknown-unknown";
const NODE_MAJOR: u32 = 20;

/// A tool or component that the lab needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A rustup component: `clippy`, `rustfmt`.
    Component(&'static str),
    WasmTarget,
    Node,
    /// Everything in `package.json`: binaryen (wasm-opt), playwright-core, axe-core.
    Npm,
    Trunk,
    WasmBindgen,
    WasmPack,
}

/// Needed to build and serve.
pub const BUILD: &[Need] = &[Need::Node, Need::WasmTarget, Need::Npm, Need::WasmBindgen, Need::Trunk];

/// Arguments that install exactly the packages of `package-lock.json`, each checked against its hash. No package needs an install script, so
/// none may run one.
const NPM_INSTALL: &[&str] =
    &["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];

/// A program that comes from crates.io.
struct Crate {
    name: &'static str,
    program: &'static str,
    version: String,
    features: &'static [&'static str],
}

/// Finds or installs one tool. Prints nothing if there is nothing to do.
pub fn ensure(lab: &Lab, need: Need) -> Result {
    match need {
        Need::Component(name) => component(lab, name),
        Need::WasmTarget => wasm_target(lab),
        Need::Node => node(lab),
        Need::Npm => npm(lab),
        Need::Trunk | Need::WasmBindgen | Need::WasmPack => from_crates_io(lab, &crate_for(lab, need)?),
    }
}

pub fn ensure_all(lab: &Lab, needs: &[Need]) -> Result {
    needs.iter().try_for_each(|&need| ensure(lab, need))
}

/// Deletes the files that were needed only to compile the tools, unless another xtask is compiling.
pub fn clean_up(lab: &Lab) {
    let dir = lab.tools.join("build");
    if dir.is_dir() && fs::File::create(lock_of(lab)).is_ok_and(|lock| lock.try_lock().is_ok()) {
        let _ = fs::remove_dir_all(dir);
    }
}

/// A lock that is held while tools are compiled, because two terminals may start at the same time.
fn lock(lab: &Lab) -> Result<fs::File> {
    let path = lock_of(lab);
    let trouble = |error: std::io::Error| format!("Cannot write {}: {error}.", path.display());
    fs::create_dir_all(&lab.tools).map_err(trouble)?;
    let file = fs::File::create(&path).map_err(trouble)?;
    if file.try_lock().is_err() {
        say("  Waiting for another xtask that is installing tools ...");
        file.lock().map_err(trouble)?;
    }
    Ok(file)
}

fn lock_of(lab: &Lab) -> PathBuf {
    lab.tools.join("lock")
}

fn crate_for(lab: &Lab, need: Need) -> Result<Crate> {
    Ok(match need {
        Need::Trunk => Crate {
            name: "trunk",
            program: "trunk",
            version: "0.21.14".into(),
            // Without TLS: Trunk works offline here, so it does not need the code for downloads.
            features: &["--no-default-features"],
        },
        Need::WasmPack => Crate { name: "wasm-pack", program: "wasm-pack", version: "0.15.1".into(), features: &[] },
        _ => Crate {
            name: "wasm-bindgen-cli",
            program: "wasm-bindgen",
            version: locked_version(&read(&lab.root.join("Cargo.lock"))?, "wasm-bindgen")
                .ok_or("Cargo.lock names no wasm-bindgen: run `cargo update -p wasm-bindgen` and look at it.")?,
            features: &[],
        },
    })
}

fn from_crates_io(lab: &Lab, tool: &Crate) -> Result {
    let ask = || lab.which(tool.program).and_then(|file| version_in(&lab.ask(file, &["--version"])?));
    let right = |found: &Option<String>| found.as_deref() == Some(tool.version.as_str());
    if right(&ask()) {
        return Ok(());
    }
    let _lock = lock(lab)?;
    let found = ask();
    if right(&found) {
        return Ok(());
    }
    let mut install = lab.command("cargo");
    install
        .args(["install", "--locked", "--force", "--root"])
        .arg(&lab.tools)
        .args(tool.features)
        .arg(format!("{}@{}", tool.name, tool.version))
        // Built once and used a few times, so a fast compilation matters more than a fast program.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "64")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TARGET_DIR", lab.tools.join("build"))
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("RUSTFLAGS");
    let what = match found {
        Some(other) => format!("Installing {} {} (found {other})", tool.name, tool.version),
        None => format!("Installing {} {}", tool.name, tool.version),
    };
    run::quiet(&what, &mut install, &log_of(lab, tool.name)).map_err(|error| {
        format!(
            "{error}\nIt comes from crates.io: check the network. To install it yourself: \
             `cargo install --locked {}@{}`.",
            tool.name, tool.version
        )
    })
}

fn wasm_target(lab: &Lab) -> Result {
    let dir = lab.ask("rustc", &["--print", "target-libdir", "--target", WASM_TARGET]);
    let there = |dir: &str| fs::read_dir(dir).is_ok_and(|mut files| files.next().is_some());
    if dir.as_deref().is_some_and(there) {
        return Ok(());
    }
    let mut add = lab.command("rustup");
    add.args(["target", "add", WASM_TARGET]);
    rustup(lab, &format!("Installing the Rust target {WASM_TARGET}"), &mut add, WASM_TARGET)
}

fn component(lab: &Lab, name: &'static str) -> Result {
    let program = if name == "clippy" { "cargo-clippy" } else { name };
    if lab.ask(program, &["--version"]).is_some() {
        return Ok(());
    }
    let mut add = lab.command("rustup");
    add.args(["component", "add", name]);
    rustup(lab, &format!("Installing the Rust component {name}"), &mut add, name)
}

fn rustup(lab: &Lab, what: &str, add: &mut std::process::Command, name: &str) -> Result {
    if lab.which("rustup").is_none() {
        return Err(no_rustup(name));
    }
    run::quiet(what, add, &log_of(lab, name))
}

fn no_rustup(name: &str) -> String {
    let package = match name {
        WASM_TARGET => " (Debian: libstd-rust-dev-wasm32; Fedora: rust-std-static-wasm32-unknown-unknown)",
        "clippy" => " (Debian: rust-clippy; Fedora: clippy)",
        _ => "",
    };
    format!(
        "This Rust has no {name}, and there is no rustup to add it. Install Rust by https://rustup.rs, or your \
         system's package of {name}{package}."
    )
}

fn node(lab: &Lab) -> Result {
    let found = lab.ask("node", &["--version"]);
    judge_node(found.as_deref())?;
    if lab.which("npm").is_none() {
        return Err("Node is here but npm is not. On Debian: `apt-get install npm`.".into());
    }
    Ok(())
}

fn judge_node(found: Option<&str>) -> Result {
    let wanted = format!("Node {NODE_MAJOR} or later is needed (for wasm-opt and the tests)");
    let how = "Install it from https://nodejs.org or by your system's package manager.";
    match found {
        None => Err(format!("{wanted}, and there is no `node` on PATH. {how}")),
        Some(text) => match version_in(text).and_then(|version| version.split('.').next()?.parse::<u32>().ok()) {
            Some(major) if major >= NODE_MAJOR => Ok(()),
            _ => Err(format!("{wanted}, and `node --version` says {text}. {how}")),
        },
    }
}

fn npm(lab: &Lab) -> Result {
    let wanted = npm_packages(&read(&lab.root.join("package.json"))?);
    let right = wanted.iter().all(|(name, version)| {
        let file = lab.root.join("node_modules").join(name).join("package.json");
        fs::read_to_string(file).is_ok_and(|text| json_string(&text, "version").as_deref() == Some(version))
    });
    if right {
        return Ok(());
    }
    let names = wanted.iter().map(|(name, version)| format!("{name} {version}")).collect::<Vec<_>>().join(", ");
    let mut install = lab.command("npm");
    install.args(NPM_INSTALL);
    // With a production setting, npm would leave out the packages that we need.
    install.env("NODE_ENV", "development").env("npm_config_omit", "");
    run::quiet(&format!("Installing from npm: {names}"), &mut install, &log_of(lab, "npm"))
        .map_err(|error| format!("{error}\nThe packages come from the npm registry: check the network and `npm ping`."))
}

/// Prints which tools are installed, for `cargo xtask setup`.
pub fn report(lab: &Lab) {
    for program in ["rustc", "node", "trunk", "wasm-bindgen", "wasm-opt", "wasm-pack"] {
        let place = lab.which(program).map_or("not found".to_owned(), |file| file.display().to_string());
        say(format!("  {program:<13} {:<34} {place}", lab.ask(program, &["--version"]).unwrap_or_default()));
    }
}

fn log_of(lab: &Lab, name: &str) -> PathBuf {
    lab.tools.join("log").join(format!("{name}.log"))
}

pub fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).map_err(|error| format!("Cannot read {}: {error}.", file.display()))
}

/// Returns the first word that looks like a version: `trunk 0.21.14` gives `0.21.14`, `v20.20.2` gives `20.20.2`.
pub fn version_in(text: &str) -> Option<String> {
    text.split_whitespace().find_map(|word| {
        let word = word.strip_prefix('v').unwrap_or(word);
        let version: String = word.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        (version.contains('.') && version.starts_with(|c: char| c.is_ascii_digit())).then_some(version)
    })
}

/// Returns the version that `Cargo.lock` pins for a package.
fn locked_version(lock: &str, name: &str) -> Option<String> {
    let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    Some(rest.split('"').next()?.to_owned())
}

/// Returns the `devDependencies` of a `package.json` that have exact versions.
fn npm_packages(package: &str) -> Vec<(String, String)> {
    let Some((_, rest)) = package.split_once("\"devDependencies\"") else { return Vec::new() };
    let block = rest.split('}').next().unwrap_or_default();
    let words: Vec<&str> = block.split('"').skip(1).step_by(2).collect();
    words.chunks_exact(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect()
}

/// Returns the first `"key": "text"` of a JSON file.
fn json_string(json: &str, key: &str) -> Option<String> {
    let (_, rest) = json.split_once(&format!("\"{key}\""))?;
    rest.trim_start().strip_prefix(':')?.split('"').nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_print() {
        let check = |text: &str, expect: Option<&str>| assert_eq!(version_in(text).as_deref(), expect, "{text}");
        check("trunk 0.21.14", Some("0.21.14"));
        check("v20.20.2", Some("20.20.2"));
        check("wasm-bindgen 0.2.126 (abc)", Some("0.2.126"));
        check("Chromium 156.0.8078.79 built on Debian", Some("156.0.8078.79"));
        check("wasm-opt version 132 (version_132)", None);
        check("", None);
    }

    #[test]
    fn the_lock_file_fixes_the_version() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"9.9.9\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.126\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), Some("0.2.126"));
        assert_eq!(locked_version(lock, "yew"), None);
    }

    #[test]
    fn packages_are_read_from_package_json() {
        let json = r#"{ "private": true, "devDependencies": { "axe-core": "4.14.1", "binaryen": "132.0.0" } }"#;
        let expect = [("axe-core", "4.14.1"), ("binaryen", "132.0.0")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(npm_packages(json), expect);
        assert_eq!(npm_packages("{}"), []);
        assert_eq!(json_string(r#"{"name":"x","version" : "1.2.3"}"#, "version").as_deref(), Some("1.2.3"));
    }

    #[test]
    fn npm_packages_are_checked_by_hash_and_run_nothing() {
        assert!(NPM_INSTALL.contains(&"ci") && NPM_INSTALL.contains(&"--ignore-scripts"), "{NPM_INSTALL:?}");
        let lock = read(&Lab::locate().root.join("package-lock.json")).unwrap();
        let count = |text: &str| lock.matches(text).count();
        let packages = count("    \"node_modules/");
        assert_eq!(packages, count("\"integrity\": \"sha512-"), "a package without a hash");
        assert!(packages >= 4, "{packages} packages");
        assert_eq!(count("\"hasInstallScript\""), 0, "a package that wants to run a script when it is installed");
    }

    #[test]
    fn the_job_that_builds_may_not_publish_and_actions_are_named_by_commit() {
        let text = read(&Lab::locate().root.join("static/deploy/github-pages.yml")).unwrap();
        let (_, jobs) = text.split_once("\njobs:\n").unwrap();
        let (build, deploy) = jobs.split_once("\n  deploy:\n").unwrap();
        assert!(text.contains("\npermissions: {}\n"), "by default no job may do anything");
        assert!(build.contains("cargo xtask build") && !build.contains(": write"), "{build}");
        assert!(deploy.contains("id-token: write") && !deploy.contains("run: "), "{deploy}");
        let used: Vec<&str> = text.lines().filter_map(|line| line.split_once("uses: ")).map(|(_, used)| used).collect();
        assert_eq!(used.len(), 5, "{used:?}");
        for action in used {
            let commit = action.split_once('@').map_or("", |(_, rest)| rest.split(' ').next().unwrap_or(""));
            let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_commit && action.contains(" # v"), "{action}");
        }
    }

    #[test]
    fn without_rustup_the_package_is_named() {
        assert!(no_rustup(WASM_TARGET).contains("libstd-rust-dev-wasm32"));
        assert!(no_rustup("clippy").contains("rust-clippy"));
    }

    #[test]
    fn an_old_or_missing_node_is_explained() {
        assert_eq!(judge_node(Some("v20.1.0")), Ok(()));
        assert_eq!(judge_node(Some("v24.0.0")), Ok(()));
        let old = judge_node(Some("v18.19.0")).unwrap_err();
        assert!(old.contains("Node 20 or later") && old.contains("v18.19.0"), "{old}");
        assert!(judge_node(None).unwrap_err().contains("no `node` on PATH"));
    }
}
