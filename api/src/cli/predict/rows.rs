//! The rows of a CSV file, read one after another; what cannot be read is named by file, line and column.

use std::fmt::{self, Display};
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use csv::ByteRecord;
use identity::linkage::delimiter;
use indicatif::ProgressBar;
use serde::Serialize;

use super::days;
use crate::cli::{files, out, progress};

/// How much of the file is looked at to find out what separates its columns, and read at a time.
const BUFFER: usize = 1 << 18;

#[derive(Debug, Args)]
pub(super) struct Source {
    /// The file: CSV with a line of headings; gzipped if its name ends in .gz
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,

    /// What separates columns, one sign, or `tab`. If not given, that of `,` `;` `|` and tab which the first line has most of
    #[arg(long, value_name = "SIGN", value_parser = sign)]
    delimiter: Option<u8>,

    /// Leave out rows that cannot be read, and count them, instead of stopping at the first
    #[arg(long)]
    skip_bad: bool,
}

fn sign(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [sign] if sign.is_ascii() && !matches!(sign, b'"' | b'\n' | b'\r') => Ok(*sign),
        _ => Err("must be one sign, such as ; or tab".to_owned()),
    }
}

impl Source {
    pub(super) fn name(&self) -> String {
        self.file.display().to_string()
    }

    /// Reads the headings.
    pub(super) fn open(&self) -> anyhow::Result<Rows> {
        let file = self.name();
        let size = self.file.metadata().map(|metadata| metadata.len()).unwrap_or_default();
        let bar = progress::bytes(size);
        let mut input = BufReader::with_capacity(BUFFER, files::open(&self.file, &bar)?);
        let start = input.fill_buf().with_context(|| file.clone())?;
        let separator = self.delimiter.unwrap_or_else(|| delimiter(start));
        let input: Box<dyn Read> = Box::new(input);
        let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(input);
        let headings = reader.byte_headers().with_context(|| file.clone())?;
        let heading = |cell: &[u8]| String::from_utf8_lossy(cell).trim().to_owned();
        let headings: Vec<String> = headings.iter().map(heading).collect();
        if headings.iter().all(String::is_empty) {
            bail!("{file}: is empty; its first line must name the columns");
        }
        Ok(Rows { file, headings, reader, skip_bad: self.skip_bad, bar })
    }
}

/// A file whose headings were read.
pub(super) struct Rows {
    file: String,
    headings: Vec<String>,
    reader: csv::Reader<Box<dyn Read>>,
    skip_bad: bool,
    bar: ProgressBar,
}

/// What was read of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input {
    pub(super) file: String,
    /// Rows that were taken.
    pub(super) rows: u64,
    /// Rows that were not, by reason.
    pub(super) left_out: Vec<LeftOut>,
}

/// Rows that were left out for one reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LeftOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    why: &'static str,
    rows: u64,
    first_line: u64,
}

/// What cannot be read.
#[derive(Debug)]
pub(super) struct Bad {
    /// Which column, from 0; none for the row as a whole.
    column: Option<usize>,
    found: String,
    why: &'static str,
}

impl Bad {
    pub(super) fn new(column: usize, found: impl Into<String>, why: &'static str) -> Self {
        Self { column: Some(column), found: found.into(), why }
    }
}

impl Rows {
    pub(super) fn headings(&self) -> &[String] {
        &self.headings
    }

    /// Where a column stands.
    pub(super) fn column(&self, name: &str) -> anyhow::Result<usize> {
        let mut found = self.headings.iter().enumerate().filter(|(_, heading)| *heading == name.trim());
        match (found.next(), found.next()) {
            (Some((at, _)), None) => Ok(at),
            (Some(_), Some(_)) => bail!("{}: has two columns called `{name}`", self.file),
            (None, _) => {
                let there: Vec<String> = self.headings.iter().map(|heading| format!("`{heading}`")).collect();
                bail!("{}: has no column `{name}`; it has {}", self.file, there.join(", "))
            }
        }
    }

