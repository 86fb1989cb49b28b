//! How long: a number of seconds, without a calendar. A day is 24 hours.

use std::fmt;

use serde::{Serialize, Serializer};

/// A length of time in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(i64);

/// Units, greatest first: seconds, the word for one, the letter in ISO 8601, whether that stands after the `T`.
const UNITS: [(i64, &str, char, bool); 5] = [
    (604_800, "week", 'W', false),
    (86_400, "day", 'D', false),
    (3_600, "hour", 'H', true),
    (60, "minute", 'M', true),
    (1, "second", 'S', true),
];

const CALENDAR: &str = "months and years have no fixed length; write days, as in 30 days or P30D";

impl Duration {
    /// The longest that a rule may hold: a hundred years of 365 days.
    pub const LONGEST: Self = Self::days(36_500);

    /// So many seconds.
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// So many minutes.
    pub const fn minutes(minutes: i64) -> Self {
        Self(minutes.saturating_mul(60))
    }

    /// So many hours.
    pub const fn hours(hours: i64) -> Self {
        Self(hours.saturating_mul(3_600))
    }

    /// So many days of 24 hours.
    pub const fn days(days: i64) -> Self {
        Self(days.saturating_mul(86_400))
    }

    /// In seconds.
    pub const fn as_seconds(self) -> i64 {
        self.0
    }

    /// In microseconds, in which instants are counted.
    pub(crate) const fn micros(self) -> i64 {
        self.0.saturating_mul(1_000_000)
    }

    /// Whole days, if it is that.
    pub(crate) const fn whole_days(self) -> Option<i64> {
        if self.0 % 86_400 == 0 { Some(self.0 / 86_400) } else { None }
    }

    /// So many of a unit that is called by its English word, in the singular or the plural.
    pub(crate) fn of(count: i64, unit: &str) -> Result<Self, String> {
        let singular = unit.strip_suffix('s').unwrap_or(unit);
        if matches!(singular, "month" | "year" | "quarter") {
            return Err(CALENDAR.to_owned());
        }
        match UNITS.iter().find(|(_, word, ..)| *word == singular) {
            Some((seconds, ..)) => Ok(Self(count.saturating_mul(*seconds))),
            None => {
                Err(format!("expected seconds, minutes, hours, days or weeks after {count}, found `{unit}`"))
            }
        }
    }

    /// Reads the form of ISO 8601: `P30D`, `PT2H`, `P1DT12H`, `P2W`.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("expected a duration such as P30D or PT2H, found `{}`", crate::problem::short(text));
        let rest = text.strip_prefix('P').ok_or_else(wrong)?;
        let (mut seconds, mut in_time, mut unit) = (0_i64, false, 0);
        let mut digits = String::new();
        for character in rest.chars() {
            match character {
                'T' if !in_time && digits.is_empty() => in_time = true,
                '0'..='9' if digits.len() < 12 => digits.push(character),
                'Y' => return Err(CALENDAR.to_owned()),
                'M' if !in_time => return Err(CALENDAR.to_owned()),
                letter => {
                    // Units come once each, the greater before the smaller.
                    let found = UNITS[unit..]
                        .iter()
                        .position(|(_, _, known, time)| (*known, *time) == (letter, in_time));
                    let at = unit + found.ok_or_else(wrong)?;
                    let count: i64 = digits.parse().map_err(|_| wrong())?;
                    seconds = seconds.saturating_add(count.saturating_mul(UNITS[at].0));
                    digits.clear();
                    unit = at + 1;
                }
            }
        }
        if unit == 0 || !digits.is_empty() || rest.ends_with('T') {
            return Err(wrong());
        }
        Ok(Self(seconds))
    }

    /// In the greatest unit up to days in which it is a whole number.
    fn in_unit(self) -> (i64, &'static str, char, bool) {
        let (seconds, word, letter, time) =
            UNITS[1..].iter().find(|(seconds, ..)| self.0 % seconds == 0).copied().unwrap_or(UNITS[4]);
        (self.0 / seconds, word, letter, time)
    }

    /// The form of ISO 8601.
    pub fn to_iso(self) -> String {
        let (count, _, letter, time) = self.in_unit();
        format!("P{}{count}{letter}", if time { "T" } else { "" })
    }
}

/// In words: `30 days`, `1 hour`.
impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, word, ..) = self.in_unit();
        write!(formatter, "{count} {word}{}", if count == 1 { "" } else { "s" })
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_iso())
    }
}

#[cfg(test)]
mod tests {
    use super::Duration;

    #[test]
    fn durations_are_read_and_written() {
        for (iso, seconds, written, words) in [
            ("P30D", 2_592_000, "P30D", "30 days"),
            ("PT2H", 7_200, "PT2H", "2 hours"),
            ("PT1H", 3_600, "PT1H", "1 hour"),
            ("PT15M", 900, "PT15M", "15 minutes"),
            ("P2W", 1_209_600, "P14D", "14 days"),
            ("P1DT12H", 129_600, "PT36H", "36 hours"),
            ("PT90S", 90, "PT90S", "90 seconds"),
            ("PT0S", 0, "P0D", "0 days"),
        ] {
            let duration = Duration::parse(iso).unwrap();
            assert_eq!(duration.as_seconds(), seconds, "{iso}");
            assert_eq!(duration.to_iso(), written);
            assert_eq!(duration.to_string(), words);
            assert_eq!(Duration::parse(written), Ok(duration));
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_in_words() {
        for (iso, says) in [
            ("P1M", "no fixed length"),
            ("P1Y", "no fixed length"),
            ("30 days", "expected a duration such as P30D"),
            ("P", "expected"),
            ("PT", "expected"),
            ("P1DT", "expected"),
            ("P30", "expected"),
            ("PD", "expected"),
            ("PT2D", "expected"),
            ("P2H", "expected"),
            ("PT1M1H", "expected"),
            ("P1D1D", "expected"),
            ("P-1D", "expected"),
            ("P9999999999999D", "expected"),
            ("", "expected"),
        ] {
            let error = Duration::parse(iso).unwrap_err();
            assert!(error.contains(says), "{iso}: {error}");
        }
        assert!(Duration::of(1, "months").unwrap_err().contains("no fixed length"));
        assert!(Duration::of(1, "fortnights").unwrap_err().contains("fortnights"));
        assert_eq!(Duration::of(i64::MAX, "weeks"), Ok(Duration::seconds(i64::MAX)));
    }
}
