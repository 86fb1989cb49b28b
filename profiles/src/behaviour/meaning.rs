//! What a campaign tells of those whom it brings, as administrators say it. No meaning is ever rewritten: a new definition
//! is a new version.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use entities::campaign_meaning::{Column, Entity, Model};
use futures_util::TryStreamExt;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, Statement, StreamTrait,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Touch, inferred::is_of_touch, touch::LONGEST};
use crate::{
    Profiles,
    error::{Error, Result},
    intake::ACTIVITY,
    resolution::rebuild::keep_drains_out,
    sources::check_short_name,
    store::{begin_write, end, over},
    view::catalogue::{Group, group},
};

/// The most meanings there may be.
const MOST: usize = 200;
/// The most traits that one gives.
const MOST_TRAITS: usize = 20;
/// The longest value of a trait, written as JSON, in bytes.
const LONGEST_VALUE: usize = 1_000;
/// Source identities in one statement.
const STEP: usize = 1_024;

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
    /// [`Error::Invalid`] with the field; [`Error::Conflict`] where somebody else changes it at the same time.
    pub async fn define_campaign_meaning(&self, key: &str, says: NewMeaning, actor: &str) -> Result<Meaning> {
        check_short_name(key)?;
        says.check()?;
        let concerned = self.concerned(key, Some(&says)).await?;
        self.define_for(key, says, concerned, actor).await
    }

    /// Whom another definition of a key, or none, concerns: whom campaigns brought of which the one that holds or the new one may
    /// tell something. To go through all touches takes a while where there are many, and so it is done before the transaction that
    /// keeps others from writing.
    pub(crate) async fn concerned(&self, key: &str, says: Option<&NewMeaning>) -> Result<Concerned> {
        // First, so that whoever is derived while touches are read has a greater one.
        let revision = self.latest_revision().await?;
        let before = newest(self.db(), key).await?;
        let mut identities = BTreeSet::new();
        let known = before.as_ref().map(|known| &known.says);
        let meanings = if known == says { [None, None] } else { [known, says] };
        for says in meanings.into_iter().flatten() {
            let sql = "SELECT DISTINCT e.source_identity_id AS id FROM event e \
                 WHERE e.touch IS NOT NULL AND LOWER(e.touch) LIKE $1";
            let begins = format!("%\"{}\":\"{}%", says.parameter.as_str(), beginning(&says.pattern));
            let statement =
                Statement::from_sql_and_values(self.db().get_database_backend(), sql, [begins.into()]);
            let mut rows = std::pin::pin!(self.db().stream_raw(statement).await?);
            while let Some(row) = rows.try_next().await? {
                identities.insert(row.try_get("", "id")?);
            }
        }
        Ok(Concerned { before, identities, revision })
    }

    /// As [`Profiles::define_campaign_meaning`], once it is known whom it concerns.
    pub(crate) async fn define_for(
        &self,
        key: &str,
        says: NewMeaning,
        concerned: Concerned,
        actor: &str,
    ) -> Result<Meaning> {
        let txn = begin_write(self.db()).await?;
        let defined = self.define_meaning_in(&txn, key, says, concerned, actor).await;
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
        concerned: Concerned,
        actor: &str,
    ) -> Result<Meaning> {
        // Nobody else defines one meanwhile, and no drain goes by what held before.
        keep_drains_out(txn).await?;
        let all = All::of(Entity::find().all(txn).await?)?.meanings;
        concerned.check(all.get(key))?;
        if let Some(known) = concerned.before.as_ref().filter(|known| known.says == says) {
            return Ok(known.clone());
        }
        if concerned.before.is_none() && all.len() >= MOST {
            return Err(Error::invalid(
                "key",
                format!("there are {MOST} meanings already, the most there may be"),
            ));
        }
        concerned.touch(txn).await?;
        let stated =
            serde_json::to_string(&says).map_err(|error| Error::stored("campaign meaning", error))?;
        let row = self.add(txn, key, Some(stated), actor).await?;
        let Model { key, version, defined_at, actor, .. } = row;
        Ok(Meaning { key, version, says, defined_at, actor })
    }

    /// Takes a meaning away. False where there is none of that key.
    ///
    /// # Errors
    /// [`Error::Conflict`] where somebody else changes it at the same time.
    pub async fn remove_campaign_meaning(&self, key: &str, actor: &str) -> Result<bool> {
        // What is no key may hold what a database takes for no text.
        if check_short_name(key).is_err() {
            return Ok(false);
        }
        let concerned = self.concerned(key, None).await?;
        if concerned.before.is_none() {
            return Ok(false);
        }
        let txn = begin_write(self.db()).await?;
        let removed = self.remove_meaning_in(&txn, key, concerned, actor).await;
        end(txn, removed).await?;
        self.meaning_cache().clear();
        self.facts().notify_one();
        Ok(true)
    }

    async fn remove_meaning_in(
        &self,
        txn: &DatabaseTransaction,
        key: &str,
        concerned: Concerned,
        actor: &str,
    ) -> Result<()> {
        keep_drains_out(txn).await?;
        concerned.check(newest(txn, key).await?.as_ref())?;
        concerned.touch(txn).await?;
        self.add(txn, key, None, actor).await?;
        Ok(())
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

/// The meaning of a key that holds, if there is one.
async fn newest<C: ConnectionTrait>(db: &C, key: &str) -> Result<Option<Meaning>> {
    let rows = Entity::find().filter(Column::Key.eq(key)).order_by_desc(Column::Version);
    rows.one(db).await?.map(Meaning::read).transpose().map(Option::flatten)
}

/// Who is to be derived again under another definition. More than need be do no harm.
#[derive(Debug)]
pub(crate) struct Concerned {
    /// What holds.
    before: Option<Meaning>,
    /// The source identities that were found to have such a touch.
    identities: BTreeSet<Uuid>,
    /// The revision before anybody was looked for. A touch that arrives later is derived by whatever holds by then; if that was
    /// still the old definition, the profile has a greater revision.
    revision: i64,
}

impl Concerned {
    /// Refuses to go on where somebody has defined something else meanwhile: it concerned others.
    fn check(&self, now: Option<&Meaning>) -> Result<()> {
        if now == self.before.as_ref() {
            return Ok(());
        }
        let message = "somebody else has just changed this meaning; look at it and try again";
        Err(Error::Conflict(message.to_owned()))
    }

    /// Marks them as changed. Drains are kept out.
    async fn touch(self, txn: &DatabaseTransaction) -> Result<()> {
        let insert = "INSERT INTO touched (source_id, kind, external_id) \
             SELECT s.source_id, $1, s.external_id FROM source_identity s";
        let sql = format!("{insert} WHERE s.id = {{}}");
        let identities: Vec<Uuid> = self.identities.into_iter().collect();
        for step in identities.chunks(STEP) {
            txn.execute_raw(over(txn, &sql, step, [ACTIVITY.into()])).await?;
        }
        let sql = format!("{insert} JOIN profile p ON p.id = s.profile_id WHERE p.revision > $2");
        let values = [ACTIVITY.into(), self.revision.into()];
        txn.execute_raw(Statement::from_sql_and_values(
            ConnectionTrait::get_database_backend(txn),
            sql,
            values,
        ))
        .await?;
        Ok(())
    }
}

/// How whatever a pattern fits begins, small and as `LIKE` takes it: as far as everybody agrees what a small letter is, and what
/// is stored stands as it is. In `LIKE` a `_` stands for any one letter, and a `%` for any text: they find too many at most.
fn beginning(pattern: &str) -> String {
    let fixed = pattern.split('*').next().unwrap_or_default().to_lowercase();
    let plain = fixed.chars().take_while(|letter| letter.is_ascii() && !matches!(letter, '"' | '\\'));
    // The sign of the kelvin and the dotted capital I are small letters of these, which no database knows.
    plain.map(|letter| if matches!(letter, 'i' | 'k') { '_' } else { letter }).collect()
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
            ("kick*", "\u{212a}ICK-off", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_looked_for_in_the_database_is_the_beginning_that_all_agree_on() {
        for (pattern, expected) in [
            ("CEO-*", "ceo-"),
            ("*-ceo", ""),
            ("50%_off*x", "50%_off"),
            ("Kick-it", "__c_-_t"),
            ("été", ""),
            ("caf\u{e9}", "caf"),
            (r#"a"b"#, "a"),
            (r"a\b", "a"),
        ] {
            assert_eq!(beginning(pattern), expected, "{pattern}");
        }
    }
}
