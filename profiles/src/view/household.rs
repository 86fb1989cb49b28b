//! Households: people of one family name at one address, as the profiles say where they live.
//!
//! A household is no row of its own: it is all profiles with one `household_id`, which follows from the family name and
//! the address that survived in the profile ([`identity::household_key`]). So it follows from the profiles alone, in
//! any order, and joining one merges nobody. Who is deleted at every source belongs to none.

use std::collections::HashMap;

use connectors::canonical::traits as t;
use entities::profile::{self, Column as C};
use identity::Home;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use serde_json::Value;
use uuid::Uuid;

use super::{catalogue::Group, document::Trait, read::json};
use crate::{
    Profiles,
    consent::{self, Reader, Withheld, mask},
    error::Result,
    resolution::country_code,
    store::over,
};

/// A household, as its eldest profile describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Household {
    /// Keyed hash of the family name and the address.
    pub id: Uuid,
    /// The family name.
    pub name: Option<String>,
    /// The address: an object of [`connectors::canonical::address`].
    pub address: Value,
    /// Why name and address are kept back.
    pub withheld: Option<Withheld>,
}

fn value<'a>(traits: &'a [Trait], key: &str) -> Option<&'a Value> {
    traits.iter().find(|found| found.key == key).map(|found| &found.value)
}

/// The family name as the profile has it: by itself, or in the full name.
fn family_name(traits: &[Trait]) -> Option<&str> {
    let text = |key: &str| value(traits, key)?.as_str().map(str::trim).filter(|text| !text.is_empty());
    text(t::LAST_NAME).or_else(|| identity::family_name(text(t::FULL_NAME)?))
}

/// The key of the household; `None` where the profile does not tell enough.
pub(super) fn key(traits: &[Trait]) -> Option<String> {
    let address = value(traits, t::ADDRESS)?;
    let part = |key: &str| address.get(key)?.as_str();
    let country = part("country").and_then(country_code);
    identity::household_key(&Home {
        family_name: family_name(traits)?,
        street: part("street")?,
        street2: part("street2"),
        postal_code: part("postal_code"),
        city: part("city"),
        country: country.as_deref(),
    })
}

impl Profiles {
    /// Households by id.
    pub async fn households_by_id(&self, reader: &Reader, ids: &[Uuid]) -> Result<HashMap<Uuid, Household>> {
        let statement = over(
            self.db(),
            "SELECT p.id, p.household_id, p.traits FROM (\
               SELECT id, ROW_NUMBER() OVER (\
                 PARTITION BY household_id ORDER BY created_at IS NULL, created_at, id) AS place \
               FROM profile WHERE household_id = {}) ranked JOIN profile p ON p.id = ranked.id \
             WHERE ranked.place = 1",
            ids,
            [],
        );
        // Who is known to live there is known to be called so.
        let gate = self.gate(reader).await?;
        let mut kept_back: HashMap<Uuid, Withheld> = HashMap::new();
        if !gate.is_open() {
            let sql = "SELECT household_id, consents FROM profile WHERE household_id = {}";
            for row in self.db().query_all_raw(over(self.db(), sql, ids, [])).await? {
                let said: String = row.try_get("", "consents")?;
                let admission = gate.admit(&json::<Vec<consent::Statement>>("consents", &said)?);
                if let Err(why) = admission.to(Group::Identity) {
                    kept_back.insert(row.try_get("", "household_id")?, why);
                }
            }
        }
        let mut found = HashMap::new();
        for row in self.db().query_all_raw(statement).await? {
            let id: Uuid = row.try_get("", "household_id")?;
            let traits: String = row.try_get("", "traits")?;
            let traits: Vec<Trait> = json("traits", &traits)?;
            let withheld = kept_back.get(&id).copied();
            let shown = withheld.is_none();
            if shown {
                gate.note(row.try_get("", "id")?);
            }
            let name = family_name(&traits).filter(|_| shown).map(str::to_owned);
            let mut address = value(&traits, t::ADDRESS).filter(|_| shown).cloned().unwrap_or_default();
            if gate.masked {
                address = mask::of_trait(t::ADDRESS, &address);
            }
            found.insert(id, Household { id, name, address, withheld });
        }
        Ok(found)
    }

    /// The ids of the households of at least so many members, in order, at most `limit` of them behind one.
    pub async fn households(&self, min_members: i64, after: Option<Uuid>, limit: u64) -> Result<Vec<Uuid>> {
        let mut query = profile::Entity::find()
            .select_only()
            .column(C::HouseholdId)
            .filter(C::HouseholdId.is_not_null())
            .group_by(C::HouseholdId)
            .having(C::Id.count().gte(min_members))
            .order_by_asc(C::HouseholdId)
            .limit(limit);
        if let Some(after) = after {
            query = query.filter(C::HouseholdId.gt(after));
        }
        Ok(query.into_tuple().all(self.db()).await?)
    }

    /// How many households have at least so many members.
    pub async fn count_households(&self, min_members: i64) -> Result<u64> {
        let statement = Statement::from_sql_and_values(
            self.db().get_database_backend(),
            "SELECT COUNT(*) AS count FROM (SELECT household_id FROM profile \
             WHERE household_id IS NOT NULL GROUP BY household_id HAVING COUNT(*) >= $1) large",
            [min_members.into()],
        );
        let row = self.db().query_one_raw(statement).await?;
        let count: i64 = row.map(|row| row.try_get("", "count")).transpose()?.unwrap_or_default();
        Ok(count.unsigned_abs())
    }
}
