//! Deciding who is who.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use profiles::Error;
use profiles::access::Caller;
use profiles::decisions::{Decided, Word};
use uuid::Uuid;

use crate::graphql::access;
use crate::graphql::error::{ErrorCode, UserError, top};
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::{Loaders, loaders};
use crate::graphql::types::{Decision, Profile, Verdict};

/// What came of a decision.
#[derive(SimpleObject)]
struct DecisionPayload {
    /// The decision; null if nothing was decided.
    decision: Option<Decision>,
    /// The profiles that the people concerned are part of now; empty if nothing was decided. At most as many as the
    /// decision names source identities.
    profiles: Vec<Arc<Profile>>,
    /// Why nothing was decided; empty if it was.
    errors: Vec<UserError>,
}

impl DecisionPayload {
    /// The payload of what was decided, or of why it was not. `root` is the argument that names what does not exist.
    async fn of(loaders: &Loaders, decided: profiles::Result<Decided>, root: &str) -> Result<Self> {
        let decided = match decided {
            Ok(decided) => decided,
            Err(error @ Error::NotFound { .. }) => {
                let error = UserError::new(ErrorCode::NotFound, error.to_string(), &[root]);
                return Ok(Self { decision: None, profiles: Vec::new(), errors: vec![error] });
            }
            Err(error) => {
                let errors = vec![UserError::of(&error, "")?];
                return Ok(Self { decision: None, profiles: Vec::new(), errors });
            }
        };
        let mut found =
            loaders.profiles.profiles_by_id(&loaders.reader, &decided.profiles).await.map_err(top)?;
        let mut profiles = Vec::with_capacity(found.len());
        for id in &decided.profiles {
            if let Some(profile) = found.remove(id) {
                profiles.push(Arc::new(Profile::new(&loaders.profiles, profile).await.map_err(top)?));
            }
        }
        Ok(Self { decision: Some(Decision(Arc::new(decided.decision))), profiles, errors: Vec::new() })
    }
}

#[derive(Default)]
pub(super) struct IdentityMutation;

#[Object(guard = "access::Audited")]
impl IdentityMutation {
    /// Decides that profiles are one person, for good: until it is undone or another decision says otherwise. Refused
    /// with `CONFLICT` if they would not become one profile: a decision, an identifier that is unique to a person, or
    /// the size limit keeps them apart.
    async fn merge_profiles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ids of 2 to 100 profiles; any that ever were theirs.")] ids: Vec<ID>,
        #[graphql(desc = "Why; at most 2,000 characters.")] note: Option<String>,
    ) -> Result<DecisionPayload> {
        let profiles = expected("ids", &ids, Kind::Profile)?;
        let loaders = loaders(ctx);
        let decided = loaders.profiles.merge(&profiles, &word(ctx, note)?).await;
        DecisionPayload::of(loaders, decided, "ids").await
    }

    /// Decides that a profile is several people, for good: whatever arrives, they are not merged by evidence again.
    /// Orders and events go with the source identity that they are about.
    async fn split_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the profile; any that ever was its.")] id: ID,
        #[graphql(
            desc = "The ids of the source identities of each person. Those that are not named are one person more."
        )]
        groups: Vec<Vec<ID>>,
        #[graphql(desc = "Why; at most 2,000 characters.")] note: Option<String>,
    ) -> Result<DecisionPayload> {
        let profile = ids::expect("id", &id, &[Kind::Profile])?;
        let groups: Result<Vec<Vec<Uuid>>> = groups
            .iter()
            .enumerate()
            .map(|(place, group)| expected(&format!("groups.{place}"), group, Kind::SourceIdentity))
            .collect();
        let loaders = loaders(ctx);
        let decided = loaders.profiles.split(profile, &groups?, &word(ctx, note)?).await;
        DecisionPayload::of(loaders, decided, "id").await
    }

    /// Decides whether two profiles that may be one person are, for good. `SAME` merges them as `mergeProfiles` does;
    /// `DIFFERENT` parts the closest two of their source identities. Answers `NOT_FOUND` where it is settled already.
    async fn resolve_match_candidate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the match candidate.")] id: ID,
        #[graphql(desc = "What they are.")] verdict: Verdict,
        #[graphql(desc = "Why; at most 2,000 characters.")] note: Option<String>,
    ) -> Result<DecisionPayload> {
        let candidate = ids::expect("id", &id, &[Kind::MatchCandidate])?;
        let (loaders, word) = (loaders(ctx), word(ctx, note)?);
        let profiles = &loaders.profiles;
        let decided = profiles.resolve_match_candidate(candidate, verdict.into(), &word).await;
        DecisionPayload::of(loaders, decided, "id").await
    }

    /// Takes a decision back: everything is as if it had never been made, what arrived since then included. Undoing
    /// an undo re-instates. Refused with `CONFLICT` if the decision does not count any more.
    async fn undo_decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the decision.")] id: ID,
        #[graphql(desc = "Why; at most 2,000 characters.")] note: Option<String>,
    ) -> Result<DecisionPayload> {
        let decision = ids::expect("id", &id, &[Kind::Decision])?;
        let loaders = loaders(ctx);
        let decided = loaders.profiles.undo(decision, &word(ctx, note)?).await;
        DecisionPayload::of(loaders, decided, "id").await
    }
}

fn expected(argument: &str, ids: &[ID], kind: Kind) -> Result<Vec<Uuid>> {
    ids.iter()
        .enumerate()
        .map(|(place, id)| ids::expect(&format!("{argument}.{place}"), id, &[kind]))
        .collect()
}

/// Who decides, when and why.
fn word(ctx: &Context<'_>, note: Option<String>) -> Result<Word> {
    let actor = ctx.data::<Arc<Caller>>()?.name.clone();
    Ok(Word { actor, at: loaders(ctx).profiles.now(), note })
}
