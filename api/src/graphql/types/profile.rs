//! One person, as all sources together know them.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::Arc;

use async_graphql::connection::Edge;
use async_graphql::{Context, ID, Object, Result};
use chrono::{TimeDelta, Utc};
use futures_util::future::try_join;
use profiles::Profiles;
use profiles::audiences::Stay;
use profiles::consent::{Admitted, Withheld};
use profiles::insights::{Purchase, Story, Thing};
use profiles::journey;
use profiles::sources::Sources;
use profiles::view::catalogue::{self, Group};
use profiles::view::read;
use profiles::view::timeline::{Place, Stretch};
use uuid::Uuid;

use super::account::{self, Account};
use super::allowed;
use super::behaviour::{Interest, Session};
use super::company::Company;
use super::connection;
use super::consent::{Channel, Consent, ConsentDecision, ConsentRecord, ContactPointInput};
use super::deal::Deal;
use super::decision::Decision;
use super::history;
use super::household::Household;
use super::identity::{Identifier, Link, SourceIdentity};
use super::lifecycle::{CurrentStage, StagePassage};
use super::likeness::PersonaMatches;
use super::next_best::NextBestActions;
use super::order::OrderCount;
use super::past::Then;
use super::prediction::{ChurnPrediction, ScorePrediction, ValuePrediction};
use super::recommendation::{RecommendationPurpose, Recommendations, Wanted};
use super::segment::SegmentStay;
use super::segment_rule::SegmentDuration;
use super::totals::Totals;
use super::traits::{Trait, TraitGroup};
use super::withheld::WithheldField;
use crate::graphql::access;
use crate::graphql::error::{bad_input, top};
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::paging::{self, points};
use crate::graphql::query::PAST;
use crate::graphql::scalars::{Count, DateTime};

/// What is data of the person, and of which group; of all that it stands with where it tells several things. What is in no line
/// is of nobody: which fields of traits may be seen is told for each of them.
pub(in crate::graphql) const PARTS: [(&str, Group); 29] = [
    ("displayName", Group::Identity),
    ("identifiers", Group::Identity),
    ("sourceIdentities", Group::Identity),
    ("links", Group::Identity),
    ("decisions", Group::Identity),
    ("history", Group::Identity),
    ("consentHistory", Group::Identity),
    ("orders", Group::Quantitative),
    ("timeline", Group::Quantitative),
    ("totals", Group::Quantitative),
    ("deals", Group::Quantitative),
    ("companies", Group::Descriptive),
    ("accounts", Group::Descriptive),
    ("household", Group::Descriptive),
    ("firstSeen", Group::Quantitative),
    ("lastSeen", Group::Quantitative),
    ("segments", Group::Quantitative),
    ("sessions", Group::Quantitative),
    ("stage", Group::Quantitative),
    ("stages", Group::Quantitative),
    ("churnRisk", Group::Quantitative),
    ("lifetimeValue", Group::Quantitative),
    ("nextBestActions", Group::Quantitative),
    ("personas", Group::Quantitative),
    ("leadScore", Group::Quantitative),
    ("propensity", Group::Quantitative),
    ("recommendations", Group::Quantitative),
    // What somebody cares about, and when and how often they looked at it.
    ("interests", Group::Descriptive),
    ("interests", Group::Quantitative),
];

const ORDERS: &str = "orders";
const TIMELINE: &str = "timeline";
const SESSIONS: &str = "sessions";
/// The points of a choice of an action: it reads much of a person, and writes.
const DECIDED: usize = 20;
/// The half-lives of interests in days.
const HALF_LIVES: RangeInclusive<i32> = 1..=365;

/// One person.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    stored: read::Profile,
    /// With every source that the profile names.
    sources: Sources,
}

