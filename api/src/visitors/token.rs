//! What is believed of a visitor's token: only what the customer's server signed, with the algorithm that belongs to the
//! key in the settings, for this server, not too long ago and not for too long.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use openidconnect::JsonWebKey;
use openidconnect::core::{CoreJsonCurveType, CoreJsonWebKey, CoreJwsSigningAlgorithm as Algorithm};
use profiles::IdentifierKind;
use profiles::access::Visitor;
use profiles::view::read::ProfileRef;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::graphql::profile_id;

/// The longest token in bytes.
const LONGEST: usize = 4_096;
/// How long a token may last, in seconds.
const LIFE: i64 = 3_600;
/// How much two clocks may differ, in seconds.
const LEEWAY: i64 = 30;
/// The fewest bytes of a shared secret.
const SECRET: usize = 32;
/// What stands before the key itself where a public key is written down (RFC 5280): of Ed25519, and of P-256 as a point
/// that is not compressed.
const ED25519: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
const P256: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04";

/// The keys that the customer's server signs with, each with its one algorithm.
#[derive(Clone)]
pub(super) struct Signers {
    keys: Vec<(Algorithm, CoreJsonWebKey)>,
    audience: String,
}

impl Signers {
    /// The keys of the settings.
    ///
    /// # Errors
    /// What is wrong with one, without the key.
    pub(super) fn new(
        secret: Option<&SecretString>,
        public_key: Option<&str>,
        audience: &str,
    ) -> Result<Self, String> {
        let mut keys = Vec::new();
        if let Some(secret) = secret {
            let secret = secret.expose_secret().as_bytes();
            if secret.len() < SECRET {
                return Err(format!("visitors.secret has less than {SECRET} bytes"));
            }
            keys.push((Algorithm::HmacSha256, CoreJsonWebKey::new_symmetric(secret.to_vec())));
        }
        if let Some(pem) = public_key {
            keys.push(public(pem).ok_or(
                "visitors.public_key is no public key of Ed25519 or P-256 in PEM (-----BEGIN PUBLIC KEY-----)",
            )?);
        }
        Ok(Self { keys, audience: audience.to_owned() })
    }

    /// The visitor of a token.
    ///
    /// # Errors
    /// Why it is not believed; beyond its form nothing is told of one that was not signed with a key of the settings.
    pub(super) fn read(&self, token: &str, now: DateTime<Utc>) -> Result<Visitor, &'static str> {
        let claims = self.signed(token)?;
        let now = now.timestamp();
        if !claims.aud.names(&self.audience) {
            return Err("it is for another audience");
        }
        if claims.iat > now + LEEWAY || claims.nbf.is_some_and(|nbf| nbf > now + LEEWAY) {
            return Err("it does not hold yet");
        }
        if claims.exp <= now - LEEWAY {
            return Err("it has expired");
        }
        if !(1..=LIFE).contains(&claims.exp.saturating_sub(claims.iat)) {
            return Err("it lasts longer than an hour from `iat` to `exp`");
        }
        claims.visitor().ok_or("it must name one person: by `sub`, by `source` and `key`, or by `profile`")
    }

    /// Whether a token was signed with a key of the settings, whatever it says.
    pub(super) fn is_signed(&self, token: &str) -> bool {
        self.signed(token).is_ok()
    }

    fn signed(&self, token: &str) -> Result<Claims, &'static str> {
        let unreadable = "it is no JSON Web Token with `aud`, `iat` and `exp`";
        if token.len() > LONGEST {
            return Err("it is too long");
        }
        let (message, signature) = token.rsplit_once('.').ok_or(unreadable)?;
        let (header, claims) = message.split_once('.').ok_or(unreadable)?;
        let header: Header = json(header).ok_or(unreadable)?;
        // Only the key whose algorithm it is: a public key is never tried as a shared secret, and `none` belongs to none.
        let signer = self.keys.iter().find(|(algorithm, _)| named(algorithm) == Some(header.alg.as_str()));
        let (algorithm, key) =
            signer.filter(|_| header.crit.is_none()).ok_or("its algorithm is not taken here")?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| unreadable)?;
        // The library panics over a signature of another length.
        let length = if *algorithm == Algorithm::HmacSha256 { 32 } else { 64 };
        if signature.len() != length {
            return Err(unreadable);
        }
        key.verify_signature(algorithm, message.as_bytes(), &signature)
            .map_err(|_| "it was not signed with a key that is known here")?;
        json(claims).ok_or(unreadable)
    }
}

