//! The first module as it is delivered: the parts of its instructions sorted by kind, which compresses better by an eighth.
//!
//! A packed module is a wasm module with one custom section, so that every server treats it as wasm. The section holds
//! streams: opcodes, and for each kind of operand one. `static/unpack.js`, which is delivered with the glue, makes the module
//! of them again, byte by byte the same. Both sides know the kinds by [`KINDS`].

use wasmparser::{Operator, Parser, Payload};

use super::data::memarg;
use crate::run::{self, Lab, Result};
use crate::site;

/// The name of the custom section.
const NAME: &str = "packed";
/// The streams, in their order in the section. `unpack.js` has the same list.
const KINDS: [Kind; 14] = [
    Kind::Before,
    Kind::After,
    Kind::Locals,
    Kind::Opcode,
    Kind::Get,
    Kind::Set,
    Kind::Const,
    Kind::Wide,
    Kind::Call,
    Kind::Indirect,
    Kind::Branch,
    Kind::Block,
    Kind::Offset,
    Kind::Rest,
];
/// Stands before an opcode whose alignment is not the natural one; it is no opcode that is used.
const UNALIGNED: u8 = 0xff;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// The module up to the first function, and from behind the last.
    Before,
    After,
    /// The declarations of a function's locals.
    Locals,
    Opcode,
    /// The number of a local that is read; that is written.
    Get,
    Set,
    /// A number of 32 bits; of 64 bits or a fraction.
    Const,
    Wide,
    Call,
    /// The type of a function that is called through a table.
    Indirect,
    Branch,
    /// The type of a block.
    Block,
    /// The offset of a load or a store.
    Offset,
    /// Every other operand.
    Rest,
}

/// The packed form of a module.
pub fn pack(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut streams: [Vec<u8>; KINDS.len()] = Default::default();
    let mut put = |kind: Kind, bytes: &[u8]| {
        let at = KINDS.iter().position(|known| *known == kind).expect("every kind is in the list");
        streams[at].extend_from_slice(bytes);
    };
    let (mut functions, mut end) = (0_u32, wasm.len());
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(|error| error.to_string())?;
        let section = payload.as_section();
        match payload {
            Payload::CodeSectionStart { count, .. } => {
                let range = section.map_or(0..0, |(_, range)| range);
                // The section's own head: its number, its size and how many functions it has are written anew.
                let head = 1 + leb((range.end - range.start) as u32).len();
                put(Kind::Before, &wasm[..range.start as usize - head]);
                (functions, end) = (count, range.end as usize);
            }
            Payload::CodeSectionEntry(body) => {
                function(wasm, &body, &mut put)
                    .map_err(|error| format!("a function at {}: {error}", body.range().start))?;
            }
            _ => {}
        }
    }
    put(Kind::After, &wasm[end..]);
    let mut content = leb(NAME.len() as u32);
    content.extend_from_slice(NAME.as_bytes());
    for number in [wasm.len() as u32, functions].into_iter().chain(streams.iter().map(|stream| stream.len() as u32)) {
        content.extend(number.to_le_bytes());
    }
    content.extend(streams.concat());
    let mut packed = b"\0asm\x01\0\0\0\0".to_vec();
    packed.extend(leb(content.len() as u32));
    packed.extend(content);
    Ok(packed)
}

/// Unpacks by `unpack`, the text of `static/unpack.js`, as a browser does, and compares.
pub fn check(lab: &Lab, unpack: &str, packed: &[u8], wasm: &[u8]) -> Result {
    let dir = lab.root.join("target").join("packed");
    site::write(&dir.join("unpack.mjs"), unpack.as_bytes())?;
    site::write(&dir.join("packed.wasm"), packed)?;
    site::write(&dir.join("module.wasm"), wasm)?;
    let mut node = lab.command("node");
    node.current_dir(&dir).args(["--input-type=module", "-e", SAME]);
    run::quiet("Unpacking the wasm again", &mut node, &lab.tools.join("log").join("unpack.log"))
}

/// Fails if unpacking does not give the module.
pub const SAME: &str = r#"
import { readFileSync } from "node:fs";
import { unpack } from "./unpack.mjs";
const [packed, module] = ["packed.wasm", "module.wasm"].map((name) => readFileSync(name));
if (Buffer.compare(unpack(new Uint8Array(packed)), module) !== 0) throw new Error("another module comes out");
"#;

fn function(wasm: &[u8], body: &wasmparser::FunctionBody<'_>, put: &mut impl FnMut(Kind, &[u8])) -> Result {
    let text = |error: wasmparser::BinaryReaderError| error.to_string();
    let mut steps = body.get_operators_reader().map_err(text)?.into_iter_with_offsets().peekable();
    let place = |step: Option<&std::result::Result<(Operator<'_>, u64), wasmparser::BinaryReaderError>>| match step {
        Some(Ok((_, at))) => *at as usize,
        _ => body.range().end as usize,
    };
    put(Kind::Locals, &wasm[body.range().start as usize..place(steps.peek())]);
    while let Some(step) = steps.next() {
        let (operator, at) = step.map_err(text)?;
        let bytes = &wasm[at as usize..place(steps.peek())];
        operands(&operator, bytes, put)?;
    }
    Ok(())
}

/// One instruction, whose `bytes` begin with its opcode.
fn operands(operator: &Operator<'_>, bytes: &[u8], put: &mut impl FnMut(Kind, &[u8])) -> Result {
    let (opcode, rest) = bytes.split_at_checked(1).ok_or("an instruction has no opcode")?;
    if let Some(access) = memarg(operator) {
        if rest.first() != Some(&access.align) {
            return Err(format!("{operator:?} is written in a way that the packer does not know"));
        }
        if access.align != access.max_align {
            put(Kind::Opcode, &[UNALIGNED]);
            put(Kind::Rest, &rest[..1]);
        }
        put(Kind::Opcode, opcode);
        put(Kind::Offset, &rest[1..]);
        return Ok(());
    }
    put(Kind::Opcode, opcode);
    let kind = match opcode[0] {
        0x02..=0x04 => Kind::Block,
        0x0c | 0x0d => Kind::Branch,
        0x10 => Kind::Call,
        0x11 => Kind::Indirect,
        0x20 => Kind::Get,
        0x21 | 0x22 => Kind::Set,
        0x41 => Kind::Const,
        0x42..=0x44 => Kind::Wide,
        // Tables of branches, globals, tables, `select` with a type, sizes of the memory, references, and the prefix of the rest.
        0x0e | 0x1c | 0x23..=0x26 | 0x3f | 0x40 | 0xd0 | 0xd2 | 0xfc => Kind::Rest,
        0x00 | 0x01 | 0x05 | 0x0b | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => {
            return if rest.is_empty() { Ok(()) } else { Err(format!("{operator:?} has operands")) };
        }
        _ => return Err(format!("{operator:?} is an instruction that the packer does not know")),
    };
    put(kind, rest);
    Ok(())
}

fn leb(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}