impl Profile {
    pub(in crate::graphql) async fn new(
        profiles: &Profiles,
        stored: read::Profile,
    ) -> profiles::Result<Self> {
        let origins = stored.traits.iter().flat_map(|found| {
            let losers = found.losers.iter().map(|loser| &loser.origin);
            losers.chain(&found.confirmed_by).chain([&found.winner]).map(|origin| origin.source)
        });
        let carriers = stored.identifiers.iter().flat_map(|identifier| identifier.sources.iter().copied());
        let stating = stored.said.iter().map(|statement| statement.source);
        let named: Vec<Uuid> = origins.chain(carriers).chain(stating).collect();
        let sources = profiles.sources_with(&named).await?;
        Ok(Self { stored, sources })
    }

    pub(super) fn key(&self) -> Uuid {
        self.stored.id
    }

    /// Leave to read the field that is asked for; none where it is withheld.
    fn admitted(&self, ctx: &Context<'_>) -> Option<Admitted> {
        let parts = PARTS.iter().filter(|(name, _)| *name == ctx.field().name());
        let leaves: Result<Vec<Admitted>, _> = parts.map(|(_, group)| self.stored.admitted(*group)).collect();
        leaves.ok()?.pop()
    }

    /// The person's stays in segments, with `ever` also those that have ended. Stays follow today's grouping: those of a profile of
    /// the past are those of whom it is part of today. None where the field that is asked for is withheld.
    async fn stays(&self, ctx: &Context<'_>, ever: bool) -> Result<Option<Arc<Vec<Stay>>>> {
        let Some(_) = self.admitted(ctx) else { return Ok(None) };
        let Ok(today) = self.stored.admitted_today(Group::Quantitative) else { return Ok(None) };
        loaders(ctx).stays(today, ever).await.map(Some).map_err(top)
    }

    /// The first group of data of which the stages of the lifecycle tell something, and which may not be seen. Where one stage may
    /// not be seen none is told: who is in no later one is in an earlier one.
    async fn withheld_of_stages(
        &self,
        ctx: &Context<'_>,
        lifecycle: &journey::Lifecycle,
    ) -> Result<Option<Withheld>> {
        let keys: Vec<String> = lifecycle.stages.iter().map(|stage| stage.segment.clone()).collect();
        let groups = loaders(ctx).profiles.segment_groups(&keys).await.map_err(top)?;
        Ok(groups.values().flatten().find_map(|group| self.stored.admission.to(*group).err()))
    }

    /// The stretch that a page of orders or of the timeline is, and one more to know whether there is a next.
    fn stretch(
        &self,
        ctx: &Context<'_>,
        list: &'static str,
        first: Option<i32>,
        after: Option<&str>,
    ) -> Result<Stretch> {
        let after = paging::place("after", list, after)?;
        Ok(Stretch { first: paging::size(ctx, "first", first)? + 1, after, until: self.stored.as_of })
    }

    /// What it is made of, if it is one of the past.
    fn then(&self) -> Option<Then<'_>> {
        let (past, instant) = (self.stored.past.as_deref()?, self.stored.as_of?);
        Some(Then { past, instant })
    }

    /// The stages of the lifecycle that the person has passed, oldest first; none where one of them may not be seen.
    async fn passages(&self, ctx: &Context<'_>) -> Result<Option<Vec<StagePassage>>> {
        let lifecycle = loaders(ctx).profiles.lifecycle().await.map_err(top)?;
        if self.withheld_of_stages(ctx, &lifecycle).await?.is_some() {
            return Ok(None);
        }
        let Some(stays) = self.stays(ctx, true).await? else { return Ok(None) };
        let passages = journey::passages(&lifecycle.stages, &stays, self.stored.as_of);
        Ok(Some(passages.iter().filter_map(|passage| StagePassage::new(&lifecycle, passage)).collect()))
    }

    /// What predictions are made of. None where the field that is asked for is withheld, and of the past.
    async fn bought(&self, ctx: &Context<'_>) -> Result<Option<Arc<Vec<Purchase>>>> {
        access::check(ctx, "Segment")?;
        let Some(admitted) = self.admitted(ctx).filter(|_| self.stored.as_of.is_none()) else {
            return Ok(None);
        };
        loaders(ctx).purchases(admitted).await.map(Some).map_err(top)
    }

    /// What scores are made of. None as of predictions.
    async fn story(&self, ctx: &Context<'_>) -> Result<Option<Arc<Story>>> {
        access::check(ctx, "Segment")?;
        let Some(admitted) = self.admitted(ctx).filter(|_| self.stored.as_of.is_none()) else {
            return Ok(None);
        };
        loaders(ctx).story(admitted).await.map(Some).map_err(top)
    }

    /// How many orders there are in all.
    fn order_count(&self) -> Count {
        let totals = self.stored.totals.currencies.iter();
        totals.map(|total| total.orders + total.pending + total.cancelled + total.returns).sum::<i64>().into()
    }
}

