//! The second module: the later functions, which share everything else with the first and fill its slots.

use std::collections::BTreeMap;

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind, FunctionSection,
    ImportSection, Module, TypeSection,
};
use wasmparser::{Parser, Payload};

use super::choose::Choice;
use super::data::{self, Piece};
use super::first::{called_by_later, export_name};
use super::read::Whole;

type Error = reencode::Error<std::convert::Infallible>;

/// The name under which `static/boot.js` hands over the exports of the first module.
const FIRST: &str = "first";

struct Later {
    numbers: BTreeMap<u32, u32>,
}

impl Reencode for Later {
    type Error = std::convert::Infallible;
    fn function_index(&mut self, function: u32) -> Result<u32, Error> {
        Ok(self.numbers.get(&function).copied().unwrap_or_default())
    }
}

pub fn encode(wasm: &[u8], whole: &Whole<'_>, choice: &Choice, data: &[Piece]) -> Result<Vec<u8>, String> {
    let called = called_by_later(whole, choice);
    let numbers = called.iter().chain(&choice.later).copied().zip(0..).collect();
    let mut later = Later { numbers };
    module(wasm, whole, choice, &called.into_iter().collect::<Vec<_>>(), data, &mut later)
        .map_err(|error| error.to_string())
}

fn module(
    wasm: &[u8],
    whole: &Whole<'_>,
    choice: &Choice,
    called: &[u32],
    data: &[Piece],
    later: &mut Later,
) -> Result<Vec<u8>, Error> {
    let (mut types, mut code) = (TypeSection::new(), CodeSection::new());
    let mut number = whole.imports;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::TypeSection(section) => later.parse_type_section(&mut types, section)?,
            Payload::CodeSectionEntry(body) => {
                if choice.later.contains(&number) {
                    later.parse_function_body(&mut code, body)?;
                }
                number += 1;
            }
            _ => {}
        }
    }
    let mut imports = ImportSection::new();
    let mut import = |kind: ExportKind, number: u32, what: EntityType| {
        imports.import(FIRST, &export_name(kind, number), what);
    };
    for function in called {
        import(ExportKind::Func, *function, EntityType::Function(whole.types[*function as usize]));
    }
    for (n, table) in whole.tables.iter().enumerate() {
        let mut table = later.table_type(*table)?;
        choice.grow(n, &mut table);
        import(ExportKind::Table, n as u32, EntityType::Table(table));
    }
    if let Some(memory) = whole.memory {
        import(ExportKind::Memory, 0, EntityType::Memory(later.memory_type(memory)?));
    }
    for (n, global) in whole.globals.iter().enumerate() {
        import(ExportKind::Global, n as u32, EntityType::Global(later.global_type(*global)?));
    }
    let mut functions = FunctionSection::new();
    for function in &choice.later {
        functions.function(whole.types[*function as usize]);
    }
    let mut elements = ElementSection::new();
    let added = choice.added.iter().map(|function| (choice.slots[function], *function));
    for (slot, function) in choice.taken.iter().map(|(slot, f)| (*slot, *f)).chain(added) {
        let function = vec![later.numbers[&function]];
        elements.active(None, &ConstExpr::i32_const(slot as i32), Elements::Functions(function.into()));
    }
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&elements).section(&code);
    let mut section = DataSection::new();
    data::encode(&mut section, data);
    module.section(&section);
    Ok(module.finish())
}
