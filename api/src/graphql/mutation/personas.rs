//! Defining personas and taking them away.

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};
use profiles::access::Caller;

use crate::graphql::access;
use crate::graphql::error::{ErrorCode, UserError};
use crate::graphql::loaders::loaders;
use crate::graphql::types::{DefinePersonaInput, Persona};

/// A persona that was to be defined.
#[derive(SimpleObject)]
struct DefinePersonaPayload {
    /// The persona as it holds now.
    persona: Option<Persona>,
    /// Why it does not hold.
    errors: Vec<UserError>,
}

/// A persona that was to be taken away.
#[derive(SimpleObject)]
struct RemovePersonaPayload {
    /// The key of the persona that is gone.
    key: Option<String>,
    /// Why it is not gone.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct PersonaMutation;

#[Object(guard = "access::Audited")]
impl PersonaMutation {
    /// Defines a persona, or gives the one of that key another definition: a pattern of marks, at most 100 of them. Other
    /// processes follow within five seconds.
    async fn define_persona(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The persona.")] input: DefinePersonaInput,
    ) -> Result<DefinePersonaPayload> {
        let new = match input.read() {
            Ok(new) => new,
            Err(errors) => return Ok(DefinePersonaPayload { persona: None, errors }),
        };
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        Ok(match loaders(ctx).profiles.define_persona(new, actor).await {
            Ok(persona) => DefinePersonaPayload { persona: Some(Persona(persona)), errors: Vec::new() },
            Err(error) => {
                DefinePersonaPayload { persona: None, errors: vec![UserError::of(&error, "input")?] }
            }
        })
    }

    /// Takes a persona away: nobody is held to be like it any more.
    async fn remove_persona(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key of the persona.")] key: String,
    ) -> Result<RemovePersonaPayload> {
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        Ok(match loaders(ctx).profiles.remove_persona(&key, actor).await {
            Ok(true) => RemovePersonaPayload { key: Some(key), errors: Vec::new() },
            Ok(false) => {
                let errors = vec![UserError::new(ErrorCode::NotFound, "there is no such persona", &["key"])];
                RemovePersonaPayload { key: None, errors }
            }
            Err(error) => RemovePersonaPayload { key: None, errors: vec![UserError::of(&error, "key")?] },
        })
    }
}
