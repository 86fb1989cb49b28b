//! The table of settings, made from the defaults and the help texts, so that no second list can fall behind.

use std::fmt::Write as _;

use clap::{Args as _, Command};
use figment::value::{Dict, Value};

use super::layers::{ENV_PREFIX, RULES, defaults};

/// Settings that have no flag, with their meaning.
const WITHOUT_FLAG: [(&str, &str); 18] = [
    (
        "activation.folder",
        "The folder below which destinations may write files, such as `/var/lib/rondom/audiences`. It must exist. Without it \
         they write none",
    ),
    (
        "identity",
        "A table: who is the same person. What is not given keeps its default: `[identity.phone] default_region`, \
         `[identity.email] ignore_dots_for`, `strip_plus_tags_for`, `[identity.identifiers.email] weight`, `cap`, \
         `unique`, `[identity.placeholders] emails`, `phones`, …, `model`, `threshold`, `review`, `absent`, `max_group`. A change derives every \
         profile again",
    ),
    (
        "oidc.client_id",
        "What this server is called at the identity provider, where it is registered with the redirect address \
         `PUBLIC_URL/auth/callback`",
    ),
    (
        "oidc.client_secret",
        "What this server proves itself with at the identity provider: `env:NAME` reads it from an environment variable, \
         `@FILE` from a file; anything else is the secret itself. Left out for a client without one",
    ),
    ("oidc.groups_claim", "The claim of the ID token that lists a person's groups, as a list or as one text"),
    (
        "oidc.issuer",
        "The identity provider at which people sign in, exactly as it names itself (`issuer` in its \
         `/.well-known/openid-configuration`). Not set, people do not sign in and API keys are the only way",
    ),
    (
        "oidc.roles",
        "A table: what the members of a group may do, as `\"cdp-admins\" = \"admin\"`: `admin`, `analyst` or `sales`. The \
         highest role of all groups counts; without one nobody gets in",
    ),
    (
        "oidc.scopes",
        "What is asked of the identity provider beyond `openid`; some list groups only where `groups` is among them",
    ),
    (
        "privacy.audit_machine_reads",
        "Write down in the audit log also which profiles API keys read. What people read is written down in any case, unless \
         their role sees it masked",
    ),
    (
        "privacy.masked_roles",
        "Roles that see contact points, and whatever else names a person directly, masked: `a***@example.org`, of a birth \
         the year, of an address city and country. None by default. Several are separated by commas",
    ),
    (
        "privacy.visitor_traits",
        "Keys of the traits that a page may see of its visitor, as far as the person allows it for the purpose \
         `personalisation`. Several are separated by commas",
    ),
    (
        "retention",
        "A table: how long what is kept, as `events = \"25 months\"`: `events`, `orders`, `superseded_versions`, \
          `consent_statements`, `rejected_records`, `sync_runs`, `subject_requests`, each in days, months or years or \
          `\"forever\"`. `[retention.sources.shop]` holds for one source in their place. What has no limit is kept. New and \
          shorter limits come into force a day after they were announced in the audit log",
    ),
    (
        "secret_key",
        "The key that encrypts connector credentials and derives ids, instead of a key file: 64 hexadecimal digits. \
         Has no flag, so that it does not show in the list of processes",
    ),
    (
        "survivorship",
        "A table: which value of a trait survives. `default` and, by trait, `[survivorship.traits] city` are \
         `most_recent`, `earliest`, `most_trusted`, `most_frequent`, `longest` or `union`. A change derives every profile again",
    ),
    (
        "visitors.anonymous",
        "Let anybody have a token for an anonymous visitor, from `POST /visitors/anonymous`. It is worth what that visitor's \
         own source identity says, and nothing once that is part of somebody",
    ),
    ("visitors.audience", "The claim `aud` that the token of a visitor must have"),
    (
        "visitors.public_key",
        "The public key of your own server, which signs the tokens of visitors with Ed25519 (`EdDSA`) or P-256 (`ES256`): in \
         PEM, or `@FILE`, or `env:NAME`",
    ),
    (
        "visitors.secret",
        "The secret that your own server signs the tokens of visitors with (`HS256`), at least 32 bytes: `env:NAME`, `@FILE`, \
         or the secret itself. A public key is safer: this server then cannot make such tokens",
    ),
];

/// One setting, as a person needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name in the TOML file, tables joined by dots: `graphql.max_depth`.
    pub name: String,
    /// Its default as it would be written in TOML; empty if it has none.
    pub default: String,
    /// Its environment variable.
    pub variable: String,
    /// Its flag, if it has one.
    pub flag: Option<String>,
    /// What it is for.
    pub meaning: String,
}

/// Every setting, in alphabetical order, those of tables last.
pub fn settings() -> Vec<Setting> {
    let flags = super::ConfigArgs::augment_args(Command::new("rondom"));
    let mut found = Vec::new();
    collect(&defaults(), "", &flags, &mut found);
    found.sort_by_key(|setting| (setting.name.contains('.'), setting.name.clone()));
    found
}

fn collect(settings: &Dict, table: &str, flags: &Command, found: &mut Vec<Setting>) {
    for (key, value) in settings {
        let name = format!("{table}{key}");
        if let Value::Dict(_, inner) = value
            && !RULES.contains(&name.as_str())
        {
            collect(inner, &format!("{name}."), flags, found);
            continue;
        }
        let flag = flags.get_arguments().find(|flag| flag.get_id() == key.as_str());
        let meaning = flag.map_or_else(
            || {
                let entry = WITHOUT_FLAG.iter().find(|(setting, _)| *setting == name);
                entry.map_or_else(String::new, |(_, meaning)| (*meaning).to_owned())
            },
            |flag| flag.get_long_help().or(flag.get_help()).map(ToString::to_string).unwrap_or_default(),
        );
        found.push(Setting {
            variable: format!("{ENV_PREFIX}{}", name.to_uppercase().replace('.', "__")),
            flag: flag.and_then(|flag| flag.get_long()).map(|long| format!("--{long}")),
            default: written(value),
            meaning,
            name,
        });
    }
}

/// A default as TOML writes it.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("\"{text}\""),
        Value::Bool(_, flag) => flag.to_string(),
        Value::Num(_, number) => number.to_u128().map_or_else(String::new, |number| number.to_string()),
        Value::Array(_, items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Char(..) | Value::Empty(..) | Value::Dict(..) => String::new(),
    }
}

/// The table of the README.
pub fn markdown_table() -> String {
    let mut table = "| setting | default | environment variable | meaning |\n|---|---|---|---|\n".to_owned();
    for Setting { name, default, variable, meaning, .. } in settings() {
        let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
        writeln!(table, "| `{name}` | {default} | `{variable}` | {meaning} |")
            .expect("a String takes every write");
    }
    table
}

/// What stands below the flags in `--help`: where settings come from, and their names outside the command line.
pub fn settings_help() -> String {
    let settings = settings();
    let width = settings.iter().map(|setting| setting.name.len()).max().unwrap_or_default();
    let mut text = "Where settings come from, later ones win:\n  \
         the defaults, the TOML file, environment variables, flags.\n\n\
         Names in the TOML file, with their environment variables and defaults:\n"
        .to_owned();
    for Setting { name, default, variable, .. } in settings {
        let line = format!("  {name:width$}  {variable:36} {default}");
        writeln!(text, "{}", line.trim_end()).expect("a String takes every write");
    }
    text
}
