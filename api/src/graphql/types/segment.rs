//! Segments: who is meant, how many they are, and why somebody is among them.

use std::sync::Arc;

use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{Context, ID, Object, Result, SimpleObject};
use chrono::TimeDelta;
use profiles::audiences;
use profiles::view::catalogue::Group;
use uuid::Uuid;

use super::Profile;
use super::traits::TraitGroup;
use crate::graphql::error::{UserError, bad_input, top};
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::{Loaders, loaders};
use crate::graphql::paging::{self, points};
use crate::graphql::scalars::{Count, DateTime, Json, copy};

const LIST: &str = "members";
/// Of fewer people than these the number is not told to who reads for a purpose: it would tell of each of them.
const FEW: u64 = 10;
/// The most instants of which a size is asked at once.
const MOST_SIZES: i32 = 100;

/// The number of people, where it may be told.
pub(super) fn told(loaders: &Loaders, count: u64) -> Option<Count> {
    let few = loaders.reader.purpose.is_some() && count < FEW;
    (!few).then_some(Count(count))
}

/// A segment: people of whom a rule holds.
#[derive(Debug, Clone)]
pub(crate) struct Segment(pub(in crate::graphql) Arc<audiences::Segment>);

/// People of whom a rule holds. Membership follows what happens, and the passing of time, by itself.
#[Object(crate = "crate::graphql::quick")]
impl Segment {
    /// Global id.
    pub(super) async fn id(&self) -> ID {
        ids::id(Kind::Segment, &self.0.key)
    }

    /// Its short name: lower-case letters, digits, `-` and `_`.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// The rule, in the JSON form: an input of the type `SegmentCondition` as it stands.
    async fn rule(&self) -> Json {
        Json(copy(&self.0.rule.to_value()))
    }

    /// The rule, in words that can be given as a rule again.
    async fn text(&self) -> String {
        self.0.rule.to_string()
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

    /// The groups of data that it tells of somebody to say that they are in it. A key sees members where its purpose may
    /// use all of them.
    async fn groups(&self, ctx: &Context<'_>) -> Result<Vec<TraitGroup>> {
        let groups = groups(loaders(ctx), &self.0.key).await?;
        Ok(groups.into_iter().map(TraitGroup::from).collect())
    }

    /// How many are in it now, whatever they allow. Null for who reads for a purpose where they are less than 10.
    async fn size(&self, ctx: &Context<'_>) -> Result<Option<Count>> {
        let loaders = loaders(ctx);
        Ok(told(loaders, self.audience(loaders).await?.size))
    }

    /// Whether everybody has been asked since it was defined. Until then members of the definition before may be among
    /// them, and some may be missing.
    async fn complete(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.audience(loaders(ctx)).await?.complete)
    }

    /// How many were in it at instants that lie evenly between two, both included: by what is known today.
    async fn size_history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first instant.")] from: DateTime,
        #[graphql(desc = "The last instant.")] to: DateTime,
        #[graphql(desc = "How many instants, 2 to 100.", default = 30)] points: i32,
    ) -> Result<Vec<SegmentSize>> {
        if !(2..=MOST_SIZES).contains(&points) {
            return Err(bad_input(format!("points: expected 2 to {MOST_SIZES}")));
        }
        if to.0 <= from.0 {
            return Err(bad_input("to: expected an instant after `from`"));
        }
        let step = (to.0 - from.0).num_microseconds().unwrap_or(i64::MAX) / i64::from(points - 1);
        let last = points - 1;
        let instant = |place| {
            if place == last { to.0 } else { from.0 + TimeDelta::microseconds(step * i64::from(place)) }
        };
        let instants: Vec<_> = (0..points).map(instant).collect();
        let loaders = loaders(ctx);
        let sizes = loaders.profiles.sizes(&self.0.key, &instants).await.map_err(top)?;
        let sizes = instants.into_iter().zip(sizes);
        Ok(sizes.map(|(at, size)| SegmentSize { at: DateTime(at), size: told(loaders, size) }).collect())
    }

    /// A page of its members, by id. Who refuses the purpose of the key is not among them.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Result<SegmentMembers> {
        let size = paging::size(ctx, "first", first)?;
        let after: Option<Uuid> = paging::place("after", LIST, after.as_deref())?;
        let loaders = loaders(ctx);
        let (profiles, key) = (&loaders.profiles, &self.0.key);
        let mut found = profiles.segment_members(&loaders.reader, key, size + 1, after).await.map_err(top)?;
        let more = found.len() as u64 > size;
        found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let mut page = SegmentMembers::new(after.is_some(), more);
        for (profile, stay) in found {
            let cursor = paging::cursor(LIST, profile.id);
            let profile = Profile::new(profiles, profile).await.map_err(top)?;
            let entered_at = stay.entered_at.map(DateTime);
            page.edges.push(Edge::new(cursor, SegmentMember { profile, entered_at }));
        }
        Ok(page)
    }

    /// How much it has in common with another segment.
    async fn overlap(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key of the other segment.")] with: String,
    ) -> Result<SegmentOverlap> {
        let loaders = loaders(ctx);
        if loaders.profiles.segment(&with).await.map_err(top)?.is_none() {
            return Err(bad_input(format!("with: there is no segment `{with}`")));
        }
        let found = loaders.profiles.overlap(&self.0.key, &with).await.map_err(top)?;
        // One number that is not told could be counted from the others.
        let all = [found.only_this, found.only_other, found.both].map(|count| told(loaders, count));
        let [only_this, only_other, both] = if all.iter().all(Option::is_some) { all } else { [None; 3] };
        Ok(SegmentOverlap { only_this, only_other, both })
    }
}

