//! Recording what people say here: to somebody at a desk, on the telephone, through an application of one's own.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entities::{consent_statement, source_identity, touched};
use identity::IdentifierKind;
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, sea_query::OnConflict,
};
use serde_json::json;
use uuid::Uuid;

use super::{choice, purposes::DefinedPurpose, statement::Status};
use crate::{
    Profiles,
    clock::{SKEW, micros},
    error::{Error, Result},
    intake::ACTIVITY,
    keys::sha256,
    privacy::screen::Screen,
    resolution::{canonical_kind, rebuild::keep_drains_out},
    sources,
    store::{begin_write, chunks, insert_all},
};

/// The largest evidence in bytes of JSON, and the longest other text in characters.
const LARGEST_EVIDENCE: usize = 16 << 10;
const LONGEST_TEXT: usize = 200;
/// How the house itself collects statements: at the preference centre, and by requests of people.
const OURS: [&str; 2] = [choice::METHOD, "subject_request"];

/// What somebody said about the use of their data.
#[derive(Debug, Clone, PartialEq)]
pub struct NewStatement {
    /// The key of the purpose.
    pub purpose: String,
    /// The address or number that it is about, in any spelling: for a purpose with a channel, and only for such.
    pub point: Option<(IdentifierKind, String)>,
    /// What was said.
    pub status: Status,
    /// When; `None` for now.
    pub stated_at: Option<DateTime<Utc>>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// How it was collected; see [`super::is_written`].
    pub method: Option<String>,
    /// The version of the notice that was shown.
    pub notice: Option<String>,
    /// What proves it. Never a secret.
    pub evidence: serde_json::Map<String, serde_json::Value>,
    /// A name of the caller's own choice: what is recorded a second time under it is not recorded twice.
    pub key: Option<String>,
}

impl Profiles {
    /// Records what a person said elsewhere, as a caller tells it, for each of the source identities that are the person
    /// now: whoever turns out to be somebody else keeps it. It takes effect at the next read. Returns the id of the profile.
    ///
    /// A proof that nobody can look up is none: the notice must have been published for the purpose, and how the house itself
    /// collects statements no caller can say.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field; [`Error::NotFound`] where there is no such profile; [`Error::Conflict`] where
    /// something else was recorded under the key.
    pub async fn record_consent(&self, profile: Uuid, new: &NewStatement, actor: &str) -> Result<Uuid> {
        if new.method.as_deref().is_some_and(|method| OURS.contains(&method)) {
            let message = "only what the person does here is collected in this way; say how you collected it";
            return Err(Error::invalid("method", message));
        }
        self.purpose(&new.purpose).await?;
        if let Some(version) = &new.notice
            && !self.is_published(&new.purpose, version).await?
        {
            let message = "no notice of this version was published for this purpose; publish it first";
            return Err(Error::invalid("notice", message));
        }
        self.record_consents(profile, std::slice::from_ref(new), actor).await
    }

    /// Records all that a person said here at once, or nothing of it; otherwise as [`Profiles::record_consent`].
    pub async fn record_consents(&self, profile: Uuid, new: &[NewStatement], actor: &str) -> Result<Uuid> {
        let blocks = self.blocks(self.db()).await?;
        let ruleset = self.ruleset();
        let screen = Screen { keys: self.keys(), blocks: &blocks, rules: &ruleset.identity };
        for new in new {
            let purpose = self.purpose(&new.purpose).await?;
            self.check(&purpose, new, self.now())?;
            let point = new.point.as_ref();
            if point.is_some_and(|(kind, raw)| screen.identifier(canonical_kind(*kind), raw, None)) {
                return Err(Error::Erased { what: "contact point" });
            }
            let mut evidence: BTreeMap<_, _> = new.evidence.clone().into_iter().collect();
            if screen.details(&mut evidence).any {
                return Err(Error::invalid("evidence", "this names somebody who was erased; leave that out"));
            }
        }
        self.record_said(profile, new, actor).await
    }

