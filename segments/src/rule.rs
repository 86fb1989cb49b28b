use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::condition::Condition;
use crate::problem::Problems;
use crate::{check, json, text};

/// A rule that was checked: it can be evaluated, written and stored. It is displayed in the text form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule(Condition);

impl Rule {
    /// Checks a condition.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(condition: Condition) -> Result<Self, Problems> {
        let problems = check::problems(&condition);
        if problems.is_empty() { Ok(Self(condition)) } else { Err(Problems(problems)) }
    }

    /// Reads and checks the JSON form.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, Problems> {
        match serde_json::from_str(text) {
            Ok(value) => Self::from_value(&value),
            Err(error) => Err(Problems(vec![json::unreadable(&error)])),
        }
    }

    /// Reads and checks the JSON form.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_value(value: &Value) -> Result<Self, Problems> {
        json::read(value).map_err(Problems).and_then(Self::new)
    }

    /// Reads and checks the text form.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its line and column; of what cannot be read the first.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        let (condition, mark) = text::parse(text).map_err(|problem| Problems(vec![problem]))?;
        Self::new(condition).map_err(|Problems(problems)| {
            Problems(problems.into_iter().map(|problem| mark.locate(problem)).collect())
        })
    }

    /// The JSON form.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(&self.0).expect("a checked rule holds nothing that JSON cannot")
    }

    /// What the rule asks.
    pub const fn condition(&self) -> &Condition {
        &self.0
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
