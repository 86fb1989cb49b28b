//! Who may what.

use std::collections::BTreeSet;

use profiles::access::Role;
use serde_json::Value;

use super::World;
use crate::graphql::access::{RIGHTS, may};
use crate::graphql::ids::Kind;

/// The names of the root fields, as the schema tells them.
pub(super) async fn root_fields(world: &World) -> BTreeSet<String> {
    let query = "{ __schema { queryType { fields { name } } mutationType { fields { name } } subscriptionType { fields { name } } } }";
    let schema = world.ask(query).await["__schema"].take();
    let fields = ["queryType", "mutationType", "subscriptionType"].map(|root| schema[root]["fields"].clone());
    let names: Vec<String> = fields
        .iter()
        .flat_map(|fields| fields.as_array().unwrap())
        .map(|field| field["name"].as_str().unwrap().to_owned())
        .collect();
    let unique: BTreeSet<String> = names.iter().cloned().collect();
    assert_eq!(unique.len(), names.len(), "two roots share a name, so the table cannot tell them apart");
    unique
}

#[tokio::test]
async fn every_root_field_and_node_type_is_decided_and_nothing_else_is() {
    let mut schema = root_fields(&World::empty().await).await;
    schema.extend(Kind::ALL.map(|kind| kind.name().to_owned()));
    let table: BTreeSet<String> = RIGHTS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(table, schema);
    assert_eq!(RIGHTS.len(), table.len(), "a line stands twice");
}

#[test]
fn roles_may_what_their_descriptions_say() {
    let of = |role| RIGHTS.iter().map(|(name, _)| *name).filter(|name| may(role, name)).collect::<Vec<_>>();
    assert_eq!(of(Role::Admin).len(), RIGHTS.len() - 1, "all but what is for visitors alone");
    assert_eq!(of(Role::Frontend), ["node", "profile", "decide", "Profile"]);
    let sales = [
        "node",
        "profile",
        "decide",
        "actionCatalogue",
        "actionDecision",
        "lists",
        "slots",
        "profiles",
        "household",
        "households",
        "account",
        "accounts",
        "overview",
        "purposes",
        "notices",
        "receiptKey",
        "segments",
        "segment",
        "segmentTemplates",
        "explainSegment",
        "lifecycle",
        "lifecycleTemplate",
        "modelVersions",
        "insights",
        "personas",
        "similarProfiles",
        "recordConsent",
        "withdrawConsent",
        "createPreferenceLink",
        "recordActionOutcome",
        "profileChanged",
        "segmentChanged",
    ];
    let objects = [
        "Profile",
        "SourceIdentity",
        "Order",
        "Product",
        "Company",
        "Account",
        "Household",
        "Deal",
        "Decision",
        "ActionDecision",
        "Segment",
    ];
    assert_eq!(of(Role::Sales), [&sales[..], &objects[..]].concat());
    for changes in ["createConnector", "cancelSync", "createApiKey", "apiKeys", "ApiKey", "mergeProfiles"] {
        assert!(!may(Role::Analyst, changes), "{changes}");
    }
    assert!(!may(Role::Admin, "whatIsNotListed"));
}

