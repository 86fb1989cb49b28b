//! Seeing and changing.

use serde_json::{Value, json};

use super::{Link, StatusCode, World, anna, decision, history};

async fn say(world: &World, mutation: &str, input: &str) {
    let id = anna(world).await;
    let query = format!(
        r#"mutation {{ {mutation}(profile: "{id}", input: {{ {input} }}) {{ errors {{ message }} }} }}"#
    );
    assert_eq!(world.ask(&query).await[mutation]["errors"], json!([]));
}

const YES: &str = r#"purpose: "email_marketing", contactPoint: { email: "anna@example.com" }, method: "form", evidence: { form: "newsletter" }"#;

#[tokio::test]
async fn the_page_shows_what_holds_and_a_withdrawal_is_obeyed_at_the_next_read() {
    let world = World::anna().await;
    say(&world, "recordConsent", YES).await;
    let link = Link::annas(&world).await;
    let page = link.get("").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.text.contains(r#"<html lang="en">"#) && page.text.contains("You agreed, since"),
        "{}",
        page.text
    );
    let email = page.fields("choice:email_marketing")[0].0.clone();
    assert_eq!(page.checked(&email).as_deref(), Some("still"));
    assert_eq!(page.checked("choice:profiling"), None, "nothing is filled in where nothing was said");
    assert!(page.text.contains("a***@example.com") && page.text.contains("+31 ****7735"));
    for plain in ["anna", "visser", "20417735", "6 204"] {
        assert!(!page.text.to_lowercase().contains(plain), "{plain} stands in the page");
    }

    let saved = link.submit(&[(&email, "no"), ("choice:profiling", "yes"), ("choice:service", "no")]).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, "?lang=nl&saved=1"));
    let email_now = decision(&world, r#"purpose: "email_marketing""#).await;
    assert_eq!(email_now, json!({ "allowed": false, "reason": "WITHDRAWN" }));
    assert_eq!(decision(&world, r#"purpose: "profiling""#).await["reason"], "CONSENTED");
    assert_eq!(decision(&world, r#"purpose: "service""#).await["reason"], "OBJECTED");
    let page = link.get("?lang=nl&saved=1").await;
    assert!(page.text.contains(r#"role="status""#) && page.text.contains("Uw keuzes zijn opgeslagen."));
    assert_eq!(page.checked(&email).as_deref(), Some("no"));
    assert_eq!(page.checked("choice:profiling").as_deref(), Some("still"));
}

#[tokio::test]
async fn only_what_changed_is_recorded_with_its_proof_and_every_submission_is_written_down() {
    let world = World::anna().await;
    let publish = r#"mutation { a: publishNotice(purpose: "profiling", version: "1", language: "en", text: "Old") { errors { code } }
        b: publishNotice(purpose: "profiling", version: "2", language: "en", text: "We <guess>.") { errors { code } } }"#;
    world.ask(publish).await;
    say(&world, "recordConsent", YES).await;
    let link = Link::annas(&world).await;
    let page = link.get("?lang=da").await;
    assert!(
        page.text.contains(r#"<div lang="en">We &lt;guess&gt;.</div>"#),
        "the newest, and in English for want of Danish"
    );
    assert_eq!(page.fields("notice:"), [("notice:profiling".to_owned(), "en:2".to_owned())]);
    let email = page.fields("choice:email_marketing")[0].0.clone();
    let answers = [(email.as_str(), "still"), ("choice:profiling", "yes"), ("notice:profiling", "en:2")];
    assert_eq!(link.submit(&answers).await.status, StatusCode::SEE_OTHER);
    assert_eq!(link.submit(&answers).await.status, StatusCode::SEE_OTHER);

    let said = history(&world).await;
    assert_eq!(said.len(), 2, "the yes from before, and one more: {said:?}");
    assert_eq!(
        said[0]["statement"],
        json!({ "purpose": "profiling", "status": "GRANTED", "contactPoint": null })
    );
    let proof = [&said[0]["method"], &said[0]["notice"], &said[0]["recordedBy"]];
    assert_eq!(proof, ["preference_centre", "2", "preference centre"]);
    let evidence = &said[0]["evidence"];
    assert_eq!([&evidence["language"], &evidence["notice_language"]], ["nl", "en"]);
    assert_eq!(evidence["address_hash"].as_str().unwrap().len(), 16);
    assert!(!evidence.to_string().contains("192.0.2"), "{evidence}");
    let log = world.ask("{ auditLog(first: 2) { actor action subject origin } }").await;
    let entry = json!({ "actor": "the person", "action": "preferences", "subject": anna(&world).await, "origin": evidence["address_hash"] });
    assert_eq!(log["auditLog"], json!([entry, entry]));
}

#[tokio::test]
async fn a_yes_that_was_filled_in_is_no_new_consent_but_a_no_from_an_old_page_is_obeyed() {
    let world = World::anna().await;
    say(&world, "recordConsent", YES).await;
    let link = Link::annas(&world).await;
    let email = link.get("").await.fields("choice:email_marketing")[0].0.clone();
    say(
        &world,
        "withdrawConsent",
        r#"purpose: "email_marketing", contactPoint: { email: "anna@example.com" }"#,
    )
    .await;
    assert_eq!(link.submit(&[(&email, "still")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(decision(&world, r#"purpose: "email_marketing""#).await["reason"], "WITHDRAWN");
    assert_eq!(link.submit(&[(&email, "yes")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(decision(&world, r#"purpose: "email_marketing""#).await["reason"], "CONSENTED");
    assert_eq!(link.submit(&[(&email, "no")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(decision(&world, r#"purpose: "email_marketing""#).await["reason"], "WITHDRAWN");
}

#[tokio::test]
async fn a_text_message_that_is_agreed_to_here_is_agreed_to_in_writing() {
    let world = World::anna().await;
    let link = Link::annas(&world).await;
    let sms = link.get("").await.fields("choice:sms_marketing")[0].0.clone();
    link.submit(&[(&sms, "yes")]).await;
    assert_eq!(decision(&world, r#"purpose: "sms_marketing""#).await["allowed"], true);
    assert_eq!(decision(&world, r#"purpose: "phone_marketing""#).await["reason"], "NEVER_ASKED");
}

#[tokio::test]
async fn no_to_everything_holds_for_each_of_the_source_identities_after_a_split() {
    let world = World::anna().await;
    let id = anna(&world).await;
    let link = Link::of(&world, &id).await;
    assert_eq!(
        link.submit(&[("everything", "no"), ("choice:profiling", "yes")]).await.status,
        StatusCode::SEE_OTHER
    );
    let every = r"consents { purpose { key } decision { allowed reason } }";
    let query = format!(
        r#"{{ profile(by: {{ email: "anna@example.com" }}) {{ sourceIdentities {{ id source {{ key }} }} {every} }} }}"#
    );
    let whole = world.ask(&query).await["profile"].take();
    let all = whole["consents"].as_array().unwrap();
    assert!(all.len() == 9 && all.iter().all(|consent| consent["decision"]["allowed"] == false), "{whole}");
    let said = history(&world).await.len();
    assert_eq!(said, 9);
    assert_eq!(link.submit(&[("everything", "no")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(history(&world).await.len(), said, "what each has said already is not said again");

    let members = whole["sourceIdentities"].as_array().unwrap();
    let shop =
        members.iter().find(|member| member["source"]["key"] == "shop").unwrap()["id"].as_str().unwrap();
    let split = format!(
        r#"mutation {{ splitProfile(id: "{id}", groups: [["{shop}"]]) {{ profiles {{ id {every} }} errors {{ message }} }} }}"#
    );
    let parts = world.ask(&split).await["splitProfile"].take();
    assert_eq!(parts["errors"], json!([]));
    assert_eq!(parts["profiles"].as_array().unwrap().len(), 2);
    for part in parts["profiles"].as_array().unwrap() {
        let consents = part["consents"].as_array().unwrap();
        assert!(consents.iter().all(|consent| consent["decision"]["allowed"] == false), "{part}");
    }
}

#[tokio::test]
async fn a_link_to_a_profile_that_was_merged_leads_to_the_one_that_it_became() {
    use connectors::Page;
    use connectors::canonical::Body;

    use crate::graphql::tests::world::{person, record};
    let world = World::anna().await;
    let help = world.source("help", "file", "file").await;
    let other = record("h1", "2026-11-20T00:00:00Z", Body::Person(person("A", "V", "av@example.net")));
    world.deliver(help, Page { records: vec![other], ..Page::default() }).await;
    let found = world.ask(r#"{ profile(by: { email: "av@example.net" }) { id } }"#).await;
    let young = found["profile"]["id"].as_str().unwrap().to_owned();
    let link = Link::of(&world, &young).await;
    assert!(!link.get("").await.text.contains("a***@example.com"));
    let old = anna(&world).await;
    let merge =
        format!(r#"mutation {{ mergeProfiles(ids: ["{young}", "{old}"]) {{ errors {{ message }} }} }}"#);
    assert_eq!(world.ask(&merge).await["mergeProfiles"]["errors"], json!([]));
    let page = link.get("").await;
    assert!(page.text.contains("a***@example.com") && page.text.contains("a***@example.net"));
    link.submit(&[("choice:profiling", "yes")]).await;
    assert_eq!(decision(&world, r#"purpose: "profiling""#).await["reason"], "CONSENTED");
}

#[tokio::test]
async fn purposes_of_their_own_are_shown_in_the_administrators_words_and_those_without_a_choice_are_not() {
    let world = World::anna().await;
    let define = |key: &str, basis: &str| {
        format!(
            r#"mutation {{ definePurpose(input: {{ key: "{key}", name: "The {key} <b>", description: "All of {key}.", basis: {basis},
                dataGroups: [] }}) {{ errors {{ message }} }} }}"#
        )
    };
    for (key, basis) in [("club", "CONSENT"), ("delivery", "CONTRACT"), ("profiling", "PUBLIC_TASK")] {
        world.ask(&define(key, basis)).await;
    }
    let page = Link::annas(&world).await.get("?lang=nl").await;
    assert!(page.text.contains("The club &lt;b&gt;") && !page.text.contains("<b>"));
    assert!(!page.text.contains("delivery"), "nobody can say no to a contract's needs");
    assert!(page.text.contains("The profiling") && page.text.contains("algemeen belang"));
}

#[tokio::test]
async fn two_addresses_that_look_alike_are_numbered() {
    use connectors::Page;
    use connectors::canonical::{Body, IdentifierKind};

    use crate::graphql::tests::world::{person, record};
    let world = World::anna().await;
    let crm = world.source("crm", "hubspot", "crm").await;
    let mut anna = person("Anna", "Visser", "anna@example.com");
    anna.identify(IdentifierKind::Email, Some("alt@example.com"));
    let changed = record("c1", "2026-11-20T00:00:00Z", Body::Person(anna));
    world.deliver(crm, Page { records: vec![changed], ..Page::default() }).await;
    let page = Link::annas(&world).await.get("").await;
    assert!(page.text.contains("a***@example.com (1)") && page.text.contains("a***@example.com (2)"));
    let names: std::collections::BTreeSet<_> =
        page.fields("choice:email_marketing").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 2);
}

#[tokio::test]
async fn the_language_is_the_one_that_is_asked_for_else_the_browsers() {
    let world = World::anna().await;
    let link = Link::annas(&world).await;
    let request = axum::http::Request::get(&link.path).header("accept-language", "da, en;q=0.5");
    let page = link.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert!(page.text.contains(r#"<html lang="da">"#) && page.text.contains("Dine valg"));
    assert!(page.text.contains(r#"action="?lang=da""#), "what is sent is answered in the same language");
    let request = axum::http::Request::get(format!("{}?lang=nl", link.path)).header("accept-language", "da");
    let page = link.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert!(page.text.contains(r#"<html lang="nl">"#) && page.text.contains("Telefoon"));
    assert!(link.get("?lang=fr").await.text.contains(r#"<html lang="en">"#));
}

#[tokio::test]
async fn an_undated_no_of_a_system_is_explained_where_a_yes_does_not_end_it() {
    use connectors::Page;
    use connectors::canonical::{ConsentStatement, ConsentStatus};
    let world = World::anna().await;
    let crm = world.source("crm", "hubspot", "crm").await;
    let opted_out = ConsentStatement {
        person: "c1".to_owned(),
        purpose: "profiling".to_owned(),
        contact_point: None,
        status: ConsentStatus::Withdrawn,
        stated_at: None,
        expires_at: None,
        method: None,
        notice: None,
        evidence: std::collections::BTreeMap::new(),
    };
    world.deliver(crm, Page { consents: vec![opted_out], ..Page::default() }).await;
    let link = Link::annas(&world).await;
    link.submit(&[("choice:profiling", "yes")]).await;
    assert_eq!(decision(&world, r#"purpose: "profiling""#).await["reason"], Value::from("WITHDRAWN"));
    assert!(link.get("").await.text.contains("reported this without a date"));
}
