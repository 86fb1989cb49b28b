//! Removing what is too old to be kept.

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};
use profiles::access::Caller;

use crate::graphql::access;
use crate::graphql::error::{UserError, top};
use crate::graphql::loaders::loaders;
use crate::graphql::types::RetentionCount;

/// What is being removed.
#[derive(SimpleObject)]
struct ApplyRetentionPayload {
    /// What is too old, by kind and source.
    expiring: Vec<RetentionCount>,
    /// Why nothing is done.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct RetentionMutation;

#[Object(guard = "access::Audited")]
impl RetentionMutation {
    /// Brings the configured limits of retention into force at once and has what is too old removed, without the day for
    /// which it is announced otherwise. It begins within a second and goes on after a crash; what was removed stands in
    /// the audit log when it is done. It cannot be undone: see `retentionPreview` first.
    async fn apply_retention(&self, ctx: &Context<'_>) -> Result<ApplyRetentionPayload> {
        let profiles = &loaders(ctx).profiles;
        let actor = ctx.data::<Arc<Caller>>()?.actor();
        Ok(match profiles.apply_retention(&actor).await {
            Ok(expiring) => {
                let sources = profiles.sources().await.map_err(top)?;
                let told = expiring.iter().map(|expiring| RetentionCount::new(&sources, expiring));
                ApplyRetentionPayload { expiring: told.collect(), errors: Vec::new() }
            }
            Err(error) => {
                ApplyRetentionPayload { expiring: Vec::new(), errors: vec![UserError::of(&error, "")?] }
            }
        })
    }
}
