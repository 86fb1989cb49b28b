//! Yes or no through time: what it is at first, and the instants at which it flips.

use super::Instant;

/// Yes or no, from some instant on. What it was before that instant, a course does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Course {
    first: bool,
    /// Strictly ascending.
    flips: Vec<Instant>,
}

impl Course {
    /// It never changes.
    pub(crate) const fn always(holds: bool) -> Self {
        Self { first: holds, flips: Vec::new() }
    }

    /// Yes within any of these, each from its start until just before its end; in any order.
    pub(crate) fn of_intervals(from: Instant, mut intervals: Vec<(Instant, Instant)>) -> Self {
        intervals.retain(|(start, end)| start < end && *end > from);
        intervals.sort_unstable();
        let mut drawing = Drawing::new(from, false);
        let mut reached = Instant::MIN;
        for (at, (start, end)) in intervals.iter().enumerate() {
            drawing.mark(*start, true);
            reached = reached.max(*end);
            if intervals.get(at + 1).is_none_or(|(next, _)| *next > reached) {
                drawing.mark(reached, false);
            }
        }
        drawing.done()
    }

    /// What it is at an instant.
    pub(crate) fn at(&self, instant: Instant) -> bool {
        let passed = self.flips.partition_point(|flip| *flip <= instant);
        self.first ^ (passed % 2 == 1)
    }

    /// When it next changes.
    pub(crate) fn next(&self, after: Instant) -> Option<Instant> {
        self.flips.get(self.flips.partition_point(|flip| *flip <= after)).copied()
    }

    /// All changes, with what it is from then on.
    pub(crate) fn changes(&self) -> impl Iterator<Item = (Instant, bool)> {
        self.flips.iter().enumerate().map(|(at, flip)| (*flip, self.first ^ (at % 2 == 0)))
    }

    /// When it changes for the last time.
    pub(crate) fn last(&self) -> Option<Instant> {
        self.flips.last().copied()
    }

    /// The same, without what comes after an instant.
    pub(crate) fn until(mut self, last: Instant) -> Self {
        self.flips.truncate(self.flips.partition_point(|flip| *flip <= last));
        self
    }

    /// Whether it is always this.
    pub(crate) const fn is_always(&self, holds: bool) -> bool {
        self.first == holds && self.flips.is_empty()
    }

    /// The opposite.
    pub(crate) fn not(mut self) -> Self {
        self.first = !self.first;
        self
    }

    /// Yes while all of them are (`every`), or while any of them is. They are asked for one by one, and no more of them than
    /// are needed.
    pub(crate) fn combine(courses: impl Iterator<Item = Self>, every: bool) -> Self {
        let mut left: Vec<Self> = Vec::new();
        for course in courses {
            if course.is_always(!every) {
                return course;
            }
            if !course.is_always(every) {
                left.push(course);
            }
        }
        match left.len() {
            0 => Self::always(every),
            1 => left.swap_remove(0),
            _ => Self::sweep(&left, every),
        }
    }

    fn sweep(courses: &[Self], every: bool) -> Self {
        // Those that decide against it: one no where all must be, one yes where any may be.
        let mut against = courses.iter().filter(|course| course.first != every).count();
        let mut flips: Vec<(Instant, bool)> =
            courses.iter().flat_map(|course| course.changes().map(|(at, now)| (at, now != every))).collect();
        flips.sort_unstable();
        let mut drawing = Drawing::new(Instant::MIN, (against == 0) == every);
        let mut at = 0;
        while at < flips.len() {
            let instant = flips[at].0;
            while let Some((_, turns)) = flips.get(at).filter(|flip| flip.0 == instant) {
                // Of one instant all that turn for it come first: the sort puts `false` before `true`.
                against = if *turns { against + 1 } else { against - 1 };
                at += 1;
            }
            drawing.mark(instant, (against == 0) == every);
        }
        drawing.done()
    }
}

/// A course that is being drawn, from left to right.
#[derive(Debug)]
pub(crate) struct Drawing {
    from: Instant,
    course: Course,
    now: bool,
}

impl Drawing {
    /// A drawing that begins at an instant with what was before it.
    pub(crate) const fn new(from: Instant, before: bool) -> Self {
        Self { from, course: Course::always(before), now: before }
    }

    /// What it is from here on. Instants never go back; of one instant the last word counts. The greatest instant never
    /// comes.
    pub(crate) fn mark(&mut self, at: Instant, holds: bool) {
        if holds == self.now || at == Instant::MAX {
            return;
        }
        self.now = holds;
        if at <= self.from {
            self.course.first = holds;
        } else if self.course.flips.last() == Some(&at) {
            self.course.flips.pop();
        } else {
            self.course.flips.push(at);
        }
    }

    /// The course.
    pub(crate) fn done(self) -> Course {
        self.course
    }
}

#[cfg(test)]
mod tests {
    use super::{Course, Drawing};

    fn course(first: bool, flips: &[i64]) -> Course {
        Course { first, flips: flips.to_vec() }
    }

    #[test]
    fn a_course_is_yes_from_its_flip_on() {
        let course = course(false, &[10, 20]);
        for (at, holds, next) in
            [(9, false, Some(10)), (10, true, Some(20)), (19, true, Some(20)), (20, false, None)]
        {
            assert_eq!((course.at(at), course.next(at)), (holds, next), "{at}");
        }
    }

    #[test]
    fn intervals_that_touch_are_one() {
        let drawn = Course::of_intervals(0, vec![(20, 30), (5, 10), (10, 15), (7, 8), (40, 40), (-9, 0)]);
        assert_eq!(drawn, course(false, &[5, 15, 20, 30]));
        assert_eq!(Course::of_intervals(6, vec![(5, 10)]), course(true, &[10]));
        assert_eq!(Course::of_intervals(5, vec![(5, 10)]), course(true, &[10]));
        assert_eq!(Course::of_intervals(5, vec![(6, i64::MAX)]), course(false, &[6]));
        assert_eq!(Course::of_intervals(10, vec![(5, 10)]), course(false, &[]));
    }

    #[test]
    fn what_flips_twice_at_once_does_not_flip() {
        let mut drawing = Drawing::new(0, false);
        for (at, holds) in [(0, true), (3, false), (3, true), (5, false), (5, true), (5, false)] {
            drawing.mark(at, holds);
        }
        assert_eq!(drawing.done(), course(true, &[5]));
    }

    #[test]
    fn courses_are_combined_at_every_instant() {
        let parts = [course(false, &[1, 4, 6, 9]), course(true, &[3, 4, 7]), course(false, &[2, 9])];
        for every in [true, false] {
            let whole = Course::combine(parts.iter().cloned(), every);
            assert!(whole.flips.is_sorted_by(|left, right| left < right));
            for at in 0..12 {
                let mut answers = parts.iter().map(|part| part.at(at));
                let expected = if every { answers.all(|yes| yes) } else { answers.any(|yes| yes) };
                assert_eq!(whole.at(at), expected, "{every} at {at}");
            }
        }
    }

    #[test]
    fn one_no_is_enough_to_ask_no_further() {
        let asked = [course(true, &[1]), Course::always(false)].into_iter();
        let rest = std::iter::once_with(|| panic!("nobody needs to know"));
        assert_eq!(Course::combine(asked.chain(rest), true), Course::always(false));
    }
}
