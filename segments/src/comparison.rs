//! What values are compared with: literals, tests and windows.

use chrono::{DateTime, Days, NaiveDate, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Serialize, Serializer};

use crate::Duration;

/// A value in a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Literal {
    /// Text.
    Text(String),
    /// A number.
    Number(#[serde(serialize_with = "as_number")] Decimal),
    /// Yes or no.
    Boolean(bool),
    /// Money.
    Money(Money),
}

/// Money, in the JSON form with the amount as text: `{"amount": "12.50", "currency": "EUR"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Money {
    /// How much.
    pub amount: Decimal,
    /// In which currency: three capital letters of ISO 4217.
    pub currency: String,
}

/// What numbers are compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Amount {
    /// A number.
    Number(#[serde(serialize_with = "as_number")] Decimal),
    /// Money: compares with money of the same currency alone.
    Money(Money),
}

impl Amount {
    /// The number, of money the amount.
    pub const fn number(&self) -> Decimal {
        match self {
            Self::Number(number) | Self::Money(Money { amount: number, .. }) => *number,
        }
    }

    /// The currency of money.
    pub fn currency(&self) -> Option<&str> {
        match self {
            Self::Number(_) => None,
            Self::Money(money) => Some(&money.currency),
        }
    }
}

/// A date in a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum When {
    /// A whole day, in UTC.
    Day(NaiveDate),
    /// An instant.
    Instant(DateTime<Utc>),
}

impl When {
    /// The first instant of it.
    pub fn start(self) -> DateTime<Utc> {
        match self {
            Self::Day(day) => midnight(day),
            Self::Instant(instant) => instant,
        }
    }

    /// The first instant after it.
    pub fn end(self) -> DateTime<Utc> {
        match self {
            Self::Day(day) => day.checked_add_days(Days::new(1)).map_or(DateTime::<Utc>::MAX_UTC, midnight),
            Self::Instant(instant) => {
                instant.checked_add_signed(chrono::Duration::microseconds(1)).unwrap_or(instant)
            }
        }
    }
}

/// The first instant of a day.
pub(crate) fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}

/// From … to …, both included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Range<T> {
    /// The least.
    pub from: T,
    /// The greatest.
    pub to: T,
}

/// A test of one value.
///
/// A value of another type than the test is made for never passes, nor does one that is not there; so who has no trait
/// `x` passes neither `equals` nor `notEquals`. A list passes if any of its elements does, but what must not be equal
/// must not be equal to any of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Test {
    /// It is this.
    Equals(Literal),
    /// It is of the same type, and not this.
    NotEquals(Literal),
    /// It is one of these.
    OneOf(Vec<Literal>),
    /// It is of a type that is among these, and none of them.
    NoneOf(Vec<Literal>),
    /// The text contains this.
    Contains(String),
    /// The text begins with this.
    StartsWith(String),
    /// The text ends with this.
    EndsWith(String),
    /// Greater than this.
    Above(Amount),
    /// This or greater.
    AtLeast(Amount),
    /// Less than this.
    Below(Amount),
    /// This or less.
    AtMost(Amount),
    /// Of numbers: not less than one and not greater than the other.
    Between(Range<Amount>),
    /// Of dates: from the beginning of one to the end of the other. The key in the JSON form is `between` too.
    #[serde(rename = "between")]
    BetweenDates(Range<When>),
    /// On this day, or at this instant.
    On(When),
    /// Before this day begins, or before this instant.
    Before(When),
    /// When this day is over, or after this instant.
    After(When),
    /// Less than this time ago, or now.
    WithinLast(Duration),
    /// This time ago or more.
    MoreThanAgo(Duration),
    /// Not yet, but in this time or less.
    WithinNext(Duration),
    /// The day of the year comes round today or within so many days. Who is born on 29 February has the 28th in other
    /// years. Whole days, in UTC.
    AnniversaryWithin(Duration),
    /// Whether there is a value.
    Exists(bool),
    /// The list contains each of these.
    ContainsAll(Vec<Literal>),
    /// How many elements the list has: a test of numbers.
    Size(Box<Self>),
}

/// When something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Window {
    /// Less than this time ago: what happened at an instant leaves the window exactly this time later.
    Last(Duration),
    /// From the beginning of one to the end of the other.
    Between(Range<When>),
    /// From its beginning on.
    Since(When),
    /// Before it begins.
    Before(When),
}

/// Writes a number of JSON. Rules hold numbers of at most 15 digits, which JSON's floating point keeps exactly.
pub(crate) fn as_number<S: Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    let number = number.normalize();
    match number.to_i64() {
        Some(whole) if number.scale() == 0 => serializer.serialize_i64(whole),
        _ => match number.to_string().parse::<f64>() {
            Ok(float) => serializer.serialize_f64(float),
            Err(error) => Err(serde::ser::Error::custom(error)),
        },
    }
}

impl Literal {
    /// The currency of money.
    pub(crate) fn currency(&self) -> Option<&str> {
        match self {
            Self::Money(money) => Some(&money.currency),
            Self::Text(_) | Self::Number(_) | Self::Boolean(_) => None,
        }
    }

    /// The number or the money that it is.
    pub(crate) fn amount(&self) -> Option<Amount> {
        match self {
            Self::Number(number) => Some(Amount::Number(*number)),
            Self::Money(money) => Some(Amount::Money(money.clone())),
            Self::Text(_) | Self::Boolean(_) => None,
        }
    }
}

impl Test {
    /// The currency of what is compared, if it is money.
    pub(crate) fn currency(&self) -> Option<&str> {
        match self {
            Self::Equals(literal) | Self::NotEquals(literal) => literal.currency(),
            Self::OneOf(literals) | Self::NoneOf(literals) => literals.iter().find_map(Literal::currency),
            Self::Above(amount) | Self::AtLeast(amount) | Self::Below(amount) | Self::AtMost(amount) => {
                amount.currency()
            }
            Self::Between(range) => range.from.currency(),
            _ => None,
        }
    }

    /// The key of a test in the JSON form.
    pub(crate) const fn key(&self) -> &'static str {
        match self {
            Self::Equals(_) => "equals",
            Self::NotEquals(_) => "notEquals",
            Self::OneOf(_) => "oneOf",
            Self::NoneOf(_) => "noneOf",
            Self::Contains(_) => "contains",
            Self::StartsWith(_) => "startsWith",
            Self::EndsWith(_) => "endsWith",
            Self::Above(_) => "above",
            Self::AtLeast(_) => "atLeast",
            Self::Below(_) => "below",
            Self::AtMost(_) => "atMost",
            Self::Between(_) | Self::BetweenDates(_) => "between",
            Self::On(_) => "on",
            Self::Before(_) => "before",
            Self::After(_) => "after",
            Self::WithinLast(_) => "withinLast",
            Self::MoreThanAgo(_) => "moreThanAgo",
            Self::WithinNext(_) => "withinNext",
            Self::AnniversaryWithin(_) => "anniversaryWithin",
            Self::Exists(_) => "exists",
            Self::ContainsAll(_) => "containsAll",
            Self::Size(_) => "size",
        }
    }
}
