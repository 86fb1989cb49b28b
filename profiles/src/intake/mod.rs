//! Facts in. The only room that writes what sources deliver.
//!
//! A delivery is a page of a source with the stamp of its arrival. [`store`] writes its facts and the keys
//! that must be derived again, inside the transaction of the caller, who commits the cursor with it. Storing
//! the same deliveries in any order and any number of times leaves the same facts.
//!
//! What an event carries of the visitor's own will ([`signals`]) is stored as what it is, a statement of theirs.
//!
//! This room never derives anything else: that is [`crate::resolution`]'s.

mod check;
mod events;
pub(crate) mod hash;
mod records;
mod rejected;
mod signals;
mod statements;

use chrono::{DateTime, Utc};
use connectors::{
    Page,
    canonical::{Event, RecordKind},
};
use entities::source;
use sea_orm::{DatabaseTransaction, EntityTrait, QuerySelect};
use uuid::Uuid;

use crate::{
    Profiles, clock::micros, error::Result, privacy::screen::Screen, resolution::touch, retention,
    store::begin_write,
};

/// The kind of touched key that stands for a person whose events or statements changed.
pub(crate) const ACTIVITY: &str = "activity";

/// A page with the stamp of its arrival.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// The source.
    pub source: Uuid,
    /// The stream of the source.
    pub stream: &'a str,
    /// When it arrived.
    pub stamp: DateTime<Utc>,
    /// What arrived.
    pub page: &'a Page,
}

/// What a delivery turned out to be. `read` is the sum of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records, events and rejected objects read.
    pub read: u64,
    /// Never seen before.
    pub created: u64,
    /// New versions of known objects.
    pub changed: u64,
    /// Known already.
    pub unchanged: u64,
    /// Not understood.
    pub rejected: u64,
    /// Of somebody who was erased, or older than is kept, and not stored.
    pub dropped: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.created += other.created;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.rejected += other.rejected;
        self.dropped += other.dropped;
    }
}

/// The keys that a delivery touched.
#[derive(Debug, Default)]
struct Touched(std::collections::BTreeSet<(&'static str, String)>);

impl Touched {
    fn record(&mut self, kind: RecordKind, external_id: &str) {
        self.0.insert((kind.as_str(), external_id.to_owned()));
    }

    fn activity(&mut self, person: &str) {
        self.0.insert((ACTIVITY, person.to_owned()));
    }
}

impl Profiles {
    /// Stores a delivery in a transaction of its own. Nothing is derived yet: [`Profiles::drain`] does that.
    pub async fn deliver(&self, delivery: &Delivery<'_>) -> Result<Counts> {
        let txn = begin_write(self.db()).await?;
        let counts = store(&txn, self, delivery).await?;
        txn.commit().await?;
        self.facts().notify_one();
        Ok(counts)
    }
}

/// Writes the facts of a delivery and the keys that they touch.
pub(crate) async fn store(
    txn: &DatabaseTransaction,
    profiles: &Profiles,
    delivery: &Delivery<'_>,
) -> Result<Counts> {
    let keys = profiles.keys();
    // One delivery of a source at a time: which version is current is judged from what is stored.
    let source = source::Entity::find_by_id(delivery.source).lock_exclusive().one(txn).await?;
    // Read behind that lock, which an erasure takes, too.
    let blocks = profiles.blocks(txn).await?;
    let ruleset = profiles.ruleset();
    let screen = Screen { keys, blocks: &blocks, rules: &ruleset.identity };
    let (page, dropped) = screen.page(delivery.source, delivery.page);
    let (page, expired) = match &source {
        Some(source) => retention::expire(txn, profiles, source, page).await?,
        None => (page, 0),
    };
    let dropped = dropped + expired;
    let delivery = &Delivery { stamp: micros(delivery.stamp), page: &page, ..*delivery };
    let mut touched = Touched::default();
    let mut rejected = delivery.page.rejected.clone();

    let records = check::records(&delivery.page.records, &mut rejected);
    let happened: Vec<&Event> = check::events(&delivery.page.events, &mut rejected);
    let signalled = signals::statements(&happened, &mut rejected);
    let mut said = check::statements(&delivery.page.consents, delivery.stamp, &mut rejected);
    said.extend(check::statements(&signalled, delivery.stamp, &mut rejected));

    let mut counts = records::store(txn, delivery, &records, &mut touched).await?;
    counts += events::store(txn, keys, delivery, &happened, &mut touched).await?;
    statements::store(txn, keys, delivery, &said, &mut touched).await?;
    counts += rejected::store(txn, delivery, &rejected).await?;
    counts += Counts { read: dropped, dropped, ..Counts::default() };

    let keys = touched.0.into_iter();
    touch(txn, keys.map(|(kind, external_id)| (delivery.source, kind.to_owned(), external_id))).await?;
    Ok(counts)
}