    /// Records what the house itself knows to be well said.
    pub(crate) async fn record_said(&self, profile: Uuid, new: &[NewStatement], actor: &str) -> Result<Uuid> {
        let now = micros(self.now());
        let txn = begin_write(self.db()).await?;
        let recorded = self.record_in(&txn, profile, new, actor, now).await;
        match recorded {
            Ok(_) => txn.commit().await?,
            Err(_) => txn.rollback().await?,
        }
        self.or_erased(recorded).await
    }

    fn check(&self, defined: &DefinedPurpose, new: &NewStatement, now: DateTime<Utc>) -> Result<()> {
        match (defined.purpose.channel, &new.point) {
            (None, None) => {}
            (None, Some(_)) => {
                let message = "this purpose is about the whole person; leave the contact point out";
                return Err(Error::invalid("contactPoint", message));
            }
            (Some(channel), point) => {
                let kind = channel.contact_kind();
                let Some((_, raw)) = point.as_ref().filter(|(given, _)| *given == kind) else {
                    let message = format!("this purpose needs one of the kind {}", kind.as_str());
                    return Err(Error::invalid("contactPoint", message));
                };
                self.contact_point(kind, raw)?;
            }
        }
        if new.status == Status::Unstated {
            let message = "only a source takes back what it said undated; here say what the person says now";
            return Err(Error::invalid("status", message));
        }
        if new.stated_at.is_some_and(|stated| stated > now + SKEW) {
            return Err(Error::invalid("statedAt", "this instant is in the future"));
        }
        if new.expires_at.is_some() && new.status != Status::Granted {
            return Err(Error::invalid(
                "expiresAt",
                "only a yes ends by itself; a no stands until another word",
            ));
        }
        if new.expires_at.is_some_and(|end| end <= new.stated_at.unwrap_or(now)) {
            return Err(Error::invalid("expiresAt", "it would have ended when it was stated"));
        }
        for (field, text) in [("method", &new.method), ("notice", &new.notice), ("clientKey", &new.key)] {
            let fits = |text: &String| {
                !text.is_empty()
                    && text.chars().count() <= LONGEST_TEXT
                    && !text.chars().any(char::is_control)
            };
            if text.as_ref().is_some_and(|text| !fits(text)) {
                return Err(Error::invalid(field, format!("expected 1 to {LONGEST_TEXT} characters")));
            }
        }
        let evidence =
            serde_json::to_string(&new.evidence).map_err(|error| Error::stored("consent evidence", error))?;
        if evidence.len() > LARGEST_EVIDENCE || evidence.contains("\\u0000") {
            return Err(Error::invalid(
                "evidence",
                format!("expected at most {LARGEST_EVIDENCE} bytes, and no U+0000"),
            ));
        }
        Ok(())
    }

    pub(crate) async fn record_in(
        &self,
        txn: &DatabaseTransaction,
        profile: Uuid,
        new: &[NewStatement],
        actor: &str,
        now: DateTime<Utc>,
    ) -> Result<Uuid> {
        keep_drains_out(txn).await?;
        let Some(named) = source_identity::Entity::find_by_id(profile).one(txn).await? else {
            return Err(Error::NotFound { what: "profile", id: profile.to_string() });
        };
        let source = sources::ourselves(txn, self).await?;
        use source_identity::Column as S;
        let members = source_identity::Entity::find().filter(S::ProfileId.eq(named.profile_id));
        let members = members.order_by_asc(S::Id).all(txn).await?;

        let profile = named.profile_id;
        let mut fresh = Vec::new();
        for new in new {
            let rows: Vec<consent_statement::Model> =
                members.iter().map(|member| row(source, member, new, actor, now)).collect::<Result<_>>()?;
            if new.key.is_some() {
                let before = recorded_before(txn, source, &rows).await?;
                if before.iter().any(|before| !is_repeated(before, &rows[0], new)) {
                    let message = "something else was recorded under this key before";
                    return Err(Error::Conflict(message.to_owned()));
                }
                // Whoever has joined the person since then did not say it.
                if !before.is_empty() {
                    continue;
                }
            }
            fresh.extend(rows);
        }
        if fresh.is_empty() {
            return Ok(profile);
        }
        let fresh = fresh
            .into_iter()
            .map(|row| consent_statement::ActiveModel { id: NotSet, ..row.into_active_model() });
        use consent_statement::Column as C;
        let known = OnConflict::columns([C::SourceId, C::ContentHash]).do_nothing().to_owned();
        insert_all::<consent_statement::Entity, _>(txn, fresh.collect(), Some(&known)).await?;
        let keys: Vec<touched::Model> = members
            .into_iter()
            .map(|member| touched::Model {
                id: 0,
                source_id: member.source_id,
                kind: ACTIVITY.to_owned(),
                external_id: member.external_id,
            })
            .collect();
        self.derive_now(txn, &keys, now).await?;
        Ok(profile)
    }
}