    /// Gives each row to `take`, which must change nothing if it turns the row away.
    pub(super) fn each(
        mut self,
        mut take: impl FnMut(&Row<'_>) -> Result<(), Reject>,
    ) -> anyhow::Result<Input> {
        let mut input = Input { file: self.file.clone(), rows: 0, left_out: Vec::new() };
        let mut record = ByteRecord::new();
        while self.reader.read_byte_record(&mut record).with_context(|| self.file.clone())? {
            let row = Row { record: &record };
            let taken = if record.len() == self.headings.len() {
                take(&row)
            } else {
                let found = format!("{} cells below {} headings", record.len(), self.headings.len());
                Err(Reject::Row(Bad {
                    column: None,
                    found,
                    why: "has more or fewer cells than the headings",
                }))
            };
            let line = record.position().map_or(0, csv::Position::line);
            match taken {
                Ok(()) => input.rows += 1,
                Err(Reject::Row(bad)) if self.skip_bad => self.leave_out(&mut input, &bad, line),
                Err(Reject::Row(bad)) => {
                    let column = bad.column.map(|at| format!(", column `{}`", self.headings[at]));
                    let column = column.unwrap_or_default();
                    bail!(
                        "{}, line {line}{column}: `{}` {}; --skip-bad leaves such rows out",
                        self.file,
                        bad.found,
                        bad.why
                    );
                }
                Err(Reject::All(error)) => return Err(error),
            }
        }
        self.bar.finish_and_clear();
        if input.rows == 0 {
            let why = if input.left_out.is_empty() {
                "it has no rows below its headings"
            } else {
                "no row can be read"
            };
            bail!("{}: {why}{}", self.file, input.reasons());
        }
        Ok(input)
    }

    fn leave_out(&self, input: &mut Input, bad: &Bad, line: u64) {
        let column = bad.column.map(|at| self.headings[at].clone());
        match input.left_out.iter_mut().find(|known| known.column == column && known.why == bad.why) {
            Some(known) => known.rows += 1,
            None => input.left_out.push(LeftOut { column, why: bad.why, rows: 1, first_line: line }),
        }
    }
}

/// Why a row is not taken.
#[derive(Debug)]
pub(super) enum Reject {
    /// It cannot be read.
    Row(Bad),
    /// Nothing can go on.
    All(anyhow::Error),
}

impl From<Bad> for Reject {
    fn from(bad: Bad) -> Self {
        Self::Row(bad)
    }
}

impl From<anyhow::Error> for Reject {
    fn from(error: anyhow::Error) -> Self {
        Self::All(error)
    }
}

impl Input {
    /// Says how many rows were left out, if any were.
    pub(super) fn print(&self) -> anyhow::Result<()> {
        let left_out: u64 = self.left_out.iter().map(|reason| reason.rows).sum();
        if left_out > 0 {
            let all = out::thousands(left_out + self.rows);
            out::line(format!("{} of {all} rows left out{}", out::thousands(left_out), self.reasons()))?;
        }
        Ok(())
    }

    fn reasons(&self) -> String {
        let lines = self.left_out.iter().map(|reason| format!("\n  {reason}"));
        lines.collect::<Vec<_>>().concat()
    }
}

impl Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", out::thousands(self.rows))?;
        if let Some(column) = &self.column {
            write!(f, "whose `{column}` ")?;
        } else {
            write!(f, "that ")?;
        }
        write!(f, "{} (the first in line {})", self.why, self.first_line)
    }
}

/// One row.
pub(super) struct Row<'a> {
    record: &'a ByteRecord,
}

