//! What holds of any recommender, what small bases must give by hand, and what nobody should send.

mod answers;
mod edges;
mod learning;
mod rules;

use super::{Purchase, Recommender, Settings};

/// Purchases as (customer, item, day).
fn bought(purchases: &[(u32, &'static str, f64)]) -> Vec<Purchase<u32, &'static str>> {
    purchases
        .iter()
        .map(|(customer, item, time)| Purchase { customer: *customer, item: *item, time: *time })
        .collect()
}

/// Of people who drink tea or coffee: cups go with either, milk with coffee, and lemon with tea.
fn drinks() -> Vec<Purchase<u32, &'static str>> {
    let mut all = Vec::new();
    for customer in 0..20 {
        let day = f64::from(customer);
        all.push((customer, "cup", day));
        if customer % 2 == 0 {
            all.extend([
                (customer, "coffee", day),
                (customer, "milk", day),
                (customer, "coffee", day + 30.0),
            ]);
        } else {
            all.extend([(customer, "tea", day), (customer, "lemon", day + 1.0)]);
        }
        if customer == 7 {
            all.push((customer, "sugar", day));
        }
    }
    bought(&all)
}

fn recommender() -> Recommender<&'static str> {
    Recommender::train(&drinks(), 60.0, &few()).expect("a recommender")
}

/// Settings that believe few customers.
fn few() -> Settings {
    Settings { ridge: 2.0, ..Settings::default() }
}