fn named(algorithm: &Algorithm) -> Option<&'static str> {
    match algorithm {
        Algorithm::HmacSha256 => Some("HS256"),
        Algorithm::EcdsaP256Sha256 => Some("ES256"),
        Algorithm::EdDsa => Some("EdDSA"),
        _ => None,
    }
}

fn json<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn public(pem: &str) -> Option<(Algorithm, CoreJsonWebKey)> {
    let body = pem.trim().strip_prefix("-----BEGIN PUBLIC KEY-----")?;
    let body = body.strip_suffix("-----END PUBLIC KEY-----")?;
    let body: String = body.split_ascii_whitespace().collect();
    let der = BASE64_STANDARD.decode(body).ok()?;
    if let Some(key) = der.strip_prefix(ED25519).filter(|key| key.len() == 32) {
        let key = CoreJsonWebKey::new_okp(key.to_vec(), CoreJsonCurveType::Ed25519, None);
        return Some((Algorithm::EdDsa, key));
    }
    let (x, y) = der.strip_prefix(P256).filter(|point| point.len() == 64)?.split_at(32);
    let key = CoreJsonWebKey::new_ec(x.to_vec(), y.to_vec(), CoreJsonCurveType::P256, None);
    Some((Algorithm::EcdsaP256Sha256, key))
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Extensions that must be understood; none is.
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    aud: Audience,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    sub: Option<String>,
    source: Option<String>,
    key: Option<String>,
    profile: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(all) => all.iter().any(|one| one == audience),
        }
    }
}

