use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::normalise::{email, phone};
use crate::{Error, IdentifierKind, Placeholders};

/// Everything that an administrator may configure about recognising people.
///
/// [`Rules::default`] is a good start for most installations. Call [`Rules::validate`] on rules from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// How e-mail addresses are brought into one form.
    pub email: EmailRules,
    /// How phone numbers are brought into one form.
    pub phone: PhoneRules,
    /// How strongly each kind of identifier links. A kind that is not listed follows [`IdentifierRule::of`]; what is
    /// left out of a listed one follows [`IdentifierRule::default`].
    pub identifiers: BTreeMap<IdentifierKind, IdentifierRule>,
    /// Values that people type when they have none; they never link.
    pub placeholders: Placeholders,
    /// The number of the model by which source identities are compared; 1 or more. Without one, shared identifiers alone
    /// link. With one, weights are thousandths of a bit: 1000 doubles the odds. What two of them say of name, e-mail
    /// address, phone, birth and address is then weighed together; other identifiers still link by themselves, with
    /// [`CERTAIN`](Self::CERTAIN) for each 1.0 of their weight.
    pub model: Option<i32>,
    /// Two groups are merged only while their mean weight is greater than this, in thousandths; 0 or more.
    pub threshold: i64,
    /// Two groups that are not merged, with a mean weight greater than this, may be one person: somebody should look.
    /// In thousandths; at most `threshold`, which is what it is unless given. With a model it is by default
    /// [`REVIEW`](Self::REVIEW) less than that.
    pub review: Option<i64>,
    /// How much a pair without evidence says against being one person, in thousandths; 0 or more. By default 0, and with
    /// a model [`ABSENT`](crate::linkage::ABSENT).
    pub absent: Option<i64>,
    /// The most source identities that evidence and identify calls may bring together in one profile; 1 or more.
    /// Only people's decisions "same" may go beyond it.
    pub max_group: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            email: EmailRules::default(),
            phone: PhoneRules::default(),
            identifiers: BTreeMap::new(),
            placeholders: Placeholders::default(),
            model: None,
            threshold: 0,
            review: None,
            absent: None,
            max_group: 200,
        }
    }
}

/// How e-mail addresses are brought into one form. Both lists are empty by default: to most providers a dot or a tag
/// makes another mailbox. `gmail.com` stands for `googlemail.com` too, and the other way round.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmailRules {
    /// Domains that deliver `a.b@…` and `ab@…` to the same mailbox, such as `gmail.com`.
    pub ignore_dots_for: BTreeSet<String>,
    /// Domains that deliver `ab+shop@…` to the mailbox `ab@…`, such as `gmail.com`.
    pub strip_plus_tags_for: BTreeSet<String>,
}

/// How phone numbers are brought into one form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PhoneRules {
    /// The ISO 3166 alpha-2 region of numbers that have no country code and whose record names no region. Without it
    /// such numbers cannot be compared.
    pub default_region: Option<String>,
}

/// How strongly one kind of identifier links two source identities that carry the same value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentifierRule {
    /// The weight of a shared value in thousandths: 1000 is 1.0. Positive.
    pub weight: i64,
    /// The most source identities that may carry a value while it still links them; above it the value is shared by
    /// too many to be one person's. 0 and 1 switch links by this kind off.
    pub cap: usize,
    /// Whether a person has at most one such value, so that two different ones keep two groups apart.
    pub unique: bool,
}

impl Default for IdentifierRule {
    fn default() -> Self {
        Self { weight: 1000, cap: 20, unique: false }
    }
}

impl IdentifierRule {
    /// The rule of a kind that the administrator did not configure: exact matches link, except on devices and
    /// anonymous ids. Those are shared in a family, and who was behind one at what time is told by identify calls.
    pub fn of(kind: IdentifierKind) -> Self {
        match kind {
            IdentifierKind::Device | IdentifierKind::AnonymousId => Self { cap: 0, ..Self::default() },
            // Somebody comes with many browsers over the years.
            IdentifierKind::Login => Self { cap: usize::MAX, ..Self::default() },
            IdentifierKind::Email
            | IdentifierKind::Phone
            | IdentifierKind::UserId
            | IdentifierKind::CrossSource => Self::default(),
        }
    }
}

