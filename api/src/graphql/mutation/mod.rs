//! What may be changed.
//!
//! A mutation returns a payload: the object as it is now, and `errors` that say why it is not as was wished. A payload
//! with errors means that nothing was changed.

mod actions;
mod campaigns;
mod connectors;
mod consent;
mod destinations;
mod identity;
mod keys;
mod lists;
mod personas;
mod predictions;
mod preferences;
mod requests;
mod retention;
mod rules;
mod segments;
mod slots;
mod write_keys;

use actions::ActionMutation;
use async_graphql::MergedObject;
use campaigns::CampaignMutation;
use connectors::ConnectorMutation;
use consent::ConsentMutation;
use destinations::DestinationMutation;
use identity::IdentityMutation;
use keys::KeyMutation;
use lists::ListMutation;
use personas::PersonaMutation;
use predictions::PredictionMutation;
use preferences::PreferenceMutation;
use requests::RequestMutation;
use retention::RetentionMutation;
use rules::RulesMutation;
use segments::SegmentMutation;
use slots::SlotMutation;
use write_keys::WriteKeyMutation;

/// What may be changed. Failures that are foreseen stand in the `errors` of the payload.
#[derive(MergedObject, Default)]
pub(super) struct Mutation(
    ConnectorMutation,
    KeyMutation,
    IdentityMutation,
    RulesMutation,
    ConsentMutation,
    RequestMutation,
    RetentionMutation,
    PreferenceMutation,
    SegmentMutation,
    ListMutation,
    SlotMutation,
    PersonaMutation,
    WriteKeyMutation,
    CampaignMutation,
    DestinationMutation,
    PredictionMutation,
    ActionMutation,
);
