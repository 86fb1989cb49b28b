//! Recording what people allow, and defining what they are asked.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use profiles::Error;
use profiles::access::Caller;
use profiles::consent::NewStatement;

use crate::graphql::access;
use crate::graphql::error::{ErrorCode, UserError, top};
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::types::{
    DefinePurposeInput, Notice, Profile, Purpose, RecordConsentInput, WithdrawConsentInput,
};

/// What came of a statement.
#[derive(SimpleObject)]
struct ConsentPayload {
    /// The profile, as it obeys now; null if nothing was recorded.
    profile: Option<Profile>,
    /// Why nothing was recorded.
    errors: Vec<UserError>,
}

/// A purpose that was to be defined.
#[derive(SimpleObject)]
struct PurposePayload {
    /// The purpose as it holds now.
    purpose: Option<Purpose>,
    /// Why it was not defined.
    errors: Vec<UserError>,
}

/// A notice that was to be published.
#[derive(SimpleObject)]
struct NoticePayload {
    /// The notice.
    notice: Option<Notice>,
    /// Why it was not published.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct ConsentMutation;

#[Object(guard = "access::Audited")]
impl ConsentMutation {
    /// Records what a person said about the use of their data. It takes effect at the next read.
    async fn record_consent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the profile; any that ever was its.")] profile: ID,
        #[graphql(desc = "What was said.")] input: RecordConsentInput,
    ) -> Result<ConsentPayload> {
        record(ctx, &profile, &input.read()?).await
    }

    /// Records that a person takes consent back, or objects. It takes effect at the next read.
    async fn withdraw_consent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the profile; any that ever was its.")] profile: ID,
        #[graphql(desc = "What is taken back.")] input: WithdrawConsentInput,
    ) -> Result<ConsentPayload> {
        record(ctx, &profile, &input.into()).await
    }

    /// Defines something that personal data may be used for, anew if there is one of that key. What people said about it
    /// before stays said.
    async fn define_purpose(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The purpose.")] input: DefinePurposeInput,
    ) -> Result<PurposePayload> {
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        match loaders(ctx).profiles.define_purpose(input.into(), actor).await {
            Ok(defined) => Ok(PurposePayload { purpose: Some(Purpose(defined)), errors: Vec::new() }),
            Err(error) => Ok(PurposePayload { purpose: None, errors: vec![UserError::of(&error, "input")?] }),
        }
    }

    /// Publishes what people are told before they agree. A published text never changes: another one is a new version.
    async fn publish_notice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key of the purpose.")] purpose: String,
        #[graphql(desc = "The version, as you name it; 1 to 64 characters.")] version: String,
        #[graphql(desc = "The language: a tag of BCP 47, such as `nl` or `da-DK`.")] language: String,
        #[graphql(desc = "What people read; 1 to 65,536 bytes.")] text: String,
    ) -> Result<NoticePayload> {
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        let published =
            loaders(ctx).profiles.publish_notice(&purpose, &version, &language, &text, actor).await;
        match published {
            Ok(notice) => Ok(NoticePayload { notice: Some(notice.into()), errors: Vec::new() }),
            Err(error @ Error::NotFound { .. }) => {
                let error = UserError::new(ErrorCode::NotFound, error.to_string(), &["purpose"]);
                Ok(NoticePayload { notice: None, errors: vec![error] })
            }
            Err(error) => Ok(NoticePayload { notice: None, errors: vec![UserError::of(&error, "")?] }),
        }
    }
}

async fn record(ctx: &Context<'_>, id: &ID, new: &NewStatement) -> Result<ConsentPayload> {
    let profile = ids::expect("profile", id, &[Kind::Profile])?;
    let loaders = loaders(ctx);
    let actor = &ctx.data::<Arc<Caller>>()?.name;
    let recorded = match loaders.profiles.record_consent(profile, new, actor).await {
        Ok(recorded) => recorded,
        Err(error @ Error::NotFound { .. }) => {
            let error = UserError::new(ErrorCode::NotFound, error.to_string(), &["profile"]);
            return Ok(ConsentPayload { profile: None, errors: vec![error] });
        }
        Err(error) => {
            return Ok(ConsentPayload { profile: None, errors: vec![UserError::of(&error, "input")?] });
        }
    };
    let found = loaders.profiles.profiles_by_id(&loaders.reader, &[recorded]).await.map_err(top)?;
    let Some(stored) = found.into_values().next() else {
        return Ok(ConsentPayload { profile: None, errors: Vec::new() });
    };
    let profile = Profile::new(&loaders.profiles, stored).await.map_err(top)?;
    Ok(ConsentPayload { profile: Some(profile), errors: Vec::new() })
}
