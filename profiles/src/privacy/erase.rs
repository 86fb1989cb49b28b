//! Erasing a person: first, in one transaction, everything that hangs on their source identities, and what is derived
//! from it; then whatever else mentions them; then what the database keeps of deleted rows.
//!
//! Each step ends with its progress in the request's row, in the transaction that did it. Whoever finds a request that
//! runs goes on with it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use connectors::canonical::RecordKind;
use entities::{
    consent_statement, correction, deal, deal_person, decision, decision_pair, event, failed_key, list_entry,
    match_candidate, order, record_version, rejected_record, source, source_identity, subject_request,
    touched,
};
use sea_orm::{
    ActiveValue::Unchanged, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect, Set, sea_query::Expr,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    blocks, rectify,
    requests::{RequestKind, RequestState, locked},
    screen::Screen,
    sums,
    sweep::{self, Place},
    tokens,
};
use crate::{
    Profiles, actions, activation, audiences,
    error::{Error, Result},
    intake::ACTIVITY,
    resolution::rebuild::keep_drains_out,
    retention,
    store::{begin_write, chunks},
    view::read::json,
};

/// How far an erasure has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// Nothing was done yet.
    Erase,
    /// Everything that is stored is put through the screen, from this place on.
    Sweep(Place),
    /// What the database keeps of deleted rows is overwritten.
    Scrub,
}

/// Counts by kind.
pub(super) type Tally = BTreeMap<String, u64>;

/// What an erasure has done so far. Tells of nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Erasure {
    pub(super) step: Step,
    /// When the person's own data went.
    pub(super) erased_at: Option<DateTime<Utc>>,
    /// What was removed.
    pub(super) removed: Tally,
    /// From what a mention was taken out.
    pub(super) redacted: Tally,
    /// What cannot come back.
    pub(super) blocked: Tally,
    /// Identifiers that others carry as well, and that are not blocked.
    pub(super) shared: u64,
    /// Whether sums of the orders stay.
    pub(super) keeps_order_sums: bool,
}

impl Erasure {
    pub(super) fn new(keeps_order_sums: bool) -> Self {
        Self {
            step: Step::Erase,
            erased_at: None,
            removed: Tally::new(),
            redacted: Tally::new(),
            blocked: Tally::new(),
            shared: 0,
            keeps_order_sums,
        }
    }

    pub(super) fn read(row: &subject_request::Model) -> Result<Self> {
        json("progress", row.progress.as_deref().unwrap_or_default())
    }

    pub(super) fn stored(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::stored("progress", error))
    }

    /// Writes how far it has come.
    pub(super) async fn save(&self, txn: &DatabaseTransaction, id: Uuid) -> Result<()> {
        let row = subject_request::ActiveModel {
            id: Unchanged(id),
            progress: Set(Some(self.stored()?)),
            ..Default::default()
        };
        subject_request::Entity::update(row).exec(txn).await?;
        Ok(())
    }
}

/// Counts what was done to some of a kind.
pub(super) fn count(tally: &mut Tally, kind: &str, number: u64) {
    if number > 0 {
        *tally.entry(kind.to_owned()).or_default() += number;
    }
}

impl Profiles {
    /// Goes on with every request that is being done, to its end. Returns how many were.
    pub async fn work_on_requests(&self) -> Result<u64> {
        use subject_request::Column as C;
        let running = subject_request::Entity::find()
            .filter(C::State.eq(RequestState::Running.as_str()))
            .order_by_asc(C::ReceivedAt)
            .all(self.db())
            .await?;
        let (erasures, others): (Vec<_>, Vec<_>) =
            running.iter().partition(|row| row.kind == RequestKind::Erasure.as_str());
        // One that cannot be done keeps no other from being done.
        let mut failure = None;
        for request in &others {
            failure = self.obey(request.id).await.err().or(failure);
        }
        if others.iter().any(|request| request.kind == RequestKind::Rectification.as_str()) {
            self.settle(|| true).await?;
        }
        let mut erased = Vec::new();
        for request in &erasures {
            match self.erase_and_sweep(request.id).await {
                Ok(()) => erased.push(request.id),
                Err(error) => failure = Some(error),
            }
        }
        if !erased.is_empty() {
            self.settle(|| true).await?;
            // Once for all of them: it reads and writes the whole database.
            let horizon = self.scrub().await?;
            for id in &erased {
                self.close(*id, &horizon).await?;
            }
        }
        failure.map_or(Ok(running.len() as u64), Err)
    }

    /// Takes the steps of an erasure that can be taken in transactions.
    async fn erase_and_sweep(&self, id: Uuid) -> Result<()> {
        // Who the person is follows from all facts that are stored.
        self.settle(|| true).await?;
        while self.step(id).await?.is_some_and(|step| step != Step::Scrub) {}
        Ok(())
    }

