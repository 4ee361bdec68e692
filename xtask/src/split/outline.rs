//! Makes functions of the parts of functions that did not run, so that they can go to the second module.
//!
//! A part begins where a basic block begins and goes to the end of the block around it: when its first instruction did not
//! run, no other did. The function that it becomes takes the locals that it reads, gives back those that it changes and that
//! are still to be read, and says by a number how it was left: at its end or by which branch.

use std::collections::BTreeMap;

use wasm_encoder::reencode::{self, Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, CodeSection, Function, FunctionSection, Instruction, Module, TypeSection};
use wasmparser::{Operator, Parser, ValType};

use super::body::{Alive, Body, Kind, Locals};
use super::read::Whole;

type Error = reencode::Error<std::convert::Infallible>;

/// The module with the parts that did not run as functions of their own, which come after all others. `ran` says of each
/// basic block of the module, in order, whether it ran.
pub fn encode(wasm: &[u8], whole: &Whole<'_>, ran: &[bool]) -> Result<Vec<u8>, String> {
    let mut plan = Plan { whole, kinds: BTreeMap::new(), new_kinds: vec![], parts: vec![], bodies: vec![] };
    let mut ran = ran;
    for number in 0..whole.bodies.len() {
        let blocks;
        (blocks, ran) =
            ran.split_at_checked(whole.bodies[number].leaders.len()).ok_or("the notes are of another module")?;
        plan.body(number, blocks).map_err(|error| error.to_string())?;
    }
    let mut module = Module::new();
    plan.parse_core_module(&mut module, Parser::new(0), wasm).map_err(|error| error.to_string())?;
    Ok(module.finish())
}

struct Plan<'a> {
    whole: &'a Whole<'a>,
    kinds: BTreeMap<(Vec<ValType>, Vec<ValType>), u32>,
    new_kinds: Vec<(Vec<ValType>, Vec<ValType>)>,
    /// The new functions, each with its type.
    parts: Vec<(u32, Function)>,
    /// The old functions without these parts.
    bodies: Vec<Function>,
}

/// A part of a function that becomes one of its own.
struct Part {
    from: usize,
    to: usize,
    takes: Vec<u32>,
    gives: Vec<u32>,
    exits: Vec<Exit>,
}

/// A way out of a part.
#[derive(Clone, PartialEq, Eq)]
struct Exit {
    /// The block that is branched to, by its depth at the part; nothing: what comes after the part.
    branch: Option<(usize, u32)>,
    values: Vec<ValType>,
}

impl Part {
    fn says_how(&self) -> bool {
        self.exits.len() > 1
    }

    fn values(&self) -> impl Iterator<Item = ValType> {
        self.exits.iter().flat_map(|exit| exit.values.iter().copied())
    }

    /// What the call of it takes in the place of the part, in bytes, roughly.
    fn cost(&self) -> usize {
        6 + 2 * (self.takes.len() + self.gives.len()) + 4 * self.exits.len()
    }
}

impl<'a> Plan<'a> {
    fn body(&mut self, number: usize, ran: &[bool]) -> Result<(), Error> {
        let body = &self.whole.bodies[number];
        let parts = if ran.first() == Some(&true) && ran.contains(&false) { parts(body, ran) } else { vec![] };
        let mut temporary = Temporary::after(body.locals.len());
        let mut steps: Vec<Instruction<'a>> = Vec::new();
        let mut here = 0;
        let mut rest = parts.iter().peekable();
        while here < body.steps.len() {
            if let Some(part) = rest.next_if(|part| part.from == here) {
                let function = self.part(body, part)?;
                call(body, part, function, &mut temporary, &mut steps);
                here = part.to;
            } else {
                steps.push(RoundtripReencoder.instruction(body.steps[here].operator.clone())?);
                here += 1;
            }
        }
        let own = body.locals[body.params..].iter().chain(&temporary.kinds);
        let function = function(own, &steps)?;
        self.bodies.push(function);
        Ok(())
    }

