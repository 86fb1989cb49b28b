//! A file that holds a whole audience, one row a person in the order of their keys. It is never changed in place: some rows are
//! merged into a copy, which then takes its place, so that whoever reads it sees the one state or the other, and doing it twice
//! comes to the same. It takes no memory worth mentioning, however many rows there are. One process at a time does so: it holds a
//! lock beside the file, from reading it to putting the new one in its place.

use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::{Component, Path, PathBuf},
};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::Error;

/// How a file is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    /// Comma-separated values with a header, in UTF-8.
    #[default]
    Csv,
    /// One JSON object a line.
    Jsonl,
}

/// A file below the folder for files.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) folder: PathBuf,
    /// The path below the folder, as it was configured.
    pub(super) path: String,
    pub(super) format: Format,
    /// The column that tells rows apart; it stands first.
    pub(super) key: &'static str,
    /// The others, in their order.
    pub(super) columns: Vec<String>,
}

/// What becomes of rows, by key: another row, or none.
pub(super) type Rows = BTreeMap<String, Option<Map<String, Value>>>;

impl Table {
    /// Checks that a path leads below the folder.
    pub(super) fn check(folder: Option<&Path>, path: &str) -> Result<PathBuf, Error> {
        let wrong =
            |message: &str| Error::Configuration { path: "path".to_owned(), message: message.to_owned() };
        let folder = folder.ok_or_else(|| {
            wrong("this server writes no files; its setting `activation.folder` names the folder for them")
        })?;
        let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        let hidden = path.split('/').any(|part| part.is_empty() || part.starts_with('.'));
        if !plain || hidden || path.len() > 200 || path.contains(['\\', '\0', ':']) {
            return Err(wrong(
                "expected a path below the folder for files, such as crm/vip.csv, and no hidden file",
            ));
        }
        Ok(folder.to_owned())
    }

    /// Where the file is, with the folders that lead there; nothing leads out of the folder for files.
    fn place(&self) -> io::Result<PathBuf> {
        let folder = fs::canonicalize(&self.folder)?;
        let place = folder.join(&self.path);
        let parent = place.parent().unwrap_or(&folder);
        // Looked at from the top, so that no folder is made behind a link.
        let mut reached = folder.clone();
        for part in parent.strip_prefix(&folder).unwrap_or(Path::new("")).components() {
            reached.push(part);
            match fs::create_dir(&reached) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ if !fs::symlink_metadata(&reached)?.is_dir() => {
                    return Err(io::Error::other("the path leads through something that is no folder"));
                }
                _ => {}
            }
        }
        match fs::symlink_metadata(&place) {
            Ok(found) if !found.is_file() => Err(io::Error::other("there is something that is no file")),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(place),
        }
    }

    /// Whether the file can be written, and how many bytes it has.
    pub(super) fn look(&self) -> io::Result<u64> {
        let place = self.place()?;
        // Somebody may be writing the file at this moment.
        let trial = beside(&place, "check");
        ours(&trial)?;
        fs::remove_file(trial)?;
        Ok(fs::metadata(place).map_or(0, |found| found.len()))
    }

    /// Looks whether there is no file yet: rows would be merged into whatever is there.
    pub(super) fn vacant(&self) -> Result<(), Error> {
        let wrong = |message: String| Error::Configuration { path: "path".to_owned(), message };
        match fs::symlink_metadata(self.place().map_err(|error| wrong(error.to_string()))?) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(wrong(error.to_string())),
            Ok(_) => {
                Err(wrong("there is a file already; move it away first, or give another path".to_owned()))
            }
        }
    }

    /// Puts rows in, in the place of those of the same keys, and takes rows out.
    pub(super) fn merge(&self, rows: &Rows) -> io::Result<()> {
        let place = self.place()?;
        let lock = ours(&beside(&place, "lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::Error::other("another process is writing the file"),
            TryLockError::Error(error) => error,
        })?;
        let part = beside(&place, "part");
        let written = self.merged(&place, &part, rows);
        if written.is_err() {
            // What was begun is of no use; a leftover would be written over.
            let _ = fs::remove_file(&part);
        }
        written?;
        fs::rename(&part, &place)?;
        match place.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }

    fn merged(&self, place: &Path, part: &Path, rows: &Rows) -> io::Result<()> {
        let mut writer = Writer::new(self, BufWriter::new(ours(part)?))?;
        let mut new = rows.iter().peekable();
        for old in self.rows(place)? {
            let (key, row) = old?;
            while let Some((added, row)) = new.next_if(|(added, _)| **added < key) {
                writer.write(added, row.as_ref())?;
            }
            match new.next_if(|(changed, _)| **changed == key) {
                Some((_, changed)) => writer.write(&key, changed.as_ref())?,
                None => writer.write(&key, Some(&row))?,
            }
        }
        for (added, row) in new {
            writer.write(added, row.as_ref())?;
        }
        writer.end()?.sync_all()
    }

    /// The rows that are there.
    #[expect(clippy::type_complexity, reason = "rows of either format, one after the other")]
    fn rows(
        &self,
        place: &Path,
    ) -> io::Result<Box<dyn Iterator<Item = io::Result<(String, Map<String, Value>)>> + '_>> {
        let file = match File::open(place) {
            Ok(file) => BufReader::new(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Box::new(std::iter::empty())),
            Err(error) => return Err(error),
        };
        Ok(match self.format {
            Format::Jsonl => Box::new(file.lines().map(|line| match line {
                Ok(line) => self.keyed(serde_json::from_str(&line).map_err(|_| foreign())?),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(foreign()),
                Err(error) => Err(error),
            })),
            Format::Csv => {
                let rows = csv::Reader::from_reader(file).into_deserialize::<BTreeMap<String, String>>();
                let row = |row: BTreeMap<String, String>| {
                    row.into_iter().map(|(name, text)| (name, Value::String(text))).collect()
                };
                let failed = |error: csv::Error| match error.into_kind() {
                    csv::ErrorKind::Io(error) => error,
                    _ => foreign(),
                };
                Box::new(rows.map(move |found| self.keyed(row(found.map_err(failed)?))))
            }
        })
    }

    fn keyed(&self, mut row: Map<String, Value>) -> io::Result<(String, Map<String, Value>)> {
        match row.remove(self.key) {
            Some(Value::String(key)) => Ok((key, row)),
            _ => Err(foreign()),
        }
    }
}

