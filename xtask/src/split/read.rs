//! What the splitter must know of a module: its functions with their names, types and calls, and who else refers to them.

use std::collections::BTreeMap;

use wasmparser::{
    ElementItems, ElementKind, ExternalKind, FuncValidatorAllocations, Operator, Parser, Payload, TypeRef, ValType,
    ValidPayload, Validator,
};

use super::body::Body;

/// See the module. Functions are numbered as in the module, imported ones first.
#[derive(Default)]
pub struct Whole<'a> {
    pub imports: u32,
    /// The type of each function, imported and own.
    pub types: Vec<u32>,
    /// Parameters and results of each type.
    pub kinds: Vec<(Vec<ValType>, Vec<ValType>)>,
    /// The own functions.
    pub bodies: Vec<Body<'a>>,
    /// What each of them calls directly.
    pub calls: Vec<Vec<u32>>,
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

impl Whole<'_> {
    /// The calls of an own function.
    pub fn calls_of(&self, function: u32) -> &[u32] {
        function.checked_sub(self.imports).and_then(|own| self.calls.get(own as usize)).map_or(&[], Vec::as_slice)
    }
}

pub fn read<'a>(wasm: &'a [u8], loader: &str) -> Result<Whole<'a>, String> {
    let mut whole = Whole::default();
    let mut found = None;
    let mut validator = Validator::new();
    let mut allocations = FuncValidatorAllocations::default();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(text)?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload).map_err(text)? {
            let kind = &whole.kinds[whole.types[whole.imports as usize + whole.bodies.len()] as usize];
            let (body, again) = Body::read(&body, function, (&kind.0, &kind.1), allocations)?;
            allocations = again;
            whole.calls.push(calls(&body)?);
            whole.bodies.push(body);
        }
        take(&mut whole, payload, loader, &mut found)?;
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

fn calls(body: &Body<'_>) -> Result<Vec<u32>, String> {
    let mut calls = Vec::new();
    for step in &body.steps {
        match step.operator {
            Operator::Call { function_index } => calls.push(function_index),
            Operator::RefFunc { .. } | Operator::ReturnCall { .. } => {
                return Err("it has an instruction that the splitter does not know".to_owned());
            }
            _ => {}
        }
    }
    Ok(calls)
}

fn take(whole: &mut Whole<'_>, payload: Payload<'_>, loader: &str, found: &mut Option<u32>) -> Result<(), String> {
    match payload {
        Payload::TypeSection(section) => {
            for group in section {
                for kind in group.map_err(text)?.into_types() {
                    let wasmparser::CompositeInnerType::Func(function) = &kind.composite_type.inner else {
                        return Err("it has a type that is no function".to_owned());
                    };
                    whole.kinds.push((function.params().to_vec(), function.results().to_vec()));
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
        _ => {}
    }
    Ok(())
}

fn elements(whole: &mut Whole<'_>, element: wasmparser::Element<'_>) -> Result<(), String> {
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
