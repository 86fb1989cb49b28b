//! Who may what: one table, and the guard that reads it before every root field.

use std::sync::Arc;

use async_graphql::{Context, Guard, ID, Result, Value};
use profiles::access::Role::{self, Admin, Analyst, Frontend, Sales};
use profiles::access::{Caller, CallerKind};
use profiles::audit::Deed;
use profiles::consent::{PERSONALISATION, Reader, Reads};

use super::error::{refused, top};
use super::ids;
use super::loaders::loaders;
use crate::config::PrivacySettings;
use crate::http::{Origin, code};

const EVERYONE: &[Role] = &[Admin, Analyst, Sales, Frontend];
const STAFF: &[Role] = &[Admin, Analyst, Sales];
const BACK_OFFICE: &[Role] = &[Admin, Analyst];
const SERVICE: &[Role] = &[Admin, Sales];
const ADMIN: &[Role] = &[Admin];
/// For visitors of pages alone, who have no role.
const NOBODY: &[Role] = &[];
/// What visitors may ask for.
const VISITORS: &[&str] = &["me", "decide"];

/// Every root field and every type that `node` can return, with the roles that may ask for it. What is not listed,
/// nobody may.
pub(super) const RIGHTS: &[(&str, &[Role])] = &[
    // Query
    ("node", EVERYONE),
    ("profile", EVERYONE),
    ("me", NOBODY),
    ("decide", EVERYONE),
    ("actionCatalogue", STAFF),
    ("actionDecision", STAFF),
    ("actionEvaluation", BACK_OFFICE),
    ("lists", STAFF),
    ("slots", STAFF),
    ("profiles", STAFF),
    ("household", STAFF),
    ("households", STAFF),
    ("account", STAFF),
    ("accounts", STAFF),
    ("overview", STAFF),
    ("purposes", STAFF),
    ("notices", STAFF),
    ("sources", BACK_OFFICE),
    ("connectorKinds", BACK_OFFICE),
    ("connectors", BACK_OFFICE),
    ("connector", BACK_OFFICE),
    ("apiKeys", ADMIN),
    ("auditLog", ADMIN),
    ("subjectRequests", ADMIN),
    ("erasedOrders", ADMIN),
    ("retentionPreview", ADMIN),
    ("receiptKey", STAFF),
    ("segments", STAFF),
    ("segment", STAFF),
    ("segmentTemplates", STAFF),
    ("previewSegment", ADMIN),
    ("explainSegment", STAFF),
    ("writeKeys", ADMIN),
    ("campaignMeanings", BACK_OFFICE),
    ("lifecycle", STAFF),
    ("funnel", BACK_OFFICE),
    ("campaigns", BACK_OFFICE),
    ("lifecycleTemplate", STAFF),
    ("destinationKinds", BACK_OFFICE),
    ("destinations", BACK_OFFICE),
    ("destination", BACK_OFFICE),
    ("deliveries", ADMIN),
    ("previewDestination", ADMIN),
    ("identityRules", BACK_OFFICE),
    ("identityQuality", BACK_OFFICE),
    ("matchCandidates", BACK_OFFICE),
    ("identityModels", BACK_OFFICE),
    ("modelVersions", STAFF),
    ("trainings", BACK_OFFICE),
    ("insights", STAFF),
    ("personas", STAFF),
    ("similarProfiles", STAFF),
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
    ("recordConsent", SERVICE),
    ("withdrawConsent", SERVICE),
    ("createPreferenceLink", SERVICE),
    ("definePurpose", ADMIN),
    ("publishNotice", ADMIN),
    ("receiveSubjectRequest", ADMIN),
    ("fulfilSubjectRequest", ADMIN),
    ("refuseSubjectRequest", ADMIN),
    ("liftSubjectRequest", ADMIN),
    ("applyRetention", ADMIN),
    ("defineSegment", ADMIN),
    ("removeSegment", ADMIN),
    ("createList", ADMIN),
    ("removeList", ADMIN),
    ("addToList", ADMIN),
    ("removeFromList", ADMIN),
    ("defineSlot", ADMIN),
    ("removeSlot", ADMIN),
    ("definePersona", ADMIN),
    ("removePersona", ADMIN),
    ("defineCampaignMeaning", ADMIN),
    ("removeCampaignMeaning", ADMIN),
    ("defineLifecycle", ADMIN),
    ("createWriteKey", ADMIN),
    ("revokeWriteKey", ADMIN),
    ("createDestination", ADMIN),
    ("updateDestination", ADMIN),
    ("deleteDestination", ADMIN),
    ("checkDestination", ADMIN),
    ("replayDeliveries", ADMIN),
    ("defineAction", ADMIN),
    ("removeAction", ADMIN),
    ("setActionLimits", ADMIN),
    ("recordActionOutcome", SERVICE),
    ("trainModel", ADMIN),
    ("promoteModel", ADMIN),
    ("cancelTraining", ADMIN),
    // Subscription
    ("syncProgress", BACK_OFFICE),
    ("profileChanged", STAFF),
    ("segmentChanged", STAFF),
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
    ("ActionDecision", STAFF),
    ("MatchCandidate", BACK_OFFICE),
    ("Source", BACK_OFFICE),
    ("Connector", BACK_OFFICE),
    ("SyncRun", BACK_OFFICE),
    ("Training", BACK_OFFICE),
    ("RejectedRecord", ADMIN),
    ("ApiKey", ADMIN),
    ("SubjectRequest", ADMIN),
    ("Segment", STAFF),
    ("WriteKey", ADMIN),
    ("Destination", BACK_OFFICE),
];