/// What is there was not written here. Says nothing of what it is.
fn foreign() -> io::Error {
    io::Error::other("somebody else has written to the file; move it away")
}

/// A hidden file beside one: where it is written before it takes its place, say.
fn beside(place: &Path, what: &str) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.{what}"))
}

/// An empty file that nobody else may read, also where one was there before.
fn ours(place: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(place)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

enum Writer<'a> {
    Csv(&'a Table, Box<csv::Writer<BufWriter<File>>>),
    Jsonl(&'a Table, BufWriter<File>),
}

impl<'a> Writer<'a> {
    fn new(table: &'a Table, file: BufWriter<File>) -> io::Result<Self> {
        Ok(match table.format {
            Format::Jsonl => Self::Jsonl(table, file),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(file);
                let columns = table.columns.iter().map(String::as_str);
                writer.write_record(std::iter::once(table.key).chain(columns)).map_err(io::Error::other)?;
                Self::Csv(table, Box::new(writer))
            }
        })
    }

    fn write(&mut self, key: &str, row: Option<&Map<String, Value>>) -> io::Result<()> {
        let Some(row) = row else { return Ok(()) };
        match self {
            Self::Jsonl(table, file) => {
                let mut whole = Map::new();
                whole.insert(table.key.to_owned(), key.into());
                for column in &table.columns {
                    whole.insert(column.clone(), row.get(column).cloned().unwrap_or_default());
                }
                serde_json::to_writer(&mut *file, &whole)?;
                file.write_all(b"\n")
            }
            Self::Csv(table, writer) => {
                let values = table.columns.iter().map(|column| row.get(column).map(cell).unwrap_or_default());
                writer.write_record(std::iter::once(key.to_owned()).chain(values)).map_err(io::Error::other)
            }
        }
    }

    fn end(self) -> io::Result<File> {
        let file = match self {
            Self::Jsonl(_, file) => file,
            Self::Csv(_, writer) => {
                writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?
            }
        };
        file.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

/// A cell of a table that people open in a spreadsheet: what would be a formula there is text, as OWASP advises ("CSV
/// Injection"). Numbers are not, nor telephone numbers with their plus.
fn cell(value: &Value) -> String {
    let text = text(value);
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    if is_formula { format!("'{text}") } else { text }
}

/// A value as text: texts as they are, nothing for null, anything else as JSON.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
