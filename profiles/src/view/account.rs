//! Accounts: companies, however many sources know them. Which company objects are one is decided in
//! [`crate::resolution`]; an account is all of them with one `account_id`.

use std::collections::{BTreeSet, HashMap};

use entities::company::{self, Column as C};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select, sea_query::Expr,
};
use uuid::Uuid;

use crate::{Profiles, consent::Admitted, error::Result, store::over};

/// The most company objects of one account that are shown.
const MOST: i64 = 500;

/// A company, as all sources together know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The id of its eldest company object.
    pub id: Uuid,
    /// Its company objects, eldest first; at most 500.
    pub companies: Vec<company::Model>,
}

impl Account {
    /// The name that its eldest company object with a name gives it.
    pub fn name(&self) -> Option<&str> {
        self.companies.iter().find_map(|row| row.name.as_deref())
    }

    /// The registrable domains by which it is recognised.
    pub fn domains(&self) -> BTreeSet<&str> {
        self.companies.iter().filter_map(|row| row.domain_key.as_deref()).collect()
    }

    /// The numbers in registers by which it is recognised, in normal form.
    pub fn register_numbers(&self) -> BTreeSet<&str> {
        self.companies.iter().filter_map(|row| row.register_key.as_deref()).collect()
    }
}

impl Profiles {
    /// Accounts by their present ids.
    pub async fn accounts_by_id(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, Account>> {
        let statement = over(
            self.db(),
            "SELECT * FROM (SELECT c.*, ROW_NUMBER() OVER (\
                 PARTITION BY c.account_id ORDER BY c.created_at IS NULL, c.created_at, c.id) AS place \
               FROM company c WHERE c.account_id = {}) ranked \
             WHERE place <= $1 ORDER BY place",
            ids,
            [MOST.into()],
        );
        let mut found: HashMap<Uuid, Account> = HashMap::new();
        for row in self.db().query_all_raw(statement).await? {
            let row = company::Model::from_query_result(&row, "")?;
            let id = row.account_id;
            found.entry(id).or_insert_with(|| Account { id, companies: Vec::new() }).companies.push(row);
        }
        Ok(found)
    }

    /// The accounts that profiles belong to, by id.
    pub async fn accounts_of(&self, profiles: &[Admitted]) -> Result<HashMap<Admitted, Vec<Uuid>>> {
        let statement = over(
            self.db(),
            "SELECT DISTINCT s.profile_id, c.account_id FROM source_identity s \
             JOIN company_person m ON m.source_identity_id = s.id JOIN company c ON c.id = m.company_id \
             WHERE s.profile_id = {} ORDER BY c.account_id",
            &Admitted::ids(profiles),
            [],
        );
        let mut accounts: HashMap<Admitted, Vec<Uuid>> = HashMap::new();
        for row in self.db().query_all_raw(statement).await? {
            let profile = Admitted::again(row.try_get("", "profile_id")?);
            accounts.entry(profile).or_default().push(row.try_get("", "account_id")?);
        }
        Ok(accounts)
    }

    /// The account that a company object is part of now: every id that ever was an account's is one's.
    pub async fn account_of_company(&self, company: Uuid) -> Result<Option<Uuid>> {
        let found = company::Entity::find_by_id(company).select_only().column(C::AccountId);
        Ok(found.into_tuple().one(self.db()).await?)
    }

    /// The ids of all accounts in order, at most `limit` of them behind one.
    pub async fn accounts(&self, after: Option<Uuid>, limit: u64) -> Result<Vec<Uuid>> {
        let mut query = eldest().select_only().column(C::Id).order_by_asc(C::Id).limit(limit);
        if let Some(after) = after {
            query = query.filter(C::Id.gt(after));
        }
        Ok(query.into_tuple().all(self.db()).await?)
    }

    /// How many accounts there are.
    pub async fn count_accounts(&self) -> Result<u64> {
        Ok(eldest().count(self.db()).await?)
    }
}

/// The company objects after which accounts are named.
fn eldest() -> Select<company::Entity> {
    company::Entity::find().filter(Expr::col(C::Id).eq(Expr::col(C::AccountId)))
}
