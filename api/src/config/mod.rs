//! What can be set, and where a setting may come from.
//!
//! Later layers win: built-in defaults, the TOML file, environment variables, command line flags. A name that Rondom
//! does not know is an error that says where it stands, because a misspelt limit that is silently ignored is worse
//! than no start. To add a setting: a field in `settings.rs` with its default, a flag with its help text in
//! `flags.rs`; the table in the README follows from these two.
//!
//! This room reads the environment and one file, and nothing else. Settings hold secrets: their `Debug` must not show them.

mod activation;
mod describe;
mod flags;
mod layers;
mod oidc;
mod privacy;
mod settings;
mod visitors;

pub use activation::ActivationSettings;
pub use describe::{Setting, markdown_table, settings, settings_help};
pub use flags::{ConfigArgs, GraphqlArgs, HttpArgs, StoreArgs};
pub use layers::{ConfigError, Loaded};
pub use oidc::{OidcSettings, PersonRole};
pub use privacy::PrivacySettings;
pub use settings::{Config, GraphqlLimits, HttpSettings, LogFormat};
pub use visitors::VisitorSettings;

#[cfg(test)]
mod tests;
