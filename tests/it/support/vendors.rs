//! Simulated vendors, and their connectors in an installation.

use api::clock::SystemClock;
use simulators::{Faults, Fleet, Seed, World};

use super::Installation;

/// HubSpot, WooCommerce and Mailchimp on ports of this machine.
pub(crate) struct Vendors {
    pub(crate) fleet: Fleet,
}

impl Vendors {
    /// A world of so many people. Its time is the machine's, because that is what connectors compare with.
    pub(crate) async fn start(people: usize, faults: Faults) -> Self {
        let world = World::generate(Seed { seed: 7, people, now: SystemClock.now() });
        let fleet = Fleet::start(world).await.unwrap();
        fleet.hubspot.set_faults(faults.clone());
        fleet.woocommerce.set_faults(faults.clone());
        fleet.mailchimp.set_faults(faults);
        Self { fleet }
    }

    /// Configures the three connectors, as an administrator does.
    pub(crate) async fn configure(&self, installation: &Installation) {
        installation.ok(&["migrate"]).await;
        let fleet = &self.fleet;
        let token = fleet.hubspot.read(|portal| format!("access_token={}", portal.token));
        let key = fleet.woocommerce.read(|shop| format!("consumer_key={}", shop.consumer_key));
        let secret = fleet.woocommerce.read(|shop| format!("consumer_secret={}", shop.consumer_secret));
        let api_key = fleet.mailchimp.read(|account| format!("api_key={}", account.api_key));
        for (kind, base_url, secrets) in [
            ("hubspot", fleet.hubspot.base_url(), vec![token]),
            ("woocommerce", fleet.woocommerce.base_url(), vec![key, secret]),
            ("mailchimp", fleet.mailchimp.base_url(), vec![api_key]),
        ] {
            let base_url = format!("base_url={base_url}");
            let mut args = vec!["connectors", "add", "--kind", kind, "--set", &base_url];
            for secret in &secrets {
                args.extend(["--secret", secret]);
            }
            installation.ok(&args).await;
        }
    }
}
