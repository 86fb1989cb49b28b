//! What is believed of an ID token: only what the provider signed, for this server, for this sign-in, and not too long
//! ago.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use openidconnect::core::{
    CoreGenderClaim, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AdditionalClaims, ClaimsVerificationError, ClientId, IdToken, IdTokenClaims, IdTokenVerifier, IssuerUrl,
    Nonce, SignatureVerificationError,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Signatures by a key of the provider alone. Neither `none` nor one by a shared secret, which a public key could be
/// passed off as, is ever taken.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Claims beyond the standard ones: which of them holds the groups is a setting.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Further(HashMap<String, Value>);

impl AdditionalClaims for Further {}

/// An ID token as it came.
pub(super) type Token =
    IdToken<Further, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// What the provider says of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// The person's name for machines, for ever the same.
    pub(super) subject: String,
    /// The person's name for people.
    pub(super) name: String,
    /// The groups that the person belongs to.
    pub(super) groups: Vec<String>,
}

/// Who must have made a token, and for whom.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a IssuerUrl,
    pub(super) client: &'a ClientId,
    pub(super) keys: &'a CoreJsonWebKeySet,
    pub(super) nonce: &'a Nonce,
    pub(super) groups_claim: &'a str,
    pub(super) now: DateTime<Utc>,
}

/// Reads a token that is as expected.
pub(super) fn read(token: &Token, expected: &Expected<'_>) -> Result<Person, ClaimsVerificationError> {
    let Expected { issuer, client, keys, now, .. } = *expected;
    // The verifier of a client without a secret: it cannot check a signature by the secret even by mistake.
    let verifier = IdTokenVerifier::new_public_client(client.clone(), issuer.clone(), keys.clone())
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || now);
    let claims = token.claims(&verifier, expected.nonce)?;
    // The library leaves this one to its users.
    if claims.authorized_party().is_some_and(|party| party != client) {
        return Err(ClaimsVerificationError::InvalidAudience("authorised for another client".to_owned()));
    }
    Ok(person(claims, expected.groups_claim))
}

/// Whether a token may be signed with a key that the provider made since its keys were fetched.
pub(super) fn is_key_unknown(error: &ClaimsVerificationError) -> bool {
    matches!(
        error,
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey | SignatureVerificationError::CryptoError(_)
        )
    )
}

fn person(claims: &IdTokenClaims<Further, CoreGenderClaim>, groups_claim: &str) -> Person {
    let name = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str());
    let user = claims.preferred_username().map(|name| name.as_str());
    // A name goes into the audit log, where no e-mail address belongs.
    let name = [name, user].into_iter().flatten().map(str::trim);
    let name = name.filter(|name| !name.is_empty() && !name.contains('@')).map(short).next();
    let groups = match claims.additional_claims().0.get(groups_claim) {
        Some(Value::String(group)) => vec![group.clone()],
        Some(Value::Array(groups)) => {
            groups.iter().filter_map(|group| group.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    };
    Person {
        subject: claims.subject().to_string(),
        name: name.unwrap_or_else(|| "unnamed".to_owned()),
        groups,
    }
}

/// As long as the name of a key may be, and without what would forge a line.
fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(100).collect()
}
