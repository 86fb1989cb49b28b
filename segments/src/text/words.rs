//! How values, tests and windows are written.

use std::fmt::{self, Display, Formatter, Write};

use chrono::SecondsFormat;

use super::lexer::is_word;
use crate::comparison::{Amount, Literal, Money, Test, When, Window};
use crate::condition::{KeyTest, Times};

/// A text in quotes.
pub(crate) struct Quoted<'t>(pub(crate) &'t str);

impl Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(formatter, "\\{character}")?,
                '\n' => formatter.write_str("\\n")?,
                '\r' => formatter.write_str("\\r")?,
                '\t' => formatter.write_str("\\t")?,
                control if control.is_control() => write!(formatter, "\\u{{{:x}}}", u32::from(control))?,
                plain => formatter.write_char(plain)?,
            }
        }
        formatter.write_char('"')
    }
}

/// A name: bare where that is plain, else in quotes.
pub(super) struct Name<'t>(pub(super) &'t str);

impl Display for Name<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        if is_word(self.0) { formatter.write_str(self.0) } else { Quoted(self.0).fmt(formatter) }
    }
}

impl Display for Money {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.amount, self.currency)
    }
}

impl Display for Amount {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.normalize().fmt(formatter),
            Self::Money(money) => money.fmt(formatter),
        }
    }
}

impl Display for Literal {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => Quoted(text).fmt(formatter),
            Self::Number(number) => number.normalize().fmt(formatter),
            Self::Boolean(flag) => flag.fmt(formatter),
            Self::Money(money) => money.fmt(formatter),
        }
    }
}

impl Display for When {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(formatter),
            Self::Instant(instant) => {
                formatter.write_str(&instant.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            }
        }
    }
}

struct Values<'t>(&'t [Literal]);

impl Display for Values<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for (at, value) in self.0.iter().enumerate() {
            write!(formatter, "{}{value}", if at == 0 { "(" } else { ", " })?;
        }
        formatter.write_char(')')
    }
}

impl Display for Test {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equals(literal) => write!(formatter, "is {literal}"),
            Self::NotEquals(literal) => write!(formatter, "is not {literal}"),
            Self::OneOf(literals) => write!(formatter, "is one of {}", Values(literals)),
            Self::NoneOf(literals) => write!(formatter, "is none of {}", Values(literals)),
            Self::Contains(text) => write!(formatter, "contains {}", Quoted(text)),
            Self::StartsWith(text) => write!(formatter, "starts with {}", Quoted(text)),
            Self::EndsWith(text) => write!(formatter, "ends with {}", Quoted(text)),
            Self::Above(amount) => write!(formatter, "> {amount}"),
            Self::AtLeast(amount) => write!(formatter, ">= {amount}"),
            Self::Below(amount) => write!(formatter, "< {amount}"),
            Self::AtMost(amount) => write!(formatter, "<= {amount}"),
            Self::Between(range) => write!(formatter, "between {} and {}", range.from, range.to),
            Self::BetweenDates(range) => write!(formatter, "between {} and {}", range.from, range.to),
            Self::On(when) => write!(formatter, "is on {when}"),
            Self::Before(when) => write!(formatter, "before {when}"),
            Self::After(when) => write!(formatter, "after {when}"),
            Self::WithinLast(length) => write!(formatter, "within the last {length}"),
            Self::MoreThanAgo(length) => write!(formatter, "more than {length} ago"),
            Self::WithinNext(length) => write!(formatter, "within the next {length}"),
            Self::AnniversaryWithin(length) => write!(formatter, "anniversary within the next {length}"),
            Self::Exists(true) => formatter.write_str("exists"),
            Self::Exists(false) => formatter.write_str("is missing"),
            Self::ContainsAll(literals) => write!(formatter, "contains all of {}", Values(literals)),
            Self::Size(test) => write!(formatter, "size {test}"),
        }
    }
}

impl Display for Window {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last(length) => write!(formatter, "within the last {length}"),
            Self::Between(range) => write!(formatter, "between {} and {}", range.from, range.to),
            Self::Since(when) => write!(formatter, "since {when}"),
            Self::Before(when) => write!(formatter, "before {when}"),
        }
    }
}

impl Display for Times {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let (word, count) = match self {
            Self::AtLeast(count) => ("at least", count),
            Self::AtMost(count) => ("at most", count),
            Self::Exactly(count) => ("exactly", count),
        };
        write!(formatter, "{word} {count} time{}", if *count == 1 { "" } else { "s" })
    }
}

/// A test of a property, as it stands after `where`.
pub(super) struct Property<'t>(pub(super) &'t KeyTest);

impl Display for Property<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let KeyTest { key, is, ignore_case } = self.0;
        write!(formatter, "{} {is}{}", Quoted(key), if *ignore_case { " ignoring case" } else { "" })
    }
}
