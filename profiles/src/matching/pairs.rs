//! The weights of all pairs among some people. Pure.

use std::collections::{BTreeMap, BTreeSet};

use identity::{
    Rules,
    linkage::{CAP, Details, Model},
};
use uuid::Uuid;

use super::own;
use crate::resolution::person::Value;

/// Two source identities, the lesser first.
pub(crate) type Pair = (Uuid, Uuid);

/// Two different ones in their order.
pub(crate) fn pair(a: Uuid, b: Uuid) -> Option<Pair> {
    (a != b).then(|| (a.min(b), a.max(b)))
}

/// The pairs among people who share a key that no more than [`CAP`] of them have, with their weights; and those of
/// `also`, whatever they share. An address that too many of them have still makes candidates, and counts as missing.
pub(crate) fn weights(
    model: &Model,
    rules: &Rules,
    people: BTreeMap<Uuid, Details>,
    also: impl IntoIterator<Item = Pair>,
) -> BTreeMap<Pair, i64> {
    let ids: Vec<Uuid> = people.keys().copied().collect();
    let all: Vec<&Details> = people.values().collect();
    let mut carriers: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for (place, keys) in (0..).zip(model.keys(&all)) {
        for key in keys {
            carriers.entry(key).or_default().push(place);
        }
    }
    let mut pairs: BTreeSet<(u32, u32)> = BTreeSet::new();
    for carriers in carriers.values().filter(|carriers| carriers.len() <= CAP) {
        for (at, one) in carriers.iter().enumerate() {
            pairs.extend(carriers[at + 1..].iter().map(|other| (*one, *other)));
        }
    }
    let place = |id: &Uuid| ids.binary_search(id).ok().and_then(|place| u32::try_from(place).ok());
    pairs.extend(also.into_iter().filter_map(|(a, b)| Some((place(&a)?, place(&b)?))));
    let people = own(rules, people);
    let records: Vec<&Details> = people.values().collect();
    let says_something = |place: u32| !records[place as usize].is_empty();
    let pairs: Vec<(u32, u32)> =
        pairs.into_iter().filter(|(a, b)| says_something(*a) && says_something(*b)).collect();
    let weights = model.weigh(&records, &pairs);
    let ids = pairs.iter().map(|(a, b)| (ids[*a as usize], ids[*b as usize]));
    ids.zip(weights).collect()
}

/// The pairs that share an identifier which links by itself.
pub(crate) fn linked<'a>(
    rules: &Rules,
    carriers: impl IntoIterator<Item = (&'a Value, &'a BTreeSet<Uuid>)>,
) -> BTreeSet<Pair> {
    let linking = carriers.into_iter().filter(|(value, _)| rules.links_by(value.0));
    let mut pairs = BTreeSet::new();
    for (_, carriers) in linking {
        for a in carriers {
            pairs.extend(carriers.range(a..).skip(1).map(|b| (*a, *b)));
        }
    }
    pairs
}
