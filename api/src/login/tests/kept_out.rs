//! Who does not get in: forged and stale tokens, answers that were not asked for, people without a role.

use super::*;

/// Signs in at a provider that was tampered with.
async fn refused(world: &World, what: &str) {
    let answer = world.sign_in().await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}: {}", answer.body);
    assert!(answer.body.contains("does not prove who you are"), "{what}: {}", answer.body);
    assert_eq!(world.cookie("rondom"), None, "{what}");
    assert_eq!(world.ask(OVERVIEW).await.status, StatusCode::UNAUTHORIZED, "{what}");
}

#[tokio::test]
async fn a_token_that_was_not_signed_by_a_key_of_the_provider_is_refused() {
    let world = World::new().await;
    for signing in
        [Signing::None, Signing::Hs256WithPublicKey, Signing::Hs256WithClientSecret, Signing::ForeignKey]
    {
        world.provider.lock().unwrap().signing = signing;
        refused(&world, &format!("{signing:?}")).await;
    }
}

#[tokio::test]
async fn a_token_for_another_sign_in_client_or_time_is_refused() {
    let world = World::new().await;
    let past = world.profiles.now().timestamp();
    for (what, claims) in [
        ("wrong nonce", json!({ "nonce": "other" })),
        ("no nonce", json!({ "nonce": null })),
        ("expired", json!({ "exp": past })),
        ("foreign issuer", json!({ "iss": "https://evil.example" })),
        ("foreign audience", json!({ "aud": "another" })),
        ("one audience too many", json!({ "aud": ["rondom", "another"] })),
        ("authorised for another", json!({ "azp": "another" })),
    ] {
        world.provider.lock().unwrap().claims = claims;
        refused(&world, what).await;
    }
    world.provider.lock().unwrap().claims = json!({ "azp": "rondom", "aud": ["rondom"] });
    assert_eq!(world.sign_in().await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn nobody_without_a_group_that_has_a_role_gets_in() {
    let world = World::new().await;
    for groups in
        [json!([]), json!(["everybody"]), json!(null), json!({ "cdp-admins": true }), json!("CDP-ADMINS")]
    {
        world.provider.lock().unwrap().claims = json!({ "groups": groups });
        let answer = world.sign_in().await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{groups}");
        assert!(answer.body.contains("in no group"), "{}", answer.body);
        assert_eq!(world.cookie("rondom"), None);
    }
    assert!(world.profiles.audit_entries(None, 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_that_this_browser_did_not_ask_for_is_refused() {
    let world = World::new().await;
    let not_begun = async |address: &str, what: &str| {
        let answer = world.get(address).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what}: {}", answer.body);
        assert_eq!(world.cookie("rondom"), None, "{what}");
    };
    let back = world.way_back("/auth/login").await;
    not_begun(&back.replace("state=", "state=x"), "wrong state").await;
    not_begun(&back, "the sign-in was used up").await;

    let back = world.way_back("/auth/login").await;
    not_begun(back.split("&state=").next().unwrap(), "no state").await;

    let back = world.way_back("/auth/login").await;
    world.way_back("/auth/login").await;
    not_begun(&back, "begun anew").await;

    let back = world.way_back("/auth/login").await;
    let cookie = world.cookie("rondom-sign-in").unwrap();
    let flipped = if cookie.ends_with('A') { "Q" } else { "A" };
    world.set_cookie("rondom-sign-in", &format!("{}{flipped}", &cookie[..cookie.len() - 1]));
    not_begun(&back, "a cookie that was tampered with").await;

    let back = world.way_back("/auth/login").await;
    world.pass(TimeDelta::minutes(10));
    not_begun(&back, "too late").await;
}

#[tokio::test]
async fn a_person_whom_the_provider_turns_away_stays_out() {
    let world = World::new().await;
    let back = world.way_back("/auth/login").await;
    let (_, state) = back.split_once("&state=").unwrap();
    let answer = world.get(&format!("/auth/callback?error=access_denied&state={state}")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("did not sign you in"), "{}", answer.body);
}

#[tokio::test]
async fn a_code_is_good_for_the_browser_that_asked_for_it_alone() {
    let world = World::new().await;
    let stolen = world.way_back("/auth/login").await;
    let (stolen, _) = stolen.split_once("&state=").unwrap();
    let own = world.way_back("/auth/login").await;
    let (_, state) = own.split_once("&state=").unwrap();
    let answer = world.get(&format!("{stolen}&state={state}")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "PKCE: {}", answer.body);
    assert_eq!(world.cookie("rondom"), None);
}

#[tokio::test]
async fn a_link_leads_nowhere_else() {
    let world = World::new().await;
    for path in ["//evil.example", "https://evil.example", "/%5Cevil.example", "/%09/evil.example", "x"] {
        let answer = world.get(&format!("/auth/login?return_to={path}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.cookies().is_empty());
    }
    let twice = world.get("/auth/login?return_to=/&return_to=//evil.example").await;
    assert_eq!(twice.status, StatusCode::BAD_REQUEST);
}
