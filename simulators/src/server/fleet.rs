//! The three servers of one world.

use std::io;

use super::running::Server;
use crate::{
    clock::Clock, hubspot::Portal, mailchimp::Account, truth::Truth, woocommerce::Shop, world::World,
};

/// HubSpot, WooCommerce and Mailchimp with the data of one [`World`], each on a loopback port of its own.
/// All stop when the fleet is dropped.
#[derive(Debug)]
pub struct Fleet {
    /// The CRM.
    pub hubspot: Server<Portal>,
    /// The web shop.
    pub woocommerce: Server<Shop>,
    /// The e-mail platform.
    pub mailchimp: Server<Account>,
    /// Who is who, as the world was generated; changes made while the servers run are not followed.
    pub truth: Truth,
    /// The time of all three.
    pub clock: Clock,
}

impl Fleet {
    /// Starts the three servers; their time begins at the world's [`crate::Seed::now`].
    ///
    /// # Errors
    /// If no loopback port can be bound.
    pub async fn start(world: World) -> io::Result<Self> {
        let clock = Clock::starting_at(world.seed.now);
        Ok(Self {
            hubspot: Server::start(world.hubspot, clock.clone()).await?,
            woocommerce: Server::start(world.woocommerce, clock.clone()).await?,
            mailchimp: Server::start(world.mailchimp, clock.clone()).await?,
            truth: world.truth,
            clock,
        })
    }
}
