//! Whoever reads of a person passes here: a profile can only be made of its row by a [`Gate`], and what hangs on a
//! profile is only read for who holds an [`Admitted`], which nobody else can make.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{
    Reads,
    decide::{Decision, Refusal, decide},
    purpose::{LawfulBasis, Purpose},
    statement::{ContactPoint, Statement},
};
use crate::{
    Profiles,
    error::{Error, Result},
    store::over,
    view::{catalogue::Group, read::json},
};

/// People in one statement.
const STEP: usize = 1024;

/// Who reads personal data, and what for.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The name of the API key, person or process.
    pub caller: String,
    /// The key of the purpose that the data is wanted for; `None` for operating the system itself.
    pub purpose: Option<Arc<str>>,
    /// Whether contact points and whatever else names a person directly are shown masked: see [`super::mask`].
    pub masked: bool,
    /// Where it is noted whose profiles are read; `None` where nobody wants to know.
    pub reads: Option<Reads>,
}

impl Reader {
    /// A reader that operates the system itself.
    pub fn operator(caller: impl Into<String>) -> Self {
        Self { caller: caller.into(), purpose: None, masked: false, reads: None }
    }

    /// Lets one that operates the system itself in to whatever hangs on a profile.
    pub fn operates(&self, profile: Uuid) -> Option<Admitted> {
        self.purpose.is_none().then_some(Admitted(profile))
    }
}

/// Leave to read what hangs on a profile. Made by the gate alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Admitted(Uuid);

impl Admitted {
    /// The id of the profile.
    pub const fn profile(self) -> Uuid {
        self.0
    }

    /// The owner of a row that a statement over admitted profiles found.
    pub(crate) const fn again(profile: Uuid) -> Self {
        Self(profile)
    }

    /// The ids of the profiles.
    pub(crate) fn ids(profiles: &[Self]) -> Vec<Uuid> {
        profiles.iter().map(|admitted| admitted.0).collect()
    }
}

/// Why something is kept back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Withheld {
    /// The purpose may not use data of this group.
    Group,
    /// The person's data may not be used for the purpose.
    Person(Refusal),
}

impl From<Refusal> for Withheld {
    fn from(refusal: Refusal) -> Self {
        Self::Person(refusal)
    }
}

/// What a reader may see of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The groups of data that the purpose may use; `None` for all of them.
    groups: Option<BTreeSet<Group>>,
    /// Why nothing of this person may be used.
    refused: Option<Refusal>,
    /// Since when, where that is known.
    since: Option<DateTime<Utc>>,
    /// Whether what names the person directly is masked.
    pub(crate) masked: bool,
}

impl Admission {
    /// Whether data of this group may be seen.
    ///
    /// # Errors
    /// Why it may not.
    pub fn to(&self, group: Group) -> Result<(), Withheld> {
        match (self.refused, &self.groups) {
            (Some(refusal), _) => Err(Withheld::Person(refusal)),
            (None, Some(groups)) if !groups.contains(&group) => Err(Withheld::Group),
            (None, _) => Ok(()),
        }
    }

    /// Whether nothing of the person may be used, why and since when.
    pub fn refused(&self) -> Option<(Refusal, Option<DateTime<Utc>>)> {
        self.refused.map(|refusal| (refusal, self.since))
    }

    /// Leave to read what hangs on a profile and is data of this group.
    pub(crate) fn admitted(&self, group: Group, profile: Uuid) -> Result<Admitted, Withheld> {
        self.to(group).map(|()| Admitted(profile))
    }
}

/// What a reader's purpose allows, at an instant.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    purpose: Option<Purpose>,
    /// Whether what names a person directly is masked.
    pub(crate) masked: bool,
    reads: Option<Reads>,
    now: DateTime<Utc>,
}

impl Gate {
    /// What the reader may see of the person who said this.
    pub(crate) fn admit(&self, said: &[Statement]) -> Admission {
        self.admit_at(said, None)
    }

