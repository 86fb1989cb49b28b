//! From the rows of a page to canonical values: each row is read on its own, so that one that cannot be
//! understood becomes a [`Rejected`] with a reason and the others go on.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{
    canonical::{ConsentStatement, Event, Record},
    connector::{Page, Rejected},
    lenient::Id,
};

/// What one row became.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Mapped {
    pub(crate) records: Vec<Record>,
    pub(crate) events: Vec<Event>,
    pub(crate) consents: Vec<ConsentStatement>,
}

impl From<Record> for Mapped {
    fn from(record: Record) -> Self {
        Self { records: vec![record], ..Self::default() }
    }
}

/// Why a row cannot be understood: the field and what was expected there, never what stood there.
pub(crate) type Reason = String;

/// Maps every row into `page`. `external_id` turns the row's `id` into the record's, for the rejected ones.
pub(crate) fn map_rows<'a>(
    page: &mut Page,
    rows: impl IntoIterator<Item = &'a Box<RawValue>>,
    external_id: impl Fn(String) -> String,
    map: impl Fn(&RawValue) -> Result<Mapped, Reason>,
) {
    for row in rows {
        match map(row) {
            Ok(mapped) => {
                page.records.extend(mapped.records);
                page.events.extend(mapped.events);
                page.consents.extend(mapped.consents);
            }
            Err(reason) => page.rejected.push(Rejected {
                external_id: id(row).map(&external_id),
                reason,
                payload: payload(row),
            }),
        }
    }
}

/// Reads one row. The reason of a failure names the field and the expected type.
pub(crate) fn parse<T: DeserializeOwned>(row: &RawValue) -> Result<T, Reason> {
    let mut json = serde_json::Deserializer::from_str(row.get());
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let expected = expectation(&error.inner().to_string());
        match error.path().to_string().as_str() {
            "." => expected,
            path => format!("{path}: {expected}"),
        }
    })
}

/// The row's `id`, where that much can be read.
pub(crate) fn id(row: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Identified {
        id: Id,
    }
    serde_json::from_str::<Identified>(row.get()).ok().map(|row| row.id.0)
}

/// The bytes of a row as the source delivered them.
pub(crate) fn payload(row: &RawValue) -> Vec<u8> {
    row.get().as_bytes().to_vec()
}

/// The part of a parser's message that says what was expected: the rest quotes the value.
pub(crate) fn expectation(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or_default();
    if let Some(at) = message.rfind("expected ") {
        message[at..].to_owned()
    } else if message.starts_with("missing field") {
        message.to_owned()
    } else {
        "cannot be read".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lenient::{Amount, Text};

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the failures are looked at")]
    struct Row {
        id: Id,
        lines: Vec<Line>,
        count: u32,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the failures are looked at")]
    struct Line {
        name: Text,
        price: Amount,
    }

    fn reason(json: &str) -> String {
        let raw = RawValue::from_string(json.to_owned()).unwrap();
        parse::<Row>(&raw).unwrap_err()
    }

    #[test]
    fn a_reason_names_the_field_and_the_expected_type_and_not_the_value() {
        assert_eq!(
            reason(r#"{"id":1,"count":1,"lines":[{"name":"a","price":"1"},{"name":"a","price":"x@y.org"}]}"#),
            "lines[1].price: expected a decimal number"
        );
        assert_eq!(reason(r#"{"id":1,"count":"x@y.org expected","lines":[]}"#), "count: expected u32");
        assert_eq!(reason(r#"{"id":1,"count":-4,"lines":[]}"#), "count: expected u32");
        assert_eq!(reason(r#"{"count":1,"lines":[]}"#), "missing field `id`");
        assert_eq!(reason(r#"{"id":{},"count":1,"lines":[]}"#), "id: expected an id");
        assert_eq!(
            reason(r#"{"id":1,"count":1,"lines":[{"name":["x@y.org"],"price":"1"}]}"#),
            "lines[0].name: expected text"
        );
    }

    #[test]
    fn one_bad_row_does_not_stop_the_others_and_keeps_its_payload() {
        let rows: Vec<Box<RawValue>> =
            serde_json::from_str(r#"[{"id":7},{"id": 8 , "x":1},null,{"id":9}]"#).unwrap();
        let mut page = Page::default();
        map_rows(
            &mut page,
            &rows,
            |id| format!("s:{id}"),
            |row| if row.get().contains('7') { Ok(Mapped::default()) } else { Err("no".to_owned()) },
        );
        let ids: Vec<_> = page.rejected.iter().map(|rejected| rejected.external_id.as_deref()).collect();
        assert_eq!(ids, [Some("s:8"), None, Some("s:9")]);
        assert_eq!(page.rejected[0].payload, br#"{"id": 8 , "x":1}"#);
    }
}
