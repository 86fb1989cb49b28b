//! What a campaign tells of those whom it brings, as administrators say it. No meaning is ever rewritten: a new definition
//! is a new version.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use entities::campaign_meaning::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, Statement,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Touch, inferred::is_of_touch, touch::LONGEST};
use crate::{
    Profiles,
    error::{Error, Result},
    intake::ACTIVITY,
    resolution::rebuild::keep_drains_out,
    sources::check_short_name,
    store::{begin_write, end},
    view::catalogue::{Group, group},
};

/// The most meanings there may be.
const MOST: usize = 200;
/// The most traits that one gives.
const MOST_TRAITS: usize = 20;
/// The longest value of a trait, written as JSON, in bytes.
const LONGEST_VALUE: usize = 1_000;

/// A UTM parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    /// `utm_source`.
    Source,
    /// `utm_medium`.
    Medium,
    /// `utm_campaign`.
    Campaign,
    /// `utm_term`.
    Term,
    /// `utm_content`.
    Content,
}

impl Parameter {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Source, Self::Medium, Self::Campaign, Self::Term, Self::Content];

    /// Its name: `content`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Medium => "medium",
            Self::Campaign => "campaign",
            Self::Term => "term",
            Self::Content => "content",
        }
    }

    /// Its value in a touch.
    pub fn of(self, touch: &Touch) -> Option<&str> {
        match self {
            Self::Source => &touch.source,
            Self::Medium => &touch.medium,
            Self::Campaign => &touch.campaign,
            Self::Term => &touch.term,
            Self::Content => &touch.content,
        }
        .as_deref()
    }
}

/// What somebody says a campaign tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewMeaning {
    /// Which parameter of a touch is looked at.
    pub parameter: Parameter,
    /// The value that it must have, in any case; `*` stands for any text. 1 to 160 bytes.
    pub pattern: String,
    /// What it tells, by the key of a trait: descriptive ones, and nothing of who somebody is.
    pub traits: BTreeMap<String, Value>,
    /// How sure that is, in thousandths: 1 to 1000.
    pub confidence: u16,
}

/// A meaning that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// Short name of lower-case letters, digits, `-` and `_`, at most 64 characters.
    pub key: String,
    /// 1, 2, 3, …
    pub version: i32,
    /// What it is.
    pub says: NewMeaning,
    /// When it was defined.
    pub defined_at: DateTime<Utc>,
    /// By whom.
    pub actor: String,
}

impl Meaning {
    /// Whether it tells something of whom such a touch brought.
    pub(super) fn fits(&self, touch: &Touch) -> bool {
        self.says.parameter.of(touch).is_some_and(|value| fits(&self.says.pattern, value))
    }

    fn read(row: Model) -> Result<Option<Self>> {
        let Some(definition) = &row.definition else { return Ok(None) };
        let says =
            serde_json::from_str(definition).map_err(|error| Error::stored("campaign meaning", error))?;
        let Model { key, version, defined_at, actor, .. } = row;
        Ok(Some(Self { key, version, says, defined_at, actor }))
    }
}

impl NewMeaning {
    fn check(&self) -> Result<()> {
        if !(1..=LONGEST).contains(&self.pattern.len()) || self.pattern.chars().any(char::is_control) {
            return Err(Error::invalid(
                "pattern",
                format!("expected 1 to {LONGEST} bytes without control characters"),
            ));
        }
        if !(1..=1_000).contains(&self.confidence) {
            return Err(Error::invalid(
                "confidence",
                "expected more than 0 and at most 1, with three decimals",
            ));
        }
        if !(1..=MOST_TRAITS).contains(&self.traits.len()) {
            return Err(Error::invalid("traits", format!("expected 1 to {MOST_TRAITS} of them")));
        }
        for (key, value) in &self.traits {
            let wrong = |message: &str| Err(Error::invalid("traits", format!("{key}: {message}")));
            if !(1..=100).contains(&key.len()) || key.chars().any(char::is_control) {
                return wrong("expected a name of 1 to 100 bytes without control characters");
            }
            if group(key) == Group::Identity {
                return wrong("a campaign does not tell who somebody is");
            }
            if is_of_touch(key) {
                return wrong("this is told by the touches themselves");
            }
            let is_plain = |value: &Value| !value.is_null() && !value.is_array() && !value.is_object();
            let fits = match value {
                Value::Array(items) => items.iter().all(is_plain),
                value => is_plain(value),
            };
            if !fits || value.to_string().len() > LONGEST_VALUE || value.to_string().contains("\\u0000") {
                return wrong(
                    "expected a text, a number, true or false, or a list of such, of at most 1,000 bytes",
                );
            }
        }
        Ok(())
    }
}

