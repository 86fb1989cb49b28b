//! The language once more, written as it is explained: every question asked anew at one instant, with no course, no sweep
//! and no sums that are kept. Slow, and what the real thing is compared with.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};
use rust_decimal::Decimal;
use serde_json::Value;

use super::arbitrary::{instant, person, rule, sequence_rule};
use crate::evaluate::{self as facts, Found};
use crate::{
    Aggregate, Condition, Duration, Event, Events, Literal, Measure, Order, Person, Sequence, Step, Subject,
    Test, Timeline, Window,
};

type Now = DateTime<Utc>;

fn long(length: Duration) -> TimeDelta {
    TimeDelta::seconds(length.as_seconds())
}

fn holds(condition: &Condition, person: &Person, now: Now) -> bool {
    let all = |condition: &Condition| holds(condition, person, now);
    let moved =
        || person.orders.iter().filter(|order| order.counts && order.placed_at.is_none_or(|at| at <= now));
    let orders = || moved().filter(|order| !order.is_return);
    match condition {
        Condition::All(conditions) => conditions.iter().all(all),
        Condition::Any(conditions) => conditions.iter().any(all),
        Condition::Not(condition) => !all(condition),
        Condition::Trait(test) => {
            let (name, path) = match person.traits.get(&test.key) {
                Some(_) => (test.key.as_str(), ""),
                None => test.key.split_once('.').unwrap_or((&test.key, "")),
            };
            let value = person.traits.get(name).and_then(|timeline| timeline.at(now));
            let found = value.map_or_else(Found::default, |value| Found::within(value, path));
            found.passes(&test.is, test.ignore_case)
                || found.elements().any(|value| date_of(value, &test.is, now))
        }
        Condition::Did(did) => {
            let events = events(&did.events, person, now);
            did.times.holds(
                events.iter().filter(|event| lies(did.window.as_ref(), event.occurred_at, now)).count(),
            )
        }
        Condition::Sequence(sequence) => taken(sequence, person, now),
        Condition::First(occasion) => {
            let first = events(&occasion.events, person, now).iter().map(|event| event.occurred_at).min();
            first.is_some_and(|first| dated(&occasion.is, first, now))
        }
        Condition::Last(occasion) => {
            let last = events(&occasion.events, person, now).iter().map(|event| event.occurred_at).max();
            last.is_some_and(|last| dated(&occasion.is, last, now))
        }
        Condition::Sum(of) => number(&of.is, Some(numbers(of, person, now).iter().sum())),
        Condition::Minimum(of) => number(&of.is, numbers(of, person, now).iter().min().copied()),
        Condition::Maximum(of) => number(&of.is, numbers(of, person, now).iter().max().copied()),
        Condition::Average(of) => average(&of.is, &numbers(of, person, now)),
        Condition::Distinct(of) => {
            let mut values: Vec<String> = in_window(of, person, now)
                .iter()
                .flat_map(|event| facts::property_values(event, &of.of))
                .collect();
            values.sort_unstable();
            values.dedup();
            number(&of.is, Some(Decimal::from(values.len())))
        }
        Condition::Orders(of) => {
            let meant = |order: &&Order| {
                of.currency.as_ref().is_none_or(|currency| *currency == order.currency)
                    && placed(of.window.as_ref(), order, now)
            };
            let counted = |order: &&Order| !order.is_return || of.measure == Measure::Total;
            let revenues: Vec<Decimal> =
                moved().filter(counted).filter(meant).map(|order| order.revenue).collect();
            match of.measure {
                Measure::Count => number(&of.is, Some(Decimal::from(revenues.len()))),
                Measure::Total => number(&of.is, Some(revenues.iter().sum())),
                Measure::Average => average(&of.is, &revenues),
            }
        }
        Condition::FirstOrder(order) => {
            let first = orders().filter_map(|order| order.placed_at).min();
            first.is_some_and(|first| dated(&order.is, first, now))
        }
        Condition::LastOrder(order) => {
            let last = orders().filter_map(|order| order.placed_at).max();
            last.is_some_and(|last| dated(&order.is, last, now))
        }
        Condition::Bought(bought) => {
            // All that the random shop sells is the mug.
            let count = orders()
                .filter(|order| !order.lines.is_empty() && placed(bought.window.as_ref(), order, now));
            bought.times.holds(count.count())
        }
        Condition::Segment(of) => flag(person.segments.get(&of.key), now),
        Condition::List(of) => flag(person.lists.get(&of.key), now),
        Condition::Consent(of) => flag(person.consents.get(&of.purpose), now),
        Condition::Prediction(test) => {
            let known = person.predictions.get(&test.name).and_then(|timeline| timeline.at(now));
            match (&test.is, known.filter(|number| !number.is_nan())) {
                (Test::Exists(exists), known) => known.is_some() == *exists,
                (test, Some(known)) if known.is_finite() => number(test, known.to_string().parse().ok()),
                (test, Some(_)) => number(test, Some(Decimal::from(1_000_000_000))),
                (_, None) => false,
            }
        }
        // These have tests of their own, with figures that were worked out elsewhere.
        leaf @ (Condition::Near(_) | Condition::Sample(_)) => {
            facts::whole(leaf, &Subject::new(person), facts::micros(now), facts::micros(now))
                .at(facts::micros(now))
        }
    }
}

