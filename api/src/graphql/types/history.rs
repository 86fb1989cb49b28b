//! How a profile came to be what it is.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_graphql::connection::Edge;
use async_graphql::{Context, ID, Interface, Object, Result, SimpleObject};
use profiles::consent::Admitted;
use profiles::past::{Cause, Entry, What};
use profiles::sources::Sources;
use profiles::view::{catalogue, document, read};
use uuid::Uuid;

use super::connection;
use super::decision::Decision;
use super::identity::{Link, SourceIdentity};
use super::source::Source;
use super::traits::TraitGroup;
use crate::graphql::error::top;
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::paging;
use crate::graphql::scalars::{DateTime, JsonRef};

const HISTORY: &str = "history";

/// Something that happened to a profile.
#[derive(Debug, Interface)]
#[graphql(field(name = "at", ty = "DateTime", desc = "When, by the times of the sources and of decisions."))]
pub(crate) enum HistoryEntry {
    ProfileMerge(ProfileMerge),
    ProfileSplit(ProfileSplit),
    TraitChange(TraitChange),
}

/// What a history says beside its page.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct HistoryExtent {
    /// True if the facts changed at more than 500 instants: what came before is left out.
    truncated: bool,
}

/// Why people came together, or apart.
#[derive(Debug)]
pub(crate) struct Why {
    decision: Option<Decision>,
    link: Option<Link>,
    changed: Vec<SourceIdentity>,
}

fn profile_ids(ids: &[Uuid]) -> Vec<ID> {
    ids.iter().map(|id| ids::id(Kind::Profile, id)).collect()
}

/// Profiles came together.
#[derive(Debug)]
pub(crate) struct ProfileMerge {
    at: DateTime,
    into: Uuid,
    profiles: Vec<Uuid>,
    why: Why,
}

/// Profiles, or source identities that were new, came together.
#[Object(crate = "crate::graphql::quick")]
impl ProfileMerge {
    /// When.
    pub(super) async fn at(&self) -> DateTime {
        self.at
    }

    /// The id of the profile that they became.
    async fn into(&self) -> ID {
        ids::id(Kind::Profile, self.into)
    }

    /// The ids of the profiles that came together. Whoever was new is named by the id that they would have had alone.
    async fn profiles(&self) -> Vec<ID> {
        profile_ids(&self.profiles)
    }

    /// The decision that brought them together, or that took back the one that kept them apart; null if the facts did.
    async fn decision(&self) -> Option<&Decision> {
        self.why.decision.as_ref()
    }

    /// The strongest link between them; null if a decision brought them together.
    async fn link(&self) -> Option<&Link> {
        self.why.link.as_ref()
    }

    /// The source identities whose records changed, or came to be, at that instant; at most 20.
    async fn changed(&self) -> &[SourceIdentity] {
        &self.why.changed
    }
}

/// A profile came apart.
#[derive(Debug)]
pub(crate) struct ProfileSplit {
    at: DateTime,
    from: Uuid,
    into: Vec<Uuid>,
    why: Why,
}

/// A profile came apart.
#[Object(crate = "crate::graphql::quick")]
impl ProfileSplit {
    /// When.
    pub(super) async fn at(&self) -> DateTime {
        self.at
    }

    /// The id of the profile that came apart.
    async fn from(&self) -> ID {
        ids::id(Kind::Profile, self.from)
    }

    /// The ids of the profiles that it became.
    async fn into(&self) -> Vec<ID> {
        profile_ids(&self.into)
    }

    /// The decision that parted them, or that took back the one that held them together; null if the facts did.
    async fn decision(&self) -> Option<&Decision> {
        self.why.decision.as_ref()
    }

    /// The source identities whose records changed, or came to be, at that instant; at most 20. Without a decision it
    /// is these that parted them.
    async fn changed(&self) -> &[SourceIdentity] {
        &self.why.changed
    }
}

/// A trait got another value.
#[derive(Debug)]
pub(crate) struct TraitChange {
    at: DateTime,
    key: String,
    before: Option<Box<document::Trait>>,
    after: Option<Box<document::Trait>>,
    source: Option<Source>,
}

/// A trait of the profile got another value.
#[Object(crate = "crate::graphql::quick")]
impl TraitChange {
    /// When.
    pub(super) async fn at(&self) -> DateTime {
        self.at
    }