impl Claims {
    fn visitor(self) -> Option<Visitor> {
        let by = match (self.sub, self.source, self.key, self.profile) {
            (Some(id), None, None, None) => ProfileRef::Identifier(IdentifierKind::UserId, id),
            (None, Some(source), Some(external_id), None) => ProfileRef::Record { source, external_id },
            (None, None, None, Some(id)) => ProfileRef::Id(profile_id(&id)?),
            _ => return None,
        };
        Some(Visitor::Signed(by))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::needless_pass_by_value, reason = "values are written where they are used")]

    use openidconnect::core::CoreHmacKey;
    use openidconnect::{PrivateSigningKey, core::CoreEdDsaPrivateSigningKey};
    use serde_json::{Value, json};

    use super::*;

    const SHARED: &str = "0123456789abcdef0123456789abcdef";
    const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

    fn now() -> DateTime<Utc> {
        "2026-11-21T09:00:00Z".parse().unwrap()
    }

    fn claims(changes: Value) -> Value {
        let at = now().timestamp();
        let mut claims = json!({ "sub": "4711", "aud": "rondom", "iat": at, "exp": at + 600 });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    }

    fn message(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}", part(header), part(claims))
    }

    fn hmac(secret: &[u8], header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature =
            CoreHmacKey::new(secret.to_vec()).sign(&Algorithm::HmacSha256, message.as_bytes()).unwrap();
        format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    fn shared(changes: Value) -> String {
        hmac(SHARED.as_bytes(), &json!({ "alg": "HS256", "typ": "JWT" }), &claims(changes))
    }

    fn eddsa(changes: Value) -> String {
        let key = CoreEdDsaPrivateSigningKey::from_ed25519_pem(PRIVATE, None).unwrap();
        let message = message(&json!({ "alg": "EdDSA" }), &claims(changes));
        let signature = key.sign(&Algorithm::EdDsa, message.as_bytes()).unwrap();
        format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    fn signers() -> Signers {
        Signers::new(Some(&SHARED.into()), None, "rondom").unwrap()
    }

    #[test]
    fn a_signed_token_names_its_person() {
        let read = |token: String| signers().read(&token, now());
        let user = Visitor::Signed(ProfileRef::Identifier(IdentifierKind::UserId, "4711".to_owned()));
        assert_eq!(read(shared(json!({}))), Ok(user.clone()));
        assert_eq!(read(shared(json!({ "aud": ["other", "rondom"] }))), Ok(user.clone()));
        let record = ProfileRef::Record { source: "shop".to_owned(), external_id: "7".to_owned() };
        let named = shared(json!({ "sub": null, "source": "shop", "key": "7" }));
        assert_eq!(read(named), Ok(Visitor::Signed(record)));
        let id = "00000000-0000-8000-8000-000000000007";
        let named = shared(json!({ "sub": null, "profile": format!("Profile:{id}") }));
        assert_eq!(read(named), Ok(Visitor::Signed(ProfileRef::Id(id.parse().unwrap()))));
        let by_key = Signers::new(None, Some(PUBLIC), "rondom").unwrap();
        assert_eq!(by_key.read(&eddsa(json!({})), now()), Ok(user));
    }

    #[test]
    fn what_was_not_signed_as_the_settings_say_is_refused() {
        let signers = signers();
        let (plain, none) = (claims(json!({})), json!({ "alg": "none" }));
        let unsigned = message(&none, &plain);
        let good = shared(json!({}));
        let (start, _) = good.rsplit_once('.').unwrap();
        let other = shared(json!({ "sub": "1" }));
        let signature = good.rsplit_once('.').unwrap().1;
        let crit = json!({ "alg": "HS256", "crit": ["exp"] });
        for token in [
            format!("{unsigned}."),
            format!("{unsigned}.{signature}"),
            hmac(SHARED.as_bytes(), &none, &plain),
            hmac(SHARED.as_bytes(), &json!({ "alg": "None" }), &plain),
            hmac(SHARED.as_bytes(), &json!({ "alg": "hs256" }), &plain),
            hmac(SHARED.as_bytes(), &json!({ "typ": "JWT" }), &plain),
            hmac(SHARED.as_bytes(), &crit, &plain),
            hmac(b"another secret of thirty-two bytes", &json!({ "alg": "HS256" }), &plain),
            eddsa(json!({})),
            format!("{start}."),
            start.to_owned(),
            format!("{}.{signature}", other.rsplit_once('.').unwrap().0),
            format!("{good}.{signature}"),
            format!("{good}="),
            "..".to_owned(),
            ".".to_owned(),
            String::new(),
            "x".repeat(LONGEST + 1),
        ] {
            assert!(signers.read(&token, now()).is_err() && !signers.is_signed(&token), "{token}");
        }
        // A public key is public: signing with its text as a shared secret must prove nothing.
        let by_key = Signers::new(None, Some(PUBLIC), "rondom").unwrap();
        let der =
            BASE64_STANDARD.decode("MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=").unwrap();
        for secret in [PUBLIC.as_bytes(), PUBLIC.trim().as_bytes(), &der, &der[12..]] {
            for alg in ["HS256", "EdDSA"] {
                let forged = hmac(secret, &json!({ "alg": alg }), &plain);
                assert!(by_key.read(&forged, now()).is_err());
            }
        }
        assert!(
            by_key.read(&good, now()).is_err()
                && Signers::new(None, None, "rondom").unwrap().read(&good, now()).is_err()
        );
    }

    #[test]
    fn what_was_signed_for_another_time_or_place_is_refused() {
        let at = now().timestamp();
        for (changes, why) in [
            (json!({ "aud": "other" }), "audience"),
            (json!({ "aud": [] }), "audience"),
            (json!({ "aud": null }), "no JSON Web Token"),
            (json!({ "exp": null }), "no JSON Web Token"),
            (json!({ "iat": null }), "no JSON Web Token"),
            (json!({ "exp": "soon" }), "no JSON Web Token"),
            (json!({ "iat": at - 4_000, "exp": at - 600 }), "expired"),
            (json!({ "exp": at - LEEWAY, "iat": at - 60 }), "expired"),
            (json!({ "iat": at + 60, "exp": at + 120 }), "not hold yet"),
            (json!({ "nbf": at + 60 }), "not hold yet"),
            (json!({ "exp": at + LIFE + 1 }), "longer than an hour"),
            (json!({ "exp": i64::MAX, "iat": i64::MIN }), "longer than an hour"),
            (json!({ "exp": at, "iat": at + 10 }), "longer than an hour"),
            (json!({ "sub": null }), "one person"),
            (json!({ "profile": "Profile:1" }), "one person"),
            (json!({ "sub": null, "source": "shop" }), "one person"),
            (json!({ "sub": null, "profile": "Order:00000000-0000-8000-8000-000000000007" }), "one person"),
        ] {
            let refused = signers().read(&shared(changes.clone()), now()).unwrap_err();
            assert!(refused.contains(why), "{changes}: {refused}");
        }
        assert!(signers().read(&shared(json!({ "exp": at + LIFE })), now()).is_ok());
        assert!(signers().read(&shared(json!({ "iat": at + 20, "exp": at + 60 })), now()).is_ok());
    }

    #[test]
    fn a_key_that_is_none_is_told_so_without_being_shown() {
        assert!(Signers::new(Some(&"short-secret".into()), None, "x").err().unwrap().contains("32 bytes"));
        for pem in ["", "hunter2", PRIVATE, &PUBLIC.replace("MCow", "MCox"), &PUBLIC.replace('R', "")] {
            let refused = Signers::new(None, Some(pem), "x").err().unwrap();
            assert!(refused.contains("visitors.public_key") && !refused.contains("hunter2"), "{refused}");
        }
    }
}