/// Whether a pattern fits a text whole: `*` stands for any text, and letters of either case are the same.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        // The first place leaves the most for the others.
        let Some(place) = text.find(part) else { return false };
        text = &text[place + part.len()..];
    }
    text.ends_with(last)
}

/// The meanings that hold, by key.
#[derive(Debug, Default)]
pub(crate) struct All {
    pub(super) meanings: BTreeMap<String, Meaning>,
    /// The number of definitions that they were read of.
    definitions: u64,
}

/// See [`All`].
pub(crate) type Meanings = Arc<All>;

impl All {
    fn of(rows: Vec<Model>) -> Result<Self> {
        let definitions = rows.len() as u64;
        let mut newest: BTreeMap<String, Model> = BTreeMap::new();
        for row in rows {
            if newest.get(&row.key).is_none_or(|known| known.version < row.version) {
                newest.insert(row.key.clone(), row);
            }
        }
        let mut meanings = BTreeMap::new();
        for (key, row) in newest {
            if let Some(meaning) = Meaning::read(row)? {
                meanings.insert(key, meaning);
            }
        }
        Ok(Self { meanings, definitions })
    }

    /// Whether no campaign tells anything.
    pub(super) fn is_empty(&self) -> bool {
        self.meanings.is_empty()
    }

    /// The meanings that tell something of a trait.
    pub(super) fn telling(&self, key: &str) -> impl Iterator<Item = &Meaning> {
        self.meanings.values().filter(move |meaning| meaning.says.traits.contains_key(key))
    }
}

/// The meanings that hold now, read again where somebody has defined one since.
pub(crate) async fn current<C: ConnectionTrait>(db: &C, profiles: &Profiles) -> Result<Meanings> {
    let definitions = Entity::find().count(db).await?;
    if let Some(known) = profiles.meaning_cache().get().filter(|known| known.definitions == definitions) {
        return Ok(known);
    }
    let meanings = Arc::new(All::of(Entity::find().all(db).await?)?);
    profiles.meaning_cache().put(Arc::clone(&meanings));
    Ok(meanings)
}

impl Profiles {
    /// What campaigns tell, by key.
    pub async fn campaign_meanings(&self) -> Result<Vec<Meaning>> {
        let all = match self.meaning_cache().get() {
            Some(known) => known,
            None => current(self.db(), self).await?,
        };
        Ok(all.meanings.values().cloned().collect())
    }

    /// Defines what a campaign tells, anew if there is a meaning of that key. Whomever it concerns is derived again. The
    /// same definition again is no new version.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field.
    pub async fn define_campaign_meaning(&self, key: &str, says: NewMeaning, actor: &str) -> Result<Meaning> {
        check_short_name(key)?;
        says.check()?;
        let txn = begin_write(self.db()).await?;
        let defined = self.define_meaning_in(&txn, key, says, actor).await;
        let meaning = end(txn, defined).await?;
        self.meaning_cache().clear();
        self.facts().notify_one();
        Ok(meaning)
    }

