//! The first module: the whole one without the later functions, with stubs in their slots and calls through these.

use std::collections::BTreeMap;

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, ExportKind, ExportSection, Function, FunctionSection,
};
use wasm_encoder::{Instruction, Module, TableSection};
use wasmparser::{Operator, Parser};

use super::choose::Choice;
use super::read::Whole;

type Error = reencode::Error<std::convert::Infallible>;

pub fn encode(wasm: &[u8], whole: &Whole, choice: &Choice) -> Result<Vec<u8>, String> {
    let mut first = First { whole, choice, numbers: numbers(whole, choice), body: whole.imports };
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
pub fn called_by_later(whole: &Whole, choice: &Choice) -> std::collections::BTreeSet<u32> {
    let called = choice.later.iter().flat_map(|f| whole.calls_of(*f)).copied();
    called.filter(|function| !choice.later.contains(function)).collect()
}

/// The new number of each function: imported, first, then one stub for each slot.
fn numbers(whole: &Whole, choice: &Choice) -> BTreeMap<u32, u32> {
    (0..whole.imports).chain(choice.first.iter().copied()).chain(choice.slots.keys().copied()).zip(0..).collect()
}

struct First<'a> {
    whole: &'a Whole,
    choice: &'a Choice,
    numbers: BTreeMap<u32, u32>,
    /// The function whose body comes next.
    body: u32,
}

impl First<'_> {
    /// Asks for the second module, then calls what is in the slot by then.
    fn stub(&self, function: u32, slot: u32) -> Function {
        let kind = self.whole.types[function as usize];
        let mut stub = Function::new([]);
        stub.instruction(&Instruction::Call(self.whole.loader));
        for param in 0..self.whole.params[kind as usize] {
            stub.instruction(&Instruction::LocalGet(param));
        }
        stub.instruction(&Instruction::I32Const(slot as i32));
        stub.instruction(&Instruction::CallIndirect { type_index: kind, table_index: 0 });
        stub.instruction(&Instruction::End);
        stub
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
        for function in self.choice.first.iter().chain(self.choice.slots.keys()) {
            functions.function(self.whole.types[*function as usize]);
        }
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

    fn parse_element_section(
        &mut self,
        elements: &mut ElementSection,
        section: wasmparser::ElementSectionReader<'_>,
    ) -> Result<(), Error> {
        reencode::utils::parse_element_section(self, elements, section)?;
        let stubs: Vec<u32> = self.choice.added.iter().map(|function| self.numbers[function]).collect();
        let offset = ConstExpr::i32_const(self.whole.table_size as i32);
        elements.active(None, &offset, Elements::Functions(stubs.into()));
        Ok(())
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
                        let type_index = self.whole.types[function_index as usize];
                        function.instruction(&Instruction::I32Const(self.choice.slots[&function_index] as i32));
                        function.instruction(&Instruction::CallIndirect { type_index, table_index: 0 });
                    }
                    _ => {
                        function.instruction(&self.parse_instruction(&mut reader)?);
                    }
                }
            }
            code.function(&function);
        }
        if self.body == self.whole.types.len() as u32 {
            for (function, slot) in &self.choice.slots {
                code.function(&self.stub(*function, *slot));
            }
        }
        Ok(())
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: wasmparser::CustomSectionReader<'_>) -> Result<(), Error> {
        Ok(()) // names were for the splitter
    }
}
