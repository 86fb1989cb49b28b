//! How far people come through some steps, in order, and how long it takes them. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use segments::{Event, Events};

/// The way of somebody through a funnel: when each step was done, as many as were.
pub(super) type Way = Vec<DateTime<Utc>>;

/// From when until just before when the first step must be done, and within how long after it all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    pub(super) within: TimeDelta,
}

/// The first of the ways that lead furthest through these steps; the events are in order of time. One event is one step.
pub(super) fn way(steps: &[Events], events: &[Event], frame: Frame) -> Way {
    // Of each number of steps the way that began last: it has the most time left.
    let mut ways: Vec<Option<Way>> = vec![None; steps.len()];
    let mut furthest = Way::new();
    for event in events {
        let at = event.occurred_at;
        // The last step first, so that no event is two steps of one way.
        for (place, step) in steps.iter().enumerate().rev() {
            if !step.mean(event) {
                continue;
            }
            let way = match place.checked_sub(1) {
                None => (frame.from <= at && at < frame.to).then(|| vec![at]),
                Some(before) => {
                    let in_time = |way: &&Way| at - way[0] <= frame.within;
                    ways[before].as_ref().filter(in_time).map(|way| [&way[..], &[at]].concat())
                }
            };
            if let Some(way) = way {
                if way.len() > furthest.len() {
                    furthest.clone_from(&way);
                }
                ways[place] = Some(way);
            }
        }
    }
    furthest
}

#[cfg(test)]
mod tests {
    use segments::{Condition, Rule};

    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn steps(rules: &[&str]) -> Vec<Events> {
        let events = |rule: &&str| match Rule::parse(rule).unwrap().condition() {
            Condition::Did(did) => did.events.clone(),
            other => panic!("{other:?}"),
        };
        rules.iter().map(events).collect()
    }

    /// The minutes of the steps of who did these in these minutes, within an hour, begun in the minutes 0 to 99.
    fn found(rules: &[&str], did: &[(&str, i64)]) -> Vec<i64> {
        let events = did.iter().map(|(name, minute)| Event {
            name: (*name).to_owned(),
            occurred_at: at(*minute),
            properties: [("price".to_owned(), (*minute).into())].into_iter().collect(),
        });
        let frame = Frame { from: at(0), to: at(100), within: TimeDelta::hours(1) };
        let way = way(&steps(rules), &events.collect::<Vec<_>>(), frame);
        way.iter().map(|step| (*step - at(0)).num_minutes()).collect()
    }

    #[test]
    fn steps_are_done_in_order_and_in_time() {
        let all = [r#"did "A""#, r#"did "B""#, r#"did "C""#];
        for (did, expected) in [
            (vec![], vec![]),
            (vec![("B", 1), ("C", 2)], vec![]),
            (vec![("A", 1), ("C", 2), ("B", 3)], vec![1, 3]),
            (vec![("A", 1), ("B", 3), ("C", 61)], vec![1, 3, 61]),
            (vec![("A", 1), ("B", 3), ("C", 62)], vec![1, 3]),
            // A later beginning leads further than the first one.
            (vec![("A", 1), ("A", 40), ("B", 50), ("C", 90)], vec![40, 50, 90]),
            // The first of those that lead as far.
            (vec![("A", 1), ("B", 2), ("A", 5), ("B", 6)], vec![1, 2]),
            (vec![("A", -1), ("B", 2)], vec![]),
            (vec![("A", 99), ("B", 120)], vec![99, 120]),
            (vec![("A", 100), ("B", 120)], vec![]),
        ] {
            assert_eq!(found(&all, &did), expected, "{did:?}");
        }
    }

    #[test]
    fn one_event_is_one_step_and_a_condition_must_hold() {
        assert_eq!(found(&[r#"did "A""#, r#"did "A""#], &[("A", 1)]), [1]);
        assert_eq!(found(&[r#"did "A""#, r#"did "A""#], &[("A", 1), ("A", 2)]), [1, 2]);
        assert_eq!(
            found(&[r#"did "A" where price > 1"#, "did any event"], &[("A", 1), ("A", 2), ("X", 3)]),
            [2, 3]
        );
    }
}
