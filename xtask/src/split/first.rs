//! The first module: the whole one without the later functions, which calls them through the table.
//!
//! Before each such call it asks for the second module, if that is not there yet; so do the stubs, which stand in the table
//! where the whole module had a later function.

use std::collections::BTreeMap;

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, Instruction, Module, TableSection, TypeSection, ValType,
};
use wasmparser::{Operator, Parser};

use super::choose::Choice;
use super::data::{self, Piece};
use super::outline::encoded;
use super::read::Whole;

type Error = reencode::Error<std::convert::Infallible>;

pub fn encode(wasm: &[u8], whole: &Whole<'_>, choice: &Choice, data: &[Piece]) -> Result<Vec<u8>, String> {
    let numbers = numbers(whole, choice);
    let asks = numbers.len() as u32;
    let ways = ways(whole, choice, asks + 1);
    let mut first = First { whole, choice, data, numbers, asks, ways, body: whole.imports };
    let mut module = Module::new();
    first.parse_core_module(&mut module, Parser::new(0), wasm).map_err(|error| error.to_string())?;
    Ok(module.finish())
}

/// What the second module imports from the first: each thing of the first by its number in the whole.
pub fn export_name(kind: ExportKind, number: u32) -> String {
    let letter = match kind {
        ExportKind::Func => 'f',
        ExportKind::Table => 't',
        ExportKind::Memory => 'm',
        ExportKind::Global => 'g',
        ExportKind::Tag => 'x',
    };
    format!("{letter}{number}")
}

/// Functions of the first module, or imported, that the second calls.
pub fn called_by_later(whole: &Whole<'_>, choice: &Choice) -> std::collections::BTreeSet<u32> {
    let called = choice.later.iter().flat_map(|f| whole.calls_of(*f)).copied();
    called.filter(|function| !choice.later.contains(function)).collect()
}

/// The new number of each function: imported, first, then one stub for each slot that had a function before.
fn numbers(whole: &Whole<'_>, choice: &Choice) -> BTreeMap<u32, u32> {
    (0..whole.imports).chain(choice.first.iter().copied()).chain(choice.stubs()).zip(0..).collect()
}

/// Types of later functions that are called often: each has a function that takes the slot as well and calls what is in it,
/// which makes the calls shorter. Gives their numbers, from `next` on.
fn ways(whole: &Whole<'_>, choice: &Choice, next: u32) -> BTreeMap<u32, u32> {
    let mut calls: BTreeMap<u32, usize> = BTreeMap::new();
    for called in choice.first.iter().flat_map(|f| whole.calls_of(*f)).filter(|f| choice.later.contains(f)) {
        *calls.entry(whole.types[*called as usize]).or_default() += 1;
    }
    calls.into_iter().filter(|(_, calls)| *calls >= OFTEN).map(|(kind, _)| kind).zip(next..).collect()
}

/// From so many calls on a way of their own makes the module smaller.
const OFTEN: usize = 6;

struct First<'a> {
    whole: &'a Whole<'a>,
    choice: &'a Choice,
    data: &'a [Piece],
    numbers: BTreeMap<u32, u32>,
    /// The function that asks for the second module when it is not there yet. It comes last, as do its type and its global.
    asks: u32,
    /// The functions that call through the table, by the type of what they call.
    ways: BTreeMap<u32, u32>,
    /// The function whose body comes next.
    body: u32,
}

impl First<'_> {
    /// Asks for the second module, then calls what is in the slot by then.
    fn stub(&self, function: u32, slot: u32) -> Function {
        let kind = self.whole.types[function as usize];
        let mut stub = Function::new([]);
        stub.instruction(&Instruction::Call(self.asks));
        for param in 0..self.whole.kinds[kind as usize].0.len() {
            stub.instruction(&Instruction::LocalGet(param as u32));
        }
        self.through(&mut stub, kind, slot);
        stub.instruction(&Instruction::End);
        stub
    }

    fn through(&self, function: &mut Function, type_index: u32, slot: u32) {
        function.instruction(&Instruction::I32Const(slot as i32));
        function.instruction(&Instruction::CallIndirect { type_index, table_index: 0 });
    }

    /// Takes a slot after what the function in it takes.
    fn way(&self, kind: u32) -> Function {
        let mut way = Function::new([]);
        way.instruction(&Instruction::Call(self.asks));
        let params = self.whole.kinds[kind as usize].0.len() as u32;
        (0..=params).for_each(|param| {
            way.instruction(&Instruction::LocalGet(param));
        });
        way.instruction(&Instruction::CallIndirect { type_index: kind, table_index: 0 });
        way.instruction(&Instruction::End);
        way
    }

    /// Asks the page once.
    fn ask(&self) -> Function {
        let there = self.whole.globals.len() as u32;
        let mut function = Function::new([]);
        for step in [
            Instruction::GlobalGet(there),
            Instruction::I32Eqz,
            Instruction::If(BlockType::Empty),
            Instruction::Call(self.whole.loader),
            Instruction::I32Const(1),
            Instruction::GlobalSet(there),
            Instruction::End,
            Instruction::End,
        ] {
            function.instruction(&step);
        }
        function
    }
}

