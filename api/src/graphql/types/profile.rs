//! One person, as all sources together know them.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::connection::Edge;
use async_graphql::{Context, ID, Object, Result};
use chrono::Utc;
use futures_util::future::try_join;
use profiles::Profiles;
use profiles::consent::{self, DefinedPurpose};
use profiles::sources::Sources;
use profiles::view::catalogue;
use profiles::view::read;
use profiles::view::timeline::{Place, Stretch};
use uuid::Uuid;

use super::account::{self, Account};
use super::company::Company;
use super::connection;
use super::consent::{Consent, ConsentDecision, ConsentRecord, ContactPoint, ContactPointInput, Purpose};
use super::deal::Deal;
use super::decision::Decision;
use super::history;
use super::household::Household;
use super::identity::{Identifier, Link, SourceIdentity};
use super::order::OrderCount;
use super::past::Then;
use super::totals::Totals;
use super::traits::{Trait, TraitGroup};
use crate::graphql::access;
use crate::graphql::error::{bad_input, top};
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::paging::{self, points};
use crate::graphql::query::PAST;
use crate::graphql::scalars::{Count, DateTime};

const ORDERS: &str = "orders";
const TIMELINE: &str = "timeline";

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

    /// The instant at which it is seen.
    fn instant(&self, ctx: &Context<'_>) -> chrono::DateTime<Utc> {
        self.stored.as_of.unwrap_or_else(|| loaders(ctx).profiles.now())
    }

    /// The ids of its source identities.
    async fn members(&self, ctx: &Context<'_>) -> Result<Vec<Uuid>> {
        match self.then() {
            Some(then) => Ok(then.past.ids()),
            None => Ok(loaders(ctx)
                .members(self.stored.id)
                .await
                .map_err(top)?
                .iter()
                .map(|one| one.key)
                .collect()),
        }
    }

    /// Its addresses or numbers.
    fn points(&self, channel: consent::Channel) -> impl Iterator<Item = consent::ContactPoint> {
        let kind = channel.contact_kind();
        let carried = self.stored.identifiers.iter().filter(move |one| one.kind == kind.as_str());
        carried.map(move |one| consent::ContactPoint { kind, value: one.value.clone() })
    }

    /// The address or number that it shows.
    fn shown(&self, channel: consent::Channel) -> Option<consent::ContactPoint> {
        let kind = channel.contact_kind();
        let shown = self.stored.traits.iter().find(|found| found.key == kind.as_str());
        let shown = shown.and_then(|found| found.value.as_str());
        shown
            .map(|value| consent::ContactPoint { kind, value: value.to_owned() })
            .or_else(|| self.points(channel).next())
    }

    fn decided(
        &self,
        ctx: &Context<'_>,
        purpose: &consent::Purpose,
        point: Option<&consent::ContactPoint>,
    ) -> Result<ConsentDecision> {
        let decision = consent::decide(purpose, &self.stored.said, point, self.instant(ctx));
        ConsentDecision::new(&self.sources, &self.stored.said, &decision).map_err(top)
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

    /// The fields of the person, by key, each with its source and the values that lost.
    async fn traits(
        &self,
        #[graphql(desc = "Only the traits of these keys.")] keys: Option<Vec<String>>,
        #[graphql(desc = "Only the traits of these groups.")] groups: Option<Vec<TraitGroup>>,
    ) -> Result<Vec<Trait<'_>>> {
        let wanted = self.stored.traits.iter().filter(|found| {
            keys.as_ref().is_none_or(|keys| keys.contains(&found.key))
                && groups.as_ref().is_none_or(|groups| groups.contains(&catalogue::group(&found.key).into()))
        });
        wanted.map(|found| Trait::new(&self.sources, found).map_err(top)).collect()
    }

    /// The values by which the person is recognised, by kind and value.
    async fn identifiers(&self) -> Result<Vec<Identifier<'_>>> {
        let identifiers = self.stored.identifiers.iter();
        identifiers.map(|found| Identifier::new(&self.sources, found).map_err(top)).collect()
    }

    /// What the profile is made of, eldest first.
    async fn source_identities(&self, ctx: &Context<'_>) -> Result<Arc<Vec<SourceIdentity>>> {
        match self.then() {
            Some(then) => then.members(ctx).await,
            None => loaders(ctx).members(self.stored.id).await.map_err(top),
        }
    }

    /// Why its source identities are held to be one person, strongest evidence first.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn links(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
    ) -> Result<Vec<Link>> {
        let first = paging::size(ctx, "first", first)?;
        let asked = ctx.look_ahead();
        let ends = asked.field("from").exists() || asked.field("to").exists();
        if let Some(then) = self.then() {
            return then.links(ctx, first, ends).await;
        }
        let members =
            async { if ends { loaders(ctx).members(self.stored.id).await } else { Ok(Arc::default()) } };
        let (links, members) =
            try_join(loaders(ctx).links(self.stored.id, first), members).await.map_err(top)?;
        Ok(links.iter().map(|row| Link { row: row.clone(), members: Arc::clone(&members) }).collect())
    }

    /// Its orders of any type and status, newest first, undated ones last.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Result<connection::Orders> {
        let stretch = self.stretch(ctx, ORDERS, first, after.as_deref())?;
        let mut orders = match self.then() {
            Some(then) => then.orders(ctx, &stretch).await?,
            None => loaders(ctx).orders(self.stored.id, stretch.clone()).await.map_err(top)?,
        };
        let more = cut(&mut orders, &stretch);
        let count = OrderCount { total_count: self.order_count() };
        let mut page = connection::Orders::with_additional_fields(stretch.after.is_some(), more, count);
        page.edges.extend(orders.into_iter().map(|order| edge(ORDERS, order.place(), order)));
        Ok(page)
    }

    /// Everything that happened, events and orders in one, newest first, undated orders last.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Result<connection::Timeline> {
        let stretch = self.stretch(ctx, TIMELINE, first, after.as_deref())?;
        let mut entries = match self.then() {
            Some(then) => then.timeline(ctx, &stretch).await?,
            None => loaders(ctx).timeline(self.stored.id, stretch.clone()).await.map_err(top)?,
        };
        let more = cut(&mut entries, &stretch);
        let mut page = connection::Timeline::new(stretch.after.is_some(), more);
        page.edges.extend(entries.into_iter().map(|entry| edge(TIMELINE, entry.place(), entry)));
        Ok(page)
    }

    /// The companies that the person belongs to, by name.
    async fn companies(&self, ctx: &Context<'_>) -> Result<Arc<Vec<Company>>> {
        match self.then() {
            Some(then) => then.companies(ctx).await,
            None => loaders(ctx).companies(self.stored.id).await.map_err(top),
        }
    }

    /// The companies that the person belongs to, as all sources together know them, by id: of a profile of the past,
    /// what the companies of then are part of today. Not for keys of the role `FRONTEND`.
    async fn accounts(&self, ctx: &Context<'_>) -> Result<Vec<Account>> {
        access::check(ctx, "Account")?;
        let ids = match self.then() {
            Some(then) => then.accounts(ctx).await?,
            None => loaders(ctx).accounts_of(self.stored.id).await.map_err(top)?,
        };
        account::all(ctx, &ids).await
    }

    /// Who shares family name and address with the person, by today's profiles; null where either is missing, where the
    /// person is deleted at every source, and for a profile of the past. Not for keys of the role `FRONTEND`.
    async fn household(&self, ctx: &Context<'_>) -> Result<Option<Household>> {
        access::check(ctx, "Household")?;
        let Some(id) = self.stored.household else { return Ok(None) };
        Ok(loaders(ctx).household(id).await.map_err(top)?.map(Household))
    }

    /// The deals that concern the person, newest first.
    async fn deals(&self, ctx: &Context<'_>) -> Result<Arc<Vec<Deal>>> {
        match self.then() {
            Some(then) => then.deals(ctx).await,
            None => loaders(ctx).deals(self.stored.id).await.map_err(top),
        }
    }

    /// What people decided about its source identities, newest first, what was taken back included. Not for keys of the
    /// role `FRONTEND`.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn decisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
    ) -> Result<Arc<Vec<Decision>>> {
        access::check(ctx, "Decision")?;
        let first = paging::size(ctx, "first", first)?;
        match self.then() {
            Some(then) => then.decisions(ctx, first).await,
            None => loaders(ctx).decisions(self.stored.id, first).await.map_err(top),
        }
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
    ) -> Result<connection::History> {
        access::check(ctx, "Decision")?;
        history::page(ctx, &self.stored, first, after.as_deref()).await
    }

    /// Whether the person's data may be used, for every purpose, and for one with a channel at every address or number,
    /// by purpose and contact point. Not for keys of the role `FRONTEND`.
    #[graphql(complexity = "points(None, child_complexity)")]
    async fn consents(&self, ctx: &Context<'_>) -> Result<Vec<Consent>> {
        access::check(ctx, "purposes")?;
        let purposes = loaders(ctx).profiles.purposes().await.map_err(top)?;
        let mut consents = Vec::new();
        for defined in purposes.values() {
            let points = match defined.purpose.channel {
                None => vec![None],
                Some(channel) => self.points(channel).map(Some).collect(),
            };
            for point in points {
                let decision = self.decided(ctx, &defined.purpose, point.as_ref())?;
                let contact_point = point.as_ref().map(ContactPoint::from);
                consents.push(Consent { purpose: Purpose(defined.clone()), contact_point, decision });
            }
        }
        Ok(consents)
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
        let profiles = &loaders(ctx).profiles;
        let purposes = profiles.purposes().await.map_err(top)?;
        let Some(DefinedPurpose { purpose, .. }) = purposes.get(&purpose) else {
            let known: Vec<&str> = purposes.keys().map(String::as_str).collect();
            return Err(bad_input(format!(
                "purpose: there is no purpose of that key; there are {}",
                known.join(", ")
            )));
        };
        let point = match contact_point {
            Some(input) => {
                let (kind, raw) = input.read();
                Some(profiles.contact_point(kind, &raw).map_err(top)?)
            }
            None => purpose.channel.and_then(|channel| self.shown(channel)),
        };
        match as_of {
            None => self.decided(ctx, purpose, point.as_ref()),
            Some(instant) if instant.0 > self.instant(ctx) => {
                Err(bad_input("asOf: this instant is in the future"))
            }
            Some(instant) => {
                let members: Vec<Uuid> = self.members(ctx).await?;
                let loaders = loaders(ctx);
                let all = profiles.consent_history(&loaders.reader, &members).await.map_err(top)?;
                let by_then = |statement: &consent::Statement| {
                    statement.stated_at.is_none_or(|stated| stated <= instant.0)
                };
                let said: Vec<_> = all.into_iter().map(|details| details.statement).filter(by_then).collect();
                let sources: Vec<Uuid> = said.iter().map(|statement| statement.source).collect();
                let sources = profiles.sources_with(&sources).await.map_err(top)?;
                let decision = consent::decide(purpose, &said, point.as_ref(), instant.0);
                ConsentDecision::new(&sources, &said, &decision).map_err(top)
            }
        }
    }

    /// Everything that was ever said about the use of the person's data, with its proof, newest first, undated last. Not
    /// for keys of the role `FRONTEND`.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn consent_history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
    ) -> Result<Vec<ConsentRecord>> {
        access::check(ctx, "purposes")?;
        let first = usize::try_from(paging::size(ctx, "first", first)?).unwrap_or(usize::MAX);
        let loaders = loaders(ctx);
        let members = self.members(ctx).await?;
        let mut all = loaders.profiles.consent_history(&loaders.reader, &members).await.map_err(top)?;
        let until = self.stored.as_of;
        all.retain(|details| {
            until.is_none_or(|until| details.statement.stated_at.is_none_or(|stated| stated <= until))
        });
        all.dedup_by(|next, kept| next.repeats(kept));
        all.truncate(first);
        let named: Vec<Uuid> = all.iter().map(|details| details.statement.source).collect();
        let sources = loaders.profiles.sources_with(&named).await.map_err(top)?;
        all.into_iter().map(|details| ConsentRecord::new(&sources, details).map_err(top)).collect()
    }

    /// What the orders sum up to.
    async fn totals(&self) -> Totals<'_> {
        Totals(Cow::Borrowed(&self.stored.totals))
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
