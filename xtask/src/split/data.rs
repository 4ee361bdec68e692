//! Which of the module's data the first half needs: what its code names, and what that data names in turn.
//!
//! The linker's map says where each constant lies. A number in the code, or a word in a constant, that is an address in a
//! constant counts as a reference to it, whether it is meant as one or not. What nothing refers to goes to the second half.

use std::collections::BTreeSet;

use wasm_encoder::{ConstExpr, DataSection};
use wasmparser::{DataKind, Operator, Parser, Payload};

use super::body::Body;

/// A range of addresses.
pub type Range = std::ops::Range<u32>;

/// The linker's name of the section of constants that are texts which end with a zero byte, all in one.
const MERGED: &str = "<internal>:(.rodata)";
/// Tables that a `match` became: they may be addressed from before their beginning.
const TABLES: &str = "switch.table";

/// A piece of the module's memory at its start.
pub struct Piece {
    pub at: u32,
    pub bytes: Vec<u8>,
}

/// The data of a module, and where its constants lie.
pub struct Data {
    /// The memory from the first piece of data to the last; between pieces there are zeros.
    image: Piece,
    /// Where the pieces are, in order.
    pieces: Vec<Range>,
    /// Constants, in order; they do not overlap.
    constants: Vec<Constant>,
}

struct Constant {
    range: Range,
    always: bool,
}

impl Data {
    pub fn read(wasm: &[u8], map: &str) -> Result<Data, String> {
        let mut data = Data { image: Piece { at: 0, bytes: vec![] }, pieces: vec![], constants: vec![] };
        let pieces = pieces(wasm)?;
        data.image.at = pieces.first().ok_or("it has no data")?.at;
        for piece in pieces {
            let from = (piece.at - data.image.at) as usize;
            let to = from + piece.bytes.len();
            data.image.bytes.resize(to.max(data.image.bytes.len()), 0);
            data.image.bytes[from..to].copy_from_slice(&piece.bytes);
            data.pieces.push(piece.at..data.image.at + to as u32);
        }
        for line in map.lines() {
            if let Some((range, name)) = entry(line) {
                data.add(range, name);
            }
        }
        data.constants.sort_by_key(|constant| constant.range.start);
        data.constants.dedup_by(|next, before| next.range.start < before.range.end);
        // Some padding may be in no constant, but not much.
        let known: usize = data.constants.iter().map(|constant| constant.range.len()).sum();
        if known * 10 < data.image.bytes.len() * 9 {
            return Err(format!(
                "the linker's map is of another module: it knows {known} of {} bytes of data",
                data.image.bytes.len()
            ));
        }
        Ok(data)
    }

    fn add(&mut self, range: Range, name: &str) {
        if range.is_empty() || self.bytes(&range).is_none() {
            return;
        }
        if !name.ends_with(MERGED) {
            self.constants.push(Constant { range, always: name.contains(TABLES) });
            return;
        }
        let bytes = self.bytes(&range).unwrap_or_default().to_vec();
        let mut from = range.start;
        for text in bytes.split_inclusive(|byte| *byte == 0) {
            let to = from + text.len() as u32;
            self.constants.push(Constant { range: from..to, always: false });
            from = to;
        }
    }

    fn bytes(&self, range: &Range) -> Option<&[u8]> {
        let from = range.start.checked_sub(self.image.at)? as usize;
        self.image.bytes.get(from..from + range.len())
    }

    fn constant_at(&self, address: u32) -> Option<usize> {
        let after = self.constants.partition_point(|constant| constant.range.start <= address);
        let found = after.checked_sub(1)?;
        self.constants[found].range.contains(&address).then_some(found)
    }