/// A selection of a root field with arguments that fit.
#[expect(clippy::too_many_lines, reason = "a table, a line for each root field")]
pub(super) fn operation(field: &str) -> String {
    let id = "00000000-0000-0000-0000-000000000000";
    let connector = format!(r#"(id: "Connector:{id}")"#);
    let query = |text: &str| format!("{{ {text} }}");
    let mutation = |text: &str| format!("mutation {{ {text} {{ errors {{ code }} }} }}");
    match field {
        "node" => query(&format!(r#"node(id: "Profile:{id}") {{ id }}"#)),
        "profile" => query(r#"profile(by: { userId: "x" }) { id }"#),
        "profiles" | "households" | "accounts" => query(&format!("{field} {{ totalCount }}")),
        "household" => query(&format!(r#"household(id: "Household:{id}") {{ id }}"#)),
        "account" => query(&format!(r#"account(id: "Account:{id}") {{ id }}"#)),
        "me" => query("me { displayName }"),
        "decide" => query(r#"decide(slots: [], visitor: { userId: "x" }) { cacheKey }"#),
        "slots" => query("slots { key }"),
        "lists" => query("lists { key }"),
        "createList" => mutation(r#"createList(key: "", name: "x")"#),
        "removeList" => mutation(r#"removeList(key: "x")"#),
        "addToList" | "removeFromList" => mutation(&format!(r#"{field}(list: "x", profiles: [])"#)),
        "defineSlot" => mutation(r#"defineSlot(input: { key: "", name: "x" })"#),
        "removeSlot" => mutation(r#"removeSlot(key: "x")"#),
        "personas" => query("personas { key }"),
        "similarProfiles" => query(r#"similarProfiles(profile: { userId: "x" }) { status }"#),
        "definePersona" => mutation(r#"definePersona(input: { key: "", name: "x", marks: [] })"#),
        "removePersona" => mutation(r#"removePersona(key: "x")"#),
        "overview" => query("overview { profiles }"),
        "sources" | "connectors" | "apiKeys" => query(&format!("{field} {{ id }}")),
        "connectorKinds" => query("connectorKinds { kind }"),
        "identityRules" => query("identityRules { version }"),
        "auditLog" => query("auditLog { number }"),
        "subjectRequests" => query("subjectRequests { edges { node { id } } }"),
        "erasedOrders" => query("erasedOrders { orders }"),
        "receiptKey" => query("receiptKey"),
        "retentionPreview" => query("retentionPreview { rows }"),
        "applyRetention" => mutation("applyRetention"),
        "actionCatalogue" => query("actionCatalogue { version }"),
        "actionDecision" => query(&format!(r#"actionDecision(id: "ActionDecision:{id}") {{ id }}"#)),
        "actionEvaluation" => query("actionEvaluation { choices }"),
        "defineAction" => {
            mutation(r#"defineAction(input: { key: "", name: "x", benefit: "1", expectedRate: 0.5 })"#)
        }
        "removeAction" => mutation(r#"removeAction(key: "x")"#),
        "setActionLimits" => mutation(r#"setActionLimits(input: { currency: "x" })"#),
        "recordActionOutcome" => {
            mutation(&format!(r#"recordActionOutcome(decisionId: "ActionDecision:{id}", outcome: TAKEN)"#))
        }
        "modelVersions" => query("modelVersions { version }"),
        "trainings" => query("trainings { id }"),
        "insights" => query("insights { model }"),
        "trainModel" => mutation("trainModel"),
        "cancelTraining" => mutation(&format!(r#"{field}(id: "Training:{id}")"#)),
        "promoteModel" => mutation("promoteModel(version: 1)"),
        "receiveSubjectRequest" => mutation(&format!(r#"{field}(kind: ERASURE, profile: "Profile:{id}")"#)),
        "refuseSubjectRequest" => mutation(&format!(r#"{field}(id: "SubjectRequest:{id}", reason: "x")"#)),
        "fulfilSubjectRequest" | "liftSubjectRequest" => {
            mutation(&format!(r#"{field}(id: "SubjectRequest:{id}")"#))
        }
        "purposes" => query("purposes { key }"),
        "notices" => query(r#"notices(purpose: "x") { version }"#),
        "recordConsent" | "withdrawConsent" => {
            mutation(&format!(r#"{field}(profile: "Profile:{id}", input: {{ purpose: "x" }})"#))
        }
        "createPreferenceLink" => mutation(&format!(r#"{field}(profile: "Profile:{id}")"#)),
        "definePurpose" => mutation(
            r#"definePurpose(input: { key: "", name: "x", description: "x", basis: CONSENT, dataGroups: [] })"#,
        ),
        "publishNotice" => {
            mutation(r#"publishNotice(purpose: "x", version: "1", language: "en", text: "x")"#)
        }
        "segments" => query("segments { key }"),
        "segment" => query(r#"segment(key: "x") { key }"#),
        "segmentTemplates" => query("segmentTemplates { key }"),
        "previewSegment" => query(r#"previewSegment(rule: { text: "nobody" }) { errors { code } }"#),
        "explainSegment" => query(r#"explainSegment(profile: { userId: "x" }, segment: "x") { holds }"#),
        "writeKeys" => query("writeKeys { id }"),
        "campaignMeanings" => query("campaignMeanings { key }"),
        "funnel" => query(
            r#"funnel(input: { steps: [{ event: "a" }, { event: "b" }], within: "P1D", from: "2024-01-01T00:00:00Z",
                to: "2024-02-01T00:00:00Z" }) { steps { people } }"#,
        ),
        "campaigns" => {
            query(r#"campaigns(from: "2024-01-01T00:00:00Z", to: "2024-02-01T00:00:00Z") { reach }"#)
        }
        "lifecycle" => query("lifecycle { version }"),
        "lifecycleTemplate" => query("lifecycleTemplate { key }"),
        "defineCampaignMeaning" => mutation(
            r#"defineCampaignMeaning(input: { key: "", parameter: CONTENT, pattern: "x", traits: [], confidence: 1 })"#,
        ),
        "removeCampaignMeaning" => mutation(r#"removeCampaignMeaning(key: "x")"#),
        "defineLifecycle" => mutation("defineLifecycle(stages: [])"),
        "destinations" => query("destinations { id }"),
        "destinationKinds" => query("destinationKinds { kind }"),
        "destination" => query(&format!(r#"destination(id: "Destination:{id}") {{ id }}"#)),
        "deliveries" => {
            query(&format!(r#"deliveries(destination: "Destination:{id}") {{ nodes {{ key }} }}"#))
        }
        "previewDestination" => {
            query(&format!(r#"previewDestination(id: "Destination:{id}") {{ profileId }}"#))
        }
        "createDestination" => {
            mutation(r#"createDestination(input: { kind: "none", segment: "x", purpose: "x" })"#)
        }
        "updateDestination" => {
            mutation(&format!(r#"updateDestination(id: "Destination:{id}", input: {{}})"#))
        }
        "deleteDestination" | "checkDestination" => mutation(&format!(r#"{field}(id: "Destination:{id}")"#)),
        "replayDeliveries" => mutation(&format!(r#"replayDeliveries(destination: "Destination:{id}")"#)),
        "defineSegment" => {
            mutation(r#"defineSegment(input: { key: "", name: "x", rule: { text: "nobody" } })"#)
        }
        "removeSegment" => mutation(r#"removeSegment(key: "x")"#),
        "createWriteKey" => mutation(r#"createWriteKey(input: { source: "", name: "x" })"#),
        "revokeWriteKey" => mutation(&format!(r#"revokeWriteKey(id: "WriteKey:{id}")"#)),
        "segmentChanged" => r#"subscription { segmentChanged(key: "x") { at } }"#.to_owned(),
        "identityQuality" => query("identityQuality { profiles }"),
        "matchCandidates" => query("matchCandidates { totalCount }"),
        "identityModels" => query("identityModels { version }"),
        "resolveMatchCandidate" => {
            mutation(&format!(r#"resolveMatchCandidate(id: "MatchCandidate:{id}", verdict: SAME)"#))
        }
        "previewIdentityRules" => query("previewIdentityRules(rules: {}) { preview { merges } }"),
        "applyIdentityRules" => mutation("applyIdentityRules(rules: {})"),
        "connector" => query(&format!("connector{connector} {{ id }}")),
        "createConnector" => mutation(r#"createConnector(input: { kind: "none" })"#),
        "updateConnector" => mutation(&format!(r#"updateConnector(id: "Connector:{id}", input: {{}})"#)),
        "createApiKey" => mutation(r#"createApiKey(input: { name: "x", role: SALES })"#),
        "mergeProfiles" => mutation("mergeProfiles(ids: [])"),
        "splitProfile" => mutation(&format!(r#"splitProfile(id: "Profile:{id}", groups: [])"#)),
        "undoDecision" => mutation(&format!(r#"undoDecision(id: "Decision:{id}")"#)),
        "revokeApiKey" => mutation(&format!(r#"revokeApiKey(id: "ApiKey:{id}")"#)),
        "syncProgress" => {
            format!(r#"subscription {{ syncProgress(connectorId: "Connector:{id}") {{ id }} }}"#)
        }
        "profileChanged" => "subscription { profileChanged { id } }".to_owned(),
        field => mutation(&format!("{field}{connector}")),
    }
}

#[tokio::test]
async fn the_table_holds_for_every_root_field_and_role() {
    let world = World::anna().await;
    let forbidden = |answer: &Value| answer["errors"][0]["extensions"]["code"] == "FORBIDDEN";
    for field in root_fields(&world).await {
        for role in Role::ALL {
            let operation = operation(&field);
            let refused = if operation.starts_with("subscription") {
                let mut stream = world.subscribe(role, &operation);
                let first = futures_util::StreamExt::next(&mut stream);
                // One that is let in may have nothing to tell.
                let first = tokio::time::timeout(std::time::Duration::from_millis(5), first).await;
                first.is_ok_and(|answer| answer.is_some_and(|answer| forbidden(&answer)))
            } else {
                let answer = world.answer(role, &operation).await;
                if forbidden(&answer) {
                    let data = &answer["data"];
                    assert!(data.is_null() || data[&field].is_null(), "{field} leaks to {role:?}");
                }
                forbidden(&answer)
            };
            assert_eq!(refused, !may(role, &field), "{field} for {role:?}");
        }
    }
}

#[tokio::test]
async fn node_gives_a_role_no_more_than_its_types() {
    let world = World::anna().await;
    for kind in Kind::ALL {
        let key = if matches!(kind, Kind::SyncRun | Kind::RejectedRecord) {
            "1"
        } else {
            "00000000-0000-0000-0000-000000000000"
        };
        let query = format!(r#"{{ node(id: "{}:{key}") {{ id }} }}"#, kind.name());
        for role in Role::ALL {
            let answer = world.answer(role, &query).await;
            let refused = answer["errors"][0]["extensions"]["code"] == "FORBIDDEN";
            assert_eq!(refused, !may(role, kind.name()), "{} for {role:?}", kind.name());
        }
    }
}
