//! How often two items stand together: bought by one customer, or in one order.

/// A basket with more distinct items than this says nothing of what belongs together (a wholesaler, a test account), and
/// would cost its square: it is left out.
const LARGEST: usize = 2000;

/// Lists of numbers, end to end.
struct Lists {
    starts: Vec<usize>,
    numbers: Vec<u32>,
}

impl Lists {
    /// Of so many keys; the pairs of key and number in the order of keys.
    fn of(keys: usize, pairs: &[(u32, u32)]) -> Self {
        let mut starts = vec![0; keys + 1];
        for (key, _) in pairs {
            starts[*key as usize + 1] += 1;
        }
        for key in 0..keys {
            starts[key + 1] += starts[key];
        }
        Self { starts, numbers: pairs.iter().map(|(_, number)| *number).collect() }
    }

    fn of_key(&self, key: usize) -> &[u32] {
        &self.numbers[self.starts[key]..self.starts[key + 1]]
    }
}

/// Which basket holds which items, and the other way round.
pub(super) struct Baskets {
    contents: Lists,
    holders: Lists,
    items: usize,
}

/// How often each item stands in a basket with a certain one.
#[derive(Default)]
pub(super) struct Together {
    /// By item.
    pub(super) counts: Vec<u32>,
    /// The items that are not 0, in no order.
    pub(super) items: Vec<u32>,
    /// For whom each item was counted last.
    last: Vec<u32>,
}

impl Baskets {
    /// Of so many baskets and items; the pairs of basket and item are distinct and sorted.
    pub(super) fn new(baskets: usize, items: usize, mut pairs: Vec<(u32, u32)>) -> Self {
        let sizes = Lists::of(baskets, &pairs);
        pairs.retain(|(basket, _)| sizes.of_key(*basket as usize).len() <= LARGEST);
        let contents = Lists::of(baskets, &pairs);
        let mut turned: Vec<(u32, u32)> = pairs.into_iter().map(|(basket, item)| (item, basket)).collect();
        turned.sort_unstable();
        Self { contents, holders: Lists::of(items, &turned), items }
    }

    /// How many items there are.
    pub(super) const fn items(&self) -> usize {
        self.items
    }

    /// How many baskets hold an item.
    pub(super) fn holders(&self, item: usize) -> usize {
        self.holders.of_key(item).len()
    }

    /// Counts in how many baskets what stands together with an item; itself too. All items together cost the sum of the
    /// squares of the baskets' sizes.
    pub(super) fn count(&self, item: usize, together: &mut Together) {
        self.count_owners(item, |basket| basket, together);
    }

    /// Counts how many owners have baskets with both; those of one owner must follow each other.
    pub(super) fn count_owners(&self, item: usize, owner: impl Fn(u32) -> u32, together: &mut Together) {
        for other in together.items.drain(..) {
            together.counts[other as usize] = 0;
        }
        together.counts.resize(self.items, 0);
        together.last.resize(self.items, 0);
        for basket in self.holders.of_key(item) {
            let owner = owner(*basket);
            for other in self.contents.of_key(*basket as usize) {
                let (count, last) =
                    (&mut together.counts[*other as usize], &mut together.last[*other as usize]);
                if *count == 0 {
                    together.items.push(*other);
                } else if *last == owner {
                    continue;
                }
                *count += 1;
                *last = owner;
            }
        }
    }
}
