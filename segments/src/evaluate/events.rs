//! What a person did: how often, when first and last, and what its properties come to.

use serde_json::Value;

use super::matching::{Found, find};
use super::sweep::{Count, Different, Figure, Item, Numbers, sweep};
use super::{Course, Fixed, Frame, Instant, dates, fixed, json_number, micros};
use crate::comparison::{Test, Window};
use crate::condition::{Aggregate, Behaviour, Events, Occasion};
use crate::person::{Event, Subject};

/// The events that are meant, in order of time.
pub(crate) fn matching<'s>(
    events: &'s Events,
    subject: &'s Subject<'_>,
) -> impl Iterator<Item = (Instant, &'s Event)> {
    let named = subject.events(events.event.as_deref()).iter().map(|(at, event)| (*at, *event));
    named.filter(|(_, event)| passes(events, event))
}

impl Events {
    /// Whether this event is meant.
    pub fn mean(&self, event: &Event) -> bool {
        self.event.as_ref().is_none_or(|name| *name == event.name) && passes(self, event)
    }
}

fn passes(events: &Events, event: &Event) -> bool {
    events.conditions.iter().all(|test| property(event, &test.key).passes(&test.is, test.ignore_case))
}

/// What an event says of a property; a number that stands there is in the currency that the event names.
pub(crate) fn property<'e>(event: &'e Event, key: &str) -> Found<'e> {
    let mut found = find(&event.properties, key);
    found.currency = event.properties.get("currency").and_then(Value::as_str);
    found
}

/// From when until just before when something that happened lies in a window. `None`: never.
pub(crate) fn position(window: Option<&Window>, at: Instant) -> Option<(Instant, Instant)> {
    let for_ever = (at, Instant::MAX);
    match window {
        None => Some(for_ever),
        Some(Window::Last(length)) => Some((at, at.saturating_add(length.micros()))),
        Some(Window::Since(when)) => (at >= micros(when.start())).then_some(for_ever),
        Some(Window::Before(when)) => (at < micros(when.start())).then_some(for_ever),
        Some(Window::Between(range)) => {
            (micros(range.from.start())..micros(range.to.end())).contains(&at).then_some(for_ever)
        }
    }
}

fn items<T>(
    events: &Events,
    window: Option<&Window>,
    subject: &Subject<'_>,
    value: impl Fn(&Event) -> T,
) -> Vec<Item<T>> {
    matching(events, subject)
        .filter_map(|(at, event)| {
            let (enters, leaves) = position(window, at)?;
            Some(Item { enters, leaves, value: value(event) })
        })
        .collect()
}

/// The course of a count.
pub(crate) fn did(behaviour: &Behaviour, subject: &Subject<'_>, frame: Frame) -> Course {
    let items = items(&behaviour.events, behaviour.window.as_ref(), subject, |_| ());
    sweep(frame.from, &items, Count::new(behaviour.times))
}

/// The course of a test of when something happened for the first or the last time.
pub(crate) fn occasion(occasion: &Occasion, subject: &Subject<'_>, frame: Frame, last: bool) -> Course {
    let instants = matching(&occasion.events, subject).map(|(at, _)| at);
    if last { dated(&occasion.is, instants, frame) } else { dated(&occasion.is, instants.take(1), frame) }
}

/// The course of a test of the newest of some dates, which are in order.
pub(crate) fn dated(test: &Test, dates: impl Iterator<Item = Instant>, frame: Frame) -> Course {
    let mut intervals = Vec::new();
    let mut passing = Vec::new();
    let mut dates = dates.peekable();
    while let Some(date) = dates.next() {
        let until = dates.peek().copied().unwrap_or(Instant::MAX);
        if until <= frame.from {
            continue;
        }
        if dates::is_relative(test) {
            dates::passing(test, date, frame.part(date, until), &mut passing);
        } else if dates::passes(test, date) {
            passing.push((date, Instant::MAX));
        }
        intervals.extend(passing.drain(..).map(|(start, end)| (start.max(date), end.min(until))));
    }
    Course::of_intervals(frame.from, intervals)
}

/// The course of a test of what a property comes to.
pub(crate) fn aggregate(
    aggregate: &Aggregate,
    subject: &Subject<'_>,
    frame: Frame,
    figure: Figure,
) -> Course {
    let numbers = |event: &Event| numbers(aggregate, event);
    let items = items(&aggregate.events, aggregate.window.as_ref(), subject, numbers);
    sweep(frame.from, &items, Numbers::new(figure, &aggregate.is))
}

/// The course of a test of how many different values a property has.
pub(crate) fn distinct(aggregate: &Aggregate, subject: &Subject<'_>, frame: Frame) -> Course {
    let values = |event: &Event| values(event, &aggregate.of);
    let items = items(&aggregate.events, aggregate.window.as_ref(), subject, values);
    sweep(frame.from, &items, Different::new(&aggregate.is))
}

/// The numbers that an event brings to an aggregate.
pub(crate) fn numbers(aggregate: &Aggregate, event: &Event) -> Vec<Fixed> {
    let found = property(event, &aggregate.of);
    let currency = aggregate.is.currency();
    found.elements().filter_map(|element| found.amount(element, currency)).map(fixed).collect()
}

/// The values of a property, written so that equal ones are written alike.
pub(crate) fn values(event: &Event, key: &str) -> Vec<String> {
    let written = |value: &Value| match value {
        Value::Number(number) => Some(json_number(number).normalize().to_string()),
        Value::String(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    property(event, key).elements().filter_map(written).collect()
}