    /// Takes the next step of an erasure. Returns at which it is then; `None` where there is nothing to do.
    async fn step(&self, id: Uuid) -> Result<Option<Step>> {
        let txn = begin_write(self.db()).await?;
        let row = locked(&txn, id).await?.filter(|row| row.state == RequestState::Running.as_str());
        let Some(row) = row else {
            txn.rollback().await?;
            return Ok(None);
        };
        let mut erasure = Erasure::read(&row)?;
        erasure.step = match erasure.step {
            Step::Erase => {
                // Nobody delivers meanwhile, and what was delivered a moment ago is derived before anything is judged.
                source::Entity::find().order_by_asc(source::Column::Id).lock_exclusive().all(&txn).await?;
                keep_drains_out(&txn).await?;
                self.derive_the_rest(&txn).await?;
                self.erase(&txn, &row, &mut erasure).await?;
                Step::Sweep(Place::default())
            }
            Step::Sweep(place) => {
                let blocks = self.blocks(&txn).await?;
                let ruleset = self.ruleset();
                let screen = Screen { keys: self.keys(), blocks: &blocks, rules: &ruleset.identity };
                let next = sweep::step(&txn, screen, place, &mut erasure).await?;
                next.map_or(Step::Scrub, Step::Sweep)
            }
            Step::Scrub => Step::Scrub,
        };
        erasure.save(&txn, id).await?;
        txn.commit().await?;
        self.facts().notify_one();
        Ok(Some(erasure.step))
    }

    /// Derives what waits, in this transaction.
    async fn derive_the_rest(&self, txn: &DatabaseTransaction) -> Result<()> {
        let waiting = touched::Entity::find().order_by_asc(touched::Column::Id).all(txn).await?;
        if !waiting.is_empty() {
            self.derive_now(txn, &waiting, self.now()).await?;
            touched::Entity::delete_many().exec(txn).await?;
        }
        Ok(())
    }

