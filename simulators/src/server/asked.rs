//! The query of a request.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, Query},
    http::{Uri, request::Parts},
};

/// The parameters of a query, in their order; a name may come several times.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct Asked(Vec<(String, String)>);

impl Asked {
    pub(crate) fn of(uri: &Uri) -> Self {
        Self(Query::try_from_uri(uri).map(|Query(pairs)| pairs).unwrap_or_default())
    }

    /// The first value of that name, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// All values of that name, repeated or separated by commas.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(key, _)| key == name || key.strip_suffix("[]") == Some(name))
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// Whether that parameter is `true` or `1`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1"))
    }

    /// A whole number, or the default where there is none; `Err` holds what stood there instead.
    pub(crate) fn number(&self, name: &str, default: usize) -> Result<usize, String> {
        self.get(name).map_or(Ok(default), |text| text.parse().map_err(|_| text.to_owned()))
    }

    /// Whether this asks for a later page of a listing.
    pub(crate) fn continues(&self) -> bool {
        self.get("after").is_some()
            || self.get("page").is_some_and(|page| page != "1")
            || self.get("offset").is_some_and(|offset| offset != "0")
    }
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.uri))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_may_be_repeated_or_separated_by_commas() {
        let asked = Asked::of(&"/x?properties=a,b&properties=c&status[]=d&empty=".parse().unwrap());
        assert_eq!(asked.list("properties"), ["a", "b", "c"]);
        assert_eq!(asked.list("status"), ["d"]);
        assert_eq!((asked.get("empty"), asked.get("none")), (None, None));
    }
}
