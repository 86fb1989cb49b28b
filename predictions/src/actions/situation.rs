//! All that is known when the next best action is asked for.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// All that an answer depends on besides the policy. Keep it, and the answer can be had again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Situation {
    /// The id of the decision, which the draws follow from. A second question needs a second id.
    pub id: Uuid,
    /// Whom it is about: by it the control group is drawn.
    pub customer: Uuid,
    /// When, in seconds.
    pub at: i64,
    /// What is known of the customer: as many numbers as the outcomes had that were learned from, each at most 1e12.
    /// Amounts of money are best put in by their logarithm.
    pub features: Vec<f64>,
    /// The actions that were looked at. One that is not here is not done.
    pub candidates: Vec<Candidate>,
    /// When the customer was contacted: as far back as a week and the longest cool-down.
    pub contacts: Vec<Contact>,
    /// What the customer accepted and refused.
    pub responses: Vec<Response>,
}

/// What the caller found of an action for this customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// The id of the action.
    pub action: String,
    /// Why it must not be done, if so.
    pub barred: Option<Barred>,
    /// How often it can still be done; `None` where that is not limited.
    pub stock: Option<u64>,
}

/// Why the caller bars an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Barred {
    /// The customer is not whom it is for, in words.
    Eligibility(String),
    /// The customer does not allow it, in words.
    Consent(String),
}

/// A contact that was made, or is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The id of the action, which the catalogue may have lost since.
    pub action: String,
    /// The channel it went through.
    pub channel: Option<String>,
    /// When, in seconds. What lies after the situation is planned, and counts as if it were made just now.
    pub at: i64,
}

/// What a customer said to an action, or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The id of the action.
    pub action: String,
    /// What came.
    pub responded: Responded,
    /// When, in seconds.
    pub at: i64,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Responded {
    /// They took it, or had bought what it offers before.
    Accepted,
    /// They said no.
    Refused,
}
