//! Configuring destinations, and bringing dead letters back.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use profiles::activation::{DestinationChange, Field, NewDestination};
use profiles::{Error, Profiles};
use serde_json::Value;
use uuid::Uuid;

use super::connectors::json;
use crate::graphql::access;
use crate::graphql::error::{ErrorCode, UserError, bad_input, top};
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::Json;
use crate::graphql::types::{Destination, DestinationFieldInput};

/// A destination that is to be configured.
#[derive(InputObject)]
struct CreateDestinationInput {
    /// Its kind, as in `destinationKinds`.
    kind: String,
    /// Its short unique name: 1 to 64 lower-case letters, digits, `-` and `_`. The kind unless given.
    key: Option<String>,
    /// What people see, 1 to 100 characters. The title of its kind unless given.
    name: Option<String>,
    /// Its configuration, as the `configSchema` of its kind says. Never secrets.
    config: Option<Json>,
    /// Its secrets, as the `secretsSchema` of its kind says. They are stored encrypted and never shown again.
    #[graphql(secret)]
    secrets: Option<Json>,
    /// The key of the segment whose members it is told.
    segment: String,
    /// The key of the purpose for which it is told them: who does not allow it is not. The purpose must be able to use what
    /// the segment is made of.
    purpose: String,
    /// What of the profile goes into which field of the tool. The default of its kind unless given.
    mapping: Option<Vec<DestinationFieldInput>>,
    /// Whether it is told anything yet.
    #[graphql(default = true)]
    enabled: bool,
}

/// What is to change about a destination. What is not given stays.
#[derive(InputObject)]
struct UpdateDestinationInput {
    /// What people see, 1 to 100 characters.
    name: Option<String>,
    /// The whole configuration. Everybody is told anew; who was told at another place stays there: delete the destination
    /// and make another one where they should not. Where it says how a file is written, none may be there yet.
    config: Option<Json>,
    /// The whole set of secrets.
    #[graphql(secret)]
    secrets: Option<Json>,
    /// The key of the segment whose members it is told: the one that it has. Tools know the audience by it, so that whoever is
    /// in it would stay there; for another segment make another destination.
    segment: Option<String>,
    /// The key of the purpose for which it is told them.
    purpose: Option<String>,
    /// The whole mapping.
    mapping: Option<Vec<DestinationFieldInput>>,
    /// Whether it is told anything. While it is not, it does not hear who leaves or says no either.
    enabled: Option<bool>,
}

/// What became of a destination.
#[derive(SimpleObject)]
struct DestinationPayload {
    /// The destination as it is now; null if there is none.
    destination: Option<Destination>,
    /// Why it is not as was wished; empty if it is.
    errors: Vec<UserError>,
}

/// What a tool answered.
#[derive(SimpleObject)]
struct CheckDestinationPayload {
    /// The destination.
    destination: Option<Destination>,
    /// Who answered, in words; null if nobody did.
    account: Option<String>,
    /// Why the destination cannot work.
    errors: Vec<UserError>,
}

/// What came of bringing dead letters back.
#[derive(SimpleObject)]
struct ReplayDeliveriesPayload {
    /// The destination.
    destination: Option<Destination>,
    /// How many are sent again.
    replayed: i32,
    /// How many are not, because something newer is known of the person.
    superseded: i32,
    /// Why none was brought back.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct DestinationMutation;

#[Object(guard = "access::Audited")]
impl DestinationMutation {
    /// Configures a destination. Its settings are checked; the tool is not asked, which `checkDestination` does. Whoever is in
    /// the segment and allows the purpose is told to it from then on.
    async fn create_destination(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The destination.")] input: CreateDestinationInput,
    ) -> Result<DestinationPayload> {
        let new = NewDestination {
            kind: input.kind,
            key: input.key,
            name: input.name,
            config: json(input.config)?.unwrap_or(Value::Null),
            secrets: json(input.secrets)?.unwrap_or(Value::Null),
            segment: input.segment,
            purpose: input.purpose,
            mapping: input.mapping.map(fields),
            enabled: input.enabled,
        };
        match loaders(ctx).profiles.create_destination(new).await {
            Ok(info) => Ok(DestinationPayload { destination: Some(Destination(info)), errors: Vec::new() }),
            Err(error) => {
                Ok(DestinationPayload { destination: None, errors: vec![UserError::of(&error, "input")?] })
            }
        }
    }

