//! Rectification: writing down what a person says is right of them, and doing it. What follows from it is decided in
//! [`crate::view::correction`].

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use connectors::canonical::{self, RecordKind, traits as t};
use entities::{correction, profile, source_identity, subject_request};
use identity::Normalised;
use sea_orm::{
    ActiveValue::{NotSet, Unchanged},
    ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, Set,
    sea_query::{Expr, OnConflict},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{
    erase::{Erasure, count},
    requests::SubjectRequest,
    screen::Screen,
};
use crate::{
    Profiles,
    clock::micros,
    consent::{Reader, mask},
    error::{Error, Result},
    intake::hash,
    resolution::{country_code, touch},
    sources,
    store::insert_all,
    view::{
        compose::contact_kind,
        document::Trait,
        read::{self, json},
    },
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
            Some(profile) => read::traits(profile)?,
            None => Vec::new(),
        };
        let blocks = self.blocks(txn).await?;
        let ruleset = self.ruleset();
        let screen = Screen { keys: self.keys(), blocks: &blocks, rules: &ruleset.identity };
        let mut checked: BTreeMap<String, Value> = BTreeMap::new();
        for Corrected { key, value } in corrections {
            let wrong = |message: String| Error::invalid(ARGUMENT, format!("{key}: {message}"));
            let found = traits.iter().find(|found| found.key == *key).map(|found| &found.value);
            if found.is_none() && !t::ALL.contains(&&**key) {
                let known = t::ALL.join(", ");
                let message = format!("expected a trait that the profile has, or one of {known}");
                return Err(Error::invalid(ARGUMENT, message));
            }
            let mut value = self.right(key, value, found).map_err(wrong)?;
            if screen.value(&mut value, key, None).any {
                return Err(wrong("this names somebody who was erased".to_owned()));
            }
            if checked.insert(key.clone(), value).is_some() {
                return Err(wrong("given twice".to_owned()));
            }
        }
        Ok(checked.into_iter().map(|(key, value)| Corrected { key, value }).collect())
    }

    /// What a request for rectification says is right. Whoever reads it reads of the person.
    pub async fn corrections(&self, reader: &Reader, request: &SubjectRequest) -> Result<Vec<Corrected>> {
        let gate = self.gate(reader).await?;
        if let Some(profile) = request.profile {
            gate.note(profile);
        }
        let mut corrections = request.corrections.clone();
        if reader.masked {
            for Corrected { key, value } in &mut corrections {
                *value = mask::of_trait(key, value);
            }
        }
        Ok(corrections)
    }

    /// A value as it is stored, or what is wrong with it. `found` is what the profile shows.
    fn right(&self, key: &str, value: &Value, found: Option<&Value>) -> Result<Value, String> {
        let text = hash::json(value).map_err(|error| error.to_string())?;
        if text.len() > LARGEST || text.contains("\\u0000") {
            return Err(format!("expected at most {LARGEST} bytes, and no U+0000"));
        }
        let empty = || "expected a value: a correction says what is right".to_owned();
        match value {
            Value::Null => return Err(empty()),
            Value::String(text) if text.trim().is_empty() => return Err(empty()),
            _ => {}
        }
        match key {
            t::ADDRESS => address(value),
            t::TAGS => tags(value),
            t::EMAIL_RATING | t::EMAIL_OPEN_RATE | t::EMAIL_CLICK_RATE => {
                plain(value).filter(Value::is_number).ok_or_else(|| "expected a number".to_owned())
            }
            key if t::ALL.contains(&key) => match value.as_str() {
                Some(text) => self.text(key, text.trim()).map(Value::from),
                None => Err("expected a text".to_owned()),
            },
            _ => match found {
                Some(Value::Number(_)) => {
                    plain(value).filter(Value::is_number).ok_or_else(|| "expected a number".to_owned())
                }
                Some(Value::Bool(_)) => {
                    plain(value).filter(Value::is_boolean).ok_or_else(|| "expected true or false".to_owned())
                }
                Some(Value::Array(_)) => tags(value),
                _ => match value {
                    Value::String(text) => Ok(text.trim().into()),
                    _ => Err("expected a text".to_owned()),
                },
            },
        }
    }

    fn text(&self, key: &str, text: &str) -> Result<String, String> {
        if key == t::BIRTH_DATE {
            let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
            let born = date.filter(|date| *date <= self.now().date_naive());
            return born
                .map(|date| date.to_string())
                .ok_or_else(|| "expected a date, YYYY-MM-DD, not in the future".to_owned());
        }
        let Some(kind) = contact_kind(key) else { return Ok(text.to_owned()) };
        match self.ruleset().identity.normalise(kind, text, None) {
            Normalised::Value(value) => Ok(value),
            Normalised::Placeholder => Err("this is what people write who have none".to_owned()),
            Normalised::Invalid(why) => Err(why.to_string()),
        }
    }

    /// Has the corrections of a request count from the moment at which it was decided on, for whom it named: where one
    /// person turns out to be two, they go where that record goes.
    pub(super) async fn rectify(
        &self,
        txn: &DatabaseTransaction,
        request: &SubjectRequest,
        profile: Uuid,
        actor: &str,
    ) -> Result<()> {
        let named = source_identity::Entity::find_by_id(profile).one(txn).await?;
        // What mentioned somebody who was erased meanwhile was taken out of the request.
        let Some(named) = named.filter(|_| !request.corrections.is_empty()) else {
            return Err(Error::Erased { what: "profile" });
        };
        let source = sources::ourselves(txn, self).await?;
        let stated_at = micros(request.decided_at.unwrap_or_else(|| self.now()));
        let mut rows = Vec::new();
        for Corrected { key, value } in &request.corrections {
            rows.push(correction::Model {
                id: 0,
                source_id: source,
                request_id: request.id,
                source_identity_id: named.id,
                person_source_id: named.source_id,
                person: named.external_id.clone(),
                key: key.clone(),
                value: hash::json(value)?,
                stated_at,
                ended_at: None,
                actor: actor.to_owned(),
            });
        }
        store(txn, rows).await?;
        touch(txn, [(named.source_id, PERSON.to_owned(), named.external_id)]).await
    }

    /// Ends the corrections of a request: what sources say counts again as it would without them.
    pub(super) async fn end_corrections(&self, txn: &DatabaseTransaction, request: Uuid) -> Result<()> {
        let of_it = correction::Column::RequestId.eq(request);
        let rows = correction::Entity::find().filter(of_it.clone()).all(txn).await?;
        correction::Entity::update_many()
            .col_expr(correction::Column::EndedAt, Expr::value(micros(self.now())))
            .filter(of_it)
            .exec(txn)
            .await?;
        let people = rows.into_iter().map(|row| (row.person_source_id, PERSON.to_owned(), row.person));
        touch(txn, people).await
    }
}

