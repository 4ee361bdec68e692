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
    build::build(lab, build::Kind::Release)?;
    compare_levels(lab)?;
    sizes::check(lab)
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
