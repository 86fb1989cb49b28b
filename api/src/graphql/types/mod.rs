//! What the schema speaks of. One file a topic; each says how a stored thing is shown, and no more.
#![expect(clippy::unused_async, reason = "the macro that makes a type of an impl wants every resolver async")]

mod account;
mod action;
mod action_evaluation;
mod allowed;
mod api_key;
mod audit;
mod behaviour;
mod campaign;
mod company;
mod connector;
mod consent;
mod deal;
mod decision;
mod destination;
mod fleet;
mod group;
mod history;
mod household;
mod identity;
mod journey;
mod kind;
mod lifecycle;
mod likeness;
mod list;
mod matching;
mod me;
mod money;
mod next_best;
mod node;
mod order;
mod overview;
mod past;
mod prediction;
mod product;
mod profile;
mod quality;
mod recommendation;
mod rejected;
mod request;
mod retention;
mod rules;
mod run;
mod search;
mod segment;
mod segment_rule;
mod slot;
mod source;
mod stored;
mod timeline;
mod totals;
mod training;
mod traits;
mod withheld;
mod write_key;

pub(super) use account::{Account, page as accounts};
pub(super) use action::{ActionCatalogue, ActionLimitsInput, ActionOutcome, DefineActionInput, OutcomeInput};
pub(super) use action_evaluation::{ActionDraftInput, ActionEvaluation};
pub(super) use api_key::{ApiKey, Role};
pub(super) use audit::AuditEntry;
pub(super) use campaign::{CampaignMeaning, DefineCampaignMeaningInput};
pub(super) use company::Company;
pub(super) use connector::Connector;
pub(super) use consent::{DefinePurposeInput, Notice, Purpose, RecordConsentInput, WithdrawConsentInput};
pub(super) use deal::Deal;
pub(super) use decision::{Decision, Verdict};
pub(super) use destination::{
    DeliveryState, Destination, DestinationFieldInput, DestinationKind, DestinationPreview, deliveries,
};
pub(super) use fleet::Insights;
pub(super) use household::{Household, page as households};
pub(super) use identity::SourceIdentity;
pub(super) use journey::{CampaignPerformance, Funnel, FunnelInput};
pub(super) use kind::ConnectorKind;
pub(super) use lifecycle::{Lifecycle, LifecycleStageTemplate};
pub(super) use likeness::{DefinePersonaInput, Persona, SimilarProfiles};
pub(super) use list::List;
pub(super) use matching::{MatchCandidate, MatchCandidateOrder, page as match_candidates};
pub(super) use me::{Me, VisitorTraits};
pub(super) use next_best::{ActionDecision, ReportedOutcome};
pub(super) use node::Node;
pub(super) use order::Order;
pub(super) use overview::Overview;
pub(super) use prediction::{ModelKind, ModelVersion, Prediction, days};
pub(super) use product::Product;
#[cfg(test)]
pub(super) use profile::PARTS;
pub(super) use profile::Profile;
pub(super) use quality::IdentityQuality;
pub(super) use rejected::RejectedRecord;
pub(super) use request::{
    CorrectionInput, ErasedOrders, SubjectRequest, SubjectRequestKind, SubjectRequestState,
    page as subject_requests,
};
pub(super) use retention::RetentionCount;
pub(super) use rules::{IdentityModel, IdentityRules, IdentityRulesPayload, PreviewIdentityRulesPayload};
pub(super) use run::SyncRun;
pub(super) use search::{ProfileFilter, ProfileList, ProfileOrder, ProfileRef};
pub(super) use segment::{
    PreviewSegmentPayload, Segment, SegmentChange, SegmentExplanation, SegmentMemberEdge, SegmentMembers,
    SegmentPreview, SegmentTemplate,
};
pub(super) use segment_rule::{SegmentDuration, SegmentRuleInput, errors as rule_errors};
pub(super) use slot::{Decisions, DefineSlotInput, Slot};
pub(super) use source::Source;
pub(super) use timeline::TimelineEntry;
pub(super) use training::Training;
pub(super) use write_key::WriteKey;

/// The pages of lists.
pub(super) mod connection {
    use async_graphql::connection::{Connection, Edge, EmptyFields};
    use chrono::{DateTime, Utc};
    use profiles::view::list::ListPlace;
    use profiles::view::timeline::Place;
    use uuid::Uuid;

    use crate::graphql::paging::Cursor;

    pub(in crate::graphql) type Profiles =
        Connection<Cursor<ListPlace>, super::Profile, super::search::ProfileCount>;
    pub(in crate::graphql) type ProfileEdge = Edge<Cursor<ListPlace>, super::Profile, EmptyFields>;
    pub(in crate::graphql) type Households =
        Connection<Cursor<Uuid>, super::Household, super::household::HouseholdCount>;
    pub(in crate::graphql) type HouseholdEdge = Edge<Cursor<Uuid>, super::Household, EmptyFields>;
    pub(in crate::graphql) type Accounts =
        Connection<Cursor<Uuid>, super::Account, super::account::AccountCount>;
    pub(in crate::graphql) type AccountEdge = Edge<Cursor<Uuid>, super::Account, EmptyFields>;
    pub(in crate::graphql) type Orders = Connection<Cursor<Place>, super::Order, super::order::OrderCount>;
    pub(in crate::graphql) type OrderEdge = Edge<Cursor<Place>, super::Order, EmptyFields>;
    pub(in crate::graphql) type Timeline = Connection<Cursor<Place>, super::TimelineEntry>;
    pub(in crate::graphql) type TimelineEdge = Edge<Cursor<Place>, super::TimelineEntry, EmptyFields>;
    pub(in crate::graphql) type Sessions = Connection<Cursor<DateTime<Utc>>, super::behaviour::Session>;
    pub(in crate::graphql) type SessionEdge =
        Edge<Cursor<DateTime<Utc>>, super::behaviour::Session, EmptyFields>;
    pub(in crate::graphql) type MatchCandidates = Connection<
        Cursor<profiles::matching::CandidatePlace>,
        super::MatchCandidate,
        super::matching::MatchCandidateCount,
    >;
    pub(in crate::graphql) type History = Connection<
        Cursor<profiles::past::Place>,
        super::history::HistoryEntry,
        super::history::HistoryExtent,
    >;
    pub(in crate::graphql) type HistoryEdge =
        Edge<Cursor<profiles::past::Place>, super::history::HistoryEntry, EmptyFields>;
    pub(in crate::graphql) type SubjectRequests =
        Connection<Cursor<(DateTime<Utc>, Uuid)>, super::SubjectRequest>;
    pub(in crate::graphql) type SubjectRequestEdge =
        Edge<Cursor<(DateTime<Utc>, Uuid)>, super::SubjectRequest, EmptyFields>;
    pub(in crate::graphql) type Deliveries = Connection<Cursor<i64>, super::destination::Delivery>;
    pub(in crate::graphql) type DeliveryEdge = Edge<Cursor<i64>, super::destination::Delivery, EmptyFields>;
    pub(in crate::graphql) type RejectedRecords =
        Connection<Cursor<(DateTime<Utc>, i64)>, super::RejectedRecord, super::rejected::RejectedCount>;
    pub(in crate::graphql) type RejectedRecordEdge =
        Edge<Cursor<(DateTime<Utc>, i64)>, super::RejectedRecord, EmptyFields>;
}
