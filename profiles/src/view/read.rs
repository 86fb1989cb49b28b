//! Asking for profiles and what hangs on them.
//!
//! Every question is asked for many profiles at once, so that a list below a list costs one statement.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use entities::{company, deal, link, profile, source_identity};
use identity::{IdentifierKind, Normalised};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Statement, Value};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{
    catalogue::{self, Group},
    document::{ProfileIdentifier, Totals, Trait},
};
use crate::{
    Profiles, behaviour,
    consent::{self, Admission, Admitted, ContactPoint, Gate, Reader, Withheld, mask},
    error::{Error, Result},
    past::Past,
    store::{chunks, over},
};

/// How a profile is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileRef {
    /// Any id that ever was this profile's, or a member's.
    Id(Uuid),
    /// An identifier in any spelling.
    Identifier(IdentifierKind, String),
    /// An object of a source.
    Record {
        /// The source's key.
        source: String,
        /// The object's id in that source.
        external_id: String,
    },
}

/// A profile, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// The id of its eldest source identity.
    pub id: Uuid,
    /// What to call the person.
    pub display_name: Option<String>,
    /// When the eldest member was created.
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed here.
    pub updated_at: DateTime<Utc>,
    /// Earliest creation, event or order.
    pub first_seen: Option<DateTime<Utc>>,
    /// Latest update, event or order.
    pub last_seen: Option<DateTime<Utc>>,
    /// False when every member is deleted at its source.
    pub active: bool,
    /// A merge was refused because the group would have become too large.
    pub limited: bool,
    /// The household that it belongs to; none for a profile of the past.
    pub household: Option<Uuid>,
    /// Its traits by key.
    pub traits: Vec<Trait>,
    /// Its identifiers.
    pub identifiers: Vec<ProfileIdentifier>,
    /// What its orders sum up to.
    pub totals: Totals,
    /// What counts of what was said about the use of its data.
    pub said: Vec<consent::Statement>,
    /// The past instant at which it is seen.
    pub as_of: Option<DateTime<Utc>>,
    /// What only a profile of the past knows about itself.
    pub past: Option<Arc<Past>>,
    /// What its reader may see of it. What may not be seen is not there.
    pub admission: Admission,
    /// What stands masked in it, where its reader sees everybody so.
    pub masked: Option<Masked>,
    /// How the person is reached, where its reader may not see that as it is.
    pub(crate) reached: Option<Reached>,
}

/// What stands masked in a profile.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Masked {
    /// The keys of the traits.
    pub traits: BTreeSet<String>,
}

/// How a person is reached.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reached {
    /// The address and the number that the traits show.
    pub shown: Vec<ContactPoint>,
    /// All addresses and numbers: those that sources carry, and one that was put right and no source carries yet.
    pub carried: Vec<ContactPoint>,
}

impl Reached {
    pub(crate) fn of(identifiers: &[ProfileIdentifier], traits: &[Trait]) -> Self {
        let shown = points(traits.iter().filter_map(|found| Some((&*found.key, found.value.as_str()?))));
        let mut carried = points(identifiers.iter().map(|found| (&*found.kind, &*found.value)));
        carried.extend(shown.iter().filter(|point| !carried.contains(point)).cloned().collect::<Vec<_>>());
        Self { shown, carried }
    }
}

fn points<'a>(found: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<ContactPoint> {
    found.filter_map(|(kind, value)| ContactPoint::of(kind, value)).collect()
}

impl Profile {
    pub(crate) fn read(row: profile::Model, gate: &Gate) -> Result<Self> {
        let said: Vec<consent::Statement> = json("consents", &row.consents)?;
        let admission = gate.admit(&said);
        Self::admit(row, gate, said, admission)
    }

