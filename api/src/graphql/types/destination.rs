//! Destinations: tools that are told who is in a segment.

use async_graphql::connection::{Edge, EmptyFields};
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use connectors::destination;
use profiles::activation::{self, DestinationInfo, Field, PATHS};

use super::connection;
use crate::graphql::error::top;
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::paging;
use crate::graphql::scalars::{Count, DateTime, Json, JsonRef, copy};

const DELIVERIES: &str = "deliveries";

/// How a destination is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "activation::DestinationState")]
pub(crate) enum DestinationState {
    /// It is told what changes.
    Active,
    /// The last call failed, or somebody could not be taken out yet, as `lastError` says; it is tried again.
    Failing,
    /// It is told nothing, not even who leaves.
    Paused,
    /// It is being deleted: everybody is taken out first.
    Leaving,
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "activation::DeliveryState")]
pub(crate) enum DeliveryState {
    /// It was not sent yet.
    Pending,
    /// It was sent, was not taken for now, and is sent again.
    Retrying,
    /// The tool has it.
    Delivered,
    /// It was given up: a dead letter. `replayDeliveries` brings it back. Whoever is to be taken out is never given up.
    Dead,
    /// What is to be told became another before it was taken.
    Superseded,
}

/// What a delivery does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum DeliveryDeed {
    /// Puts a person in.
    Enter,
    /// Says what is known of a person now who is in.
    Update,
    /// Takes a person out.
    Remove,
}

/// One of the tool's fields, and what of the profile goes there.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct DestinationField {
    /// The tool's name for it.
    field: String,
    /// What goes there, as in `paths` of `destinationKinds`.
    from: String,
}

/// One of the tool's fields, and what of the profile goes there.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct DestinationFieldInput {
    /// The tool's name for it, 1 to 128 bytes.
    pub(in crate::graphql) field: String,
    /// What goes there: one of the `paths` of `destinationKinds`, such as `traits.first_name` or `totals.revenue.EUR`. What
    /// the purpose may not use is null.
    pub(in crate::graphql) from: String,
}

impl From<DestinationFieldInput> for Field {
    fn from(input: DestinationFieldInput) -> Self {
        Self { field: input.field, from: input.from }
    }
}

/// Something that a field of a tool can be filled from.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct DestinationPath {
    /// How it is written; words in capitals stand for others.
    path: &'static str,
    /// What it is.
    description: &'static str,
}

/// A kind of destination.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DestinationKind(pub(in crate::graphql) &'static destination::Kind);

/// A kind of destination: what a form needs to draw itself.
#[Object(crate = "crate::graphql::quick")]
impl DestinationKind {
    /// Its name in configurations, such as `webhook`.
    async fn kind(&self) -> &str {
        self.0.name
    }

    /// Its name for a person.
    async fn title(&self) -> &str {
        self.0.title
    }

    /// What it does, in a sentence or two.
    async fn description(&self) -> &str {
        self.0.description
    }

    /// The JSON Schema (draft 2020-12) of its configuration.
    async fn config_schema(&self) -> Json {
        Json(copy(&(self.0.config_schema)()))
    }

    /// The JSON Schema (draft 2020-12) of its secrets; every field is write-only.
    async fn secrets_schema(&self) -> Json {
        Json(copy(&(self.0.secrets_schema)()))
    }

    /// The fields that it is given unless the administrator says otherwise.
    async fn default_mapping(&self) -> Vec<DestinationField> {
        let fields = self.0.default_fields.iter();
        fields
            .map(|(field, from)| DestinationField { field: (*field).to_owned(), from: (*from).to_owned() })
            .collect()
    }

    /// What fields can be filled from; the same for every kind.
    async fn paths(&self) -> Vec<DestinationPath> {
        PATHS.iter().map(|&(path, description)| DestinationPath { path, description }).collect()
    }
}

/// A configured destination.
#[derive(Debug)]
pub(crate) struct Destination(pub(in crate::graphql) DestinationInfo);

/// A tool that is told who is in a segment and allows it for a purpose. Its secrets are never shown.
#[Object(crate = "crate::graphql::quick")]
impl Destination {
    /// Global id.
    pub(super) async fn id(&self) -> ID {
        ids::id(Kind::Destination, self.0.id)
    }

