//! Splits the page's wasm in two: what the first picture needs, and the rest, which is loaded right after it.
//!
//! Rust gives one module. What runs until the first pictures are there is watched in a browser; this is the first half, and
//! all else moves to a second module that shares the memory and the tables of the first. Parts of functions move as well,
//! and so do constants that only they name. Where the first half goes on in the second, it calls through the table of
//! functions. A call that comes before the second half is there asks the page for it (`static/boot.js`) and waits.
//!
//! Nothing depends on what was watched but the time at which something is loaded: any choice gives the same lab.

mod body;
mod choose;
mod data;
mod first;
mod later;
mod names;
mod outline;
mod pack;
mod read;
mod watch;

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::plain;
use crate::run::{self, Lab, Result, say};
use crate::site;

/// How the name of the second module's file ends.
pub const LATER_END: &str = "_later.wasm";

/// The import by which the first module asks for the second; wasm-bindgen puts a prefix and a hash around it.
const LOADER: &str = "haLabLater";
/// The place in the tag of `boot.js` for the name of the second module.
const TAG: &str = "data-later=\"\"";

/// The files of the site that hold the lab's code.
struct Code {
    /// Their names without what they end with.
    stem: String,
    page: String,
    glue: String,
    wasm: Vec<u8>,
}

impl Code {
    fn read(dir: &Path) -> Result<Code> {
        let wasm = only_file(dir, "_bg.wasm")?;
        let name = wasm.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let stem = name.trim_end_matches("_bg.wasm").to_owned();
        let page = crate::tools::read(&dir.join("index.html"))?;
        if page.matches(TAG).count() != 1 {
            return Err(format!("index.html should have one {TAG} to name the second module in; see Trunk.toml."));
        }
        let glue = crate::tools::read(&dir.join(format!("{stem}.js")))?;
        let wasm = fs::read(&wasm).map_err(|error| format!("Cannot read {}: {error}.", wasm.display()))?;
        Ok(Code { stem, page, glue, wasm })
    }

    /// Writes a page that names the second module, and glue that can unpack the first.
    fn write(&self, dir: &Path, stem: &str, glue: &str, unpack: &str, files: &[(&str, &[u8])]) -> Result {
        let page = self.page.replace(TAG, &format!("data-later=\"./{}{LATER_END}\"", self.stem));
        site::write(&dir.join("index.html"), page.replace(&self.stem, stem).as_bytes())?;
        site::write(&dir.join(format!("{stem}.js")), format!("{glue}\n{unpack}").as_bytes())?;
        files.iter().try_for_each(|(end, data)| site::write(&dir.join(format!("{stem}{end}")), data))
    }
}

/// Splits the one `*_bg.wasm` of the site. `map` is the linker's, of this wasm.
pub fn split(lab: &Lab, dir: &Path, map: &Path, chromium: &Path) -> Result {
    let code = Code::read(dir)?;
    let failed = |error: String| format!("{}_bg.wasm cannot be split: {error}.", code.stem);
    let ran = watched(lab, dir, &code, chromium)?;
    let halves = halves(&code.wasm, &ran, &crate::tools::read(map)?, LOADER).map_err(failed)?;
    let (glue, [first, later]) = names::shortened(&code.glue, [&halves.first, &halves.later]).map_err(failed)?;
    let packed = pack::pack(&first).map_err(failed)?;
    let unpack = crate::tools::read(&lab.root.join("static").join("unpack.js"))?;
    pack::check(lab, &unpack, &packed, &first)?;
    // What was watched may differ from build to build: the names tell these apart.
    let mut hash = Sha256::new();
    [glue.as_bytes(), unpack.as_bytes(), &packed, &later].iter().for_each(|part| hash.update(part));
    let hash: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let stem = format!("ha-lab-web-{hash}");
    for end in [".js", "_bg.wasm"] {
        let old = dir.join(format!("{}{end}", code.stem));
        fs::remove_file(&old).map_err(|error| format!("Cannot remove {}: {error}.", old.display()))?;
    }
    let (glue, unpack) = (plain::js(&glue), plain::js(&unpack));
    code.write(dir, &stem, &glue, &unpack, &[("_bg.wasm", &packed), (LATER_END, &later)])?;
    let boot = dir.join("boot.js");
    site::write(&boot, plain::js(&crate::tools::read(&boot)?).as_bytes())?;
    say(format!(
        "  Split: {} functions ({} kB) first, {} ({} kB) later; {} are called across; {} of {} basic blocks ran",
        halves.counts[0],
        first.len() / 1000,
        halves.counts[1],
        later.len() / 1000,
        halves.counts[2],
        ran.iter().filter(|ran| **ran).count(),
        ran.len()
    ));
    Ok(())
}

