//! Asking for a profile as it was, and for how it came to be what it is.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entities::{deal, link, profile, source_identity};
use identity::{Group, Normalised};
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, FromQueryResult};
use uuid::Uuid;

use super::{
    history::{self, History, Place},
    people::{People, Surroundings},
    surroundings::{self, Recognising, carriers_ever},
};
use crate::{
    Profiles, behaviour,
    consent::{self, Admission, Admitted, ContactPoint, Reader},
    error::{Error, Result},
    normaliser::Normaliser,
    resolution::person::Value,
    rules::Ruleset,
    store::{over, snapshot},
    view::{
        catalogue, compose, gather,
        read::{Profile, ProfileRef},
    },
};

/// What only a profile of the past knows about itself: today others may belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// Its source identities as they were, eldest first.
    pub members: Vec<source_identity::Model>,
    /// The links that held it together, strongest first.
    pub links: Vec<link::Model>,
    /// The companies that it belonged to.
    pub companies: Vec<Uuid>,
    /// The profile that its eldest source identity is part of today.
    pub today: Uuid,
}

impl Past {
    /// The ids of its source identities.
    pub fn ids(&self) -> Vec<Uuid> {
        self.members.iter().map(|member| member.id).collect()
    }
}

impl Profiles {
    /// The profile as it was at an instant that is not in the future: who was held to be one person by then, with
    /// what their sources had said and what had happened. `None` where nobody of that name was known yet.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an instant in the future, and where more source identities than are looked at may ever
    /// have belonged together with this one.
    pub async fn profile_as_of(
        &self,
        reader: &Reader,
        by: &ProfileRef,
        instant: DateTime<Utc>,
    ) -> Result<Option<Profile>> {
        if instant > self.now() {
            return Err(Error::invalid("asOf", "this instant is in the future"));
        }
        let txn = snapshot(self.db()).await?;
        let found = self.found_as_of(&txn, reader, by, instant).await;
        txn.commit().await?;
        found
    }

    async fn found_as_of(
        &self,
        txn: &DatabaseTransaction,
        reader: &Reader,
        by: &ProfileRef,
        instant: DateTime<Utc>,
    ) -> Result<Option<Profile>> {
        let ruleset = self.ruleset();
        let normaliser = Normaliser::new(&ruleset.identity);
        let (seeds, value) = self.named(txn, by).await?;
        let rules = &ruleset.identity;
        let model = self.model_of(txn, rules).await?;
        let by = Recognising { keys: self.keys(), normaliser: &normaliser, rules, model: model.as_deref() };
        let around = surroundings::load(txn, by, &seeds, "asOf").await?;
        let people = around.people(rules, instant);
        let group = match &value {
            None => seeds.first().and_then(|id| people.group(*id)),
            Some(value) => eldest_carrier(&around, &people, value, instant),
        };
        let Some(group) = group else { return Ok(None) };
        let context = Composing { ruleset: &ruleset, normaliser: &normaliser, instant };
        // It is used today: what counts is what these people say today.
        let ids = group.members.clone();
        let said = consent::said_today(txn, &ids).await?.into_values().flatten();
        let said: BTreeSet<consent::Statement> = said.collect();
        let gate = self.gate(reader).await?;
        gate.note(group.id);
        let admission = gate.admit(&said.into_iter().collect::<Vec<_>>());
        self.composed(txn, &context, &around, &people, group, admission).await.map(Some)
    }

    /// How a profile came to be what it is: the first entries after a place, newest first. Of a profile of the past,
    /// until then.
    ///
    /// # Errors
    /// [`Error::Invalid`] where more source identities than are looked at may ever have belonged together with its.
    pub async fn history(
        &self,
        reader: &Reader,
        profile: &Profile,
        admitted: Admitted,
        first: usize,
        after: Option<Place>,
    ) -> Result<History> {
        let ruleset = self.ruleset();
        let normaliser = Normaliser::new(&ruleset.identity);
        let rules = &ruleset.identity;
        let (until, seeds) = match &profile.past {
            Some(past) => (profile.as_of.unwrap_or_else(|| self.now()), past.ids()),
            None => {
                let members = self.members(&[admitted]).await?.remove(&admitted);
                (self.now(), members.unwrap_or_default().into_iter().map(|member| member.id).collect())
            }
        };
        let seeds: BTreeSet<Uuid> = seeds.into_iter().collect();
        let txn = snapshot(self.db()).await?;
        let model = self.model_of(&txn, rules).await?;
        let by = Recognising { keys: self.keys(), normaliser: &normaliser, rules, model: model.as_deref() };
        let read = async {
            let around = surroundings::load(&txn, by, &seeds, "history").await?;
            // Who was taken for this person once may be somebody who refuses today.
            let people: Vec<Uuid> = around.people.keys().copied().collect();
            let refused = self.gate(reader).await?.refused(&txn, &people).await?;
            Ok((around, refused))
        };
        let read: Result<_> = read.await;
        txn.commit().await?;
        let (around, refused) = read?;
        let about = history::About { profile: profile.id, members: seeds, until };
        let mut history = history::of(&around, &ruleset, &normaliser, &about, first, after).await;
        history.entries.retain(|entry| match &entry.what {
            history::What::Trait { key, .. } => profile.admission.to(catalogue::group(key)).is_ok(),
            history::What::Merge { .. } | history::What::Split { .. } => true,
        });
        history.leave_out(&refused);
        if profile.masked.is_some() {
            history.mask();
        }
        Ok(history)
    }

