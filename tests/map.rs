//! Compares the sorted maps of `sim::map` with the standard library's: they are equal after the same operations.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use ha_lab::sim::map::{Map, Set};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Insert(u16, u32),
    Remove(u16),
    Add(u16),
    PopFirst,
    Range(Bound<u16>, Bound<u16>),
    Retain(u16),
}

/// Few keys, so that they repeat, but enough for several vectors.
fn key() -> impl Strategy<Value = u16> {
    0_u16..400
}

fn bound() -> impl Strategy<Value = Bound<u16>> {
    prop_oneof![key().prop_map(Bound::Included), key().prop_map(Bound::Excluded), Just(Bound::Unbounded)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (key(), any::<u32>()).prop_map(|(key, value)| Step::Insert(key, value)),
        5 => key().prop_map(Step::Remove),
        3 => key().prop_map(Step::Add),
        1 => Just(Step::PopFirst),
        2 => (bound(), bound()).prop_map(|(from, to)| Step::Range(from, to)),
        1 => (30_u16..60).prop_map(Step::Retain),
    ]
}

/// `BTreeMap::range` panics on bounds that exclude each other; here such a range is empty.
fn sensible(from: Bound<u16>, to: Bound<u16>) -> bool {
    match (from, to) {
        (Bound::Excluded(a), Bound::Excluded(b)) => a < b,
        (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) => a <= b,
        _ => true,
    }
}

fn same(map: &Map<u16, u32>, model: &BTreeMap<u16, u32>) {
    assert_eq!(map.len(), model.len());
    assert!(map.iter().eq(model.iter()));
    assert!(map.iter().rev().eq(model.iter().rev()));
    assert_eq!(map.first_key_value(), model.first_key_value());
    assert_eq!(map.last_key_value(), model.last_key_value());
}

proptest! {
    #[test]
    fn a_map_does_what_a_btree_map_does(steps in proptest::collection::vec(step(), 1..600)) {
        let (mut map, mut model) = (Map::new(), BTreeMap::new());
        for step in steps {
            match step {
                Step::Insert(key, value) => prop_assert_eq!(map.insert(key, value), model.insert(key, value)),
                Step::Remove(key) => prop_assert_eq!(map.remove(&key), model.remove(&key)),
                Step::Add(key) => {
                    *map.entry(key).or_default() ^= 1;
                    *model.entry(key).or_default() ^= 1;
                }
                Step::PopFirst => prop_assert_eq!(map.pop_first(), model.pop_first()),
                Step::Range(from, to) if sensible(from, to) => {
                    prop_assert!(map.range((from, to)).eq(model.range((from, to))));
                    prop_assert!(map.range((from, to)).rev().eq(model.range((from, to)).rev()));
                }
                Step::Range(from, to) => prop_assert_eq!(map.range((from, to)).next(), None),
                Step::Retain(part) => {
                    map.retain(|key, _| key % part != 0);
                    model.retain(|key, _| key % part != 0);
                }
            }
            same(&map, &model);
        }
        prop_assert!(map.clone() == map);
        prop_assert!(map.into_iter().eq(model));
    }

    #[test]
    fn a_set_does_what_a_btree_set_does(keys in proptest::collection::vec((key(), any::<bool>()), 1..600)) {
        let (mut set, mut model) = (Set::new(), BTreeSet::new());
        for (key, insert) in keys {
            if insert {
                prop_assert_eq!(set.insert(key), model.insert(key));
            } else {
                prop_assert_eq!(set.remove(&key), model.remove(&key));
            }
            prop_assert_eq!(set.first(), model.first());
            prop_assert_eq!(set.last(), model.last());
        }
        prop_assert!(set.iter().rev().eq(model.iter().rev()));
        prop_assert!(set.into_iter().eq(model));
    }
}

#[test]
fn keys_that_grow_and_keys_that_fall_fill_many_vectors() {
    let rising: Map<u32, u32> = (0..1_000).map(|n| (n, n)).collect();
    let falling: Map<u32, u32> = (0..1_000).rev().map(|n| (n, n)).collect();
    assert!(rising == falling);
    assert!(rising.keys().copied().eq(0..1_000));
    assert_eq!(rising.get(&999), Some(&999));
    assert_eq!(rising.get(&1_000), None);
}
