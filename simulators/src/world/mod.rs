//! A world: one population, and what each of the three vendors happens to know of it, with the mistakes that
//! such data has. Each vendor is filled by a file of its own.

mod catalogue;
mod crm;
mod mail;
mod orders;
mod record;
mod shop;

use chrono::{DateTime, Utc};

use crate::{hubspot::Portal, mailchimp::Account, people::Population, truth::Truth, woocommerce::Shop};

/// What a world follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed {
    /// Any number; another one gives other people.
    pub seed: u64,
    /// How many people there are; the three vendors know most of them. 2,000 make a good demo.
    pub people: usize,
    /// The instant of the newest facts, from which all others are counted back. The vendors' clocks start here.
    pub now: DateTime<Utc>,
}

/// A population with the data that the three vendors have of it.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// What it was made from.
    pub seed: Seed,
    /// The people as they are.
    pub population: Population,
    /// Which identities at the vendors are the same human being.
    pub truth: Truth,
    /// The CRM's data.
    pub hubspot: Portal,
    /// The shop's data.
    pub woocommerce: Shop,
    /// The e-mail platform's data.
    pub mailchimp: Account,
}

impl World {
    /// Makes the world of that seed: always the same one.
    pub fn generate(seed: Seed) -> Self {
        let population = Population::generate(seed.seed, seed.people, seed.now.date_naive());
        let mut truth = Truth::new(seed.people);
        let hubspot = crm::fill(seed, &population, &mut truth);
        let woocommerce = shop::fill(seed, &population, &mut truth);
        let mailchimp = mail::fill(seed, &population, &mut truth);
        Self { seed, population, truth, hubspot, woocommerce, mailchimp }
    }

    /// Who is who.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }
}
