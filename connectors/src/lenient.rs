//! Types that read what vendors really send: ids as numbers or texts, amounts as texts or numbers, empty texts
//! for nothing, four ways to write an instant. Numbers are taken from the bytes, so nothing passes through a
//! float. A value that is none of this is an error that says what was expected and not what came.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;

/// A JSON value that is not an object or an array.
enum Scalar {
    /// `null`, `""` or blank.
    Nothing,
    Flag(bool),
    /// The digits as written.
    Number(String),
    Text(String),
}

impl Scalar {
    fn read<'de, D: Deserializer<'de>>(deserializer: D, expected: &str) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let refuse = || D::Error::custom(format!("expected {expected}"));
        Ok(match raw.get() {
            "null" => Self::Nothing,
            "true" => Self::Flag(true),
            "false" => Self::Flag(false),
            text if text.starts_with('"') => {
                let text: String = serde_json::from_str(text).map_err(|_| refuse())?;
                if text.trim().is_empty() { Self::Nothing } else { Self::Text(text) }
            }
            other if other.starts_with(['{', '[']) => return Err(refuse()),
            number => Self::Number(number.to_owned()),
        })
    }
}

macro_rules! lenient {
    ($(#[$doc:meta])* $name:ident($inner:ty), $expected:literal, $convert:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) $inner);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let convert: fn(Scalar) -> Option<$inner> = $convert;
                convert(Scalar::read(deserializer, $expected)?)
                    .map(Self)
                    .ok_or_else(|| D::Error::custom(concat!("expected ", $expected)))
            }
        }
    };
}

