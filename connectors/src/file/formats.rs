//! How text becomes a number, an instant, a date or a yes: exact, and never by guessing.

use chrono::{
    DateTime, Datelike as _, Duration, FixedOffset, LocalResult, NaiveDate, NaiveTime, Offset as _,
    SubsecRound as _, TimeZone as _, Utc,
    format::{Item, Parsed, StrftimeItems, parse},
};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// The spellings that a file uses.
#[derive(Debug, Clone)]
pub(super) struct Formats {
    /// Where a date without a zone was written.
    pub(super) zone: Tz,
    /// Patterns tried in order, after RFC 3339.
    pub(super) dates: Vec<DateFormat>,
    /// `1.234,56` instead of `1234.56`.
    pub(super) decimal_comma: bool,
}

/// One way of writing a moment or a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DateFormat {
    /// Seconds since 1970.
    EpochSeconds,
    /// Milliseconds since 1970.
    EpochMilliseconds,
    /// A strftime pattern, as written and as parsed.
    Pattern(String, Vec<Item<'static>>),
}

impl DateFormat {
    /// Tried when a mapping names no formats.
    const COMMON: [&str; 4] = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d"];

    /// Reads a format of a mapping; the error says what is expected.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "epoch_seconds" => Ok(Self::EpochSeconds),
            "epoch_milliseconds" => Ok(Self::EpochMilliseconds),
            _ => match StrftimeItems::new(text).parse_to_owned() {
                Ok(items) if text.contains('%') => Ok(Self::Pattern(text.to_owned(), items)),
                _ => Err(format!(
                    "`{text}` is no date format; expected a pattern such as `%d/%m/%Y %H:%M`, `epoch_seconds` or \
                     `epoch_milliseconds`"
                )),
            },
        }
    }

    /// The formats for a mapping that names none.
    pub(super) fn common() -> Vec<Self> {
        Self::COMMON.into_iter().filter_map(|pattern| Self::parse(pattern).ok()).collect()
    }

    fn name(&self) -> &str {
        match self {
            Self::EpochSeconds => "epoch_seconds",
            Self::EpochMilliseconds => "epoch_milliseconds",
            Self::Pattern(pattern, _) => pattern,
        }
    }
}

impl Formats {
    /// An exact decimal; the error says what was expected.
    pub(super) fn decimal(&self, text: &str) -> Result<Decimal, String> {
        let plain = if self.decimal_comma { from_decimal_comma(text) } else { Some(text.to_owned()) };
        plain
            .filter(|plain| plain.chars().all(|letter| letter.is_ascii_digit() || "+-.eE".contains(letter)))
            .and_then(|plain| {
                Decimal::from_str_exact(&plain).or_else(|_| Decimal::from_scientific(&plain)).ok()
            })
            .ok_or_else(|| {
                let example = if self.decimal_comma { "1.234,56" } else { "1234.56" };
                format!("expected a number such as {example}")
            })
    }

    /// A moment, in whole microseconds. A time that the clocks skipped counts with the offset before the
    /// change, one that they repeated is the first of the two.
    pub(super) fn instant(&self, text: &str) -> Result<DateTime<Utc>, String> {
        let found = self.first(text, |zoned| Some(zoned.to_utc()), |parsed| self.patterned(parsed));
        found
            .filter(|moment| in_range(moment.date_naive()))
            .map(|moment| moment.trunc_subsecs(6))
            .ok_or_else(|| self.expected_date())
    }

    /// A day as it is written, without a zone.
    pub(super) fn date(&self, text: &str) -> Result<NaiveDate, String> {
        let day = |parsed: &Parsed| {
            parsed
                .to_naive_date()
                .or_else(|_| parsed.to_naive_datetime_with_offset(0).map(|moment| moment.date()))
                .ok()
        };
        let found = self.first(text, |zoned| Some(zoned.date_naive()), day);
        found.filter(|day| in_range(*day)).ok_or_else(|| self.expected_date())
    }

    /// What the first format yields that fits.
    fn first<T>(
        &self,
        text: &str,
        zoned: impl Fn(DateTime<FixedOffset>) -> Option<T>,
        patterned: impl Fn(&Parsed) -> Option<T>,
    ) -> Option<T> {
        let epoch = |moment: Option<DateTime<Utc>>| zoned(moment?.fixed_offset());
        DateTime::parse_from_rfc3339(text).ok().and_then(&zoned).or_else(|| {
            self.dates.iter().find_map(|format| match format {
                DateFormat::EpochSeconds => epoch(DateTime::from_timestamp(text.parse().ok()?, 0)),
                DateFormat::EpochMilliseconds => epoch(DateTime::from_timestamp_millis(text.parse().ok()?)),
                DateFormat::Pattern(_, items) => {
                    let mut parsed = Parsed::new();
                    parse(&mut parsed, text, items.iter()).ok()?;
                    patterned(&parsed)
                }
            })
        })
    }

    fn patterned(&self, parsed: &Parsed) -> Option<DateTime<Utc>> {
        if let Ok(moment) = parsed.to_datetime() {
            return Some(moment.to_utc());
        }
        let local = parsed
            .to_naive_datetime_with_offset(0)
            .or_else(|_| parsed.to_naive_date().map(|day| day.and_time(NaiveTime::MIN)))
            .ok()
            .filter(|local| in_range(local.date()))?;
        match self.zone.from_local_datetime(&local) {
            LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => Some(moment.to_utc()),
            LocalResult::None => {
                let before =
                    self.zone.offset_from_local_datetime(&(local - Duration::hours(3))).earliest()?;
                local.checked_sub_offset(before.fix()).map(|moment| moment.and_utc())
            }
        }
    }

