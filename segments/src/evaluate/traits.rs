//! Traits, and everything else that has a value through time.

use std::collections::BTreeMap;

use serde_json::Value;

use super::dates::{is_relative, passing};
use super::matching::{Found, decimal};
use super::{Course, Frame, Instant, date, fixed, micros, number};
use crate::comparison::Test;
use crate::condition::{KeyTest, PredictionTest};
use crate::person::{Subject, Timeline};

/// The timeline in which a trait is found, and the path in its values.
pub(crate) fn timeline<'p, 'k>(
    traits: &'p BTreeMap<String, Timeline<Value>>,
    key: &'k str,
) -> Option<(&'p Timeline<Value>, &'k str)> {
    if let Some(whole) = traits.get(key) {
        return Some((whole, ""));
    }
    key.match_indices('.').find_map(|(dot, _)| Some((traits.get(&key[..dot])?, &key[dot + 1..])))
}

/// The values through time: from … until just before …; `None`: there is none.
pub(crate) fn stretches<T>(timeline: &Timeline<T>) -> impl Iterator<Item = (Instant, Instant, Option<&T>)> {
    let entries = timeline.entries();
    let start =
        |at: usize| entries.get(at).map_or(Instant::MAX, |(from, _)| from.map_or(Instant::MIN, micros));
    let before = (Instant::MIN, start(0), None);
    let known =
        entries.iter().enumerate().map(move |(at, (_, value))| (start(at), start(at + 1), value.as_ref()));
    std::iter::once(before).chain(known).filter(|(from, to, _)| from < to)
}

/// The course of a test of a trait.
pub(crate) fn course(test: &KeyTest, subject: &Subject<'_>, frame: Frame) -> Course {
    let Some((timeline, path)) = timeline(&subject.person.traits, &test.key) else {
        return Course::always(test.is == Test::Exists(false));
    };
    through(timeline, frame, |value, part, dates| {
        let found = value.map_or_else(Found::default, |value| Found::within(value, path));
        if is_relative(&test.is) {
            found.elements().filter_map(date).for_each(|date| passing(&test.is, date, part, dates));
            return false;
        }
        found.passes(&test.is, test.ignore_case)
    })
}

/// The course of a test of a prediction.
pub(crate) fn prediction(test: &PredictionTest, subject: &Subject<'_>, frame: Frame) -> Course {
    let Some(timeline) = subject.person.predictions.get(&test.name) else {
        return Course::always(test.is == Test::Exists(false));
    };
    through(timeline, frame, |value, _, _| match (&test.is, value.and_then(|value| decimal(*value))) {
        (Test::Exists(exists), value) => value.is_some() == *exists,
        (test, Some(value)) => number::passes(test, fixed(value), 1),
        (_, None) => false,
    })
}

/// The course of something that is or is not.
pub(crate) fn flag(timelines: &BTreeMap<String, Timeline<bool>>, key: &str, frame: Frame) -> Course {
    let Some(timeline) = timelines.get(key) else { return Course::always(false) };
    through(timeline, frame, |value, _, _| value == Some(&true))
}

/// The course of a test of a place.
pub(crate) fn place(near: &crate::condition::Near, subject: &Subject<'_>, frame: Frame) -> Course {
    let Some((timeline, path)) = timeline(&subject.person.traits, &near.key) else {
        return Course::always(false);
    };
    through(timeline, frame, |value, _, _| {
        let found = value.map_or_else(Found::default, |value| Found::within(value, path));
        found.elements().any(|element| super::place::is_near(near, element))
    })
}

/// Asks of each value whether it passes while it lasts; the question may add when it does instead.
fn through<T>(
    timeline: &Timeline<T>,
    frame: Frame,
    mut passes: impl FnMut(Option<&T>, Frame, &mut Vec<(Instant, Instant)>) -> bool,
) -> Course {
    let (mut intervals, mut dates) = (Vec::new(), Vec::new());
    for (from, to, value) in stretches(timeline).filter(|(_, to, _)| *to > frame.from) {
        if passes(value, frame.part(from, to), &mut dates) {
            intervals.push((from, to));
        }
        intervals.extend(dates.drain(..).map(|(start, end)| (start.max(from), end.min(to))));
    }
    Course::of_intervals(frame.from, intervals)
}
