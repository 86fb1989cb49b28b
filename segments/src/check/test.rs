use super::{Check, join};
use crate::comparison::{Literal, Test};

/// How many values a list may have.
const VALUES: usize = 1_000;

/// What is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Trait,
    Property,
    /// Numbers or money.
    Amounts,
    /// Numbers alone.
    Numbers,
    Prediction,
    Dates,
}

impl Check {
    pub(super) fn test(&mut self, test: &Test, path: &str, of: Of) {
        let path = &join(path, test.key());
        if !fits(test, of) {
            let expected = match of {
                Of::Dates => {
                    "a test of dates: on, before, after, between, withinLast, moreThanAgo, withinNext, anniversaryWithin"
                }
                Of::Property => {
                    "a fixed date: an event is no nearer to a property of its own later on; use before, after or between"
                }
                Of::Numbers | Of::Prediction => {
                    "a test of numbers: equals, above, atLeast, below, atMost, between, …"
                }
                Of::Amounts | Of::Trait => {
                    "a test of numbers or money: equals, above, atLeast, below, atMost, between, …"
                }
            };
            return self.problem(path, format!("expected {expected}"));
        }
        match test {
            Test::Equals(literal) | Test::NotEquals(literal) => self.literal(literal, path),
            Test::OneOf(literals) | Test::NoneOf(literals) | Test::ContainsAll(literals) => {
                if !(1..=VALUES).contains(&literals.len()) {
                    self.problem(path, format!("expected 1 to {VALUES} values, found {}", literals.len()));
                }
                for (at, literal) in literals.iter().enumerate() {
                    self.literal(literal, &format!("{path}[{at}]"));
                }
                let currency = |literal: &Literal| literal.currency().map(str::to_owned);
                let first = literals.first().and_then(currency);
                if of == Of::Amounts && literals.iter().any(|literal| currency(literal) != first) {
                    self.problem(path, "expected all in the same currency");
                }
            }
            Test::Contains(text) | Test::StartsWith(text) | Test::EndsWith(text) => {
                if text.is_empty() {
                    self.problem(path, "expected text that is not empty: every text contains nothing");
                }
                self.text(text, path);
            }
            Test::Above(amount) | Test::AtLeast(amount) | Test::Below(amount) | Test::AtMost(amount) => {
                self.amount(amount, path);
            }
            Test::Between(range) => {
                self.amount(&range.from, &join(path, "from"));
                self.amount(&range.to, &join(path, "to"));
                if range.from.currency() != range.to.currency() {
                    self.problem(path, "expected `from` and `to` in the same currency");
                } else if range.from.number() > range.to.number() {
                    self.problem(path, "expected `from` to be at most `to`");
                }
            }
            Test::BetweenDates(range) => self.dates(range, path),
            Test::On(when) | Test::Before(when) | Test::After(when) => self.when(*when, path),
            Test::WithinLast(length) | Test::MoreThanAgo(length) | Test::WithinNext(length) => {
                self.duration(*length, path);
            }
            Test::AnniversaryWithin(length) => {
                if length.whole_days().is_none_or(|days| !(0..=365).contains(&days)) {
                    self.problem(path, format!("expected 0 to 365 whole days, found {length}"));
                }
            }
            Test::Exists(_) => {}
            Test::Size(test) => self.test(test, path, Of::Numbers),
        }
    }
}

fn fits(test: &Test, of: Of) -> bool {
    let numeric = |literal: &Literal| matches!(literal, Literal::Number(_) | Literal::Money(_));
    let is_numeric = match test {
        Test::Equals(literal) | Test::NotEquals(literal) => numeric(literal),
        Test::OneOf(literals) | Test::NoneOf(literals) => literals.iter().all(numeric),
        Test::Above(_) | Test::AtLeast(_) | Test::Below(_) | Test::AtMost(_) | Test::Between(_) => true,
        _ => false,
    };
    let has_money = match test {
        Test::OneOf(literals) | Test::NoneOf(literals) => literals.iter().any(|one| one.currency().is_some()),
        Test::Between(range) => range.from.currency().or(range.to.currency()).is_some(),
        test => test.currency().is_some(),
    };
    let is_relative = matches!(
        test,
        Test::WithinLast(_) | Test::MoreThanAgo(_) | Test::WithinNext(_) | Test::AnniversaryWithin(_)
    );
    match of {
        Of::Trait => true,
        Of::Property => !is_relative,
        Of::Amounts => is_numeric,
        Of::Numbers => is_numeric && !has_money,
        Of::Prediction => (is_numeric && !has_money) || matches!(test, Test::Exists(_)),
        Of::Dates => {
            is_relative
                || matches!(test, Test::On(_) | Test::Before(_) | Test::After(_) | Test::BetweenDates(_))
        }
    }
}

/// Whether a test compares text.
pub(super) fn has_text(test: &Test) -> bool {
    let is_text = |literal: &Literal| matches!(literal, Literal::Text(_));
    match test {
        Test::Equals(literal) | Test::NotEquals(literal) => is_text(literal),
        Test::OneOf(literals) | Test::NoneOf(literals) | Test::ContainsAll(literals) => {
            literals.iter().any(is_text)
        }
        Test::Contains(_) | Test::StartsWith(_) | Test::EndsWith(_) => true,
        _ => false,
    }
}
