//! What destinations may do on this machine.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Settings of destinations.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivationSettings {
    /// The folder below which they may write files; without it they write none.
    pub folder: Option<PathBuf>,
}
