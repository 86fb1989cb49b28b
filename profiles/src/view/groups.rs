//! Groups above profiles, households and accounts: their members, how many those are, and what their orders come to.
//!
//! A group has no row of its own. Who belongs to it is one selection, [`Group::members`], and everything else is asked
//! of that, for many groups at once.

use std::collections::HashMap;

use entities::profile;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

use super::{
    catalogue, compose,
    document::Totals,
    gather,
    read::{Profile, json},
};
use crate::{
    Profiles,
    consent::{self, Reader},
    error::Result,
    store::over,
};

/// The kinds of group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// People of one family name at one address: see [`super::household`].
    Household,
    /// People of the companies that are one: see [`super::account`].
    Account,
}

impl Group {
    /// The most members of which sums are taken. More people than that at one address are an institution, a block of
    /// flats without numbers, or an address that people give who give none; no family.
    pub fn largest(self) -> u64 {
        match self {
            Self::Household => 50,
            Self::Account => 10_000,
        }
    }

    /// The members of some groups, each once, as `owner` (the group) and `profile_id`.
    fn members(self) -> &'static str {
        match self {
            Self::Household => {
                "SELECT p.household_id AS owner, p.id AS profile_id FROM profile p WHERE p.household_id = {}"
            }
            Self::Account => {
                "SELECT DISTINCT c.account_id AS owner, s.profile_id FROM company c \
                 JOIN company_person m ON m.company_id = c.id \
                 JOIN source_identity s ON s.id = m.source_identity_id WHERE c.account_id = {}"
            }
        }
    }
}

/// A page of members, by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MembersPage {
    /// At most so many.
    pub first: u64,
    /// Only those after this profile.
    pub after: Option<Uuid>,
}

impl Profiles {
    /// How many members groups have.
    pub async fn group_sizes(&self, group: Group, ids: &[Uuid]) -> Result<HashMap<Uuid, u64>> {
        let sql = format!("SELECT owner, COUNT(*) AS count FROM ({}) g GROUP BY owner", group.members());
        let mut sizes = HashMap::new();
        for row in self.db().query_all_raw(over(self.db(), &sql, ids, [])).await? {
            let count: i64 = row.try_get("", "count")?;
            sizes.insert(row.try_get("", "owner")?, count.unsigned_abs());
        }
        Ok(sizes)
    }

    /// The members of groups, by id.
    pub async fn group_members(
        &self,
        reader: &Reader,
        group: Group,
        ids: &[Uuid],
        page: MembersPage,
    ) -> Result<HashMap<Uuid, Vec<Profile>>> {
        let sql = format!(
            "SELECT r.owner, p.* FROM (\
               SELECT owner, profile_id, ROW_NUMBER() OVER (PARTITION BY owner ORDER BY profile_id) AS place \
               FROM ({}) g WHERE TRUE{}) r JOIN profile p ON p.id = r.profile_id \
             WHERE r.place <= $1 ORDER BY p.id",
            group.members(),
            page.after.map(|_| " AND profile_id > $2").unwrap_or_default(),
        );
        let first = Value::from(i64::try_from(page.first).unwrap_or(i64::MAX));
        let values = [first].into_iter().chain(page.after.map(Value::from));
        let gate = self.gate(reader).await?;
        let mut members: HashMap<Uuid, Vec<Profile>> = HashMap::new();
        for row in self.db().query_all_raw(over(self.db(), &sql, ids, values)).await? {
            let owner: Uuid = row.try_get("", "owner")?;
            let profile = profile::Model::from_query_result(&row, "")?;
            members.entry(owner).or_default().push(Profile::read(profile, &gate)?);
        }
        Ok(members)
    }

    /// What the orders of the members of groups sum up to; nothing of a group in which the reader may not see the orders of
    /// one: the others' would tell them.
    pub async fn group_totals(
        &self,
        reader: &Reader,
        group: Group,
        ids: &[Uuid],
    ) -> Result<HashMap<Uuid, Option<Totals>>> {
        let sums = gather::orders_of_groups(self.db(), group.members(), ids).await?;
        let mut totals: HashMap<Uuid, Option<Totals>> =
            sums.into_iter().map(|(id, sums)| (id, Some(compose::totals(&sums)))).collect();
        let gate = self.gate(reader).await?;
        if gate.is_open() {
            return Ok(totals);
        }
        let sql = format!(
            "SELECT g.owner, p.consents FROM ({}) g JOIN profile p ON p.id = g.profile_id",
            group.members()
        );
        for row in self.db().query_all_raw(over(self.db(), &sql, ids, [])).await? {
            let said: String = row.try_get("", "consents")?;
            if gate
                .admit(&json::<Vec<consent::Statement>>("consents", &said)?)
                .to(catalogue::Group::Quantitative)
                .is_err()
            {
                totals.insert(row.try_get("", "owner")?, None);
            }
        }
        Ok(totals)
    }
}
