//! Records as they come: rows of text under headings.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};

use serde::{Deserialize, Serialize};

use super::compare::{day_first, read_birth_date};
use super::field::Field;
use super::text::{Map, Texts};
use crate::Error;

/// What columns mean: the heading and the field.
pub type Columns = BTreeMap<String, Field>;

/// What somebody says of columns, beside what is recognised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// What columns mean.
    pub columns: Columns,
    /// Columns that are not to be compared.
    pub ignore: BTreeSet<String>,
}

/// The most columns of one field in a file: more are no addresses of one person.
const MOST_COLUMNS: usize = 8;

/// Records with their ids. Several files make one sheet; each may have columns of its own.
#[derive(Debug, Default)]
pub struct Sheet {
    ids: Texts,
    /// By field and, where a field has several columns, by the order of the columns.
    columns: BTreeMap<(Field, usize), Texts>,
    /// Which heading was taken for which field, file by file.
    pub(super) recognised: Vec<Columns>,
}

impl Sheet {
    /// Adds the records of a CSV file: separated by commas, semicolons, tabs or bars, quoted as usual, with one line of
    /// headings. `name` stands in
    /// errors. The columns are recognised by heading and content where a mapping does not say it; what it says of columns
    /// that this file does not have is about other files. Dates whose day and month could change places are read as
    /// most others of their column are. Spaces around cells are dropped; what is not UTF-8 is replaced.
    ///
    /// # Errors
    /// When the file cannot be read, has no such columns, or an id that is empty.
    pub fn add_csv(
        &mut self,
        name: &str,
        input: impl Read,
        id: &str,
        mapping: Option<&Mapping>,
    ) -> Result<(), Error> {
        let failed = |reason: String| Error::File { name: name.to_owned(), reason };
        let mut input = BufReader::with_capacity(BUFFER, input);
        let start = input.fill_buf().map_err(|error| failed(error.to_string()))?;
        let delimiter = delimiter(start);
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).buffer_capacity(BUFFER).from_reader(input);
        let headings: Vec<String> = match reader.byte_headers() {
            Ok(headings) => {
                headings.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect()
            }
            Err(error) => return Err(failed(error.to_string())),
        };
        let Some(id) = headings.iter().position(|heading| heading == id) else {
            return Err(failed(format!("has no column `{id}`; its columns are {}", told(&headings))));
        };
        let mut columns = vec![Texts::default(); headings.len()];
        let mut record = csv::ByteRecord::new();
        loop {
            match reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return Err(failed(error.to_string())),
            }
            for (column, cell) in columns.iter_mut().zip(&record) {
                let room = match std::str::from_utf8(cell) {
                    Ok(cell) => column.push(cell.trim()),
                    Err(_) => column.push(String::from_utf8_lossy(cell).trim()),
                };
                if !room {
                    return Err(failed("has a column of more than 4 GiB".to_owned()));
                }
            }
            if columns[id].get(columns[id].len() - 1).is_empty() {
                let line = record.position().map_or(0, csv::Position::line);
                return Err(failed(format!("has no id in line {line}")));
            }
        }
        let mut fields: Vec<(usize, Field)> = Vec::new();
        for (place, heading) in headings.iter().enumerate().filter(|&(place, _)| place != id) {
            if mapping.is_some_and(|mapping| mapping.ignore.contains(heading)) {
                continue;
            }
            let said = mapping.and_then(|mapping| mapping.columns.get(heading).copied());
            let field = said.or_else(|| Field::recognise(heading, &columns[place]));
            fields.extend(field.map(|field| (place, field)));
        }
        for field in Field::ALL {
            if fields.iter().filter(|(_, found)| *found == field).count() > MOST_COLUMNS {
                return Err(failed(format!(
                    "has more than {MOST_COLUMNS} columns with {field}; say which to ignore"
                )));
            }
        }
        for (place, _) in fields.iter().filter(|(_, field)| *field == Field::BirthDate) {
            columns[*place] = plain_dates(&columns[*place]);
        }
        if fields.is_empty() {
            return Err(failed(format!(
                "has no column that can be compared; its columns are {}: say in a mapping what they mean",
                told(&headings)
            )));
        }
        self.recognised.push(fields.iter().map(|&(place, field)| (headings[place].clone(), field)).collect());
        let ids = std::mem::take(&mut columns[id]);
        let fields = fields.into_iter().map(|(place, field)| (field, std::mem::take(&mut columns[place])));
        self.append(ids, fields).then_some(()).ok_or_else(|| failed("is too large".to_owned()))
    }

    /// Adds records: their ids, and the values of each field in columns as long as the ids.
    fn append(&mut self, ids: Texts, fields: impl Iterator<Item = (Field, Texts)>) -> bool {
        let before = self.len();
        let mut places: BTreeMap<Field, usize> = BTreeMap::new();
        let mut room = true;
        for (field, texts) in fields {
            let place = places.entry(field).or_default();
            let column = self.columns.entry((field, *place)).or_default();
            *place += 1;
            if before == 0 {
                *column = texts;
                continue;
            }
            pad(column, before);
            room &= texts.iter().all(|cell| column.push(cell));
        }
        if before == 0 {
            self.ids = ids;
        } else {
            room &= ids.iter().all(|id| self.ids.push(id));
        }
        let len = self.len();
        self.columns.values_mut().for_each(|column| pad(column, len));
        room
    }

    /// Adds one record. Of a field of which a record may have several values, more than 8 are not compared.
    pub fn push<'a>(&mut self, id: &str, values: impl IntoIterator<Item = (Field, &'a str)>) {
        let before = self.len();
        self.ids.push(id);
        let mut places: BTreeMap<Field, usize> = BTreeMap::new();
        for (field, value) in values {
            let place = places.entry(field).or_default();
            if *place < MOST_COLUMNS {
                let column = self.columns.entry((field, *place)).or_default();
                pad(column, before);
                column.push(value.trim());
            }
            *place += 1;
        }
        self.columns.values_mut().for_each(|column| pad(column, before + 1));
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of a record.
    pub fn id(&self, record: usize) -> &str {
        self.ids.get(record)
    }

    /// Which heading was taken for which field, file by file.
    pub fn recognised(&self) -> &[Columns] {
        &self.recognised
    }

    /// The place of each id.
    ///
    /// # Errors
    /// When two records have the same id.
    pub fn places(&self) -> Result<impl Fn(&str) -> Option<usize>, Error> {
        let mut places: Map<&str, usize> = Map::default();
        for (place, id) in self.ids.iter().enumerate() {
            if places.insert(id, place).is_some() {
                return Err(Error::SameId { id: id.to_owned() });
            }
        }
        Ok(move |id: &str| places.get(id).copied())
    }

    /// The columns of a field.
    pub(super) fn columns(&self, field: Field) -> Vec<&Texts> {
        self.columns.range((field, 0)..=(field, usize::MAX)).map(|(_, column)| column).collect()
    }

    pub(super) fn ids(&self) -> &Texts {
        &self.ids
    }
}

