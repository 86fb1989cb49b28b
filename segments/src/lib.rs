//! Who is meant? The language in which segments are described.
//!
//! 1. A [`Rule`] is read from JSON or from text, checked, and written back; what is wrong comes as [`Problems`] that
//!    point at the place.
//! 2. A [`Person`] is all that counts of somebody, each thing with its own time; a [`Subject`] is one put in order.
//! 3. [`Rule::answer`] says whether the rule holds at an instant, and when that changes; [`Rule::history`] when it did.
//! 4. [`Rule::explain`] shows which condition held, what it met, and what is missing.
//! 5. [`Rule::depends`] says what must be loaded, [`check_acyclic`] in which order segments are asked that ask for others.
//!    [`templates()`] are rules to begin with.
//!
//! Everything here is a pure function of its arguments: no I/O, no clock, no chance, no SQL. The same facts in any order
//! give the same answer. What cannot be compared does not match, and nothing that a person's data hold makes an error.

mod acyclic;
mod check;
mod comparison;
mod condition;
mod depends;
mod duration;
mod evaluate;
mod explain;
mod json;
mod person;
mod problem;
mod rule;
mod templates;
mod text;

pub use acyclic::{Cycle, check_acyclic};
pub use comparison::{Amount, Literal, Money, Range, Test, When, Window};
pub use condition::{
    Aggregate, Behaviour, Bought, Condition, ConsentRef, Events, Goods, KeyTest, ListRef, Measure, Near,
    Occasion, OrderDate, Orders, PredictionTest, Sample, SegmentRef, Sequence, Step, Times,
};
pub use depends::{Dependencies, Reach};
pub use duration::Duration;
pub use evaluate::{Change, Evaluation, History, Prepared, lot};
pub use explain::{Explanation, Missing, Node};
pub use person::{Event, Line, Order, Person, Subject, Timeline};
pub use problem::{Position, Problem, Problems};
pub use rule::Rule;
pub use templates::{StageTemplate, Template, lifecycle_template, templates};

#[cfg(test)]
mod tests;