    /// Changes a destination, or pauses it. Where people would be told something else, everybody is considered anew.
    async fn update_destination(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the destination.")] id: ID,
        #[graphql(desc = "What is to change.")] input: UpdateDestinationInput,
    ) -> Result<DestinationPayload> {
        let id = ids::expect("id", &id, &[Kind::Destination])?;
        let profiles = &loaders(ctx).profiles;
        let change = DestinationChange {
            name: input.name,
            config: json(input.config)?,
            secrets: json(input.secrets)?,
            segment: input.segment,
            purpose: input.purpose,
            mapping: input.mapping.map(fields),
            enabled: input.enabled,
        };
        match profiles.update_destination(id, change).await {
            Ok(info) => Ok(DestinationPayload { destination: Some(Destination(info)), errors: Vec::new() }),
            Err(error) => Ok(DestinationPayload {
                errors: vec![UserError::of(&error, "input")?],
                destination: present(profiles, id).await?,
            }),
        }
    }

    /// Takes everybody out of a destination and then deletes it: until then its state is `LEAVING`.
    async fn delete_destination(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the destination.")] id: ID,
        #[graphql(
            desc = "Delete it now, for a tool that is no more: nobody is taken out, and whom the tool has been told is forgotten.",
            default = false
        )]
        at_once: bool,
    ) -> Result<DestinationPayload> {
        let id = ids::expect("id", &id, &[Kind::Destination])?;
        let profiles = &loaders(ctx).profiles;
        let found = profiles.delete_destination(id, at_once).await.map_err(top)?;
        let errors = if found { Vec::new() } else { vec![missing()] };
        Ok(DestinationPayload { destination: present(profiles, id).await?, errors })
    }

    /// Asks the tool once, with the destination's settings and secrets, whether it answers; a webhook gets a test message, a file
    /// is looked at. Takes up to 20 seconds.
    async fn check_destination(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the destination.")] id: ID,
    ) -> Result<CheckDestinationPayload> {
        let id = ids::expect("id", &id, &[Kind::Destination])?;
        let profiles = &loaders(ctx).profiles;
        let checked = profiles.check_destination(id).await;
        let destination = present(profiles, id).await?;
        match checked {
            Ok(check) => {
                Ok(CheckDestinationPayload { destination, account: Some(check.account), errors: Vec::new() })
            }
            Err(error) => {
                let errors = vec![UserError::of(&error, "id")?];
                Ok(CheckDestinationPayload { destination, account: None, errors })
            }
        }
    }

    /// Sends dead letters again, under the same keys, the eldest first and at most 1,000 at once; and has a destination that
    /// is left alone after failures tried at once.
    async fn replay_deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the destination.")] destination: ID,
        #[graphql(desc = "The keys of the deliveries, at most 1,000. All dead letters unless given.")]
        keys: Option<Vec<String>>,
    ) -> Result<ReplayDeliveriesPayload> {
        let id = ids::expect("destination", &destination, &[Kind::Destination])?;
        let keys = keys.map(|keys| keys.iter().map(|key| key.parse()).collect::<Result<Vec<Uuid>, _>>());
        let keys = keys.transpose().map_err(|_| bad_input("keys: expected keys as deliveries show them"))?;
        let profiles = &loaders(ctx).profiles;
        let replayed = profiles.replay_deliveries(id, keys.as_deref()).await;
        let destination = present(profiles, id).await?;
        let (replay, errors) = match replayed {
            Ok(replay) => (replay, Vec::new()),
            Err(error) => {
                (profiles::activation::Replay::default(), vec![UserError::of(&error, "destination")?])
            }
        };
        let number = |count: u64| i32::try_from(count).unwrap_or(i32::MAX);
        let (replayed, superseded) = (number(replay.replayed), number(replay.superseded));
        Ok(ReplayDeliveriesPayload { destination, replayed, superseded, errors })
    }
}

fn fields(mapping: Vec<DestinationFieldInput>) -> Vec<Field> {
    mapping.into_iter().map(Field::from).collect()
}

/// The destination as it is now.
async fn present(profiles: &Profiles, id: Uuid) -> Result<Option<Destination>> {
    match profiles.destination(id).await {
        Ok(info) => Ok(Some(Destination(info))),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(top(error)),
    }
}

fn missing() -> UserError {
    UserError::new(ErrorCode::NotFound, "there is no such destination", &["id"])
}
