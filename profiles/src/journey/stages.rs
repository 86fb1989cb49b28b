//! When somebody passed from stage to stage. Pure: a function of the stages and of the person's stays in their segments.

use chrono::{DateTime, Utc};

use super::Stage;
use crate::audiences::Stay;

/// A time in a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage {
    /// The place of the stage in the lifecycle, from 0 on.
    pub stage: usize,
    /// When it began; `None`: always.
    pub entered_at: Option<DateTime<Utc>>,
    /// When it ended; `None` where it has not.
    pub left_at: Option<DateTime<Utc>>,
}

/// The passages of somebody with these stays, in any order, until an instant; oldest first. At each instant somebody is in
/// the last stage whose segment holds them then, or in none.
pub fn passages(stages: &[Stage], stays: &[Stay], until: Option<DateTime<Utc>>) -> Vec<Passage> {
    let is_by_then = |at: Option<DateTime<Utc>>| until.is_none_or(|until| at.is_none_or(|at| at <= until));
    let mut turns: Vec<(Option<DateTime<Utc>>, usize, i32)> = Vec::new();
    for stay in stays {
        let Some(stage) = stages.iter().position(|stage| stage.segment == stay.segment) else { continue };
        if is_by_then(stay.entered_at) {
            turns.push((stay.entered_at, stage, 1));
            if stay.left_at.is_some() && is_by_then(stay.left_at) {
                turns.push((stay.left_at, stage, -1));
            }
        }
    }
    turns.sort_unstable();
    let mut held = vec![0_i32; stages.len()];
    let mut passages: Vec<Passage> = Vec::new();
    for together in turns.chunk_by(|one, next| one.0 == next.0) {
        for (_, stage, turn) in together {
            held[*stage] += turn;
        }
        let (at, now) = (together[0].0, held.iter().rposition(|held| *held > 0));
        let open = passages.last_mut().filter(|last| last.left_at.is_none());
        if open.as_ref().map(|last| last.stage) == now {
            continue;
        }
        if let Some(open) = open {
            open.left_at = at;
        }
        passages.extend(now.map(|stage| Passage { stage, entered_at: at, left_at: None }));
    }
    passages
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    fn stages() -> Vec<Stage> {
        ["visitor", "lead", "customer"]
            .map(|key| Stage { key: key.to_owned(), name: key.to_owned(), segment: format!("s-{key}") })
            .into()
    }

    fn stay(stage: &str, from: Option<i64>, to: Option<i64>) -> Stay {
        Stay { segment: format!("s-{stage}"), entered_at: from.map(at), left_at: to.map(at) }
    }

    fn found(stays: &[Stay], until: Option<i64>) -> Vec<(usize, Option<i64>, Option<i64>)> {
        let second = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp());
        let found = passages(&stages(), stays, until.map(at));
        found.into_iter().map(|one| (one.stage, second(one.entered_at), second(one.left_at))).collect()
    }

    #[test]
    fn somebody_is_in_the_last_stage_that_holds_them() {
        let stays = [
            stay("customer", Some(30), Some(50)),
            stay("visitor", None, None),
            stay("lead", Some(10), Some(40)),
            stay("lead", Some(60), Some(70)),
            stay("unknown", Some(1), None),
        ];
        let expected = [
            (0, None, Some(10)),
            (1, Some(10), Some(30)),
            (2, Some(30), Some(50)),
            (0, Some(50), Some(60)),
            (1, Some(60), Some(70)),
            (0, Some(70), None),
        ];
        assert_eq!(found(&stays, None), expected);
        let mut turned = stays.to_vec();
        turned.reverse();
        assert_eq!(found(&turned, None), expected, "in any order");
        assert_eq!(
            found(&stays, Some(35)),
            [(0, None, Some(10)), (1, Some(10), Some(30)), (2, Some(30), None)]
        );
    }

    #[test]
    fn who_leaves_one_and_enters_another_at_once_has_no_gap_and_nobody_is_in_none_twice() {
        let stays = [stay("lead", Some(1), Some(5)), stay("customer", Some(5), Some(9))];
        assert_eq!(found(&stays, None), [(1, Some(1), Some(5)), (2, Some(5), Some(9))]);
        let again = [stay("lead", Some(1), Some(5)), stay("lead", Some(8), None)];
        assert_eq!(found(&again, None), [(1, Some(1), Some(5)), (1, Some(8), None)]);
        assert_eq!(found(&[], None), []);
    }
}
