//! Reading, from one snapshot, everything that is kept of a person.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use connectors::canonical::RecordKind;
use entities::{
    action_decision, action_outcome, company, company_person, deal, event, link, list_entry, membership,
    notice, order, profile, record_version, rejected_record, source, source_identity, subject_request,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter,
    Statement, Value,
};
use uuid::Uuid;

use super::super::erase::{members, owned, versions_of};
use crate::{
    Keys, actions, audiences,
    consent::{Reading, StatementDetails},
    decisions::{self, Words},
    error::{Error, Result},
    normaliser::Normaliser,
    store::chunks,
    view::{correction::Correction, gather},
};

/// How many keys are looked for in one pass over the objects of a source.
const KEYS: usize = 64;

/// Everything that is kept of a person, as it is stored.
pub(super) struct Kept {
    pub(super) sources: HashMap<Uuid, source::Model>,
    pub(super) profile: profile::Model,
    /// Eldest first.
    pub(super) members: Vec<source_identity::Model>,
    /// Of person records, and of orders and deals that may name the person.
    pub(super) versions: Vec<record_version::Model>,
    pub(super) rejected: Vec<rejected_record::Model>,
    pub(super) events: Vec<event::Model>,
    pub(super) orders: Vec<order::Model>,
    pub(super) deals: Vec<deal::Model>,
    pub(super) companies: Vec<company::Model>,
    pub(super) said: Vec<StatementDetails>,
    pub(super) notices: Vec<notice::Model>,
    pub(super) links: Vec<link::Model>,
    pub(super) words: Words,
    pub(super) requests: Vec<subject_request::Model>,
    pub(super) corrections: Vec<Correction>,
    pub(super) stays: Vec<membership::Model>,
    pub(super) listed: Vec<list_entry::Model>,
    pub(super) chosen: Vec<action_decision::Model>,
    pub(super) outcomes: Vec<action_outcome::Model>,
}

impl Kept {
    pub(super) async fn read(
        txn: &DatabaseTransaction,
        keys: &Keys,
        normaliser: &Normaliser<'_>,
        named: Uuid,
    ) -> Result<Self> {
        let mut members = members(txn, Some(named)).await?;
        members.sort_by_key(|member| (member.created_at.is_none(), member.created_at, member.id));
        let ids: BTreeSet<Uuid> = members.iter().map(|member| member.id).collect();
        let missing = || Error::NotFound { what: "profile", id: named.to_string() };
        let id = members.first().ok_or_else(missing)?.profile_id;
        let profile = profile::Entity::find_by_id(id).one(txn).await?.ok_or_else(missing)?;
        let sources = source::Entity::find().all(txn).await?;
        let (mut orders, mut deals) = owned(txn, &ids).await?;
        orders.sort_by_key(|row| (std::cmp::Reverse(row.placed_at), row.id));
        deals.sort_by_key(|row| (std::cmp::Reverse(row.created_at), row.id));
        let reading = Reading { keys, normaliser };
        let said = reading.said(txn, "profile_id", &[id], None).await?.into_values().flatten().collect();
        let (versions, rejected) = delivered(txn, &members).await?;
        let (chosen, outcomes) = actions::kept_of(txn, &ids).await?;
        Ok(Self {
            chosen,
            outcomes,
            sources: sources.into_iter().map(|source| (source.id, source)).collect(),
            profile,
            versions,
            rejected,
            events: events(txn, &ids).await?,
            orders,
            deals,
            companies: companies(txn, &ids).await?,
            said: once(said),
            notices: notice::Entity::find().all(txn).await?,
            links: links(txn, &ids).await?,
            words: decisions::about(txn, ids.iter().copied()).await?,
            requests: requests(txn, &ids).await?,
            corrections: corrections(txn, &ids).await?,
            stays: audiences::all_stays(txn, id).await?,
            listed: audiences::list_entries(txn, ids.iter().copied()).await?,
            members,
        })
    }

    /// The ids of the members.
    pub(super) fn ids(&self) -> BTreeSet<Uuid> {
        self.members.iter().map(|member| member.id).collect()
    }
}

/// What is kept for each of those who are the person, told once.
fn once(mut said: Vec<StatementDetails>) -> Vec<StatementDetails> {
    said.sort_by_key(|details| (std::cmp::Reverse(details.statement.stated_at), details.statement.id));
    let mut told: Vec<StatementDetails> = Vec::new();
    for details in said {
        if !told.iter().any(|before| details.repeats(before)) {
            told.push(details);
        }
    }
    told
}

async fn delivered(
    txn: &DatabaseTransaction,
    members: &[source_identity::Model],
) -> Result<(Vec<record_version::Model>, Vec<rejected_record::Model>)> {
    let (mut versions, mut rejected) = (Vec::new(), Vec::new());
    let mut by_source: BTreeMap<Uuid, Vec<&str>> = BTreeMap::new();
    for member in members {
        let of_it = versions_of(member.source_id, RecordKind::Person, &member.external_id);
        versions.extend(record_version::Entity::find().filter(of_it).all(txn).await?);
        use rejected_record::Column as R;
        let of_it = R::ExternalId.eq(&member.external_id).and(R::SourceId.eq(member.source_id));
        rejected.extend(rejected_record::Entity::find().filter(of_it).all(txn).await?);
        by_source.entry(member.source_id).or_default().push(&member.external_id);
    }
    for (source, keys) in by_source {
        for keys in keys.chunks(KEYS) {
            versions.extend(naming(txn, source, keys).await?);
        }
    }
    versions.sort_by(|a, b| {
        let place = |row: &record_version::Model| (row.source_id, row.updated_at, row.last_seen, row.id);
        (&a.kind, place(a)).cmp(&(&b.kind, place(b)))
    });
    Ok((versions, rejected))
}