fn flag(timeline: Option<&Timeline<bool>>, now: Now) -> bool {
    timeline.and_then(|timeline| timeline.at(now)) == Some(&true)
}

fn events<'p>(events: &Events, person: &'p Person, now: Now) -> Vec<&'p Event> {
    let meant = |event: &&Event| {
        events.event.as_ref().is_none_or(|name| *name == event.name)
            && event.occurred_at <= now
            && (events.conditions.iter())
                .all(|test| facts::property(event, &test.key).passes(&test.is, test.ignore_case))
    };
    person.events.iter().filter(meant).collect()
}

fn lies(window: Option<&Window>, at: Now, now: Now) -> bool {
    match window {
        None => true,
        Some(Window::Last(length)) => at > now - long(*length),
        Some(Window::Since(when)) => at >= when.start(),
        Some(Window::Before(when)) => at < when.start(),
        Some(Window::Between(range)) => at >= range.from.start() && at < range.to.end(),
    }
}

fn placed(window: Option<&Window>, order: &Order, now: Now) -> bool {
    order.placed_at.map_or(window.is_none(), |at| lies(window, at, now))
}

fn date_of(value: &Value, test: &Test, now: Now) -> bool {
    facts::date(value).and_then(facts::datetime).is_some_and(|date| match test {
        Test::WithinLast(_) | Test::MoreThanAgo(_) | Test::WithinNext(_) | Test::AnniversaryWithin(_) => {
            dated(test, date, now)
        }
        _ => false,
    })
}

fn dated(test: &Test, date: Now, now: Now) -> bool {
    match test {
        Test::On(when) => date >= when.start() && date < when.end(),
        Test::Before(when) => date < when.start(),
        Test::After(when) => date >= when.end(),
        Test::BetweenDates(range) => date >= range.from.start() && date < range.to.end(),
        Test::WithinLast(length) => date <= now && date > now - long(*length),
        Test::MoreThanAgo(length) => date <= now - long(*length),
        Test::WithinNext(length) => date > now && date <= now + long(*length),
        Test::AnniversaryWithin(length) => {
            let (born, today) = (date.date_naive(), now.date_naive());
            // Day by day: is it the day of the year?
            (0..=length.as_seconds() / 86_400).any(|days| {
                let day = today + TimeDelta::days(days);
                let same = (day.month(), day.day()) == (born.month(), born.day());
                let leap = (born.month(), born.day()) == (2, 29)
                    && (day.month(), day.day()) == (2, 28)
                    && !day.leap_year();
                day.year() > born.year() && (same || leap)
            })
        }
        _ => false,
    }
}

