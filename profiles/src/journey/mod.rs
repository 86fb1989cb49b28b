//! The way of people from strangers to customers.
//!
//! * **Lifecycle.** An administrator names stages, each with a segment (`lifecycle.rs`, a fact with versions). Somebody is in
//!   the last stage whose segment holds them; when they passed follows from their stays (`stages.rs`, pure), so that late
//!   facts, merges and rebuilds need nothing special.
//! * **Funnel.** How many come through some steps in order (`funnel.rs`, pure), counted over everybody whom a reader may see
//!   (`people.rs`, `conversion.rs`), a page at a time and in bounded memory.
//! * **Campaigns.** What each brought (`attribution.rs`, pure), counted in the same way (`campaigns.rs`).
//!
//! This room writes nothing but lifecycles.

mod attribution;
mod campaigns;
mod conversion;
mod funnel;
mod lifecycle;
mod people;
mod quantiles;
mod stages;

pub use attribution::CampaignKey;
pub use campaigns::{Orders, Performance};
pub use conversion::{Funnel, FunnelQuery, FunnelStep};
pub use lifecycle::{Lifecycle, Stage};
pub(crate) use lifecycle::{Lifecycles, refuse_segment_in_use};
pub use stages::{Passage, passages};
