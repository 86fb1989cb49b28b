//! `rondom preferences`: links to the page on which a person sees and changes what they allow.

use anyhow::{Context, bail};
use chrono::TimeDelta;
use clap::{Args, Subcommand, ValueEnum};
use profiles::{
    IdentifierKind,
    consent::{LINK_LIFE, Reader},
    view::read::ProfileRef,
};
use uuid::Uuid;

use super::{open, out};
use crate::{
    config::StoreArgs,
    preferences::{Address, Language},
};

/// Links to the preference centre, where a person sees and changes what they allow.
#[derive(Debug, Args)]
pub(super) struct Preferences {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a link for one person and write it to standard output
    ///
    /// Whoever has it can choose for the person until it ends; it cannot be called back. It is a whole address where the
    /// setting `public_url` is set, and a path otherwise.
    Link(Link),
}

#[derive(Debug, Args)]
struct Link {
    #[command(flatten)]
    person: Person,
    /// How long it is good for: 1 to 576,000 minutes (400 days)
    #[arg(long, default_value_t = LINK_LIFE.num_minutes(), value_name = "MINUTES")]
    valid_for_minutes: i64,
    /// The language of the page [default: the one that the browser asks for]
    #[arg(long, value_enum)]
    language: Option<LanguageName>,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Person {
    /// The id of the profile; any that ever was its
    #[arg(long, value_name = "ID")]
    profile: Option<String>,
    /// An e-mail address of the person
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
}

/// The languages as words of the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LanguageName {
    /// English
    En,
    /// Dutch
    Nl,
    /// Danish
    Da,
}

impl From<LanguageName> for Language {
    fn from(name: LanguageName) -> Self {
        match name {
            LanguageName::En => Self::En,
            LanguageName::Nl => Self::Nl,
            LanguageName::Da => Self::Da,
        }
    }
}

pub(super) async fn run(args: Preferences) -> anyhow::Result<()> {
    let Command::Link(Link { person, valid_for_minutes, language, store }) = args.command;
    let by = person.name()?;
    let config = open::settings(store)?;
    let profiles = open::existing(&config).await?;
    let reader = Reader::operator("command line");
    let Some(profile) = profiles.profile(&reader, &by).await? else {
        bail!("nobody of that name is known");
    };
    let life = TimeDelta::try_minutes(valid_for_minutes).context("--valid-for-minutes: too many")?;
    open::audited(&profiles, "preferences link", Some(format!("Profile:{}", profile.id))).await?;
    let link = profiles.preference_link(&reader, profile.id, life).await?;
    let path = Address::path(&link.token, language.map(Language::from));
    out::line(Address(config.public_url).url(&path).unwrap_or(path))?;
    Ok(())
}

impl Person {
    fn name(self) -> anyhow::Result<ProfileRef> {
        match (self.profile, self.email) {
            (Some(id), _) => {
                let id: Uuid =
                    id.trim_start_matches("Profile:").parse().context("--profile: this is no id")?;
                Ok(ProfileRef::Id(id))
            }
            (None, Some(email)) => Ok(ProfileRef::Identifier(IdentifierKind::Email, email)),
            (None, None) => bail!("name a person: --profile or --email"),
        }
    }
}