/// Every version of an order or a deal that may name one of these keys, also of what was deleted or has become somebody
/// else's: no index leads there, so this reads all that the source delivered.
async fn naming(
    txn: &DatabaseTransaction,
    source: Uuid,
    keys: &[&str],
) -> Result<Vec<record_version::Model>> {
    use record_version::Column as C;
    let mut named = Condition::any();
    for key in keys {
        named = named.add(C::Body.like(like(key)));
    }
    let kinds = [RecordKind::Order.as_str(), RecordKind::Deal.as_str()];
    let found = record_version::Entity::find().filter(C::SourceId.eq(source)).filter(C::Kind.is_in(kinds));
    Ok(found.filter(named).all(txn).await?)
}

/// A pattern that every body which holds this text as a JSON string fits.
fn like(key: &str) -> sea_orm::sea_query::LikeExpr {
    let json = serde_json::Value::from(key).to_string();
    let mut pattern = String::from("%");
    for char in json.chars() {
        if matches!(char, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(char);
    }
    sea_orm::sea_query::LikeExpr::new(pattern + "%").escape('!')
}

async fn events(txn: &DatabaseTransaction, ids: &BTreeSet<Uuid>) -> Result<Vec<event::Model>> {
    let mut found = Vec::new();
    for ids in chunks(txn, ids.iter().copied()) {
        let of_them = ids.of(event::Column::SourceIdentityId);
        found.extend(event::Entity::find().filter(of_them).all(txn).await?);
    }
    found.sort_by_key(|row| (row.occurred_at, row.id));
    Ok(found)
}

async fn companies(txn: &DatabaseTransaction, ids: &BTreeSet<Uuid>) -> Result<Vec<company::Model>> {
    let mut belongs = BTreeSet::new();
    for ids in chunks(txn, ids.iter().copied()) {
        let of_them = ids.of(company_person::Column::SourceIdentityId);
        let rows = company_person::Entity::find().filter(of_them).all(txn).await?;
        belongs.extend(rows.into_iter().map(|row| row.company_id));
    }
    let mut found = Vec::new();
    for ids in chunks(txn, belongs) {
        found.extend(company::Entity::find().filter(ids.of(company::Column::Id)).all(txn).await?);
    }
    found.sort_by_key(|row| row.id);
    Ok(found)
}

async fn links(txn: &DatabaseTransaction, ids: &BTreeSet<Uuid>) -> Result<Vec<link::Model>> {
    let mut found = Vec::new();
    for chunk in chunks(txn, ids.iter().copied()) {
        found.extend(link::Entity::find().filter(chunk.of(link::Column::A)).all(txn).await?);
    }
    found.retain(|link| ids.contains(&link.b));
    found.sort_by(|one, other| {
        let key = |link: &link::Model| (link.a, link.b, link.rule.clone(), link.value.clone());
        key(one).cmp(&key(other))
    });
    Ok(found)
}

async fn corrections(txn: &DatabaseTransaction, ids: &BTreeSet<Uuid>) -> Result<Vec<Correction>> {
    let all = gather::corrections(txn, ids.iter().copied()).await?;
    let mut found: Vec<Correction> = all.into_values().flatten().collect();
    found.sort_by(|a, b| (a.stated_at, a.request, &a.key).cmp(&(b.stated_at, b.request, &b.key)));
    Ok(found)
}

async fn requests(txn: &DatabaseTransaction, ids: &BTreeSet<Uuid>) -> Result<Vec<subject_request::Model>> {
    let mut found = Vec::new();
    for ids in chunks(txn, ids.iter().copied()) {
        let of_them = ids.of(subject_request::Column::ProfileId);
        found.extend(subject_request::Entity::find().filter(of_them).all(txn).await?);
    }
    found.sort_by_key(|row| (row.received_at, row.id));
    Ok(found)
}

/// Those of these values of identifiers that people who are none of these carry, with their kinds.
pub(super) async fn of_others(
    txn: &DatabaseTransaction,
    ids: &BTreeSet<Uuid>,
    values: BTreeSet<String>,
) -> Result<BTreeSet<(String, String)>> {
    let mut found = BTreeSet::new();
    let values: Vec<String> = values.into_iter().collect();
    for values in values.chunks(1024) {
        let sql = "SELECT kind, value, source_identity_id FROM identifier WHERE value = {}";
        let none: [Value; 0] = [];
        let statement: Statement = crate::store::over(txn, sql, values, none);
        for row in txn.query_all_raw(statement).await? {
            let carrier: Uuid = row.try_get("", "source_identity_id")?;
            if !ids.contains(&carrier) {
                found.insert((row.try_get("", "kind")?, row.try_get("", "value")?));
            }
        }
    }
    Ok(found)
}