const PERSON: &str = RecordKind::Person.as_str();

/// An address in the form in which sources give one.
fn address(value: &Value) -> Result<Value, String> {
    let wrong = || format!("expected an object with texts under {}", ADDRESS.join(", "));
    let parts = value.as_object().ok_or_else(wrong)?;
    let known = |(name, part): (&String, &Value)| ADDRESS.contains(&&**name) && part.is_string();
    if !parts.iter().all(known) {
        return Err(wrong());
    }
    let country = parts.get("country").and_then(Value::as_str);
    if country.is_some_and(|country| country_code(country).is_none()) {
        return Err("expected a country by its code of ISO 3166, such as NL".to_owned());
    }
    canonical::address(parts.iter().map(|(name, part)| (&**name, part.as_str()))).ok_or_else(wrong)
}

/// A list of texts, each once.
fn tags(value: &Value) -> Result<Value, String> {
    let wrong = || "expected a list of texts".to_owned();
    let texts = value.as_array().ok_or_else(wrong)?.iter().map(|text| text.as_str().map(str::trim));
    let texts: Option<BTreeSet<&str>> = texts.collect();
    let texts = texts.filter(|texts| !texts.is_empty() && !texts.contains("")).ok_or_else(wrong)?;
    Ok(texts.into_iter().collect())
}

/// The value, also where it was written as a text: a number, a yes or a no.
fn plain(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => serde_json::from_str(text.trim()).ok(),
        value => Some(value.clone()),
    }
}

/// Stores corrections, those that are stored already once.
pub(crate) async fn store(txn: &DatabaseTransaction, rows: Vec<correction::Model>) -> Result<()> {
    use correction::Column as C;
    let known = OnConflict::columns([C::RequestId, C::Key]).do_nothing().to_owned();
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
