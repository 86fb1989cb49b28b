//! The receipt of an erasure: what was removed and what cannot come back, by count and kind, signed with Ed25519
//! (RFC 8032). It names nobody, and whoever has it can check it without us.
//!
//! What is signed are the bytes of the member `receipt` as JSON without white space and with sorted keys (RFC 8785: it
//! holds texts and whole numbers only).

use chrono::{DateTime, SecondsFormat, Utc};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use entities::subject_request;
use sea_orm::{ActiveValue::Unchanged, EntityTrait, Set};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    erase::{Erasure, Step},
    requests::{RequestState, locked},
};
use crate::{Profiles, error::Result, store::begin_write};

/// What the receipt says it is.
const FORMAT: &str = "rondom erasure receipt 1";

/// Why a receipt proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The text is none.
    #[error("this is no receipt: expected JSON with the members receipt, key and signature")]
    Form,
    /// It was changed, or the key is another one.
    #[error("the signature does not fit: the receipt was changed, or signed with another key")]
    Signature,
    /// It was signed by somebody else than expected.
    #[error("the receipt was signed with another key than the expected one")]
    Key,
}

/// A receipt that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// What it says.
    pub said: Value,
    /// The public key that it was signed with, in hexadecimal digits.
    pub key: String,
}

/// Checks a receipt. Without the `expected` key (in hexadecimal digits) it proves only that nothing was changed since
/// somebody with *its* key signed it.
///
/// # Errors
/// [`Flaw`].
pub fn verify(text: &str, expected: Option<&str>) -> Result<Receipt, Flaw> {
    let signed: Value = serde_json::from_str(text).map_err(|_| Flaw::Form)?;
    let member = |name: &str| signed.get(name).and_then(Value::as_str).ok_or(Flaw::Form);
    let key = member("key")?.to_lowercase();
    let said =
        signed.get("receipt").filter(|said| said.get("format") == Some(&json!(FORMAT))).ok_or(Flaw::Form)?;
    if expected.is_some_and(|expected| !expected.trim().eq_ignore_ascii_case(&key)) {
        return Err(Flaw::Key);
    }
    let (mut public, mut signature) = ([0; 32], [0; 64]);
    hex::decode_to_slice(&key, &mut public).map_err(|_| Flaw::Form)?;
    hex::decode_to_slice(member("signature")?, &mut signature).map_err(|_| Flaw::Form)?;
    let public = VerifyingKey::from_bytes(&public).map_err(|_| Flaw::Form)?;
    public
        .verify_strict(said.to_string().as_bytes(), &Signature::from_bytes(&signature))
        .map_err(|_| Flaw::Signature)?;
    Ok(Receipt { said: said.clone(), key })
}

impl Profiles {
    /// The public key with which this installation signs receipts, in hexadecimal digits.
    pub fn receipt_key(&self) -> String {
        hex::encode(self.signing_key().verifying_key().to_bytes())
    }

    fn signing_key(&self) -> SigningKey {
        SigningKey::from_bytes(self.keys().receipt_seed())
    }

    /// Closes an erasure of which nothing is left to do. Who comes second changes nothing.
    pub(super) async fn close(&self, id: Uuid, horizon: &str) -> Result<()> {
        let txn = begin_write(self.db()).await?;
        let row = locked(&txn, id).await?.filter(|row| row.state == RequestState::Running.as_str());
        let Some(row) = row else { return Ok(txn.rollback().await?) };
        let erasure = Erasure::read(&row)?;
        if erasure.step != Step::Scrub {
            return Ok(txn.rollback().await?);
        }
        let now = self.now();
        let said = said(&row, &erasure, horizon, now);
        let signature = self.signing_key().sign(said.to_string().as_bytes());
        let receipt = json!({
            "receipt": said,
            "key": self.receipt_key(),
            "signature": hex::encode(signature.to_bytes()),
        });
        let done = subject_request::ActiveModel {
            id: Unchanged(id),
            state: Set(RequestState::Done.as_str().to_owned()),
            closed_at: Set(Some(now)),
            progress: Set(None),
            outcome: Set(Some(receipt.to_string())),
            ..Default::default()
        };
        subject_request::Entity::update(done).exec(&txn).await?;
        Ok(txn.commit().await?)
    }
}

fn said(row: &subject_request::Model, erasure: &Erasure, horizon: &str, now: DateTime<Utc>) -> Value {
    let instant = |instant: DateTime<Utc>| instant.to_rfc3339_opts(SecondsFormat::Micros, true);
    json!({
        "format": FORMAT,
        "request": row.id,
        "receivedAt": instant(row.received_at),
        "erasedAt": erasure.erased_at.map(instant),
        "completedAt": instant(now),
        "removed": erasure.removed,
        "mentionsRemovedFrom": erasure.redacted,
        "blocked": erasure.blocked,
        "sharedIdentifiersNotBlocked": erasure.shared,
        "orderSumsKept": erasure.keeps_order_sums,
        "mayRemain": horizon,
    })
}
