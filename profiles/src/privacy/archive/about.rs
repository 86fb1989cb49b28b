//! What a person is told beside the data itself (Article 15(1) and (2) of the GDPR), in plain English.

use std::collections::BTreeSet;

use super::document::{About, Source};

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
    which are named with each link.";

/// What is told of data of these groups, from these sources.
pub(super) fn about(categories: BTreeSet<String>, sources: Vec<Source>) -> About {
    About {
        note: NOTE.to_owned(),
        categories: categories.into_iter().collect(),
        sources,
        recipients: RECIPIENTS.to_owned(),
        retention: RETENTION.to_owned(),
        rights: RIGHTS.map(str::to_owned).to_vec(),
        automated_decisions: AUTOMATED.to_owned(),
    }
}
