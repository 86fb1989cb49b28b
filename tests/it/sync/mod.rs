//! Reading simulated vendors, with everything that can go wrong.

mod any_order;
mod crash;
mod erasure;
mod faults;
mod misbehaving;
mod together;

use crate::support::{Installation, Vendors};

/// The digest of an installation that read these vendors without being disturbed.
async fn undisturbed(vendors: &Vendors) -> String {
    let installation = Installation::on_sqlite();
    vendors.configure(&installation).await;
    installation.ok(&["sync"]).await;
    installation.state_hash().await
}
