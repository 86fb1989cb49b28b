//! Putting the schema together.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Data, ID, SDLExportOptions, SchemaBuilder};
use profiles::Profiles;
use profiles::access::{Caller, CallerKind};
use profiles::audiences::MembershipChange;
use profiles::view::changes::Change;

use super::access::reader;
use super::background::Background;
use super::changes::Feed;
use super::leaving::Schema;
use super::loaders::Loaders;
use super::mutation::Mutation;
use super::query::Query;
use super::subscription::Subscription;
use super::types::{Prediction, SegmentMemberEdge, SegmentMembers, VisitorTraits, connection};
use crate::config::{GraphqlLimits, PrivacySettings};
use crate::http;
use crate::preferences::Address;

/// The schema without the last look at its answers.
pub(super) type Bare = async_graphql::Schema<Query, Mutation, Subscription>;

/// How often changes are looked for while somebody follows them.
const LOOK: Duration = Duration::from_millis(200);

/// How often passages into and out of segments are: a page that adapts to them must not wait.
const SOON: Duration = Duration::from_millis(20);

/// The schema of a profile store. Syncs that it starts run in `background`; links that it makes lead to `address`.
pub fn schema(
    profiles: &Profiles,
    limits: &GraphqlLimits,
    background: Background,
    address: Address,
) -> Schema {
    with_look(profiles, limits, background, address, LOOK)
}

/// As [`schema`], looking for changes at another pace.
pub(super) fn with_look(
    profiles: &Profiles,
    limits: &GraphqlLimits,
    background: Background,
    address: Address,
    look: Duration,
) -> Schema {
    let schema = http::apply(bare(), limits).data(background).data(address);
    let memberships = Feed::<MembershipChange>::new(profiles.clone(), look.min(SOON));
    Schema(schema.data(Feed::<Change>::new(profiles.clone(), look)).data(memberships).finish())
}

/// Puts what belongs to one operation into its data: who asks, and fresh loaders.
pub fn prepare(profiles: &Profiles, privacy: &PrivacySettings, caller: &Arc<Caller>, data: &mut Data) {
    data.insert(Arc::clone(caller));
    if let CallerKind::Visitor(_) = caller.kind {
        data.insert(VisitorTraits(privacy.visitor_traits.clone()));
    }
    data.insert(Arc::new(Loaders::new(profiles.clone(), reader(caller, privacy))));
}

/// The schema in the schema definition language.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().include_specified_by().prefer_single_line_descriptions();
    bare().finish().sdl_with_options(options.use_space_ident())
}

fn bare() -> SchemaBuilder<Query, Mutation, Subscription> {
    Bare::build(Query, Mutation::default(), Subscription)
        .register_output_type::<Prediction>()
        .override_output_type_description::<ID>("A name of an object that clients take as it is.")
        .override_output_type_description::<connection::Profiles>("One page of a list of profiles.")
        .override_output_type_description::<connection::Households>(
            "One page of a list of households, by id.",
        )
        .override_output_type_description::<connection::MatchCandidates>(
            "One page of the profiles that may be one person.",
        )
        .override_output_type_description::<connection::Accounts>("One page of a list of accounts, by id.")
        .override_output_type_description::<connection::Orders>(
            "One page of a profile's orders, newest first.",
        )
        .override_output_type_description::<connection::Timeline>(
            "One page of a profile's timeline, newest first.",
        )
        .override_output_type_description::<connection::Sessions>(
            "One page of a profile's sessions, newest first.",
        )
        .override_output_type_description::<connection::SessionEdge>("A session in a list, with its place.")
        .override_output_type_description::<connection::History>(
            "One page of a profile's history, newest first.",
        )
        .override_output_type_description::<connection::SubjectRequests>(
            "One page of what data subjects asked for, newest first.",
        )
        .override_output_type_description::<connection::SubjectRequestEdge>(
            "A request in a list, with its place.",
        )
        .override_output_type_description::<connection::RejectedRecords>(
            "One page of what could not be understood, latest first.",
        )
        .override_output_type_description::<connection::Deliveries>(
            "One page of the deliveries of a destination, newest first.",
        )
        .override_output_type_description::<connection::DeliveryEdge>("A delivery in a list, with its place.")
        .override_output_type_description::<SegmentMembers>("One page of the members of a segment, by id.")
        .override_output_type_description::<SegmentMemberEdge>("A member of a segment, with its place.")
        .override_output_type_description::<connection::ProfileEdge>("A profile in a list, with its place.")
        .override_output_type_description::<connection::HouseholdEdge>(
            "A household in a list, with its place.",
        )
        .override_output_type_description::<connection::AccountEdge>("An account in a list, with its place.")
        .override_output_type_description::<connection::OrderEdge>("An order in a list, with its place.")
        .override_output_type_description::<connection::TimelineEdge>(
            "An entry of a timeline, with its place.",
        )
        .override_output_type_description::<connection::HistoryEdge>("An entry of a history, with its place.")
        .override_output_type_description::<connection::RejectedRecordEdge>(
            "A rejected record in a list, with its place.",
        )
}
