//! The installation's secret and what follows from it: ids that give nothing away, and encrypted secrets.
//!
//! An id is HMAC-SHA256(secret, kind ‖ 0 ‖ source ‖ 0 ‖ external id), cut to 128 bits and written as a UUID of
//! version 8. The same input gives the same id on every database and after every rebuild; without the
//! secret nobody can test whether an e-mail address is known.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::{Error, Result};

/// The length of the secret key in bytes.
pub const KEY_LEN: usize = 32;
const NONCE_LEN: usize = 24;
/// The first byte of a sealed secret: which scheme it was sealed with.
const SEAL_VERSION: u8 = 1;

/// Keys derived from the installation's secret.
#[derive(Clone)]
pub struct Keys {
    ids: [u8; KEY_LEN],
    sealing: [u8; KEY_LEN],
    auditing: [u8; KEY_LEN],
    blocking: [u8; KEY_LEN],
    receipts: [u8; KEY_LEN],
    preferences: [u8; KEY_LEN],
    visitors: [u8; KEY_LEN],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; KEY_LEN] {
    hmac(key, parts).finalize().into_bytes().into()
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            mac.update(&[0]);
        }
        mac.update(part);
    }
    mac
}

fn uuid(digest: [u8; KEY_LEN]) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

impl Keys {
    /// Derives the keys from a secret of [`KEY_LEN`] bytes.
    pub fn new(secret: &[u8; KEY_LEN]) -> Self {
        let key = |name: &[u8]| mac(secret, &[name]);
        Self {
            ids: key(b"rondom ids v1"),
            sealing: key(b"rondom sealing v1"),
            auditing: key(b"rondom auditing v1"),
            blocking: key(b"rondom blocking v1"),
            receipts: key(b"rondom receipts v1"),
            preferences: key(b"rondom preference links v1"),
            visitors: key(b"rondom visitors v1"),
        }
    }

