//! How much of people is shown to whom, and what of that is written down.

use std::collections::BTreeSet;

use profiles::access::Role;
use serde::{Deserialize, Serialize};

/// Settings of what callers see of people.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivacySettings {
    /// The roles that see contact points, and whatever else names a person directly, masked.
    pub masked_roles: BTreeSet<Role>,
    /// Whether what API keys read is written down as well.
    pub audit_machine_reads: bool,
}