/// Whether a role may ask for a root field, or for an object of a type by its id.
pub(super) fn may(role: Role, what: &str) -> bool {
    RIGHTS.iter().any(|(name, roles)| *name == what && roles.contains(&role))
}

/// The guard of every root field.
pub(super) fn allowed(ctx: &Context<'_>) -> Result<()> {
    check(ctx, ctx.field().name())
}

/// The guard of every mutation: who may, and that it is written down before it is done.
pub(super) struct Audited;

impl Guard for Audited {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        allowed(ctx)?;
        let caller = ctx.data::<Arc<Caller>>()?;
        let loaders = loaders(ctx);
        let mut subject = Vec::new();
        for (_, value) in ctx.field().arguments()? {
            named(&value, &mut subject);
        }
        let deed = Deed {
            actor: caller.actor(),
            action: ctx.field().name().to_owned(),
            subject: (!subject.is_empty()).then(|| subject.join(" ")),
            purpose: loaders.reader.purpose.as_deref().map(str::to_owned),
            origin: ctx.data::<Origin>().ok().map(|origin| origin.0.to_string()),
        };
        loaders.profiles.audit(deed).await.map_err(top)?;
        Ok(())
    }
}

/// The global ids in an argument, wherever they stand: they name objects and tell nothing about them.
fn named(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if ids::read("", &ID(text.clone())).is_ok() => found.push(text.clone()),
        Value::List(items) => items.iter().for_each(|item| named(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| named(field, found)),
        _ => {}
    }
}

/// Refuses a caller who may not ask for this.
pub(super) fn check(ctx: &Context<'_>, what: &str) -> Result<()> {
    let caller = ctx.data::<Arc<Caller>>()?;
    let (may, who) = match caller.kind {
        CallerKind::Visitor(_) => (VISITORS.contains(&what), "a visitor".to_owned()),
        _ => (may(caller.role, what), format!("the role {}", caller.role.as_str())),
    };
    if may { Ok(()) } else { Err(refused(code::FORBIDDEN, format!("{who} may not ask for {what}"))) }
}

/// The reader that a caller is to the gate of consent: each role reads for one purpose, and a key may have another. What a person reads in the clear is
/// noted, and what a machine reads if that is wanted.
pub(super) fn reader(caller: &Caller, privacy: &PrivacySettings) -> Reader {
    let purpose = match caller.role {
        Admin => None,
        Analyst => Some("analytics"),
        Sales => Some("service"),
        Frontend => Some(PERSONALISATION),
    };
    let masked = privacy.masked_roles.contains(&caller.role) || matches!(caller.kind, CallerKind::Visitor(_));
    let noted = caller.kind == CallerKind::Person || privacy.audit_machine_reads;
    let reads = (noted && !masked).then(Reads::default);
    let purpose = caller.purpose.clone().or_else(|| purpose.map(Into::into));
    Reader { caller: caller.name.clone(), purpose, masked, reads }
}
