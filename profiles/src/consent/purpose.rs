//! What personal data may be used for, and on which ground of the law.

use std::collections::BTreeSet;

use identity::IdentifierKind;
use serde::{Deserialize, Serialize};

use super::RESTRICTION;
use crate::{
    error::{Error, Result},
    view::catalogue::Group,
};

/// The key of the purpose for which something is shown to somebody.
pub const PERSONALISATION: &str = "personalisation";
/// The key of the purpose for which it is predicted what somebody will do.
pub(crate) const PROFILING: &str = "profiling";

/// The longest key of a purpose in bytes, and its longest name and description in characters.
const LONGEST_KEY: usize = 64;
const LONGEST_NAME: usize = 100;
const LONGEST_DESCRIPTION: usize = 2_000;

/// On which ground data may be used: the six of Article 6(1) of the GDPR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LawfulBasis {
    /// (a) The person said yes.
    Consent,
    /// (b) A contract with the person needs it.
    Contract,
    /// (c) The law demands it.
    LegalObligation,
    /// (d) Somebody's life hangs on it.
    VitalInterests,
    /// (e) It is done in the public interest.
    PublicTask,
    /// (f) An interest that outweighs the person's own.
    LegitimateInterests,
}

impl LawfulBasis {
    /// All of them, in the order of the law.
    pub const ALL: [Self; 6] = [
        Self::Consent,
        Self::Contract,
        Self::LegalObligation,
        Self::VitalInterests,
        Self::PublicTask,
        Self::LegitimateInterests,
    ];

    /// Whether a person has a say in it: by agreeing, or by objecting.
    pub const fn leaves_a_choice(self) -> bool {
        matches!(self, Self::Consent) || self.allows_objection()
    }

    /// Whether a person may object (Article 21 of the GDPR).
    pub const fn allows_objection(self) -> bool {
        matches!(self, Self::PublicTask | Self::LegitimateInterests)
    }
}

/// By which way a person is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A message to an e-mail address.
    Email,
    /// A text message to a telephone number. Needs written consent.
    Sms,
    /// A call to a telephone number.
    Phone,
}

impl Channel {
    /// What sort of contact point it reaches.
    pub const fn contact_kind(self) -> IdentifierKind {
        match self {
            Self::Email => IdentifierKind::Email,
            Self::Sms | Self::Phone => IdentifierKind::Phone,
        }
    }
}

/// Something that personal data may be used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Purpose {
    /// Its name in statements: lower-case letters, digits and `_`, at most 64 of them.
    pub key: String,
    /// What people see; at most 100 characters.
    pub name: String,
    /// What is done with the data; at most 2,000 characters.
    pub description: String,
    /// The ground on which it is done.
    pub basis: LawfulBasis,
    /// By which way the person is reached for it. Whoever agrees to it then agrees for an address or a number; without a
    /// channel, for the whole person.
    pub channel: Option<Channel>,
    /// The groups of traits that it may use.
    pub data_groups: BTreeSet<Group>,
}

impl Purpose {
    /// Refuses what cannot be stored or meant.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field.
    pub fn check(&self) -> Result<()> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if self.key.is_empty() || self.key.len() > LONGEST_KEY || !self.key.chars().all(fits) {
            let message = format!("expected 1 to {LONGEST_KEY} lower-case letters, digits and _");
            return Err(Error::invalid("key", message));
        }
        if self.key == RESTRICTION {
            let message =
                "this key stands for the restriction of any use; a request of a data subject brings it about";
            return Err(Error::invalid("key", message));
        }
        if self.key == PROFILING && self.channel.is_some() {
            let message =
                "what a person will do is predicted, or not, whatever their addresses: expected no channel";
            return Err(Error::invalid("channel", message));
        }
        for (field, text, most) in
            [("name", &self.name, LONGEST_NAME), ("description", &self.description, LONGEST_DESCRIPTION)]
        {
            if text.trim().is_empty() || text.chars().count() > most || text.contains('\0') {
                return Err(Error::invalid(field, format!("expected 1 to {most} characters, and no U+0000")));
            }
        }
        Ok(())
    }
}

/// The purposes that every installation begins with. Whoever defines one of the same key puts their own in its place.
pub(crate) fn built_in() -> Vec<Purpose> {
    use Group::{Descriptive, Identity, Mobile, Qualitative, Quantitative, Social};
    use LawfulBasis::{Consent, LegitimateInterests};
    let purpose = |key: &str, name: &str, description: &str, basis, channel, groups: &[Group]| Purpose {
        key: key.to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        basis,
        channel,
        data_groups: groups.iter().copied().collect(),
    };
    vec![
        purpose(
            "service",
            "Service and sales",
            "Serving and advising one customer in person.",
            LegitimateInterests,
            None,
            &[Identity, Descriptive, Quantitative, Qualitative, Social, Mobile],
        ),
        purpose(
            "analytics",
            "Analytics",
            "Finding out about customers as a whole.",
            LegitimateInterests,
            None,
            &[Identity, Descriptive, Quantitative, Qualitative, Social, Mobile],
        ),
        purpose(
            PROFILING,
            "Profiling",
            "Predicting what one person will do: churn, value, interests.",
            Consent,
            None,
            &[Descriptive, Quantitative, Qualitative, Social, Mobile],
        ),
        purpose(
            PERSONALISATION,
            "Personalisation",
            "Adapting what one person sees on our own site and in our app.",
            Consent,
            None,
            &[Identity, Descriptive, Quantitative, Mobile],
        ),
        purpose(
            "email_marketing",
            "E-mail marketing",
            "News and offers by e-mail.",
            Consent,
            Some(Channel::Email),
            &[Identity, Descriptive, Quantitative],
        ),
        purpose(
            "sms_marketing",
            "Text messages",
            "News and offers by text message.",
            Consent,
            Some(Channel::Sms),
            &[Identity, Descriptive, Quantitative],
        ),
        purpose(
            "phone_marketing",
            "Telephone",
            "Offers by telephone.",
            Consent,
            Some(Channel::Phone),
            &[Identity, Descriptive, Quantitative],
        ),
        purpose(
            "advertising",
            "Advertising audiences",
            "Showing advertisements elsewhere to this person, or to people like them.",
            Consent,
            None,
            &[Identity, Descriptive, Quantitative],
        ),
        purpose(
            "third_party_sharing",
            "Sharing with third parties",
            "Handing data to others for purposes of their own.",
            Consent,
            None,
            &[Identity, Descriptive],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_purpose_passes_its_own_check_under_a_key_of_its_own() {
        let all = built_in();
        let keys: BTreeSet<&str> = all.iter().map(|purpose| purpose.key.as_str()).collect();
        assert_eq!(keys.len(), all.len());
        for purpose in all {
            purpose.check().unwrap();
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_field() {
        let good = built_in().remove(0);
        let cases = [
            ("key", Purpose { key: "E-mail".to_owned(), ..good.clone() }),
            ("key", Purpose { key: String::new(), ..good.clone() }),
            ("name", Purpose { name: " ".to_owned(), ..good.clone() }),
            ("description", Purpose { description: "x".repeat(2_001), ..good }),
        ];
        for (field, purpose) in cases {
            assert!(matches!(purpose.check(), Err(Error::Invalid { path, .. }) if path == field), "{field}");
        }
    }
}