    /// Makes a function of a part; gives its number.
    fn part(&mut self, body: &Body<'a>, part: &Part) -> Result<u32, Error> {
        let mut numbers: BTreeMap<u32, u32> = part.takes.iter().copied().zip(0..).collect();
        let mut own = Vec::new();
        for step in &body.steps[part.from..part.to] {
            if let Some(local) = local_of(&step.operator)
                && !numbers.contains_key(&local)
            {
                numbers.insert(local, (part.takes.len() + own.len()) as u32);
                own.push(body.locals[local as usize]);
            }
        }
        let mut temporary = Temporary::after(part.takes.len() + own.len());
        let mut steps = Vec::new();
        for exit in part.exits.iter().rev() {
            steps.push(Instruction::Block(block_type(&exit.values)?));
        }
        let outer = body.steps[part.from].block;
        for step in &body.steps[part.from..part.to] {
            steps.push(moved(body, part, outer, step, &numbers)?);
        }
        // The end of the part, or nothing that is ever reached.
        for (number, exit) in part.exits.iter().enumerate() {
            steps.push(Instruction::End);
            if part.says_how() {
                let kept: Vec<u32> = exit.values.iter().map(|kind| temporary.take(*kind)).collect();
                steps.extend(kept.iter().rev().map(|local| Instruction::LocalSet(*local)));
                steps.push(Instruction::I32Const(number as i32));
                for (other, exit) in part.exits.iter().enumerate() {
                    for (n, kind) in exit.values.iter().enumerate() {
                        steps.push(if other == number { Instruction::LocalGet(kept[n]) } else { zero(*kind)? });
                    }
                }
                temporary.done();
            }
            steps.extend(part.gives.iter().map(|local| Instruction::LocalGet(numbers[local])));
            if number + 1 < part.exits.len() {
                steps.push(Instruction::Return);
            }
        }
        steps.push(Instruction::End);
        let code = part.says_how().then_some(ValType::I32);
        let given = part.gives.iter().map(|local| body.locals[*local as usize]);
        let results = code.into_iter().chain(part.values()).chain(given).collect();
        let params = part.takes.iter().map(|local| body.locals[*local as usize]).collect();
        let kind = self.kind(params, results);
        let function = function(own.iter().chain(&temporary.kinds), &steps)?;
        self.parts.push((kind, function));
        Ok((self.whole.types.len() + self.parts.len() - 1) as u32)
    }

    fn kind(&mut self, params: Vec<ValType>, results: Vec<ValType>) -> u32 {
        let next = (self.whole.kinds.len() + self.new_kinds.len()) as u32;
        let new_kinds = &mut self.new_kinds;
        *self.kinds.entry((params, results)).or_insert_with_key(|kind| {
            new_kinds.push(kind.clone());
            next
        })
    }
}

/// No call is shorter.
const LEAST_BYTES: usize = 7;

/// The parts of a function that are worth it: they did not run, and their call is shorter than they are.
fn parts(body: &Body<'_>, ran: &[bool]) -> Vec<Part> {
    let mut alive = None;
    let mut parts: Vec<Part> = Vec::new();
    for (&from, _) in body.leaders.iter().zip(ran).filter(|(_, ran)| !**ran) {
        let Some(step) = body.steps.get(from) else { continue };
        let to = body.close(from);
        let inside = parts.last().is_some_and(|part| part.to > from);
        if inside || step.dead || step.height > 0 || to <= from || body.steps[to].at - step.at < LEAST_BYTES {
            continue;
        }
        let part = part(body, alive.get_or_insert_with(|| Alive::of(body)), from, to);
        if body.steps[to].at - step.at > part.cost() {
            parts.push(part);
        }
    }
    parts
}

fn part(body: &Body<'_>, alive: &Alive, from: usize, to: usize) -> Part {
    let block = body.steps[from].block;
    let mut exits = Vec::new();
    let mut after = Locals::default();
    if !body.steps[to].dead {
        exits.push(Exit { branch: None, values: body.blocks[block].results.clone() });
        after.add_all(&alive.after[block]);
    }
    let (mut touched, mut written) = (Locals::default(), Locals::default());
    for step in &body.steps[from..to] {
        if let Some(local) = local_of(&step.operator) {
            touched.add(local);
            if !matches!(step.operator, Operator::LocalGet { .. }) {
                written.add(local);
            }
        }
        for target in body.branches(step) {
            let Some(exit) = exit(body, block, target) else { continue };
            after.add_all(alive.at(body, target));
            if !exits.contains(&exit) {
                exits.push(exit);
            }
        }
    }
    // What comes after the part is first.
    exits.sort_by_key(|exit| exit.branch);
    let before = &alive.before[&from];
    let locals = || 0..body.locals.len() as u32;
    let takes = locals().filter(|local| touched.has(*local) && before.has(*local)).collect();
    let gives = locals().filter(|local| written.has(*local) && after.has(*local)).collect();
    Part { from, to, takes, gives, exits }
}

