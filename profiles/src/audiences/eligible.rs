//! Whether people are meant by rules that are no segments, and why not, in words.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult};
use segments::{Dependencies, Explanation, Node, Person, Rule, Subject, Timeline};
use uuid::Uuid;

use super::{person, read::Stay};
use crate::{Profiles, error::Result, store::over};

/// How many conditions are named at most.
const NAMED: usize = 3;

/// For each of these people the rules, by their names, that do not mean them, and why: the words of conditions and no values. Who
/// is in which segment is asked of the stays that are stored.
pub(crate) async fn ineligible(
    profiles: &Profiles,
    rules: &[(&str, &Rule)],
    people: &[Uuid],
    now: DateTime<Utc>,
) -> Result<BTreeMap<Uuid, BTreeMap<String, String>>> {
    let mut needs = Dependencies::default();
    for (_, rule) in rules {
        needs.extend(&rule.depends());
    }
    let mut found = person::load(profiles.db(), profiles, &needs, people, now).await?;
    if !needs.segments.is_empty() {
        stays(profiles, &needs.segments, people, &mut found).await?;
    }
    let of_one = |person: &Person| {
        let subject = Subject::new(person);
        let refused = rules.iter().filter(|(_, rule)| !rule.answer(&subject, now).holds);
        refused.map(|(name, rule)| ((*name).to_owned(), words(&rule.explain(&subject, now)))).collect()
    };
    Ok(found.iter().map(|(id, person)| (*id, of_one(person))).collect())
}

/// Puts the stays of these people in these segments with them.
async fn stays(
    profiles: &Profiles,
    segments: &BTreeSet<String>,
    ids: &[Uuid],
    people: &mut BTreeMap<Uuid, Person>,
) -> Result<()> {
    /// In and out, and since when.
    type Course = Vec<(Option<DateTime<Utc>>, Option<bool>)>;
    let sql = "SELECT profile_id, segment, entered_at, left_at FROM membership WHERE profile_id = {} \
         ORDER BY segment, stay";
    let mut courses: BTreeMap<(Uuid, String), Course> = BTreeMap::new();
    for row in profiles.db().query_all_raw(over(profiles.db(), sql, ids, [])).await? {
        let stay = Stay::from_query_result(&row, "")?;
        if segments.contains(&stay.segment) {
            let course = courses.entry((row.try_get("", "profile_id")?, stay.segment)).or_default();
            course.push((stay.entered_at, Some(true)));
            course.extend(stay.left_at.map(|left| (Some(left), Some(false))));
        }
    }
    for ((id, segment), course) in courses {
        if let Some(person) = people.get_mut(&id) {
            person.segments.insert(segment, Timeline::new(course));
        }
    }
    Ok(())
}

/// What would have to turn.
fn words(explanation: &Explanation) -> String {
    let missing = explanation.missing.as_ref().and_then(|missing| missing.conditions.as_deref());
    let missing = missing.unwrap_or_default();
    let mut told = Vec::new();
    for path in missing.iter().take(NAMED) {
        if let Some(node) = at(&explanation.condition, path) {
            told.push(format!("`{}` {}", node.text, if node.holds { "holds" } else { "does not hold" }));
        }
    }
    match missing.len().saturating_sub(told.len()) {
        _ if told.is_empty() => "the customer is not whom it is for".to_owned(),
        0 => told.join(", "),
        more => format!("{}, and {more} more", told.join(", ")),
    }
}

fn at<'a>(node: &'a Node, path: &str) -> Option<&'a Node> {
    if node.path == path {
        return Some(node);
    }
    node.conditions.iter().find_map(|inner| at(inner, path))
}
