use serde_json::{Map, Value};

use crate::problem::{Problem, meant, short};

/// More problems than these nobody reads.
const MOST: usize = 50;

/// What is read, with the problems found on the way.
#[derive(Debug, Default)]
pub(super) struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    /// Notes a problem. Gives nothing, in the place of what could not be read.
    pub(super) fn problem<T>(&mut self, path: &str, message: impl Into<String>) -> Option<T> {
        if self.problems.len() < MOST {
            self.problems.push(Problem::new(path, message));
        }
        None
    }

    /// The problems, if there were any.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T, Vec<Problem>> {
        match read {
            Some(read) if self.problems.is_empty() => Ok(read),
            _ => Err(self.problems),
        }
    }

    /// Something else was expected than what was found.
    pub(super) fn expected<T>(&mut self, path: &str, expected: &str, found: &Value) -> Option<T> {
        self.problem(path, format!("expected {expected}, found {}", describe(found)))
    }

    /// An object that has no keys but these.
    pub(super) fn object<'v>(
        &mut self,
        value: &'v Value,
        path: &str,
        known: &[&str],
    ) -> Option<&'v Map<String, Value>> {
        let Value::Object(object) = value else {
            return self.expected(path, &format!("an object with {}", known.join(", ")), value);
        };
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            let _: Option<()> =
                self.problem(path, format!("unknown key `{}`{}", short(key), meant(key, known)));
        }
        Some(object)
    }

    /// The one entry of an object that has exactly one, under one of these keys.
    pub(super) fn only<'v>(
        &mut self,
        value: &'v Value,
        path: &str,
        what: &str,
        known: &[&str],
    ) -> Option<(&'v str, &'v Value)> {
        let Value::Object(object) = value else {
            return self.expected(path, &format!("{what}, an object with one key"), value);
        };
        let mut given = object.iter().filter(|(_, value)| !value.is_null());
        match (given.next(), given.next()) {
            (Some((key, value)), None) if known.contains(&key.as_str()) => Some((key, value)),
            (Some((key, _)), None) => {
                self.problem(path, format!("unknown key `{}` for {what}{}", short(key), meant(key, known)))
            }
            (None, _) => self.problem(path, format!("expected {what}, an object with one key, found none")),
            (Some(_), Some(_)) => {
                let keys: Vec<String> = object.keys().take(5).map(|key| short(key)).collect();
                self.problem(path, format!("expected one key, found {}: {}", object.len(), keys.join(", ")))
            }
        }
    }

    /// What must stand under a key.
    pub(super) fn required<'v>(
        &mut self,
        object: &'v Map<String, Value>,
        path: &str,
        key: &str,
    ) -> Option<&'v Value> {
        match optional(object, key) {
            Some(value) => Some(value),
            None => self.problem(path, format!("`{key}` is missing")),
        }
    }

    /// The text under a key.
    pub(super) fn text(&mut self, object: &Map<String, Value>, path: &str, key: &str) -> Option<String> {
        let value = self.required(object, path, key)?;
        self.string(value, &join(path, key))
    }

    /// A text.
    pub(super) fn string(&mut self, value: &Value, path: &str) -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            _ => self.expected(path, "text", value),
        }
    }

    /// Yes or no under a key; if it is not there, no.
    pub(super) fn flag(&mut self, object: &Map<String, Value>, path: &str, key: &str) -> Option<bool> {
        match optional(object, key) {
            None => Some(false),
            Some(Value::Bool(flag)) => Some(*flag),
            Some(other) => self.expected(&join(path, key), "true or false", other),
        }
    }

    /// Each element of a list, read; all are tried, so that all problems are found.
    pub(super) fn list<T>(
        &mut self,
        value: &Value,
        path: &str,
        mut read: impl FnMut(&mut Self, &Value, &str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Value::Array(elements) = value else {
            return self.expected(path, "a list", value);
        };
        let read: Vec<Option<T>> = (elements.iter().enumerate())
            .map(|(at, element)| read(self, element, &format!("{path}[{at}]")))
            .collect();
        read.into_iter().collect()
    }
}

/// What stands under a key; `null` is as good as nothing.
pub(super) fn optional<'v>(object: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    object.get(key).filter(|value| !value.is_null())
}

/// The path of what stands under a key.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// What a text that is no JSON suffers from.
pub(crate) fn unreadable(error: &serde_json::Error) -> Problem {
    let message = error.to_string();
    if message.starts_with("recursion limit exceeded") {
        return Problem::new("", format!("nested too deep: at most {} levels", crate::check::LEVELS));
    }
    Problem::new("", format!("this is no JSON: {message}"))
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the text `{}`", short(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