/// Cuts off the entry that only tells that there is more.
fn cut<T>(entries: &mut Vec<T>, stretch: &Stretch) -> bool {
    let size = usize::try_from(stretch.first - 1).unwrap_or(usize::MAX);
    let more = entries.len() > size;
    entries.truncate(size);
    more
}

fn edge<T: async_graphql::OutputType>(
    list: &'static str,
    place: Place,
    node: T,
) -> Edge<paging::Cursor<Place>, T, async_graphql::connection::EmptyFields> {
    Edge::new(paging::cursor(list, place), node)
}

/// One person, as all sources together know them: every field can say who said it.
#[Object(crate = "crate::graphql::quick")]
impl Profile {
    /// Global id: the one of its eldest source identity. An id that ever was a profile's finds it for ever, through
    /// `profile(by: { id })`.
    pub(super) async fn id(&self) -> ID {
        ids::id(Kind::Profile, self.stored.id)
    }

    /// What to call the person: the name, else a contact point; null if neither is known.
    async fn display_name(&self) -> Option<&str> {
        self.stored.display_name.as_deref()
    }

    /// The fields of the person, by key, each with its source and the values that lost. Null, or without those of some
    /// groups, where `withheld` says why.
    async fn traits(
        &self,
        #[graphql(desc = "Only the traits of these keys.")] keys: Option<Vec<String>>,
        #[graphql(desc = "Only the traits of these groups.")] groups: Option<Vec<TraitGroup>>,
    ) -> Result<Option<Vec<Trait<'_>>>> {
        if self.stored.admission.refused().is_some() {
            return Ok(None);
        }
        let wanted = self.stored.traits.iter().filter(|found| {
            keys.as_ref().is_none_or(|keys| keys.contains(&found.key))
                && groups.as_ref().is_none_or(|groups| groups.contains(&catalogue::group(&found.key).into()))
        });
        let masked = |key| self.stored.masked.as_ref().is_some_and(|masked| masked.traits.contains(key));
        wanted
            .map(|found| Trait::new(&self.sources, found, masked(&found.key)).map_err(top))
            .collect::<Result<_>>()
            .map(Some)
    }

    /// The values by which the person is recognised, by kind and value.
    async fn identifiers(&self, ctx: &Context<'_>) -> Result<Option<Vec<Identifier<'_>>>> {
        let Some(_) = self.admitted(ctx) else { return Ok(None) };
        let (identifiers, masked) = (self.stored.identifiers.iter(), self.stored.masked.is_some());
        identifiers
            .map(|found| Identifier::new(&self.sources, found, masked).map_err(top))
            .collect::<Result<_>>()
            .map(Some)
    }

    /// The segments that the person is in, by key, and since when: those that are made of data which may be seen. Under today's
    /// rules and grouping, also of a past moment.
    async fn segments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Also those that the person has left.", default = false)] ever: bool,
    ) -> Result<Option<Vec<SegmentStay>>> {
        let at = self.stored.as_of;
        let Some(stays) = self.stays(ctx, ever || at.is_some()).await? else { return Ok(None) };
        let counts = |stay: &&Stay| {
            at.is_none_or(|at| {
                stay.entered_at.is_none_or(|from| from <= at)
                    && (ever || stay.left_at.is_none_or(|to| to > at))
            })
        };
        let stays: Vec<Stay> = stays.iter().filter(counts).cloned().collect();
        let may = |group| self.stored.admitted(group).is_ok();
        SegmentStay::told(loaders(ctx), &stays, may).await.map(Some)
    }

    /// What the profile is made of, eldest first.
    async fn source_identities(&self, ctx: &Context<'_>) -> Result<Option<Arc<Vec<SourceIdentity>>>> {
        let Some(admitted) = self.admitted(ctx) else { return Ok(None) };
        match self.then() {
            Some(then) => then.members(ctx).await,
            None => loaders(ctx).members(admitted).await.map_err(top),
        }
        .map(Some)
    }

    /// Why its source identities are held to be one person, strongest evidence first.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn links(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
    ) -> Result<Option<Vec<Link>>> {
        let Some(admitted) = self.admitted(ctx) else { return Ok(None) };
        let first = paging::size(ctx, "first", first)?;
        let asked = ctx.look_ahead();
        let ends = asked.field("from").exists() || asked.field("to").exists();
        if let Some(then) = self.then() {
            return then.links(ctx, first, ends).await.map(Some);
        }
        let members = async { if ends { loaders(ctx).members(admitted).await } else { Ok(Arc::default()) } };
        let (links, members) = try_join(loaders(ctx).links(admitted, first), members).await.map_err(top)?;
        let linked = links.iter().map(|row| Link { row: row.clone(), members: Arc::clone(&members) });
        Ok(Some(linked.collect()))
    }

    /// Its orders of any type and status, newest first, undated ones last.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Result<Option<connection::Orders>> {
        let Some(admitted) = self.admitted(ctx) else { return Ok(None) };
        let stretch = self.stretch(ctx, ORDERS, first, after.as_deref())?;
        let mut orders = match self.then() {
            Some(then) => then.orders(ctx, &stretch).await?,
            None => loaders(ctx).orders(admitted, stretch.clone()).await.map_err(top)?,
        };
        let more = cut(&mut orders, &stretch);
        let count = OrderCount { total_count: self.order_count() };
        let mut page = connection::Orders::with_additional_fields(stretch.after.is_some(), more, count);
        page.edges.extend(orders.into_iter().map(|order| edge(ORDERS, order.place(), order)));
        Ok(Some(page))
    }

    /// Everything that happened, events and orders in one, newest first, undated orders last.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Result<Option<connection::Timeline>> {
        let Some(admitted) = self.admitted(ctx) else { return Ok(None) };
        let stretch = self.stretch(ctx, TIMELINE, first, after.as_deref())?;
        let mut entries = match self.then() {
            Some(then) => then.timeline(ctx, &stretch).await?,
            None => loaders(ctx).timeline(admitted, stretch.clone()).await.map_err(top)?,
        };
        let more = cut(&mut entries, &stretch);
        let mut page = connection::Timeline::new(stretch.after.is_some(), more);
        page.edges.extend(entries.into_iter().map(|entry| edge(TIMELINE, entry.place(), entry)));
        Ok(Some(page))
    }

    /// The person's visits to sites and apps, newest first: those that the newest 2,000 events come to.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Result<Option<connection::Sessions>> {
        let Some(admitted) = self.admitted(ctx) else { return Ok(None) };
        let size = usize::try_from(paging::size(ctx, "first", first)?).unwrap_or(usize::MAX);
        let after: Option<chrono::DateTime<Utc>> = paging::place("after", SESSIONS, after.as_deref())?;
        let all = match self.then() {
            Some(then) => then.sessions(ctx).await?,
            None => loaders(ctx).sessions(admitted).await.map_err(top)?,
        };
        let begun = all.iter().filter(|session| after.is_none_or(|after| session.started_at < after));
        let mut sessions: Vec<_> = begun.take(size.saturating_add(1)).cloned().collect();
        let more = sessions.len() > size;
        sessions.truncate(size);
        let mut page = connection::Sessions::new(after.is_some(), more);
        page.edges.extend(
            sessions.into_iter().map(|session| {
                Edge::new(paging::cursor(SESSIONS, session.started_at), Session::from(session))
            }),
        );
        Ok(Some(page))
    }

    /// What the person cares about, most first: by the properties `topics`, `content_topics`, `category` and `categories` of the
    /// newest 2,000 events of the last 8 half-lives, and of the products in them. Tells of visits, too, and so is data of the groups
    /// `DESCRIPTIVE` and `QUANTITATIVE`.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn interests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "After so many days an event weighs half as much; 1 to 365.", default = 30)]
        half_life_days: i32,
    ) -> Result<Option<Vec<Interest>>> {
        let Some(admitted) = self.admitted(ctx) else { return Ok(None) };
        if !HALF_LIVES.contains(&half_life_days) {
            return Err(bad_input("halfLifeDays: expected 1 to 365"));
        }
        let half_life = TimeDelta::days(half_life_days.into());
        let first = usize::try_from(paging::size(ctx, "first", first)?).unwrap_or(usize::MAX);
        let all = match self.then() {
            Some(then) => then.interests(ctx, half_life).await?,
            None => loaders(ctx).interests(admitted, half_life).await.map_err(top)?,
        };
        Ok(Some(all.iter().take(first).cloned().map(Interest::from).collect()))
    }

    /// The risk that the person buys nothing within a horizon, and why; null for a profile of the past. Not for keys of the role
    /// `FRONTEND`.
    async fn churn_risk(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "In whole days, at most 1,825; unless given what the model in force was learned for."
        )]
        horizon: Option<SegmentDuration>,
    ) -> Result<Option<ChurnPrediction>> {
        let Some(bought) = self.bought(ctx).await? else { return Ok(None) };
        ChurnPrediction::of(ctx, &self.stored, &bought, horizon).await.map(Some)
    }

    /// What the person has paid, and is expected to pay within a horizon, and why; null for a profile of the past. Not for keys
    /// of the role `FRONTEND`.
    async fn lifetime_value(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In whole days, at most 1,825; a year unless given.")] horizon: Option<
            SegmentDuration,
        >,
    ) -> Result<Option<ValuePrediction>> {
        let Some(bought) = self.bought(ctx).await? else { return Ok(None) };
        ValuePrediction::of(ctx, &self.stored, &bought, horizon).await.map(Some)
    }

    /// What to do for the person now, what else could be done, and what not and why; null for a profile of the past. Each question is
    /// a decision of its own, which is kept with all that it followed from, so ask when somebody is about to act. Not for keys of the role
    /// `FRONTEND`.
    #[graphql(complexity = "child_complexity + DECIDED")]
    async fn next_best_actions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Actions of this channel alone; all actions unless given.")] channel: Option<
            Channel,
        >,
        #[graphql(desc = "At most so many alternatives; 0..maximum page size, 20 unless given.")]
        first: Option<i32>,
    ) -> Result<Option<NextBestActions>> {
        access::check(ctx, "ActionDecision")?;
        let first = usize::try_from(paging::size(ctx, "first", first)?).unwrap_or(usize::MAX);
        let Some(admitted) = self.admitted(ctx).filter(|_| self.stored.as_of.is_none()) else {
            return Ok(None);
        };
        let asked = loaders(ctx).next_best(admitted, channel.map(Into::into)).await.map_err(top)?;
        Ok(asked.map(|asked| NextBestActions { asked, first }))
    }

    /// Which personas the person is nearest to, and why; null for a profile of the past. Nothing of it is stored. Not for keys
    /// of the role `FRONTEND`.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn personas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
    ) -> Result<Option<PersonaMatches>> {
        access::check(ctx, "Segment")?;
        let Some(admitted) = self.admitted(ctx).filter(|_| self.stored.as_of.is_none()) else {
            return Ok(None);
        };
        let first = usize::try_from(paging::size(ctx, "first", first)?).unwrap_or(usize::MAX);
        let Some(found) = loaders(ctx).personas(admitted).await.map_err(top)? else { return Ok(None) };
        let may = |group| self.stored.admitted(group).is_ok();
        Ok(Some(PersonaMatches::told(&found, first, may)))
    }

    /// How likely the person, who has bought nothing yet, is to buy within 30 days, and why: `NOT_APPLICABLE` for customers. Null for a profile of
    /// the past. Not for keys of the role `FRONTEND`.
    async fn lead_score(&self, ctx: &Context<'_>) -> Result<Option<ScorePrediction>> {
        let Some(story) = self.story(ctx).await? else { return Ok(None) };
        let answer = loaders(ctx).profiles.lead_score(&story, &self.stored.said).await.map_err(top)?;
        Ok(Some(answer.into()))
    }

    /// How likely the person is to buy a product, or something of a category, within 30 days, and why; `LOW_DATA` for a category that
    /// nobody has bought anything of in a year. Null for a profile of the past. Not for keys of the role `FRONTEND`.
    async fn propensity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The product; this or a category.")] product: Option<ID>,
        #[graphql(desc = "The name of the category, in any case; this or a product.")] category: Option<
            String,
        >,
    ) -> Result<Option<ScorePrediction>> {
        access::check(ctx, "Segment")?;
        let thing = match (product, category) {
            (Some(id), None) => {
                let key = ids::expect("product", &id, &[Kind::Product])?;
                let known = loaders(ctx).product(key).await.map_err(top)?;
                known
                    .map(|_| Thing::Product(key))
                    .ok_or_else(|| bad_input("product: there is no such product"))?
            }
            (None, Some(name)) => Thing::category(&name)
                .ok_or_else(|| bad_input("category: expected a name of 1 to 100 characters"))?,
            _ => return Err(bad_input("propensity: expected a product or a category, and not both")),
        };
        let Some(story) = self.story(ctx).await? else { return Ok(None) };
        let answer =
            loaders(ctx).profiles.propensity(&story, &self.stored.said, &thing).await.map_err(top)?;
        Ok(Some(answer.into()))
    }

    /// The products that the person is most interested in, and why: products that are in stock, by the newest model of recommendations
    /// in force and all that the person has bought up to now, less what came back. Null for a profile of the past. Not for keys of the
    /// role `FRONTEND`.
    #[graphql(complexity = "points(Some(first), child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn recommendations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 50.", default = 10)] first: i32,
        #[graphql(
            desc = "New ones, those to buy again, or either.",
            default_with = "RecommendationPurpose::All"
        )]
        purpose: RecommendationPurpose,
        #[graphql(desc = "Only products of this category, in any case of letters.")] category: Option<String>,
        #[graphql(
            desc = "The key of a segment: what is popular among those in it stands for what is popular among all; where fewer                     than 50 of them have bought anything, all customers stay. Of more than 1,000, as many are looked at."
        )]
        segment: Option<String>,
        #[graphql(
            desc = "How much it counts that products differ, 0 (not at all) to 1: maximal marginal relevance (Carbonell &                     Goldstein 1998) by the cosine of products.",
            default = 0.1
        )]
        diversity: f64,
        #[graphql(
            desc = "For so many days after it was bought a product is not recommended again, 0 to 3,650.",
            default = 0
        )]
        rest_days: i32,
    ) -> Result<Option<Recommendations>> {
        access::check(ctx, "Segment")?;
        let Some(admitted) = self.admitted(ctx).filter(|_| self.stored.as_of.is_none()) else {
            return Ok(None);
        };
        let bought = loaders(ctx).bought(admitted).await.map_err(top)?;
        let wanted = Wanted { first, purpose, category, segment, diversity, rest_days };
        Recommendations::of(ctx, &self.stored, bought, wanted).await.map(Some)
    }

    /// The stage of the lifecycle that the person is in; null where it is none, and where it is made of data that may not be
    /// seen. Under today's rules and grouping, also of a past moment.
    async fn stage(&self, ctx: &Context<'_>) -> Result<Option<CurrentStage>> {
        let passages = self.passages(ctx).await?;
        Ok(passages.and_then(|mut passages| passages.pop()).and_then(CurrentStage::of))
    }

    /// The stages of the lifecycle that the person has passed, oldest first, the present one last; null where they are made of
    /// data that may not be seen.
    async fn stages(&self, ctx: &Context<'_>) -> Result<Option<Vec<StagePassage>>> {
        self.passages(ctx).await
    }

    /// The companies that the person belongs to, by name.
    async fn companies(&self, ctx: &Context<'_>) -> Result<Option<Arc<Vec<Company>>>> {
        let Some(admitted) = self.admitted(ctx) else { return Ok(None) };
        match self.then() {
            Some(then) => then.companies(ctx).await,
            None => loaders(ctx).companies(admitted).await.map_err(top),
        }
        .map(Some)
    }

    /// The companies that the person belongs to, as all sources together know them, by id: of a profile of the past,
    /// what the companies of then are part of today. Not for keys of the role `FRONTEND`.
    async fn accounts(&self, ctx: &Context<'_>) -> Result<Option<Vec<Account>>> {
        access::check(ctx, "Account")?;
        let Some(admitted) = self.admitted(ctx) else { return Ok(None) };
        let ids = match self.then() {
            Some(then) => then.accounts(ctx).await?,
            None => loaders(ctx).accounts_of(admitted).await.map_err(top)?,
        };
        account::all(ctx, &ids).await.map(Some)
    }

    /// Who shares family name and address with the person, by today's profiles; null where either is missing, where the
    /// person is deleted at every source, and for a profile of the past. Not for keys of the role `FRONTEND`.
    async fn household(&self, ctx: &Context<'_>) -> Result<Option<Household>> {
        access::check(ctx, "Household")?;
        let Some(id) = self.stored.household else { return Ok(None) };
        Ok(loaders(ctx).household(id).await.map_err(top)?.map(Household))
    }

    /// The deals that concern the person, newest first.
    async fn deals(&self, ctx: &Context<'_>) -> Result<Option<Arc<Vec<Deal>>>> {
        let Some(admitted) = self.admitted(ctx) else { return Ok(None) };
        match self.then() {
            Some(then) => then.deals(ctx).await,
            None => loaders(ctx).deals(admitted).await.map_err(top),
        }
        .map(Some)
    }

    /// What people decided about its source identities, newest first, what was taken back included. Not for keys of the
    /// role `FRONTEND`.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn decisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
    ) -> Result<Option<Arc<Vec<Decision>>>> {
        access::check(ctx, "Decision")?;
        let Some(admitted) = self.admitted(ctx) else { return Ok(None) };
        let first = paging::size(ctx, "first", first)?;
        match self.then() {
            Some(then) => then.decisions(ctx, first).await,
            None => loaders(ctx).decisions(admitted, first).await.map_err(top),
        }
        .map(Some)
    }

    /// How it came to be what it is: merges, splits and changes of its traits, newest first, by the times of the sources
    /// and of decisions and under today's rules. Of a profile of the past, until then. Not for keys of the role
    /// `FRONTEND`.
    #[graphql(complexity = "points(first, child_complexity) + PAST")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Result<Option<connection::History>> {
        access::check(ctx, "Decision")?;
        let Some(admitted) = self.admitted(ctx) else { return Ok(None) };
        history::page(ctx, &self.stored, admitted, first, after.as_deref()).await.map(Some)
    }

    /// Whether the person's data may be used, for every purpose, and for one with a channel at every address or number,
    /// by purpose and contact point. Not for keys of the role `FRONTEND`.
    #[graphql(complexity = "points(None, child_complexity)")]
    async fn consents(&self, ctx: &Context<'_>) -> Result<Vec<Consent>> {
        access::check(ctx, "purposes")?;
        allowed::consents(ctx, &self.stored, &self.sources).await
    }

    /// Whether the person's data may be used for a purpose. Not for keys of the role `FRONTEND`.
    async fn consent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key of the purpose.")] purpose: String,
        #[graphql(
            desc = "For a purpose with a channel: at which address or number. The one that the trait `email` or \
                          `phone` shows unless given."
        )]
        contact_point: Option<ContactPointInput>,
        #[graphql(
            desc = "As it was at this past instant, for those who are this person now; the present unless given."
        )]
        as_of: Option<DateTime>,
    ) -> Result<ConsentDecision> {
        access::check(ctx, "purposes")?;
        let point = contact_point.map(ContactPointInput::read);
        allowed::consent(ctx, &self.stored, &self.sources, &purpose, point, as_of.map(|at| at.0)).await
    }

    /// Everything that was ever said about the use of the person's data, with its proof, newest first, undated last. Not
    /// for keys of the role `FRONTEND`.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn consent_history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
    ) -> Result<Option<Vec<ConsentRecord>>> {
        access::check(ctx, "purposes")?;
        let Some(_) = self.admitted(ctx) else { return Ok(None) };
        let first = usize::try_from(paging::size(ctx, "first", first)?).unwrap_or(usize::MAX);
        allowed::history(ctx, &self.stored, first).await.map(Some)
    }

    /// What is null, or lacks something, because the person's data may not be used for the purpose of the key: each role
    /// reads for one (`ANALYST` for `analytics`, `SALES` for `service`, `FRONTEND` for `personalisation`; `ADMIN` operates
    /// the system and sees everything).
    async fn withheld(&self, ctx: &Context<'_>) -> Result<Vec<WithheldField>> {
        let admission = &self.stored.admission;
        let since = admission.refused().and_then(|(_, since)| since);
        let mut all: Vec<WithheldField> = PARTS
            .chunk_by(|one, next| one.0 == next.0)
            .filter_map(|parts| {
                let why = parts.iter().find_map(|(_, group)| admission.to(*group).err())?;
                Some(WithheldField::whole(parts[0].0, why, since))
            })
            .collect();
        if let Some((refusal, since)) = admission.refused() {
            let more =
                ["traits", "createdAt"].map(|field| WithheldField::whole(field, refusal.into(), since));
            all.extend(more);
            return Ok(all);
        }
        if admission.to(Group::Quantitative).is_ok() {
            // Who may see stages may not see what these are made of.
            let lifecycle = loaders(ctx).profiles.lifecycle().await.map_err(top)?;
            let why = self.withheld_of_stages(ctx, &lifecycle).await?;
            let fields = why.iter().flat_map(|why| ["stage", "stages"].map(|field| (field, *why)));
            all.extend(fields.map(|(field, why)| WithheldField::whole(field, why, None)));
        }
        let parts = Group::ALL
            .into_iter()
            .filter_map(|group| Some(WithheldField::part("traits", group, admission.to(group).err()?)));
        all.extend(parts);
        Ok(all)
    }

    /// What the orders sum up to.
    async fn totals(&self, ctx: &Context<'_>) -> Option<Totals<'_>> {
        self.admitted(ctx).map(|_| Totals(Cow::Borrowed(&self.stored.totals)))
    }

    /// When the eldest source identity was created at its source; null where no source says.
    async fn created_at(&self) -> Option<DateTime> {
        self.stored.created_at.map(DateTime)
    }

    /// When the profile last changed here.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.stored.updated_at)
    }

    /// The earliest creation, event or order.
    async fn first_seen(&self) -> Option<DateTime> {
        self.stored.first_seen.map(DateTime)
    }

    /// The latest update, event or order.
    async fn last_seen(&self) -> Option<DateTime> {
        self.stored.last_seen.map(DateTime)
    }

    /// False once every source identity is deleted or archived at its source.
    async fn active(&self) -> bool {
        self.stored.active
    }

    /// True if a merge was refused because the profile would have become too large to be one person's.
    async fn limited(&self) -> bool {
        self.stored.limited
    }

    /// The past instant at which it is seen; null for the present.
    async fn as_of(&self) -> Option<DateTime> {
        self.stored.as_of.map(DateTime)
    }
}
