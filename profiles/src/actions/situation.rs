//! Putting together what a choice follows from. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use predictions::actions::{Barred, Candidate, Contact, Responded, Response, Situation};
use uuid::Uuid;

use super::{
    catalogue::{Action, Catalogue, channel_name},
    facts::{Facts, Report},
    outcomes::Outcome,
};
use crate::consent::{Channel, Purposes, decide};

/// What a choice is made among.
pub(super) struct Offer<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) purposes: &'a Purposes,
    /// Whether each product that actions offer can be bought.
    pub(super) in_stock: &'a HashMap<Uuid, bool>,
    /// The channel that was asked for.
    pub(super) channel: Option<Channel>,
    pub(super) now: DateTime<Utc>,
}

impl Offer<'_> {
    /// The situation of a customer, under no id as yet: that follows from it.
    pub(super) fn situation(&self, customer: Uuid, facts: &Facts) -> Situation {
        let asked = self.catalogue.actions.iter();
        let asked = asked.filter(|action| self.channel.is_none() || action.channel == self.channel);
        Situation {
            id: Uuid::nil(),
            customer,
            at: self.now.timestamp(),
            features: facts.known.features(self.now),
            candidates: asked.map(|action| self.candidate(action, facts)).collect(),
            contacts: contacts(&facts.reports),
            responses: self.responses(facts),
        }
    }

    fn candidate(&self, action: &Action, facts: &Facts) -> Candidate {
        let ineligible = facts.ineligible.get(&action.key).cloned().map(Barred::Eligibility);
        let barred = self.refused(action, facts).map(Barred::Consent).or(ineligible);
        let is_there = |product: Uuid| self.in_stock.get(&product).copied().unwrap_or_default();
        let is_missing = action.product.is_some_and(|product| !is_there(product));
        Candidate { action: action.key.clone(), barred, stock: is_missing.then_some(0) }
    }

    /// Why the customer does not allow an action.
    fn refused(&self, action: &Action, facts: &Facts) -> Option<String> {
        let key = action.purpose.as_ref()?;
        let Some(defined) = self.purposes.get(key) else {
            return Some(format!("there is no purpose `{key}` any more"));
        };
        let purpose = &defined.purpose;
        if purpose.channel != action.channel {
            return Some(format!("the purpose `{key}` is of another channel by now"));
        }
        let may = |point| decide(purpose, &facts.said, point, self.now).is_allowed();
        let is_allowed = match purpose.channel.map(Channel::contact_kind) {
            None => may(None),
            Some(kind) => {
                let mut points = facts.reached.carried.iter().filter(|point| point.kind == kind);
                points.any(|point| may(Some(point)))
            }
        };
        (!is_allowed).then(|| format!("the customer does not allow `{key}`"))
    }

    /// What they said, the last word on each decision, and what they bought of what is offered.
    fn responses(&self, facts: &Facts) -> Vec<Response> {
        let mut last: BTreeMap<(Uuid, &str), &Report> = BTreeMap::new();
        for report in &facts.reports {
            last.insert((report.decision, &report.action), report);
        }
        let said = last.into_values().filter_map(|report| {
            let responded = match report.outcome {
                Outcome::Accepted => Responded::Accepted,
                Outcome::Refused => Responded::Refused,
                Outcome::Taken | Outcome::Declined => return None,
            };
            Some(Response { action: report.action.clone(), responded, at: report.at.timestamp() })
        });
        let bought = self.catalogue.actions.iter().flat_map(|action| {
            let of_it = facts.bought.iter().filter(|(product, _)| Some(*product) == action.product);
            of_it.map(|(_, at)| Response {
                action: action.key.clone(),
                responded: Responded::Accepted,
                at: at.map_or(0, |at| at.timestamp()),
            })
        });
        said.chain(bought).collect()
    }
}

/// What was done is a contact once, however often its outcome is reported.
fn contacts(reports: &[Report]) -> Vec<Contact> {
    let mut told = BTreeSet::new();
    let first = reports.iter().filter(|report| told.insert((report.decision, report.action.as_str())));
    let contact = |report: &Report| Contact {
        action: report.action.clone(),
        channel: report.channel.clone(),
        at: report.at.timestamp(),
    };
    first.map(contact).collect()
}

/// What a channel is called in the journal.
pub(super) fn stored(channel: Option<Channel>) -> Option<String> {
    channel.map(|channel| channel_name(channel).to_owned())
}