    /// Removes what hangs on the source identities of the person.
    async fn erase(
        &self,
        txn: &DatabaseTransaction,
        request: &subject_request::Model,
        erasure: &mut Erasure,
    ) -> Result<()> {
        let now = self.now();
        erasure.erased_at = Some(now);
        let members = members(txn, request.profile_id).await?;
        let ids: BTreeSet<Uuid> = members.iter().map(|member| member.id).collect();

        let (orders, deals) = owned(txn, &ids).await?;
        let (mut own, shared) = self.recognised_by(txn, &members).await?;
        erasure.shared = shared;
        // Whoever an order of the person is said to be of later.
        own.extend(orders.iter().map(|order| blocks::identity(order.id)));
        for (kind, _) in &own {
            count(&mut erasure.blocked, kind.as_str(), 1);
        }
        blocks::block(txn, self.keys(), request.id, now, own).await?;

        let mut touched = Vec::new();
        let mut forgotten = ids.clone();
        let mut key = |source_id, kind: &str, external_id: String| {
            touched.push(touched::Model { id: 0, source_id, kind: kind.to_owned(), external_id });
        };
        for member in &members {
            for kind in [RecordKind::Person.as_str(), ACTIVITY] {
                key(member.source_id, kind, member.external_id.clone());
            }
        }
        for order in &orders {
            key(order.source_id, RecordKind::Order.as_str(), order.external_id.clone());
        }
        for deal in &deals {
            key(deal.source_id, RecordKind::Deal.as_str(), deal.external_id.clone());
        }
        if erasure.keeps_order_sums {
            sums::add(txn, &orders).await?;
        }
        forgotten.extend(orders.iter().map(|order| order.id));

        for member in &members {
            let of_it = versions_of(member.source_id, RecordKind::Person, &member.external_id);
            let removed = record_version::Entity::delete_many().filter(of_it).exec(txn).await?;
            count(&mut erasure.removed, "person_records", removed.rows_affected);
            use rejected_record::Column as R;
            let of_it = R::ExternalId.eq(&member.external_id).and(R::SourceId.eq(member.source_id));
            retention::forget(txn, member).await?;
            let removed = rejected_record::Entity::delete_many().filter(of_it).exec(txn).await?;
            count(&mut erasure.removed, "rejected_records", removed.rows_affected);
        }
        // What the person shares with others goes through the screen at once, so that nothing names the person.
        let blocks = blocks::read(txn).await?;
        let ruleset = self.ruleset();
        let screen = Screen { keys: self.keys(), blocks: &blocks, rules: &ruleset.identity };
        let mut objects: BTreeMap<(RecordKind, Uuid), Vec<String>> = BTreeMap::new();
        for order in &orders {
            objects.entry((RecordKind::Order, order.source_id)).or_default().push(order.external_id.clone());
        }
        for deal in &deals {
            objects.entry((RecordKind::Deal, deal.source_id)).or_default().push(deal.external_id.clone());
        }
        for ((kind, source), external_ids) in objects {
            use record_version::Column as C;
            for external_ids in chunks(txn, external_ids) {
                let of_them = external_ids.of(C::ExternalId).and(C::SourceId.eq(source));
                let versions = record_version::Entity::find().filter(of_them.and(C::Kind.eq(kind.as_str())));
                sweep::records(txn, screen, versions.all(txn).await?, erasure).await?;
            }
        }
        forget_words(txn, &ids, erasure).await?;
        let (chosen, reports) = actions::forget_people(txn, &ids).await?;
        count(&mut erasure.removed, "action_decisions", chosen.len() as u64);
        count(&mut erasure.removed, "action_outcomes", reports);
        forgotten.extend(chosen);
        let decisions = forget_decisions(txn, &ids).await?;
        count(&mut erasure.removed, "decisions", decisions.len() as u64);
        let candidates = candidates(txn, &ids).await?;
        // Whoever repeats them is told why they are not there.
        let gone = decisions.iter().chain(&candidates).map(|id| blocks::identity(*id));
        blocks::block(txn, self.keys(), request.id, now, gone).await?;
        forgotten.extend(decisions);
        forgotten.extend(candidates);

        self.derive_now(txn, &touched, now).await?;

        for member in &members {
            use touched::Column as T;
            let of_it = T::ExternalId.eq(&member.external_id).and(T::SourceId.eq(member.source_id));
            touched::Entity::delete_many().filter(of_it).exec(txn).await?;
            use failed_key::Column as F;
            let of_it = F::ExternalId.eq(&member.external_id).and(F::SourceId.eq(member.source_id));
            failed_key::Entity::delete_many().filter(of_it).exec(txn).await?;
        }
        // A deal that others share goes on under its name.
        let left = remaining_deals(txn, deals.iter().map(|deal| deal.id)).await?;
        forgotten.extend(deals.iter().map(|deal| deal.id).filter(|id| !left.contains(id)));
        tokens::forget(txn, forgotten).await?;
        let asked: BTreeSet<Uuid> = ids.into_iter().chain(request.profile_id).collect();
        audiences::forget_people(txn, &asked).await?;
        let told = activation::forget_people(txn, &asked, now).await?;
        count(&mut erasure.removed, "destination_members", told);
        forget_requests(txn, &asked).await?;
        rectify::take_out_mentions(txn, screen, erasure).await
    }
}

/// The source identities that are the person now.
pub(super) async fn members(
    txn: &DatabaseTransaction,
    profile: Option<Uuid>,
) -> Result<Vec<source_identity::Model>> {
    use source_identity::Column as C;
    let Some(profile) = profile else { return Ok(Vec::new()) };
    let Some(named) = source_identity::Entity::find_by_id(profile).one(txn).await? else {
        return Ok(Vec::new());
    };
    let members = source_identity::Entity::find().filter(C::ProfileId.eq(named.profile_id));
    Ok(members.order_by_asc(C::Id).all(txn).await?)
}

/// The versions of an object.
pub(super) fn versions_of(source: Uuid, kind: RecordKind, external_id: &str) -> Condition {
    use record_version::Column as C;
    Condition::all()
        .add(C::ExternalId.eq(external_id))
        .add(C::SourceId.eq(source))
        .add(C::Kind.eq(kind.as_str()))
}

/// The orders and the deals of these source identities.
pub(super) async fn owned(
    txn: &DatabaseTransaction,
    ids: &BTreeSet<Uuid>,
) -> Result<(Vec<order::Model>, Vec<deal::Model>)> {
    let (mut orders, mut deals) = (Vec::new(), BTreeSet::new());
    for ids in chunks(txn, ids.iter().copied()) {
        orders.extend(order::Entity::find().filter(ids.of(order::Column::SourceIdentityId)).all(txn).await?);
        let of_them = ids.of(deal_person::Column::SourceIdentityId);
        let found = deal_person::Entity::find().filter(of_them).all(txn).await?;
        deals.extend(found.into_iter().map(|row| row.deal_id));
    }
    let mut found = Vec::new();
    for ids in chunks(txn, deals) {
        found.extend(deal::Entity::find().filter(ids.of(deal::Column::Id)).all(txn).await?);
    }
    Ok((orders, found))
}

