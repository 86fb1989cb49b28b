//! The files that go into `rondom identity`.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use anyhow::{Context, bail};
use identity::linkage::{Field, Mapping, Model, Sheet, delimiter};
use indicatif::ProgressBar;

use crate::cli::files::open;

/// Reads what somebody says of the columns.
pub(super) fn mapping(path: &Path) -> anyhow::Result<Mapping> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let fields = Field::ALL.map(Field::as_str).join(", ");
    serde_norway::from_str(&text).with_context(|| {
        format!(
            "{}: `columns:` says of columns which field they are ({fields}), `ignore:` lists those that are none",
            path.display()
        )
    })
}

/// Fails if the mapping speaks of columns that no file has.
pub(super) fn all_used(mapping: &Mapping, sheet: &Sheet) -> anyhow::Result<()> {
    let used = |heading: &&String| sheet.recognised().iter().any(|file| file.contains_key(*heading));
    let unused: Vec<&str> =
        mapping.columns.keys().filter(|heading| !used(heading)).map(String::as_str).collect();
    if !unused.is_empty() {
        bail!("the mapping names columns that no file has: {}", unused.join(", "));
    }
    Ok(())
}

/// Reads a model.
pub(super) fn model(path: &Path) -> anyhow::Result<Model> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// The person of each record that the file names, as a number: a CSV with a line of headings, the id in the first column
/// and the person in the second.
pub(super) fn truth(path: &Path) -> anyhow::Result<HashMap<String, u32>> {
    let mut reader = csv_reader(path)?;
    let mut people: HashMap<String, u32> = HashMap::new();
    let mut truth = HashMap::new();
    for record in reader.records() {
        let record = record.with_context(|| path.display().to_string())?;
        let (Some(id), Some(person)) = (record.get(0), record.get(1)) else {
            bail!("{}: must have two columns, the id and the person", path.display());
        };
        let next = u32::try_from(people.len())?;
        let person = *people.entry(person.trim().to_owned()).or_insert(next);
        if truth.insert(id.trim().to_owned(), person).is_some_and(|before| before != person) {
            bail!("{}: the record `{}` is said to be two people", path.display(), id.trim());
        }
    }
    Ok(truth)
}

/// A CSV reader that takes what the files of records may be separated by.
pub(super) fn csv_reader(path: &Path) -> anyhow::Result<csv::Reader<Box<dyn Read>>> {
    let mut input = BufReader::new(open(path, &ProgressBar::hidden())?);
    let delimiter = delimiter(input.fill_buf().with_context(|| path.display().to_string())?);
    Ok(csv::ReaderBuilder::new().delimiter(delimiter).from_reader(Box::new(input)))
}
