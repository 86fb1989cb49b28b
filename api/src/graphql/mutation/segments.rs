//! Defining segments and taking them away.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use profiles::access::Caller;
use profiles::audiences::NewSegment;

use crate::graphql::access;
use crate::graphql::error::{ErrorCode, UserError};
use crate::graphql::loaders::loaders;
use crate::graphql::types::{Segment, SegmentRuleInput, rule_errors};

/// A segment that is to be defined.
#[derive(InputObject)]
struct DefineSegmentInput {
    /// Its short name, by which other segments ask for it: 1 to 64 lower-case letters, digits, `-` or `_`.
    key: String,
    /// What people call it; 1 to 100 characters.
    name: String,
    /// What it is for; at most 1,000 characters.
    #[graphql(default)]
    description: String,
    /// Who is in it.
    rule: SegmentRuleInput,
}

/// A segment that was to be defined.
#[derive(SimpleObject)]
struct DefineSegmentPayload {
    /// The segment as it holds now.
    segment: Option<Segment>,
    /// Why it does not hold.
    errors: Vec<UserError>,
}

/// A segment that was to be taken away.
#[derive(SimpleObject)]
struct RemoveSegmentPayload {
    /// The key of the segment that is gone.
    key: Option<String>,
    /// Why it is not gone.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct SegmentMutation;

#[Object(guard = "access::Audited")]
impl SegmentMutation {
    /// Defines a segment, or gives the one of that key another definition. Who is in it is worked out in the background,
    /// for everybody (`complete`); whatever happens from now on counts at once.
    async fn define_segment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The segment.")] input: DefineSegmentInput,
    ) -> Result<DefineSegmentPayload> {
        let rule = match input.rule.read() {
            Ok(rule) => rule,
            Err(problems) => {
                let errors = rule_errors(problems, &["input", "rule"]);
                return Ok(DefineSegmentPayload { segment: None, errors });
            }
        };
        let new = NewSegment { key: input.key, name: input.name, description: input.description, rule };
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        Ok(match loaders(ctx).profiles.define_segment(new, actor).await {
            Ok(segment) => DefineSegmentPayload { segment: Some(Segment(segment)), errors: Vec::new() },
            Err(error) => {
                DefineSegmentPayload { segment: None, errors: vec![UserError::of(&error, "input")?] }
            }
        })
    }

    /// Takes a segment away, with the memory of who was in it. Refused while another one asks for it.
    async fn remove_segment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key of the segment.")] key: String,
    ) -> Result<RemoveSegmentPayload> {
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        Ok(match loaders(ctx).profiles.remove_segment(&key, actor).await {
            Ok(true) => RemoveSegmentPayload { key: Some(key), errors: Vec::new() },
            Ok(false) => {
                let errors = vec![UserError::new(ErrorCode::NotFound, "there is no such segment", &["key"])];
                RemoveSegmentPayload { key: None, errors }
            }
            Err(error) => RemoveSegmentPayload { key: None, errors: vec![UserError::of(&error, "key")?] },
        })
    }
}