impl Rules {
    /// What 1.0 of an identifier's weight is worth beside a model, in thousandths of a bit: more than a model can say
    /// against it.
    pub const CERTAIN: i64 = 24_000;
    /// How far below the threshold somebody should look, in thousandths of a bit, where a model weighs.
    pub const REVIEW: i64 = 3_000;

    /// Two groups with a mean weight greater than this, and not merged, may be one person.
    pub fn review(&self) -> i64 {
        let band = if self.model.is_some() { Self::REVIEW } else { 0 };
        self.review.unwrap_or_else(|| self.threshold.saturating_sub(band))
    }

    /// How much a pair without evidence says against being one person.
    pub fn absent(&self) -> i64 {
        self.absent.unwrap_or(if self.model.is_some() { crate::linkage::ABSENT } else { 0 })
    }

    /// What a shared identifier of this kind says, in thousandths.
    pub fn weight(&self, kind: IdentifierKind) -> i64 {
        let weight = self.identifier(kind).weight;
        if self.model.is_some() { weight.saturating_mul(Self::CERTAIN / 1000) } else { weight }
    }

    /// Whether a shared identifier of this kind links by itself, as far as the cap allows: with a model, e-mail addresses
    /// and phone numbers are weighed with everything else.
    pub fn links_by(&self, kind: IdentifierKind) -> bool {
        let weighed = matches!(kind, IdentifierKind::Email | IdentifierKind::Phone);
        self.identifier(kind).cap > 1 && !(weighed && self.model.is_some())
    }

    /// The rule that holds for a kind of identifier.
    pub fn identifier(&self, kind: IdentifierKind) -> IdentifierRule {
        self.identifiers.get(&kind).copied().unwrap_or_else(|| IdentifierRule::of(kind))
    }

    /// Checks what types cannot: ranges, and that listed values are written as they are compared.
    ///
    /// # Errors
    /// The first value that cannot be used, with its path and what is expected there.
    pub fn validate(&self) -> Result<(), Error> {
        for (name, domains) in [
            ("email.ignore_dots_for", &self.email.ignore_dots_for),
            ("email.strip_plus_tags_for", &self.email.strip_plus_tags_for),
            ("placeholders.domains", &self.placeholders.domains),
        ] {
            each(name, domains, "a domain in lower case, such as gmail.com", |domain| {
                email::domain(domain).as_deref() == Ok(domain)
            })?;
        }
        let placeholders = &self.placeholders;
        each(
            "placeholders.emails",
            &placeholders.emails,
            "an address in normal form, in lower case",
            |address| email::address(address, &self.email).is_ok_and(|found| found.to_string() == address),
        )?;
        each(
            "placeholders.email_locals",
            &placeholders.email_locals,
            "what stands before the @, in lower case",
            |local| !local.is_empty() && !local.contains('@') && local.to_lowercase() == local,
        )?;
        each(
            "placeholders.phones",
            &placeholders.phones,
            "digits with or without a + before them",
            |number| {
                let digits = number.strip_prefix('+').unwrap_or(number);
                !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
            },
        )?;
        each("placeholders.ids", &placeholders.ids, "a value in lower case", |value| {
            !value.is_empty() && value.to_lowercase() == value
        })?;

        if let Some(region) = &self.phone.default_region {
            let known = phone::region(region).is_some();
            check(known, "phone.default_region", "an ISO 3166 alpha-2 code such as NL", region)?;
        }
        for (kind, rule) in &self.identifiers {
            check(
                rule.weight > 0,
                &format!("identifiers.{kind}.weight"),
                "greater than 0",
                &rule.weight.to_string(),
            )?;
        }
        check(self.threshold >= 0, "threshold", "0 or more", &self.threshold.to_string())?;
        if let Some(absent) = self.absent {
            check(absent >= 0, "absent", "0 or more", &absent.to_string())?;
        }
        if let Some(model) = self.model {
            check(model >= 1, "model", "the number of a model, 1 or more", &model.to_string())?;
        }
        if let Some(review) = self.review {
            check(review <= self.threshold, "review", "at most the threshold", &review.to_string())?;
            // At least as much is said against any two who share a key and nothing else.
            let floor = -crate::linkage::MOST;
            check(review > floor, "review", &format!("greater than {floor}"), &review.to_string())?;
        }
        check(self.max_group >= 1, "max_group", "1 or more", &self.max_group.to_string())
    }
}