impl Segment {
    async fn audience(&self, loaders: &Loaders) -> Result<audiences::Audience> {
        let found = loaders.audience(self.0.key.clone()).await.map_err(top)?;
        found.ok_or_else(|| bad_input("this segment is gone"))
    }
}

/// What it tells of somebody to say that they are in a segment.
async fn groups(loaders: &Loaders, key: &str) -> Result<Vec<Group>> {
    let found = loaders.profiles.segment_groups(&[key.to_owned()]).await.map_err(top)?;
    Ok(found.into_values().flatten().collect())
}

/// One page of the members of a segment, by id.
pub(in crate::graphql) type SegmentMembers = Connection<paging::Cursor<Uuid>, SegmentMember>;
pub(in crate::graphql) type SegmentMemberEdge = Edge<paging::Cursor<Uuid>, SegmentMember, EmptyFields>;

/// A member of a segment.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct SegmentMember {
    /// Who.
    profile: Profile,
    /// Since when; null where nothing of the person has a date.
    entered_at: Option<DateTime>,
}

/// How many were in a segment at an instant.
#[derive(Debug, SimpleObject)]
pub(crate) struct SegmentSize {
    /// The instant.
    at: DateTime,
    /// How many. Null for who reads for a purpose where they are less than 10.
    size: Option<Count>,
}

/// How much two segments have in common. All are null for who reads for a purpose where one is less than 10.
#[derive(Debug, SimpleObject)]
pub(crate) struct SegmentOverlap {
    /// How many are in this one alone.
    only_this: Option<Count>,
    /// How many are in the other alone.
    only_other: Option<Count>,
    /// How many are in both.
    both: Option<Count>,
}

/// A stay of somebody in a segment.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct SegmentStay {
    /// The segment.
    segment: Segment,
    /// When it began; null where nothing of the person has a date.
    entered_at: Option<DateTime>,
    /// When it ended; null where it has not.
    left_at: Option<DateTime>,
}

impl SegmentStay {
    /// The stays that may be told to a reader who may see data of these groups.
    pub(super) async fn told(
        loaders: &Loaders,
        stays: &[audiences::Stay],
        may_see: impl Fn(Group) -> bool,
    ) -> Result<Vec<Self>> {
        let keys: Vec<String> = stays.iter().map(|stay| stay.segment.clone()).collect();
        let groups = loaders.profiles.segment_groups(&keys).await.map_err(top)?;
        let mut told = Vec::new();
        for stay in stays {
            let may =
                groups.get(&stay.segment).is_some_and(|groups| groups.iter().all(|group| may_see(*group)));
            let segment = loaders.profiles.segment(&stay.segment).await.map_err(top)?;
            if let (true, Some(segment)) = (may, segment) {
                told.push(Self {
                    segment: Segment(segment),
                    entered_at: stay.entered_at.map(DateTime),
                    left_at: stay.left_at.map(DateTime),
                });
            }
        }
        Ok(told)
    }
}

/// What a rule would come to if it were a segment.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct SegmentPreview {
    /// How many it would hold of; where not everybody was asked, an estimate.
    pub(in crate::graphql) size: Option<Count>,
    /// How many profiles there are.
    pub(in crate::graphql) of: Count,
    /// How many were asked: all of them, or of many so many spread evenly.
    pub(in crate::graphql) asked: Count,
    /// Some of those it would hold of.
    pub(in crate::graphql) sample: Vec<Profile>,
    /// How many of them could be reached for each purpose that has a channel: who allows it.
    pub(in crate::graphql) estimated_reach: Vec<SegmentReach>,
}