    /// The key of the trait.
    async fn key(&self) -> &str {
        &self.key
    }

    /// The group of the trait.
    async fn group(&self) -> TraitGroup {
        catalogue::group(&self.key).into()
    }

    /// The value before; null if there was none.
    async fn before(&self) -> Option<JsonRef<'_>> {
        self.before.as_ref().map(|found| JsonRef(&found.value))
    }

    /// The value from then on; null if there is none.
    async fn after(&self) -> Option<JsonRef<'_>> {
        self.after.as_ref().map(|found| JsonRef(&found.value))
    }

    /// The source whose value it is from then on.
    async fn source(&self) -> Option<&Source> {
        self.source.as_ref()
    }

    /// Since when that source has carried the value; null where it does not date its objects.
    async fn since(&self) -> Option<DateTime> {
        self.after.as_ref()?.winner.at.map(DateTime)
    }
}

/// A page of the history of a profile.
pub(super) async fn page(
    ctx: &Context<'_>,
    profile: &read::Profile,
    admitted: Admitted,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<connection::History> {
    let loaders = loaders(ctx);
    let after = paging::place("after", HISTORY, after)?;
    let first = usize::try_from(paging::size(ctx, "first", first)?).unwrap_or(usize::MAX);
    let found =
        loaders.profiles.history(&loaders.reader, profile, admitted, first, after).await.map_err(top)?;
    let known = Known::load(ctx, &found.entries).await?;
    let extent = HistoryExtent { truncated: found.truncated };
    let mut page = connection::History::with_additional_fields(after.is_some(), found.more, extent);
    for entry in found.entries {
        let place = entry.place;
        let node = known.entry(entry).map_err(top)?;
        page.edges.push(Edge::new(paging::cursor(HISTORY, place), node));
    }
    Ok(page)
}

/// Whom the entries of a page name.
struct Known {
    sources: Sources,
    people: HashMap<Uuid, SourceIdentity>,
}

impl Known {
    async fn load(ctx: &Context<'_>, entries: &[Entry]) -> Result<Self> {
        let mut people: BTreeSet<Uuid> = BTreeSet::new();
        let mut named: Vec<Uuid> = Vec::new();
        for entry in entries {
            match &entry.what {
                What::Merge { cause, .. } | What::Split { cause, .. } => {
                    people.extend(&cause.changed);
                    people.extend(cause.link.iter().flat_map(|link| [link.a, link.b]));
                }
                What::Trait { after, .. } => named.extend(after.iter().map(|after| after.winner.source)),
            }
        }
        let loaders = loaders(ctx);
        let people: Vec<Uuid> = people.into_iter().collect();
        let rows = loaders.profiles.identities_by_id(&loaders.reader, &people).await.map_err(top)?;
        named.extend(rows.values().map(|row| row.source_id));
        let sources = loaders.profiles.sources_with(&named).await.map_err(top)?;
        let people: profiles::Result<_> =
            rows.into_iter().map(|(id, row)| Ok((id, SourceIdentity::new(&sources, row)?))).collect();
        Ok(Self { people: people.map_err(top)?, sources })
    }

    fn why(&self, cause: Cause) -> Why {
        let known =
            |ids: &[Uuid]| ids.iter().filter_map(|id| self.people.get(id).cloned()).collect::<Vec<_>>();
        let link = cause.link.map(|row| Link { members: Arc::new(known(&[row.a, row.b])), row });
        let decision = cause.decision.map(|found| Decision(Arc::new(found)));
        Why { decision, link, changed: known(&cause.changed) }
    }

    fn entry(&self, entry: Entry) -> profiles::Result<HistoryEntry> {
        let at = DateTime(entry.place.at);
        Ok(match entry.what {
            What::Merge { into, profiles, cause } => {
                HistoryEntry::ProfileMerge(ProfileMerge { at, into, profiles, why: self.why(cause) })
            }
            What::Split { from, into, cause } => {
                HistoryEntry::ProfileSplit(ProfileSplit { at, from, into, why: self.why(cause) })
            }
            What::Trait { key, before, after } => {
                let source = after.as_ref().map(|after| Source::of(&self.sources, after.winner.source));
                let source = source.transpose()?;
                let (before, after) = (before.map(Box::new), after.map(Box::new));
                HistoryEntry::TraitChange(TraitChange { at, key, before, after, source })
            }
        })
    }
}
