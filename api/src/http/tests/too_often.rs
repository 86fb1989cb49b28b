//! Whoever asks too often is told when to come back.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::extract::ConnectInfo;
use tokio::time::advance;

use super::*;

fn world(requests_per_second: u32, burst: u32, strangers_per_minute: u32) -> World {
    let request_burst = NonZeroU32::new(burst).unwrap();
    let settings =
        HttpSettings { requests_per_second, request_burst, strangers_per_minute, ..HttpSettings::default() };
    World::with(settings, &GraphqlLimits::default())
}

async fn ask(world: &World, key: &str, address: &str) -> Answer {
    let peer = ConnectInfo(address.parse::<SocketAddr>().unwrap());
    let request = get("/graphql?query=%7Brole%7D").header("x-api-key", key).extension(peer);
    world.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn a_key_that_asks_too_often_gets_429_and_another_does_not() {
    let world = world(1, 2, 60);
    for _ in 0..2 {
        assert_eq!(world.query("{ role }").await.status, StatusCode::OK);
    }
    let answer = world.query("{ role }").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"));
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(answer.json().get("data"), None);
    assert_eq!(ask(&world, "rk_admin", "192.0.2.1:1").await.status, StatusCode::OK);
    advance(Duration::from_secs(1)).await;
    assert_eq!(world.query("{ role }").await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn the_refusal_is_in_the_media_type_that_was_asked_for() {
    let world = world(1, 1, 60);
    world.query("{ role }").await;
    let request = post().header(header::ACCEPT, "application/graphql-response+json");
    let answer = world.send(request.body(r#"{"query":"{role}"}"#.into()).unwrap()).await;
    assert_eq!(answer.code(), "RATE_LIMITED");
    assert!(answer.header("content-type").starts_with("application/graphql-response+json"));
}

#[tokio::test(start_paused = true)]
async fn whoever_guesses_keys_is_refused_unheard_and_locks_nobody_out() {
    let world = world(100, 100, 2);
    let (guesser, neighbour) = ("192.0.2.1:1", "192.0.2.1:2");
    assert_eq!(ask(&world, "rk_frontend", neighbour).await.status, StatusCode::OK);
    assert_eq!(ask(&world, "rk_guess", guesser).await.status, StatusCode::UNAUTHORIZED);
    let answer = ask(&world, "rk_guess", guesser).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"));
    assert_eq!(answer.header("retry-after"), "30");
    let right = ask(&world, "rk_admin", guesser).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS, "a good guess looks like a bad one");
    assert_eq!(ask(&world, "rk_frontend", neighbour).await.status, StatusCode::OK);
    assert_eq!(ask(&world, "rk_guess", "192.0.2.2:1").await.status, StatusCode::UNAUTHORIZED);
    advance(Duration::from_secs(30)).await;
    assert_eq!(ask(&world, "rk_admin", guesser).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn the_paths_at_which_people_sign_in_count_by_address() {
    let world = world(100, 100, 1);
    let further = async |address: &str| {
        let request = get("/further").extension(ConnectInfo(address.parse::<SocketAddr>().unwrap()));
        world.send(request.body(Body::empty()).unwrap()).await.status
    };
    assert_eq!(further("192.0.2.1:1").await, StatusCode::OK);
    assert_eq!(further("192.0.2.1:2").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(further("192.0.2.2:1").await, StatusCode::OK);
    let nothing = world.send(get("/nothing").body(Body::empty()).unwrap()).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
}
