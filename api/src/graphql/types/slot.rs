//! Slots of a page: what may be shown in them, and what is.

use std::sync::Arc;

use async_graphql::{Enum, InputObject, Object, SimpleObject};
use profiles::Error;
use profiles::consent::Withheld;
use profiles::personalisation::{self, Cap, Excluded, NewSlot, Reason};
use segments::Duration;

use super::consent::ConsentReason;
use super::segment_rule::SegmentDuration;
use super::traits::TraitGroup;
use crate::graphql::scalars::{DateTime, Json, JsonRef};

/// A slot: a place on a page.
#[derive(Debug)]
pub(crate) struct Slot(pub(in crate::graphql) Arc<personalisation::Slot>);

/// A place on a page with what may be shown in it to whom. `decide` chooses.
#[Object]
impl Slot {
    /// Its short name: lower-case letters, digits, `-` and `_`.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What may be shown, the most wanted first.
    async fn variants(&self) -> Vec<SlotVariant<'_>> {
        let variants = self.0.variants.iter().map(|variant| SlotVariant {
            key: &variant.key,
            segment: variant.segment.as_deref(),
            content: JsonRef(&variant.content),
            cap: variant.cap.map(ViewCap::from),
        });
        variants.collect()
    }

    /// What is shown to whom no variant fits, and to the control group.
    async fn fallback(&self) -> JsonRef<'_> {
        JsonRef(&self.0.fallback)
    }

    /// So many percent of the people always see the fallback: the control group. It is drawn by the name by which a page or a server
    /// asks for somebody, and so is the same before and after more is known of them.
    async fn control(&self) -> i32 {
        self.0.control.into()
    }

    /// How often it was defined: 1, 2, 3, …
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was defined as it is.
    async fn defined_at(&self) -> DateTime {
        DateTime(self.0.defined_at)
    }

    /// By whom.
    async fn defined_by(&self) -> &str {
        &self.0.actor
    }
}

/// Content for some people.
#[derive(Debug, SimpleObject)]
struct SlotVariant<'a> {
    /// Its short name, of its own among the variants of the slot.
    key: &'a str,
    /// The key of the segment whose members see it; null for everybody.
    segment: Option<&'a str>,
    /// What the page is given.
    content: JsonRef<'a>,
    /// How often one person sees it; null for however often.
    cap: Option<ViewCap>,
}

/// A limit of how often one person sees a variant, counted by the events `Experiment Viewed` that their pages send.
#[derive(Debug, SimpleObject)]
struct ViewCap {
    /// So many times.
    times: i32,
    /// Within this time.
    within: SegmentDuration,
}

impl From<Cap> for ViewCap {
    fn from(cap: Cap) -> Self {
        let times = i32::try_from(cap.times).unwrap_or(i32::MAX);
        Self { times, within: Duration::seconds(cap.within).into() }
    }
}

/// A slot that is to be defined.
#[derive(InputObject)]
pub(in crate::graphql) struct DefineSlotInput {
    /// Its short name, by which pages ask for it: 1 to 64 lower-case letters, digits, `-` or `_`.
    key: String,
    /// What people call it; 1 to 100 characters.
    name: String,
    /// What may be shown, the most wanted first; at most 50.
    #[graphql(default)]
    variants: Vec<SlotVariantInput>,
    /// What is shown to whom no variant fits, and to the control group: any JSON, at most 16 KiB; null unless given.
    fallback: Option<Json>,
    /// So many percent of the people, 0 to 100, always see the fallback, so that the others can be compared with them. They are drawn
    /// by the name by which a page or a server asks for somebody.
    #[graphql(default)]
    control: i32,
}

/// Content for some people.
#[derive(InputObject)]
struct SlotVariantInput {
    /// Its short name, of its own among the variants of the slot.
    key: String,
    /// The key of the segment whose members see it; everybody unless given.
    segment: Option<String>,
    /// What the page is given: any JSON, at most 16 KiB.
    content: Json,
    /// How often one person sees it; however often unless given.
    cap: Option<ViewCapInput>,
}

/// A limit of how often one person sees a variant.
#[derive(InputObject)]
struct ViewCapInput {
    /// So many times, 1 to 1,000.
    times: i32,
    /// Within this time, such as `P1D`.
    within: SegmentDuration,
}

impl DefineSlotInput {
    /// # Errors
    /// [`Error::Invalid`] for what cannot be told from the numbers and texts alone.
    pub(in crate::graphql) fn read(self) -> Result<NewSlot, Error> {
        let json = |given: Option<Json>| {
            given.map_or(Ok(serde_json::Value::Null), |json| {
                json.0.into_json().map_err(|error| Error::invalid("content", error.to_string()))
            })
        };
        let variants = self.variants.into_iter().map(|variant| {
            let cap = variant.cap.map(|cap| {
                let within =
                    cap.within.read().map_err(|wrong| Error::invalid("variants.cap.within", wrong))?;
                // What is out of range is refused there, with what may be.
                let times = u32::try_from(cap.times).unwrap_or_default();
                Ok::<_, Error>(Cap { times, within: within.as_seconds() })
            });
            Ok(personalisation::Variant {
                key: variant.key,
                segment: variant.segment,
                content: json(Some(variant.content))?,
                cap: cap.transpose()?,
            })
        });
        Ok(NewSlot {
            key: self.key,
            name: self.name,
            variants: variants.collect::<Result<_, Error>>()?,
            fallback: json(self.fallback)?,
            control: u8::try_from(self.control)
                .map_err(|_| Error::invalid("control", "expected 0 to 100 percent"))?,
        })
    }
}