    /// A row as somebody may see it whom the gate has let in to the person who said this.
    pub(crate) fn admit(
        row: profile::Model,
        gate: &Gate,
        said: Vec<consent::Statement>,
        admission: Admission,
    ) -> Result<Self> {
        gate.note(row.id);
        let traits = traits(&row)?;
        Ok(Self {
            id: row.id,
            display_name: row.display_name,
            created_at: row.created_at,
            updated_at: row.updated_at,
            first_seen: row.first_seen,
            last_seen: row.last_seen,
            active: row.active,
            limited: row.limited,
            household: row.household_id,
            traits,
            identifiers: json("identifiers", &row.identifiers)?,
            totals: json("totals", &row.totals)?,
            said,
            as_of: None,
            past: None,
            admission,
            masked: None,
            reached: None,
        }
        .screened())
    }

    /// Without what its reader may not see.
    pub(crate) fn screened(mut self) -> Self {
        let may = |group| self.admission.to(group).is_ok();
        let (identity, descriptive, quantitative) =
            (may(Group::Identity), may(Group::Descriptive), may(Group::Quantitative));
        if !identity || self.admission.masked {
            self.reached = Some(self.reached().into_owned());
        }
        let shown: Vec<bool> = self.traits.iter().map(|found| may(catalogue::group(&found.key))).collect();
        let mut shown = shown.into_iter();
        self.traits.retain(|_| shown.next().unwrap_or_default());
        if !identity {
            self.display_name = None;
            self.identifiers.clear();
        }
        if !descriptive {
            self.household = None;
        }
        if !quantitative {
            self.totals = Totals::default();
            (self.first_seen, self.last_seen) = (None, None);
            self.traits.iter_mut().for_each(hide_visits);
        }
        if self.admission.refused().is_some() {
            (self.created_at, self.first_seen, self.last_seen, self.past) = (None, None, None, None);
        }
        // Any source may have put an address into a trait of any group.
        if self.admission.masked || !identity {
            self.mask();
        }
        self
    }

    fn mask(&mut self) {
        let mut masked = Masked::default();
        if let Some(name) = &mut self.display_name {
            // Who has no name is called by an address or a number, in any spelling.
            let traits = self.traits.iter().filter(|found| found.value.as_str() == Some(name));
            let hidden = traits.map(|found| mask::of_trait(&found.key, &found.value));
            let mut hidden = hidden.filter_map(|value| value.as_str().map(str::to_owned));
            let called = hidden.find(|hidden| hidden != name);
            *name = called.unwrap_or_else(|| mask::text(name).into_owned());
        }
        for found in &mut self.traits {
            let losers = found.losers.iter_mut().map(|loser| &mut loser.value);
            for value in std::iter::once(&mut found.value).chain(losers) {
                let hidden = mask::of_trait(&found.key, value);
                if hidden != *value {
                    *value = hidden;
                    masked.traits.insert(found.key.clone());
                }
            }
        }
        for found in &mut self.identifiers {
            if let Some(hidden) = mask::identifier(&found.kind, &found.value) {
                found.value = hidden;
            }
        }
        self.masked = Some(masked);
    }

    /// How the person is reached, whatever its reader may see of it: for judging what they allow. Never to be shown to whom
    /// the gate refuses [`Group::Identity`], or shows masks.
    pub fn reached(&self) -> Cow<'_, Reached> {
        match &self.reached {
            Some(reached) => Cow::Borrowed(reached),
            None => Cow::Owned(Reached::of(&self.identifiers, &self.traits)),
        }
    }

    /// Leave to read what hangs on it and is data of this group.
    ///
    /// # Errors
    /// Why it is kept back.
    pub fn admitted(&self, group: Group) -> Result<Admitted, Withheld> {
        self.admission.admitted(group, self.id)
    }

    /// Leave to read what hangs on whom it is part of today, and is data of this group: of a profile of the past that may be
    /// another one by now, and it was let in by what they say today.
    ///
    /// # Errors
    /// Why it is kept back.
    pub fn admitted_today(&self, group: Group) -> Result<Admitted, Withheld> {
        let today = self.past.as_ref().map_or(self.id, |past| past.today);
        self.admission.admitted(group, today)
    }
}

