//! Subscriptions, over a real socket on loopback.

use std::num::NonZeroU32;
use std::sync::mpsc;
use std::time::Duration;

use futures_util::SinkExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::{self, Message, client::IntoClientRequest};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::*;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Serves the world and opens a socket to it.
async fn open(
    world: &World,
    headers: &[(&'static str, &'static str)],
) -> Result<Socket, Box<tungstenite::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut request =
        format!("ws://{}/graphql", listener.local_addr().unwrap()).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let (router, shutdown) = (world.router.clone(), world.shutdown.clone());
    tokio::spawn(super::super::serve(listener, router, shutdown, Duration::from_secs(1)));
    connect_async(request).await.map(|(socket, _)| socket).map_err(Box::new)
}

const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

async fn say(socket: &mut Socket, message: Value) {
    socket.send(Message::text(message.to_string())).await.unwrap();
}

/// The next message that is no heartbeat: JSON, or the code of a close.
async fn hear(socket: &mut Socket) -> Result<Value, u16> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(Some(frame)))) => return Err(frame.code.into()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            other => panic!("unexpected: {other:?}"),
        }
    }
}

/// Opens a socket and says who is there.
async fn connect(world: &World, payload: Value) -> (Socket, Result<Value, u16>) {
    let mut socket = open(world, &[PROTOCOL]).await.unwrap();
    say(&mut socket, json!({"type": "connection_init", "payload": payload})).await;
    let answer = hear(&mut socket).await;
    (socket, answer)
}

async fn admitted(world: &World) -> Socket {
    let (socket, answer) = connect(world, json!({"authorization": "Bearer rk_admin"})).await;
    assert_eq!(answer, Ok(json!({"type": "connection_ack"})));
    socket
}

async fn subscribe(socket: &mut Socket, id: &str, query: &str) {
    say(socket, json!({"type": "subscribe", "id": id, "payload": {"query": query}})).await;
}

#[tokio::test]
async fn a_subscription_delivers_until_it_is_complete() {
    let mut socket = admitted(&World::new()).await;
    subscribe(&mut socket, "1", "subscription { count(to: 2) }").await;
    for n in 1..=2 {
        let expected = json!({"type": "next", "id": "1", "payload": {"data": {"count": n}}});
        assert_eq!(hear(&mut socket).await, Ok(expected));
    }
    assert_eq!(hear(&mut socket).await, Ok(json!({"type": "complete", "id": "1"})));
    subscribe(&mut socket, "2", "{ role }").await;
    assert_eq!(
        hear(&mut socket).await.unwrap()["payload"]["data"]["role"],
        "Admin",
        "queries run here as well"
    );
}

#[tokio::test]
async fn whatever_is_asked_over_a_socket_is_known_to_come_from_its_other_end() {
    let mut socket = admitted(&World::new()).await;
    for (id, query) in [("1", "{ origin }"), ("2", "subscription { origin }")] {
        subscribe(&mut socket, id, query).await;
        assert_eq!(hear(&mut socket).await.unwrap()["payload"]["data"]["origin"], "127.0.0.1", "{query}");
        assert_eq!(hear(&mut socket).await.unwrap()["type"], "complete");
    }
}

#[tokio::test]
async fn the_key_may_come_with_the_handshake() {
    let world = World::new();
    let mut socket = open(&world, &[PROTOCOL, ("authorization", "Bearer rk_frontend")]).await.unwrap();
    say(&mut socket, json!({"type": "connection_init"})).await;
    assert_eq!(hear(&mut socket).await, Ok(json!({"type": "connection_ack"})));
}

#[tokio::test]
async fn no_key_or_a_wrong_one_closes_with_4401() {
    let world = World::new();
    for payload in [json!(null), json!({}), json!({"authorization": "Bearer rk_wrong"})] {
        assert_eq!(connect(&world, payload).await.1, Err(4401));
    }
    let away = json!({"authorization": "Bearer rk_while_the_database_is_away"});
    assert_eq!(connect(&world, away).await.1, Err(1013));
}

#[tokio::test]
async fn nothing_runs_before_the_key_is_checked() {
    let mut socket = open(&World::new(), &[PROTOCOL]).await.unwrap();
    subscribe(&mut socket, "1", "subscription { count(to: 1) }").await;
    assert_eq!(hear(&mut socket).await, Err(4401));
}

#[tokio::test]
async fn a_message_that_is_none_closes_with_4400() {
    let mut socket = admitted(&World::new()).await;
    socket.send(Message::text("{")).await.unwrap();
    assert_eq!(hear(&mut socket).await, Err(4400));
}