    /// Reads a secret written as 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self> {
        let mut secret = [0; KEY_LEN];
        hex::decode_to_slice(text.trim(), &mut secret)
            .map_err(|_| Error::Key("expected 64 hexadecimal digits (32 bytes)".to_owned()))?;
        Ok(Self::new(&secret))
    }

    /// A new secret, written as [`Keys::from_hex`] reads it.
    pub fn generate() -> Result<SecretString> {
        let mut secret = [0; KEY_LEN];
        getrandom::fill(&mut secret)
            .map_err(|error| Error::Key(format!("no randomness from the system: {error}")))?;
        Ok(hex::encode(secret).into())
    }

    /// A value that tells whether a database was made with this key, and nothing else about it.
    pub fn check(&self) -> Vec<u8> {
        mac(&self.ids, &[b"check"]).to_vec()
    }

    /// The id of the source of that key.
    pub fn source(&self, key: &str) -> Uuid {
        uuid(mac(&self.ids, &[b"source", key.as_bytes()]))
    }

    /// The id of an object of a source: `kind` is a record kind.
    pub fn object(&self, kind: &str, source: Uuid, external_id: &str) -> Uuid {
        uuid(mac(&self.ids, &[kind.as_bytes(), source.as_bytes(), external_id.as_bytes()]))
    }

    /// The id of the source identity of that key.
    pub fn person(&self, source: Uuid, external_id: &str) -> Uuid {
        self.object("person", source, external_id)
    }

    /// The id of the destination that was configured under that key at that instant.
    pub(crate) fn destination(&self, key: &str, created_micros: i64) -> Uuid {
        uuid(mac(&self.ids, &[b"destination", key.as_bytes(), &created_micros.to_be_bytes()]))
    }

    /// The id of a delivery: its idempotency key.
    pub(crate) fn delivery(&self, destination: Uuid, profile: Uuid, sequence: i64) -> Uuid {
        uuid(mac(
            &self.ids,
            &[b"delivery", destination.as_bytes(), profile.as_bytes(), &sequence.to_be_bytes()],
        ))
    }

    /// What tells whether two people have one name at a destination.
    pub(crate) fn handle(&self, destination: Uuid, handle: &str) -> Uuid {
        uuid(mac(&self.ids, &[b"handle", destination.as_bytes(), handle.as_bytes()]))
    }

    /// The id of the household of that key.
    pub(crate) fn household(&self, key: &str) -> Uuid {
        uuid(mac(&self.ids, &[b"household", key.as_bytes()]))
    }

    /// The id of the decision of that content.
    pub(crate) fn decision(&self, content: &[u8]) -> Uuid {
        uuid(mac(&self.ids, &[b"decision", content]))
    }

    /// The id of the choice of an action, by all that it followed from.
    pub(crate) fn action_decision(&self, content: &[u8]) -> Uuid {
        uuid(mac(&self.ids, &[b"action decision", content]))
    }

    /// What chance in choosing actions follows from.
    pub(crate) fn action_seed(&self) -> u64 {
        let digest = mac(&self.ids, &[b"action seed"]);
        digest.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }

    /// The id of the consent statement that this source reported.
    pub(crate) fn statement(&self, source: Uuid, content_hash: &[u8]) -> Uuid {
        uuid(mac(&self.ids, &[b"consent statement", source.as_bytes(), content_hash]))
    }

    /// The id of a person who signs in, by the identity provider and the person's name there.
    pub(crate) fn signed_in(&self, issuer: &str, subject: &str) -> Uuid {
        uuid(mac(&self.ids, &[b"signed in", issuer.as_bytes(), subject.as_bytes()]))
    }

    /// What chains an entry of the audit log to the hash before it.
    pub(crate) fn audit(&self, before: &[u8], entry: &[u8]) -> Vec<u8> {
        mac(&self.auditing, &[before, entry]).to_vec()
    }

    /// What the block list knows of a value of that kind, in a form of that version.
    pub(crate) fn block(&self, version: u8, kind: &str, value: &[u8]) -> Uuid {
        uuid(mac(&self.blocking, &[&[version], kind.as_bytes(), value]))
    }

    /// The name under which journals know a word.
    pub(crate) fn token(&self, salt: Uuid, word: &str) -> Uuid {
        uuid(mac(&self.auditing, &[b"subject", salt.as_bytes(), word.as_bytes()]))
    }

    /// The secret half of the key that signs receipts.
    pub(crate) fn receipt_seed(&self) -> &[u8; KEY_LEN] {
        &self.receipts
    }

    /// The seal on what a preference link says.
    pub(crate) fn seal_link(&self, said: &[u8]) -> [u8; KEY_LEN] {
        mac(&self.preferences, &[b"link", said])
    }

    /// Whether a seal, cut to its own length, is the one on what a preference link says. Takes as long for a wrong one.
    pub(crate) fn is_sealed_link(&self, said: &[u8], seal: &[u8]) -> bool {
        hmac(&self.preferences, &[b"link", said]).verify_truncated_left(seal).is_ok()
    }

    /// The id of a visitor of that name.
    pub(crate) fn visitor(&self, name: &str) -> Uuid {
        uuid(mac(&self.visitors, &[b"id", name.as_bytes()]))
    }

    /// The seal on what an anonymous visitor's token says.
    pub(crate) fn seal_visitor(&self, said: &[u8]) -> [u8; KEY_LEN] {
        mac(&self.visitors, &[b"token", said])
    }

    /// Whether a seal, cut to its own length, is the one on what an anonymous visitor's token says. Takes as long for a
    /// wrong one.
    pub(crate) fn is_sealed_visitor(&self, said: &[u8], seal: &[u8]) -> bool {
        hmac(&self.visitors, &[b"token", said]).verify_truncated_left(seal).is_ok()
    }

    /// What stands for a contact point or a network address where it must not be read: 16 hexadecimal digits.
    pub(crate) fn stand_in(&self, parts: &[&str]) -> String {
        let parts: Vec<&[u8]> =
            std::iter::once("stand-in").chain(parts.iter().copied()).map(str::as_bytes).collect();
        hex::encode(&mac(&self.preferences, &parts)[..8])
    }

    /// The id of a pair of source identities that may be one person, in either order.
    pub(crate) fn match_candidate(&self, one: Uuid, other: Uuid) -> Uuid {
        let (less, more) = (one.min(other), one.max(other));
        uuid(mac(&self.ids, &[b"match candidate", less.as_bytes(), more.as_bytes()]))
    }

    /// Encrypts a secret with XChaCha20-Poly1305. `context` (the connector's id, say) must be given again to open
    /// it, so that one connector's secret cannot be moved into another's row.
    pub fn seal(&self, context: &[u8], secret: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce)
            .map_err(|error| Error::Key(format!("no randomness from the system: {error}")))?;
        let cipher = XChaCha20Poly1305::new(&self.sealing.into());
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: context })
            .map_err(|_| Error::Key("the secret could not be encrypted".to_owned()))?;
        Ok([&[SEAL_VERSION], nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts what [`Keys::seal`] made.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
        let broken = || Error::Key("a stored secret cannot be decrypted with this key".to_owned());
        let (version, rest) = sealed.split_first().ok_or_else(broken)?;
        if *version != SEAL_VERSION {
            return Err(Error::Key(format!("a stored secret has the unknown version {version}")));
        }
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(broken)?;
        XChaCha20Poly1305::new(&self.sealing.into())
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: context })
            .map_err(|_| broken())
    }
}

/// SHA-256.
pub(crate) fn sha256(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn ids_follow_from_the_key_and_the_input_alone() {
        let keys = Keys::new(&[7; KEY_LEN]);
        let source = keys.source("shop");
        assert_eq!(keys.person(source, "1"), Keys::new(&[7; KEY_LEN]).person(source, "1"));
        assert_ne!(keys.person(source, "1"), keys.person(source, "2"));
        assert_ne!(keys.person(source, "1"), keys.object("order", source, "1"));
        assert_ne!(keys.person(source, "1"), Keys::new(&[8; KEY_LEN]).person(source, "1"));
    }

    #[test]
    fn a_sealed_secret_opens_in_its_own_context_only() {
        let keys = Keys::new(&[7; KEY_LEN]);
        let sealed = keys.seal(b"a", b"token").unwrap();
        assert_eq!(keys.open(b"a", &sealed).unwrap(), b"token");
        assert!(keys.open(b"b", &sealed).is_err());
        assert!(Keys::new(&[8; KEY_LEN]).open(b"a", &sealed).is_err());
        assert!(!sealed.windows(5).any(|window| window == b"token"));
        assert!(keys.open(b"a", &[]).is_err());
        assert!(keys.open(b"a", &sealed[..10]).is_err());
    }

    #[test]
    fn a_key_that_is_no_key_is_refused() {
        assert!(Keys::from_hex("abc").is_err());
        assert!(Keys::from_hex(&"0f".repeat(32)).is_ok());
    }

    #[test]
    fn a_new_secret_is_one_and_never_the_same() {
        let [one, other] = [(); 2].map(|()| Keys::generate().unwrap());
        assert!(Keys::from_hex(one.expose_secret()).is_ok());
        assert_ne!(one.expose_secret(), other.expose_secret());
    }
}
