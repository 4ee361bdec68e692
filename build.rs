//! Asks the linker for a map of the page's module, beside it: where each constant lies, for `xtask/src/split/data.rs`.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let wasm = env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32");
    let out = env::var("OUT_DIR").unwrap_or_default();
    // `target/wasm32-unknown-unknown/PROFILE/build/ha-lab-.../out`
    if let Some(profile) = Path::new(&out).ancestors().nth(3).filter(|_| wasm) {
        let map = profile.join("ha-lab-web.map");
        println!("cargo::rustc-link-arg-bin=ha-lab-web=-Map={}", map.display());
    }
}
