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

/// The most campaigns that are kept apart. Anybody can make up more, by links of their own.
const MOST: usize = if cfg!(test) { 20 } else { 5_000 };
/// The longest window.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// What a campaign brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Performance {
    /// Which; `None` for all others together, where there are more than are kept apart.
    pub campaign: Option<CampaignKey>,
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
    /// What they came to, refunds and returns taken off, in millionths; `None` as before.
    pub revenue_micros: Option<i64>,
}

impl Profiles {
    /// What campaigns brought from an instant until just before another: those that reached most people first. Who reads for a purpose
    /// is told of none that reached less than 10. An order counts
    /// for the first and for the last touch of so long before it. Of everybody whom the reader may see counted, by the newest 2,000
    /// events of each. Of more than 5,000 campaigns those that reached fewest people are one, which comes last.
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
        let mut all = Apart::default();
        while let Some(page) = people.next().await? {
            let ids: Vec<Uuid> = page.iter().map(|row| row.id).collect();
            let sales = self.sales(&ids, &period).await?;
            let none = Vec::new();
            doings::each(self.db(), Whose::Profiles(&ids), span.clone(), |id, doings| {
                all.add(brought(&doings, sales.get(&id).unwrap_or(&none), &period));
            })
            .await?;
        }
        let few = if reader.purpose.is_some() { FEW } else { 0 };
        let (mut all, others) = all.in_order();
        // Whom it reached could be in its name.
        all.retain(|(_, one)| one.reach >= few);
        all.truncate(first);
        let names = self.campaign_names(all.iter().map(|(key, _)| key)).await?;
        let others = others.filter(|one| one.reach >= few).map(|one| (None, one));
        let all = all.into_iter().map(|(key, one)| (Some(key), one)).chain(others);
        let told = all.map(|(campaign, one)| Performance {
            name: campaign.as_ref().and_then(|campaign| names.get(campaign).cloned()),
            campaign,
            reach: one.reach,
            visits: Some(one.visits).filter(|visits| *visits >= few),
            by_first: orders(one.by_first, few),
            by_last: orders(one.by_last, few),
        });
        Ok(told.collect())
    }

    /// What these people bought in a period and brought back, and counts: as it does in the totals of a profile.
    async fn sales(&self, people: &[Uuid], period: &Period) -> Result<HashMap<Uuid, Vec<Sale>>> {
        let sql = "SELECT s.profile_id, o.placed_at, o.order_type, o.currency, o.total_micros, o.refunded_micros \
             FROM source_identity s JOIN orders o ON o.source_identity_id = s.id \
             WHERE s.profile_id = {} AND o.placed_at >= $1 AND o.placed_at < $2 \
               AND o.status NOT IN ('cancelled', 'failed') AND (o.order_type = 'return' OR o.status <> 'pending') \
             ORDER BY o.placed_at, o.id";
        let mut sales: HashMap<Uuid, Vec<Sale>> = HashMap::new();
        if people.is_empty() {
            return Ok(sales);
        }
        let values = [period.from.into(), period.to.into()];
        for row in self.db().query_all_raw(over(self.db(), sql, people, values)).await? {
            let (total, refunded): (i64, i64) =
                (row.try_get("", "total_micros")?, row.try_get("", "refunded_micros")?);
            let currency: Option<String> = row.try_get("", "currency")?;
            let is_return = row.try_get::<String>("", "order_type")? == "return";
            let sale = Sale {
                at: row.try_get("", "placed_at")?,
                is_return,
                currency: currency.unwrap_or_default(),
                revenue_micros: if is_return { total } else { total.saturating_sub(refunded) },
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

/// Campaigns that are kept apart while people are counted, in bounded memory: whenever there are twice as many as may be, those
/// that reached fewest people so far are put together with the others. Of a campaign that comes up again afterwards the beginning
/// is missing, which was little.
#[derive(Debug, Default)]
struct Apart {
    all: BTreeMap<CampaignKey, Brought>,
    others: Option<Brought>,
}

impl Apart {
    /// Adds what campaigns brought of one person.
    fn add(&mut self, brought: BTreeMap<CampaignKey, Brought>) {
        for (key, one) in brought {
            self.all.entry(key).or_default().join(one);
        }
        if self.all.len() > 2 * MOST {
            let (all, others) = std::mem::take(self).in_order();
            *self = Self { all: all.into_iter().collect(), others };
        }
    }

    /// Those that may be kept apart, the greatest reach first, and all others together.
    fn in_order(self) -> (Vec<(CampaignKey, Brought)>, Option<Brought>) {
        let (mut all, mut others): (Vec<_>, _) = (self.all.into_iter().collect(), self.others);
        all.sort_by(|one, other| other.1.reach.cmp(&one.1.reach).then_with(|| one.0.cmp(&other.0)));
        for (_, one) in all.drain(MOST.min(all.len())..) {
            others.get_or_insert_default().join(one);
        }
        (all, others)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_reached_fewest_are_put_together_and_crowd_nobody_out() {
        let key = |name: &str| CampaignKey::Utm { source: None, medium: None, name: Some(name.to_owned()) };
        let reached = || Brought { reach: 1, ..Brought::default() };
        let mut all = Apart::default();
        for n in 0..100 * MOST {
            // One in ten people comes by the one campaign that there is, the others by names that somebody made up.
            let name = if n % 10 == 0 { "spring".to_owned() } else { format!("x{n}") };
            all.add([(key(&name), reached())].into());
            assert!(all.all.len() <= 2 * MOST);
        }
        let (all, others) = all.in_order();
        assert_eq!((&all[0].0, all[0].1.reach), (&key("spring"), 10 * MOST as u64));
        assert_eq!(all.len(), MOST);
        assert_eq!(others.unwrap().reach, (100 - 10 - 1) * MOST as u64 + 1);
        assert_eq!(Apart::default().in_order(), (vec![], None));
    }
}
