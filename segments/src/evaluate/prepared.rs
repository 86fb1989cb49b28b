use chrono::{DateTime, Utc};

use super::whole::whole;
use super::{Course, Instant, datetime, micros};
use crate::person::{Person, Subject};
use crate::rule::Rule;

/// The answer to a rule at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evaluation {
    /// Whether it holds.
    pub holds: bool,
    /// The first instant after it at which the answer changes, as far as anything is known by now: because time passes, or
    /// because something is dated later. `None`: never.
    pub next: Option<DateTime<Utc>>,
}

/// From when on a rule held, or held no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Since when. `None`: always, for nothing of the person has a date. Only the first change may say so.
    pub at: Option<DateTime<Utc>>,
    /// Whether it holds from then on.
    pub holds: bool,
}

/// What a rule answered through time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Every change, oldest first. In the beginning a rule does not hold of anyone.
    pub changes: Vec<Change>,
    /// Whether it holds at the end.
    pub holds: bool,
    /// When it changes after the end; see [`Evaluation::next`].
    pub next: Option<DateTime<Utc>>,
}

/// A rule that was asked about a person once, for all instants of a stretch of time.
#[derive(Debug, Clone)]
pub struct Prepared {
    course: Course,
}

impl Prepared {
    /// Asks for all instants from one to another. Every answer within is exact; before it there are none.
    pub fn new(rule: &Rule, subject: &Subject<'_>, from: DateTime<Utc>, until: DateTime<Utc>) -> Self {
        Self { course: whole(rule.condition(), subject, micros(from), micros(until)) }
    }

    /// The answer at an instant of the stretch.
    pub fn at(&self, instant: DateTime<Utc>) -> Evaluation {
        let instant = micros(instant);
        Evaluation { holds: self.course.at(instant), next: self.course.next(instant).and_then(datetime) }
    }
}

impl Rule {
    /// Whether the rule holds of a person at an instant, and when that changes. For many rules [`Rule::answer`] is faster.
    pub fn evaluate(&self, person: &Person, now: DateTime<Utc>) -> Evaluation {
        self.answer(&Subject::new(person), now)
    }

    /// Whether the rule holds of somebody at an instant, and when that changes.
    pub fn answer(&self, subject: &Subject<'_>, now: DateTime<Utc>) -> Evaluation {
        Prepared::new(self, subject, now, now).at(now)
    }

    /// Every change until an instant: from the beginning of all that is known of the person, or after an instant at which
    /// the answer is known.
    ///
    /// A walk that is continued finds the changes that the whole walk finds after that instant. Where what is known by now
    /// gives another answer at that instant than the one that was known, the first change is there.
    pub fn history(
        &self,
        subject: &Subject<'_>,
        known: Option<(DateTime<Utc>, bool)>,
        until: DateTime<Utc>,
    ) -> History {
        let beginning = subject.beginning();
        let begins = beginning.map_or(Instant::MIN, micros);
        let (from, known) = known.map_or((begins, false), |(at, known)| (micros(at).max(begins), known));
        let end = micros(until);
        let course = whole(self.condition(), subject, from, end.max(from));
        let change = |(at, holds): (Instant, bool)| Change { at: datetime(at), holds };
        let mut changes = Vec::new();
        if end < from {
            let next = if course.at(from) == known { course.next(from) } else { Some(from) };
            return History { changes, holds: known, next: next.and_then(datetime) };
        }
        if course.at(from) != known {
            changes.push(change((from, !known)));
        }
        changes.extend(course.changes().filter(|(at, _)| (from..=end).contains(at)).map(change));
        History { changes, holds: course.at(end), next: course.next(end).and_then(datetime) }
    }
}
