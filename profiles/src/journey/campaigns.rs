//! Counting what campaigns brought.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use connectors::canonical::{Body, RecordKind};
use sea_orm::{ConnectionTrait, Value};
use uuid::Uuid;

use super::{
    attribution::{Brought, CampaignKey, EMAIL, Period, Sale, Won, brought},
    people::{FEW, People},
};
use crate::{
    Profiles,
    behaviour::doings::{self, Span, Whose},
    consent::Reader,
    error::{Error, Result},
    resolution::versions,
    store::over,
};

/// The most campaigns that are kept apart while people are counted.
const MOST: usize = 5_000;
/// The longest window.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// What a campaign brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Performance {
    /// Which.
    pub campaign: CampaignKey,
    /// What its source calls it; of e-mail alone.
    pub name: Option<String>,
    /// People whom it reached: who came by a link of it, or got, opened or clicked a message.
    pub reach: u64,
    /// How often they came by it: sessions; of e-mail clicks, those within 30 minutes of one another once. `None` where they are too
    /// few to be told.
    pub visits: Option<u64>,
    /// The orders before which its link or click was the first within the window, by currency.
    pub by_first: Vec<Orders>,
    /// The orders before which it was the last.
    pub by_last: Vec<Orders>,
}

/// Orders in a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orders {
    /// ISO 4217; empty where the source gave none.
    pub currency: String,
    /// How many; `None` where they are too few to be told.
    pub orders: Option<u64>,
    /// What they came to, refunds taken off, in millionths; `None` as before.
    pub revenue_micros: Option<i64>,
}

impl Profiles {
    /// What campaigns brought from an instant until just before another: those that reached most people first. Who reads for a purpose
    /// is told of none that reached less than 10. An order counts
    /// for the first and for the last touch of so long before it. Of everybody whom the reader may see counted, by the newest 2,000
    /// events of each.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what cannot be asked.
    pub async fn campaigns(
        &self,
        reader: &Reader,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        window: TimeDelta,
        first: usize,
    ) -> Result<Vec<Performance>> {
        if to <= from {
            return Err(Error::invalid("to", "expected an instant after `from`"));
        }
        if window < TimeDelta::zero() || window > LONGEST {
            return Err(Error::invalid("windowDays", "expected 0 to 366"));
        }
        let period = Period { from, to, window };
        let begins = from.checked_sub_signed(window).unwrap_or(from);
        let touching = " AND (e.touch IS NOT NULL OR e.name IN ($4, $5, $6))";
        let event = (touching, EMAIL.map(Value::from).to_vec());
        let mut people = People::new(self, self.gate(reader).await?, (begins, to), event);
        let span = Span { from: Some(begins), to: Some(to), names: Vec::new() };
        let mut all: BTreeMap<CampaignKey, Brought> = BTreeMap::new();
        while let Some(page) = people.next().await? {
            let ids: Vec<Uuid> = page.iter().map(|row| row.id).collect();
            let sales = self.sales(&ids, &period).await?;
            let none = Vec::new();
            doings::each(self.db(), Whose::Profiles(&ids), span.clone(), |id, doings| {
                for (key, one) in brought(&doings, sales.get(&id).unwrap_or(&none), &period) {
                    all.entry(key).or_default().join(one);
                }
            })
            .await?;
            if all.len() > MOST {
                let message = format!("more than {MOST} campaigns brought people; ask about a shorter time");
                return Err(Error::invalid("from", message));
            }
        }
        let few = if reader.purpose.is_some() { FEW } else { 0 };
        // Whom it reached could be in its name.
        let mut all: Vec<(CampaignKey, Brought)> =
            all.into_iter().filter(|(_, one)| one.reach >= few).collect();
        all.sort_by(|one, other| other.1.reach.cmp(&one.1.reach).then_with(|| one.0.cmp(&other.0)));
        all.truncate(first);
        let names = self.campaign_names(all.iter().map(|(key, _)| key)).await?;
        let told = all.into_iter().map(|(campaign, one)| Performance {
            name: names.get(&campaign).cloned(),
            campaign,
            reach: one.reach,
            visits: Some(one.visits).filter(|visits| *visits >= few),
            by_first: orders(one.by_first, few),
            by_last: orders(one.by_last, few),
        });
        Ok(told.collect())
    }

    /// What these people bought in a period, and counts.
    async fn sales(&self, people: &[Uuid], period: &Period) -> Result<HashMap<Uuid, Vec<Sale>>> {
        let sql = "SELECT s.profile_id, o.placed_at, o.currency, o.total_micros, o.refunded_micros \
             FROM source_identity s JOIN orders o ON o.source_identity_id = s.id \
             WHERE s.profile_id = {} AND o.placed_at >= $1 AND o.placed_at < $2 AND o.order_type <> 'return' \
               AND o.status NOT IN ('pending', 'cancelled', 'failed') ORDER BY o.placed_at, o.id";
        let mut sales: HashMap<Uuid, Vec<Sale>> = HashMap::new();
        if people.is_empty() {
            return Ok(sales);
        }
        let values = [period.from.into(), period.to.into()];
        for row in self.db().query_all_raw(over(self.db(), sql, people, values)).await? {
            let (total, refunded): (i64, i64) =
                (row.try_get("", "total_micros")?, row.try_get("", "refunded_micros")?);
            let currency: Option<String> = row.try_get("", "currency")?;
            let sale = Sale {
                at: row.try_get("", "placed_at")?,
                currency: currency.unwrap_or_default(),
                revenue_micros: total.saturating_sub(refunded),
            };
            sales.entry(row.try_get("", "profile_id")?).or_default().push(sale);
        }
        Ok(sales)
    }

    /// What the sources of e-mail campaigns call them: their name, else the subject.
    async fn campaign_names(
        &self,
        keys: impl Iterator<Item = &CampaignKey>,
    ) -> Result<HashMap<CampaignKey, String>> {
        let mut wanted: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
        for key in keys {
            if let CampaignKey::Email { source, id } = key {
                wanted.entry(*source).or_default().insert(id.clone());
            }
        }
        let mut names = HashMap::new();
        for (source, ids) in wanted {
            for (id, versions) in versions::load(self.db(), source, RecordKind::Campaign, ids).await? {
                let Some(version) = versions.last() else { continue };
                if let Body::Campaign(campaign) = version.body()? {
                    let name = campaign.name.or(campaign.subject);
                    names.extend(name.map(|name| (CampaignKey::Email { source, id }, name)));
                }
            }
        }
        Ok(names)
    }
}

/// What is told of orders that are not fewer than so many.
fn orders(won: Won, few: u64) -> Vec<Orders> {
    let held = |micros| i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX });
    let told = won.into_iter().map(|(currency, (orders, micros))| {
        let is_told = orders >= few;
        Orders { currency, orders: is_told.then_some(orders), revenue_micros: is_told.then(|| held(micros)) }
    });
    told.collect()
}
