//! Everybody at once: how risk and value are spread, what drives them, and what marks the customers of greatest value.
//!
//! `summary.rs` (pure) sums up what a model of purchases says of everybody; `marks.rs` reads what else is known of customers
//! and (pure) tells which of it sets those of greatest value apart. It is worked out after each learning of purchases and
//! kept as a model is: numbers of many people, none of which is of one person.

mod marks;
mod summary;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
pub use marks::{Mark, MarkKind};
use serde::{Deserialize, Serialize};
pub use summary::{Driver, Predicted, Tenth};
use uuid::Uuid;

use super::{
    kind::{Draft, Kind, Model, Unlearned},
    model::{About, Learned},
    progress::Phase,
    purchases::{self, Purchase},
    versions::Held,
    work::Learning,
};
use crate::{
    Profiles,
    error::Result,
    store::{end, snapshot},
};

/// What a model says of everybody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// The number of the model of purchases that says it.
    pub model: i32,
    /// As of when.
    pub at: DateTime<Utc>,
    /// How many people have bought, without those who said no to profiling.
    pub customers: u64,
    /// Within how many days the risk of churn is looked for.
    pub horizon: u32,
    /// How many customers have a risk from 0 to 0.1, from 0.1 to 0.2, … and from 0.9 to 1.
    pub risks: Vec<u64>,
    /// The currency of values: ISO 4217; none where none is predicted.
    pub currency: Option<String>,
    /// The customers whose value is predicted, in tenths from the greatest value to the smallest.
    pub values: Vec<Tenth>,
    /// What moves the predictions, the strongest first.
    pub drivers: Vec<Driver>,
    /// What marks the tenth of greatest value, by how much more often it is found among them.
    pub marks: Vec<Mark>,
    /// How many of that tenth, and how many others, were looked at for it.
    pub compared: (u64, u64),
}

impl Model for Fleet {
    const KIND: Kind = Kind::Fleet;

    fn check(&self) -> Result<()> {
        Ok(())
    }
}

impl Profiles {
    /// What the models said of everybody when they were last learned; nothing before.
    pub async fn fleet(&self) -> Result<Option<Fleet>> {
        Ok(self.in_force::<Fleet>().await?.map(|held| held.model.clone()))
    }
}

/// What the model in force says of everybody.
pub(super) async fn draft(profiles: &Profiles, learning: &Learning) -> Result<Draft, Unlearned> {
    let Some(held) = profiles.in_force::<Learned>().await? else {
        return Err(Unlearned::TooLittle("no model of purchases is in force".to_owned()));
    };
    let txn = snapshot(profiles.db()).await?;
    let read = async {
        let bought = purchases::all(&txn, profiles, learning.until(), learning.now).await?;
        let looked_at: Vec<Uuid> = bought.keys().copied().take(marks::LOOKED_AT).collect();
        let found = marks::read(&txn, profiles, &looked_at, learning.until()).await?;
        Ok((bought, found))
    };
    let read = read.await;
    let (bought, found) = end(txn, read).await?;
    let learning = learning.clone();
    profiles.think(move || summed_up(&held, &bought, &found, &learning)).await
}

fn summed_up(
    held: &Held<Learned>,
    bought: &BTreeMap<Uuid, Vec<Purchase>>,
    found: &BTreeMap<Uuid, Vec<marks::Known>>,
    learning: &Learning,
) -> Result<Draft, Unlearned> {
    learning.progress.at(Phase::Fitting)?;
    let everybody = summary::Everybody::of(&held.model, bought, learning.today())?;
    let best = everybody.greatest();
    let looked_at = |id: &&Uuid| found.contains_key(*id);
    let compared = (best.iter().filter(looked_at).count() as u64, found.len() as u64);
    let fleet = Fleet {
        model: held.version.version,
        at: learning.now,
        customers: everybody.customers(),
        horizon: held.model.horizon,
        risks: everybody.risks(),
        currency: held.version.about.currency.clone(),
        values: everybody.tenths(),
        drivers: everybody.drivers()?,
        marks: marks::of(found, &best),
        compared: (compared.0, compared.1 - compared.0),
    };
    let about = About {
        method: held.version.about.method.clone(),
        parameters: vec![("model".to_owned(), f64::from(held.version.version))],
        horizon: Some(held.model.horizon),
        currency: held.version.about.currency.clone(),
        data: held.version.about.data.clone(),
        evidence: None,
    };
    Draft::new(about, &fleet)
}