    /// Its short unique name.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// What people see.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its kind, as in `destinationKinds`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Its configuration, as the `configSchema` of its kind says; without secrets.
    async fn config(&self) -> JsonRef<'_> {
        JsonRef(&self.0.config)
    }

    /// Whether secrets are stored for it.
    async fn has_secrets(&self) -> bool {
        self.0.has_secrets
    }

    /// The key of the segment whose members it is told.
    async fn segment(&self) -> &str {
        &self.0.segment
    }

    /// The key of the purpose for which it is told them: who does not allow it is not.
    async fn purpose(&self) -> &str {
        &self.0.purpose
    }

    /// What of the profile goes into which field of the tool.
    async fn mapping(&self) -> Vec<DestinationField> {
        let fields = self.0.mapping.iter();
        fields
            .map(|Field { field, from }| DestinationField { field: field.clone(), from: from.clone() })
            .collect()
    }

    /// How it is doing.
    async fn state(&self) -> DestinationState {
        self.0.state.into()
    }

    /// How many people it is to know, as far as they have been considered.
    async fn members(&self) -> Count {
        Count(self.0.members)
    }

    /// How many deliveries wait.
    async fn waiting(&self) -> Count {
        Count(self.0.waiting)
    }

    /// How many deliveries were given up: dead letters.
    async fn dead(&self) -> Count {
        Count(self.0.dead)
    }

    /// How far it is behind, in seconds: how long the eldest delivery has waited; 0 where none waits.
    async fn lag_seconds(&self, ctx: &Context<'_>) -> Count {
        let waited = self.0.waiting_since.map(|since| loaders(ctx).profiles.now() - since);
        Count::from(waited.map_or(0, |waited| waited.num_seconds().max(0)))
    }

    /// Until when nothing is sent, because the tool asked for quiet or does not answer; null where it is sent to.
    async fn resume_at(&self) -> Option<DateTime> {
        self.0.resume_at.map(DateTime)
    }

    /// Why the last call failed, or why somebody could not be taken out yet; null where all is well. Without personal data.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_ref().map(|(error, _)| error.as_str())
    }

    /// When the last call failed, or since when somebody should be taken out; null where all is well.
    async fn last_error_at(&self) -> Option<DateTime> {
        self.0.last_error.as_ref().map(|(_, at)| DateTime(*at))
    }

    /// When it was configured.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When its configuration last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}

/// One change of one person at a destination. What was sent is kept nowhere.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct Delivery {
    /// Its idempotency key, which the tool is given with it however often it is sent: `webhook-id`, `messageId`.
    key: String,
    /// The profile. It may be another's by now, or none.
    #[graphql(owned)]
    profile_id: ID,
    /// What it does.
    #[graphql(owned)]
    deed: DeliveryDeed,
    /// How far it has come.
    #[graphql(owned)]
    state: DeliveryState,
    /// How often it was sent.
    #[graphql(owned)]
    attempts: i32,
    /// When it is sent, or sent again; null where nothing is left to do.
    next_attempt_at: Option<DateTime>,
    /// Why it was not taken. Without personal data.
    last_error: Option<String>,
    /// When it came to be so.
    created_at: DateTime,
    /// When nothing was left to do about it.
    done_at: Option<DateTime>,
}

impl From<activation::Delivery> for Delivery {
    fn from(found: activation::Delivery) -> Self {
        Self {
            key: found.id.to_string(),
            profile_id: ids::id(Kind::Profile, found.profile),
            deed: match found.deed.as_str() {
                "enter" => DeliveryDeed::Enter,
                "remove" => DeliveryDeed::Remove,
                _ => DeliveryDeed::Update,
            },
            state: found.state.into(),
            attempts: found.attempts,
            next_attempt_at: found.next_attempt_at.map(DateTime),
            last_error: found.last_error,
            created_at: DateTime(found.created_at),
            done_at: found.done_at.map(DateTime),
        }
    }
}

/// A page of the deliveries of a destination.
pub(in crate::graphql) async fn deliveries(
    ctx: &Context<'_>,
    destination: &ID,
    state: Option<DeliveryState>,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<connection::Deliveries> {
    let id = ids::expect("destination", destination, &[Kind::Destination])?;
    let before = paging::place("after", DELIVERIES, after)?;
    let size = paging::size(ctx, "first", first)?;
    let profiles = &loaders(ctx).profiles;
    let found = profiles.deliveries(id, state.map(Into::into), size + 1, before).await.map_err(top)?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut page = connection::Deliveries::new(before.is_some(), found.len() > size);
    page.edges.extend(found.into_iter().take(size).map(|delivery| -> Edge<_, _, EmptyFields> {
        Edge::new(paging::cursor(DELIVERIES, delivery.sequence), delivery.into())
    }));
    Ok(page)
}

/// What a person would be sent as.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct DestinationPreview {
    /// The profile.
    #[graphql(owned)]
    profile_id: ID,
    /// By which identifiers the tool recognises the person: lists by kind, the one that is used first standing first.
    identifiers: Json,
    /// The tool's fields and their values.
    fields: Json,
}

impl From<activation::Previewed> for DestinationPreview {
    fn from(found: activation::Previewed) -> Self {
        Self {
            profile_id: ids::id(Kind::Profile, found.profile),
            identifiers: Json(copy(&found.identifiers)),
            fields: Json(copy(&serde_json::Value::Object(found.fields))),
        }
    }
}
