//! Whether a rule holds of a person, at which instant that changes, and when it held before.
//!
//! Every condition is turned into its course: yes or no, and the instants at which that flips (`course.rs`). Courses of
//! conditions are combined into the course of the rule, and then each question is a search in a sorted list: whether it
//! holds now, when it next changes, when it ever changed. A new kind of condition is a file here that draws its course,
//! and one line in `leaf.rs`.
//!
//! `matching.rs` tests a value of JSON, `dates.rs` says when a date passes a test, `traits.rs`, `events.rs`, `orders.rs`,
//! `sequence.rs`, `place.rs` and `sample.rs` draw conditions, `sweep.rs` moves a window over what happened, `number.rs`
//! adds up, `whole.rs` draws the rule.
//!
//! What never happens here: a clock, chance, a sum of floating points, a dependence on the order of what is given, an
//! error. What cannot be compared does not match. Instants are counted in microseconds.

mod course;
mod dates;
mod events;
mod instant;
mod leaf;
mod matching;
mod number;
mod orders;
mod place;
mod prepared;
mod sample;
mod sequence;
mod sweep;
mod traits;
mod whole;

pub use prepared::{Change, Evaluation, History, Prepared};

pub(crate) use dates::{date, day};
#[cfg(test)]
pub(crate) use events::property;
pub(crate) use events::{
    matching as matching_events, numbers as property_numbers, values as property_values,
};
pub(crate) use instant::{Instant, datetime, micros};
pub(crate) use matching::{Found, money_amount, number as json_number};
pub(crate) use number::{Fixed, fixed, to_decimal};
pub(crate) use orders::{bought, figure as order_figure, lies, matching as matching_orders};
pub(crate) use place::kilometres_between;
pub use sample::lot;
pub(crate) use sweep::Figure;
pub(crate) use traits::timeline;
pub(crate) use whole::whole;

use course::Course;
use leaf::leaf;
use whole::Frame;