impl Reencode for First<'_> {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error> {
        Ok(self.numbers.get(&function).copied().unwrap_or_default())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        _: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        for function in self.choice.first.iter().copied().chain(self.choice.stubs()) {
            functions.function(self.whole.types[function as usize]);
        }
        let kinds = self.whole.kinds.len() as u32;
        (0..=self.ways.len() as u32).for_each(|n| {
            functions.function(kinds + n);
        });
        Ok(())
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), Error> {
        reencode::utils::parse_type_section(self, types, section)?;
        types.ty().function([], []);
        for kind in self.ways.keys() {
            let (params, results) = &self.whole.kinds[*kind as usize];
            let params = params.iter().chain(&[wasmparser::ValType::I32]);
            types.ty().function(encoded(params)?, encoded(results)?);
        }
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Result<(), Error> {
        reencode::utils::parse_global_section(self, globals, section)?;
        globals.global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(0));
        Ok(())
    }

    fn parse_table_section(
        &mut self,
        tables: &mut TableSection,
        _: wasmparser::TableSectionReader<'_>,
    ) -> Result<(), Error> {
        for (number, table) in self.whole.tables.iter().enumerate() {
            let mut table = self.table_type(*table)?;
            self.choice.grow(number, &mut table);
            tables.table(table);
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), Error> {
        reencode::utils::parse_export_section(self, exports, section)?;
        let mut add = |kind: ExportKind, number: u32, index: u32| {
            exports.export(&export_name(kind, number), kind, index);
        };
        add(ExportKind::Memory, 0, 0);
        (0..self.whole.tables.len() as u32).for_each(|table| add(ExportKind::Table, table, table));
        (0..self.whole.globals.len() as u32).for_each(|global| add(ExportKind::Global, global, global));
        for function in called_by_later(self.whole, self.choice) {
            add(ExportKind::Func, function, self.numbers[&function]);
        }
        Ok(())
    }

    fn parse_data_section(
        &mut self,
        data: &mut DataSection,
        _: wasmparser::DataSectionReader<'_>,
    ) -> Result<(), Error> {
        data::encode(data, self.data);
        Ok(())
    }

    fn data_count(&mut self, _: u32) -> Result<u32, Error> {
        Ok(self.data.len() as u32)
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: wasmparser::FunctionBody<'_>) -> Result<(), Error> {
        let number = self.body;
        self.body += 1;
        if self.choice.first.contains(&number) {
            let mut function = self.new_function_with_parsed_locals(&body)?;
            let mut reader = body.get_operators_reader()?;
            while !reader.eof() {
                match reader.clone().read()? {
                    Operator::Call { function_index } if self.choice.later.contains(&function_index) => {
                        reader.read()?;
                        let kind = self.whole.types[function_index as usize];
                        let slot = self.choice.slots[&function_index];
                        if let Some(way) = self.ways.get(&kind) {
                            function.instruction(&Instruction::I32Const(slot as i32));
                            function.instruction(&Instruction::Call(*way));
                        } else {
                            function.instruction(&Instruction::Call(self.asks));
                            self.through(&mut function, kind, slot);
                        }
                    }
                    _ => {
                        function.instruction(&self.parse_instruction(&mut reader)?);
                    }
                }
            }
            code.function(&function);
        }
        if self.body == self.whole.types.len() as u32 {
            for function in self.choice.stubs() {
                code.function(&self.stub(function, self.choice.slots[&function]));
            }
            code.function(&self.ask());
            for kind in self.ways.keys() {
                code.function(&self.way(*kind));
            }
        }
        Ok(())
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: wasmparser::CustomSectionReader<'_>) -> Result<(), Error> {
        Ok(())
    }
}