    fn expected_date(&self) -> String {
        let formats: Vec<_> = self.dates.iter().map(DateFormat::name).collect();
        format!("expected a date in RFC 3339 or as {}", formats.join(" or "))
    }
}

/// `true`, `yes`, `y`, `t`, `1` and their opposites, in any case.
pub(super) fn boolean(text: &str) -> Result<bool, String> {
    const YES: [&str; 5] = ["true", "yes", "y", "t", "1"];
    const NO: [&str; 5] = ["false", "no", "n", "f", "0"];
    let is = |word: &&str| text.eq_ignore_ascii_case(word);
    match (YES.iter().any(is), NO.iter().any(is)) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err("expected true or false, yes or no, 1 or 0".to_owned()),
    }
}

/// Years that every database and every reader of RFC 3339 can hold.
fn in_range(day: NaiveDate) -> bool {
    (1..=9999).contains(&day.year())
}

/// `1.234,56` to `1234.56`. A point that does not separate thousands is refused: the file has decimal
/// points after all, and a price a hundred times too high must not pass.
fn from_decimal_comma(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once(',').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let digits = |part: &str| part.chars().all(|letter| letter.is_ascii_digit());
    let mut groups = whole.split('.');
    let first = groups.next()?;
    let mut plain = first.to_owned();
    for group in groups {
        let leads = first.trim_start_matches(['+', '-']);
        if group.len() != 3 || !digits(group) || !(1..=3).contains(&leads.len()) {
            return None;
        }
        plain.push_str(group);
    }
    if let Some(fraction) = fraction {
        if fraction.is_empty() || !digits(fraction) {
            return None;
        }
        plain.push('.');
        plain.push_str(fraction);
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn formats(dates: &[&str]) -> Formats {
        let dates = if dates.is_empty() {
            DateFormat::common()
        } else {
            dates.iter().map(|text| DateFormat::parse(text).unwrap()).collect()
        };
        Formats { zone: chrono_tz::Europe::London, dates, decimal_comma: false }
    }

    #[test]
    fn a_date_without_a_zone_is_local_and_survives_both_clock_changes() {
        let instant = |text: &str| formats(&[]).instant(text).unwrap().to_rfc3339();
        assert_eq!(instant("2011-01-15 10:00:00"), "2011-01-15T10:00:00+00:00");
        assert_eq!(instant("2011-07-15 10:00"), "2011-07-15T09:00:00+00:00");
        assert_eq!(instant("2011-03-27 01:30"), "2011-03-27T01:30:00+00:00", "skipped: the offset before");
        assert_eq!(instant("2011-10-30 01:30"), "2011-10-30T00:30:00+00:00", "repeated: the first");
        assert_eq!(instant("2011-07-15T10:00:00+02:00"), "2011-07-15T08:00:00+00:00");
        assert_eq!(instant("2011-07-15"), "2011-07-14T23:00:00+00:00");
    }

    #[test]
    fn date_formats_are_tried_in_order_and_named_in_the_error() {
        let formats = formats(&["%d/%m/%Y", "epoch_milliseconds"]);
        assert_eq!(formats.date("03/04/2011").unwrap().to_string(), "2011-04-03");
        assert_eq!(formats.instant("1000").unwrap().timestamp_millis(), 1000);
        assert_eq!(
            formats.instant("2011-04-03").unwrap_err(),
            "expected a date in RFC 3339 or as %d/%m/%Y or epoch_milliseconds"
        );
        assert!(DateFormat::parse("%Q").is_err());
        assert!(DateFormat::parse("dd/mm/yyyy").is_err());
    }

    #[test]
    fn a_number_is_exact_or_refused() {
        let point = formats(&[]);
        let comma = Formats { decimal_comma: true, ..formats(&[]) };
        assert_eq!(point.decimal("-11062.06").unwrap().to_string(), "-11062.06");
        assert_eq!(point.decimal("1e3").unwrap(), Decimal::from(1000));
        assert_eq!(comma.decimal("-1.234.567,50").unwrap().to_string(), "-1234567.50");
        for refused in ["", "1,234.56", "12,5", "NaN", "inf", "0x10", "1_000", "twelve", &"9".repeat(40)] {
            assert!(point.decimal(refused).is_err(), "{refused}");
        }
        for refused in ["2.55", "1234.567,0", "1,2,3", "1,", "1.23", ",,"] {
            assert!(comma.decimal(refused).is_err(), "{refused}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,40}") {
            for decimal_comma in [false, true] {
                let formats = Formats { decimal_comma, ..formats(&["%d.%m.%y %H:%M", "epoch_seconds", "%s"]) };
                let _ = formats.decimal(&text);
                let _ = formats.instant(&text);
                let _ = formats.date(&text);
                let _ = boolean(&text);
            }
        }

        #[test]
        fn every_decimal_reads_back_as_written(units in any::<i64>(), scale in 0u32..12) {
            let number = Decimal::new(units, scale);
            prop_assert_eq!(formats(&[]).decimal(&number.to_string()).unwrap().to_string(), number.to_string());
        }
    }
}
