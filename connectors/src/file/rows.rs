//! A file as a stream of rows, whatever its format. A row that cannot be read is a row too: the stream
//! goes on behind it.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
};

use csv::{ByteRecord, StringRecord};
use serde_json::value::RawValue;

use super::{
    error::FileError,
    input::Text,
    mapping::{Format, Mapping},
    value::{Column, Columns as _},
};

/// A row above this many bytes stops the import: nearly always a quotation mark that is never closed, which
/// would swallow the rest of the file.
const ROW_LIMIT: u64 = 16 << 20;
/// A field above this many bytes is rejected with its row.
const FIELD_LIMIT: usize = 1 << 20;

/// One row that could be read.
#[derive(Debug)]
pub(super) struct Row {
    /// Position in the file, from 1, header and blank lines not counted.
    pub(super) number: u64,
    cells: StringRecord,
    written: Written,
}

/// The row as it stands in the file.
#[derive(Debug)]
enum Written {
    /// CSV: the cells have these names.
    Named(Arc<[String]>),
    /// JSON Lines: the line. The cells are only those that the mapping names.
    Line(Vec<u8>),
}

impl Row {
    /// The text of a cell, trimmed; `None` if it is empty.
    pub(super) fn text(&self, column: &Column) -> Option<&str> {
        self.cells.get(column.index).map(str::trim).filter(|text| !text.is_empty())
    }

    /// How much text the row holds.
    pub(super) fn bytes(&self) -> usize {
        self.cells.as_slice().len()
    }

    /// The row as JSON: the line itself, or an object of column and text.
    pub(super) fn payload(&self) -> Vec<u8> {
        match &self.written {
            Written::Line(line) => line.clone(),
            Written::Named(names) => {
                let mut json = vec![b'{'];
                for (name, cell) in names.iter().zip(&self.cells) {
                    if json.len() > 1 {
                        json.push(b',');
                    }
                    push_json(&mut json, name);
                    json.push(b':');
                    push_json(&mut json, cell);
                }
                json.push(b'}');
                json
            }
        }
    }
}

fn push_json(json: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(json, text).expect("text written to memory cannot fail");
}

/// One row that could not be read.
#[derive(Debug)]
pub(super) struct BadRow {
    /// Which row and what is wrong, without any value.
    pub(super) reason: String,
    /// The row as far as it can be shown.
    pub(super) payload: Vec<u8>,
}

/// The rows of one file, from its beginning.
pub(super) struct Rows {
    path: PathBuf,
    number: u64,
    /// CSV: the header. JSON Lines: the paths that the mapping names.
    names: Arc<[String]>,
    /// Which of the names some row had, so far.
    seen: Vec<bool>,
    lines: Lines,
}

enum Lines {
    Csv(Box<csv::Reader<Text>>),
    Json(BufReader<Text>),
}

impl Rows {
    /// Opens a file and tells the mapping where its columns are.
    pub(super) fn open(path: &Path, mapping: &mut Mapping) -> Result<Self, FileError> {
        let (text, format) = Text::open(path, mapping.encoding, mapping.format, ROW_LIMIT)?;
        let mut columns = Vec::new();
        mapping.records.columns(&mut columns);
        let (lines, names) = match format {
            Format::Jsonl => {
                let mut names: Vec<_> = columns.iter().map(|column| column.name.clone()).collect();
                names.sort_unstable();
                names.dedup();
                (Lines::Json(BufReader::new(text)), names)
            }
            Format::Csv => {
                let mut reader = csv::ReaderBuilder::new()
                    .delimiter(mapping.csv.delimiter)
                    .quote(mapping.csv.quote)
                    .has_headers(mapping.csv.columns.is_none())
                    .flexible(true)
                    .from_reader(text);
                let names = match &mapping.csv.columns {
                    Some(names) => names.clone(),
                    None => match reader.byte_headers() {
                        Ok(header) => header_names(header),
                        Err(error) => return Err(failure(path, 0, reader.get_ref(), error.into())),
                    },
                };
                (Lines::Csv(Box::new(reader)), names)
            }
        };
        let mut missing = Vec::new();
        for column in columns {
            match names.iter().position(|name| *name == column.name) {
                Some(index) => column.index = index,
                None if missing.contains(&column.name) => {}
                None => missing.push(column.name.clone()),
            }
        }
        if !missing.is_empty() {
            return Err(FileError::Columns { missing: missing.join(", "), known: names.join(", ") });
        }
        let seen = vec![format == Format::Csv; names.len()];
        Ok(Self { path: path.to_owned(), number: 0, names: names.into(), seen, lines })
    }

    /// The next row; `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Result<Row, BadRow>>, FileError> {
        match &mut self.lines {
            Lines::Csv(reader) => {
                let mut record = ByteRecord::new();
                match reader.read_byte_record(&mut record) {
                    Err(error) => Err(failure(&self.path, self.number + 1, reader.get_ref(), error.into())),
                    Ok(false) => Ok(None),
                    Ok(true) => {
                        reader.get_mut().next_row();
                        self.number += 1;
                        Ok(Some(named_row(self.number, record, &self.names)))
                    }
                }
            }
            Lines::Json(reader) => loop {
                let mut line = Vec::new();
                let read = reader.read_until(b'\n', &mut line);
                let read =
                    read.map_err(|error| failure(&self.path, self.number + 1, reader.get_ref(), error))?;
                reader.get_mut().next_row();
                if read == 0 {
                    return Ok(None);
                }
                line.truncate(line.trim_ascii_end().len());
                if !line.is_empty() {
                    self.number += 1;
                    return Ok(Some(json_row(self.number, line, &self.names, &mut self.seen)));
                }
            },
        }
    }

    /// The mapped columns that no row had so far: in JSON Lines, a misspelt name shows only here.
    pub(super) fn unseen(&self) -> Vec<String> {
        let names = self.names.iter().zip(&self.seen);
        names.filter(|(_, seen)| !**seen).map(|(name, _)| name.clone()).collect()
    }
}

