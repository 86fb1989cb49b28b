//! The decision: may this person's data be used for this purpose now? Pure, and the same for any order of statements.
//!
//! 0. Whose data is restricted, of them nothing is used but what the law demands or somebody's life hangs on.
//! 1. Where the basis is none that a person can end (contract, legal obligation, vital interests), nobody is asked.
//! 2. Each source may have said something of a date and something undated. Of what it said of a date about one person,
//!    the newest counts; of what it said undated, what it was last heard to say. What a source takes back (`unstated`)
//!    counts as never said.
//! 3. A purpose with a channel is asked for a contact point, over all source identities of the person: the newest word
//!    counts. A purpose without one is asked for each source identity, and the safest answer over all counts.
//! 4. Nobody knows whether an undated no (refused, ended, not confirmed) is older than a yes: it wins. Of two of one
//!    instant the safer wins.
//! 5. Where nothing was said, the basis decides: without consent nothing is done; what rests on an interest is done until
//!    the person objects.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    RESTRICTION,
    purpose::{Channel, LawfulBasis, Purpose},
    statement::{ContactPoint, Statement, Status},
};

/// Why data may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ground {
    /// The person agreed.
    Consented,
    /// The basis of the purpose needs no agreement. The person may object where the basis allows it.
    Basis(LawfulBasis),
}

/// Why data may not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Refusal {
    /// Any use was restricted at the person's request (Article 18 of the GDPR).
    Restricted,
    /// The person refused when asked.
    Denied,
    /// The person took an earlier consent back.
    Withdrawn,
    /// The person objected to what rests on an interest.
    Objected,
    /// The consent has ended by itself.
    Expired,
    /// The consent is not confirmed yet: double opt-in.
    Unconfirmed,
    /// Text messages need consent in writing, and nothing proves it.
    NotWritten,
    /// Nobody ever asked, and the purpose needs consent.
    NeverAsked,
    /// There is no address or number to which consent could belong.
    NoContactPoint,
}

/// What the gate answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Go ahead.
    Allowed {
        /// Why.
        ground: Ground,
        /// Since when, where somebody said so and it is known when.
        since: Option<DateTime<Utc>>,
        /// The statement that says so.
        statement: Option<Uuid>,
    },
    /// Not this person's data, not for this purpose.
    Refused {
        /// Why.
        reason: Refusal,
        /// Since when, where it is known.
        since: Option<DateTime<Utc>>,
        /// The statement that says so.
        statement: Option<Uuid>,
    },
}

impl Decision {
    /// Whether the data may be used.
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }

    const fn basis(basis: LawfulBasis) -> Self {
        Self::Allowed { ground: Ground::Basis(basis), since: None, statement: None }
    }

    const fn refused(reason: Refusal) -> Self {
        Self::Refused { reason, since: None, statement: None }
    }
}

/// Decides. `said` are all statements of all source identities of the person, in any order and for any purpose; `point`
/// is where the person would be reached, for a purpose with a channel.
pub fn decide(
    purpose: &Purpose,
    said: &[Statement],
    point: Option<&ContactPoint>,
    now: DateTime<Utc>,
) -> Decision {
    let basis = purpose.basis;
    let said = || said.iter().filter(|statement| !statement.is_over(now));
    if !matches!(basis, LawfulBasis::LegalObligation | LawfulBasis::VitalInterests)
        && let Some((standing, statement)) = safest(said().filter(|said| said.purpose == RESTRICTION), now)
        && standing <= Standing::Denied
    {
        let (since, statement) = (statement.stated_at, Some(statement.id));
        return Decision::Refused { reason: Refusal::Restricted, since, statement };
    }
    if !basis.leaves_a_choice() {
        return Decision::basis(basis);
    }
    let point = match (purpose.channel, point) {
        (Some(channel), Some(point)) if point.kind == channel.contact_kind() => Some(point),
        (Some(_), _) => return Decision::refused(Refusal::NoContactPoint),
        (None, _) => None,
    };
    let about = said().filter(|statement| {
        statement.purpose == purpose.key && point.is_none_or(|point| statement.is_about(point))
    });
    // Where a contact point is asked about, all source identities speak with one voice.
    let mut voices: BTreeMap<Option<Uuid>, Vec<&Statement>> = BTreeMap::new();
    for statement in about {
        voices.entry(point.is_none().then_some(statement.identity)).or_default().push(statement);
    }
    let words = voices.values().filter_map(|statements| word(statements, purpose.channel, now));
    let Some((standing, statement)) = words.min_by_key(|(standing, word)| (*standing, newest_first(word)))
    else {
        return match basis {
            LawfulBasis::Consent => Decision::refused(Refusal::NeverAsked),
            basis => Decision::basis(basis),
        };
    };
    let id = Some(statement.id);
    let refused = |reason, since| Decision::Refused { reason, since, statement: id };
    let since = statement.stated_at;
    match (standing, basis) {
        (Standing::Denied | Standing::Withdrawn, basis) if basis.allows_objection() => {
            refused(Refusal::Objected, since)
        }
        (Standing::Denied, _) => refused(Refusal::Denied, since),
        (Standing::Withdrawn, _) => refused(Refusal::Withdrawn, since),
        (Standing::Granted, _) => Decision::Allowed { ground: Ground::Consented, since, statement: id },
        // What rests on an interest needs no yes.
        (_, basis) if basis.allows_objection() => Decision::basis(basis),
        (Standing::Expired, _) => refused(Refusal::Expired, statement.expires_at.or(since)),
        (Standing::Unconfirmed, _) => refused(Refusal::Unconfirmed, since),
        (Standing::NotWritten, _) => refused(Refusal::NotWritten, since),
    }
}

