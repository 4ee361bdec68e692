//! The names that wasm-bindgen gives: long, and with hashes, which compress badly. Here each is cut down to what tells it
//! from the others, in the glue and in both modules.

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{ExportSection, ImportSection, Module};
use wasmparser::{Parser, Payload};

type Error = reencode::Error<std::convert::Infallible>;

/// The glue and the modules with the short names.
pub fn shortened<const N: usize>(glue: &str, modules: [&[u8]; N]) -> Result<(String, [Vec<u8>; N]), String> {
    let names = shorter(&long(glue, &modules)?, glue);
    let mut out = Vec::new();
    for wasm in modules {
        let mut module = Module::new();
        Renamed { names: &names }
            .parse_core_module(&mut module, Parser::new(0), wasm)
            .map_err(|error| error.to_string())?;
        out.push(module.finish());
    }
    let modules = out.try_into().map_err(|_| "a module is missing".to_owned())?;
    Ok((in_words(glue, |word| names.get(word).map_or(word, String::as_str)), modules))
}

/// Names of the modules that end with a hash and that the glue has as well.
fn long(glue: &str, modules: &[&[u8]]) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    let text = |error: wasmparser::BinaryReaderError| error.to_string();
    for wasm in modules {
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.map_err(text)? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        names.insert(import.map_err(text)?.name.to_owned());
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        names.insert(export.map_err(text)?.name.to_owned());
                    }
                }
                _ => {}
            }
        }
    }
    let mut words = BTreeSet::new();
    in_words(glue, |word| {
        words.insert(word.to_owned());
        word
    });
    names.retain(|name| words.contains(name) && without_hash(name).is_some());
    Ok(names)
}

/// What stands before the hash and the number behind it.
fn without_hash(name: &str) -> Option<&str> {
    let hexadecimal = |text: &str| text.len() == 16 && text.chars().all(|c| c.is_ascii_hexdigit());
    let (start, end) = name.rsplit_once('_')?;
    let (start, hash) = if end.len() < 3 { start.rsplit_once('_')? } else { (start, end) };
    hexadecimal(hash.strip_prefix('h').unwrap_or(hash)).then_some(start)
}

/// A short name for each: its last word, with a number if there are several, but no word that the glue has already.
fn shorter(long: &BTreeSet<String>, glue: &str) -> BTreeMap<String, String> {
    let mut taken = BTreeSet::new();
    in_words(glue, |word| {
        taken.insert(word.to_owned());
        word
    });
    let mut names = BTreeMap::new();
    for name in long {
        let plain = without_hash(name).unwrap_or(name).trim_start_matches("__wbg_").trim_start_matches('_');
        let plain = plain.rsplit("___").next().unwrap_or(plain);
        let short = (1..).map(|n| if n == 1 { format!("${plain}") } else { format!("${plain}{n}") });
        let short = short.into_iter().find(|short| !taken.contains(short)).unwrap_or_default();
        taken.insert(short.clone());
        names.insert(name.clone(), short);
    }
    names
}

/// The text with each of its words as `to` has it.
fn in_words<'a>(text: &'a str, mut to: impl FnMut(&'a str) -> &'a str) -> String {
    let of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(of_word) {
        let (between, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|c| !of_word(c)).unwrap_or(from.len()));
        out += between;
        out += to(word);
        rest = after;
    }
    out + rest
}

struct Renamed<'a> {
    names: &'a BTreeMap<String, String>,
}

impl Renamed<'_> {
    fn name<'a>(&'a self, name: &'a str) -> &'a str {
        self.names.get(name).map_or(name, String::as_str)
    }
}

impl Reencode for Renamed<'_> {
    type Error = std::convert::Infallible;

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), Error> {
        for import in section.into_imports() {
            let import = import?;
            let what = self.entity_type(import.ty)?;
            imports.import(import.module, self.name(import.name), what);
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), Error> {
        for export in section {
            let export = export?;
            let kind = self.export_kind(export.kind)?;
            exports.export(self.name(export.name), kind, export.index);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_hashes() {
        let check = |name: &str, expect: Option<&str>| assert_eq!(without_hash(name), expect, "{name}");
        check("__wbg_append_b577eb3a0f1c2d3e", Some("__wbg_append"));
        check(
            "wasm_bindgen__convert__closures_____invoke__hcf995df9e7b34e8e",
            Some("wasm_bindgen__convert__closures_____invoke_"),
        );
        check("invoke__h4335a61bb4bab0fa_4", Some("invoke_"));
        check("__wbindgen_malloc", None);
        check("openLab", None);
    }

    #[test]
    fn short_names_are_told_apart_and_are_not_in_use() {
        let long = ["__wbg_add_00000000000000aa", "__wbg_add_00000000000000bb", "__wbg_key_00000000000000cc"];
        let names = shorter(&long.map(str::to_owned).into(), "let $key = 1;");
        assert_eq!(names.into_values().collect::<Vec<_>>(), ["$add", "$add2", "$key2"]);
    }

    #[test]
    fn words_are_replaced_whole() {
        assert_eq!(in_words("a.ab(a, $a)", |word| if word == "a" { "x" } else { word }), "x.ab(x, $a)");
    }
}
