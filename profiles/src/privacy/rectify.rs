//! Rectification: writing down what a person says is right of them, and doing it. What follows from it is decided in
//! [`crate::view::correction`].

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use connectors::canonical::{RecordKind, traits as t};
use entities::{correction, profile, source_identity, subject_request, touched};
use identity::Normalised;
use sea_orm::{
    ActiveValue::{NotSet, Unchanged},
    ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, Set,
    sea_query::OnConflict,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{
    erase::{Erasure, count, members},
    requests::SubjectRequest,
    screen::Screen,
};
use crate::{
    Profiles,
    clock::micros,
    error::{Error, Result},
    intake::hash,
    resolution::rebuild::keep_drains_out,
    sources,
    store::{begin_write, insert_all},
    view::{compose::contact_kind, document::Trait, read::json},
};

/// The argument in which corrections are given.
const ARGUMENT: &str = "corrections";
/// The most corrections of one request.
const MOST: usize = 20;
/// The largest value in bytes of JSON.
const LARGEST: usize = 16 << 10;
/// The parts of an address.
const ADDRESS: [&str; 7] = ["street", "street2", "postal_code", "city", "region", "country", "company"];

/// A trait with the value that the person says is right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Corrected {
    /// The trait: one that the profile has, or that Rondom knows by name.
    pub key: String,
    /// Its value.
    pub value: Value,
}

/// What a request asks in particular, as it is stored with it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Detail {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) corrections: Vec<Corrected>,
}

impl Profiles {
    /// The corrections in the form in which they are stored. They are refused where one could not count.
    pub(super) async fn check_corrections(
        &self,
        txn: &DatabaseTransaction,
        of: &source_identity::Model,
        corrections: &[Corrected],
    ) -> Result<Vec<Corrected>> {
        if !(1..=MOST).contains(&corrections.len()) {
            return Err(Error::invalid(ARGUMENT, format!("expected 1 to {MOST} of them")));
        }
        let profile = profile::Entity::find_by_id(of.profile_id).one(txn).await?;
        let traits: Vec<Trait> = match &profile {
            Some(profile) => json("traits", &profile.traits)?,
            None => Vec::new(),
        };
        let blocks = self.blocks(txn).await?;
        let screen = Screen { keys: self.keys(), blocks: &blocks };
        let mut checked: BTreeMap<String, Value> = BTreeMap::new();
        for Corrected { key, value } in corrections {
            let wrong = |message: String| Error::invalid(ARGUMENT, format!("{key}: {message}"));
            if !t::ALL.contains(&&**key) && !traits.iter().any(|found| found.key == *key) {
                let known = t::ALL.join(", ");
                return Err(Error::invalid(
                    ARGUMENT,
                    format!("expected a trait that the profile has, or one of {known}"),
                ));
            }
            let mut value = self.right(key, value).map_err(wrong)?;
            if screen.value(&mut value, key, None).any {
                return Err(wrong("this names somebody who was erased".to_owned()));
            }
            if checked.insert(key.clone(), value).is_some() {
                return Err(wrong("given twice".to_owned()));
            }
        }
        Ok(checked.into_iter().map(|(key, value)| Corrected { key, value }).collect())
    }

    /// A value as it is shown, or what is wrong with it.
    fn right(&self, key: &str, value: &Value) -> Result<Value, String> {
        let text = hash::json(value).map_err(|error| error.to_string())?;
        if text.len() > LARGEST || text.contains("\\u0000") {
            return Err(format!("expected at most {LARGEST} bytes, and no U+0000"));
        }
        match (key, value) {
            (t::ADDRESS, Value::Object(parts)) => {
                let is_part = |(name, part): (&String, &Value)| {
                    ADDRESS.contains(&&**name) && part.as_str().is_some_and(|text| !text.trim().is_empty())
                };
                (!parts.is_empty() && parts.iter().all(is_part))
                    .then(|| value.clone())
                    .ok_or_else(|| format!("expected texts under {}", ADDRESS.join(", ")))
            }
            (t::ADDRESS, _) => Err(format!("expected an object with texts under {}", ADDRESS.join(", "))),
            (t::TAGS, Value::Array(tags)) if tags.iter().all(Value::is_string) => Ok(value.clone()),
            (t::TAGS, _) => Err("expected a list of texts".to_owned()),
            (t::EMAIL_RATING | t::EMAIL_OPEN_RATE | t::EMAIL_CLICK_RATE, Value::Number(_)) => {
                Ok(value.clone())
            }
            (t::EMAIL_RATING | t::EMAIL_OPEN_RATE | t::EMAIL_CLICK_RATE, _) => {
                Err("expected a number".to_owned())
            }
            (_, Value::String(text)) => self.right_text(key, text.trim()).map(Value::from),
            (_, Value::Null) => Err("expected a value: a correction says what is right".to_owned()),
            _ if t::ALL.contains(&key) => Err("expected a text".to_owned()),
            _ => Ok(value.clone()),
        }
    }