fn check(holds: bool, path: &str, expected: &str, found: &str) -> Result<(), Error> {
    if holds {
        return Ok(());
    }
    Err(Error::Rule { path: path.to_owned(), expected: expected.to_owned(), found: found.to_owned() })
}

fn each(
    path: &str,
    values: &BTreeSet<String>,
    expected: &str,
    holds: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    values.iter().try_for_each(|value| check(holds(value), path, expected, &format!("`{value}`")))
}

#[cfg(test)]
mod tests {
    use super::{IdentifierRule, Rules};
    use crate::IdentifierKind;

    fn rules(json: &str) -> Result<Rules, String> {
        let rules: Rules = serde_json::from_str(json).map_err(|error| error.to_string())?;
        rules.validate().map_err(|error| error.to_string())?;
        Ok(rules)
    }

    #[test]
    fn the_default_rules_are_valid_and_survive_json() {
        let default = Rules::default();
        default.validate().unwrap();
        assert_eq!(rules("{}").unwrap(), default);
        assert_eq!(rules(&serde_json::to_string(&default).unwrap()).unwrap(), default);
    }

    #[test]
    fn a_partly_given_rule_keeps_the_defaults_of_the_rest() {
        let given = rules(r#"{"identifiers": {"user_id": {"unique": true}}}"#).unwrap();
        let expected = IdentifierRule { unique: true, ..IdentifierRule::default() };
        assert_eq!(given.identifier(IdentifierKind::UserId), expected);
        assert_eq!(given.identifier(IdentifierKind::Email), IdentifierRule::default());
        assert_eq!(given.identifier(IdentifierKind::Device).cap, 0);
    }

    #[test]
    fn nobody_is_to_be_looked_at_who_is_merged() {
        let rules = Rules { threshold: 5, review: Some(6), ..Rules::default() };
        let error = rules.validate().unwrap_err().to_string();
        assert!(error.contains("review must be at most the threshold, but is 6"), "{error}");
    }

    #[test]
    fn errors_name_the_path_and_the_expectation() {
        for (json, expected) in [
            (r#"{"threshold": -1}"#, "identity rules: threshold must be 0 or more, but is -1"),
            (r#"{"max_group": 0}"#, "max_group must be 1 or more"),
            (r#"{"absent": -1}"#, "absent must be 0 or more"),
            (r#"{"model": 0}"#, "model must be the number of a model, 1 or more, but is 0"),
            (
                r#"{"identifiers": {"email": {"weight": 0}}}"#,
                "identifiers.email.weight must be greater than 0",
            ),
            (
                r#"{"phone": {"default_region": "Nederland"}}"#,
                "phone.default_region must be an ISO 3166 alpha-2 code",
            ),
            (
                r#"{"email": {"ignore_dots_for": ["Gmail.com"]}}"#,
                "email.ignore_dots_for must be a domain in lower case",
            ),
            (
                r#"{"placeholders": {"emails": ["X@y.com"]}}"#,
                "placeholders.emails must be an address in normal form",
            ),
            (r#"{"placeholders": {"phones": ["06 12"]}}"#, "placeholders.phones must be digits"),
            (r#"{"placeholders": {"ids": ["NA"]}}"#, "placeholders.ids must be a value in lower case"),
            (r#"{"thresold": 1}"#, "unknown field `thresold`"),
            (r#"{"identifiers": {"fax": {}}}"#, "unknown variant `fax`"),
        ] {
            let error = rules(json).unwrap_err();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }
}
