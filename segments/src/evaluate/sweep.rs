//! A window that moves over what happened.

use std::collections::BTreeMap;

use super::{Course, Fixed, Instant, course::Drawing, number};
use crate::comparison::Test;
use crate::condition::Times;

/// Something that counts from an instant until just before another.
#[derive(Debug, Clone)]
pub(crate) struct Item<T> {
    pub(crate) enters: Instant,
    pub(crate) leaves: Instant,
    pub(crate) value: T,
}

/// What is in the window, counted so that what leaves can be taken off again without a rest.
pub(crate) trait Tally<T> {
    /// Something enters.
    fn add(&mut self, value: &T);
    /// Something that had entered leaves.
    fn remove(&mut self, value: &T);
    /// Whether the test passes as it stands.
    fn holds(&self) -> bool;
}

/// The course of a test of what is in the window. The items enter and leave in their order.
pub(crate) fn sweep<T>(from: Instant, items: &[Item<T>], mut tally: impl Tally<T>) -> Course {
    debug_assert!(items.is_sorted_by_key(|item| item.enters) && items.is_sorted_by_key(|item| item.leaves));
    let mut drawing = Drawing::new(from, tally.holds());
    let mut leaving = items.partition_point(|item| item.leaves <= from);
    let mut entering = leaving;
    loop {
        let enters = items.get(entering).map_or(Instant::MAX, |item| item.enters);
        let leaves = items.get(leaving).map_or(Instant::MAX, |item| item.leaves);
        let at = enters.min(leaves);
        if at == Instant::MAX {
            return drawing.done();
        }
        while let Some(item) = items.get(entering).filter(|item| item.enters == at) {
            tally.add(&item.value);
            entering += 1;
        }
        while let Some(item) = items.get(leaving).filter(|item| item.leaves == at) {
            tally.remove(&item.value);
            leaving += 1;
        }
        drawing.mark(at, tally.holds());
    }
}

/// How many there are.
#[derive(Debug)]
pub(crate) struct Count(usize, Times);

impl Count {
    pub(crate) const fn new(times: Times) -> Self {
        Self(0, times)
    }
}

impl<T> Tally<T> for Count {
    fn add(&mut self, _: &T) {
        self.0 += 1;
    }

    fn remove(&mut self, _: &T) {
        self.0 -= 1;
    }

    fn holds(&self) -> bool {
        self.1.holds(self.0)
    }
}

/// What several numbers come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Figure {
    /// How many there are.
    Count,
    /// All together; of none 0.
    Sum,
    /// Their mean.
    Average,
    /// The least.
    Minimum,
    /// The greatest.
    Maximum,
}

impl Figure {
    /// What the numbers come to as a fraction. `None`: of no numbers there is none.
    pub(crate) fn of(self, numbers: &[Fixed]) -> Option<(Fixed, usize)> {
        let sum = || numbers.iter().sum();
        match self {
            Self::Count => Some((Fixed::try_from(numbers.len()).unwrap_or(Fixed::MAX) * number::ONE, 1)),
            Self::Sum => Some((sum(), 1)),
            Self::Average => (!numbers.is_empty()).then(|| (sum(), numbers.len())),
            Self::Minimum => numbers.iter().min().map(|least| (*least, 1)),
            Self::Maximum => numbers.iter().max().map(|most| (*most, 1)),
        }
    }
}

/// Numbers in the window, and a test of what they come to.
#[derive(Debug)]
pub(crate) struct Numbers<'t> {
    figure: Figure,
    test: &'t Test,
    /// How many things there are, whatever numbers they brought.
    things: usize,
    sum: Fixed,
    count: usize,
    /// Kept for the least and the greatest alone.
    sorted: BTreeMap<Fixed, usize>,
}

impl<'t> Numbers<'t> {
    pub(crate) const fn new(figure: Figure, test: &'t Test) -> Self {
        Self { figure, test, things: 0, sum: 0, count: 0, sorted: BTreeMap::new() }
    }

    const fn is_sorted(&self) -> bool {
        matches!(self.figure, Figure::Minimum | Figure::Maximum)
    }
}

impl Tally<Vec<Fixed>> for Numbers<'_> {
    fn add(&mut self, numbers: &Vec<Fixed>) {
        self.things += 1;
        for number in numbers {
            self.sum += number;
            self.count += 1;
            if self.is_sorted() {
                *self.sorted.entry(*number).or_default() += 1;
            }
        }
    }

    fn remove(&mut self, numbers: &Vec<Fixed>) {
        self.things -= 1;
        for number in numbers {
            self.sum -= number;
            self.count -= 1;
            if self.is_sorted() {
                take_off(&mut self.sorted, number);
            }
        }
    }

    fn holds(&self) -> bool {
        let things = Fixed::try_from(self.things).unwrap_or(Fixed::MAX);
        let figure = match self.figure {
            Figure::Count => Some((things * number::ONE, 1)),
            Figure::Sum => Some((self.sum, 1)),
            Figure::Average => (self.count > 0).then_some((self.sum, self.count)),
            Figure::Minimum => self.sorted.first_key_value().map(|(least, _)| (*least, 1)),
            Figure::Maximum => self.sorted.last_key_value().map(|(most, _)| (*most, 1)),
        };
        figure.is_some_and(|(sum, count)| number::passes(self.test, sum, count))
    }
}

/// Different values in the window, and a test of how many.
#[derive(Debug)]
pub(crate) struct Different<'t> {
    test: &'t Test,
    values: BTreeMap<String, usize>,
}

impl<'t> Different<'t> {
    pub(crate) const fn new(test: &'t Test) -> Self {
        Self { test, values: BTreeMap::new() }
    }
}

impl Tally<Vec<String>> for Different<'_> {
    fn add(&mut self, values: &Vec<String>) {
        for value in values {
            *self.values.entry(value.clone()).or_default() += 1;
        }
    }

    fn remove(&mut self, values: &Vec<String>) {
        for value in values {
            take_off(&mut self.values, value);
        }
    }

    fn holds(&self) -> bool {
        let count = Fixed::try_from(self.values.len()).unwrap_or(Fixed::MAX);
        number::passes(self.test, count * number::ONE, 1)
    }
}

fn take_off<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
