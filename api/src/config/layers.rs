//! How the layers are read and laid over one another.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::{Config, ConfigArgs};

/// What the environment variables of Rondom begin with.
pub(super) const ENV_PREFIX: &str = "RONDOM_";
/// The variable that names the TOML file.
const CONFIG_VARIABLE: &str = "RONDOM_CONFIG";
/// Variables under this prefix steer tests and are no settings.
const TEST_PREFIX: &str = "RONDOM_TEST_";
/// Tables whose names are not all known here. What may stand in them is said by the rules themselves, which name an unknown field as well; some of
/// their names (traits, kinds of identifier, groups) are the administrator's.
pub(super) const RULES: [&str; 3] = ["identity", "oidc.roles", "survivorship"];
/// Where a setting comes from that nobody set.
const DEFAULTS: &str = "the defaults";
/// The file that is read if none is named.
const DEFAULT_FILE: &str = "rondom.toml";

/// Why the configuration cannot be used. Texts name the setting and where it was set, never a secret's value.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that was asked for is not there.
    #[error("configuration file `{}` cannot be read", .0.display())]
    Missing(PathBuf),
    /// A name that Rondom does not know.
    #[error("unknown setting `{name}` in {place}; known here: {known}")]
    Unknown {
        /// The name, tables joined by dots.
        name: String,
        /// The file, variable or command line.
        place: String,
        /// The names that would have been understood in its place.
        known: String,
    },
    /// A file that is not TOML.
    #[error("{place} cannot be understood: {reason}")]
    Unreadable {
        /// The file.
        place: String,
        /// What is wrong with it, and in which line.
        reason: String,
    },
    /// A value of the wrong kind.
    #[error("{0}")]
    Value(#[from] Box<figment::Error>),
    /// A value that has the right kind and still cannot be used.
    #[error("setting `{name}` from {place} {reason}")]
    Invalid {
        /// The name.
        name: &'static str,
        /// The file, variable or command line.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A configuration and where each setting came from.
#[derive(Clone)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    figment: Figment,
}

impl Loaded {
    /// Reads all layers. `environment` is the process's environment: an argument, so that tests bring their own.
    ///
    /// # Errors
    /// Every [`ConfigError`]; nothing is guessed or skipped.
    pub fn read(
        args: &ConfigArgs,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut variables: Vec<(String, String)> = environment
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        // `DATABASE_URL` sorts before `RONDOM_…`, so the more specific variable is laid over it.
        variables.sort();

        let known = defaults();
        let mut figment = Figment::from(Serialized::defaults(Config::default()));
        if let Some(file) = file(args.store.config.as_deref(), &variables)? {
            figment = lay(figment, Toml::file_exact(file), &known)?;
        }
        for (name, value) in &variables {
            if let Some(variable) = Variable::new(name, value, &known) {
                figment = lay(figment, variable, &known)?;
            }
        }
        figment = lay(figment, Flags(args), &known)?;

        let config: Config = figment.extract().map_err(Box::new)?;
        config.check().map_err(|(name, reason)| ConfigError::Invalid {
            name,
            place: origin(&figment, name),
            reason,
        })?;
        Ok(Self { config, figment })
    }

    /// Where a setting came from, in words: a file, a variable, the command line or the default.
    pub fn origin(&self, name: &str) -> String {
        origin(&self.figment, name)
    }

    /// Whether a setting was left alone.
    pub fn is_default(&self, name: &str) -> bool {
        self.origin(name) == DEFAULTS
    }

    /// The value of a setting as it would be written, or `None` if it is not set. Secrets are not shown.
    pub fn shown(&self, name: &str) -> Option<String> {
        let value = self.figment.find_value(name).ok()?;
        match value {
            Value::Empty(..) => None,
            _ if ["secret_key", "oidc.client_secret", "visitors.secret"].contains(&name) => {
                Some("(hidden)".to_owned())
            }
            Value::String(_, text) if name == "database_url" => {
                Some(super::settings::without_password(&text))
            }
            Value::String(_, text) => Some(text),
            Value::Bool(_, flag) => Some(flag.to_string()),
            Value::Num(_, number) => number.to_u128().map(|number| number.to_string()),
            Value::Array(..) => Some(super::describe::written(&value)),
            Value::Dict(..) => Some("(a table)".to_owned()),
            Value::Char(_, letter) => Some(letter.to_string()),
        }
    }
}

/// Every setting with its default, as a tree.
pub(super) fn defaults() -> Dict {
    match Value::serialize(Config::default()) {
        Ok(Value::Dict(_, settings)) => settings,
        _ => unreachable!("a struct of plain values serialises to a dictionary"),
    }
}

fn origin(figment: &Figment, name: &str) -> String {
    figment.find_metadata(name).map_or_else(|| DEFAULTS.to_owned(), place)
}

/// The words for where a layer stands.
fn place(metadata: &Metadata) -> String {
    match &metadata.source {
        Some(figment::Source::File(path)) => format!("file `{}`", path.display()),
        _ if metadata.name.contains("Config") => DEFAULTS.to_owned(),
        _ => metadata.name.to_string(),
    }
}

/// The file to read: the one that is named must exist, the default one may.
fn file(flag: Option<&Path>, variables: &[(String, String)]) -> Result<Option<PathBuf>, ConfigError> {
    let variable =
        || variables.iter().find(|(name, _)| name == CONFIG_VARIABLE).map(|(_, path)| PathBuf::from(path));
    match flag.map(Path::to_owned).or_else(variable) {
        Some(named) if named.is_file() => Ok(Some(named)),
        Some(named) => Err(ConfigError::Missing(named)),
        None => Ok(Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.is_file())),
    }
}

