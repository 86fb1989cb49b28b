//! The table, read into columns of numbers and categories.

use std::collections::{BTreeSet, HashMap};

use anyhow::bail;
use predictions::scores::Table;

use super::Churn;
use crate::cli::predict::figures::count;
use crate::cli::predict::rows::{Bad, Input, Reject};

/// Customers, what is known of them, and what became of them.
pub(super) struct Customers {
    pub(super) input: Input,
    pub(super) table: Table,
    pub(super) labels: Vec<bool>,
    /// Empty where no column says it.
    pub(super) ids: Vec<String>,
    /// Columns that may be ids: whole numbers that differ from row to row.
    pub(super) like_ids: Vec<String>,
}

/// A column of texts, each different one once.
#[derive(Default)]
struct Texts {
    places: HashMap<Box<str>, u32>,
    cells: Vec<u32>,
}

/// A cell that says nothing.
const MISSING: u32 = u32::MAX;

impl Texts {
    fn push(&mut self, text: &str) {
        let missing = ["", "na", "n/a", "null", "nan"].iter().any(|none| text.eq_ignore_ascii_case(none));
        if missing {
            self.cells.push(MISSING);
            return;
        }
        // The library turns away tables of as many rows as could run out of numbers.
        let next = u32::try_from(self.places.len()).unwrap_or(MISSING);
        let place = self.places.get(text).copied().unwrap_or_else(|| {
            self.places.insert(text.into(), next);
            next
        });
        self.cells.push(place);
    }
}

pub(super) fn read(args: &Churn) -> anyhow::Result<Customers> {
    let rows = args.source.open()?;
    let label = rows.column(&args.label)?;
    let id = args.id.as_deref().map(|id| rows.column(id)).transpose()?;
    for named in args.allow.iter().chain(&args.exclude) {
        let at = rows.column(named)?;
        if at == label || Some(at) == id {
            bail!("`{named}` is the label or the id, which nothing is learned from anyway");
        }
    }
    let features: Vec<(usize, String)> = rows
        .headings()
        .iter()
        .cloned()
        .enumerate()
        .filter(|(at, _)| *at != label && Some(*at) != id)
        .collect();
    let mut names = BTreeSet::new();
    if let Some((_, twice)) = features.iter().find(|(_, name)| !names.insert(name.as_str())) {
        bail!("{}: has two columns called `{twice}`", args.source.name());
    }
    let mut columns: Vec<Texts> = features.iter().map(|_| Texts::default()).collect();
    let (mut labels, mut ids) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    let input = rows.each(|row| {
        let said = row.filled(label)?;
        let came = came(said, args.positive.as_deref()).ok_or_else(|| {
            Bad::new(label, said, "is neither yes, true, 1, no, false nor 0: say by --positive what means that the outcome came")
        })?;
        let name = id.map(|id| row.filled(id)).transpose()?;
        let cells = features.iter().map(|(at, _)| row.text(*at)).collect::<Result<Vec<_>, _>>()?;
        if seen.len() < 10 && !seen.contains(said) {
            seen.insert(said.to_owned());
        }
        labels.push(came);
        ids.extend(name.map(str::to_owned));
        for (column, cell) in columns.iter_mut().zip(cells) {
            column.push(cell);
        }
        Ok::<_, Reject>(())
    })?;
    check(args, &labels, &seen)?;
    let mut table = Table::new(labels.len())?;
    let mut like_ids = Vec::new();
    for ((_, name), column) in features.iter().zip(columns) {
        if add(&mut table, name, &column)? {
            like_ids.push(name.clone());
        }
    }
    Ok(Customers { input, table, labels, ids, like_ids })
}

/// Whether the outcome came.
fn came(said: &str, positive: Option<&str>) -> Option<bool> {
    if let Some(positive) = positive {
        return Some(said == positive.trim());
    }
    let is = |words: [&str; 3]| words.iter().any(|word| said.eq_ignore_ascii_case(word));
    if is(["yes", "true", "1"]) {
        Some(true)
    } else if is(["no", "false", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// That there is something to tell apart, in every part.
fn check(args: &Churn, labels: &[bool], seen: &BTreeSet<String>) -> anyhow::Result<()> {
    let file = args.source.name();
    let positives = labels.iter().filter(|came| **came).count();
    let said = || seen.iter().map(|said| format!("`{said}`")).collect::<Vec<_>>().join(", ");
    if positives == 0 || positives == labels.len() {
        bail!(
            "{file}: the outcome came for {positives} of {} (`{}` says {}): nothing can be told apart",
            count(labels.len(), "customer"),
            args.label,
            said()
        );
    }
    let few = positives.min(labels.len() - positives);
    if few < args.folds as usize {
        bail!(
            "{file}: the outcome came for {positives} of {}: {folds} --folds need at least {folds} with it and {folds} without",
            count(labels.len(), "customer"),
            folds = args.folds
        );
    }
    Ok(())
}

/// Adds a column as numbers if all that it says are numbers, else as categories. Whether it may be an id: a whole number
/// that is another one in each row.
fn add(table: &mut Table, name: &str, column: &Texts) -> anyhow::Result<bool> {
    let mut texts = vec![""; column.places.len()];
    for (text, place) in &column.places {
        texts[*place as usize] = text;
    }
    let numbers: Option<Vec<f64>> = texts.iter().map(|text| number(text)).collect();
    match numbers {
        Some(numbers) if !numbers.is_empty() => {
            let whole = numbers.iter().all(|number| number.fract() == 0.0);
            let like_id = whole && numbers.len() > 100 && numbers.len() == column.cells.len();
            let value = |place: &u32| numbers.get(*place as usize).copied();
            table.numbers(name, column.cells.iter().map(value))?;
            Ok(like_id)
        }
        _ => {
            let value = |place: &u32| texts.get(*place as usize).copied();
            table.levels(name, column.cells.iter().map(value))?;
            Ok(false)
        }
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}
