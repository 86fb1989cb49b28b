//! What is known of customers: one row a customer, one column a feature.

use std::collections::BTreeMap;

/// Rows are counted in 32 bits.
const MOST_ROWS: usize = 2_000_000_000;

/// Features of customers. Columns are found by their names, which the feature set's documentation explains; a value may be
/// missing, and that is no error.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    rows: usize,
    columns: BTreeMap<String, Column>,
}

/// The values of one feature.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Column {
    /// Finite, or NaN where it is missing.
    Numbers(Vec<f64>),
    Levels(Levels),
}

/// Values that are names: each row has the place of one in the dictionary, or none.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Levels {
    /// Sorted, so that it does not depend on the order of rows.
    pub(super) dictionary: Vec<String>,
    pub(super) of_rows: Vec<Option<u32>>,
}

/// The value of a feature of one customer.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number, in the feature's own unit.
    Number(f64),
    /// One of a category's levels.
    Level(String),
    /// It is not known.
    Missing,
}

/// Why a table cannot be made or used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BadTable {
    /// A column that is longer or shorter than the table.
    #[error("column {column:?} has {found} values, but the table has {rows} rows")]
    Length {
        /// Its name.
        column: String,
        /// How many values it has.
        found: usize,
        /// How many it should have.
        rows: usize,
    },
    /// Two columns of one name.
    #[error("there are two columns called {0:?}")]
    Twice(String),
    /// A number that is infinite or none. What is not known is `None`.
    #[error(
        "column {column:?} is not a finite number in row {row} (counted from 0): leave it out where it is not known"
    )]
    NoNumber {
        /// The column's name.
        column: String,
        /// Which row, from 0.
        row: usize,
    },
    /// More rows than can be counted.
    #[error("{0} rows are more than 2,000,000,000")]
    TooLong(usize),
    /// A model or an option speaks of a column that is not there.
    #[error("there is no column called {0:?}")]
    NoColumn(String),
    /// A column of names where numbers are expected, or the other way round.
    #[error("column {0:?} was of another kind, numbers or levels, when the model was trained")]
    OtherKind(String),
    /// A row that is not there.
    #[error("there is no row {0}")]
    NoRow(usize),
}

impl Table {
    /// A table of so many customers, of whom nothing is known yet.
    ///
    /// # Errors
    /// More than 2,000,000,000 rows.
    pub fn new(rows: usize) -> Result<Self, BadTable> {
        if rows > MOST_ROWS {
            return Err(BadTable::TooLong(rows));
        }
        Ok(Self { rows, columns: BTreeMap::new() })
    }

    /// Adds a feature whose values are numbers, one for each customer in the order of rows; `None` is missing.
    ///
    /// # Errors
    /// A number that is infinite or NaN, another length than the table's, a name that is there already.
    pub fn numbers(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = Option<f64>>,
    ) -> Result<(), BadTable> {
        let values: Vec<Option<f64>> = values.into_iter().collect();
        if let Some(row) = values.iter().position(|value| value.is_some_and(|value| !value.is_finite())) {
            return Err(BadTable::NoNumber { column: name.to_owned(), row });
        }
        let values: Vec<f64> = values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect();
        self.add(name, values.len(), Column::Numbers(values))
    }

    /// Adds a feature whose values are the levels of a category, one for each customer in the order of rows; `None` is
    /// missing. An empty text is a level like any other.
    ///
    /// # Errors
    /// Another length than the table's, a name that is there already.
    pub fn levels<T: AsRef<str>>(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = Option<T>>,
    ) -> Result<(), BadTable> {
        let values: Vec<Option<T>> = values.into_iter().collect();
        let mut places: BTreeMap<&str, u32> =
            values.iter().flatten().map(|level| (level.as_ref(), 0)).collect();
        for (place, next) in places.values_mut().zip(0..) {
            *place = next;
        }
        let of_rows: Vec<Option<u32>> = values
            .iter()
            .map(|level| level.as_ref().and_then(|level| places.get(level.as_ref()).copied()))
            .collect();
        let dictionary = places.keys().map(|level| (*level).to_owned()).collect();
        self.add(name, of_rows.len(), Column::Levels(Levels { dictionary, of_rows }))
    }

    fn add(&mut self, name: &str, found: usize, column: Column) -> Result<(), BadTable> {
        if found != self.rows {
            return Err(BadTable::Length { column: name.to_owned(), found, rows: self.rows });
        }
        if self.columns.contains_key(name) {
            return Err(BadTable::Twice(name.to_owned()));
        }
        self.columns.insert(name.to_owned(), column);
        Ok(())
    }

    /// How many customers there are.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// The names of the features, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    /// The rows with these numbers (from 0), in this order; a row may come more than once.
    ///
    /// # Errors
    /// A row that is not there.
    pub fn select(&self, rows: &[usize]) -> Result<Self, BadTable> {
        if let Some(row) = rows.iter().find(|row| **row >= self.rows) {
            return Err(BadTable::NoRow(*row));
        }
        let mut chosen = Self::new(rows.len())?;
        for (name, column) in &self.columns {
            let column = match column {
                Column::Numbers(values) => Column::Numbers(rows.iter().map(|row| values[*row]).collect()),
                Column::Levels(levels) => Column::Levels(Levels {
                    dictionary: levels.dictionary.clone(),
                    of_rows: rows.iter().map(|row| levels.of_rows[*row]).collect(),
                }),
            };
            chosen.columns.insert(name.clone(), column);
        }
        Ok(chosen)
    }

    /// A customer's value of a feature.
    ///
    /// # Errors
    /// A column or a row that is not there.
    pub fn value(&self, name: &str, row: usize) -> Result<Value, BadTable> {
        let column = self.column(name)?;
        if row >= self.rows {
            return Err(BadTable::NoRow(row));
        }
        Ok(match column {
            Column::Numbers(values) if values[row].is_nan() => Value::Missing,
            Column::Numbers(values) => Value::Number(values[row]),
            Column::Levels(levels) => levels.of_rows[row]
                .and_then(|place| levels.dictionary.get(place as usize))
                .map_or(Value::Missing, |level| Value::Level(level.clone())),
        })
    }

    pub(super) fn column(&self, name: &str) -> Result<&Column, BadTable> {
        self.columns.get(name).ok_or_else(|| BadTable::NoColumn(name.to_owned()))
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.columns.iter().map(|(name, column)| (name.as_str(), column))
    }
}
