//! `cargo xtask bench`: measures how fast the kernel is, and how many bytes each optimisation costs.

use std::fs;

use crate::run::{self, Lab, Result, say};
use crate::{build, sizes, tools};

/// Flags of wasm-opt to compare: speed against size.
const LEVELS: &[&[&str]] = &[
    &["-O2"],
    &["-O3"],
    &["-O3", "--low-memory-unused"],
    &["-O3", "--merge-similar-functions", "-O3"],
    &["-O4"],
    &["-Os"],
    &["-Oz"],
    &["-Oz", "--converge"],
];

/// Flags of rustc to compare: `opt-level`, and LLVM's threshold for inlining; `None` for its default.
const OPTIMISATIONS: &[(&str, Option<u32>)] = &[
    ("z", Some(25)),
    ("z", Some(60)),
    ("s", Some(25)),
    ("2", Some(25)),
    ("3", Some(25)),
    ("3", Some(60)),
    ("3", None),
];

pub fn bench(lab: &Lab, rest: &[String]) -> Result {
    tools::ensure_all(lab, tools::BUILD)?;
    if rest == ["levels"] {
        return compare_optimisations(lab);
    }
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

/// Runs the clusters of `benches/lab.rs` in wasm32 in Node, optimised for speed and, if that is another profile, as the
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

/// Builds the page and the clusters for Node at several optimisation levels, each in its own folder. Each takes some minutes.
fn compare_optimisations(lab: &Lab) -> Result {
    let log = lab.tools.join("log").join("levels.log");
    for (level, inlined) in OPTIMISATIONS {
        let name = format!(
            "opt-level {level}, {}",
            inlined.map_or("inlines as it does".into(), |n| format!("inlines up to {n}"))
        );
        // Overrides .cargo/config.toml.
        let flags = inlined.map_or("-Cdebuginfo=0".to_owned(), |n| format!("-Cllvm-args=-inline-threshold={n}"));
        let target = lab.root.join("target").join("levels");
        let out = target.join(tools::WASM_TARGET).join("web");
        for what in [["--bin", "ha-lab-web"], ["--example", "speed"]] {
            let mut cargo = lab.command("cargo");
            cargo.args(["build", "--locked", "--profile", "web", "--target", tools::WASM_TARGET]).args(what);
            cargo.env("CARGO_TARGET_DIR", &target).env("CARGO_PROFILE_WEB_OPT_LEVEL", level).env("RUSTFLAGS", &flags);
            run::quiet(&format!("{name}: {}", what[1]), &mut cargo, &log)?;
        }
        let mut bindgen = lab.command("wasm-bindgen");
        bindgen.args(["--target", "web", "--no-typescript", "--out-name", "page", "--out-dir"]).arg(&target);
        run::quiet("wasm-bindgen", bindgen.arg(out.join("ha-lab-web.wasm")), &log)?;
        let dir = target.join("optimised");
        fs::create_dir_all(&dir).map_err(|error| format!("Cannot make {}: {error}.", dir.display()))?;
        for (from, to) in [(target.join("page_bg.wasm"), "page.wasm"), (out.join("examples/speed.wasm"), "speed.wasm")]
        {
            let mut opt = lab.command("wasm-opt");
            opt.args(["-O3", "--enable-bulk-memory", "--enable-nontrapping-float-to-int", "--enable-reference-types"]);
            run::quiet("wasm-opt -O3", opt.arg(from).arg("-o").arg(dir.join(to)), &log)?;
        }
        say(format!("\n{name}\n{:>10} {:>10} {:>10}", "brotli", "gzip", "raw"));
        sizes::measure(lab, &dir)?.iter().for_each(|size| say(sizes::line(size)));
        run::show(&name, lab.command("node").arg("benches/node.mjs").arg(dir.join("speed.wasm")))?;
    }
    Ok(())
}

/// Runs wasm-opt at several levels on the output of wasm-bindgen, and prints the sizes.
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
        let name = level.join(" ");
        let mut command = lab.command("wasm-opt");
        command.args(*level).arg(&input).arg("-o").arg(dir.join(format!("{name}.wasm")));
        run::quiet(&format!("wasm-opt {name}"), &mut command, &lab.tools.join("log").join("wasm-opt.log"))?;
    }
    say(format!("\n{:>10} {:>10} {:>10}  the wasm by wasm-opt level", "brotli", "gzip", "raw"));
    for size in sizes::measure(lab, &dir)? {
        say(sizes::line(&size));
    }
    Ok(())
}
