//! The module with counters: the same lab, which notes each basic block that it runs. What ran before the first picture is
//! asked of it by a browser (`tests/e2e/watch.mjs`).

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, Instruction, MemArg, MemArgTarget, MemorySection, MemoryType,
    Module,
};
use wasmparser::Parser;

use super::read::Whole;

type Error = reencode::Error<std::convert::Infallible>;

/// The memory of the notes, as the browser finds it among the exports: a byte for each basic block, in their order.
const NOTES: &str = "notes";
const PAGE_BYTES: u64 = 65_536;

pub fn encode(wasm: &[u8], whole: &Whole<'_>) -> Result<Vec<u8>, String> {
    let mut watch = Watch { whole, body: 0, block: 0 };
    let mut module = Module::new();
    watch.parse_core_module(&mut module, Parser::new(0), wasm).map_err(|error| error.to_string())?;
    Ok(module.finish())
}

struct Watch<'a> {
    whole: &'a Whole<'a>,
    body: usize,
    block: u64,
}

impl Reencode for Watch<'_> {
    type Error = std::convert::Infallible;

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: wasmparser::MemorySectionReader<'_>,
    ) -> Result<(), Error> {
        reencode::utils::parse_memory_section(self, memories, section)?;
        let blocks: usize = self.whole.bodies.iter().map(|body| body.leaders.len()).sum();
        let minimum = (blocks as u64).div_ceil(PAGE_BYTES);
        memories.memory(MemoryType { minimum, maximum: None, memory64: false, shared: false, page_size_log2: None });
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), Error> {
        reencode::utils::parse_export_section(self, exports, section)?;
        exports.export(NOTES, ExportKind::Memory, 1);
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: wasmparser::FunctionBody<'_>) -> Result<(), Error> {
        let mut function: Function = self.new_function_with_parsed_locals(&body)?;
        let read = &self.whole.bodies[self.body];
        self.body += 1;
        let mut leaders = read.leaders.iter().peekable();
        for (here, step) in read.steps.iter().enumerate() {
            if leaders.next_if_eq(&&here).is_some() {
                function.instruction(&Instruction::I32Const(0));
                function.instruction(&Instruction::I32Const(1));
                function.instruction(&Instruction::I32Store8(MemArg {
                    offset: self.block,
                    align: 0,
                    target: MemArgTarget::Memory(1),
                    ordering: None,
                }));
                self.block += 1;
            }
            function.instruction(&self.instruction(step.operator.clone())?);
        }
        code.function(&function);
        Ok(())
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: wasmparser::CustomSectionReader<'_>) -> Result<(), Error> {
        Ok(())
    }
}
