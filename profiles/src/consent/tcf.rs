//! Reading the core of a consent string of IAB Europe's Transparency and Consent Framework, version 2 (policies 2.0 to
//! 2.2): which of its purposes somebody agreed to, and when. Pure; any text can be given.
//!
//! Not read: vendors, special features, the publisher's restrictions and the segments behind the core. They say what
//! vendors may do on a page, and not what is done with a profile here.

use chrono::{DateTime, Utc};

/// How many bits the core has before its lists of vendors.
const BITS: usize = 213;
/// The longest string that is looked at, in bytes. One with every vendor and restriction has a few thousand.
const LONGEST: usize = 16 << 10;

/// What the core says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TcString {
    /// When somebody chose first.
    pub(crate) created: DateTime<Utc>,
    /// When they last chose.
    pub(crate) updated: DateTime<Utc>,
    /// The consent management platform that asked.
    pub(crate) cmp: u16,
    /// The version of the policy under which it asked.
    pub(crate) policy: u8,
    consented: u32,
    by_interest: u32,
}

impl TcString {
    /// Whether somebody agreed to a purpose of the framework, 1 to 24.
    pub(crate) fn is_consented(&self, purpose: u8) -> bool {
        has(self.consented, purpose)
    }

    /// Whether a purpose rests on a legitimate interest, to which nobody objected.
    pub(crate) fn is_by_interest(&self, purpose: u8) -> bool {
        has(self.by_interest, purpose)
    }

    /// Reads a string.
    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        if text.len() > LONGEST {
            return Err("longer than any consent string");
        }
        let core = text.split('.').next().unwrap_or_default();
        let sextets = core.trim_end_matches('=').bytes().map(sextet);
        let sextets = sextets.collect::<Option<Vec<u8>>>().ok_or("not base64 for URLs")?;
        // The version comes first, so that one of another is told from one that is cut off.
        match sextets.first() {
            None => return Err("empty"),
            Some(2) => {}
            Some(_) => return Err("not version 2"),
        }
        if sextets.len() * 6 < BITS {
            return Err("cut off");
        }
        let field = |from: usize, bits: usize| {
            (from..from + bits)
                .fold(0_u64, |number, bit| (number << 1) | u64::from(sextets[bit / 6] >> (5 - bit % 6) & 1))
        };
        let instant = |from| {
            // Tenths of a second, in 36 bits: a century or two.
            let tenths = i64::try_from(field(from, 36)).ok()?;
            DateTime::from_timestamp_millis(tenths * 100)
        };
        let purposes = |from| u32::try_from(field(from, 24)).unwrap_or_default();
        Ok(Self {
            created: instant(6).ok_or("no time of creation")?,
            updated: instant(42).ok_or("no time of the last choice")?,
            cmp: u16::try_from(field(78, 12)).unwrap_or_default(),
            policy: u8::try_from(field(132, 6)).unwrap_or_default(),
            consented: purposes(152),
            by_interest: purposes(176),
        })
    }
}

/// Purpose 1 stands leftmost of 24 bits.
fn has(purposes: u32, purpose: u8) -> bool {
    (1..=24).contains(&purpose) && purposes >> (24 - purpose) & 1 == 1
}

fn sextet(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn strings_of_the_specification_and_of_the_reference_tools_are_read() {
        for (text, cmp, consented, updated) in [
            (
                "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA.IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAAgAAAAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw",
                27,
                &[1, 2, 3][..],
                "2020-02-20T23:57:39.300Z",
            ),
            ("COrVd1pOrVd1pACABCENAHCAAAAAAAAAAAAiQAAAAAAAA", 2, &[], "2019-12-10T02:01:46.500Z"),
            ("COwxsONOwxsONKpAAAENAdCAAMAAAAAAAAAAAAAAAAAA", 681, &[1, 2], "2020-03-24T17:43:29.300Z"),
        ] {
            let read = TcString::read(text).unwrap();
            assert_eq!((read.cmp, read.policy), (cmp, 2), "{text}");
            assert_eq!(read.updated, updated.parse::<DateTime<Utc>>().unwrap());
            assert_eq!(read.created, read.updated);
            let found: Vec<u8> = (0..=255).filter(|purpose| read.is_consented(*purpose)).collect();
            assert_eq!(found, consented);
            assert!((0..=255).all(|purpose| !read.is_by_interest(purpose)));
        }
    }

    #[test]
    fn what_is_none_says_why() {
        for (text, why) in [
            ("", "empty"),
            ("BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA", "not version 2"),
            ("COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAA", "cut off"),
            ("COvFyGBO vFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA", "not base64 for URLs"),
        ] {
            assert_eq!(TcString::read(text).unwrap_err(), why, "{text}");
        }
        assert!(TcString::read(&"C".repeat(LONGEST + 1)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_can_be_given(text in ".{0,80}", tail in "[A-Za-z0-9_-]{0,60}[.=]?") {
            let _ = TcString::read(&text);
            let read = TcString::read(&format!("C{tail}"));
            prop_assert_eq!(read.is_ok(), tail.trim_end_matches(['.', '=']).len() + 1 >= 36);
        }
    }
}
