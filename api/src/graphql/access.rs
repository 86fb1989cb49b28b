//! Who may what: one table, and the guard that reads it before every root field.

use async_graphql::{Context, Result};
use profiles::access::ApiKey;
use profiles::access::Role::{self, Admin, Analyst, Frontend, Sales};
use profiles::consent::{Purpose, Reader};

use super::error::refused;
use crate::http::code;

const EVERYONE: &[Role] = &[Admin, Analyst, Sales, Frontend];
const STAFF: &[Role] = &[Admin, Analyst, Sales];
const BACK_OFFICE: &[Role] = &[Admin, Analyst];
const ADMIN: &[Role] = &[Admin];

/// Every root field and every type that `node` can return, with the roles that may ask for it. What is not listed,
/// nobody may.
pub(super) const RIGHTS: &[(&str, &[Role])] = &[
    // Query
    ("node", EVERYONE),
    ("profile", EVERYONE),
    ("profiles", STAFF),
    ("household", STAFF),
    ("households", STAFF),
    ("account", STAFF),
    ("accounts", STAFF),
    ("overview", STAFF),
    ("sources", BACK_OFFICE),
    ("connectorKinds", BACK_OFFICE),
    ("connectors", BACK_OFFICE),
    ("connector", BACK_OFFICE),
    ("apiKeys", ADMIN),
    ("identityRules", BACK_OFFICE),
    ("identityQuality", BACK_OFFICE),
    ("matchCandidates", BACK_OFFICE),
    ("identityModels", BACK_OFFICE),
    ("previewIdentityRules", ADMIN),
    // Mutation
    ("createConnector", ADMIN),
    ("updateConnector", ADMIN),
    ("deleteConnector", ADMIN),
    ("checkConnector", ADMIN),
    ("syncConnector", ADMIN),
    ("cancelSync", ADMIN),
    ("createApiKey", ADMIN),
    ("revokeApiKey", ADMIN),
    ("mergeProfiles", ADMIN),
    ("splitProfile", ADMIN),
    ("undoDecision", ADMIN),
    ("resolveMatchCandidate", ADMIN),
    ("applyIdentityRules", ADMIN),
    // Subscription
    ("syncProgress", BACK_OFFICE),
    ("profileChanged", STAFF),
    // What `node` returns
    ("Profile", EVERYONE),
    ("SourceIdentity", STAFF),
    ("Order", STAFF),
    ("Product", STAFF),
    ("Company", STAFF),
    ("Account", STAFF),
    ("Household", STAFF),
    ("Deal", STAFF),
    ("Decision", STAFF),
    ("MatchCandidate", BACK_OFFICE),
    ("Source", BACK_OFFICE),
    ("Connector", BACK_OFFICE),
    ("SyncRun", BACK_OFFICE),
    ("RejectedRecord", BACK_OFFICE),
    ("ApiKey", ADMIN),
];

/// Whether a role may ask for a root field, or for an object of a type by its id.
pub(super) fn may(role: Role, what: &str) -> bool {
    RIGHTS.iter().any(|(name, roles)| *name == what && roles.contains(&role))
}

/// The guard of every root field.
pub(super) fn allowed(ctx: &Context<'_>) -> Result<()> {
    check(ctx, ctx.field().name())
}

/// Refuses a caller whose role may not ask for this.
pub(super) fn check(ctx: &Context<'_>, what: &str) -> Result<()> {
    let role = ctx.data::<std::sync::Arc<ApiKey>>()?.role;
    if may(role, what) {
        return Ok(());
    }
    Err(refused(code::FORBIDDEN, format!("an API key of the role {} may not ask for {what}", role.as_str())))
}

/// The reader that a caller is to the gate of consent: each role reads for one purpose.
pub(super) fn reader(caller: &ApiKey) -> Reader {
    let purpose = match caller.role {
        Admin => Purpose::Operation,
        Analyst => Purpose::Analytics,
        Sales => Purpose::Sales,
        Frontend => Purpose::Personalisation,
    };
    Reader { caller: caller.name.clone(), purpose }
}
