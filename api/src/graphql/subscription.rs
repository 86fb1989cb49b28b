//! What may be followed.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, ID, Result, Subscription as Root};
use futures_util::stream::{self, Stream, StreamExt};
use profiles::audiences::MembershipChange;
use profiles::sync::Run;
use profiles::view::changes::Change;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::sleep;
use uuid::Uuid;

use super::access;
use super::changes::Feed;
use super::error::{refused, top};
use super::ids::{self, Kind};
use super::loaders::{Loaders, loaders};
use super::scalars::DateTime;
use super::types::{Profile, Segment, SegmentChange, SyncRun};
use crate::http::code;

/// How often a run is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// What may be followed, over a WebSocket in the protocol `graphql-transport-ws`.
#[derive(Debug, Default)]
pub(super) struct Subscription;

/// What may be followed, over a WebSocket in the protocol `graphql-transport-ws`.
#[Root(guard = "access::allowed")]
impl Subscription {
    /// The latest run of a connector, now and whenever it gets further. Ends with the run; at once if the connector
    /// has never run.
    async fn sync_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the connector.")] connector_id: ID,
    ) -> Result<impl Stream<Item = Result<SyncRun>>> {
        let id = ids::expect("connectorId", &connector_id, &[Kind::Connector])?;
        let loaders = Arc::clone(loaders(ctx));
        loaders.profiles.connector(id).await.map_err(top)?;
        Ok(stream::unfold(Some(None), move |seen: Option<Option<Run>>| {
            let loaders = Arc::clone(&loaders);
            async move { progress(&loaders, id, seen?).await }
        }))
    }

    /// Every profile that changes from now on, as it is then; also one that came about by a merge.
    async fn profile_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this profile, also after it is merged into another. All unless given.")]
        id: Option<ID>,
    ) -> Result<impl Stream<Item = Result<Profile>>> {
        let only = id.map(|id| ids::expect("id", &id, &[Kind::Profile, Kind::SourceIdentity])).transpose()?;
        let loaders = Arc::clone(loaders(ctx));
        let steps = ctx.data::<Feed<Change>>()?.follow().await.map_err(top)?;
        let changed = stream::unfold(Some(steps), move |steps| {
            let loaders = Arc::clone(&loaders);
            async move {
                let mut steps = steps?;
                match steps.recv().await {
                    Ok(step) => {
                        let of_interest = step.iter().filter(|change| {
                            only.is_none_or(|id| id == change.profile || change.members.contains(&id))
                        });
                        let ids: Vec<Uuid> = of_interest.map(|change| change.profile).collect();
                        Some((load(&loaders, &ids).await, Some(steps)))
                    }
                    Err(RecvError::Lagged(_)) => Some((vec![Err(left_behind())], None)),
                    Err(RecvError::Closed) => None,
                }
            }
        });
        Ok(changed.flat_map(stream::iter))
    }

    /// Everybody who enters a segment, or leaves it, from now on; not while it is worked out for everybody. Who refuses
    /// the purpose of the key is not told of.
    async fn segment_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key of the segment.")] key: String,
    ) -> Result<impl Stream<Item = Result<SegmentChange>>> {
        let loaders = Arc::clone(loaders(ctx));
        let steps = ctx.data::<Feed<MembershipChange>>()?.follow().await.map_err(top)?;
        let changed = stream::unfold(Some(steps), move |steps| {
            let (loaders, key) = (Arc::clone(&loaders), key.clone());
            async move {
                let mut steps = steps?;
                match steps.recv().await {
                    Ok(step) => {
                        let mine = step.iter().filter(|change| change.segment == key).cloned().collect();
                        Some((tell(&loaders, &key, mine).await, Some(steps)))
                    }
                    Err(RecvError::Lagged(_)) => Some((vec![Err(left_behind())], None)),
                    Err(RecvError::Closed) => None,
                }
            }
        });
        Ok(changed.flat_map(stream::iter))
    }
}

/// What to tell of passages, to who may see what the segment is made of.
async fn tell(loaders: &Loaders, key: &str, changes: Vec<MembershipChange>) -> Vec<Result<SegmentChange>> {
    let profiles = &loaders.profiles;
    let (segment, groups) =
        match (profiles.segment(key).await, profiles.segment_groups(&[key.to_owned()]).await) {
            (Ok(Some(segment)), Ok(groups)) => (segment, groups),
            (Ok(None), _) => return Vec::new(),
            (Err(error), _) | (_, Err(error)) => return vec![Err(top(error))],
        };
    let ids: Vec<Uuid> = changes.iter().map(|change| change.profile_id).collect();
    let found = match profiles.profiles_by_id(&loaders.reader, &ids).await {
        Ok(found) => found,
        Err(error) => return vec![Err(top(error))],
    };
    let mut all = Vec::with_capacity(changes.len());
    for change in changes {
        let profile = found.get(&change.profile_id);
        let is_open = loaders.reader.purpose.is_none();
        let may = profile.map_or(is_open, |profile| {
            groups.values().flatten().all(|group| profile.admitted(*group).is_ok())
        });
        if !may {
            continue;
        }
        let profile = match profile {
            Some(profile) => match Profile::new(profiles, profile.clone()).await {
                Ok(profile) => Some(profile),
                Err(error) => return vec![Err(top(error))],
            },
            None => None,
        };
        let segment = Segment(Arc::clone(&segment));
        all.push(Ok(SegmentChange { segment, entered: change.entered, at: DateTime(change.at), profile }));
    }
    all
}

/// The next thing worth telling of a run, and what to go on with: nothing once it has ended.
async fn progress(
    loaders: &Loaders,
    connector: Uuid,
    seen: Option<Run>,
) -> Option<(Result<SyncRun>, Option<Option<Run>>)> {
    loop {
        let run = match loaders.profiles.runs(connector, 1).await {
            Ok(runs) => runs.into_iter().next()?,
            Err(error) => return Some((Err(top(error)), None)),
        };
        if seen.as_ref() != Some(&run) {
            let on = run.finished_at.is_none().then(|| Some(run.clone()));
            return Some((Ok(SyncRun(run)), on));
        }
        sleep(LOOK).await;
    }
}

/// The profiles of these ids, in this order. One that is gone was merged into another, which changed as well.
async fn load(loaders: &Loaders, ids: &[Uuid]) -> Vec<Result<Profile>> {
    let mut found = match loaders.profiles.profiles_by_id(&loaders.reader, ids).await {
        Ok(found) => found,
        Err(error) => return vec![Err(top(error))],
    };
    let mut all = Vec::with_capacity(ids.len());
    for profile in ids.iter().filter_map(|id| found.remove(id)) {
        all.push(Profile::new(&loaders.profiles, profile).await.map_err(top));
    }
    all
}

fn left_behind() -> async_graphql::Error {
    refused(
        code::LAGGED,
        "more changed than this subscription took; read anew what you need, and subscribe again",
    )
}
