//! Defining slots of pages and taking them away.

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};
use profiles::access::Caller;

use crate::graphql::access;
use crate::graphql::error::{ErrorCode, UserError};
use crate::graphql::loaders::loaders;
use crate::graphql::types::{DefineSlotInput, Slot};

/// A slot that was to be defined.
#[derive(SimpleObject)]
struct DefineSlotPayload {
    /// The slot as it holds now.
    slot: Option<Slot>,
    /// Why it does not hold.
    errors: Vec<UserError>,
}

/// A slot that was to be taken away.
#[derive(SimpleObject)]
struct RemoveSlotPayload {
    /// The key of the slot that is gone.
    key: Option<String>,
    /// Why it is not gone.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct SlotMutation;

#[Object(guard = "access::Audited")]
impl SlotMutation {
    /// Defines a slot of a page, or gives the one of that key another definition. Other processes follow within five
    /// seconds.
    async fn define_slot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The slot.")] input: DefineSlotInput,
    ) -> Result<DefineSlotPayload> {
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        let defined = match input.read() {
            Ok(new) => loaders(ctx).profiles.define_slot(new, actor).await,
            Err(error) => Err(error),
        };
        Ok(match defined {
            Ok(slot) => DefineSlotPayload { slot: Some(Slot(slot)), errors: Vec::new() },
            Err(error) => DefineSlotPayload { slot: None, errors: vec![UserError::of(&error, "input")?] },
        })
    }

    /// Takes a slot away: whoever asks for it then is told that there is none.
    async fn remove_slot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key of the slot.")] key: String,
    ) -> Result<RemoveSlotPayload> {
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        Ok(match loaders(ctx).profiles.remove_slot(&key, actor).await {
            Ok(true) => RemoveSlotPayload { key: Some(key), errors: Vec::new() },
            Ok(false) => {
                let errors = vec![UserError::new(ErrorCode::NotFound, "there is no such slot", &["key"])];
                RemoveSlotPayload { key: None, errors }
            }
            Err(error) => RemoveSlotPayload { key: None, errors: vec![UserError::of(&error, "key")?] },
        })
    }
}
