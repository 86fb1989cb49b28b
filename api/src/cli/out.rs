//! Standard output: the answers of commands, and nothing else. What a command does meanwhile is told on standard
//! error, by [`super::progress`] and the logs.

use std::{
    fmt::Display,
    io::{self, Write},
};

use serde::Serialize;

/// Writes a line.
pub(super) fn line(text: impl Display) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// Writes a value as indented JSON.
pub(super) fn json(value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    line(text)
}

/// Writes rows in columns; the first row is the heading.
pub(super) fn table<const N: usize>(rows: &[[String; N]]) -> io::Result<()> {
    write_table(&mut io::stdout().lock(), "", rows)
}

/// Writes rows in columns, below a line that says what they are.
pub(super) fn indented<const N: usize>(rows: &[[String; N]]) -> io::Result<()> {
    write_table(&mut io::stdout().lock(), "  ", rows)
}

/// Writes names and numbers, the numbers aligned at their ends.
pub(super) fn counts(rows: &[(&str, u64)]) -> io::Result<()> {
    let name = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let numbers: Vec<_> = rows.iter().map(|(_, count)| thousands(*count)).collect();
    let number = numbers.iter().map(String::len).max().unwrap_or_default();
    let mut out = io::stdout().lock();
    for ((row, _), text) in rows.iter().zip(&numbers) {
        writeln!(out, "{row:name$}  {text:>number$}")?;
    }
    Ok(())
}

/// A number with its thousands set apart: `541,909`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn write_table<const N: usize>(out: &mut impl Write, indent: &str, rows: &[[String; N]]) -> io::Result<()> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        writeln!(out, "{indent}{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let texts = [0, 7, 999, 1_000, 541_909, 1_234_567].map(thousands);
        assert_eq!(texts, ["0", "7", "999", "1,000", "541,909", "1,234,567"]);
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut out = Vec::new();
        let rows = [["a", "b"], ["größe", "x"]].map(|row| row.map(str::to_owned));
        write_table(&mut out, "", &rows).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a      b\ngröße  x\n");
    }
}
