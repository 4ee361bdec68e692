//! Builds the page with Trunk: a release into `dist/`, or a quicker build to look at.

use std::path::PathBuf;
use std::time::Instant;

use crate::run::{self, Lab, Result, say, seconds};
use crate::{picture, plain, single, site, styles, tools};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The delivered build: link-time optimisation, then wasm-opt.
    Release,
    /// Optimised code without the slow last steps: builds sooner and runs nearly as fast.
    Quick,
    /// Debug assertions and overflow checks; slow to run.
    Dev,
}

impl Kind {
    /// The folder of cargo's output, `target/wasm32-unknown-unknown/PROFILE`.
    pub fn profile(self) -> &'static str {
        match self {
            Kind::Release => "web",
            Kind::Quick => "release",
            Kind::Dev => "debug",
        }
    }

    /// The output folder. `dist/` only ever contains a release.
    pub fn place(self, lab: &Lab) -> PathBuf {
        match self {
            Kind::Release => lab.dist(),
            Kind::Quick => lab.root.join("target").join("site-quick"),
            Kind::Dev => lab.root.join("target").join("site-dev"),
        }
    }
}

/// Installs what is missing, and builds.
pub fn build(lab: &Lab, kind: Kind) -> Result<PathBuf> {
    tools::ensure_all(lab, tools::BUILD)?;
    tools::clean_up(lab);
    compile(lab, kind)
}

/// Builds with the tools that are installed.
pub fn compile(lab: &Lab, kind: Kind) -> Result<PathBuf> {
    let started = Instant::now();
    let place = kind.place(lab);
    let mut trunk = lab.command("trunk");
    trunk.arg("build").arg("--dist").arg(&place);
    match kind {
        Kind::Release => {
            trunk.args(["--release", "--cargo-profile", "web"]);
        }
        // Not with Trunk's `--release`, which would also run wasm-opt.
        Kind::Quick => {
            trunk
                .args(["--cargo-profile", "release"])
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
                .env("CARGO_PROFILE_RELEASE_INCREMENTAL", "true")
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "2");
        }
        Kind::Dev => {}
    }
    // Trunk 0.21 treats NO_COLOR=1 as a malformed option and stops.
    trunk.env_remove("NO_COLOR");
    let log = lab.tools.join("log").join("build.log");
    run::quiet("Building the page", &mut trunk, &log)?;
    if !place.join("index.html").is_file() {
        return Err(format!(
            "Trunk succeeded, but there is no index.html in {}; its output is in {}.",
            place.display(),
            log.display()
        ));
    }
    site::complete(lab, &place)?;
    styles::bundle(&place)?;
    plain::scripts(&place)?;
    picture::put(lab, &place)?;
    single::build(lab, &place, kind.profile())?;
    // This is the last step: all changes to files of the site have to come before it.
    site::name(lab, &place)?;
    say(format!("  The page is in {} ({})", place.display(), seconds(started.elapsed())));
    Ok(place)
}
