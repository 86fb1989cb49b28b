//! Making API keys and taking them back.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::access;
use crate::graphql::error::{ErrorCode, UserError, top};
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::types::{ApiKey, Role};

/// An API key that is to be made.
#[derive(InputObject)]
struct CreateApiKeyInput {
    /// What it is for; 1 to 100 characters.
    name: String,
    /// What it may do.
    role: Role,
    /// The key of the purpose for which it reads people's data: it gets what that purpose may use of people who allow it.
    /// Without one, `analytics`, `service` or `personalisation`, by the role; a key of the role `ADMIN` has none.
    purpose: Option<String>,
}

/// An API key that was to be made.
#[derive(SimpleObject)]
struct CreateApiKeyPayload {
    /// The key as it is listed.
    api_key: Option<ApiKey>,
    /// The key itself. This is the only time that it is shown.
    key: Option<String>,
    /// Why none was made.
    errors: Vec<UserError>,
}

/// An API key that was to be taken back.
#[derive(SimpleObject)]
struct RevokeApiKeyPayload {
    /// The key as it is listed now.
    api_key: Option<ApiKey>,
    /// Why it was not taken back.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct KeyMutation;

#[Object(guard = "access::Audited")]
impl KeyMutation {
    /// Makes an API key.
    async fn create_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] input: CreateApiKeyInput,
    ) -> Result<CreateApiKeyPayload> {
        let purpose = input.purpose.as_deref();
        match loaders(ctx).profiles.create_key(&input.name, input.role.into(), purpose).await {
            Ok((key, secret)) => {
                Ok(CreateApiKeyPayload { api_key: Some(key.into()), key: Some(secret), errors: Vec::new() })
            }
            Err(error) => {
                let errors = vec![UserError::of(&error, "input")?];
                Ok(CreateApiKeyPayload { api_key: None, key: None, errors })
            }
        }
    }

    /// Takes an API key back. It stops working at once here, and within seconds in other processes.
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the API key.")] id: ID,
    ) -> Result<RevokeApiKeyPayload> {
        let id = ids::expect("id", &id, &[Kind::ApiKey])?;
        let profiles = &loaders(ctx).profiles;
        let revoked = profiles.revoke_key(id).await.map_err(top)?;
        let key = profiles.list_keys().await.map_err(top)?.into_iter().find(|key| key.id == id);
        let errors = match (&key, revoked) {
            (Some(_), true) => Vec::new(),
            (Some(_), false) => {
                vec![UserError::new(ErrorCode::Conflict, "this API key was taken back before", &["id"])]
            }
            (None, _) => vec![UserError::new(ErrorCode::NotFound, "there is no such API key", &["id"])],
        };
        Ok(RevokeApiKeyPayload { api_key: key.map(ApiKey::from), errors })
    }
}
