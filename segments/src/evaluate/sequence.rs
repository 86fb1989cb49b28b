//! Things that happened one after the other.
//!
//! After each step stand the instants that can have been reached, each with the latest beginning from which it can: the
//! later the beginning, the longer it lies in the window, so no other beginning need be known.

use std::collections::VecDeque;

use super::events::{matching, position};
use super::{Course, Frame, Instant};
use crate::condition::{Sequence, Step};
use crate::person::Subject;

/// An instant that was reached, and the latest instant of the first step from which it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reached {
    /// When it is known.
    at: Instant,
    /// What comes next comes later than this: the same instant, or after a silence the one before, for what happens
    /// just when a silence ends belongs to what follows.
    after: Instant,
    begun: Instant,
}

/// The course of whether the steps were taken.
pub(crate) fn course(sequence: &Sequence, subject: &Subject<'_>, frame: Frame) -> Course {
    let window = sequence.window.as_ref();
    let mut reached: Option<Vec<Reached>> = None;
    // What must not have happened since the last step that was done.
    let mut forbidden: Vec<Instant> = Vec::new();
    for step in &sequence.steps {
        let mut instants: Vec<Instant> = matching(&step.events, subject).map(|(at, _)| at).collect();
        instants.dedup();
        if step.not && step.within.is_none() {
            forbidden.append(&mut instants);
            forbidden.sort_unstable();
            continue;
        }
        if !step.not {
            instants.retain(|at| position(window, *at).is_some());
        }
        let next = match reached {
            None if step.not => Vec::new(),
            None => instants.iter().map(|at| Reached { at: *at, after: *at, begun: *at }).collect(),
            Some(before) if step.not => silent(&before, &instants, length(step)),
            Some(before) => done(&before, &instants, &forbidden, length(step)),
        };
        if next.is_empty() {
            return Course::always(false);
        }
        forbidden.clear();
        reached = Some(next);
    }
    let intervals = reached.unwrap_or_default().into_iter().filter_map(|Reached { at, after, begun }| {
        let (_, leaves) = position(window, begun)?;
        Some((at, leaves.min(first_after(&forbidden, after))))
    });
    Course::of_intervals(frame.from, intervals.collect())
}

fn length(step: &Step) -> Instant {
    step.within.map_or(Instant::MAX, crate::Duration::micros)
}

fn first_after(instants: &[Instant], at: Instant) -> Instant {
    instants.get(instants.partition_point(|instant| *instant <= at)).copied().unwrap_or(Instant::MAX)
}

/// Those after which it was silent for so long, moved to the end of the silence.
fn silent(before: &[Reached], noises: &[Instant], length: Instant) -> Vec<Reached> {
    let ends = before.iter().map(|reached| {
        let at = reached.at.saturating_add(length);
        (reached.after, Reached { at, after: at.saturating_sub(1), ..*reached })
    });
    ends.filter(|(after, end)| first_after(noises, *after) >= end.at).map(|(_, end)| end).collect()
}

/// Those instants that lie after something reached, in less than the length, with nothing forbidden in between.
fn done(before: &[Reached], instants: &[Instant], forbidden: &[Instant], length: Instant) -> Vec<Reached> {
    let mut next = Vec::new();
    // Latest beginnings first; whoever comes later with a later beginning makes the ones before useless.
    let mut candidates: VecDeque<Reached> = VecDeque::new();
    let mut coming = before.iter().copied().peekable();
    for &at in instants {
        while let Some(reached) = coming.next_if(|reached| reached.after < at) {
            while candidates.pop_back_if(|last| last.begun <= reached.begun).is_some() {}
            candidates.push_back(reached);
        }
        let barred = forbidden.partition_point(|instant| *instant < at).checked_sub(1);
        let after = barred.map_or(Instant::MIN, |barred| forbidden[barred]);
        let too_early = |start: Reached| start.after < after || at.saturating_sub(start.at) >= length;
        while candidates.pop_front_if(|first| too_early(*first)).is_some() {}
        if let Some(best) = candidates.front() {
            next.push(Reached { at, after: at, begun: best.begun });
        }
    }
    next
}
