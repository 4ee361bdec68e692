//! Which functions go where: a function stays when it ran before the first picture.

use std::collections::{BTreeMap, BTreeSet};

use super::read::Whole;

/// See the module. Imported functions are in neither set.
pub struct Choice {
    pub first: BTreeSet<u32>,
    pub later: BTreeSet<u32>,
    /// Functions of the second module that the first calls or has in its table, each with its slot.
    pub slots: BTreeMap<u32, u32>,
    /// Slots of table 0 that had such a function before.
    pub taken: BTreeMap<u32, u32>,
    /// Slots that are added at the end of table 0, in order.
    pub added: Vec<u32>,
}

impl Choice {
    /// The later functions that the table had before, each once.
    pub fn stubs(&self) -> BTreeSet<u32> {
        self.taken.values().copied().collect()
    }

    /// Makes room in table 0 for the slots that are added.
    pub fn grow(&self, number: usize, table: &mut wasm_encoder::TableType) {
        if number == 0 {
            table.minimum += self.added.len() as u64;
            table.maximum = table.maximum.map(|maximum| maximum.max(table.minimum));
        }
    }
}

/// A function of fewer bytes stays as well: its stub would be longer.
const STUB_BYTES: usize = 24;

/// `ran` says of each own function whether it ran; those after them are parts of functions that did not.
pub fn choose(whole: &Whole<'_>, ran: &[bool]) -> Choice {
    let is_later = |function: u32| {
        let own = (function - whole.imports) as usize;
        match ran.get(own) {
            Some(ran) => !ran && whole.bodies[own].bytes() > STUB_BYTES,
            None => true,
        }
    };
    let first = reached(whole, &is_later);
    let own = whole.imports..whole.imports + whole.calls.len() as u32;
    let later: BTreeSet<u32> = own.filter(|function| !first.contains(function)).collect();
    let taken: BTreeMap<u32, u32> =
        whole.table.iter().filter(|(_, f)| later.contains(f)).map(|(slot, f)| (*slot, *f)).collect();
    let mut slots: BTreeMap<u32, u32> = taken.iter().map(|(slot, f)| (*f, *slot)).collect();
    let mut added = Vec::new();
    for function in first.iter().flat_map(|f| whole.calls_of(*f)).filter(|f| later.contains(f)) {
        slots.entry(*function).or_insert_with(|| {
            added.push(*function);
            whole.table_size + added.len() as u32 - 1
        });
    }
    Choice { first, later, slots, taken, added }
}

/// What exports and the table lead to without passing through a later part. An export itself always stays.
fn reached(whole: &Whole<'_>, is_later: &dyn Fn(u32) -> bool) -> BTreeSet<u32> {
    let own = |function: &u32| *function >= whole.imports;
    let in_table = whole.table.values().copied().filter(own).filter(|function| !is_later(*function));
    let mut next: Vec<u32> = whole.roots.iter().copied().chain(in_table).collect();
    let mut first = BTreeSet::new();
    while let Some(function) = next.pop() {
        if function >= whole.imports && first.insert(function) {
            next.extend(whole.calls_of(function).iter().copied().filter(own).filter(|called| !is_later(*called)));
        }
    }
    first
}