/// Which basic blocks run until the first pictures are there, without the second half.
fn watched(lab: &Lab, dir: &Path, code: &Code, chromium: &Path) -> Result<Vec<bool>> {
    let place = lab.root.join("target").join("watched");
    let _ = fs::remove_dir_all(&place);
    for file in site::files_of(dir)? {
        if file.path != site::SINGLE {
            site::write(&place.join(&file.path), &file.data)?;
        }
    }
    let failed = |error: String| format!("{}_bg.wasm cannot be watched: {error}.", code.stem);
    let whole = read::read(&code.wasm, LOADER).map_err(failed)?;
    let blocks = whole.bodies.iter().map(|body| body.leaders.len()).sum();
    let wasm = watch::encode(&code.wasm, &whole).map_err(failed)?;
    let unpack = "export const unpack = (module) => module;\n";
    code.write(&place, &code.stem, &code.glue, unpack, &[("_bg.wasm", &wasm)])?;
    let notes = lab.root.join("target").join("watched.notes");
    let mut node = lab.command("node");
    node.arg("tests/e2e/watch.mjs").arg(&notes).env("HA_LAB_DIST", &place).env("CHROME", chromium);
    run::quiet("Watching the first picture", &mut node, &lab.tools.join("log").join("watch.log"))?;
    let notes = fs::read(&notes).map_err(|error| format!("Cannot read {}: {error}.", notes.display()))?;
    // The memory of the notes ends with a page.
    Ok(notes.into_iter().take(blocks).map(|ran| ran != 0).collect())
}

/// The module as it is delivered where it is not split: without the names of its functions.
pub fn without_names(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut out = wasm.get(..8).ok_or("The wasm is cut short.")?.to_vec();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(|error| format!("The wasm cannot be read: {error}."))?;
        let Some((id, range)) = payload.as_section() else { continue };
        if id != 0 {
            let section = &wasm[range.start as usize..range.end as usize];
            wasm_encoder::Section::append_to(&wasm_encoder::RawSection { id, data: section }, &mut out);
        }
    }
    Ok(out)
}

fn only_file(dir: &Path, end: &str) -> Result<PathBuf> {
    let entries = fs::read_dir(dir).map_err(|error| format!("Cannot read {}: {error}.", dir.display()))?;
    let mut found = entries.flatten().map(|entry| entry.path()).filter(|path| path.to_string_lossy().ends_with(end));
    match (found.next(), found.next()) {
        (Some(path), None) => Ok(path),
        _ => Err(format!("{} should have exactly one file that ends with {end}.", dir.display())),
    }
}

struct Halves {
    first: Vec<u8>,
    later: Vec<u8>,
    /// Functions of the first, of the second, and how many of the second the first calls.
    counts: [usize; 3],
}

/// `ran` says of each basic block of the module, in order, whether it ran; what is missing at its end did not.
fn halves(wasm: &[u8], ran: &[bool], map: &str, loader: &str) -> std::result::Result<Halves, String> {
    let whole = read::read(wasm, loader)?;
    let mut next = 0;
    let functions: Vec<bool> = whole
        .bodies
        .iter()
        .map(|body| {
            next += body.leaders.len();
            ran.get(next - body.leaders.len()) == Some(&true)
        })
        .collect();
    let parted = outline::encode(wasm, &whole, ran)?;
    let whole = read::read(&parted, loader)?;
    let choice = choose::choose(&whole, &functions);
    let counts = [choice.first.len(), choice.later.len(), choice.slots.len()];
    let data = data::Data::read(&parted, map)?;
    let needed = data.needed(choice.first.iter().map(|function| &whole.bodies[(function - whole.imports) as usize]));
    let rest = data.without(needed.iter().cloned());
    let first = first::encode(&parted, &whole, &choice, &data.joined(&needed))?;
    let later = later::encode(&parted, &whole, &choice, &data.apart(&rest))?;
    for (half, name) in [(&first, "first"), (&later, "second")] {
        let valid = wasmparser::Validator::new().validate_all(half);
        valid.map_err(|error| format!("the {name} half is not valid: {error}"))?;
    }
    Ok(Halves { first, later, counts })
}

#[cfg(test)]
mod tests;