/// Those of these statements that were recorded before.
async fn recorded_before(
    txn: &DatabaseTransaction,
    source: Uuid,
    rows: &[consent_statement::Model],
) -> Result<Vec<consent_statement::Model>> {
    use consent_statement::Column as C;
    let mut before = Vec::new();
    for hashes in chunks(txn, rows.iter().map(|row| row.content_hash.clone())) {
        let same = consent_statement::Entity::find().filter(hashes.of(C::ContentHash));
        before.extend(same.filter(C::SourceId.eq(source)).all(txn).await?);
    }
    Ok(before)
}

/// Whether what is to be recorded says what was recorded before. Whoever asks again need not remember when they first
/// asked, nor be the same.
fn is_repeated(
    before: &consent_statement::Model,
    row: &consent_statement::Model,
    new: &NewStatement,
) -> bool {
    let content = |row: &consent_statement::Model| {
        let point = (row.contact_kind.clone(), row.contact_value.clone());
        let proof = (row.method.clone(), row.evidence.clone(), row.notice.clone());
        (row.purpose.clone(), point, row.status.clone(), row.expires_at, proof)
    };
    let stated_at = new.stated_at.map(|stated| micros(stated).min(before.last_seen));
    content(before) == content(row) && stated_at.is_none_or(|stated| Some(stated) == before.stated_at)
}

fn row(
    source: Uuid,
    member: &source_identity::Model,
    new: &NewStatement,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<consent_statement::Model> {
    // A clock that is ahead must not outweigh what is said a moment later.
    let stated_at = new.stated_at.map_or(now, |stated| micros(stated).min(now));
    let expires_at = new.expires_at.map(micros);
    let evidence =
        serde_json::to_string(&new.evidence).map_err(|error| Error::stored("consent evidence", error))?;
    let point = new.point.as_ref().map(|(kind, value)| (kind.as_str(), value.trim()));
    let content = match &new.key {
        Some(key) => json!(["key", key]),
        None => json!([
            actor,
            new.purpose,
            point,
            new.status.as_str(),
            stated_at.timestamp_micros(),
            expires_at.map(|end| end.timestamp_micros()),
            new.method,
            new.notice,
            new.evidence
        ]),
    };
    Ok(consent_statement::Model {
        id: 0,
        source_id: source,
        content_hash: sha256(&[member.id.as_bytes(), content.to_string().as_bytes()]),
        source_identity_id: member.id,
        person_source_id: member.source_id,
        person: member.external_id.clone(),
        purpose: new.purpose.clone(),
        contact_kind: point.map(|(kind, _)| kind.to_owned()),
        contact_value: point.map(|(_, value)| value.to_owned()),
        status: new.status.as_str().to_owned(),
        stated_at: Some(stated_at),
        expires_at,
        method: new.method.clone(),
        evidence,
        notice: new.notice.clone(),
        actor: Some(actor.to_owned()),
        last_seen: now,
    })
}
