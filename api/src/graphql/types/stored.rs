//! Reading what is stored as text.

use async_graphql::resolver_utils::EnumType;
use profiles::{Error, Result};

/// The enum value of a stored name: `user_id` is `USER_ID`.
pub(super) fn named<T: EnumType>(what: &'static str, name: &str) -> Result<T> {
    T::items()
        .iter()
        .find(|item| item.name.eq_ignore_ascii_case(name))
        .map(|item| item.value)
        .ok_or_else(|| Error::Stored { what, message: format!("{name} is none that is known") })
}
