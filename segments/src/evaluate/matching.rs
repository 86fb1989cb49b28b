//! Values of JSON found by their path, and tested.

use std::cmp::Ordering;
use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Number, Value};

use super::{date, dates::passes as date_passes, fixed, number::passes as number_passes};
use crate::comparison::{Amount, Literal, Test};

/// What stands at the end of a path: nothing, one value, or one for each element of a list on the way.
#[derive(Debug, Default)]
pub(crate) struct Found<'v> {
    nodes: Vec<&'v Value>,
    /// The currency of plain numbers, where one is named beside them.
    pub(crate) currency: Option<&'v str>,
}

/// What stands in an object under a key. A name with dots in it is found too, and wins over a path.
pub(crate) fn find<'v>(object: &'v Map<String, Value>, key: &str) -> Found<'v> {
    let mut found = Found::default();
    walk_object(object, key, &mut found.nodes);
    found
}

fn walk_object<'v>(object: &'v Map<String, Value>, key: &str, nodes: &mut Vec<&'v Value>) {
    if let Some(value) = object.get(key) {
        return walk(value, "", nodes);
    }
    for (dot, _) in key.match_indices('.') {
        if let Some(value) = object.get(&key[..dot]) {
            return walk(value, &key[dot + 1..], nodes);
        }
    }
}

fn walk<'v>(value: &'v Value, rest: &str, nodes: &mut Vec<&'v Value>) {
    match value {
        Value::Null => {}
        Value::Array(elements) if elements.is_empty() => {}
        value if rest.is_empty() => nodes.push(value),
        Value::Array(elements) => elements.iter().for_each(|element| walk(element, rest, nodes)),
        Value::Object(object) => walk_object(object, rest, nodes),
        _ => {}
    }
}

impl<'v> Found<'v> {
    /// What stands in a value at the end of a path; without a path the value itself.
    pub(crate) fn within(value: &'v Value, path: &str) -> Self {
        let mut found = Self::default();
        walk(value, path, &mut found.nodes);
        found
    }

    /// Nothing was found.
    pub(crate) const fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The values as they were found, lists whole.
    pub(crate) fn nodes(&self) -> &[&'v Value] {
        &self.nodes
    }

    /// The values, and the elements of lists one by one.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &'v Value> {
        self.nodes.iter().flat_map(|node| match node {
            Value::Array(elements) => elements.as_slice(),
            single => std::slice::from_ref(*single),
        })
    }

    /// How many elements the lists have, if there are any lists.
    pub(crate) fn size(&self) -> Option<usize> {
        let lists = self.nodes.iter().filter_map(|node| node.as_array());
        lists.map(Vec::len).reduce(usize::saturating_add)
    }

    /// Whether a test that does not depend on the instant passes.
    pub(crate) fn passes(&self, test: &Test, ignore_case: bool) -> bool {
        let mut elements = self.elements();
        let equal =
            |literal: &Literal, element: &Value| self.equals(literal, element, ignore_case) == Some(true);
        match test {
            Test::Exists(exists) => self.is_empty() != *exists,
            Test::Equals(literal) => elements.any(|element| equal(literal, element)),
            Test::OneOf(literals) => {
                elements.any(|element| literals.iter().any(|literal| equal(literal, element)))
            }
            Test::NotEquals(literal) => self.is_none_of(std::slice::from_ref(literal), ignore_case),
            Test::NoneOf(literals) => self.is_none_of(literals, ignore_case),
            Test::ContainsAll(literals) => {
                !self.is_empty()
                    && literals.iter().all(|literal| self.elements().any(|element| equal(literal, element)))
            }
            Test::Size(test) => {
                self.size().is_some_and(|size| number_passes(test, fixed(Decimal::from(size)), 1))
            }
            Test::Contains(part) => {
                self.any_text(|text| within(text, part, ignore_case, |text, part| text.contains(part)))
            }
            Test::StartsWith(part) => {
                self.any_text(|text| within(text, part, ignore_case, |text, part| text.starts_with(part)))
            }
            Test::EndsWith(part) => {
                self.any_text(|text| within(text, part, ignore_case, |text, part| text.ends_with(part)))
            }
            Test::Above(amount) => {
                elements.any(|element| self.compare(element, amount) == Some(Ordering::Greater))
            }
            Test::Below(amount) => {
                elements.any(|element| self.compare(element, amount) == Some(Ordering::Less))
            }
            Test::AtLeast(amount) => {
                elements.any(|element| self.compare(element, amount).is_some_and(Ordering::is_ge))
            }
            Test::AtMost(amount) => {
                elements.any(|element| self.compare(element, amount).is_some_and(Ordering::is_le))
            }
            Test::Between(range) => elements.any(|element| {
                self.compare(element, &range.from).is_some_and(Ordering::is_ge)
                    && self.compare(element, &range.to).is_some_and(Ordering::is_le)
            }),
            Test::On(_) | Test::BetweenDates(_) | Test::Before(_) | Test::After(_) => {
                elements.filter_map(date).any(|at| date_passes(test, at))
            }
            // These depend on the instant: `dates.rs` answers them.
            Test::WithinLast(_) | Test::MoreThanAgo(_) | Test::WithinNext(_) | Test::AnniversaryWithin(_) => {
                false
            }
        }
    }

    fn is_none_of(&self, literals: &[Literal], ignore_case: bool) -> bool {
        let mut comparable = false;
        for element in self.elements() {
            for literal in literals {
                match self.equals(literal, element, ignore_case) {
                    Some(true) => return false,
                    Some(false) => comparable = true,
                    None => {}
                }
            }
        }
        comparable
    }

    fn any_text(&self, test: impl Fn(&str) -> bool) -> bool {
        self.elements().filter_map(Value::as_str).any(test)
    }

    /// `None`: it is of another type.
    fn equals(&self, literal: &Literal, value: &Value, ignore_case: bool) -> Option<bool> {
        match (literal, value) {
            (Literal::Text(literal), Value::String(text)) => {
                Some(literal == text || (ignore_case && literal.to_lowercase() == text.to_lowercase()))
            }
            (Literal::Boolean(literal), Value::Bool(value)) => Some(literal == value),
            (Literal::Number(_) | Literal::Money(_), value) => {
                literal.amount().and_then(|amount| self.compare(value, &amount)).map(Ordering::is_eq)
            }
            _ => None,
        }
    }

    /// `None`: it is no number, or not of this currency.
    fn compare(&self, value: &Value, amount: &Amount) -> Option<Ordering> {
        Some(self.amount(value, amount.currency())?.cmp(&amount.number()))
    }

    /// The number that a value is; where a currency is given, the money in it.
    pub(crate) fn amount(&self, value: &Value, currency: Option<&str>) -> Option<Decimal> {
        match (currency, value) {
            (None, Value::Number(found)) => Some(number(found)),
            (Some(currency), Value::Number(found)) if self.currency == Some(currency) => Some(number(found)),
            (Some(currency), Value::Object(object)) if object.get("currency")?.as_str()? == currency => {
                money_amount(object)
            }
            _ => None,
        }
    }
}

