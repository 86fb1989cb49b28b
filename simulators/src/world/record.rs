//! How people's details get into records: chosen, misspelt, missing, made up.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use crate::{
    chance::Chance,
    people::{Person, Population, mistyped},
};

/// Addresses that are typed in when there is none.
pub(super) const NO_EMAILS: [&str; 3] = ["test@test.com", "noemail@noemail.com", "none@none.com"];

/// Numbers that are typed in when there is none.
pub(super) const NO_PHONES: [&str; 3] = ["0000000000", "1234567890", "0612345678"];

/// An instant so many days before `now`, to the second.
pub(super) fn days_before(
    chance: &mut Chance,
    now: DateTime<Utc>,
    newest: i64,
    oldest: i64,
) -> DateTime<Utc> {
    let now = now.trunc_subsecs(0);
    now - TimeDelta::seconds(chance.between(newest * 86_400, oldest * 86_400))
}

/// An instant between the two, to the millisecond.
pub(super) fn between(chance: &mut Chance, from: DateTime<Utc>, to: DateTime<Utc>) -> DateTime<Utc> {
    let span = (to - from).num_milliseconds().max(0);
    (from + TimeDelta::milliseconds(chance.between(0, span))).trunc_subsecs(3)
}

/// So many days as a span; fractions count.
pub(super) fn days(count: f64) -> TimeDelta {
    #[expect(clippy::cast_possible_truncation, reason = "far below the range of i64")]
    let seconds = (count * 86_400.0) as i64;
    TimeDelta::seconds(seconds)
}

/// A name as it was entered: now and then with a slip or in the wrong case.
pub(super) fn entered(chance: &mut Chance, name: &str) -> String {
    match chance.below(100) {
        0..4 => mistyped(chance, name),
        4..7 => name.to_lowercase(),
        7..9 => name.to_uppercase(),
        9 => format!("{name} "),
        _ => name.to_owned(),
    }
}

/// Shares of the addresses that a source has of people; the rest has the private one.
pub(super) struct Addresses {
    pub(super) work: f64,
    pub(super) former: f64,
    pub(super) household: f64,
}

/// One of the person's addresses, or that of the head of the household.
pub(super) fn address<'a>(
    chance: &mut Chance,
    population: &'a Population,
    person: &'a Person,
    shares: &Addresses,
) -> &'a str {
    let draw = chance.unit();
    let head = &population.people[person.household];
    match (&person.work_email, &person.former_email) {
        (Some(work), _) if draw < shares.work => work,
        (_, Some(former)) if (shares.work..shares.work + shares.former).contains(&draw) => former,
        _ if draw > 1.0 - shares.household => &head.email,
        _ => &person.email,
    }
}

/// A phone of the person as somebody typed it: the mobile mostly, else the landline, at times a placeholder.
pub(super) fn phone(chance: &mut Chance, person: &Person) -> String {
    match (chance.below(100), &person.landline) {
        (0..2, _) => (*chance.pick(&NO_PHONES)).to_owned(),
        (2..14, Some(landline)) => landline.typed(chance),
        _ => person.mobile.typed(chance),
    }
}