/// Headings for an error: the first of them, short. A file without headings has its first record there.
fn told(headings: &[String]) -> String {
    let short = |heading: &String| heading.chars().take(30).flat_map(char::escape_debug).collect::<String>();
    let first: Vec<String> = headings.iter().take(20).map(short).collect();
    let more = if headings.len() > 20 { format!(" and {} more", headings.len() - 20) } else { String::new() };
    first.join(", ") + &more
}

/// The dates of a column with year, month and day in this order.
fn plain_dates(column: &Texts) -> Texts {
    let day_first = day_first(column);
    let mut plain = Texts::default();
    for cell in column.iter() {
        match read_birth_date(cell, day_first) {
            0 => plain.push(""),
            date => plain.push(&format!("{:04}-{:02}-{:02}", date / 10_000, date / 100 % 100, date % 100)),
        };
    }
    plain
}

/// How much is read at a time.
const BUFFER: usize = 1 << 20;

/// What separates the headings of a file that begins so: of the usual signs the one that the first line has most of,
/// outside quotes.
pub fn delimiter(start: &[u8]) -> u8 {
    let mut counts = [(0_usize, b','), (0, b';'), (0, b'\t'), (0, b'|')];
    let mut quoted = false;
    for &byte in start.iter().take_while(|byte| !matches!(byte, b'\n' | b'\r')) {
        quoted ^= byte == b'"';
        if let Some((count, _)) = counts.iter_mut().find(|(_, sign)| *sign == byte && !quoted) {
            *count += 1;
        }
    }
    counts.iter().rev().max_by_key(|(count, _)| *count).map_or(b',', |(_, sign)| *sign)
}

/// Fills up a column with empty cells.
fn pad(column: &mut Texts, len: usize) {
    while column.len() < len {
        column.push("");
    }
}
