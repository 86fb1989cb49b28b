//! Choosing what is shown in the slots of a page: for each the first variant whose segment the person is in and which they
//! have not seen too often.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use connectors::event_names::EXPERIMENT_VIEWED;
use sea_orm::{ConnectionTrait, Statement, Value as Bound};
use segments::{Person, Subject};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::slot::{Cap, Slot, Variant};
use crate::{
    Profiles,
    access::{Visited, Visitor},
    audiences::{self, Segments},
    consent::{Reader, Refusal},
    error::{Error, Result},
    view::{
        catalogue::Group,
        read::{Profile, json},
    },
};

/// The most slots that one page may ask for.
const MOST: usize = 50;
/// So many views of a person are looked at, the newest; caps allow no more.
const MOST_VIEWS: usize = 1_000;

/// What is to be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Decisions {
    /// For each slot that was asked for, in that order.
    pub slots: Vec<SlotDecision>,
    /// Equal where everything that is to be shown is equal: by it the page made of it may be kept for others.
    pub cache_key: String,
}

/// What is to be shown in a slot.
#[derive(Debug, Clone, PartialEq)]
pub struct SlotDecision {
    /// The slot.
    pub slot: Slot,
    /// Which of its variants; `None` for the fallback.
    pub variant: Option<usize>,
    /// Why.
    pub reason: Reason,
    /// Which variants come before it, and why they are not shown.
    pub excluded: Vec<(usize, Excluded)>,
    /// Equal where the content is.
    pub cache_key: String,
}

/// Why content is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The person is in the segment of the variant; since when, where that is known.
    Segment(Option<DateTime<Utc>>),
    /// The variant is for everybody.
    Everybody,
    /// No variant fits: the fallback.
    NoneFits,
    /// The person is in the control group: the fallback.
    Control,
    /// The person does not allow that their data are used for this: the fallback.
    Refused(Refusal),
    /// The token proves no right to what is known of the person: the fallback.
    Identified,
}

/// Why a variant is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excluded {
    /// The person is not in its segment.
    NotInSegment,
    /// The purpose may not use data that the segment tells something of.
    Withheld(Group),
    /// The person has seen it often enough.
    Capped,
}

impl Profiles {
    /// What a page shows to its visitor, or a server to somebody.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a slot that is not there, and for too many.
    pub async fn decide(&self, reader: &Reader, who: &Visitor, slots: &[String]) -> Result<Decisions> {
        if slots.len() > MOST {
            return Err(Error::invalid("slots", format!("expected at most {MOST}")));
        }
        let known = self.slots().await?;
        let wanted = slots.iter().map(|key| {
            let missing = || Error::invalid("slots", format!("there is no slot `{key}`"));
            known.get(key).cloned().ok_or_else(missing)
        });
        let wanted: Vec<Slot> = wanted.collect::<Result<_>>()?;
        let seen = self.seen(reader, who, &wanted).await?;
        let slots: Vec<SlotDecision> = wanted.into_iter().map(|slot| seen.choose(slot)).collect();
        let mut all = Sha256::new();
        for slot in &slots {
            all.update(slot.cache_key.as_bytes());
        }
        Ok(Decisions { slots, cache_key: short(all) })
    }

    /// Everything that counts of somebody for these slots.
    async fn seen(&self, reader: &Reader, who: &Visitor, slots: &[Slot]) -> Result<Seen> {
        let now = self.now();
        let of_name = self.keys().visitor(&format!("{who:?}"));
        let mut seen = Seen { now, lot: of_name, ..Seen::default() };
        let profile = match self.visited(reader, who).await? {
            Visited::Joined => {
                seen.fallback = Some(Reason::Identified);
                return Ok(seen);
            }
            Visited::Nobody => {
                let segments = audiences::known(self).await?;
                seen.stays = of_nobody(&segments, of_name, now);
                return Ok(seen);
            }
            Visited::Found(profile) => profile,
        };
        if let Some((refusal, _)) = profile.admission.refused() {
            seen.fallback = Some(Reason::Refused(refusal));
            return Ok(seen);
        }
        if !matches!(who, Visitor::Anonymous(_)) {
            // However they are named.
            seen.lot = profile.id;
        }
        let keys: BTreeSet<&String> = slots.iter().flat_map(Slot::segments).collect();
        let keys: Vec<String> = keys.into_iter().cloned().collect();
        if !keys.is_empty() {
            seen.withheld = withheld(&profile, &self.segment_groups(&keys).await?);
            seen.stays = audiences::open_stays(self.db(), profile.id, &keys).await?;
        }
        let caps = slots.iter().flat_map(|slot| &slot.variants).filter_map(|variant| variant.cap);
        if let Some(longest) = caps.map(|cap| cap.within).max() {
            let since = TimeDelta::try_seconds(longest).and_then(|length| now.checked_sub_signed(length));
            let since = since.unwrap_or(DateTime::<Utc>::UNIX_EPOCH);
            seen.views = self.views(profile.id, since).await?;
        }
        Ok(seen)
    }

