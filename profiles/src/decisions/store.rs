//! Writing decisions. The same one twice is one.

use std::collections::BTreeSet;

use entities::{decision, decision_pair, source_identity, touched};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, sea_query::OnConflict,
};
use uuid::Uuid;

use super::{
    DECIDED,
    fact::{Decision, Fact, verdict},
};
use crate::{
    error::Result,
    store::{chunks, insert_all},
};

/// Writes a decision. Returns the source identities whom it concerns: those that it names, or, for an undo, those
/// that what it takes back in the end names, in their order.
pub(crate) async fn store(txn: &DatabaseTransaction, fact: &Fact) -> Result<BTreeSet<Uuid>> {
    let Fact { decision, pairs } = fact;
    let id = decision.id;
    let row = decision::Model {
        id,
        kind: decision.kind.as_str().to_owned(),
        decided_at: decision.decided_at,
        actor: decision.actor.clone(),
        note: decision.note.clone(),
        undoes: decision.undoes,
    };
    let known = OnConflict::column(decision::Column::Id).do_nothing().to_owned();
    insert_all::<decision::Entity, _>(txn, vec![row], Some(&known)).await?;
    let rows = pairs.iter().map(|pair| decision_pair::Model {
        decision_id: id,
        a: pair.a,
        b: pair.b,
        verdict: verdict(pair.verdict).to_owned(),
    });
    use decision_pair::Column as C;
    let known = OnConflict::columns([C::DecisionId, C::A, C::B]).do_nothing().to_owned();
    insert_all::<decision_pair::Entity, _>(txn, rows.collect(), Some(&known)).await?;
    concerned(txn, decision).await
}

/// Whom a decision concerns.
pub(super) async fn concerned<C: ConnectionTrait>(db: &C, decision: &Decision) -> Result<BTreeSet<Uuid>> {
    let mut root = decision.id;
    let mut undoes = decision.undoes;
    while let Some(target) = undoes {
        root = target;
        undoes = decision::Entity::find_by_id(target).one(db).await?.and_then(|row| row.undoes);
    }
    let mut people = BTreeSet::new();
    for chunk in chunks(db, [root]) {
        let of_it = decision_pair::Entity::find().filter(chunk.of(decision_pair::Column::DecisionId));
        for row in of_it.all(db).await? {
            people.extend([row.a, row.b]);
        }
    }
    Ok(people)
}

/// The touched keys of these source identities. Those that are not there yet are derived when they come, and then
/// find what was decided about them.
pub(crate) async fn keys_of(
    txn: &DatabaseTransaction,
    people: &BTreeSet<Uuid>,
) -> Result<Vec<touched::Model>> {
    let mut keys = Vec::new();
    for chunk in chunks(txn, people.iter().copied()) {
        let rows: Vec<(Uuid, String)> = source_identity::Entity::find()
            .select_only()
            .columns([source_identity::Column::SourceId, source_identity::Column::ExternalId])
            .filter(chunk.of(source_identity::Column::Id))
            .into_tuple()
            .all(txn)
            .await?;
        let kind = DECIDED.to_owned();
        keys.extend(rows.into_iter().map(|(source_id, external_id)| touched::Model {
            id: 0,
            source_id,
            kind: kind.clone(),
            external_id,
        }));
    }
    Ok(keys)
}
