use std::borrow::Cow;
use std::marker::PhantomData;

use async_graphql::registry::Registry;
use async_graphql::{InputType, InputValueError, InputValueResult, Value};

/// Objects that a rule holds in one another at most: 20 conditions, and in the last of them an event, a test of a property,
/// its test, a size and an amount of money.
const OBJECTS: usize = 25;

/// An input of type `T` of which nothing that was given is lost, as GraphQL holds it.
///
/// async-graphql looks for unknown fields before it runs a query, but not in an argument that holds a variable which is left
/// to its default value, and passes over them when it reads one. A rule with a misspelt `where` would mean more people.
///
/// It also reads an input as deep as it comes, and each level takes much of the stack. What is deeper than a rule can be
/// stays as it was given: the crate says what is wrong with it.
#[derive(Debug)]
pub(crate) struct Whole<T> {
    value: Value,
    of: PhantomData<T>,
}

impl<T> Whole<T> {
    /// What was given.
    pub(super) fn into_value(self) -> Value {
        self.value
    }
}

impl<T: InputType> InputType for Whole<T> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let given = value.unwrap_or_default();
        if is_deeper(&given, OBJECTS) {
            return Ok(Self { value: given, of: PhantomData });
        }
        let value = T::parse(Some(given.clone())).map_err(InputValueError::propagate)?.to_value();
        match lost(&given, &value, "") {
            None => Ok(Self { value, of: PhantomData }),
            Some(path) => Err(InputValueError::custom(format_args!("there is no field `{path}`"))),
        }
    }

    fn to_value(&self) -> Value {
        self.value.clone()
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

/// Whether more objects hold each other than these.
fn is_deeper(value: &Value, objects: usize) -> bool {
    match value {
        Value::Object(fields) => objects == 0 || fields.values().any(|value| is_deeper(value, objects - 1)),
        Value::List(elements) => elements.iter().any(|element| is_deeper(element, objects)),
        _ => false,
    }
}

/// The path of a field that was given and not read.
fn lost(given: &Value, read: &Value, path: &str) -> Option<String> {
    match (given, read) {
        (Value::Object(given), Value::Object(read)) => given.iter().find_map(|(name, given)| {
            let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            match read.get(name) {
                Some(read) => lost(given, read, &path),
                None => Some(path),
            }
        }),
        (Value::List(given), Value::List(read)) => (given.iter().zip(read).enumerate())
            .find_map(|(at, (given, read))| lost(given, read, &format!("{path}[{at}]"))),
        // One thing where a list is expected is a list of it.
        (given, Value::List(read)) => read.first().and_then(|read| lost(given, read, path)),
        _ => None,
    }
}
