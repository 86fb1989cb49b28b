//! Pages of other origins.

use super::*;

const SHOP: &str = "https://shop.example";

fn world(origins: &[&str]) -> World {
    let allowed_origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
    World::with(HttpSettings { allowed_origins, ..HttpSettings::default() }, &GraphqlLimits::default())
}

async fn preflight(world: &World, origin: &str) -> Answer {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri("/graphql")
        .header(header::ORIGIN, origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    world.send(request.body(Body::empty()).unwrap()).await
}

async fn ask(world: &World, origin: &str) -> Answer {
    let request = post().header(header::ORIGIN, origin);
    world.send(request.body(r#"{"query":"{role}"}"#.into()).unwrap()).await
}

fn cors(answer: &Answer) -> Vec<&str> {
    let names = answer.headers.keys().map(header::HeaderName::as_str);
    names.filter(|name| name.starts_with("access-control-")).collect()
}

#[tokio::test]
async fn by_default_no_page_of_another_origin_may_read_an_answer() {
    let world = World::new();
    let answer = preflight(&world, SHOP).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(cors(&answer), [""; 0]);
    assert_eq!(cors(&ask(&world, SHOP).await), [""; 0]);
}

#[tokio::test]
async fn a_named_origin_may_and_its_browser_sends_no_cookie() {
    let world = world(&[SHOP, "http://localhost:3000"]);
    let answer = preflight(&world, SHOP).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("access-control-allow-origin"), SHOP);
    assert_eq!(answer.header("access-control-allow-methods"), "GET,POST");
    assert!(answer.header("access-control-allow-headers").contains("authorization"));
    let answer = ask(&world, SHOP).await;
    assert_eq!(answer.json(), json!({"data": {"role": "Frontend"}}));
    assert_eq!(answer.header("access-control-allow-origin"), SHOP);
    assert!(answer.header("vary").contains("origin"));
    assert_eq!(answer.header("access-control-allow-credentials"), "");
}

#[tokio::test]
async fn others_may_not_however_alike_they_look() {
    let world = world(&[SHOP]);
    for origin in [
        "https://evil.example",
        "http://shop.example",
        "https://shop.example.evil.example",
        "null",
        "https://shop.example:8443",
    ] {
        assert_eq!(preflight(&world, origin).await.header("access-control-allow-origin"), "", "{origin}");
        assert_eq!(ask(&world, origin).await.header("access-control-allow-origin"), "", "{origin}");
    }
}