/// How a branch to `target` leaves a part that stands in `block`; nothing: it stays in the part.
fn exit(body: &Body<'_>, block: usize, target: usize) -> Option<Exit> {
    let mut depth = 0;
    let mut around = block;
    while around != target {
        if around == 0 {
            return None;
        }
        around = body.blocks[around].around;
        depth += 1;
    }
    let (kind, results) = (body.blocks[target].kind, &body.blocks[target].results);
    Some(match kind {
        Kind::Loop => Exit { branch: Some((target, depth)), values: vec![] },
        _ if depth == 0 => Exit { branch: None, values: results.clone() },
        _ => Exit { branch: Some((target, depth)), values: results.clone() },
    })
}

fn local_of(operator: &Operator<'_>) -> Option<u32> {
    match operator {
        Operator::LocalGet { local_index }
        | Operator::LocalSet { local_index }
        | Operator::LocalTee { local_index } => Some(*local_index),
        _ => None,
    }
}

/// An instruction of a part, as it is in the function of the part: other numbers of locals, branches to its exits.
fn moved<'a>(
    body: &Body<'a>,
    part: &Part,
    outer: usize,
    step: &super::body::Step<'a>,
    numbers: &BTreeMap<u32, u32>,
) -> Result<Instruction<'a>, Error> {
    let mut inner = 0;
    let mut around = step.block;
    while around != outer {
        around = body.blocks[around].around;
        inner += 1;
    }
    let depth = |target: usize, depth: u32| match exit(body, outer, target) {
        Some(exit) => inner + part.exits.iter().position(|known| *known == exit).unwrap_or_default() as u32,
        None => depth,
    };
    Ok(match &step.operator {
        Operator::LocalGet { local_index } => Instruction::LocalGet(numbers[local_index]),
        Operator::LocalSet { local_index } => Instruction::LocalSet(numbers[local_index]),
        Operator::LocalTee { local_index } => Instruction::LocalTee(numbers[local_index]),
        Operator::Br { relative_depth: d } => Instruction::Br(depth(body.target(step.block, *d), *d)),
        Operator::BrIf { relative_depth: d } => Instruction::BrIf(depth(body.target(step.block, *d), *d)),
        Operator::Return => Instruction::Br(depth(0, 0)),
        Operator::BrTable { targets } => {
            let to = |d: u32| depth(body.target(step.block, d), d);
            let mut depths = Vec::new();
            for target in targets.targets() {
                depths.push(to(target?));
            }
            Instruction::BrTable(depths.into(), to(targets.default()))
        }
        other => RoundtripReencoder.instruction(other.clone())?,
    })
}

/// The call of a part in its old place.
fn call(body: &Body<'_>, part: &Part, function: u32, temporary: &mut Temporary, steps: &mut Vec<Instruction<'_>>) {
    steps.extend(part.takes.iter().map(|local| Instruction::LocalGet(*local)));
    steps.push(Instruction::Call(function));
    steps.extend(part.gives.iter().rev().map(|local| Instruction::LocalSet(*local)));
    match &part.exits[..] {
        [] => steps.push(Instruction::Unreachable),
        [only] => steps.extend(only.branch.map(|(_, depth)| Instruction::Br(depth))),
        exits => {
            let kept: Vec<u32> = part.values().map(|kind| temporary.take(kind)).collect();
            steps.extend(kept.iter().rev().map(|local| Instruction::LocalSet(*local)));
            leave(body, part, exits, &kept, temporary, steps);
            temporary.done();
        }
    }
}

