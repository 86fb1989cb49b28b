//! How much of people is shown to whom, and what of that is written down.

use std::collections::BTreeSet;

use connectors::canonical::traits;
use profiles::access::Role;
use serde::{Deserialize, Serialize};

/// Settings of what callers see of people.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivacySettings {
    /// The roles that see contact points, and whatever else names a person directly, masked.
    pub masked_roles: BTreeSet<Role>,
    /// Whether what API keys read is written down as well.
    pub audit_machine_reads: bool,
    /// The traits that a page may see of its visitor.
    pub visitor_traits: BTreeSet<String>,
}

impl Default for PrivacySettings {
    fn default() -> Self {
        let visitor_traits = [traits::FIRST_NAME, traits::TIME_ZONE];
        Self {
            masked_roles: BTreeSet::new(),
            audit_machine_reads: false,
            visitor_traits: visitor_traits.map(str::to_owned).into(),
        }
    }
}
