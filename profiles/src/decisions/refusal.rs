//! Why a merge would not merge, in words.

use std::collections::BTreeMap;

use entities::{identifier, source_identity};
use identity::{IdentifierKind, Rules, Verdict};
use sea_orm::{DatabaseTransaction, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::standing::about;
use crate::{
    error::{Error, Result},
    store::chunks,
};

/// The error that says what keeps these source identities, which were to become one profile, apart; `None` where
/// nothing but evidence does. Judged after they were derived under the decision that is refused.
pub(super) async fn of(
    txn: &DatabaseTransaction,
    rules: &Rules,
    rows: &BTreeMap<Uuid, source_identity::Model>,
) -> Result<Option<Error>> {
    let apart = |a: &Uuid, b: &Uuid| match (rows.get(a), rows.get(b)) {
        (Some(a), Some(b)) => a.profile_id != b.profile_id,
        _ => false,
    };
    let words = about(txn, rows.keys().copied()).await?;
    let mut holding: BTreeMap<(Uuid, Uuid), identity::Decision> = BTreeMap::new();
    for word in words.standing(None) {
        let newest = holding.entry((word.a, word.b)).or_insert(word);
        if (word.decided_at, word.id) > (newest.decided_at, newest.id) {
            *newest = word;
        }
    }
    let forbids = |word: &&identity::Decision| word.verdict == Verdict::Different && apart(&word.a, &word.b);
    if let Some(word) = holding.values().find(forbids) {
        let decision = &words.decisions[&word.id];
        return Ok(Some(Error::Conflict(format!(
            "{} decided on {} that the source identities {} and {} are different people (decision {}); undo that first",
            decision.actor,
            decision.decided_at.format("%F"),
            word.a,
            word.b,
            word.id
        ))));
    }
    if let Some((kind, one, other)) = unique(txn, rules, rows).await? {
        return Ok(Some(Error::Conflict(format!(
            "the source identities {one} and {other} carry different values of {kind}, of which the rules allow a \
             person one"
        ))));
    }
    let together = rows.len();
    if together > rules.max_group {
        return Ok(Some(Error::Conflict(format!(
            "together they have {together} source identities; the rules (identity.max_group) allow {} in a profile",
            rules.max_group
        ))));
    }
    Ok(None)
}

/// What is said where nothing but evidence keeps people apart.
pub(super) fn by_evidence() -> Error {
    Error::Conflict("stronger evidence keeps some of their source identities in other profiles".to_owned())
}

/// Two of these source identities, in different profiles, with two values of an identifier that is unique.
async fn unique(
    txn: &DatabaseTransaction,
    rules: &Rules,
    rows: &BTreeMap<Uuid, source_identity::Model>,
) -> Result<Option<(IdentifierKind, Uuid, Uuid)>> {
    let mut carried: BTreeMap<IdentifierKind, BTreeMap<String, Uuid>> = BTreeMap::new();
    for chunk in chunks(txn, rows.keys().copied()) {
        let of_them = identifier::Entity::find().filter(chunk.of(identifier::Column::SourceIdentityId));
        for row in of_them.all(txn).await? {
            if let Some(kind) = IdentifierKind::parse(&row.kind)
                && rules.identifier(kind).unique
            {
                carried.entry(kind).or_default().entry(row.value).or_insert(row.source_identity_id);
            }
        }
    }
    for (kind, values) in carried {
        let mut carriers = values.into_values();
        let first = carriers.next();
        let other = carriers
            .find(|other| first.is_some_and(|first| rows[&first].profile_id != rows[other].profile_id));
        if let (Some(first), Some(other)) = (first, other) {
            return Ok(Some((kind, first, other)));
        }
    }
    Ok(None)
}
