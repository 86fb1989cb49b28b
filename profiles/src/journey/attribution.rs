//! Which campaign brought what. Pure: a function of what one person did and ordered.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::behaviour::{doings::Doing, session::sessions};

/// What e-mail tools tell of a message that reached somebody; the last one is a touch.
pub(super) const EMAIL: [&str; 3] = ["Email Delivered", "Email Opened", CLICKED];
const CLICKED: &str = "Email Link Clicked";
/// Clicks that follow one another so closely are one visit.
const PAUSE: TimeDelta = TimeDelta::minutes(30);
/// The longest id of a campaign in bytes.
const LONGEST: usize = 200;

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CampaignKey {
    /// As the UTM parameters of links name it.
    Utm {
        /// `utm_source`.
        source: Option<String>,
        /// `utm_medium`.
        medium: Option<String>,
        /// `utm_campaign`.
        name: Option<String>,
    },
    /// As an e-mail tool does.
    Email {
        /// The source.
        source: Uuid,
        /// The id of the campaign there: the property `campaign_id` of its events.
        id: String,
    },
}

impl CampaignKey {
    /// The source whose campaign it is, of e-mail.
    pub fn source(&self) -> Option<Uuid> {
        match self {
            Self::Utm { .. } => None,
            Self::Email { source, .. } => Some(*source),
        }
    }
}

/// An order that counts, or a return of goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sale {
    pub(super) at: DateTime<Utc>,
    /// Whether goods came back: that is no order, and its revenue is taken off.
    pub(super) is_return: bool,
    pub(super) currency: String,
    /// Refunds taken off, in millionths; negative for a return.
    pub(super) revenue_micros: i64,
}

/// What orders came to, by currency: how many, and millionths.
pub(super) type Won = BTreeMap<String, (u64, i128)>;

/// What a campaign brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Brought {
    /// People whom it reached.
    pub(super) reach: u64,
    /// How often they came by it.
    pub(super) visits: u64,
    /// Orders of those whom it brought first.
    pub(super) by_first: Won,
    /// Orders of those whom it brought last.
    pub(super) by_last: Won,
}

impl Brought {
    pub(super) fn join(&mut self, other: Self) {
        self.reach += other.reach;
        self.visits += other.visits;
        for (mine, others) in [(&mut self.by_first, other.by_first), (&mut self.by_last, other.by_last)] {
            for (currency, (orders, micros)) in others {
                let sum = mine.entry(currency).or_default();
                *sum = (sum.0 + orders, sum.1 + micros);
            }
        }
    }
}

/// The time that is asked about, and how long before an order a touch counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Period {
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    pub(super) window: TimeDelta,
}

impl Period {
    fn holds(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at < self.to
    }
}

/// What campaigns brought of one person, who did this from a window before the period on, in order, and bought this in it. An
/// order is counted for the first and for the last touch of the window before it: once among links, and once among e-mails. A
/// return, which names no order, is taken off what the touches of the window before it brought.
pub(super) fn brought(doings: &[Doing], sales: &[Sale], period: &Period) -> BTreeMap<CampaignKey, Brought> {
    let mut all: BTreeMap<CampaignKey, Brought> = BTreeMap::new();
    let links: Vec<(DateTime<Utc>, CampaignKey)> =
        doings.iter().filter_map(|doing| Some((doing.at, link(doing)?))).collect();
    let mails: Vec<(DateTime<Utc>, bool, CampaignKey)> =
        doings.iter().filter_map(|doing| Some((doing.at, doing.name == CLICKED, mail(doing)?))).collect();
    let touched = links.iter().map(|(at, key)| (at, key)).chain(mails.iter().map(|(at, _, key)| (at, key)));
    let reached: BTreeSet<&CampaignKey> =
        touched.filter(|(at, _)| period.holds(**at)).map(|(_, key)| key).collect();
    for key in reached {
        all.entry(key.clone()).or_default().reach = 1;
    }
    for session in sessions(doings).into_iter().filter(|session| period.holds(session.started_at)) {
        if let Some(key) = session.touch.as_ref().and_then(utm) {
            all.entry(key).or_default().visits += 1;
        }
    }
    let clicks: Vec<(DateTime<Utc>, CampaignKey)> =
        mails.into_iter().filter(|(_, clicked, _)| *clicked).map(|(at, _, key)| (at, key)).collect();
    let mut last: BTreeMap<&CampaignKey, DateTime<Utc>> = BTreeMap::new();
    for (at, key) in &clicks {
        let is_new = last.insert(key, *at).is_none_or(|before| *at - before >= PAUSE);
        if is_new && period.holds(*at) {
            all.entry(key.clone()).or_default().visits += 1;
        }
    }
    for sale in sales {
        for touches in [&links, &clicks] {
            let counts =
                |(at, _): &&(DateTime<Utc>, CampaignKey)| *at <= sale.at && sale.at - *at <= period.window;
            let mut counting = touches.iter().filter(counts);
            let first = counting.next();
            let last = counting.next_back().or(first);
            if let (Some((_, first)), Some((_, last))) = (first, last) {
                count(&mut all.entry(first.clone()).or_default().by_first, sale);
                count(&mut all.entry(last.clone()).or_default().by_last, sale);
            }
        }
    }
    all
}

