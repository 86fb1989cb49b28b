//! Fills the shop: its range, its accounts, and the orders of customers and guests.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Seed,
    catalogue::CATALOGUE,
    orders::{Buyer, Till},
    record::{Addresses, NO_EMAILS, address, between, days, days_before, entered, phone},
};
use crate::{
    chance::Chance,
    people::{Person, Population, ascii, dotted, plussed, shouted},
    truth::{Source, Truth},
    woocommerce::{Address, Customer, Order, Product, Shop},
};

const FIRST_CUSTOMER: u64 = 7;
const FIRST_PRODUCT: u64 = 101;
const FIRST_ORDER: u64 = 1_001;
/// Posts share one series of ids: between two orders there is room for refunds.
const ORDER_STEP: u64 = 3;

pub(super) fn fill(seed: Seed, population: &Population, truth: &mut Truth) -> Shop {
    let mut chance = Chance::new(seed.seed, "shop");
    let (consumer_key, consumer_secret) =
        (format!("ck_{}", chance.hex(40)), format!("cs_{}", chance.hex(40)));
    let products = range(&mut chance, seed.now);
    let mut till = Till::new(&products);
    let customers = customers(&mut chance, seed, population);

    let mut orders = Vec::new();
    for (person, customer) in &customers {
        truth.record(Source::WooCommerce, customer.id.to_string(), *person);
        let person = &population.people[*person];
        let buyer = Buyer { person, customer_id: customer.id, billing: customer.billing.clone() };
        for at in visits(&mut chance, person, customer.created, seed.now) {
            orders.push(till.order(&mut chance, &buyer, at, seed.now));
        }
    }
    let accounts: BTreeMap<usize, String> =
        customers.iter().map(|(person, customer)| (*person, customer.email.clone())).collect();
    for person in &population.people {
        if !chance.hit(0.18) {
            continue;
        }
        let usual = guest_email(&mut chance, population, person, accounts.get(&person.index));
        let first = days_before(&mut chance, seed.now, 1, 720);
        for at in visits(&mut chance, person, first, seed.now).into_iter().take(4) {
            let email = if chance.hit(0.2) { shouted(&mut chance, &usual) } else { usual.clone() };
            truth.record(Source::WooCommerce, format!("guest:{}", email.trim().to_lowercase()), person.index);
            let billing = Address { email, ..postal(&mut chance, person) };
            orders.push(till.order(&mut chance, &Buyer { person, customer_id: 0, billing }, at, seed.now));
        }
    }
    let mut customers: BTreeMap<u64, Customer> =
        customers.into_iter().map(|(_, customer)| (customer.id, customer)).collect();
    let orders = numbered(orders);
    for order in orders.values().filter(|order| order.paid.is_some()) {
        if let Some(customer) = customers.get_mut(&order.customer_id) {
            customer.paying = true;
        }
    }
    Shop { consumer_key, consumer_secret, zone: chrono_tz::Europe::Amsterdam, customers, orders, products }
}

fn range(chance: &mut Chance, now: DateTime<Utc>) -> BTreeMap<u64, Product> {
    let all = CATALOGUE.iter().enumerate().flat_map(|(number, category)| {
        category.products.iter().map(move |(name, price)| (15 + number as u64, category.name, *name, *price))
    });
    (FIRST_PRODUCT..)
        .zip(all)
        .map(|(id, (category_id, category, name, price))| {
            let created = days_before(chance, now, 800, 1_200);
            let product = Product {
                id,
                name: name.to_owned(),
                sku: format!("LL-{id:04}"),
                category: (category_id, category.to_owned()),
                price,
                sale_price: chance.hit(0.1).then(|| price * 4 / 5),
                stock: chance.between(0, 250),
                status: "publish".to_owned(),
                created,
                modified: between(chance, created, now),
            };
            (id, product)
        })
        .collect()
}

