//! `cargo xtask bench`: how fast the kernel is, and what each optimisation costs in bytes.

use std::fs;

use crate::run::{self, Lab, Result, say};
use crate::{build, sizes, tools};

/// wasm-opt levels to compare: speed against size.
const LEVELS: &[&str] = &["-O2", "-O3", "-Os", "-Oz"];

pub fn bench(lab: &Lab, rest: &[String]) -> Result {
    tools::ensure_all(lab, tools::BUILD)?;
    if tools::read(&lab.root.join("Cargo.toml"))?.contains("[[bench]]") {
        let mut cargo = lab.command("cargo");
        run::show("The benchmarks", cargo.args(["bench", "--locked", "--benches", "--"]).args(rest))?;
    } else {
        say("Cargo.toml has no [[bench]] yet.");
    }
    in_wasm(lab)?;
    build::build(lab, build::Kind::Release)?;
    compare_levels(lab)?;
    sizes::check(lab)
}

/// The clusters of `benches/lab.rs` in wasm32, by Node, optimised for speed and, where that is another profile, as the
/// page is.
fn in_wasm(lab: &Lab) -> Result {
    let manifest = tools::read(&lab.root.join("Cargo.toml"))?;
    let log = |name: &str| lab.tools.join("log").join(name);
    for profile in ["release", "web"] {
        if !manifest.contains(&format!("[profile.{profile}]")) {
            continue;
        }
        let mut cargo = lab.command("cargo");
        cargo.args(["build", "--locked", "--profile", profile, "--example", "speed", "--target", tools::WASM_TARGET]);
        run::quiet(&format!("Building for Node, profile {profile}"), &mut cargo, &log("speed.log"))?;
        let examples = lab.root.join("target").join(tools::WASM_TARGET).join(profile).join("examples");
        let (built, optimised) = (examples.join("speed.wasm"), examples.join("speed-opt.wasm"));
        let mut opt = lab.command("wasm-opt");
        opt.args(["-O3", "--enable-bulk-memory", "--enable-nontrapping-float-to-int"]);
        run::quiet("wasm-opt -O3", opt.arg(built).arg("-o").arg(&optimised), &log("wasm-opt.log"))?;
        say(format!("\nProfile {profile}, {} bytes:", optimised.metadata().map_or(0, |meta| meta.len())));
        run::show("The benchmark in wasm", lab.command("node").arg("benches/node.mjs").arg(optimised))?;
    }
    Ok(())
}

/// Runs wasm-opt at several levels over what wasm-bindgen left, and prints the sizes.
fn compare_levels(lab: &Lab) -> Result {
    let input = lab.root.join("target").join("wasm-bindgen").join("release").join("ha-lab-web_bg.wasm");
    if !input.is_file() {
        return Err(format!("There is no {}: Trunk has put it elsewhere.", input.display()));
    }
    let dir = lab.root.join("target").join("wasm-opt");
    let trouble = |error: std::io::Error| format!("Cannot prepare {}: {error}.", dir.display());
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).map_err(trouble)?;
    fs::copy(&input, dir.join("as it comes.wasm")).map_err(trouble)?;
    for level in LEVELS {
        let mut command = lab.command("wasm-opt");
        command.arg(level).arg(&input).arg("-o").arg(dir.join(format!("{level}.wasm")));
        run::quiet(&format!("wasm-opt {level}"), &mut command, &lab.tools.join("log").join("wasm-opt.log"))?;
    }
    say(format!("\n{:>10} {:>10} {:>10}  the wasm by wasm-opt level", "brotli", "gzip", "raw"));
    for size in sizes::measure(lab, &dir)? {
        say(sizes::line(&size));
    }
    Ok(())
}