    fn right_text(&self, key: &str, text: &str) -> Result<String, String> {
        if text.is_empty() {
            return Err("expected a value: a correction says what is right".to_owned());
        }
        if key == t::BIRTH_DATE && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_err() {
            return Err("expected a date, YYYY-MM-DD".to_owned());
        }
        let Some(kind) = contact_kind(key) else { return Ok(text.to_owned()) };
        match self.ruleset().identity.normalise(kind, text, None) {
            Normalised::Value(value) => Ok(value),
            Normalised::Placeholder => Err("this is what people write who have none".to_owned()),
            Normalised::Invalid(why) => Err(why.to_string()),
        }
    }

    /// Has the corrections of a request count for everyone who is the person now, from the moment at which it was decided
    /// on. Done twice, it is done once.
    pub(super) async fn rectify(&self, request: &SubjectRequest, actor: &str) -> Result<()> {
        let now = self.now();
        let txn = begin_write(self.db()).await?;
        keep_drains_out(&txn).await?;
        let members = members(&txn, request.profile).await?;
        if members.is_empty() {
            txn.rollback().await?;
            return Err(Error::Erased { what: "profile" });
        }
        let source = sources::ourselves(&txn, self).await?;
        let stated_at = micros(request.decided_at.unwrap_or(now));
        let mut rows = Vec::new();
        for member in &members {
            for Corrected { key, value } in &request.corrections {
                rows.push(correction::Model {
                    id: 0,
                    source_id: source,
                    request_id: request.id,
                    source_identity_id: member.id,
                    person_source_id: member.source_id,
                    person: member.external_id.clone(),
                    key: key.clone(),
                    value: hash::json(value)?,
                    stated_at,
                    actor: actor.to_owned(),
                });
            }
        }
        store(&txn, rows).await?;
        let people = members.into_iter().map(|member| (member.source_id, member.external_id));
        self.describe_again(&txn, people.collect(), now).await?;
        Ok(txn.commit().await?)
    }

    /// Takes the corrections of a request back: what sources say counts as it would have without them.
    pub(super) async fn take_corrections_back(&self, request: Uuid) -> Result<()> {
        let txn = begin_write(self.db()).await?;
        keep_drains_out(&txn).await?;
        let of_it = correction::Column::RequestId.eq(request);
        let rows = correction::Entity::find().filter(of_it.clone()).all(&txn).await?;
        correction::Entity::delete_many().filter(of_it).exec(&txn).await?;
        let people = rows.into_iter().map(|row| (row.person_source_id, row.person));
        self.describe_again(&txn, people.collect(), self.now()).await?;
        Ok(txn.commit().await?)
    }

    async fn describe_again(
        &self,
        txn: &DatabaseTransaction,
        people: BTreeSet<(Uuid, String)>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let keys = people.into_iter().map(|(source_id, external_id)| touched::Model {
            id: 0,
            source_id,
            kind: RecordKind::Person.as_str().to_owned(),
            external_id,
        });
        self.derive_now(txn, &keys.collect::<Vec<_>>(), now).await
    }
}

/// Stores corrections, those that are stored already once.
pub(crate) async fn store(txn: &DatabaseTransaction, rows: Vec<correction::Model>) -> Result<()> {
    use correction::Column as C;
    let known = OnConflict::columns([C::RequestId, C::SourceIdentityId, C::Key]).do_nothing().to_owned();
    let rows = rows.into_iter().map(|row| correction::ActiveModel { id: NotSet, ..row.into_active_model() });
    insert_all::<correction::Entity, _>(txn, rows.collect(), Some(&known)).await?;
    Ok(())
}

/// Takes out of what people ask for whom the screen does not let through. There are few requests.
pub(super) async fn take_out_mentions(
    txn: &DatabaseTransaction,
    screen: Screen<'_>,
    erasure: &mut Erasure,
) -> Result<()> {
    use subject_request::Column as C;
    for row in subject_request::Entity::find().filter(C::Detail.ne("{}")).all(txn).await? {
        let mut detail: Detail = json("subject request", &row.detail)?;
        let mut mentions = false;
        detail.corrections.retain_mut(|Corrected { key, value }| {
            let mentioned = screen.value(value, key, None).any;
            mentions |= mentioned;
            !mentioned || contact_kind(key).is_none()
        });
        if mentions {
            let row = subject_request::ActiveModel {
                id: Unchanged(row.id),
                detail: Set(hash::json(&detail)?),
                ..Default::default()
            };
            subject_request::Entity::update(row).exec(txn).await?;
            count(&mut erasure.redacted, "subject_requests", 1);
        }
    }
    Ok(())
}