    /// The ranges that `first` needs, in order; what is in no constant is among them.
    pub fn needed<'a>(&self, first: impl Iterator<Item = &'a Body<'a>>) -> Vec<Range> {
        let mut next: Vec<usize> = (0..self.constants.len()).filter(|n| self.constants[*n].always).collect();
        for step in first.flat_map(|body| &body.steps) {
            next.extend(addresses(&step.operator).into_iter().flatten().filter_map(|at| self.constant_at(at)));
        }
        let mut needed = BTreeSet::new();
        while let Some(constant) = next.pop() {
            if needed.insert(constant) {
                let range = &self.constants[constant].range;
                let skip = range.start.next_multiple_of(4) - range.start;
                let words =
                    self.bytes(range).unwrap_or_default().get(skip as usize..).unwrap_or_default().chunks_exact(4);
                let at = words.map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
                next.extend(at.filter_map(|at| self.constant_at(at)));
            }
        }
        self.without((0..self.constants.len()).filter(|n| !needed.contains(n)).map(|n| self.constants[n].range.clone()))
    }

    /// The ranges of the data that are in none of `others`, which are in order.
    pub fn without(&self, others: impl Iterator<Item = Range>) -> Vec<Range> {
        let others: Vec<Range> = others.collect();
        let mut ranges = Vec::new();
        for piece in &self.pieces {
            let mut from = piece.start;
            let start = others.partition_point(|other| other.end <= piece.start);
            for other in others[start..].iter().take_while(|other| other.start < piece.end) {
                if other.start > from {
                    ranges.push(from..other.start);
                }
                from = from.max(other.end);
            }
            if from < piece.end {
                ranges.push(from..piece.end);
            }
        }
        ranges
    }

    /// The pieces that hold the ranges, for the first half: one for ranges with so little between them that a piece of their own
    /// would be longer. What is between them is zero until the second half comes.
    pub fn joined(&self, ranges: &[Range]) -> Vec<Piece> {
        self.cut(ranges, HEAD_BYTES)
    }

    /// The pieces that hold the ranges and nothing else, for the second half: the first has memory between them.
    pub fn apart(&self, ranges: &[Range]) -> Vec<Piece> {
        self.cut(ranges, 0)
    }

    fn cut(&self, ranges: &[Range], gap: u32) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        for range in ranges {
            let Some(bytes) = self.bytes(range) else { continue };
            if let Some(last) = pieces.last_mut()
                && range.start - (last.at + last.bytes.len() as u32) <= gap
            {
                last.bytes.resize((range.start - last.at) as usize, 0);
                last.bytes.extend_from_slice(bytes);
            } else {
                pieces.push(Piece { at: range.start, bytes: bytes.to_vec() });
            }
        }
        pieces
    }
}

pub fn encode(section: &mut DataSection, pieces: &[Piece]) {
    for piece in pieces {
        section.active(0, &ConstExpr::i32_const(piece.at as i32), piece.bytes.iter().copied());
    }
}

/// What the head of a piece takes in a module.
const HEAD_BYTES: u32 = 8;

/// Numbers in an instruction that may be addresses. One of 64 bits may be two of 32 that are stored at once: the address of a
/// text and its length.
fn addresses(operator: &Operator<'_>) -> [Option<u32>; 2] {
    match operator {
        Operator::I32Const { value } => [Some(*value as u32), None],
        Operator::I64Const { value } => [Some(*value as u32), Some((*value >> 32) as u32)],
        _ => [memarg(operator).and_then(|access| u32::try_from(access.offset).ok()), None],
    }
}

fn pieces(wasm: &[u8]) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::DataSection(section) = payload.map_err(|error| error.to_string())? else { continue };
        for data in section {
            let data = data.map_err(|error| error.to_string())?;
            let DataKind::Active { memory_index: 0, offset_expr } = data.kind else {
                return Err("it has data that the splitter does not know".to_owned());
            };
            let Ok(Operator::I32Const { value }) = offset_expr.get_operators_reader().read() else {
                return Err("it has data at a place that the splitter does not know".to_owned());
            };
            pieces.push(Piece { at: value as u32, bytes: data.data.to_vec() });
        }
    }
    pieces.sort_by_key(|piece| piece.at);
    Ok(pieces)
}

/// A line of the linker's map that is about an input: address, offset in the file, size, and `FILE:(SECTION)`.
fn entry(line: &str) -> Option<(Range, &str)> {
    let mut rest = line.trim_start();
    let mut number = || {
        let (word, after) = rest.split_once(' ')?;
        rest = after.trim_start();
        u32::from_str_radix(word, 16).ok()
    };
    let (at, _, size) = (number()?, number()?, number()?);
    let section = &rest[rest.find(":(")?..];
    let holds_data = [":(.rodata", ":(.data"].iter().any(|start| section.starts_with(start));
    Some((at..at.checked_add(size)?, rest)).filter(|_| holds_data)
}

/// Where a load or a store goes, and how it is aligned.
pub fn memarg<'a>(operator: &'a Operator<'_>) -> Option<&'a wasmparser::MemArg> {
    match operator {
        Operator::I32Load { memarg }
        | Operator::I64Load { memarg }
        | Operator::F32Load { memarg }
        | Operator::F64Load { memarg }
        | Operator::I32Load8S { memarg }
        | Operator::I32Load8U { memarg }
        | Operator::I32Load16S { memarg }
        | Operator::I32Load16U { memarg }
        | Operator::I64Load8S { memarg }
        | Operator::I64Load8U { memarg }
        | Operator::I64Load16S { memarg }
        | Operator::I64Load16U { memarg }
        | Operator::I64Load32S { memarg }
        | Operator::I64Load32U { memarg }
        | Operator::I32Store { memarg }
        | Operator::I64Store { memarg }
        | Operator::F32Store { memarg }
        | Operator::F64Store { memarg }
        | Operator::I32Store8 { memarg }
        | Operator::I32Store16 { memarg }
        | Operator::I64Store8 { memarg }
        | Operator::I64Store16 { memarg }
        | Operator::I64Store32 { memarg } => Some(memarg),
        _ => None,
    }
}