fn in_window<'p>(of: &Aggregate, person: &'p Person, now: Now) -> Vec<&'p Event> {
    let mut events = events(&of.events, person, now);
    events.retain(|event| lies(of.window.as_ref(), event.occurred_at, now));
    events
}

fn numbers(of: &Aggregate, person: &Person, now: Now) -> Vec<Decimal> {
    let currency = of.is.currency();
    let amounts = in_window(of, person, now).into_iter().flat_map(|event| {
        let found = facts::property(event, &of.of);
        found.elements().filter_map(|element| found.amount(element, currency)).collect::<Vec<_>>()
    });
    amounts.collect()
}

/// Cross-multiplied: a third has no last decimal.
fn average(test: &Test, numbers: &[Decimal]) -> bool {
    let count = Decimal::from(numbers.len());
    let sum: Decimal = numbers.iter().sum();
    !numbers.is_empty() && compared(test, |number| sum.cmp(&(number * count)))
}

fn number(test: &Test, found: Option<Decimal>) -> bool {
    found.is_some_and(|found| compared(test, |number| found.cmp(&number)))
}

fn compared(test: &Test, against: impl Fn(Decimal) -> std::cmp::Ordering) -> bool {
    let literal = |literal: &Literal| match literal {
        Literal::Number(number) => against(*number).is_eq(),
        Literal::Money(money) => against(money.amount).is_eq(),
        Literal::Text(_) | Literal::Boolean(_) => false,
    };
    match test {
        Test::Equals(number) => literal(number),
        Test::NotEquals(number) => !literal(number),
        Test::OneOf(numbers) => numbers.iter().any(literal),
        Test::NoneOf(numbers) => !numbers.iter().any(literal),
        Test::Above(amount) => against(amount.number()).is_gt(),
        Test::AtLeast(amount) => against(amount.number()).is_ge(),
        Test::Below(amount) => against(amount.number()).is_lt(),
        Test::AtMost(amount) => against(amount.number()).is_le(),
        Test::Between(range) => against(range.from.number()).is_ge() && against(range.to.number()).is_le(),
        _ => false,
    }
}

/// Whether there is any way through the steps.
fn taken(sequence: &Sequence, person: &Person, now: Now) -> bool {
    let window = sequence.window.as_ref();
    let done = |step: &Step| -> Vec<Now> {
        let events = events(&step.events, person, now);
        events.iter().map(|event| event.occurred_at).filter(|at| lies(window, *at, now)).collect()
    };
    let Some((first, rest)) = sequence.steps.split_first() else { return false };
    done(first).into_iter().any(|at| onward(rest, at, at, &[], &done, person, now))
}

fn onward(
    steps: &[Step],
    at: Now,
    after: Now,
    barred: &[Now],
    done: &dyn Fn(&Step) -> Vec<Now>,
    person: &Person,
    now: Now,
) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return !barred.iter().any(|barred| *barred > after);
    };
    let all: Vec<Now> = events(&step.events, person, now).iter().map(|event| event.occurred_at).collect();
    match (step.not, step.within) {
        (true, None) => onward(rest, at, after, &[barred, &all].concat(), done, person, now),
        (true, Some(length)) => {
            let end = at + long(length);
            let silent = !all.iter().any(|noise| *noise > after && *noise < end);
            end <= now
                && silent
                && onward(rest, end, end - TimeDelta::microseconds(1), &[], done, person, now)
        }
        (false, within) => done(step).into_iter().any(|next| {
            next > after
                && within.is_none_or(|length| next - at < long(length))
                && !barred.iter().any(|barred| *barred > after && *barred < next)
                && onward(rest, next, next, &[], done, person, now)
        }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_way_through_a_sequence_counts(rule in sequence_rule(), person in person(), now in instant()) {
        prop_assert_eq!(rule.evaluate(&person, now).holds, holds(rule.condition(), &person, now), "{}", rule);
    }

    #[test]
    fn the_answer_is_what_the_words_say(rule in rule(), person in person(), now in instant()) {
        prop_assert_eq!(rule.evaluate(&person, now).holds, holds(rule.condition(), &person, now), "{}", rule);
    }
}
