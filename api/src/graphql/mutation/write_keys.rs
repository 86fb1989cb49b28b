//! Making write keys and taking them back.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::access;
use crate::graphql::error::{ErrorCode, UserError, top};
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::types::WriteKey;

/// A write key that is to be made.
#[derive(InputObject)]
struct CreateWriteKeyInput {
    /// The key of the source of what is sent with it: 1 to 64 lower-case letters, digits, `-` or `_`. It is made where
    /// there is none.
    source: String,
    /// What it is for; 1 to 100 characters.
    name: String,
}

/// A write key that was to be made, or taken back.
#[derive(SimpleObject)]
struct WriteKeyPayload {
    /// The write key as it is now.
    write_key: Option<WriteKey>,
    /// Why it is not as was wished.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct WriteKeyMutation;

#[Object(guard = "access::Audited")]
impl WriteKeyMutation {
    /// Makes a key with which a site or an app sends what happens.
    async fn create_write_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The write key.")] input: CreateWriteKeyInput,
    ) -> Result<WriteKeyPayload> {
        let profiles = &loaders(ctx).profiles;
        let key = match profiles.create_write_key(&input.source, &input.name).await {
            Ok(key) => key,
            Err(error) => {
                return Ok(WriteKeyPayload {
                    write_key: None,
                    errors: vec![UserError::of(&error, "input")?],
                });
            }
        };
        let sources = profiles.sources_with(&[key.source]).await.map_err(top)?;
        let key = WriteKey::new(&sources, key).map_err(top)?;
        Ok(WriteKeyPayload { write_key: Some(key), errors: Vec::new() })
    }

    /// Takes a write key back: what is sent with it is refused, at once here and within seconds in other processes. What
    /// was sent stays.
    async fn revoke_write_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the write key.")] id: ID,
    ) -> Result<WriteKeyPayload> {
        let id = ids::expect("id", &id, &[Kind::WriteKey])?;
        let profiles = &loaders(ctx).profiles;
        let revoked = profiles.revoke_write_key(id).await.map_err(top)?;
        let Some(key) = profiles.write_key(id).await.map_err(top)? else {
            let errors = vec![UserError::new(ErrorCode::NotFound, "there is no such write key", &["id"])];
            return Ok(WriteKeyPayload { write_key: None, errors });
        };
        let sources = profiles.sources_with(&[key.source]).await.map_err(top)?;
        let key = WriteKey::new(&sources, key).map_err(top)?;
        let again = UserError::new(ErrorCode::Conflict, "this write key was taken back before", &["id"]);
        let errors = if revoked { Vec::new() } else { vec![again] };
        Ok(WriteKeyPayload { write_key: Some(key), errors })
    }
}
