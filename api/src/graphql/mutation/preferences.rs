//! Making links to the preference centre.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::TimeDelta;
use profiles::Error;
use profiles::consent::{LINK_LIFE, PreferenceLink};

use crate::graphql::access;
use crate::graphql::error::{ErrorCode, UserError};
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::DateTime;
use crate::preferences::{Address, Language};

/// A language that the preference centre speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Language")]
enum PreferenceLanguage {
    /// English.
    En,
    /// Dutch.
    Nl,
    /// Danish.
    Da,
}

/// A link that was to be made.
#[derive(SimpleObject)]
struct CreatePreferenceLinkPayload {
    /// The whole address; null where the setting `public_url` is not set.
    url: Option<String>,
    /// The path of the page on this server.
    path: Option<String>,
    /// When it ends.
    expires_at: Option<DateTime>,
    /// Why none was made.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct PreferenceMutation;

#[Object(guard = "access::Audited")]
impl PreferenceMutation {
    /// Makes a link to the page on which a person sees and changes what they allow, without an account and until the link
    /// ends. Whoever has it can choose for the person: send it to nobody else. It cannot be called back.
    async fn create_preference_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the profile; any that ever was its.")] profile: ID,
        #[graphql(
            desc = "How long it is good for: 1 to 576,000 minutes (400 days); 30 days unless given.",
            default_with = "i32::try_from(LINK_LIFE.num_minutes()).unwrap_or(i32::MAX)"
        )]
        valid_for_minutes: i32,
        #[graphql(desc = "The language of the page; the one that the browser asks for unless given.")]
        language: Option<PreferenceLanguage>,
    ) -> Result<CreatePreferenceLinkPayload> {
        let profile = ids::expect("profile", &profile, &[Kind::Profile])?;
        let life = TimeDelta::minutes(valid_for_minutes.into());
        let loaders = loaders(ctx);
        match loaders.profiles.preference_link(&loaders.reader, profile, life).await {
            Ok(PreferenceLink { token, expires_at, .. }) => {
                let path = Address::path(&token, language.map(Language::from));
                Ok(CreatePreferenceLinkPayload {
                    url: ctx.data::<Address>()?.url(&path),
                    path: Some(path),
                    expires_at: Some(DateTime(expires_at)),
                    errors: Vec::new(),
                })
            }
            Err(error @ Error::NotFound { .. }) => {
                Ok(refused(UserError::new(ErrorCode::NotFound, error.to_string(), &["profile"])))
            }
            Err(error) => Ok(refused(UserError::of(&error, "")?)),
        }
    }
}

fn refused(error: UserError) -> CreatePreferenceLinkPayload {
    CreatePreferenceLinkPayload { url: None, path: None, expires_at: None, errors: vec![error] }
}
