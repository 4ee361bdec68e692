//! A function as a list of instructions: where each block begins and ends, where its basic blocks begin, and which locals
//! are alive there.

use std::collections::BTreeMap;

use wasmparser::{
    BlockType, FuncToValidate, FuncValidatorAllocations, FunctionBody, Operator, ValType, ValidatorResources,
};

/// One instruction.
pub struct Step<'a> {
    pub operator: Operator<'a>,
    /// Where it stands in the module, in bytes.
    pub at: usize,
    /// Values on the stack before it, above those of the block around it.
    pub height: usize,
    /// Is there no way to get here?
    pub dead: bool,
    /// The block around it: the place of its first instruction in `blocks`.
    pub block: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Function,
    Block,
    Loop,
    If,
}

/// A block, a loop, both arms of an `if`, or the body of the function.
pub struct Block {
    pub kind: Kind,
    /// The block around it; the function's body is its own.
    pub around: usize,
    /// The steps `else` and `end` that belong to it.
    pub middle: Option<usize>,
    pub end: usize,
    /// What it leaves on the stack.
    pub results: Vec<ValType>,
}

pub struct Body<'a> {
    /// The types of its locals, parameters first.
    pub locals: Vec<ValType>,
    pub params: usize,
    pub steps: Vec<Step<'a>>,
    pub blocks: Vec<Block>,
    /// Steps at which a basic block begins, in order; the first is 0.
    pub leaders: Vec<usize>,
}

impl<'a> Body<'a> {
    /// Reads a function and checks it; the allocations are handed back for the next.
    pub fn read(
        body: &FunctionBody<'a>,
        function: FuncToValidate<ValidatorResources>,
        kind: (&[ValType], &[ValType]),
        allocations: FuncValidatorAllocations,
    ) -> Result<(Body<'a>, FuncValidatorAllocations), String> {
        let text = |error: wasmparser::BinaryReaderError| error.to_string();
        let mut validator = function.into_validator(allocations);
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader).map_err(text)?;
        let mut locals = kind.0.to_vec();
        for group in body.get_locals_reader().map_err(text)? {
            let (count, kind) = group.map_err(text)?;
            locals.extend((0..count).map(|_| kind));
        }
        let whole = Block { kind: Kind::Function, around: 0, middle: None, end: 0, results: kind.1.to_vec() };
        let mut read = Body { params: kind.0.len(), locals, steps: vec![], blocks: vec![whole], leaders: vec![0] };
        let mut block = 0;
        for item in body.get_operators_reader().map_err(text)?.into_iter_with_offsets() {
            let (operator, at) = item.map_err(text)?;
            let frame = validator.get_control_frame(0).ok_or("an instruction stands after the end")?;
            let (base, dead) = (frame.height, frame.unreachable);
            let height = (validator.operand_stack_height() as usize).saturating_sub(base);
            validator.op(at, &operator).map_err(text)?;
            block = read.take(Step { operator, at: at as usize, height, dead, block })?;
        }
        Ok((read, validator.into_allocations()))
    }

    /// Adds a step; says in which block the next stands.
    fn take(&mut self, step: Step<'a>) -> Result<usize, String> {
        let (here, block) = (self.steps.len(), step.block);
        let mut next = block;
        let mut open = |kind: Kind, results: BlockType| {
            let results = match results {
                BlockType::Empty => vec![],
                BlockType::Type(kind) => vec![kind],
                BlockType::FuncType(_) => return Err("a block takes or leaves several values".to_owned()),
            };
            self.blocks.push(Block { kind, around: block, middle: None, end: 0, results });
            Ok(self.blocks.len() - 1)
        };
        let leads = match &step.operator {
            Operator::Block { blockty } => {
                next = open(Kind::Block, *blockty)?;
                false
            }
            Operator::Loop { blockty } => {
                next = open(Kind::Loop, *blockty)?;
                true
            }
            Operator::If { blockty } => {
                next = open(Kind::If, *blockty)?;
                true
            }
            Operator::Else => {
                self.blocks[block].middle = Some(here);
                true
            }
            Operator::End => {
                self.blocks[block].end = here;
                next = self.blocks[block].around;
                block != 0
            }
            Operator::BrIf { .. } => true,
            _ => false,
        };
        self.steps.push(step);
        if leads {
            self.leaders.push(here + 1);
        }
        Ok(next)
    }

    pub fn bytes(&self) -> usize {
        let at = |step: Option<&Step<'_>>| step.map_or(0, |step| step.at);
        at(self.steps.last()) - at(self.steps.first())
    }

    /// The block that `depth` names in `block`.
    pub fn target(&self, block: usize, depth: u32) -> usize {
        (0..depth).fold(block, |block, _| self.blocks[block].around)
    }

    /// The step at which the arm or block that `step` stands in ends: its `else` or `end`.
    pub fn close(&self, step: usize) -> usize {
        let block = &self.blocks[self.steps[step].block];
        block.middle.filter(|middle| *middle >= step).unwrap_or(block.end)
    }

    /// The blocks that a branch can go to; nothing for an instruction that is none. `return` goes to the end of the function.
    pub fn branches(&self, step: &Step<'a>) -> Vec<usize> {
        match &step.operator {
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                vec![self.target(step.block, *relative_depth)]
            }
            Operator::BrTable { targets } => {
                let depths = targets.targets().filter_map(Result::ok).chain([targets.default()]);
                depths.map(|depth| self.target(step.block, depth)).collect()
            }
            Operator::Return => vec![0],
            _ => vec![],
        }
    }
}