/// A rule that was to be tried.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct PreviewSegmentPayload {
    /// What it would come to.
    pub(in crate::graphql) preview: Option<SegmentPreview>,
    /// Why it was not tried.
    pub(in crate::graphql) errors: Vec<UserError>,
}

/// How many people could be reached.
#[derive(Debug, SimpleObject)]
pub(crate) struct SegmentReach {
    /// The key of the purpose.
    purpose: String,
    /// How many allow it. Null for who reads for a purpose where they are less than 10.
    people: Option<Count>,
}

impl SegmentPreview {
    pub(in crate::graphql) async fn new(loaders: &Loaders, found: audiences::Preview) -> Result<Self> {
        let mut sample = Vec::with_capacity(found.sample.len());
        for profile in found.sample {
            sample.push(Profile::new(&loaders.profiles, profile).await.map_err(top)?);
        }

        Ok(Self {
            size: told(loaders, found.size),
            of: Count(found.of),
            asked: Count(found.asked),
            sample,
            estimated_reach: found
                .reach
                .into_iter()
                .map(|(purpose, people)| SegmentReach { purpose, people: told(loaders, people) })
                .collect(),
        })
    }
}

/// Why somebody is in a segment at an instant, or is not.
#[derive(Debug, Clone)]
pub(crate) struct SegmentExplanation(pub(in crate::graphql) audiences::Explained);

/// Why somebody is in a segment at an instant, or is not.
#[Object]
impl SegmentExplanation {
    /// The instant that was asked about.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// Whether the person is in it.
    async fn holds(&self) -> bool {
        self.0.explanation.holds
    }

    /// When that changes by itself; null for never.
    async fn next(&self) -> Option<DateTime> {
        self.0.explanation.next.map(DateTime)
    }

    /// Every condition of the rule in the order of the rule, each before those that it is made of.
    async fn conditions(&self) -> Vec<ExplainedCondition> {
        let mut all = Vec::new();
        flatten(&self.0.explanation.condition, 0, &mut all);
        all
    }

    /// Where the person is not in it: the paths of a smallest set of conditions that would have to turn. Null where the
    /// person is in it, and where no condition could bring the person in.
    async fn missing(&self) -> Option<Vec<String>> {
        self.0.explanation.missing.as_ref().and_then(|missing| missing.conditions.clone())
    }
}

fn flatten(node: &segments::Node, depth: i32, all: &mut Vec<ExplainedCondition>) {
    all.push(ExplainedCondition {
        path: node.path.clone(),
        depth,
        kind: node.kind,
        text: node.text.clone(),
        holds: node.holds,
        met: node.met.clone(),
        next: node.next.map(DateTime),
    });
    node.conditions.iter().for_each(|node| flatten(node, depth + 1, all));
}

/// A condition of a rule, with its answer.
#[derive(Debug, SimpleObject)]
pub(crate) struct ExplainedCondition {
    /// Where it is in the rule: `all[1].not`.
    path: String,
    /// How deep it lies; 0 for the whole rule.
    depth: i32,
    /// What it is: `all`, `trait`, `did`, …
    kind: &'static str,
    /// The condition in words; of `all` and `any` the word that joins what they are made of.
    text: String,
    /// Whether it holds.
    holds: bool,
    /// What it met; null for what is made of others.
    met: Option<String>,
    /// When its answer changes by itself; null for never.
    next: Option<DateTime>,
}

/// A rule to begin with.
#[derive(Debug, SimpleObject)]
pub(crate) struct SegmentTemplate {
    /// A short name.
    key: &'static str,
    /// What to call it.
    title: &'static str,
    /// Whom it means.
    description: &'static str,
    /// The rule, in words, with numbers to be changed.
    text: &'static str,
}

impl From<&'static segments::Template> for SegmentTemplate {
    fn from(template: &'static segments::Template) -> Self {
        let segments::Template { key, title, description, text } = template;
        Self { key, title, description, text }
    }
}

/// Somebody entered a segment, or left it.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct SegmentChange {
    /// The segment.
    pub(in crate::graphql) segment: Segment,
    /// True for entered, false for left.
    pub(in crate::graphql) entered: bool,
    /// When it came to be so.
    pub(in crate::graphql) at: DateTime,
    /// Who; null where the person has been merged into another since.
    pub(in crate::graphql) profile: Option<Profile>,
}