/// The accounts with their owners, oldest account first.
fn customers(chance: &mut Chance, seed: Seed, population: &Population) -> Vec<(usize, Customer)> {
    let mut taken = HashSet::new();
    let mut found: Vec<(usize, Customer)> = Vec::new();
    for person in &population.people {
        if !chance.hit(0.55) {
            continue;
        }
        let shares = Addresses { work: 0.14, former: 0.06, household: 0.02 };
        let mut email = address(chance, population, person, &shares).to_owned();
        if !taken.insert(email.clone()) {
            // An address has one account; the second of a household takes another.
            email.clone_from(&person.email);
            if !taken.insert(email.clone()) {
                continue;
            }
        }
        let created = days_before(chance, seed.now, 2, 730);
        let mut billing = Address { email: email.clone(), ..postal(chance, person) };
        match chance.below(100) {
            0..3 => billing.email.clone_from(&population.people[person.household].email),
            3..5 if person.employer.is_some() => {
                let company = &population.companies[person.employer.unwrap_or_default()];
                billing.email = format!("info@{}", company.domain);
                billing.company.clone_from(&company.name);
            }
            _ => {}
        }
        let customer = Customer {
            id: 0,
            first_name: billing.first_name.clone(),
            last_name: billing.last_name.clone(),
            username: format!("{}.{}", ascii(&person.given), ascii(&person.family)),
            role: if chance.hit(0.02) { "subscriber" } else { "customer" }.to_owned(),
            created,
            modified: chance.hit(0.8).then(|| between(chance, created, seed.now)),
            paying: false,
            shipping: Address { email: String::new(), phone: String::new(), ..billing.clone() },
            billing,
            email,
        };
        found.push((person.index, customer));
    }
    found.sort_by_key(|(_, customer)| customer.created);
    for (id, (_, customer)) in (FIRST_CUSTOMER..).zip(&mut found) {
        customer.id = id;
    }
    found
}

/// The person's name, home and phone as typed at a checkout.
fn postal(chance: &mut Chance, person: &Person) -> Address {
    let home = &person.home;
    Address {
        first_name: entered(chance, &person.given),
        last_name: entered(chance, &person.family),
        address_1: home.street.clone(),
        city: entered(chance, home.city),
        postcode: if chance.hit(0.2) {
            home.postcode.replace(' ', "").to_lowercase()
        } else {
            home.postcode.clone()
        },
        country: home.country.code().to_owned(),
        phone: if chance.hit(0.8) { phone(chance, person) } else { String::new() },
        ..Address::default()
    }
}

/// The address that a guest types, own or made up.
fn guest_email(
    chance: &mut Chance,
    population: &Population,
    person: &Person,
    account: Option<&String>,
) -> String {
    let shares = Addresses { work: 0.12, former: 0.08, household: 0.04 };
    let own = match account {
        Some(account) if chance.hit(0.7) => account.clone(),
        _ => address(chance, population, person, &shares).to_owned(),
    };
    match chance.below(100) {
        0..4 => (*chance.pick(&NO_EMAILS)).to_owned(),
        4..7 if person.employer.is_some() => {
            format!("info@{}", population.companies[person.employer.unwrap_or_default()].domain)
        }
        7..13 => dotted(&own),
        13..19 => plussed(&own, "shop"),
        _ => own,
    }
}

/// When the person buys: at an own pace, until interest is lost.
fn visits(
    chance: &mut Chance,
    person: &Person,
    first: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Vec<DateTime<Utc>> {
    let pace = 25.0 + 160.0 * (1.0 - person.interest);
    let last = now.min(first + days(chance.exponential(120.0 + 500.0 * person.interest)));
    let mut at = first + TimeDelta::seconds(chance.between(120, 86_400));
    let mut visits = Vec::new();
    // One account in ten never buys.
    while at < last && !(visits.is_empty() && chance.hit(0.1)) {
        visits.push(at);
        at += days(0.1 + chance.exponential(pace));
    }
    visits
}

/// Gives ids in the order of time.
fn numbered(mut orders: Vec<Order>) -> BTreeMap<u64, Order> {
    orders.sort_by_key(|order| order.created);
    (0_u64..)
        .zip(orders)
        .map(|(position, mut order)| {
            order.id = FIRST_ORDER + position * ORDER_STEP;
            for (line, number) in order.lines.iter_mut().zip(1..) {
                line.id = order.id * 10 + number;
            }
            for (refund, number) in order.refunds.iter_mut().zip(1..) {
                refund.id = order.id + number;
            }
            (order.id, order)
        })
        .collect()
}
