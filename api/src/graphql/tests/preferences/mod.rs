//! The preference centre: links to it, and the page behind them against what GraphQL says afterwards.

mod links;

use super::World;

/// The global id of Anna.
async fn anna(world: &World) -> String {
    let found = world.ask(r#"{ profile(by: { email: "anna@example.com" }) { id } }"#).await;
    found["profile"]["id"].as_str().unwrap().to_owned()
}