/// A set of locals.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Locals(Vec<u64>);

impl Locals {
    pub fn add(&mut self, local: u32) {
        let word = local as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (local % 64);
    }

    fn remove(&mut self, local: u32) {
        if let Some(word) = self.0.get_mut(local as usize / 64) {
            *word &= !(1 << (local % 64));
        }
    }

    pub fn has(&self, local: u32) -> bool {
        self.0.get(local as usize / 64).is_some_and(|word| word >> (local % 64) & 1 == 1)
    }

    pub fn add_all(&mut self, other: &Locals) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
    }
}

/// Which locals are still to be read: before each leader, after each block, and where each loop begins.
#[derive(Default)]
pub struct Alive {
    pub before: BTreeMap<usize, Locals>,
    pub after: Vec<Locals>,
    pub again: Vec<Locals>,
}

impl Alive {
    pub fn of(body: &Body<'_>) -> Alive {
        let none = || vec![Locals::default(); body.blocks.len()];
        let mut alive = Alive { before: BTreeMap::new(), after: none(), again: none() };
        // What a loop reads in its next round is known once the loop was walked: again until nothing is new.
        while alive.walk(body) {}
        alive
    }

    /// What is alive where a branch to `block` goes on.
    pub fn at(&self, body: &Body<'_>, block: usize) -> &Locals {
        if body.blocks[block].kind == Kind::Loop { &self.again[block] } else { &self.after[block] }
    }

    fn walk(&mut self, body: &Body<'_>) -> bool {
        let mut changed = false;
        let mut live = Locals::default();
        let mut other_arm: BTreeMap<usize, Locals> = BTreeMap::new();
        let mut leaders = body.leaders.iter().rev().peekable();
        // The block that a `block`, `loop` or `if` opens: they are numbered as they are opened.
        let mut opened = body.blocks.len();
        for (here, step) in body.steps.iter().enumerate().rev() {
            let branches = body.branches(step);
            match &step.operator {
                Operator::End => self.after[step.block].clone_from(&live),
                Operator::Else => {
                    other_arm.insert(step.block, live);
                    live = self.after[step.block].clone();
                }
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                    opened -= 1;
                    match body.blocks[opened].kind {
                        Kind::Loop if self.again[opened] != live => {
                            self.again[opened].clone_from(&live);
                            changed = true;
                        }
                        Kind::If => live.add_all(other_arm.get(&opened).unwrap_or(&self.after[opened])),
                        _ => {}
                    }
                }
                Operator::BrIf { .. } => branches.iter().for_each(|to| live.add_all(self.at(body, *to))),
                Operator::Br { .. } | Operator::BrTable { .. } | Operator::Return | Operator::Unreachable => {
                    live = Locals::default();
                    branches.iter().for_each(|to| live.add_all(self.at(body, *to)));
                }
                Operator::LocalGet { local_index } => live.add(*local_index),
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => live.remove(*local_index),
                _ => {}
            }
            if leaders.next_if_eq(&&here).is_some() {
                self.before.insert(here, live.clone());
            }
        }
        changed
    }
}
