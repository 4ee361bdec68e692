//! Splits a small module and looks at both halves.

use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    ImportSection, Instruction, MemorySection, MemoryType, Module, NameMap, NameSection, RefType, TableSection,
    TableType, TypeSection,
};
use wasmparser::{Operator, Parser, Payload};

use super::{Halves, halves};

const NAMES: [&str; 5] = ["load_haLabLater", "lab::open", "lab::shared", "lab::rare::draw", "lab::rare::help"];

/// `open` is exported and calls `shared` and `draw`; `draw` calls `shared` and `help`; the table has `draw`.
fn whole() -> Vec<u8> {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([], []);
    module.section(&types);
    let mut imports = ImportSection::new();
    imports.import("./glue.js", NAMES[0], EntityType::Function(0));
    module.section(&imports);
    let mut functions = FunctionSection::new();
    for _ in 1..NAMES.len() {
        functions.function(0);
    }
    module.section(&functions);
    let mut tables = TableSection::new();
    let size = 2;
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: size,
        maximum: Some(size),
        shared: false,
    });
    module.section(&tables);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    module.section(&memories);
    let mut exports = ExportSection::new();
    exports.export("open", ExportKind::Func, 1);
    module.section(&exports);
    let mut elements = ElementSection::new();
    elements.active(None, &ConstExpr::i32_const(1), Elements::Functions(vec![3].into()));
    module.section(&elements);
    let mut code = CodeSection::new();
    for calls in [&[2, 3][..], &[], &[2, 4], &[]] {
        let mut body = Function::new([]);
        for called in calls {
            body.instruction(&Instruction::Call(*called));
        }
        body.instruction(&Instruction::End);
        code.function(&body);
    }
    module.section(&code);
    let mut map = NameMap::new();
    (0..).zip(NAMES).for_each(|(number, name)| map.append(number, name));
    let mut names = NameSection::new();
    names.functions(&map);
    module.section(&names);
    module.finish()
}

/// What a module imports and exports, and the calls of each of its functions.
fn told(wasm: &[u8]) -> (Vec<String>, Vec<String>, Vec<String>) {
    let (mut imports, mut exports, mut bodies) = (vec![], vec![], vec![]);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.expect("a module") {
            Payload::ImportSection(section) => {
                imports.extend(section.into_imports().map(|import| import.expect("an import").name.to_owned()));
            }
            Payload::ExportSection(section) => {
                exports.extend(section.into_iter().map(|export| export.expect("an export").name.to_owned()));
            }
            Payload::CodeSectionEntry(body) => {
                let calls = body.get_operators_reader().expect("a body").into_iter().filter_map(|operator| {
                    match operator.expect("an operator") {
                        Operator::Call { function_index } => Some(format!("call {function_index}")),
                        Operator::CallIndirect { .. } => Some("through the table".to_owned()),
                        Operator::I32Const { value } => Some(format!("slot {value}")),
                        _ => None,
                    }
                });
                bodies.push(calls.collect::<Vec<_>>().join(", "));
            }
            Payload::CustomSection(section) => panic!("{} is delivered", section.name()),
            _ => {}
        }
    }
    (imports, exports, bodies)
}

#[test]
fn what_only_a_later_part_needs_moves_and_is_called_through_the_table() {
    let Halves { first, later, counts } = halves(&whole(), &["lab::rare"], "haLabLater").expect("it can be split");
    assert_eq!(counts, [2, 2, 1], "functions first, later, and called across");
    let (imports, exports, bodies) = told(&first);
    assert_eq!(imports, [NAMES[0]]);
    // The memory, the table, and what the second half calls of the first.
    assert_eq!(exports, ["open", "m0", "t0", "f2"]);
    // `open`, `shared`, and the stub of `draw`, which asks for the second half and calls again.
    assert_eq!(bodies, ["call 2, slot 1, through the table", "", "call 0, slot 1, through the table"]);
    let (imports, exports, bodies) = told(&later);
    assert_eq!(imports, ["f2", "t0", "m0"]);
    assert!(exports.is_empty());
    assert_eq!(bodies, ["call 0, call 2", ""], "draw calls the first half's shared, and help");
}

#[test]
fn what_the_splitter_does_not_know_is_refused() {
    let check = |wasm: &[u8], loader: &str, expect: &str| match halves(wasm, &[], loader) {
        Err(error) => assert!(error.contains(expect), "{error}"),
        Ok(_) => panic!("{expect}: it was split"),
    };
    check(&whole(), "nobody", "nothing is imported that is called nobody");
    check(b"not a module", "haLabLater", "magic header");
}