    /// What somebody has seen since an instant, by slot and variant, as their pages told.
    async fn views(&self, profile: Uuid, since: DateTime<Utc>) -> Result<Views> {
        let sql = format!(
            "SELECT e.occurred_at, e.properties FROM source_identity s \
             JOIN event e ON e.source_identity_id = s.id \
             WHERE s.profile_id = $1 AND e.name = $2 AND e.occurred_at > $3 \
             ORDER BY e.occurred_at DESC LIMIT {MOST_VIEWS}"
        );
        let values: [Bound; 3] = [profile.into(), EXPERIMENT_VIEWED.into(), since.into()];
        let statement = Statement::from_sql_and_values(self.db().get_database_backend(), sql, values);
        let mut views = Views::new();
        for row in self.db().query_all_raw(statement).await? {
            let properties: String = row.try_get("", "properties")?;
            let properties: BTreeMap<String, Value> = json("event properties", &properties)?;
            let text = |key: &str| properties.get(key).and_then(Value::as_str).map(str::to_owned);
            if let (Some(slot), Some(variant)) = (text("experiment_id"), text("variation_id")) {
                views.entry((slot, variant)).or_default().push(row.try_get("", "occurred_at")?);
            }
        }
        Ok(views)
    }
}

/// By slot and variant when it was seen.
type Views = HashMap<(String, String), Vec<DateTime<Utc>>>;

/// What counts of somebody.
#[derive(Debug, Default)]
struct Seen {
    now: DateTime<Utc>,
    /// By which the control group is drawn.
    lot: Uuid,
    /// Why nothing but the fallback may be shown.
    fallback: Option<Reason>,
    /// The segments that they are in, and since when.
    stays: HashMap<String, Option<DateTime<Utc>>>,
    /// The segments that tell something that the purpose may not use.
    withheld: HashMap<String, Group>,
    views: Views,
}

impl Seen {
    fn choose(&self, slot: Slot) -> SlotDecision {
        let mut excluded = Vec::new();
        let mut chosen = None;
        let fallback = match &self.fallback {
            None if is_control(&slot, self.lot) => Some(Reason::Control),
            fallback => fallback.clone(),
        };
        if fallback.is_none() {
            for (place, variant) in slot.variants.iter().enumerate() {
                match self.fits(&slot, variant) {
                    Ok(reason) => {
                        chosen = Some((place, reason));
                        break;
                    }
                    Err(why) => excluded.push((place, why)),
                }
            }
        }
        let (variant, reason) = match chosen {
            Some((place, reason)) => (Some(place), reason),
            None => (None, fallback.unwrap_or(Reason::NoneFits)),
        };
        let shown = variant.map_or("", |place| slot.variants[place].key.as_str());
        let mut hash = Sha256::new();
        for part in [slot.key.as_bytes(), &slot.version.to_be_bytes(), shown.as_bytes()] {
            // No part runs into the next: neither a key nor a name of a variant holds U+0000.
            hash.update(part);
            hash.update([0]);
        }
        SlotDecision { cache_key: short(hash), slot, variant, reason, excluded }
    }

    fn fits(&self, slot: &Slot, variant: &Variant) -> std::result::Result<Reason, Excluded> {
        let reason = match &variant.segment {
            None => Reason::Everybody,
            Some(segment) => {
                if let Some(group) = self.withheld.get(segment) {
                    return Err(Excluded::Withheld(*group));
                }
                Reason::Segment(*self.stays.get(segment).ok_or(Excluded::NotInSegment)?)
            }
        };
        let is_capped = |Cap { times, within }: Cap| {
            let views = self.views.get(&(slot.key.clone(), variant.key.clone()));
            let seconds = |at: &DateTime<Utc>| (self.now - *at).num_seconds();
            views
                .is_some_and(|views| views.iter().filter(|at| seconds(at) < within).count() >= times as usize)
        };
        if variant.cap.is_some_and(is_capped) { Err(Excluded::Capped) } else { Ok(reason) }
    }
}

impl Slot {
    fn segments(&self) -> impl Iterator<Item = &String> {
        self.variants.iter().filter_map(|variant| variant.segment.as_ref())
    }

    /// The content that a decision comes to.
    pub fn content(&self, variant: Option<usize>) -> &Value {
        variant.and_then(|place| self.variants.get(place)).map_or(&self.fallback, |variant| &variant.content)
    }
}

/// Whether the lot puts somebody into the control group of a slot.
fn is_control(slot: &Slot, who: Uuid) -> bool {
    segments::lot(&format!("slot {}", slot.key), who) < u16::from(slot.control) * 100
}

/// The segments that hold of whom nothing is known.
fn of_nobody(segments: &Segments, id: Uuid, now: DateTime<Utc>) -> HashMap<String, Option<DateTime<Utc>>> {
    let mut nobody = Person { id, ..Person::default() };
    let all: Vec<_> = segments.in_order().collect();
    audiences::enter(&all, &mut nobody, now);
    let subject = Subject::new(&nobody);
    let held = all.iter().filter(|segment| segment.rule.answer(&subject, now).holds);
    held.map(|segment| (segment.key.clone(), None)).collect()
}

/// Those of these segments that tell something that the purpose may not use.
fn withheld(profile: &Profile, groups: &HashMap<String, BTreeSet<Group>>) -> HashMap<String, Group> {
    let refused =
        |groups: &BTreeSet<Group>| groups.iter().copied().find(|group| profile.admission.to(*group).is_err());
    groups.iter().filter_map(|(key, groups)| Some((key.clone(), refused(groups)?))).collect()
}

fn short(hash: Sha256) -> String {
    hex::encode(&hash.finalize()[..16])
}