/// Goes on where the part was left, by the number on the stack.
fn leave(
    body: &Body<'_>,
    part: &Part,
    exits: &[Exit],
    kept: &[u32],
    temporary: &mut Temporary,
    steps: &mut Vec<Instruction<'_>>,
) {
    let depth = |exit: &Exit| exit.branch.map_or(0, |(_, depth)| depth);
    let in_loop = body.blocks[body.steps[part.from].block].kind == Kind::Loop;
    let to_number = exits.len() > 2;
    if to_number && kept.is_empty() && !(in_loop && exits[0].branch.is_none()) {
        let last = depth(&exits[exits.len() - 1]);
        let depths: Vec<u32> = exits[..exits.len() - 1].iter().map(depth).collect();
        steps.push(Instruction::BrTable(depths.into(), last));
        return;
    }
    let how = to_number.then(|| temporary.take(ValType::I32));
    steps.extend(how.map(Instruction::LocalSet));
    let mut at = exits[0].values.len();
    for (number, exit) in exits.iter().enumerate().skip(1) {
        if let Some(how) = how {
            steps.extend([Instruction::LocalGet(how), Instruction::I32Const(number as i32), Instruction::I32Eq]);
        }
        let values = &kept[at..at + exit.values.len()];
        at += exit.values.len();
        if values.is_empty() {
            steps.push(Instruction::BrIf(depth(exit)));
        } else {
            steps.push(Instruction::If(BlockType::Empty));
            steps.extend(values.iter().map(|local| Instruction::LocalGet(*local)));
            steps.extend([Instruction::Br(depth(exit) + 1), Instruction::End]);
        }
    }
    steps.extend(kept[..exits[0].values.len()].iter().map(|local| Instruction::LocalGet(*local)));
    steps.extend(exits[0].branch.map(|(_, depth)| Instruction::Br(depth)));
}

/// Locals that are added to a function, used again once they are done with.
struct Temporary {
    first: u32,
    kinds: Vec<ValType>,
    used: Vec<bool>,
}

impl Temporary {
    fn after(locals: usize) -> Temporary {
        Temporary { first: locals as u32, kinds: vec![], used: vec![] }
    }

    fn take(&mut self, kind: ValType) -> u32 {
        let free = (0..self.kinds.len()).find(|n| self.kinds[*n] == kind && !self.used[*n]).unwrap_or_else(|| {
            self.kinds.push(kind);
            self.used.push(false);
            self.kinds.len() - 1
        });
        self.used[free] = true;
        self.first + free as u32
    }

    fn done(&mut self) {
        self.used.fill(false);
    }
}

fn function<'a>(locals: impl Iterator<Item = &'a ValType>, steps: &[Instruction<'_>]) -> Result<Function, Error> {
    let mut function = Function::new_with_locals_types(encoded(locals)?);
    steps.iter().for_each(|step| {
        function.instruction(step);
    });
    Ok(function)
}

/// Types, as the encoder has them.
pub fn encoded<'a>(kinds: impl IntoIterator<Item = &'a ValType>) -> Result<Vec<wasm_encoder::ValType>, Error> {
    kinds.into_iter().map(|kind| RoundtripReencoder.val_type(*kind)).collect()
}

fn block_type(values: &[ValType]) -> Result<BlockType, Error> {
    Ok(match values {
        [] => BlockType::Empty,
        [kind, ..] => BlockType::Result(RoundtripReencoder.val_type(*kind)?),
    })
}

fn zero(kind: ValType) -> Result<Instruction<'static>, Error> {
    Ok(match kind {
        ValType::I32 => Instruction::I32Const(0),
        ValType::I64 => Instruction::I64Const(0),
        ValType::F32 => Instruction::F32Const(0.0_f32.into()),
        ValType::F64 => Instruction::F64Const(0.0_f64.into()),
        ValType::V128 => Instruction::V128Const(0),
        ValType::Ref(kind) => Instruction::RefNull(RoundtripReencoder.heap_type(kind.heap_type())?),
    })
}

impl Reencode for Plan<'_> {
    type Error = std::convert::Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), Error> {
        reencode::utils::parse_type_section(self, types, section)?;
        for (params, results) in &self.new_kinds {
            types.ty().function(encoded(params)?, encoded(results)?);
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        reencode::utils::parse_function_section(self, functions, section)?;
        for (kind, _) in &self.parts {
            functions.function(*kind);
        }
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, _: wasmparser::FunctionBody<'_>) -> Result<(), Error> {
        code.function(&self.bodies[code.len() as usize]);
        if code.len() as usize == self.bodies.len() {
            self.parts.iter().for_each(|(_, function)| {
                code.function(function);
            });
        }
        Ok(())
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: wasmparser::CustomSectionReader<'_>) -> Result<(), Error> {
        Ok(())
    }
}