/// Those of these deals that are there.
async fn remaining_deals(
    txn: &DatabaseTransaction,
    ids: impl Iterator<Item = Uuid>,
) -> Result<BTreeSet<Uuid>> {
    let mut left = BTreeSet::new();
    for ids in chunks(txn, ids) {
        let found = deal::Entity::find().filter(ids.of(deal::Column::Id)).all(txn).await?;
        left.extend(found.into_iter().map(|deal| deal.id));
    }
    Ok(left)
}

/// Removes what hangs on these people and on nobody else: what they did and said, what was put right of them, and the
/// lists that they were put on.
async fn forget_words(txn: &DatabaseTransaction, ids: &BTreeSet<Uuid>, erasure: &mut Erasure) -> Result<()> {
    for ids in chunks(txn, ids.iter().copied()) {
        let of_them = ids.of(event::Column::SourceIdentityId);
        let removed = event::Entity::delete_many().filter(of_them).exec(txn).await?;
        count(&mut erasure.removed, "events", removed.rows_affected);
        let of_them = ids.of(consent_statement::Column::SourceIdentityId);
        let removed = consent_statement::Entity::delete_many().filter(of_them).exec(txn).await?;
        count(&mut erasure.removed, "consent_statements", removed.rows_affected);
        let of_them = ids.of(correction::Column::SourceIdentityId);
        let removed = correction::Entity::delete_many().filter(of_them).exec(txn).await?;
        count(&mut erasure.removed, "corrections", removed.rows_affected);
        let of_them = ids.of(list_entry::Column::SourceIdentityId);
        let removed = list_entry::Entity::delete_many().filter(of_them).exec(txn).await?;
        count(&mut erasure.removed, "list_entries", removed.rows_affected);
    }
    Ok(())
}

/// Takes these source identities out of all decisions. Returns the decisions that nothing is left of.
async fn forget_decisions(txn: &DatabaseTransaction, ids: &BTreeSet<Uuid>) -> Result<BTreeSet<Uuid>> {
    use decision_pair::Column as P;
    let mut concerned = BTreeSet::new();
    for ids in chunks(txn, ids.iter().copied()) {
        let pairs = Condition::any().add(ids.of(P::A)).add(ids.of(P::B));
        let found = decision_pair::Entity::find().filter(pairs.clone()).all(txn).await?;
        concerned.extend(found.into_iter().map(|pair| pair.decision_id));
        decision_pair::Entity::delete_many().filter(pairs).exec(txn).await?;
    }
    let mut empty = concerned.clone();
    for ids in chunks(txn, concerned.iter().copied()) {
        for pair in decision_pair::Entity::find().filter(ids.of(P::DecisionId)).all(txn).await? {
            empty.remove(&pair.decision_id);
        }
        // What somebody noted may name who is gone.
        decision::Entity::update_many()
            .col_expr(decision::Column::Note, Expr::value(Option::<String>::None))
            .filter(ids.of(decision::Column::Id))
            .exec(txn)
            .await?;
    }
    // With a decision goes what took it back, and what took that back.
    let mut gone = BTreeSet::new();
    while !empty.is_empty() {
        let mut undoing = BTreeSet::new();
        for ids in chunks(txn, empty.iter().copied()) {
            let found = decision::Entity::find().filter(ids.of(decision::Column::Undoes)).all(txn).await?;
            undoing.extend(found.into_iter().map(|row| row.id));
            decision::Entity::delete_many().filter(ids.of(decision::Column::Id)).exec(txn).await?;
        }
        gone.append(&mut empty);
        empty = undoing;
    }
    Ok(gone)
}

/// The match candidates that these source identities stand for.
async fn candidates(txn: &DatabaseTransaction, ids: &BTreeSet<Uuid>) -> Result<Vec<Uuid>> {
    use match_candidate::Column as M;
    let mut found = Vec::new();
    for ids in chunks(txn, ids.iter().copied()) {
        let of_them = Condition::any().add(ids.of(M::A)).add(ids.of(M::B));
        found.extend(
            match_candidate::Entity::find().filter(of_them).all(txn).await?.into_iter().map(|row| row.id),
        );
    }
    Ok(found)
}

/// Takes the person out of every request, this one too.
async fn forget_requests(txn: &DatabaseTransaction, ids: &BTreeSet<Uuid>) -> Result<()> {
    use subject_request::Column as C;
    for ids in chunks(txn, ids.iter().copied()) {
        subject_request::Entity::update_many()
            .col_expr(C::ProfileId, Expr::value(Option::<Uuid>::None))
            .col_expr(C::Detail, Expr::value("{}"))
            .filter(ids.of(C::ProfileId))
            .exec(txn)
            .await?;
    }
    Ok(())
}
