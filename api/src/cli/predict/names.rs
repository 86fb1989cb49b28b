//! Names of customers and items as numbers.

use std::collections::HashMap;
use std::rc::Rc;

use anyhow::Context;

/// Numbers that stand for names, in the order in which the names first come.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<Rc<str>, u32>,
    names: Vec<Rc<str>>,
}

impl Names {
    /// The number of a name.
    pub(super) fn number(&mut self, name: &str) -> anyhow::Result<u32> {
        if let Some(number) = self.numbers.get(name) {
            return Ok(*number);
        }
        let number = u32::try_from(self.names.len()).context("more than 4,294,967,295 different names")?;
        let name: Rc<str> = name.into();
        self.names.push(Rc::clone(&name));
        self.numbers.insert(name, number);
        Ok(number)
    }

    /// The names in their own order, and which number each now has, by its former one: so that nothing depends on the order of
    /// rows.
    pub(super) fn sorted(self) -> (Vec<Rc<str>>, Vec<u32>) {
        let mut order: Vec<(Rc<str>, usize)> = self.names.into_iter().zip(0..).collect();
        order.sort_unstable();
        let mut renumbered = vec![0; order.len()];
        for ((_, former), number) in order.iter().zip(0..) {
            renumbered[*former] = number;
        }
        (order.into_iter().map(|(name, _)| name).collect(), renumbered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_names_and_not_the_rows() {
        let mut names = Names::default();
        let numbers = ["c", "a", "b", "a"].map(|name| names.number(name).unwrap());
        assert_eq!(numbers, [0, 1, 2, 1]);
        let (sorted, renumbered) = names.sorted();
        assert_eq!(sorted, ["a", "b", "c"].map(Rc::from));
        assert_eq!(numbers.map(|number| renumbered[number as usize]), [2, 0, 1, 0]);
    }
}
