//! Choosing what is shown in the slots of a page: for each the first variant whose segment the person is in and which they
//! have not seen too often.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use connectors::event_names::EXPERIMENT_VIEWED;
use futures_util::TryStreamExt;
use identity::{IdentifierKind, Normalised};
use sea_orm::{Statement, StreamTrait, Value as Bound};
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
        read::{Profile, ProfileRef, json},
    },
};

/// The most slots that one page may ask for.
const MOST: usize = 50;

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
    pub slot: Arc<Slot>,
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
    /// [`Error::Invalid`] for a slot that is not there, for one that is named twice, and for too many.
    pub async fn decide(&self, reader: &Reader, who: &Visitor, slots: &[String]) -> Result<Decisions> {
        if slots.len() > MOST {
            return Err(Error::invalid("slots", format!("expected at most {MOST}")));
        }
        let known = self.slots().await?;
        let mut named = HashSet::new();
        let wanted = slots.iter().map(|key| {
            if !named.insert(key) {
                return Err(Error::invalid("slots", format!("`{key}` is named twice")));
            }
            let missing = || Error::invalid("slots", format!("there is no slot `{key}`"));
            known.get(key).cloned().ok_or_else(missing)
        });
        let wanted: Vec<Arc<Slot>> = wanted.collect::<Result<_>>()?;
        let seen = self.seen(reader, who, &wanted).await?;
        let slots: Vec<SlotDecision> = wanted.into_iter().map(|slot| seen.choose(slot)).collect();
        let mut all = Sha256::new();
        for slot in &slots {
            all.update(slot.cache_key.as_bytes());
        }
        Ok(Decisions { slots, cache_key: short(all) })
    }

    /// Everything that counts of somebody for these slots.
    async fn seen(&self, reader: &Reader, who: &Visitor, slots: &[Arc<Slot>]) -> Result<Seen> {
        let now = self.now();
        let mut seen = Seen { lot: self.lot_of(who), ..Seen::default() };
        let profile = match self.visited(reader, who).await? {
            Visited::Joined => {
                seen.fallback = Some(Reason::Identified);
                return Ok(seen);
            }
            Visited::Nobody => {
                let segments = audiences::known(self).await?;
                seen.stays = of_nobody(&segments, seen.lot, now);
                return Ok(seen);
            }
            Visited::Found(profile) => profile,
        };
        if let Some((refusal, _)) = profile.admission.refused() {
            seen.fallback = Some(Reason::Refused(refusal));
            return Ok(seen);
        }
        let keys: BTreeSet<&String> = slots.iter().flat_map(|slot| slot.segments()).collect();
        let keys: Vec<String> = keys.into_iter().cloned().collect();
        if !keys.is_empty() {
            seen.withheld = withheld(&profile, &self.segment_groups(&keys).await?);
            seen.stays = audiences::open_stays(self.db(), profile.id, &keys).await?;
        }
        seen.capped = self.capped(profile.id, slots, now).await?;
        Ok(seen)
    }

    /// By what the control group is drawn: the name by which somebody is asked for. It is the same before and after more is known
    /// of them, and whomever they turn out to be one person with; by another name of theirs they may be drawn differently.
    fn lot_of(&self, who: &Visitor) -> Uuid {
        let (kind, raw) = match who {
            Visitor::Anonymous(id) => (IdentifierKind::AnonymousId, id),
            Visitor::Signed(ProfileRef::Identifier(kind, raw)) => (*kind, raw),
            Visitor::Signed(ProfileRef::Id(id)) => return *id,
            Visitor::Signed(ProfileRef::Record { source, external_id }) => {
                return self.keys().person(self.keys().source(source), external_id);
            }
        };
        let value = match self.ruleset().identity.normalise(kind, raw, None) {
            Normalised::Value(value) => value,
            Normalised::Placeholder | Normalised::Invalid(_) => raw.clone(),
        };
        self.keys().visitor(&format!("{} {value}", kind.as_str()))
    }

    /// The variants of these slots that somebody has seen as often as their caps allow, as their pages told. However many views
    /// there are, what is kept of them is a number for each variant, and no more are read than it takes.
    async fn capped(
        &self,
        profile: Uuid,
        slots: &[Arc<Slot>],
        now: DateTime<Utc>,
    ) -> Result<HashSet<(String, String)>> {
        let all = slots.iter().flat_map(|slot| slot.variants.iter().map(move |variant| (slot, variant)));
        let capped = all.filter_map(|(slot, one)| Some(((slot.key.clone(), one.key.clone()), one.cap?)));
        // How often each may still be seen.
        let mut left: HashMap<(String, String), Cap> = capped.collect();
        let mut reached = HashSet::new();
        let Some(longest) = left.values().map(|cap| cap.within).max() else { return Ok(reached) };
        let since = TimeDelta::try_seconds(longest).and_then(|length| now.checked_sub_signed(length));
        let since = since.unwrap_or(DateTime::<Utc>::UNIX_EPOCH);
        // The name stands in the statement itself: the index of these events serves those that ask for no others.
        let sql = format!(
            "SELECT e.occurred_at, e.properties FROM source_identity s \
             JOIN event e ON e.source_identity_id = s.id \
             WHERE s.profile_id = $1 AND e.name = '{EXPERIMENT_VIEWED}' AND e.occurred_at > $2"
        );
        let values: [Bound; 2] = [profile.into(), since.into()];
        let statement = Statement::from_sql_and_values(self.db().get_database_backend(), sql, values);
        let mut rows = std::pin::pin!(self.db().stream_raw(statement).await?);
        while let Some(row) = rows.try_next().await? {
            let at: DateTime<Utc> = row.try_get("", "occurred_at")?;
            let properties: String = row.try_get("", "properties")?;
            let properties: BTreeMap<String, Value> = json("event properties", &properties)?;
            let text = |key: &str| properties.get(key).and_then(Value::as_str).map(str::to_owned);
            let (Some(slot), Some(variant)) = (text("experiment_id"), text("variation_id")) else { continue };
            let key = (slot, variant);
            let Some(cap) = left.get_mut(&key).filter(|cap| (now - at).num_seconds() < cap.within) else {
                continue;
            };
            cap.times = cap.times.saturating_sub(1);
            if cap.times == 0 {
                left.remove(&key);
                reached.insert(key);
            }
            if left.is_empty() {
                break;
            }
        }
        Ok(reached)
    }
}

/// What counts of somebody.
#[derive(Debug, Default)]
struct Seen {
    /// By which the control group is drawn.
    lot: Uuid,
    /// Why nothing but the fallback may be shown.
    fallback: Option<Reason>,
    /// The segments that they are in, and since when.
    stays: HashMap<String, Option<DateTime<Utc>>>,
    /// The segments that tell something that the purpose may not use.
    withheld: HashMap<String, Group>,
    /// The slots and variants that they have seen often enough.
    capped: HashSet<(String, String)>,
}

impl Seen {
    fn choose(&self, slot: Arc<Slot>) -> SlotDecision {
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
        let is_capped = self.capped.contains(&(slot.key.clone(), variant.key.clone()));
        if is_capped { Err(Excluded::Capped) } else { Ok(reason) }
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
