//! Pages of lists, as the Relay specification says: how large, from where, at which price.

use std::borrow::Cow;

use async_graphql::connection::{CursorType, OpaqueCursor};
use async_graphql::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::bad_input;
use crate::config::GraphqlLimits;

/// How many a page has unless the client says.
const DEFAULT: u32 = 20;
/// More than any setting should allow.
const MOST: usize = 10_000;

/// A place in a list, with the name of the list it is a place in. Opaque to clients.
pub(super) type Cursor<P> = OpaqueCursor<(Cow<'static, str>, P)>;

/// The cursor of a place.
pub(super) fn cursor<P>(list: &'static str, place: P) -> Cursor<P> {
    OpaqueCursor((Cow::Borrowed(list), place))
}

/// Reads the cursor in an argument.
pub(super) fn place<P>(argument: &str, list: &'static str, text: Option<&str>) -> Result<Option<P>>
where
    P: Serialize + DeserializeOwned,
{
    let Some(text) = text else { return Ok(None) };
    let other = || bad_input(format!("{argument}: this is no cursor of this list ({list})"));
    // First its list alone: the place of another has another shape.
    let OpaqueCursor((found, _)) =
        OpaqueCursor::<(Cow<'static, str>, serde_json::Value)>::decode_cursor(text).map_err(|_| other())?;
    if found != list {
        return Err(other());
    }
    let OpaqueCursor((_, place)) = Cursor::<P>::decode_cursor(text).map_err(|_| other())?;
    let clean = serde_json::to_string(&place).is_ok_and(|json| !json.contains("\\u0000"));
    if clean { Ok(Some(place)) } else { Err(other()) }
}

/// How many entries a page may have.
pub(super) fn size(ctx: &Context<'_>, argument: &str, wanted: Option<i32>) -> Result<u64> {
    let largest = ctx.data::<GraphqlLimits>()?.max_page_size.get();
    let wanted = wanted.map_or(i64::from(DEFAULT.min(largest)), i64::from);
    match u64::try_from(wanted) {
        Ok(size) if size <= u64::from(largest) => Ok(size),
        Ok(_) => Err(bad_input(format!(
            "{argument}: {wanted} is more than the limit of {largest} (graphql.max_page_size); ask for smaller pages"
        ))),
        Err(_) => Err(bad_input(format!("{argument}: {wanted} is less than 0"))),
    }
}

/// The points of a field whose value is a page: what one entry costs, times their number. A size that [`size`] will
/// refuse costs as little as the refusal.
pub(super) fn points(size: Option<i32>, entry: usize) -> usize {
    match usize::try_from(size.unwrap_or_else(|| i32::try_from(DEFAULT).unwrap_or(i32::MAX))) {
        Ok(size) if size <= MOST => entry.saturating_mul(size).saturating_add(1),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went_out() {
        let text = cursor("orders", (7, "x".to_owned())).encode_cursor();
        assert_eq!(place("after", "orders", Some(&text)).unwrap(), Some((7, "x".to_owned())));
        assert_eq!(place::<u8>("after", "orders", None).unwrap(), None);
    }

    #[test]
    fn a_cursor_of_another_list_or_of_none_is_told_so() {
        let text = cursor("timeline", 7).encode_cursor();
        let shape = cursor("orders", "seven".to_owned()).encode_cursor();
        let nul = cursor("orders", "\0".to_owned()).encode_cursor();
        for bad in [text.as_str(), &shape, "", "!", "e30"] {
            let error = place::<u8>("after", "orders", Some(bad)).unwrap_err();
            assert_eq!(error.message, "after: this is no cursor of this list (orders)");
        }
        assert!(place::<String>("after", "orders", Some(&nul)).is_err(), "no database takes U+0000");
    }

    #[test]
    fn a_list_costs_as_much_as_its_page_can_hold() {
        assert_eq!(points(Some(50), 4), 201);
        assert_eq!(points(None, 3), 61);
        assert_eq!(points(Some(1_000_000), 4), 1);
        assert_eq!(points(Some(-1), 4), 1);
        assert_eq!(points(Some(2), usize::MAX), usize::MAX);
    }
}
