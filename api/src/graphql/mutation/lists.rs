//! Making lists and changing who is on them.

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};
use profiles::Error;
use profiles::access::Caller;
use profiles::audiences::Listed;

use crate::graphql::access;
use crate::graphql::error::{ErrorCode, UserError};
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::Count;
use crate::graphql::types::{List, ProfileRef};

/// A list that was to be made.
#[derive(SimpleObject)]
struct CreateListPayload {
    /// The list.
    list: Option<List>,
    /// Why there is none.
    errors: Vec<UserError>,
}

/// A list that was to be taken away.
#[derive(SimpleObject)]
struct RemoveListPayload {
    /// The key of the list that is gone.
    key: Option<String>,
    /// Why it is not gone.
    errors: Vec<UserError>,
}

/// People who were to be put on a list, or taken off.
#[derive(SimpleObject)]
struct ChangeListPayload {
    /// For how many people that is a change.
    changed: Option<Count>,
    /// The places in `profiles`, from 0, of those whom nobody knows: they are passed over.
    unknown: Vec<i32>,
    /// Why nothing was changed.
    errors: Vec<UserError>,
}

impl ChangeListPayload {
    fn of(done: Result<Listed, Error>) -> Result<Self> {
        Ok(match done {
            Ok(Listed { changed, unknown }) => Self {
                changed: Some(Count(changed)),
                unknown: unknown.into_iter().filter_map(|place| i32::try_from(place).ok()).collect(),
                errors: Vec::new(),
            },
            Err(error) => {
                let error = match error {
                    Error::NotFound { .. } => {
                        UserError::new(ErrorCode::NotFound, error.to_string(), &["list"])
                    }
                    error => UserError::of(&error, "")?,
                };
                Self { changed: None, unknown: Vec::new(), errors: vec![error] }
            }
        })
    }
}

#[derive(Default)]
pub(super) struct ListMutation;

#[Object(guard = "access::Audited")]
impl ListMutation {
    /// Makes a list of people, without anybody on it.
    async fn create_list(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Its short name, by which rules ask for it: 1 to 64 lower-case letters, digits, `-` or `_`."
        )]
        key: String,
        #[graphql(desc = "What people call it; 1 to 100 characters.")] name: String,
    ) -> Result<CreateListPayload> {
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        Ok(match loaders(ctx).profiles.create_list(&key, &name, actor).await {
            Ok(list) => CreateListPayload { list: Some(List(list)), errors: Vec::new() },
            Err(error) => CreateListPayload { list: None, errors: vec![UserError::of(&error, "")?] },
        })
    }

    /// Takes a list away, with the memory of who was on it. Refused while a segment asks for it.
    async fn remove_list(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key of the list.")] key: String,
    ) -> Result<RemoveListPayload> {
        Ok(match loaders(ctx).profiles.remove_list(&key).await {
            Ok(true) => RemoveListPayload { key: Some(key), errors: Vec::new() },
            Ok(false) => {
                let errors = vec![UserError::new(ErrorCode::NotFound, "there is no such list", &["key"])];
                RemoveListPayload { key: None, errors }
            }
            Err(error) => RemoveListPayload { key: None, errors: vec![UserError::of(&error, "key")?] },
        })
    }

    /// Puts people on a list. Segments that ask for it follow at once.
    async fn add_to_list(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key of the list.")] list: String,
        #[graphql(desc = "Who; at most 1,000.")] profiles: Vec<ProfileRef>,
    ) -> Result<ChangeListPayload> {
        change(ctx, &list, profiles, true).await
    }

    /// Takes people off a list. Segments that ask for it follow at once.
    async fn remove_from_list(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key of the list.")] list: String,
        #[graphql(desc = "Who; at most 1,000.")] profiles: Vec<ProfileRef>,
    ) -> Result<ChangeListPayload> {
        change(ctx, &list, profiles, false).await
    }
}

async fn change(
    ctx: &Context<'_>,
    list: &str,
    people: Vec<ProfileRef>,
    added: bool,
) -> Result<ChangeListPayload> {
    let actor = &ctx.data::<Arc<Caller>>()?.name;
    let people: Vec<_> = people.into_iter().map(ProfileRef::read).collect::<Result<_>>()?;
    ChangeListPayload::of(loaders(ctx).profiles.change_list(list, &people, added, actor).await)
}
