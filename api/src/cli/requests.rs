//! `rondom requests`: what people ask for as the subjects of their data.

use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand, ValueEnum};
use profiles::{
    IdentifierKind, Profiles,
    consent::Reader,
    privacy::{Archive, Corrected, NewRequest, RequestKind, RequestState, SubjectRequest},
    view::read::ProfileRef,
};
use uuid::Uuid;

use super::{open, out};
use crate::config::StoreArgs;

/// Requests of data subjects: access, rectification, erasure, restriction, objection. Each is due within a month.
#[derive(Debug, Args)]
pub(super) struct Requests {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the newest requests, newest first
    List {
        /// How many
        #[arg(long, default_value_t = 20, value_name = "N")]
        last: u64,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Write down what a person asks for; prints the request's id
    Receive {
        /// What is asked for
        #[arg(long, value_enum)]
        kind: Kind,
        #[command(flatten)]
        who: Who,
        /// When it came in; now unless given
        #[arg(long, value_name = "RFC 3339")]
        received_at: Option<DateTime<Utc>>,
        /// Of a rectification: a trait with what is right, JSON where it begins with { or [. Once for every trait
        #[arg(long = "correct", value_name = "TRAIT=VALUE", value_parser = correction)]
        corrections: Vec<Corrected>,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Do what a request asks for, and wait until it is done. An erasure cannot be undone
    Fulfil {
        /// The id of the request
        id: Uuid,
        /// Of an erasure: keep anonymous sums of the person's orders by source, year and currency
        #[arg(long)]
        keep_order_sums: bool,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Refuse a request
    Refuse {
        /// The id of the request
        id: Uuid,
        /// Why; the person is told. Name nobody in it: it stays
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Take back what a request brought about: corrections, a block, a restriction, an objection
    Lift {
        /// The id of the request
        id: Uuid,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Write the archive of a person who asked for access: archive.html to read, archive.json and its schema for machines.
    /// It is made now and kept nowhere else; only you can read the files
    Archive {
        /// The id of the request
        id: Uuid,
        /// The folder to write into; made if it is missing. What is there is not overwritten
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Write the signed receipt of an erasure
    Receipt {
        /// The id of the request
        id: Uuid,
        #[command(flatten)]
        store: StoreArgs,
    },
}

/// What may be asked for, in words of the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// To have a copy of everything, for people and for machines (Articles 15 and 20 of the GDPR)
    Access,
    /// That what is wrong is put right (Article 16)
    Rectification,
    /// To be forgotten (Article 17 of the GDPR)
    Erasure,
    /// That the data is kept and not used (Article 18)
    Restriction,
    /// That nobody predicts what the person will do (Article 21)
    Objection,
}

impl From<Kind> for RequestKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Access => Self::Access,
            Kind::Rectification => Self::Rectification,
            Kind::Erasure => Self::Erasure,
            Kind::Restriction => Self::Restriction,
            Kind::Objection => Self::Objection,
        }
    }
}

/// A trait with what is right.
fn correction(text: &str) -> Result<Corrected, String> {
    let (key, value) = text.split_once('=').ok_or("expected TRAIT=VALUE")?;
    let value = if value.starts_with(['{', '[']) {
        serde_json::from_str(value).map_err(|error| format!("this is no JSON: {error}"))?
    } else {
        value.into()
    };
    Ok(Corrected { key: key.to_owned(), value })
}

/// Whose request it is.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Who {
    /// The id of the profile; any that ever was its
    #[arg(long, value_name = "ID")]
    profile: Option<String>,
    /// An e-mail address of the person
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// A telephone number of the person, with its country code
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// A record of the person: the key of the source and the number there
    #[arg(long, value_name = "SOURCE:NUMBER")]
    record: Option<String>,
}

impl Who {
    async fn find(&self, profiles: &Profiles) -> anyhow::Result<Uuid> {
        let by = if let Some(id) = &self.profile {
            let id = id.strip_prefix("Profile:").unwrap_or(id);
            // The application tells who was erased and who never was.
            return id.parse().context("--profile: this is no id of a profile");
        } else if let Some(email) = &self.email {
            ProfileRef::Identifier(IdentifierKind::Email, email.clone())
        } else if let Some(phone) = &self.phone {
            ProfileRef::Identifier(IdentifierKind::Phone, phone.clone())
        } else {
            let record = self.record.as_deref().unwrap_or_default();
            let (source, id) = record.split_once(':').context("--record: expected SOURCE:NUMBER")?;
            ProfileRef::Record { source: source.to_owned(), external_id: id.to_owned() }
        };
        let reader = Reader::operator("command line");
        let Some(found) = profiles.profile(&reader, &by).await? else {
            bail!("nobody of that name is known")
        };
        Ok(found.id)
    }
}

const ACTOR: &str = "command line";

pub(super) async fn run(args: Requests) -> anyhow::Result<()> {
    match args.command {
        Command::List { last, store } => list(&opened(store).await?, last).await,
        Command::Receive { kind, who, received_at, corrections, store } => {
            let profiles = opened(store).await?;
            let profile = who.find(&profiles).await?;
            open::audited(&profiles, "requests receive", Some(format!("Profile:{profile}"))).await?;
            let new = NewRequest { kind: kind.into(), profile, received_at, corrections };
            let request = profiles.receive_request(&new, ACTOR).await?;
            Ok(out::line(request.id)?)
        }
        Command::Fulfil { id, keep_order_sums, store } => {
            let profiles = opened(store).await?;
            open::audited(&profiles, "requests fulfil", Some(subject(id))).await?;
            profiles.fulfil_request(id, keep_order_sums, ACTOR).await?;
            profiles.work_on_requests().await?;
            Ok(out::line(told(&found(&profiles, id).await?))?)
        }
        Command::Refuse { id, reason, store } => {
            let profiles = opened(store).await?;
            open::audited(&profiles, "requests refuse", Some(subject(id))).await?;
            let request = profiles.refuse_request(id, &reason, ACTOR).await?;
            Ok(out::line(told(&request))?)
        }
        Command::Lift { id, store } => {
            let profiles = opened(store).await?;
            open::audited(&profiles, "requests lift", Some(subject(id))).await?;
            profiles.lift_request(id, ACTOR).await?;
            Ok(out::line("lifted")?)
        }
        Command::Archive { id, out, store } => {
            let profiles = opened(store).await?;
            open::audited(&profiles, "requests archive", Some(subject(id))).await?;
            write(&profiles.archive(id).await?, &out)
        }
        Command::Receipt { id, store } => {
            let request = found(&opened(store).await?, id).await?;
            match request.receipt {
                Some(receipt) => Ok(out::json(&receipt)?),
                None => bail!("there is no receipt: only an erasure that is done has one"),
            }
        }
    }
}

async fn opened(store: StoreArgs) -> anyhow::Result<Profiles> {
    open::existing(&open::settings(store)?).await
}

fn subject(id: Uuid) -> String {
    format!("SubjectRequest:{id}")
}

async fn found(profiles: &Profiles, id: Uuid) -> anyhow::Result<SubjectRequest> {
    profiles.request(id).await?.with_context(|| format!("there is no request {id}"))
}

async fn list(profiles: &Profiles, last: u64) -> anyhow::Result<()> {
    for request in profiles.requests(None, None, last).await? {
        out::line(told(&request))?;
    }
    Ok(())
}

/// Writes an archive into a folder, for the eyes of its owner alone: all files, or none where one of them is there.
fn write(archive: &Archive, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let files = [
        ("archive.html", crate::archive::draw(archive)?),
        ("archive.json", serde_json::to_string_pretty(archive)?),
        ("archive.schema.json", serde_json::to_string_pretty(&Archive::schema())?),
    ];
    for (name, _) in &files {
        let file = folder.join(name);
        if file.try_exists()? {
            bail!("{} is there already; nothing was written", file.display());
        }
    }
    for (name, text) in &files {
        let path = folder.join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| path.display().to_string())?;
        out::line(path.display())?;
    }
    Ok(())
}

fn told(request: &SubjectRequest) -> String {
    let SubjectRequest { id, kind, state, due_at, closed_at, .. } = request;
    let when = match closed_at {
        Some(closed) => format!("on {}", closed.format("%F")),
        None => format!("due {}", due_at.format("%F")),
    };
    let more = match (state, &request.reason) {
        (RequestState::Refused, Some(reason)) => format!(": {reason}"),
        _ => String::new(),
    };
    format!("{id} {} {} {when}{more}", kind.as_str(), state.as_str())
}