lenient!(
    /// An id: the digits of a whole number or a text, exactly as written.
    Id(String), "an id", |scalar| match scalar {
        Scalar::Text(text) => Some(text.trim().to_owned()),
        Scalar::Number(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => Some(digits),
        _ => None,
    }
);

lenient!(
    /// An id, or nothing: also the 0 that stands for nothing.
    Reference(Option<String>), "an id", |scalar| match scalar {
        Scalar::Nothing | Scalar::Flag(false) => Some(None),
        Scalar::Text(text) => Some(Some(text.trim().to_owned()).filter(|id| id != "0")),
        Scalar::Number(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            Some(Some(digits).filter(|id| id != "0"))
        }
        _ => None,
    }
);

lenient!(
    /// A text, trimmed; a number or a flag as it is written.
    Text(Option<String>), "text", |scalar| Some(match scalar {
        Scalar::Nothing => None,
        Scalar::Flag(flag) => Some(flag.to_string()),
        Scalar::Number(digits) => Some(digits),
        Scalar::Text(text) => Some(text.trim().to_owned()),
    })
);

lenient!(
    /// A decimal number, written as a number or as a text, exact up to 28 digits.
    Amount(Option<Decimal>), "a decimal number", |scalar| match scalar {
        Scalar::Nothing => Some(None),
        Scalar::Flag(_) => None,
        Scalar::Number(text) | Scalar::Text(text) => decimal(&text).map(Some),
    }
);

lenient!(
    /// An instant: RFC 3339, the same without a zone meaning UTC, a date, or milliseconds since 1970.
    Instant(Option<DateTime<Utc>>), "a time (RFC 3339)", |scalar| match scalar {
        Scalar::Nothing => Some(None),
        Scalar::Flag(_) => None,
        // What MySQL calls no date.
        Scalar::Text(text) if text.starts_with("0000-00-00") => Some(None),
        Scalar::Number(text) | Scalar::Text(text) => instant(&text).map(Some),
    }
);

lenient!(
    /// Yes or no, also as a text, or nothing.
    Flag(Option<bool>), "true or false", |scalar| match scalar {
        Scalar::Nothing => Some(None),
        Scalar::Flag(flag) => Some(Some(flag)),
        Scalar::Number(text) | Scalar::Text(text) => match text.trim() {
            "true" | "1" => Some(Some(true)),
            "false" | "0" => Some(Some(false)),
            _ => None,
        },
    }
);

macro_rules! nothing_by_default {
    ($($name:ident)*) => { $(impl Default for $name { fn default() -> Self { Self(None) } })* };
}

nothing_by_default!(Reference Text Amount Instant Flag);

impl Text {
    /// The text, where there is one.
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// A decimal number in plain or scientific notation. Digits beyond the 28th are rounded away.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

/// A whole number, also where it is written as `12.0`.
pub(crate) fn whole(text: &str) -> Option<i64> {
    decimal(text).filter(Decimal::is_integer)?.to_i64()
}

/// An instant in any of the ways of [`Instant`].
pub(crate) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.len() > 8 && digits.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().and_then(DateTime::from_timestamp_millis);
    }
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.to_utc());
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
        .map(|instant| instant.and_utc())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read<T: for<'de> Deserialize<'de>>(json: &str) -> Result<T, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn ids_that_overflow_a_double_stay_exact() {
        assert_eq!(read::<Id>("12345678901234567891").unwrap().0, "12345678901234567891");
        assert_eq!(read::<Id>("\"00420\"").unwrap().0, "00420");
        for bad in ["1.5", "-1", "\"\"", "null", "true", "[1]", "{}", "1e3"] {
            assert!(read::<Id>(bad).unwrap_err().starts_with("expected an id"), "{bad}");
        }
    }

    #[test]
    fn a_zero_or_empty_reference_refers_to_nothing() {
        for nothing in ["0", "\"0\"", "\"\"", "null", "false"] {
            assert_eq!(read::<Reference>(nothing).unwrap().0, None, "{nothing}");
        }
        assert_eq!(read::<Reference>("17").unwrap().0.as_deref(), Some("17"));
    }

    #[test]
    fn amounts_are_exact_and_empty_texts_are_nothing() {
        assert_eq!(read::<Amount>("0.1").unwrap().0.unwrap().to_string(), "0.1");
        assert_eq!(read::<Amount>("\"-19.90\"").unwrap().0.unwrap().to_string(), "-19.90");
        assert_eq!(read::<Amount>("21.9899999999999984368").unwrap().0.unwrap().scale(), 19);
        assert_eq!(read::<Amount>("1e3").unwrap().0.unwrap().to_string(), "1000");
        assert_eq!(read::<Amount>("\"\"").unwrap().0, None);
        assert!(read::<Amount>("\"12,50\"").is_err());
        assert!(read::<Amount>("{}").is_err());
        let long = "\"0.200000000000000011102230246251565404236316680908203125\"";
        assert!(read::<Amount>(long).unwrap().0.is_some());
    }

    #[test]
    fn instants_are_read_in_every_way_that_vendors_write_them() {
        for same in [
            "\"2024-03-01T12:00:00Z\"",
            "\"2024-03-01T12:00:00+00:00\"",
            "\"2024-03-01T13:00:00.000+01:00\"",
            "\"2024-03-01T12:00:00\"",
            "\"2024-03-01 12:00:00\"",
            "1709294400000",
            "\"1709294400000\"",
        ] {
            let read = read::<Instant>(same).unwrap().0.unwrap();
            assert_eq!(read.to_rfc3339(), "2024-03-01T12:00:00+00:00", "{same}");
        }
        assert_eq!(read::<Instant>("\"2024-03-01\"").unwrap().0.unwrap().timestamp(), 1_709_251_200);
        assert_eq!(read::<Instant>("\"\"").unwrap().0, None);
        assert_eq!(read::<Instant>("\"0000-00-00 00:00:00\"").unwrap().0, None);
        for bad in ["\"2024-02-30T00:00:00\"", "\"soon\"", "12", "true"] {
            assert!(read::<Instant>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_of_people_may_be_written_with_a_decimal_point() {
        assert_eq!((whole("12"), whole("12.0"), whole("12.5"), whole("x")), (Some(12), Some(12), None, None));
    }

    proptest! {
        #[test]
        fn no_scalar_makes_any_of_them_panic(text in "\\PC{0,24}", number in any::<f64>()) {
            let quoted = serde_json::to_string(&text).unwrap();
            for json in [quoted, number.to_string(), format!("{number:e}")] {
                let _ = read::<Id>(&json);
                let _ = read::<Reference>(&json);
                let _ = read::<Text>(&json);
                let _ = read::<Amount>(&json);
                let _ = read::<Instant>(&json);
                let _ = read::<Flag>(&json);
            }
        }
    }
}