/// Of what every source identity last said the safest.
fn safest<'a>(
    said: impl Iterator<Item = &'a Statement>,
    now: DateTime<Utc>,
) -> Option<(Standing, &'a Statement)> {
    let mut voices: BTreeMap<Uuid, Vec<&Statement>> = BTreeMap::new();
    for statement in said {
        voices.entry(statement.identity).or_default().push(statement);
    }
    let words = voices.values().filter_map(|statements| word(statements, None, now));
    words.min_by_key(|(standing, word)| (*standing, newest_first(word)))
}

/// What a statement comes to, the safest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Withdrawn,
    Denied,
    Expired,
    Unconfirmed,
    NotWritten,
    Granted,
}

/// What a statement comes to now; nothing where its source took it back.
fn standing(statement: &Statement, channel: Option<Channel>, now: DateTime<Utc>) -> Option<Standing> {
    Some(match statement.status {
        Status::Withdrawn => Standing::Withdrawn,
        Status::Denied => Standing::Denied,
        Status::Expired => Standing::Expired,
        Status::Pending => Standing::Unconfirmed,
        Status::Granted if statement.expires_at.is_some_and(|end| end <= now) => Standing::Expired,
        Status::Granted if channel == Some(Channel::Sms) && !statement.written => Standing::NotWritten,
        Status::Granted => Standing::Granted,
        Status::Unstated => return None,
    })
}

/// Of statements that speak with one voice the one that counts.
fn word<'a>(
    statements: &[&'a Statement],
    channel: Option<Channel>,
    now: DateTime<Utc>,
) -> Option<(Standing, &'a Statement)> {
    // What each source last said, of a date and undated, of each source identity.
    let mut last: BTreeMap<(Uuid, Uuid, bool), &Statement> = BTreeMap::new();
    // The safest last; what takes back counts least.
    let safety = |statement: &Statement| {
        let standing = standing(statement, channel, now);
        (standing.is_some(), std::cmp::Reverse(standing))
    };
    let order = |statement: &Statement| {
        let seen = statement.stated_at.is_none().then_some(statement.last_seen);
        (statement.stated_at, seen, safety(statement), std::cmp::Reverse(statement.id))
    };
    for statement in statements {
        let voice = (statement.identity, statement.source, statement.stated_at.is_some());
        let kept = last.entry(voice).or_insert(statement);
        if order(statement) > order(kept) {
            *kept = statement;
        }
    }
    let standing = |statement: &'a Statement| Some((standing(statement, channel, now)?, statement));
    let words: Vec<(Standing, &Statement)> = last.into_values().filter_map(standing).collect();
    let undated_no =
        words.iter().filter(|(standing, word)| word.stated_at.is_none() && *standing < Standing::NotWritten);
    let newest = words.iter().max_by_key(|(_, word)| order(word));
    undated_no.min_by_key(|(standing, word)| (*standing, word.id)).or(newest).copied()
}

/// Of two that come to the same, the newer is told; which it is may not depend on their order.
fn newest_first(statement: &Statement) -> (std::cmp::Reverse<Option<DateTime<Utc>>>, Uuid) {
    (std::cmp::Reverse(statement.stated_at), statement.id)
}