#[tokio::test]
async fn another_subprotocol_is_refused() {
    let refused = open(&World::new(), &[("sec-websocket-protocol", "graphql-ws")]).await;
    let Err(error) = refused else { panic!("opened") };
    let tungstenite::Error::Http(response) = *error else { panic!("{error}") };
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn limits_and_the_veil_hold_here_too() {
    let mut socket = admitted(&World::new()).await;
    let deep = format!("subscription {{ count(to: 1) }} query Q {}{}", "{ next ".repeat(50), "}".repeat(50));
    subscribe(&mut socket, "1", &deep).await;
    let answer = hear(&mut socket).await.unwrap();
    assert!(answer["payload"]["errors"][0]["extensions"]["code"].is_string(), "{answer}");
    assert_eq!(hear(&mut socket).await.unwrap()["type"], "complete");
    subscribe(&mut socket, "2", "subscription { broken }").await;
    let answer = hear(&mut socket).await.unwrap();
    assert_eq!(answer["payload"]["errors"][0]["extensions"]["code"], "INTERNAL_SERVER_ERROR");
    assert!(!answer.to_string().contains("anna@example.com"), "{answer}");
}

#[tokio::test]
async fn one_subscription_too_many_is_refused_and_a_place_is_given_back() {
    let settings = HttpSettings { max_subscriptions: NonZeroU32::new(1).unwrap(), ..HttpSettings::default() };
    let mut socket = admitted(&World::with(settings, &GraphqlLimits::default())).await;
    subscribe(&mut socket, "1", "subscription { silence }").await;
    subscribe(&mut socket, "2", "subscription { count(to: 1) }").await;
    let answer = hear(&mut socket).await.unwrap();
    assert_eq!(answer["payload"]["errors"][0]["extensions"]["code"], "TOO_MANY_SUBSCRIPTIONS");
    assert_eq!(hear(&mut socket).await.unwrap(), json!({"type": "complete", "id": "2"}));
    say(&mut socket, json!({"type": "complete", "id": "1"})).await;
    assert_eq!(hear(&mut socket).await.unwrap(), json!({"type": "complete", "id": "1"}));
    subscribe(&mut socket, "3", "subscription { count(to: 1) }").await;
    assert_eq!(hear(&mut socket).await.unwrap()["payload"]["data"]["count"], 1);
}

#[tokio::test]
async fn a_revoked_key_ends_its_subscriptions_at_the_next_heartbeat() {
    let world = World::new();
    let mut socket = admitted(&world).await;
    subscribe(&mut socket, "1", "subscription { silence }").await;
    subscribe(&mut socket, "2", "{ role }").await;
    assert_eq!(hear(&mut socket).await.unwrap()["payload"]["data"]["role"], "Admin");
    world.tiny.revoked.store(true, Ordering::Relaxed);
    tokio::time::pause();
    assert_eq!(loop_until_closed(&mut socket).await, 4401);
}

#[tokio::test]
async fn a_client_that_says_nothing_is_closed() {
    let mut socket = open(&World::new(), &[PROTOCOL]).await.unwrap();
    tokio::time::pause();
    assert_eq!(loop_until_closed(&mut socket).await, 4408);
}

#[tokio::test]
async fn a_shutdown_closes_sockets_in_good_order() {
    let world = World::new();
    let mut socket = admitted(&world).await;
    world.shutdown.cancel();
    assert_eq!(loop_until_closed(&mut socket).await, 1001);
}

async fn loop_until_closed(socket: &mut Socket) -> u16 {
    loop {
        if let Err(code) = hear(socket).await {
            return code;
        }
    }
}

/// Stops the clock for as long as what is returned lives; a paused one would leap ahead whenever only sockets are
/// waited for, unless a blocking task is under way.
fn frozen() -> mpsc::Sender<()> {
    let (held, release) = mpsc::channel::<()>();
    tokio::time::pause();
    tokio::task::spawn_blocking(move || release.recv());
    held
}

#[tokio::test]
async fn every_operation_of_a_socket_counts() {
    let request_burst = NonZeroU32::new(2).unwrap();
    let settings = HttpSettings { requests_per_second: 1, request_burst, ..HttpSettings::default() };
    let world = World::with(settings, &GraphqlLimits::default());
    let mut socket = admitted(&world).await;
    let _frozen = frozen();
    for (id, field) in [("1", "role"), ("2", "__typename")] {
        subscribe(&mut socket, id, &format!("{{ {field} }}")).await;
        assert!(hear(&mut socket).await.unwrap()["payload"]["data"][field].is_string());
        assert_eq!(hear(&mut socket).await.unwrap(), json!({"type": "complete", "id": id}));
    }
    subscribe(&mut socket, "3", "subscription { count(to: 1) }").await;
    let answer = hear(&mut socket).await.unwrap();
    assert_eq!(answer["payload"]["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{answer}");
}

#[tokio::test]
async fn a_socket_of_a_guesser_is_closed_with_1013() {
    let settings = HttpSettings { strangers_per_minute: 1, ..HttpSettings::default() };
    let world = World::with(settings, &GraphqlLimits::default());
    let guess = json!({"authorization": "Bearer rk_wrong"});
    assert_eq!(connect(&world, guess.clone()).await.1, Err(4401));
    assert_eq!(connect(&world, guess).await.1, Err(1013));
}