fn count(won: &mut Won, sale: &Sale) {
    let sum = won.entry(sale.currency.clone()).or_default();
    *sum = (sum.0 + u64::from(!sale.is_return), sum.1 + i128::from(sale.revenue_micros));
}

fn link(doing: &Doing) -> Option<CampaignKey> {
    doing.touch.as_ref().and_then(utm)
}

/// The campaign of a touch; none of a click id alone, which names none.
fn utm(touch: &crate::behaviour::Touch) -> Option<CampaignKey> {
    let (source, medium, name) = (touch.source.clone(), touch.medium.clone(), touch.campaign.clone());
    (source.is_some() || medium.is_some() || name.is_some()).then_some(CampaignKey::Utm {
        source,
        medium,
        name,
    })
}

fn mail(doing: &Doing) -> Option<CampaignKey> {
    if !EMAIL.contains(&doing.name.as_str()) {
        return None;
    }
    let id = match doing.properties.get("campaign_id")? {
        Value::String(id) => id.trim().to_owned(),
        Value::Number(id) => id.to_string(),
        _ => return None,
    };
    (!id.is_empty() && id.len() <= LONGEST).then_some(CampaignKey::Email { source: doing.source, id })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::behaviour::Touch;

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(day)
    }

    fn seen(day: i64, campaign: &str) -> Doing {
        let touch = Touch { campaign: Some(campaign.to_owned()), ..Touch::default() };
        let touch = Some(touch).filter(|_| !campaign.is_empty());
        let name = "Page Viewed".to_owned();
        Doing { source: Uuid::nil(), name, at: at(day), properties: Map::new(), context: Map::new(), touch }
    }

    fn mailed(day: i64, name: &str, id: &str) -> Doing {
        let properties = serde_json::from_value(json!({ "campaign_id": id })).unwrap();
        Doing { name: name.to_owned(), properties, ..seen(day, "") }
    }

    fn sale(day: i64, revenue: i64) -> Sale {
        Sale { at: at(day), is_return: revenue < 0, currency: "EUR".to_owned(), revenue_micros: revenue }
    }

    /// Reach, visits, and the millionths by first and by last touch of each campaign.
    fn found(doings: &[Doing], sales: &[Sale]) -> Vec<(String, u64, u64, i128, i128)> {
        let period = Period { from: at(100), to: at(200), window: TimeDelta::days(30) };
        let sum = |won: &Won| won.values().map(|(_, micros)| micros).sum();
        let all = brought(doings, sales, &period);
        all.into_iter()
            .map(|(key, one)| {
                let name = match key {
                    CampaignKey::Utm { name, .. } => name.unwrap_or_default(),
                    CampaignKey::Email { id, .. } => format!("mail {id}"),
                };
                (name, one.reach, one.visits, sum(&one.by_first), sum(&one.by_last))
            })
            .collect()
    }

    #[test]
    fn an_order_is_of_the_first_and_of_the_last_touch_of_the_window_before_it() {
        let doings = [seen(60, "old"), seen(95, "a"), seen(110, "b"), seen(120, ""), seen(121, "c")];
        let sales = [sale(120, 7), sale(195, 100)];
        let name = str::to_owned;
        assert_eq!(
            found(&doings, &sales),
            [(name("a"), 0, 0, 7, 0), (name("b"), 1, 1, 0, 7), (name("c"), 1, 1, 0, 0)],
            "the second order comes too late for all of them"
        );
        assert_eq!(found(&[seen(110, "a")], &[sale(109, 1)]), [(name("a"), 1, 1, 0, 0)]);
        assert_eq!(found(&[seen(110, "a")], &[sale(140, 1)]), [(name("a"), 1, 1, 1, 1)], "to the day");
    }

    #[test]
    fn a_return_is_no_order_and_is_taken_off_what_was_brought() {
        let period = Period { from: at(100), to: at(200), window: TimeDelta::days(30) };
        let all = brought(&[seen(110, "a")], &[sale(112, 100), sale(113, -40)], &period);
        let won = all.into_values().map(|one| one.by_last["EUR"]).collect::<Vec<_>>();
        assert_eq!(won, [(1, 60)]);
    }

    #[test]
    fn mails_are_counted_beside_links_and_a_click_is_their_touch() {
        let doings = [
            mailed(101, "Email Delivered", "m1"),
            mailed(101, "Email Delivered", "m2"),
            mailed(102, "Email Opened", "m1"),
            mailed(103, CLICKED, "m1"),
            mailed(103, CLICKED, "m1"),
            seen(103, "link"),
            mailed(104, "Email Bounced", "m3"),
        ];
        let name = str::to_owned;
        assert_eq!(
            found(&doings, &[sale(105, 9)]),
            [(name("link"), 1, 1, 9, 9), (name("mail m1"), 1, 1, 9, 9), (name("mail m2"), 1, 0, 0, 0)]
        );
    }
}
