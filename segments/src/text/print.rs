//! How conditions are written.

use std::fmt::{self, Display, Formatter};

use super::parser::RESERVED;
use super::words::{Name, Property, Quoted};
use crate::comparison::Window;
use crate::condition::{
    Aggregate, Behaviour, Bought, Condition, Events, Goods, KeyTest, Measure, Near, Occasion, Orders,
    Sequence, Times,
};
use crate::rule::Rule;

/// The text form, on one line.
impl Display for Rule {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.condition().fmt(formatter)
    }
}

impl Display for Condition {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(conditions) => group(formatter, conditions, "all", "and", "everyone"),
            Self::Any(conditions) => group(formatter, conditions, "any", "or", "nobody"),
            Self::Not(condition) => {
                formatter.write_str("not ")?;
                part(formatter, condition)
            }
            Self::Trait(KeyTest { key, is, ignore_case }) => {
                let ignoring = if *ignore_case { " ignoring case" } else { "" };
                write!(formatter, "{} {is}{ignoring}", Key("trait", key))
            }
            Self::Did(did) => did.fmt(formatter),
            Self::Sequence(sequence) => sequence.fmt(formatter),
            Self::First(occasion) => write!(formatter, "first {occasion}"),
            Self::Last(occasion) => write!(formatter, "last {occasion}"),
            Self::Sum(aggregate) => write!(formatter, "sum of {aggregate}"),
            Self::Average(aggregate) => write!(formatter, "average of {aggregate}"),
            Self::Minimum(aggregate) => write!(formatter, "minimum of {aggregate}"),
            Self::Maximum(aggregate) => write!(formatter, "maximum of {aggregate}"),
            Self::Distinct(aggregate) => write!(formatter, "distinct {aggregate}"),
            Self::Orders(orders) => orders.fmt(formatter),
            Self::FirstOrder(order) => write!(formatter, "first order {}", order.is),
            Self::LastOrder(order) => write!(formatter, "last order {}", order.is),
            Self::Bought(bought) => bought.fmt(formatter),
            Self::Segment(segment) => write!(formatter, "in segment {}", Quoted(&segment.key)),
            Self::Consent(consent) => write!(formatter, "{} is allowed", Key("consent", &consent.purpose)),
            Self::Prediction(test) => write!(formatter, "prediction {} {}", Name(&test.name), test.is),
            Self::Near(near) => near.fmt(formatter),
            Self::List(list) => write!(formatter, "in list {}", Quoted(&list.key)),
            Self::Sample(sample) => {
                write!(formatter, "in sample {}% of {}", sample.percent.normalize(), Quoted(&sample.salt))
            }
        }
    }
}

fn group(
    formatter: &mut Formatter<'_>,
    conditions: &[Condition],
    kind: &str,
    word: &str,
    none: &str,
) -> fmt::Result {
    match conditions {
        [] => formatter.write_str(none),
        [only] => write!(formatter, "{kind} ({only})"),
        [first, rest @ ..] => {
            part(formatter, first)?;
            for condition in rest {
                write!(formatter, " {word} ")?;
                part(formatter, condition)?;
            }
            Ok(())
        }
    }
}

/// A condition within another: a group in parentheses, also where nobody would read it wrongly without.
fn part(formatter: &mut Formatter<'_>, condition: &Condition) -> fmt::Result {
    match condition {
        Condition::All(conditions) | Condition::Any(conditions) if conditions.len() > 1 => {
            write!(formatter, "({condition})")
        }
        condition => condition.fmt(formatter),
    }
}

/// A key at the beginning of a condition, with the word that says what it is the key of where it is no plain word.
struct Key<'t>(&'static str, &'t str);

impl Display for Key<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self(word, key) = self;
        if RESERVED.contains(key) || !super::lexer::is_word(key) {
            return write!(formatter, "{word} {}", Quoted(key));
        }
        formatter.write_str(key)
    }
}

fn event(formatter: &mut Formatter<'_>, events: &Events) -> fmt::Result {
    match &events.event {
        Some(name) => Quoted(name).fmt(formatter),
        None => formatter.write_str("any event"),
    }
}

fn conditions(formatter: &mut Formatter<'_>, events: &Events) -> fmt::Result {
    for (at, test) in events.conditions.iter().enumerate() {
        write!(formatter, "{}{}", if at == 0 { " where " } else { ", " }, Property(test))?;
    }
    Ok(())
}

fn times(formatter: &mut Formatter<'_>, times: Times) -> fmt::Result {
    if times == Times::default() { Ok(()) } else { write!(formatter, " {times}") }
}

fn window(formatter: &mut Formatter<'_>, window: Option<&Window>) -> fmt::Result {
    window.map_or(Ok(()), |window| write!(formatter, " {window}"))
}

impl Display for Behaviour {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("did ")?;
        event(formatter, &self.events)?;
        times(formatter, self.times)?;
        window(formatter, self.window.as_ref())?;
        conditions(formatter, &self.events)
    }
}

impl Display for Sequence {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for (at, step) in self.steps.iter().enumerate() {
            formatter.write_str(if at == 0 { "did " } else { " then " })?;
            formatter.write_str(if step.not { "not " } else { "" })?;
            event(formatter, &step.events)?;
            conditions(formatter, &step.events)?;
            if let Some(length) = step.within {
                write!(formatter, " within {length}")?;
            }
        }
        window(formatter, self.window.as_ref())
    }
}

impl Display for Occasion {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        event(formatter, &self.events)?;
        conditions(formatter, &self.events)?;
        write!(formatter, " {}", self.is)
    }
}

impl Display for Aggregate {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} in ", Quoted(&self.of))?;
        event(formatter, &self.events)?;
        write!(formatter, " {}", self.is)?;
        window(formatter, self.window.as_ref())?;
        conditions(formatter, &self.events)
    }
}

impl Display for Orders {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.measure {
            Measure::Count => "count of orders",
            Measure::Total => "total of orders",
            Measure::Average => "average of orders",
        })?;
        if let Some(currency) = &self.currency {
            write!(formatter, " in {currency}")?;
        }
        write!(formatter, " {}", self.is)?;
        window(formatter, self.window.as_ref())
    }
}

impl Display for Bought {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match &self.goods {
            Goods::Product(name) => write!(formatter, "bought product {}", Quoted(name))?,
            Goods::Category(name) => write!(formatter, "bought category {}", Quoted(name))?,
        }
        times(formatter, self.times)?;
        window(formatter, self.window.as_ref())
    }
}

impl Display for Near {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { key, latitude, longitude, kilometres } = self;
        let (latitude, longitude) = (latitude.normalize(), longitude.normalize());
        let key = Key("trait", key);
        write!(formatter, "{key} within {} km of ({latitude}, {longitude})", kilometres.normalize())
    }
}