    /// The deals that concerned source identities by an instant, newest first.
    pub async fn deals_of(&self, past: &Past, until: DateTime<Utc>) -> Result<Vec<deal::Model>> {
        let statement = over(
            self.db(),
            "SELECT DISTINCT d.* FROM deal_person m JOIN deal d ON d.id = m.deal_id \
             WHERE m.source_identity_id = {} AND (d.created_at <= $1 OR d.created_at IS NULL) \
             ORDER BY d.created_at DESC, d.id",
            &past.ids(),
            [until.into()],
        );
        let found = self.db().query_all_raw(statement).await?;
        Ok(found.iter().map(|row| deal::Model::from_query_result(row, "")).collect::<Result<_, _>>()?)
    }

    /// The source identities from which to look for a profile, and the identifier that it must carry.
    async fn named(
        &self,
        txn: &DatabaseTransaction,
        by: &ProfileRef,
    ) -> Result<(BTreeSet<Uuid>, Option<Value>)> {
        let (kind, raw) = match by {
            ProfileRef::Id(id) => return Ok(([*id].into(), None)),
            ProfileRef::Record { source, external_id } => {
                let source = self.keys().source(source);
                return Ok(([self.keys().person(source, external_id)].into(), None));
            }
            ProfileRef::Identifier(kind, raw) => (*kind, raw),
        };
        match self.ruleset().identity.normalise(kind, raw, None) {
            Normalised::Value(value) => {
                let value = (kind, value);
                Ok((carriers_ever(txn, [value.clone()].into(), "asOf").await?, Some(value)))
            }
            Normalised::Placeholder => Ok((BTreeSet::new(), Some((kind, String::new())))),
            Normalised::Invalid(reason) => Err(Error::invalid(format!("by.{}", kind.as_str()), reason)),
        }
    }

    /// What had been said about the use of the data of these people.
    async fn had_said(
        &self,
        txn: &DatabaseTransaction,
        context: &Composing<'_>,
        members: &[compose::Member],
    ) -> Result<Vec<consent::Statement>> {
        let ids: Vec<Uuid> = members.iter().map(|member| member.row.id).collect();
        let reading = consent::Reading { keys: self.keys(), normaliser: context.normaliser };
        let said = reading.said(txn, "id", &ids, Some(context.instant)).await?;
        let statements = said.into_values().flatten().map(|details| {
            let mut statement = details.statement;
            if statement.point.is_none() {
                let teller = members.iter().find(|member| member.row.id == statement.identity);
                let values = teller.into_iter().flat_map(|teller| &teller.identifiers);
                statement.carried =
                    values.filter_map(|(kind, value)| ContactPoint::of(kind, value)).collect();
            }
            statement
        });
        Ok(consent::telling(statements))
    }

    async fn composed(
        &self,
        txn: &DatabaseTransaction,
        context: &Composing<'_>,
        around: &Surroundings,
        people: &People,
        group: &Group,
        admission: Admission,
    ) -> Result<Profile> {
        let instant = context.instant;
        let mut members = around.members(group, instant);
        let description = compose::describe(context.ruleset, context.normaliser, &members);
        let meanings = behaviour::current(txn, self).await?;
        let mut happened = gather::had_happened(txn, &meanings, &group.members, instant).await?;
        happened.created_at = description.created_at;
        happened.updated_at = members.iter().filter_map(|member| member.row.updated_at).max();
        let activity = compose::sum_up(&happened, &meanings);
        let said = self.had_said(txn, context, &members).await?;
        let mut links: Vec<link::Model> = people
            .links
            .iter()
            .filter(|link| [link.a, link.b].iter().all(|end| group.members.contains(end)))
            .cloned()
            .collect();
        links.sort_by(|one, other| {
            let key = |link: &link::Model| (link.a, link.b, link.rule.clone(), link.value.clone());
            other.weight.cmp(&one.weight).then_with(|| key(one).cmp(&key(other)))
        });
        let companies: BTreeSet<Uuid> = members
            .iter()
            .filter(|member| !member.row.deleted)
            .filter_map(|member| Some((member.row.source_id, member.versions.last()?)))
            .flat_map(|(source, version)| {
                let of_source = version.person.companies.iter();
                of_source.map(move |company| self.keys().object("company", source, company))
            })
            .collect();
        members.sort_by_key(|member| (member.row.created_at.is_none(), member.row.created_at, member.row.id));
        // When the profile that its eldest member is part of today changed here.
        let today = around.people[&group.id].row.profile_id;
        let row = profile::Entity::find_by_id(today).one(txn).await?;
        let past = Past {
            members: members.into_iter().map(|member| member.row).collect(),
            links,
            companies: companies.into_iter().collect(),
            today,
        };
        Ok(Profile {
            id: group.id,
            display_name: description.display_name,
            created_at: description.created_at,
            updated_at: row.map_or(instant, |row| row.updated_at),
            first_seen: activity.first_seen,
            last_seen: activity.last_seen,
            active: description.active,
            limited: group.limited,
            household: None,
            traits: behaviour::combined(description.traits, activity.inferred),
            identifiers: description.identifiers,
            totals: activity.totals,
            said,
            as_of: Some(instant),
            past: Some(past.into()),
            admission,
            masked: None,
            reached: None,
        }
        .screened())
    }
}

/// Under which rules, and as of which instant, a profile is composed.
struct Composing<'a> {
    ruleset: &'a Ruleset,
    normaliser: &'a Normaliser<'a>,
    instant: DateTime<Utc>,
}

/// The eldest of the groups in which somebody carried a value.
fn eldest_carrier<'a>(
    around: &Surroundings,
    people: &'a People,
    value: &Value,
    instant: DateTime<Utc>,
) -> Option<&'a Group> {
    let carrying = people
        .groups
        .iter()
        .filter(|group| group.members.iter().any(|member| around.carried(*member, value, instant)));
    carrying.min_by_key(|group| {
        let members = group.members.iter().filter_map(|member| around.people[member].row.created_at);
        let created = members.min();
        (created.is_none(), created, group.id)
    })
}
