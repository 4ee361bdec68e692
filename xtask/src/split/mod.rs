//! Splits the page's wasm in two: what the first picture needs, and the rest, which is loaded right after it.
//!
//! Rust gives one module. What belongs to [`LATER`], and what only that needs, moves to a second module that shares the
//! memory and the tables of the first. Where the first calls into it, it calls through a slot of the function table.
//! Until the second is there, a slot has a stub that asks the page for it (`static/boot.js`) and calls again.

mod choose;
mod first;
mod later;
mod read;

use std::fs;
use std::path::Path;

use crate::run::{Result, say};

/// Parts of the lab that no first picture needs, by the paths in the names of their functions. What is not named here stays.
const LATER: &[&str] = &[
    "ha_lab::cluster::acts",
    "ha_lab::cluster::flags",
    "ha_lab::console",
    "ha_lab::lab::deeds",
    "ha_lab::lab::detail",
    "ha_lab::lab::lesson",
    "ha_lab::lab::link",
    "ha_lab::lab::scenario",
    "ha_lab::ui::builder",
    "ha_lab::ui::crash",
    "ha_lab::ui::help",
    "ha_lab::ui::inspector::command",
    "ha_lab::ui::inspector::forms",
    "ha_lab::ui::inspector::lease",
    "ha_lab::ui::inspector::pod",
    "ha_lab::ui::inspector::read",
    "ha_lab::ui::inspector::selected",
    "ha_lab::ui::learn",
    "ha_lab::ui::run",
    "serde_json",
];

/// How the name of the second module's file ends.
pub const LATER_END: &str = "_later.wasm";

/// The import by which a stub asks for the second module; wasm-bindgen puts a prefix and a hash around it.
const LOADER: &str = "haLabLater";

/// Splits the one `*_bg.wasm` in `dir`, writes `*_later.wasm` beside it and names it in the tag of `boot.js`.
pub fn split(dir: &Path) -> Result {
    let wasm = only_file(dir, "_bg.wasm")?;
    let name = wasm.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let whole = fs::read(&wasm).map_err(|error| format!("Cannot read {}: {error}.", wasm.display()))?;
    let halves = halves(&whole, LATER, LOADER).map_err(|error| format!("{name} cannot be split: {error}."))?;
    let later = name.replace("_bg.wasm", LATER_END);
    let write = |name: &str, bytes: &[u8]| {
        fs::write(dir.join(name), bytes).map_err(|error| format!("Cannot write {name}: {error}."))
    };
    write(&name, &halves.first)?;
    write(&later, &halves.later)?;
    let page = dir.join("index.html");
    let html = fs::read_to_string(&page).map_err(|error| format!("Cannot read {}: {error}.", page.display()))?;
    let tag = "data-later=\"\"";
    if !html.contains(tag) {
        return Err(format!("index.html has no {tag} to name {later} in; see Trunk.toml."));
    }
    write("index.html", html.replace(tag, &format!("data-later=\"./{later}\"")).as_bytes())?;
    say(format!(
        "  Split: {} functions ({} kB) first, {} ({} kB) later; {} are called across",
        halves.counts[0],
        halves.first.len() / 1000,
        halves.counts[1],
        halves.later.len() / 1000,
        halves.counts[2]
    ));
    Ok(())
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

fn only_file(dir: &Path, end: &str) -> Result<std::path::PathBuf> {
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

fn halves(wasm: &[u8], later: &[&str], loader: &str) -> std::result::Result<Halves, String> {
    let whole = read::read(wasm, loader)?;
    let choice = choose::choose(&whole, later);
    let counts = [choice.first.len(), choice.later.len(), choice.slots.len()];
    Ok(Halves { first: first::encode(wasm, &whole, &choice)?, later: later::encode(wasm, &whole, &choice)?, counts })
}

#[cfg(test)]
mod tests;