/// Lays one more layer over the others.
fn lay(below: Figment, layer: impl Provider, known: &Dict) -> Result<Figment, ConfigError> {
    reject_unknown(&layer, known)?;
    Ok(below.merge(layer))
}

/// Fails on the first name of a layer that is no setting.
fn reject_unknown(provider: &impl Provider, known: &Dict) -> Result<(), ConfigError> {
    fn walk(given: &Dict, known: &Dict, table: &str, place: &str) -> Result<(), ConfigError> {
        for (key, value) in given {
            match (known.get(key), value) {
                (None, _) => {
                    let names: Vec<_> = known.keys().map(|name| format!("{table}{name}")).collect();
                    let (name, place, known) = (format!("{table}{key}"), place.to_owned(), names.join(", "));
                    return Err(ConfigError::Unknown { name, place, known });
                }
                (Some(Value::Dict(_, known)), Value::Dict(_, given))
                    if !RULES.contains(&format!("{table}{key}").as_str()) =>
                {
                    walk(given, known, &format!("{table}{key}."), place)?;
                }
                // A value of the wrong kind is reported by figment, with its own words.
                (Some(_), _) => {}
            }
        }
        Ok(())
    }
    let place = place(&provider.metadata());
    match provider.data() {
        Ok(layers) => layers.values().try_for_each(|layer| walk(layer, known, "", &place)),
        Err(error) => Err(ConfigError::Unreadable { place, reason: error.kind.to_string() }),
    }
}

/// One environment variable as a layer, so that an error names the very variable.
struct Variable {
    name: String,
    path: Vec<String>,
    value: Value,
}

impl Variable {
    /// `None` for a variable that is no setting of ours.
    fn new(name: &str, value: &str, known: &Dict) -> Option<Self> {
        let path: Vec<String> = match name.strip_prefix(ENV_PREFIX) {
            _ if name == "DATABASE_URL" => vec!["database_url".to_owned()],
            _ if name == CONFIG_VARIABLE || name.starts_with(TEST_PREFIX) => return None,
            Some(rest) => rest.to_lowercase().split("__").map(str::to_owned).collect(),
            None => return None,
        };
        // Text settings are taken as they stand: a key of digits alone must not turn into a number.
        let expected = path.split_first().and_then(|(first, rest)| {
            rest.iter().try_fold(known.get(first)?, |value, key| value.as_dict()?.get(key))
        });
        let value = match expected {
            Some(Value::String(..) | Value::Empty(..)) => Value::from(value),
            Some(Value::Array(..)) if !value.trim_start().starts_with('[') => {
                let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
                Value::from(items.map(Value::from).collect::<Vec<_>>())
            }
            _ => value.parse().unwrap_or_else(|never: std::convert::Infallible| match never {}),
        };
        Some(Self { name: name.to_owned(), path, value })
    }
}

impl Provider for Variable {
    fn metadata(&self) -> Metadata {
        Metadata::named(format!("environment variable `{}`", self.name))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(
            figment::util::nest(&self.path.join("."), self.value.clone()).into_dict().unwrap_or_default(),
        ))
    }
}

/// The command line as a layer.
struct Flags<'a>(&'a ConfigArgs);

impl Provider for Flags<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named("the command line")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Serialized::defaults(self.0).data()
    }
}
