//! What the splitter must know of a module: its functions with their names, types and calls, and who else refers to them.

use std::collections::BTreeMap;

use wasmparser::{ElementItems, ElementKind, ExternalKind, KnownCustom, Name, Operator, Parser, Payload, TypeRef};

/// See the module. Functions are numbered as in the module, imported ones first.
#[derive(Default)]
pub struct Whole {
    pub imports: u32,
    /// The type of each function, imported and own.
    pub types: Vec<u32>,
    /// Parameters of each type.
    pub params: Vec<u32>,
    /// What each own function calls directly.
    pub calls: Vec<Vec<u32>>,
    pub names: BTreeMap<u32, String>,
    /// Exported or started.
    pub roots: Vec<u32>,
    /// The slots of table 0 that have a function.
    pub table: BTreeMap<u32, u32>,
    pub table_size: u32,
    pub tables: Vec<wasmparser::TableType>,
    pub globals: Vec<wasmparser::GlobalType>,
    pub memory: Option<wasmparser::MemoryType>,
    /// The imported function that asks for the second module.
    pub loader: u32,
}

impl Whole {
    /// The calls of an own function.
    pub fn calls_of(&self, function: u32) -> &[u32] {
        function.checked_sub(self.imports).and_then(|own| self.calls.get(own as usize)).map_or(&[], Vec::as_slice)
    }
}

pub fn read(wasm: &[u8], loader: &str) -> Result<Whole, String> {
    let mut whole = Whole::default();
    let mut found = None;
    for payload in Parser::new(0).parse_all(wasm) {
        take(&mut whole, payload.map_err(text)?, loader, &mut found)?;
    }
    whole.loader = found.ok_or(format!("nothing is imported that is called {loader}"))?;
    if whole.memory.is_none() || whole.tables.is_empty() {
        return Err("it has no memory or no table of its own".to_owned());
    }
    Ok(whole)
}

fn text(error: wasmparser::BinaryReaderError) -> String {
    error.to_string()
}

fn take(whole: &mut Whole, payload: Payload<'_>, loader: &str, found: &mut Option<u32>) -> Result<(), String> {
    match payload {
        Payload::TypeSection(section) => {
            for group in section {
                for kind in group.map_err(text)?.into_types() {
                    let wasmparser::CompositeInnerType::Func(function) = &kind.composite_type.inner else {
                        return Err("it has a type that is no function".to_owned());
                    };
                    whole.params.push(function.params().len() as u32);
                }
            }
        }
        Payload::ImportSection(section) => {
            for import in section.into_imports() {
                let import = import.map_err(text)?;
                let TypeRef::Func(kind) = import.ty else {
                    return Err(format!("it imports {}, which is no function", import.name));
                };
                if import.name.contains(loader) {
                    *found = Some(whole.imports);
                }
                whole.types.push(kind);
                whole.imports += 1;
            }
        }
        Payload::FunctionSection(section) => {
            for kind in section {
                whole.types.push(kind.map_err(text)?);
            }
        }
        Payload::TableSection(section) => {
            for table in section {
                whole.tables.push(table.map_err(text)?.ty);
            }
            whole.table_size = whole.tables.first().map_or(0, |table| table.initial as u32);
        }
        Payload::MemorySection(section) => {
            for memory in section {
                whole.memory = Some(memory.map_err(text)?);
            }
        }
        Payload::GlobalSection(section) => {
            for global in section {
                whole.globals.push(global.map_err(text)?.ty);
            }
        }
        Payload::ExportSection(section) => {
            for export in section {
                let export = export.map_err(text)?;
                if export.kind == ExternalKind::Func {
                    whole.roots.push(export.index);
                }
            }
        }
        Payload::StartSection { func, .. } => whole.roots.push(func),
        Payload::ElementSection(section) => {
            for element in section {
                elements(whole, element.map_err(text)?)?;
            }
        }
        Payload::CodeSectionEntry(body) => {
            let mut calls = Vec::new();
            for operator in body.get_operators_reader().map_err(text)? {
                match operator.map_err(text)? {
                    Operator::Call { function_index } => calls.push(function_index),
                    Operator::RefFunc { .. } | Operator::ReturnCall { .. } => {
                        return Err("it has an instruction that the splitter does not know".to_owned());
                    }
                    _ => {}
                }
            }
            whole.calls.push(calls);
        }
        Payload::CustomSection(section) => {
            if let KnownCustom::Name(names) = section.as_known() {
                for part in names {
                    let Name::Function(map) = part.map_err(text)? else { continue };
                    for naming in map {
                        let naming = naming.map_err(text)?;
                        let name = format!("{:#}", rustc_demangle::demangle(naming.name));
                        whole.names.insert(naming.index, name);
                    }
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn elements(whole: &mut Whole, element: wasmparser::Element<'_>) -> Result<(), String> {
    let odd = || "it has a table whose content the splitter does not know".to_owned();
    let (ElementKind::Active { table_index, offset_expr }, ElementItems::Functions(functions)) =
        (element.kind, element.items)
    else {
        return Err(odd());
    };
    let Ok(Operator::I32Const { value }) = offset_expr.get_operators_reader().read() else { return Err(odd()) };
    if table_index.unwrap_or(0) != 0 {
        return Err(odd());
    }
    for (slot, function) in functions.into_iter().enumerate() {
        whole.table.insert(value as u32 + slot as u32, function.map_err(text)?);
    }
    Ok(())
}