/// Takes away when and by which visit a campaign told something: what it told may be of another group than visits are.
fn hide_visits(found: &mut Trait) {
    let losers = found.losers.iter_mut().map(|loser| &mut loser.origin);
    for origin in losers.chain(&mut found.confirmed_by).chain([&mut found.winner]) {
        if let Some(inference) = &mut origin.inferred {
            (inference.touch, inference.message_id, origin.at) = (None, None, None);
        }
    }
}

/// Who carries an identifier, the eldest first.
const CARRIERS: &str = "FROM identifier i \
     JOIN source_identity s ON s.id = i.source_identity_id AND NOT s.deleted \
     JOIN profile p ON p.id = s.profile_id \
     WHERE i.kind = $1 AND i.value = $2 \
     ORDER BY p.created_at IS NULL, p.created_at, p.id LIMIT 1";

/// The traits of a profile: what was said, and what follows from campaigns.
pub(crate) fn traits(row: &profile::Model) -> Result<Vec<Trait>> {
    Ok(behaviour::combined(json("traits", &row.traits)?, json("traits", &row.inferred)?))
}

/// Reads a JSON column.
pub(crate) fn json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::stored(what, error))
}

impl Profiles {
    /// The profile of that name. Where several carry an identifier, the eldest.
    pub async fn profile(&self, reader: &Reader, by: &ProfileRef) -> Result<Option<Profile>> {
        let found = self.profile_row(by).await?;
        let gate = self.gate(reader).await?;
        found.map(|row| Profile::read(row, &gate)).transpose()
    }

    /// The row of the profile of that name, which only the gate may turn into one.
    pub(crate) async fn profile_row(&self, by: &ProfileRef) -> Result<Option<profile::Model>> {
        match by {
            ProfileRef::Id(id) => self.of_identity(*id).await,
            ProfileRef::Record { source, external_id } => {
                let source = self.keys().source(source);
                self.of_identity(self.keys().person(source, external_id)).await
            }
            ProfileRef::Identifier(kind, raw) => match self.ruleset().identity.normalise(*kind, raw, None) {
                Normalised::Value(value) => self.of_identifier(*kind, value).await,
                Normalised::Placeholder => Ok(None),
                Normalised::Invalid(reason) => Err(Error::invalid(format!("by.{}", kind.as_str()), reason)),
            },
        }
    }

    async fn of_identity(&self, id: Uuid) -> Result<Option<profile::Model>> {
        let statement = Statement::from_sql_and_values(
            self.db().get_database_backend(),
            "SELECT p.* FROM source_identity s JOIN profile p ON p.id = s.profile_id WHERE s.id = $1",
            [id.into()],
        );
        Ok(profile::Entity::find().from_raw_sql(statement).one(self.db()).await?)
    }

    async fn of_identifier(&self, kind: IdentifierKind, value: String) -> Result<Option<profile::Model>> {
        let sql = format!("SELECT p.* {CARRIERS}");
        let values = [kind.as_str().into(), value.into()];
        let statement = Statement::from_sql_and_values(self.db().get_database_backend(), sql, values);
        Ok(profile::Entity::find().from_raw_sql(statement).one(self.db()).await?)
    }

    /// The source identity that a name is of, which stays the same whoever turns out to be one person; of an identifier one that
    /// carries it. It need not be there.
    pub(crate) async fn member(&self, by: &ProfileRef) -> Result<Option<Uuid>> {
        let (kind, raw) = match by {
            ProfileRef::Id(id) => return Ok(Some(*id)),
            ProfileRef::Record { source, external_id } => {
                return Ok(Some(self.keys().person(self.keys().source(source), external_id)));
            }
            ProfileRef::Identifier(kind, raw) => (*kind, raw),
        };
        let value = match self.ruleset().identity.normalise(kind, raw, None) {
            Normalised::Value(value) => value,
            Normalised::Placeholder => return Ok(None),
            Normalised::Invalid(reason) => {
                return Err(Error::invalid(format!("by.{}", kind.as_str()), reason));
            }
        };
        let sql = format!("SELECT s.id {CARRIERS}");
        let values = [kind.as_str().into(), value.into()];
        let statement = Statement::from_sql_and_values(self.db().get_database_backend(), sql, values);
        let row = self.db().query_one_raw(statement).await?;
        Ok(row.map(|row| row.try_get("", "id")).transpose()?)
    }