/// The amount of what looks like money.
pub(crate) fn money_amount(object: &Map<String, Value>) -> Option<Decimal> {
    match object.get("amount")? {
        Value::Number(found) => Some(number(found)),
        Value::String(text) => Decimal::from_str(text).ok(),
        _ => None,
    }
}

fn within(text: &str, part: &str, ignore_case: bool, test: impl Fn(&str, &str) -> bool) -> bool {
    test(text, part) || (ignore_case && test(&text.to_lowercase(), &part.to_lowercase()))
}

/// The number as people would write it: of a floating point the shortest decimal number that means it. What is too large
/// is the largest there is.
pub(crate) fn number(number: &Number) -> Decimal {
    if let Some(whole) = number.as_i64() {
        return Decimal::from(whole);
    }
    if let Some(whole) = number.as_u64() {
        return Decimal::from(whole);
    }
    number.as_f64().and_then(decimal).unwrap_or_default()
}

/// A floating point as people would write it. `None`: it is not a number.
pub(crate) fn decimal(float: f64) -> Option<Decimal> {
    if float.is_nan() {
        return None;
    }
    // Beyond this no Decimal reaches.
    if float.abs() >= 7.9e28 {
        return Some(if float > 0. { Decimal::MAX } else { Decimal::MIN });
    }
    // Most numbers have few decimals, and no two numbers of at most 15 digits are the same floating point. The quotient is
    // the floating point nearest to that number, so if it is this one, this one means that number.
    let millionths = (float * 1e6).round();
    if millionths.abs() < 1e15 && is_same(millionths / 1e6, float) {
        return millionths.to_i64().map(|millionths| Decimal::new(millionths, 6));
    }
    Decimal::from_str(&format!("{float}")).ok()
}

#[expect(clippy::float_cmp, reason = "the very same is meant")]
fn is_same(one: f64, other: f64) -> bool {
    one == other
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use proptest::prelude::{any, prop_assert_eq, proptest};
    use rust_decimal::Decimal;

    use super::decimal;

    fn written(float: f64) -> Option<Decimal> {
        Decimal::from_str(&format!("{float}")).ok()
    }

    proptest! {
        #[test]
        fn a_floating_point_is_the_number_that_is_written(
            number in any::<i64>(), decimals in 0..12_u32, float in any::<f64>(), small in -1e10..1e10,
        ) {
            let short = Decimal::new(number % 1_000_000_000_000_000, decimals);
            prop_assert_eq!(decimal(short.to_string().parse().unwrap()), Some(short));
            for float in [float, small, small / 1e9] {
                if float.abs() < 7e28 {
                    prop_assert_eq!(decimal(float), written(float));
                }
            }
        }
    }

    #[test]
    fn what_no_decimal_reaches_is_the_largest() {
        for (float, number) in [
            (f64::INFINITY, Some(Decimal::MAX)),
            (-1e300, Some(Decimal::MIN)),
            (f64::NAN, None),
            (5e-324, Some(Decimal::ZERO)),
            (-0., Some(Decimal::ZERO)),
        ] {
            assert_eq!(decimal(float), number, "{float}");
        }
    }
}