    /// What the reader may see of the person who said this and is reached at this address or number.
    pub(crate) fn admit_at(&self, said: &[Statement], point: Option<&ContactPoint>) -> Admission {
        let masked = self.masked;
        let Some(purpose) = &self.purpose else {
            return Admission { groups: None, refused: None, since: None, masked };
        };
        let groups = Some(purpose.data_groups.clone());
        match decide(purpose, said, point, self.now) {
            Decision::Allowed { .. } => Admission { groups, refused: None, since: None, masked },
            Decision::Refused { reason, since, .. } => {
                Admission { groups, refused: Some(reason), since, masked }
            }
        }
    }

    /// Notes that a profile is shown, where that is to be known.
    pub(crate) fn note(&self, profile: Uuid) {
        if let Some(reads) = &self.reads {
            reads.note(profile);
        }
    }

    /// Notes whoever these source identities are part of.
    pub(crate) async fn note_all<C: ConnectionTrait>(
        &self,
        db: &C,
        identities: impl IntoIterator<Item = Uuid>,
    ) -> Result<()> {
        let Some(reads) = &self.reads else { return Ok(()) };
        let identities: Vec<Uuid> = identities.into_iter().collect();
        let sql = "SELECT DISTINCT profile_id FROM source_identity WHERE id = {}";
        for identities in identities.chunks(STEP) {
            for row in db.query_all_raw(over(db, sql, identities, [])).await? {
                reads.note(row.try_get("", "profile_id")?);
            }
        }
        Ok(())
    }

    /// The purpose, where nobody's data may be used for it who has not said so.
    pub(crate) fn asks_for_consent(&self) -> Option<&str> {
        let purpose = self.purpose.as_ref()?;
        (purpose.basis == LawfulBasis::Consent).then_some(purpose.key.as_str())
    }

    /// Whether everything of everybody may be seen.
    pub(crate) const fn is_open(&self) -> bool {
        self.purpose.is_none()
    }

    /// Those of these source identities of which data of this group may be seen.
    pub(crate) async fn admitted<C: ConnectionTrait>(
        &self,
        db: &C,
        group: Group,
        identities: impl IntoIterator<Item = Uuid>,
    ) -> Result<HashSet<Uuid>> {
        let identities: Vec<Uuid> = identities.into_iter().collect();
        if self.purpose.is_none() {
            return Ok(identities.into_iter().collect());
        }
        let said = said_today(db, &identities).await?;
        let may = |id: &Uuid| self.admit(said.get(id).map_or(&[], Vec::as_slice)).to(group).is_ok();
        Ok(identities.into_iter().filter(may).collect())
    }

    /// Those of these source identities of which nothing may be seen, because whoever they are part of today refuses.
    pub(crate) async fn refused<C: ConnectionTrait>(
        &self,
        db: &C,
        identities: &[Uuid],
    ) -> Result<HashSet<Uuid>> {
        if self.purpose.is_none() {
            return Ok(HashSet::new());
        }
        let said = said_today(db, identities).await?;
        let refuses = |id: &Uuid| self.admit(said.get(id).map_or(&[], Vec::as_slice)).refused.is_some();
        Ok(identities.iter().copied().filter(refuses).collect())
    }
}

/// What counts today of what the people said whom these source identities are part of, by source identity.
pub(crate) async fn said_today<C: ConnectionTrait>(
    db: &C,
    identities: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Statement>>> {
    let sql = "SELECT s.id, p.consents FROM source_identity s JOIN profile p ON p.id = s.profile_id WHERE s.id = {}";
    let mut said = HashMap::new();
    for identities in identities.chunks(STEP) {
        for row in db.query_all_raw(over(db, sql, identities, [])).await? {
            let consents: String = row.try_get("", "consents")?;
            said.insert(row.try_get("", "id")?, json("consents", &consents)?);
        }
    }
    Ok(said)
}

impl Profiles {
    /// The gate before a reader.
    pub(crate) async fn gate(&self, reader: &Reader) -> Result<Gate> {
        let purpose = match &reader.purpose {
            None => None,
            Some(key) => {
                let purposes = self.purposes().await?;
                let defined = purposes.get(&**key);
                let missing = || Error::NotFound { what: "purpose", id: key.to_string() };
                Some(defined.ok_or_else(missing)?.purpose.clone())
            }
        };
        Ok(Gate { purpose, masked: reader.masked, reads: reader.reads.clone(), now: self.now() })
    }
}
