use super::sweep::Figure;
use super::{Course, Frame, events, orders, sample, sequence, traits};
use crate::condition::Condition;
use crate::person::Subject;

/// The course of a condition that holds no others. Those that do are drawn by `whole.rs`, and here never hold.
pub(crate) fn leaf(condition: &Condition, subject: &Subject<'_>, frame: Frame) -> Course {
    match condition {
        Condition::All(_) | Condition::Any(_) | Condition::Not(_) => Course::always(false),
        Condition::Trait(test) => traits::course(test, subject, frame),
        Condition::Did(behaviour) => events::did(behaviour, subject, frame),
        Condition::Sequence(steps) => sequence::course(steps, subject, frame),
        Condition::First(occasion) => events::occasion(occasion, subject, frame, false),
        Condition::Last(occasion) => events::occasion(occasion, subject, frame, true),
        Condition::Sum(of) => events::aggregate(of, subject, frame, Figure::Sum),
        Condition::Average(of) => events::aggregate(of, subject, frame, Figure::Average),
        Condition::Minimum(of) => events::aggregate(of, subject, frame, Figure::Minimum),
        Condition::Maximum(of) => events::aggregate(of, subject, frame, Figure::Maximum),
        Condition::Distinct(of) => events::distinct(of, subject, frame),
        Condition::Orders(of) => orders::course(of, subject, frame),
        Condition::FirstOrder(order) => orders::placed(&order.is, subject, frame, false),
        Condition::LastOrder(order) => orders::placed(&order.is, subject, frame, true),
        Condition::Bought(bought) => orders::purchases(bought, subject, frame),
        Condition::Segment(segment) => traits::flag(&subject.person.segments, &segment.key, frame),
        Condition::Consent(consent) => traits::flag(&subject.person.consents, &consent.purpose, frame),
        Condition::Prediction(test) => traits::prediction(test, subject, frame),
        Condition::Near(near) => traits::place(near, subject, frame),
        Condition::List(list) => traits::flag(&subject.person.lists, &list.key, frame),
        Condition::Sample(of) => Course::always(sample::is_drawn(of, subject.person.id)),
    }
}