/// What a page is to show.
#[derive(Debug)]
pub(crate) struct Decisions {
    pub(in crate::graphql) made: personalisation::Decisions,
    /// Whether who asks may know more than what to show.
    pub(in crate::graphql) told: bool,
}

/// What a page is to show.
#[Object]
impl Decisions {
    /// For each slot that was asked for, in that order.
    async fn slots(&self) -> Vec<SlotDecision<'_>> {
        self.made.slots.iter().map(|made| SlotDecision { made, told: self.told }).collect()
    }

    /// Equal wherever everything that is to be shown is equal: by it a page that was made of this may be kept for others.
    async fn cache_key(&self) -> &str {
        &self.made.cache_key
    }
}

#[derive(Debug)]
struct SlotDecision<'a> {
    made: &'a personalisation::SlotDecision,
    told: bool,
}

/// What is to be shown in a slot.
#[Object]
impl SlotDecision<'_> {
    /// The key of the slot.
    async fn slot(&self) -> &str {
        &self.made.slot.key
    }

    /// The key of the variant that is to be shown; null for the fallback. Tell that it was seen by the event `Experiment
    /// Viewed` with the properties `experiment_id`, the key of the slot, and `variation_id`, this key.
    async fn variant(&self) -> Option<&str> {
        self.made.variant.map(|place| self.made.slot.variants[place].key.as_str())
    }

    /// What is to be shown.
    async fn content(&self) -> JsonRef<'_> {
        JsonRef(self.made.slot.content(self.made.variant))
    }

    /// Why.
    async fn reason(&self) -> SlotReason {
        match self.made.reason {
            Reason::Segment(_) => SlotReason::Segment,
            Reason::Everybody => SlotReason::Everybody,
            Reason::NoneFits => SlotReason::NoneFits,
            Reason::Control => SlotReason::Control,
            Reason::Refused(_) => SlotReason::NotAllowed,
            Reason::Identified => SlotReason::Identified,
        }
    }

    /// The key of the segment that the person is in, where that is the reason. Null for a visitor's token.
    async fn segment(&self) -> Option<&str> {
        let shown = self.made.variant.filter(|_| self.told)?;
        self.made.slot.variants[shown].segment.as_deref()
    }

    /// Since when the person is in it; null where it is ever since, for a visitor's token, and where it is no reason.
    async fn since(&self) -> Option<DateTime> {
        match self.made.reason {
            Reason::Segment(since) if self.told => since.map(DateTime),
            _ => None,
        }
    }

    /// What the person said that forbids it, where the reason is `NOT_ALLOWED`.
    async fn refusal(&self) -> Option<ConsentReason> {
        match self.made.reason {
            Reason::Refused(refusal) => Some(Withheld::Person(refusal).into()),
            _ => None,
        }
    }

    /// The variants that come before, and why they are not shown. Empty for a visitor's token: it would tell a page which
    /// segments its visitor is not in.
    async fn excluded(&self) -> Vec<ExcludedVariant<'_>> {
        let excluded = self.made.excluded.iter().filter(|_| self.told);
        let excluded = excluded.map(|(place, why)| ExcludedVariant {
            variant: &self.made.slot.variants[*place].key,
            reason: match why {
                Excluded::NotInSegment => ExclusionReason::NotInSegment,
                Excluded::Withheld(_) => ExclusionReason::Withheld,
                Excluded::Capped => ExclusionReason::Capped,
            },
            group: match why {
                Excluded::Withheld(group) => Some((*group).into()),
                Excluded::NotInSegment | Excluded::Capped => None,
            },
        });
        excluded.collect()
    }

    /// Equal wherever the content is.
    async fn cache_key(&self) -> &str {
        &self.made.cache_key
    }
}

/// Why content is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum SlotReason {
    /// The person is in the segment of the variant.
    Segment,
    /// The variant is for everybody.
    Everybody,
    /// No variant fits: the fallback is shown.
    NoneFits,
    /// The person is in the control group: the fallback is shown.
    Control,
    /// The person does not allow that their data are used for it: the fallback is shown.
    NotAllowed,
    /// More is known of the person than the token proves a right to: the fallback is shown. A token that the customer's
    /// server signed would do.
    Identified,
}

/// A variant that is not shown.
#[derive(Debug, SimpleObject)]
struct ExcludedVariant<'a> {
    /// Its key.
    variant: &'a str,
    /// Why it is not shown.
    reason: ExclusionReason,
    /// The group of data that the purpose may not use, where that is why.
    group: Option<TraitGroup>,
}

/// Why a variant is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum ExclusionReason {
    /// The person is not in its segment.
    NotInSegment,
    /// The segment tells something of a group of data that the purpose may not use.
    Withheld,
    /// The person has seen it as often as its cap allows.
    Capped,
}