    async fn define_meaning_in(
        &self,
        txn: &DatabaseTransaction,
        key: &str,
        says: NewMeaning,
        actor: &str,
    ) -> Result<Meaning> {
        // Nobody else defines one meanwhile, and no drain goes by what held before.
        keep_drains_out(txn).await?;
        let before = All::of(Entity::find().all(txn).await?)?.meanings;
        if let Some(known) = before.get(key).filter(|known| known.says == says) {
            return Ok(known.clone());
        }
        if !before.contains_key(key) && before.len() >= MOST {
            return Err(Error::invalid(
                "key",
                format!("there are {MOST} meanings already, the most there may be"),
            ));
        }
        let parameters =
            before.get(key).map(|known| known.says.parameter).into_iter().chain([says.parameter]);
        touch(txn, parameters).await?;
        let stated =
            serde_json::to_string(&says).map_err(|error| Error::stored("campaign meaning", error))?;
        let row = self.add(txn, key, Some(stated), actor).await?;
        let Model { key, version, defined_at, actor, .. } = row;
        Ok(Meaning { key, version, says, defined_at, actor })
    }

    /// Takes a meaning away. False where there is none of that key.
    pub async fn remove_campaign_meaning(&self, key: &str, actor: &str) -> Result<bool> {
        let txn = begin_write(self.db()).await?;
        let removed = self.remove_meaning_in(&txn, key, actor).await;
        let removed = end(txn, removed).await?;
        self.meaning_cache().clear();
        self.facts().notify_one();
        Ok(removed)
    }

    async fn remove_meaning_in(&self, txn: &DatabaseTransaction, key: &str, actor: &str) -> Result<bool> {
        keep_drains_out(txn).await?;
        let before = All::of(Entity::find().all(txn).await?)?.meanings;
        let Some(known) = before.get(key) else { return Ok(false) };
        touch(txn, [known.says.parameter]).await?;
        self.add(txn, key, None, actor).await?;
        Ok(true)
    }

    async fn add(
        &self,
        txn: &DatabaseTransaction,
        key: &str,
        definition: Option<String>,
        actor: &str,
    ) -> Result<Model> {
        let newest =
            Entity::find().filter(Column::Key.eq(key)).order_by_desc(Column::Version).one(txn).await?;
        let row = Model {
            key: key.to_owned(),
            version: newest.map_or(0, |row| row.version) + 1,
            definition,
            defined_at: self.now(),
            actor: actor.to_owned(),
        };
        Entity::insert(row.clone().into_active_model()).exec_without_returning(txn).await?;
        Ok(row)
    }
}

/// Marks everybody as changed who was brought by a campaign with one of these parameters.
async fn touch(txn: &DatabaseTransaction, parameters: impl IntoIterator<Item = Parameter>) -> Result<()> {
    for parameter in parameters {
        let sql = "INSERT INTO touched (source_id, kind, external_id) \
             SELECT DISTINCT s.source_id, $1, s.external_id FROM event e \
             JOIN source_identity s ON s.id = e.source_identity_id \
             WHERE e.touch IS NOT NULL AND e.touch LIKE $2";
        let values = [ACTIVITY.into(), format!("%\"{}\":%", parameter.as_str()).into()];
        txn.execute_raw(Statement::from_sql_and_values(txn.get_database_backend(), sql, values)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_the_whole_text_and_a_star_stands_for_any() {
        for (pattern, text, expected) in [
            ("ceo", "CEO", true),
            ("ceo", "ceo-automotive", false),
            ("ceo-*", "ceo-automotive", true),
            ("ceo-*", "CEO-", true),
            ("ceo-*", "vice-ceo-x", false),
            ("*-automotive", "ceo-automotive", true),
            ("*-automotive", "ceo-automotive-2", false),
            ("a*b*c", "a1b2bc", true),
            ("a*b*c", "acb", false),
            ("ab*ba", "aba", false),
            ("**", "", true),
            ("*", "anything", true),
            ("a.c", "abc", false),
            ("ÉTÉ*", "été-2026", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
