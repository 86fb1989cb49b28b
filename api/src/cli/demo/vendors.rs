//! The three simulated vendors, and their connectors.

use anyhow::Context;
use profiles::{Profiles, sync::NewConnector};
use serde_json::{Value, json};
use simulators::{Faults, Fleet, Seed, World};

/// The keys of the three sources: the names of their kinds.
pub(super) const HUBSPOT: &str = "hubspot";
pub(super) const WOOCOMMERCE: &str = "woocommerce";
pub(super) const MAILCHIMP: &str = "mailchimp";

/// Starts the vendors, with the errors of everyday life switched on.
pub(super) async fn start(seed: Seed) -> anyhow::Result<Fleet> {
    let world = tokio::task::spawn_blocking(move || World::generate(seed)).await?;
    let fleet = Fleet::start(world).await.context("the simulated vendors cannot be started")?;
    fleet.hubspot.set_faults(Faults::demo());
    fleet.woocommerce.set_faults(Faults::demo());
    fleet.mailchimp.set_faults(Faults::demo());
    Ok(fleet)
}

/// Configures a connector for each, as an administrator does.
pub(super) async fn configure(profiles: &Profiles, fleet: &Fleet) -> profiles::Result<()> {
    let token = fleet.hubspot.read(|portal| portal.token.clone());
    let (key, secret) =
        fleet.woocommerce.read(|shop| (shop.consumer_key.clone(), shop.consumer_secret.clone()));
    let api_key = fleet.mailchimp.read(|account| account.api_key.clone());
    let connectors = [
        (HUBSPOT, fleet.hubspot.base_url(), json!({ "access_token": token })),
        (
            WOOCOMMERCE,
            fleet.woocommerce.base_url(),
            json!({ "consumer_key": key, "consumer_secret": secret }),
        ),
        (MAILCHIMP, fleet.mailchimp.base_url(), json!({ "api_key": api_key })),
    ];
    for (kind, base_url, secrets) in connectors {
        let config: Value = json!({ "base_url": base_url });
        let new =
            NewConnector { kind: kind.to_owned(), config, secrets, enabled: true, ..Default::default() };
        profiles.create_connector(new).await?;
    }
    Ok(())
}