impl<'a> Row<'a> {
    /// What stands in a column, without space around it.
    pub(super) fn text(&self, column: usize) -> Result<&'a str, Bad> {
        let cell = self.record.get(column).unwrap_or_default();
        let text = std::str::from_utf8(cell);
        let text = text.map_err(|_| Bad::new(column, String::from_utf8_lossy(cell), "is no UTF-8"))?;
        Ok(text.trim())
    }

    /// What stands in a column that must not be empty.
    pub(super) fn filled(&self, column: usize) -> Result<&'a str, Bad> {
        let text = self.text(column)?;
        if text.is_empty() { Err(Bad::new(column, text, "is empty")) } else { Ok(text) }
    }

    /// An amount of money, 0 or more.
    pub(super) fn amount(&self, column: usize) -> Result<f64, Bad> {
        let text = self.filled(column)?;
        match text.parse::<f64>() {
            Ok(amount) if (0.0..=1e15).contains(&amount) => Ok(amount),
            Ok(amount) if amount < 0.0 => Err(Bad::new(column, text, "is below 0: returns are no purchases")),
            Ok(_) => Err(Bad::new(column, text, "is no amount up to 1e15")),
            Err(_) => Err(Bad::new(column, text, "is no number such as 12.5")),
        }
    }

    /// An instant, in days since the first of January 1970.
    pub(super) fn instant(&self, column: usize) -> Result<f64, Bad> {
        let text = self.filled(column)?;
        days::instant(text).ok_or_else(|| Bad::new(column, text, days::NO_DATE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::predict::scratch::Scratch;

    fn source(file: PathBuf, skip_bad: bool) -> Source {
        Source { file, delimiter: None, skip_bad }
    }

    fn read(text: &str, skip_bad: bool) -> Result<(Vec<f64>, Input), String> {
        let scratch = Scratch::new();
        let rows =
            source(scratch.file("a.csv", text), skip_bad).open().map_err(|error| format!("{error:#}"))?;
        let all = || -> anyhow::Result<_> {
            let column = rows.column("amount")?;
            let mut amounts = Vec::new();
            let input = rows.each(|row| {
                amounts.push(row.amount(column)?);
                Ok(())
            })?;
            Ok((amounts, input))
        };
        all().map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn what_cannot_be_read_is_named_by_file_line_and_column() {
        for (text, expected) in [
            ("", "is empty"),
            ("amount\n", "no rows below its headings"),
            ("a;b\n1;2\n", "has no column `amount`; it has `a`, `b`"),
            ("amount,amount\n1,2\n", "two columns called `amount`"),
            ("id,amount\na,1\nb,x\n", "a.csv, line 3, column `amount`: `x` is no number"),
            ("id,amount\na,1\nb,\n", "line 3, column `amount`: `` is empty"),
            ("id,amount\na,-1\n", "line 2, column `amount`: `-1` is below 0"),
            ("id,amount\na,NaN\n", "line 2, column `amount`: `NaN` is no amount"),
            ("id,amount\na,inf\n", "line 2, column `amount`: `inf` is no amount"),
            ("id,amount\na,1\nb,2,3\n", "line 3: `3 cells below 2 headings`"),
        ] {
            let error = read(text, false).expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn bad_rows_are_left_out_and_counted_where_that_is_asked_for() {
        let (amounts, input) = read("id\tamount\na\t1\nb\t\nc\t2\nd\t\ne\tx\nf\n", true).unwrap();
        assert_eq!(amounts, [1.0, 2.0]);
        assert_eq!(input.rows, 2);
        let told: Vec<String> = input.left_out.iter().map(ToString::to_string).collect();
        let expected = [
            "2 whose `amount` is empty (the first in line 3)",
            "1 whose `amount` is no number such as 12.5 (the first in line 6)",
            "1 that has more or fewer cells than the headings (the first in line 7)",
        ];
        assert_eq!(told, expected);
        assert!(read("amount\nx\n", true).unwrap_err().contains("no row can be read"));
    }

    #[test]
    fn gzipped_files_are_read_too_and_a_damaged_one_is_no_short_one() {
        use std::io::Write as _;
        let scratch = Scratch::new();
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"amount\n1\n2\n").unwrap();
        let packed = packed.finish().unwrap();
        for (name, bytes, sound) in
            [("a.csv.gz", &packed[..], true), ("b.csv.gz", &packed[..packed.len() - 9], false)]
        {
            let path = scratch.path(name);
            std::fs::write(&path, bytes).unwrap();
            let read = source(path, false).open().and_then(|rows| rows.each(|_| Ok(())));
            assert_eq!(read.is_ok_and(|input| input.rows == 2), sound, "{name}");
        }
    }

    #[test]
    fn a_delimiter_is_one_sign() {
        assert_eq!((sign(";"), sign("tab"), sign("\\t")), (Ok(b';'), Ok(b'\t'), Ok(b'\t')));
        assert!(sign("").is_err() && sign("::").is_err() && sign("\"").is_err());
    }
}
