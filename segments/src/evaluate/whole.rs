//! The course of a rule, from those of its conditions.

use super::traits::{stretches, timeline};
use super::{Course, Instant, leaf};
use crate::comparison::Test;
use crate::condition::Condition;
use crate::person::Subject;

/// Which part of time is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    /// What was before is not drawn.
    pub(crate) from: Instant,
    /// Anniversaries, which come round for ever, are drawn until here; everything else to its end.
    pub(crate) horizon: Instant,
}

impl Frame {
    /// The part of it in which a value stands.
    pub(crate) fn part(self, from: Instant, to: Instant) -> Self {
        Self { from: self.from.max(from), horizon: self.horizon.min(to) }
    }
}

/// Thirteen years of 366 days. Two leap years may lie eight years apart, so in so many years every order in which
/// anniversaries can follow each other has come round: what has not changed in that time by anniversaries alone never will.
const ALL_ORDERS: Instant = 13 * 366 * 86_400_000_000;

/// The course of a condition from an instant on. When it next changes is right for every instant until `until`.
pub(crate) fn whole(condition: &Condition, subject: &Subject<'_>, from: Instant, until: Instant) -> Course {
    let mut frame = Frame { from, horizon: until };
    if has_anniversary(condition) {
        let last = last_change(condition, subject, frame).unwrap_or(until).max(until);
        frame.horizon = last.saturating_add(ALL_ORDERS);
        // Beyond it the last anniversaries seem to end, and none to follow.
        return draw(condition, subject, frame).until(frame.horizon);
    }
    draw(condition, subject, frame)
}

fn draw(condition: &Condition, subject: &Subject<'_>, frame: Frame) -> Course {
    let drawn = |condition: &Condition| draw(condition, subject, frame);
    match condition {
        Condition::All(conditions) => Course::combine(conditions.iter().map(drawn), true),
        Condition::Any(conditions) => Course::combine(conditions.iter().map(drawn), false),
        Condition::Not(condition) => drawn(condition).not(),
        condition => leaf(condition, subject, frame),
    }
}

fn is_anniversary(condition: &Condition) -> bool {
    let test = match condition {
        Condition::Trait(test) => &test.is,
        Condition::First(occasion) | Condition::Last(occasion) => &occasion.is,
        Condition::FirstOrder(order) | Condition::LastOrder(order) => &order.is,
        _ => return false,
    };
    matches!(test, Test::AnniversaryWithin(_))
}

fn has_anniversary(condition: &Condition) -> bool {
    match condition {
        Condition::All(conditions) | Condition::Any(conditions) => conditions.iter().any(has_anniversary),
        Condition::Not(condition) => has_anniversary(condition),
        condition => is_anniversary(condition),
    }
}

/// When a condition changes for the last time, but for anniversaries.
fn last_change(condition: &Condition, subject: &Subject<'_>, frame: Frame) -> Option<Instant> {
    let last = |condition| last_change(condition, subject, frame);
    match condition {
        Condition::All(conditions) | Condition::Any(conditions) => conditions.iter().filter_map(last).max(),
        Condition::Not(condition) => last(condition),
        condition if !is_anniversary(condition) => leaf(condition, subject, frame).last(),
        Condition::Trait(test) => {
            let (timeline, _) = timeline(&subject.person.traits, &test.key)?;
            stretches(timeline).map(|(from, ..)| from).last()
        }
        Condition::First(occasion) | Condition::Last(occasion) => {
            super::matching_events(&occasion.events, subject).map(|(at, _)| at).last()
        }
        _ => subject.orders.last().and_then(|(at, _)| *at),
    }
}
