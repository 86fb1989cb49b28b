use rust_decimal::Decimal;

use super::Check;
use crate::comparison::{Amount, Literal, Money, Range, When};
use crate::duration::Duration;
use crate::problem::short;

/// How long a text that is compared may be, in characters.
const TEXT: usize = 1_000;
/// How long a name may be, in characters.
const NAME: usize = 200;

impl Check {
    pub(super) fn literal(&mut self, literal: &Literal, path: &str) {
        // What a number takes, with what stands around it.
        self.size += 20;
        match literal {
            Literal::Text(text) => self.text(text, path),
            Literal::Number(number) => self.number(*number, path),
            Literal::Money(money) => self.money(money, path),
            Literal::Boolean(_) => {}
        }
    }

    pub(super) fn amount(&mut self, amount: &Amount, path: &str) {
        match amount {
            Amount::Number(number) => self.number(*number, path),
            Amount::Money(money) => self.money(money, path),
        }
    }

    pub(super) fn money(&mut self, money: &Money, path: &str) {
        self.number(money.amount, &join(path, "amount"));
        self.currency(&money.currency, &join(path, "currency"));
    }

    /// What JSON's floating point keeps exactly, and sums can be compared with.
    pub(super) fn number(&mut self, number: Decimal, path: &str) {
        let normal = number.normalize();
        if normal.mantissa().unsigned_abs() >= 1_000_000_000_000_000 || normal.scale() > 12 {
            self.problem(
                path,
                format!("expected a number of at most 15 digits, 12 of them decimals, found {number}"),
            );
        }
    }

    pub(super) fn range(&mut self, number: Decimal, path: &str, from: Decimal, to: Decimal) {
        self.number(number, path);
        if number < from || number > to {
            self.problem(path, format!("expected a number from {from} to {to}, found {number}"));
        }
    }

    pub(super) fn currency(&mut self, currency: &str, path: &str) {
        if currency.len() != 3 || !currency.bytes().all(|letter| letter.is_ascii_uppercase()) {
            let found = short(currency);
            self.problem(path, format!("expected three capital letters such as EUR, found `{found}`"));
        }
    }

    pub(super) fn name(&mut self, name: &str, path: &str) {
        match name.chars().take(NAME + 1).count() {
            0 => self.problem(path, "expected text that is not empty"),
            1..=NAME => {}
            _ => self.problem(path, format!("expected at most {NAME} characters")),
        }
    }

    pub(super) fn text(&mut self, text: &str, path: &str) {
        let length = text.chars().take(TEXT + 1).count();
        self.size += length;
        if length > TEXT {
            self.problem(path, format!("expected at most {TEXT} characters"));
        }
    }

    pub(super) fn dates(&mut self, range: &Range<When>, path: &str) {
        self.when(range.from, &join(path, "from"));
        self.when(range.to, &join(path, "to"));
        if range.from.start() >= range.to.end() {
            self.problem(path, "expected `from` to be before `to`");
        }
    }

    pub(super) fn when(&mut self, when: When, path: &str) {
        let year = chrono::Datelike::year(&when.start());
        if !(1..=9999).contains(&year) {
            self.problem(path, format!("expected a year from 1 to 9999, found {year}"));
        }
    }

    pub(super) fn duration(&mut self, length: Duration, path: &str) {
        if length < Duration::seconds(1) || length > Duration::LONGEST {
            self.problem(path, format!("expected 1 second to {}, found {length}", Duration::LONGEST));
        }
    }
}

/// The path of what stands under a key.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
