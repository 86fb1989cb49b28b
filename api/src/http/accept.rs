//! Which of the two media types a client wants to be answered in.

use axum::http::{HeaderMap, HeaderValue, header};

/// A media type of GraphQL over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`: a well-formed request is answered with 200, whatever becomes of it.
    Json,
    /// `application/graphql-response+json`: the status tells whether the operation ran.
    GraphqlResponse,
}

/// How narrowly a range of the `Accept` header names a type, and with which weight in thousandths.
type Match = Option<(u8, u16)>;

impl Media {
    /// The type to answer in, or `None` if the client takes neither. A wildcard or no header means
    /// `application/json`, as the specification advises until clients have moved on.
    pub(super) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let (mut json, mut graphql): (Match, Match) = (None, None);
        let mut asked = false;
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        for range in
            values.flat_map(|value| value.split(',')).map(str::trim).filter(|range| !range.is_empty())
        {
            asked = true;
            let (name, weight) = parse(range);
            // Of several ranges that match a type, the narrowest counts (RFC 9110, 12.5.1).
            match name.to_ascii_lowercase().as_str() {
                "application/json" => json = json.max(Some((2, weight))),
                "application/graphql-response+json" => graphql = graphql.max(Some((2, weight))),
                "application/*" => {
                    (json, graphql) = (json.max(Some((1, weight))), graphql.max(Some((1, weight))));
                }
                "*/*" => {
                    (json, graphql) = (json.max(Some((0, weight))), graphql.max(Some((0, weight))));
                }
                _ => {}
            }
        }
        if !asked {
            return Some(Self::Json);
        }
        let weight = |found: Match| found.map_or(0, |(_, weight)| weight);
        match (weight(json), weight(graphql)) {
            (0, 0) => None,
            (json, graphql_weight) if graphql_weight > json => Some(Self::GraphqlResponse),
            (json, graphql_weight) if graphql_weight == json && graphql > Some((2, 0)) => {
                Some(Self::GraphqlResponse)
            }
            _ => Some(Self::Json),
        }
    }

    /// As a `Content-Type`.
    pub(super) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        })
    }
}

/// The media range and its weight in thousandths; a weight that cannot be read counts as 1.
fn parse(range: &str) -> (&str, u16) {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts
        .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
        .and_then(|weight| weight.parse::<f32>().ok())
        .map_or(1_000, |weight| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to 0..=1000"
            )]
            let thousandths = (weight.clamp(0.0, 1.0) * 1_000.0).round() as u16;
            thousandths
        });
    (name, weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiate(accept: &'static str) -> Option<Media> {
        Media::negotiate(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]))
    }

    #[test]
    fn no_wish_means_json() {
        assert_eq!(Media::negotiate(&HeaderMap::new()), Some(Media::Json));
        assert_eq!(negotiate("*/*"), Some(Media::Json));
        assert_eq!(negotiate("application/*"), Some(Media::Json));
        assert_eq!(negotiate("text/html,application/xml;q=0.9,*/*;q=0.8"), Some(Media::Json));
    }

    #[test]
    fn a_named_type_is_given_and_the_newer_one_wins_a_tie() {
        assert_eq!(negotiate("application/json"), Some(Media::Json));
        assert_eq!(negotiate("application/graphql-response+json"), Some(Media::GraphqlResponse));
        assert_eq!(
            negotiate("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8"),
            Some(Media::GraphqlResponse)
        );
    }

    #[test]
    fn weights_are_obeyed() {
        assert_eq!(negotiate("application/graphql-response+json;q=0.5, application/json"), Some(Media::Json));
        assert_eq!(negotiate("application/json;q=0, */*"), Some(Media::GraphqlResponse));
        assert_eq!(negotiate("text/html"), None);
        assert_eq!(negotiate("*/*;q=0"), None);
        assert_eq!(negotiate("application/json;q=NaN"), None);
    }
}
