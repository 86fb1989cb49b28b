//! Mailchimp's Marketing interface, version 3.0: audiences, members, campaigns and their reports.
//!
//! Shapes follow Mailchimp's published description and answers seen in the wild. What is left out: writing,
//! `_links`, segments, automations.

mod answer;
mod change;
mod data;
mod list;
mod render;

pub use data::member_id;
pub use data::{
    Account, Action, Activity, Campaign, CampaignStatus, List, Member, Recipient, Status, Unsubscribe,
};
