//! Why somebody is in a segment, or is not.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use segments::{Dependencies, Explanation, Rule, Subject};
use uuid::Uuid;

use super::{evaluate, person, segment, segment::All};
use crate::{
    Profiles,
    consent::Admitted,
    error::{Error, Result},
};

/// An answer with its reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The instant that was asked about.
    pub at: DateTime<Utc>,
    /// The reasons.
    pub explanation: Explanation,
}

impl Profiles {
    /// Why somebody is in a segment at an instant, or is not: under today's rules and grouping, by what was said and had
    /// happened by then.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such segment.
    pub async fn explain_segment(
        &self,
        person: Admitted,
        key: &str,
        at: Option<DateTime<Utc>>,
    ) -> Result<Explained> {
        let segments = segment::known(self).await?;
        let missing = || Error::NotFound { what: "segment", id: key.to_owned() };
        let segment = segments.get(key).ok_or_else(missing)?;
        let at = at.unwrap_or_else(|| self.now());
        let asked = segments.with_asked([key.to_owned()].into());
        let asked: Vec<_> = segments.in_order().filter(|one| asked.contains(&one.key)).collect();
        let needs = All::dependencies(asked.iter().copied());
        let id = person.profile();
        let mut found = person::load(self.db(), self, &needs, &[id], self.now()).await?;
        let mut person =
            found.remove(&id).ok_or_else(|| Error::NotFound { what: "profile", id: id.to_string() })?;
        let others: Vec<_> = asked.into_iter().filter(|one| one.key != key).collect();
        evaluate::enter(&others, &mut person, at);
        Ok(Explained { at, explanation: segment.rule.explain(&Subject::new(&person), at) })
    }
}

/// How many people are asked about at a time: bounds the memory of one step.
const STEP: usize = 500;

/// What each of these rules comes to for each of these people, and why. Of who is not there any more nothing is said.
pub(crate) async fn explained(
    profiles: &Profiles,
    rules: &[&Rule],
    people: &[Uuid],
    now: DateTime<Utc>,
) -> Result<BTreeMap<Uuid, Vec<Explanation>>> {
    let segments = segment::known(profiles).await?;
    let mut needs = Dependencies::default();
    for rule in rules {
        needs.extend(&rule.depends());
    }
    let asked = segments.with_asked(needs.segments.clone());
    let first: Vec<_> = segments.in_order().filter(|one| asked.contains(&one.key)).collect();
    needs.extend(&All::dependencies(first.iter().copied()));
    let mut all = BTreeMap::new();
    for step in people.chunks(STEP) {
        for (id, mut person) in person::load(profiles.db(), profiles, &needs, step, now).await? {
            evaluate::enter(&first, &mut person, now);
            let subject = Subject::new(&person);
            all.insert(id, rules.iter().map(|rule| rule.explain(&subject, now)).collect());
        }
    }
    Ok(all)
}