    /// Profiles by their present ids.
    pub async fn profiles_by_id(&self, reader: &Reader, ids: &[Uuid]) -> Result<HashMap<Uuid, Profile>> {
        let gate = self.gate(reader).await?;
        let mut found = HashMap::new();
        for chunk in chunks(self.db(), ids.iter().copied()) {
            for row in profile::Entity::find().filter(chunk.of(profile::Column::Id)).all(self.db()).await? {
                found.insert(row.id, Profile::read(row, &gate)?);
            }
        }
        Ok(found)
    }

    /// The members of profiles, eldest first.
    pub async fn members(
        &self,
        profiles: &[Admitted],
    ) -> Result<HashMap<Admitted, Vec<source_identity::Model>>> {
        let mut members: HashMap<Admitted, Vec<source_identity::Model>> = HashMap::new();
        for chunk in chunks(self.db(), Admitted::ids(profiles)) {
            let rows = source_identity::Entity::find()
                .filter(chunk.of(source_identity::Column::ProfileId))
                .order_by_asc(source_identity::Column::Id)
                .all(self.db())
                .await?;
            for row in rows {
                members.entry(Admitted::again(row.profile_id)).or_default().push(row);
            }
        }
        for rows in members.values_mut() {
            rows.sort_by_key(|row| (row.created_at.is_none(), row.created_at, row.id));
        }
        Ok(members)
    }

    /// The links that hold profiles together, strongest first, at most `first` a profile.
    pub async fn links(
        &self,
        profiles: &[Admitted],
        first: u64,
    ) -> Result<HashMap<Admitted, Vec<link::Model>>> {
        let statement = over(
            self.db(),
            "SELECT * FROM (\
               SELECT s.profile_id, l.*, ROW_NUMBER() OVER (\
                 PARTITION BY s.profile_id ORDER BY l.weight DESC, l.a, l.b, l.rule, l.value) AS place \
               FROM source_identity s JOIN link l ON l.a = s.id \
               JOIN source_identity t ON t.id = l.b AND t.profile_id = s.profile_id \
               WHERE s.profile_id = {}) ranked \
             WHERE place <= $1 ORDER BY place",
            &Admitted::ids(profiles),
            [Value::from(i64::try_from(first).unwrap_or(i64::MAX))],
        );
        self.owned(statement).await
    }

    /// The companies that profiles belong to, by name.
    pub async fn companies(&self, profiles: &[Admitted]) -> Result<HashMap<Admitted, Vec<company::Model>>> {
        let statement = over(
            self.db(),
            "SELECT DISTINCT s.profile_id, c.* FROM source_identity s \
             JOIN company_person m ON m.source_identity_id = s.id JOIN company c ON c.id = m.company_id \
             WHERE s.profile_id = {} ORDER BY c.name, c.id",
            &Admitted::ids(profiles),
            [],
        );
        self.owned(statement).await
    }

    /// The deals that concern profiles, newest first.
    pub async fn deals(&self, profiles: &[Admitted]) -> Result<HashMap<Admitted, Vec<deal::Model>>> {
        let statement = over(
            self.db(),
            "SELECT DISTINCT s.profile_id, d.* FROM source_identity s \
             JOIN deal_person m ON m.source_identity_id = s.id JOIN deal d ON d.id = m.deal_id \
             WHERE s.profile_id = {} ORDER BY d.created_at DESC, d.id",
            &Admitted::ids(profiles),
            [],
        );
        self.owned(statement).await
    }

    async fn owned<M: FromQueryResult + Send>(
        &self,
        statement: Statement,
    ) -> Result<HashMap<Admitted, Vec<M>>> {
        let mut owned: HashMap<Admitted, Vec<M>> = HashMap::new();
        for result in self.db().query_all_raw(statement).await? {
            let profile = Admitted::again(result.try_get("", "profile_id")?);
            owned.entry(profile).or_default().push(M::from_query_result(&result, "")?);
        }
        Ok(owned)
    }
}
