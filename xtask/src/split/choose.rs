//! Which functions go where: a function stays unless it belongs to a later part, or only later parts lead to it.

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
    /// Makes room in table 0 for the slots that are added.
    pub fn grow(&self, number: usize, table: &mut wasm_encoder::TableType) {
        if number == 0 {
            table.minimum += self.added.len() as u64;
            table.maximum = table.maximum.map(|maximum| maximum.max(table.minimum));
        }
    }
}

pub fn choose(whole: &Whole, later: &[&str]) -> Choice {
    let is_later = |function: u32| {
        let name = whole.names.get(&function).map_or("", String::as_str);
        later.iter().any(|part| belongs(name, part))
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
fn reached(whole: &Whole, is_later: &dyn Fn(u32) -> bool) -> BTreeSet<u32> {
    let in_table = whole.table.values().copied().filter(|function| !is_later(*function));
    let mut next: Vec<u32> = whole.roots.iter().copied().chain(in_table).collect();
    let mut first = BTreeSet::new();
    while let Some(function) = next.pop() {
        if function >= whole.imports && first.insert(function) {
            next.extend(whole.calls_of(function).iter().copied().filter(|called| !is_later(*called)));
        }
    }
    first
}

/// Does the function called `name` belong to `part`? So does what was compiled for a type of that part alone.
fn belongs(name: &str, part: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    name.match_indices(part).any(|(at, _)| {
        let (before, after) = (&name[..at], &name[at + part.len()..]);
        !before.ends_with(word) && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::belongs;

    #[test]
    fn a_function_belongs_to_the_parts_that_its_name_says() {
        let check = |name: &str, part: &str, expect: bool| assert_eq!(belongs(name, part), expect, "{name} in {part}");
        check("ha_lab::console::parse", "ha_lab::console", true);
        check("ha_lab::consoles::parse", "ha_lab::console", false);
        check("other::ha_lab::console::parse", "ha_lab::console", false);
        check("<ha_lab::ui::help::Sheet as core::cmp::PartialEq>::eq", "ha_lab::ui::help", true);
        check("core::ptr::drop_in_place::<ha_lab::console::Parsed>", "ha_lab::console", true);
        check("<alloc::vec::Vec<ha_lab::console::Parsed>>::push", "ha_lab::console", true);
        check("<plotters_svg::svg::SVGBackend>::draw", "plotters", false);
        check("<plotters_svg::svg::SVGBackend>::draw", "plotters_svg", true);
    }
}