fn failure(path: &Path, row: u64, text: &Text, source: io::Error) -> FileError {
    if text.over_limit() {
        FileError::RowTooLarge { row, limit: ROW_LIMIT }
    } else {
        FileError::Io { path: path.to_owned(), source }
    }
}

/// The header's names, trimmed. One without a name is called by its position, and a repeated one is
/// numbered: `Notes`, `Notes#2`.
fn header_names(header: &ByteRecord) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(header.len());
    for (index, cell) in header.iter().enumerate() {
        let text = String::from_utf8_lossy(cell);
        let base = if text.trim().is_empty() { format!("#{}", index + 1) } else { text.trim().to_owned() };
        let same = names.iter().filter(|name| **name == base).count();
        // A second repetition finds the first name only, so count the numbered ones too.
        let numbered =
            names.iter().filter(|name| name.rsplit_once('#').is_some_and(|(it, _)| it == base)).count();
        names.push(if same == 0 { base } else { format!("{base}#{}", numbered + 2) });
    }
    names
}

fn named_row(number: u64, record: ByteRecord, names: &Arc<[String]>) -> Result<Row, BadRow> {
    let bad = |reason: String, record: &ByteRecord| {
        let shown = |cell: &[u8]| String::from_utf8_lossy(&cell[..cell.len().min(FIELD_LIMIT)]).into_owned();
        let cells: Vec<_> = record.iter().map(shown).collect();
        let payload = serde_json::to_vec(&cells).expect("texts written to memory cannot fail");
        BadRow { reason: format!("row {number}: {reason}"), payload }
    };
    if record.len() != names.len() {
        return Err(bad(format!("expected {} fields, found {}", names.len(), record.len()), &record));
    }
    let cells = StringRecord::from_byte_record(record).map_err(|error| {
        let column = &names[error.utf8_error().field()];
        bad(format!("column {column}: expected UTF-8 text"), &error.into_byte_record())
    })?;
    match unfit(&cells) {
        Some((index, reason)) => {
            Err(bad(format!("column {}: {reason}", names[index]), cells.as_byte_record()))
        }
        None => Ok(Row { number, cells, written: Written::Named(Arc::clone(names)) }),
    }
}

fn json_row(number: u64, line: Vec<u8>, names: &[String], seen: &mut [bool]) -> Result<Row, BadRow> {
    match json_cells(&line, names, seen) {
        Ok(cells) => Ok(Row { number, cells, written: Written::Line(line) }),
        Err(reason) => Err(BadRow { reason: format!("row {number}: {reason}"), payload: line }),
    }
}

type Object<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

fn json_cells(line: &[u8], names: &[String], seen: &mut [bool]) -> Result<StringRecord, String> {
    let text = std::str::from_utf8(line).map_err(|_| "expected UTF-8 text")?;
    let object: Object<'_> = serde_json::from_str(text).map_err(|error| {
        let problem = match error.classify() {
            serde_json::error::Category::Eof => "the object is cut off",
            _ => "expected one JSON object",
        };
        format!("character {}: {problem}", error.column().max(1))
    })?;
    let mut cells = StringRecord::with_capacity(text.len(), names.len());
    for (name, seen) in names.iter().zip(seen) {
        let value = find(&object, name);
        *seen |= value.is_some();
        let text = value.map_or(Ok(Cow::Borrowed("")), cell_text);
        cells.push_field(&text.map_err(|reason| format!("column {name}: {reason}"))?);
    }
    match unfit(&cells) {
        Some((index, reason)) => Err(format!("column {}: {reason}", names[index])),
        None => Ok(cells),
    }
}

/// The member of that name, or of that path: `address.city` is `city` in the object `address`.
fn find<'a>(object: &Object<'a>, path: &str) -> Option<&'a RawValue> {
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    path.match_indices('.').find_map(|(dot, _)| {
        let inner: Object<'a> = serde_json::from_str(object.get(&path[..dot])?.get()).ok()?;
        find(&inner, &path[dot + 1..])
    })
}

/// Numbers stay as they are written, so that no amount passes through a float.
fn cell_text(value: &RawValue) -> Result<Cow<'_, str>, String> {
    match value.get().as_bytes().first() {
        Some(b'"') => {
            serde_json::from_str(value.get()).map(Cow::Owned).map_err(|_| "expected Unicode text".to_owned())
        }
        Some(b'n') => Ok(Cow::Borrowed("")),
        _ => Ok(Cow::Borrowed(value.get())),
    }
}

/// The first cell that cannot be stored, and why.
fn unfit(cells: &StringRecord) -> Option<(usize, String)> {
    cells.iter().enumerate().find_map(|(index, cell)| {
        if cell.len() > FIELD_LIMIT {
            Some((index, format!("expected at most {FIELD_LIMIT} bytes")))
        } else if cell.contains('\0') {
            Some((index, "expected text without NUL characters".to_owned()))
        } else {
            None
        }
    })
}
