//! What a person is told beside the data itself (Article 15(1) and (2) of the GDPR), in plain English.

use std::collections::BTreeSet;

use super::document::{About, Source};
use crate::retention::{Age, Kind, Rules};

const NOTE: &str = "This is everything that Rondom keeps of you at the instant above: what sources delivered, what was \
    concluded from it, and what you allowed. The word [erased] stands where a value was of somebody else. Who sent you \
    this is responsible for the data; address your questions to them.";
const RECIPIENTS: &str = "Rondom passes data on to no other system and has recorded no disclosure of yours. People and \
    programs of the organisation that sent you this read it under the purposes listed.";
const RETENTION: &str = "Data is kept for as long as the sources named here hold it and a purpose needs it, or until you \
    have it erased.";
const RIGHTS: [&str; 7] = [
    "to have what is wrong corrected (Article 16 of the GDPR)",
    "to have your data erased (Article 17)",
    "to have its use restricted (Article 18)",
    "to take your data elsewhere: archive.json is made for machines (Article 20)",
    "to object to its use (Article 21)",
    "to take back any consent at any time (Article 7(3))",
    "to complain to a supervisory authority (Article 77)",
];
const AUTOMATED: &str = "Nothing that concerns you is decided by a machine alone. Which records are yours is found by rules, \
    which are named with each link. What is suggested to be done for you is chosen by a machine, from what stands with each choice, \
    and only while you allow profiling.";

/// How long what is kept, as it is configured.
fn retention(sources: &[Source], rules: &Rules) -> String {
    let kinds = [
        (Kind::Events, "what you did"),
        (Kind::Orders, "orders"),
        (Kind::SupersededVersions, "what was said of you before"),
        (Kind::ConsentStatements, "choices that newer ones replaced"),
        (Kind::RejectedRecords, "what could not be understood"),
    ];
    let mut limits = Vec::new();
    for source in sources {
        for (kind, words) in kinds {
            let age = rules.of(kind, &source.key);
            if age != Age::Forever {
                limits.push(format!("{words} ({}): {age}", source.name));
            }
        }
    }
    let asked = rules.of(Kind::SubjectRequests, "");
    if asked != Age::Forever {
        limits.push(format!("what you asked for, once it is closed and nothing of it lasts: {asked}"));
    }
    if limits.is_empty() {
        return RETENTION.to_owned();
    }
    format!("{RETENTION} At most this long is kept: {}.", limits.join("; "))
}

/// What is told of data of these groups, from these sources.
pub(super) fn about(categories: BTreeSet<String>, sources: Vec<Source>, rules: &Rules) -> About {
    About {
        note: NOTE.to_owned(),
        categories: categories.into_iter().collect(),
        retention: retention(&sources, rules),
        sources,
        recipients: RECIPIENTS.to_owned(),
        rights: RIGHTS.map(str::to_owned).to_vec(),
        automated_decisions: AUTOMATED.to_owned(),
    }
}
