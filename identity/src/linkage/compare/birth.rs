use super::super::class::Class;
use super::super::table::{Reading, Row};
use super::super::text::Texts;
use super::Comparison;

/// Reads a date as year · 10000 + month · 100 + day, 0 when it is none: `1980-12-31`, `19801231`, `31/12/1980`,
/// `31.12.1980`. Where day and month could be either, `day_first` decides. A time behind it is ignored.
pub(in crate::linkage) fn read(raw: &str, day_first: bool) -> u32 {
    let Some((parts, lengths)) = numbers(raw) else { return 0 };
    let [first, second, third] = parts;
    let (year, month, day) = match lengths {
        [8, 0, 0] if is_year(first / 10_000) && first / 100 % 100 <= 12 => {
            (first / 10_000, first / 100 % 100, first % 100)
        }
        [8, 0, 0] => by_order(first / 1_000_000, first / 10_000 % 100, first % 10_000, day_first),
        [4, 1..=2, 1..=2] => (first, second, third),
        [1..=2, 1..=2, 4] => by_order(first, second, third, day_first),
        _ => return 0,
    };
    let exists = is_year(year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if exists { year * 10_000 + month * 100 + day } else { 0 }
}

/// Years in which somebody in the records may have been born; wide enough for slips.
fn is_year(year: u32) -> bool {
    (1850..2100).contains(&year)
}

fn by_order(first: u32, second: u32, year: u32, day_first: bool) -> (u32, u32, u32) {
    if second > 12 || !day_first && first <= 12 { (year, first, second) } else { (year, second, first) }
}

/// Up to three numbers with a sign between them, and how many digits each has.
fn numbers(raw: &str) -> Option<([u32; 3], [usize; 3])> {
    let (mut parts, mut lengths, mut part) = ([0_u32; 3], [0_usize; 3], 0);
    for byte in raw.bytes() {
        match byte {
            b'0'..=b'9' if lengths[part] < 8 => {
                parts[part] = parts[part] * 10 + u32::from(byte - b'0');
                lengths[part] += 1;
            }
            b'-' | b'/' | b'.' if part < 2 && lengths[part] > 0 => part += 1,
            b'T' | b' ' if lengths[part] > 0 && part != 1 => break,
            _ => return None,
        }
    }
    Some((parts, lengths))
}

/// Whether a column writes the day before the month: more of its dates can only be read so than only the other way.
pub(in crate::linkage) fn day_first(column: &Texts) -> bool {
    let (mut day, mut month) = (0_usize, 0_usize);
    for cell in column.iter() {
        if let Some((parts, [1..=2, 1..=2, 4])) = numbers(cell) {
            day += usize::from(parts[0] > 12);
            month += usize::from(parts[1] > 12);
        }
    }
    day >= month
}

/// Dates of birth.
pub(super) struct BirthDates;

const MISSING: usize = 0;
const EXACT: usize = 1;
const NEAR: usize = 2;
const YEAR: usize = 3;
const OTHER: usize = 4;

fn level(a: u32, b: u32) -> usize {
    if a == 0 || b == 0 {
        return MISSING;
    }
    if a == b {
        return EXACT;
    }
    let (year, month, day) = (a / 10_000, a / 100 % 100, a % 100);
    let swapped = year * 10_000 + day * 100 + month == b;
    if swapped || edits(a, b) == 1 {
        NEAR
    } else if year == b / 10_000 {
        YEAR
    } else {
        OTHER
    }
}

/// How many digits differ; two neighbours that changed places count as one.
fn edits(mut a: u32, mut b: u32) -> u32 {
    let mut count = 0;
    while a != b {
        if a % 10 != b % 10 {
            count += 1;
            if a % 10 == b / 10 % 10 && b % 10 == a / 10 % 10 {
                (a, b) = (a / 10, b / 10);
            }
        }
        (a, b) = (a / 10, b / 10);
    }
    count
}

impl Comparison for BirthDates {
    fn name(&self) -> &'static str {
        "birth_date"
    }

    fn levels(&self) -> usize {
        OTHER + 1
    }

    fn describe(&self, level: usize) -> String {
        match level {
            MISSING => "no date of birth to compare",
            EXACT => "same date of birth",
            NEAR => "date of birth with day and month swapped, or one digit apart",
            YEAR => "same year of birth, different day",
            _ => "different date of birth",
        }
        .to_owned()
    }

    fn compare(&self, _: &Reading<'_>, a: &Row, b: &Row) -> usize {
        level(a.birth, b.birth)
    }

    fn start(&self, class: Class, _: &[f64]) -> Vec<f64> {
        //    missing exact near year other
        class.expect(
            [1., 0.90, 0.07, 0.005, 0.025],
            [1., 0.02, 0.01, 0.07, 0.90],
            [1., 0.0002, 0.002, 0.03, 0.967],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{EXACT, MISSING, NEAR, OTHER, Texts, YEAR, day_first, level, read};

    #[test]
    fn dates_are_read_as_people_write_them() {
        for raw in [
            "1980-12-31",
            "19801231",
            "31/12/1980",
            "31.12.1980",
            "12/31/1980",
            "31121980",
            "1980-12-31T00:00:00Z",
        ] {
            assert_eq!(read(raw, true), 19_801_231, "{raw}");
        }
        assert_eq!(read("03/04/1980", true), 19_800_403);
        assert_eq!(read("03/04/1980", false), 19_800_304);
        for raw in [
            "",
            "unknown",
            "1980",
            "31-12-80",
            "1980-13-32",
            "0000-00-00",
            "9999-99-99",
            "1-2-3-4",
            "99999999999",
        ] {
            assert_eq!(read(raw, true), 0, "{raw}");
        }
    }

    #[test]
    fn a_column_tells_which_comes_first() {
        let column = |cells: &[&str]| {
            let mut column = Texts::default();
            assert!(cells.iter().all(|cell| column.push(cell)));
            column
        };
        assert!(day_first(&column(&["31/12/1980", "01/02/1980"])));
        assert!(!day_first(&column(&["12/31/1980", "01/02/1980"])));
        assert!(day_first(&Texts::default()));
    }

    #[test]
    fn near_misses_are_one_slip_away() {
        assert_eq!(level(19_800_403, 19_800_403), EXACT);
        assert_eq!(level(19_800_403, 19_800_304), NEAR);
        assert_eq!(level(19_800_403, 19_800_408), NEAR);
        assert_eq!(level(19_800_403, 19_080_403), NEAR);
        assert_eq!(level(19_800_403, 19_801_225), YEAR);
        assert_eq!(level(19_800_403, 19_790_504), OTHER);
        assert_eq!(level(19_800_403, 0), MISSING);
    }
}
