//! What a person bought.

use super::events::{dated, position};
use super::sweep::{Count, Figure, Item, Numbers, sweep};
use super::{Course, Frame, Instant, fixed};
use crate::comparison::{Test, Window};
use crate::condition::{Bought, Goods, Measure, Orders};
use crate::person::{Order, Subject};

/// The orders that count and are meant, undated ones first, then in order of time; for a total with what came back behind
/// them.
pub(crate) fn matching<'s>(
    orders: &'s Orders,
    subject: &'s Subject<'_>,
) -> impl Iterator<Item = (Option<Instant>, &'s Order)> {
    let returns = subject.returns.iter().filter(|_| orders.measure == Measure::Total);
    let all = subject.orders.iter().chain(returns).map(|(at, order)| (*at, *order));
    all.filter(|(_, order)| orders.currency.as_ref().is_none_or(|currency| *currency == order.currency))
}

/// The orders in which something was bought.
pub(crate) fn bought<'s>(
    goods: &'s Goods,
    subject: &'s Subject<'_>,
) -> impl Iterator<Item = (Option<Instant>, &'s Order)> {
    let all = subject.orders.iter().map(|(at, order)| (*at, *order));
    all.filter(|(_, order)| {
        order.lines.iter().any(|line| match goods {
            Goods::Product(meant) => {
                [&line.product, &line.sku, &line.name].into_iter().flatten().any(|name| name == meant)
            }
            Goods::Category(meant) => line.categories.contains(meant),
        })
    })
}

/// When an order lies in a window. An undated one always does where there is none, and never lies in one.
pub(crate) fn lies(window: Option<&Window>, at: Option<Instant>) -> Option<(Instant, Instant)> {
    match (at, window) {
        (Some(at), window) => position(window, at),
        (None, None) => Some((Instant::MIN, Instant::MAX)),
        (None, Some(_)) => None,
    }
}

fn items<'s, T>(
    orders: impl Iterator<Item = (Option<Instant>, &'s Order)>,
    window: Option<&Window>,
    value: impl Fn(&Order) -> T,
) -> Vec<Item<T>> {
    let mut items: Vec<Item<T>> = orders
        .filter_map(|(at, order)| {
            let (enters, leaves) = lies(window, at)?;
            Some(Item { enters, leaves, value: value(order) })
        })
        .collect();
    items.sort_by_key(|item| (item.enters, item.leaves));
    items
}

/// The figure that is asked for.
pub(crate) const fn figure(measure: Measure) -> Figure {
    match measure {
        Measure::Count => Figure::Count,
        Measure::Total => Figure::Sum,
        Measure::Average => Figure::Average,
    }
}

/// The course of a test of how many orders there are, or what they came to.
pub(crate) fn course(orders: &Orders, subject: &Subject<'_>, frame: Frame) -> Course {
    let items = items(matching(orders, subject), orders.window.as_ref(), |order| vec![fixed(order.revenue)]);
    sweep(frame.from, &items, Numbers::new(figure(orders.measure), &orders.is))
}

/// The course of how often something was bought.
pub(crate) fn purchases(bought_: &Bought, subject: &Subject<'_>, frame: Frame) -> Course {
    let items = items(bought(&bought_.goods, subject), bought_.window.as_ref(), |_| ());
    sweep(frame.from, &items, Count::new(bought_.times))
}

/// The course of a test of when the first or the last order was placed. Undated ones have no part in it.
pub(crate) fn placed(test: &Test, subject: &Subject<'_>, frame: Frame, last: bool) -> Course {
    let instants = subject.orders.iter().filter_map(|(at, _)| *at);
    if last { dated(test, instants, frame) } else { dated(test, instants.take(1), frame) }
}
