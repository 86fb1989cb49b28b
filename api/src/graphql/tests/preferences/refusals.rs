//! What is wrong, careless or hostile.

use axum::body::Body;
use axum::http::Request;

use super::{Answer, FORM, Link, StatusCode, World, history};

/// What every answer has in common.
fn check(answer: &Answer) {
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex, nofollow"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(answer.header(name), value);
    }
    let policy = answer.header("content-security-policy");
    for part in ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "style-src 'sha256-"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("script"), "{policy}");
    for outside in ["http:", "https:", "<script", " style=", "src=", "<link"] {
        assert!(!answer.text.contains(outside), "{outside}");
    }
    assert_eq!(answer.header("set-cookie"), "");
}

#[tokio::test]
async fn a_forged_link_is_not_found_and_tells_nothing() {
    let world = World::anna().await;
    let good = Link::annas(&world).await;
    check(&good.get("").await);
    let other = if good.path.ends_with('A') { "E" } else { "A" };
    let forged = format!("{}{other}", &good.path["/preferences/".len()..good.path.len() - 1]);
    let mut pages = Vec::new();
    for token in [forged.as_str(), "x", "%00", "%ff", "..%2f..%2fetc", &"A".repeat(4_000)] {
        let link = Link::to(&world, token);
        let page = link.get("?lang=da").await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{token}");
        assert!(page.text.contains("Dette link virker ikke"));
        check(&page);
        pages.push(page.text);
        assert_eq!(link.submit(&[("everything", "no")]).await.status, StatusCode::NOT_FOUND);
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "whatever is wrong with it, the page is the same");
    assert!(history(&world).await.is_empty());
}

#[tokio::test]
async fn a_link_that_has_ended_says_what_to_do() {
    let world = World::anna().await;
    let link = Link::for_a_minute(&world).await;
    assert_eq!(link.get("").await.status, StatusCode::OK);
    // The clock of this world goes on by a second whenever it is read.
    for _ in 0..60 {
        world.profiles.now();
    }
    let page = link.get("").await;
    assert_eq!(page.status, StatusCode::GONE);
    assert!(page.text.contains("This link has ended") && page.text.contains("for a new one"));
    check(&page);
    assert_eq!(link.submit(&[("everything", "no")]).await.status, StatusCode::GONE);
    assert!(history(&world).await.is_empty());
}

#[tokio::test]
async fn a_link_to_somebody_who_is_no_longer_there_leads_nowhere() {
    let world = World::anna().await;
    let link = Link::annas(&world).await;
    let elsewhere = World::empty().await;
    let page =
        Link { router: crate::preferences::pages(elsewhere.profiles.clone()), path: link.path }.get("").await;
    assert_eq!(page.status, StatusCode::GONE);
    assert!(page.text.contains("no longer leads anywhere"));
    check(&page);
}

#[tokio::test]
async fn a_form_that_the_page_did_not_write_is_refused_whole() {
    let world = World::anna().await;
    let link = Link::annas(&world).await;
    for wrong in [
        ("choice:dancing", "yes"),
        ("choice:email_marketing", "yes"),
        ("choice:email_marketing.0000000000000000", "no"),
        ("choice:profiling", "perhaps"),
        ("notice:profiling", "en:1"),
        ("email", "anna@example.com"),
    ] {
        let page = link.submit(&[("choice:advertising", "no"), wrong]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
        assert!(page.text.contains("Er is niets opgeslagen") && page.text.contains(r#"href="?lang=nl""#));
        check(&page);
    }
    assert!(history(&world).await.is_empty());
    let log = world.ask("{ auditLog { action } }").await;
    assert_eq!(log["auditLog"], serde_json::json!([]));
}

#[tokio::test]
async fn a_body_too_large_or_no_form_and_other_methods_are_refused() {
    let world = World::anna().await;
    let link = Link::annas(&world).await;
    let large = link.post(FORM, "x".repeat((64 << 10) + 1)).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    let json = link.post("application/json", "{}".to_owned()).await;
    assert_eq!(json.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let charset = link.post("application/x-www-form-urlencoded; charset=utf-8", String::new()).await;
    assert_eq!(charset.status, StatusCode::SEE_OTHER);
    let delete = link.send(Request::delete(&link.path).body(Body::empty()).unwrap()).await;
    assert_eq!((delete.status, delete.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, POST"));
    for page in [large, json, charset, delete] {
        check(&page);
    }
}
