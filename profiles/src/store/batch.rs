//! Statements of few different sizes. A prepared statement is kept by its text, and the text contains the
//! number of its placeholders: beyond a few, sizes that are powers of two keep the number of texts small.

use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel,
    Iterable, Statement, Value,
    sea_query::{Expr, OnConflict, Query, ValueType, postgres_array::NotU8},
};

use crate::error::Result;

/// The largest number of values that one statement asks for.
const LARGEST_SET: usize = 1024;
/// The largest number of rows that one statement writes. 256 rows of 22 columns stay below the 32,766
/// placeholders that SQLite allows.
const LARGEST: usize = 256;
/// So few rows go in one statement, whatever their number.
const FEW: usize = 8;
/// About as many bytes as the rows of one statement may have. sqlx 0.9.0 connects without `TCP_NODELAY` (mended after
/// it, <https://github.com/transact-rs/sqlx/pull/4336>): the end of a message that does not fit one packet waits up
/// to 40 ms for the receiver's word. A packet of the loopback interface has 64 KiB.
const BYTES: usize = 40 << 10;

/// Inserts rows; returns how many were written.
pub(crate) async fn insert_all<E, M>(
    db: &impl ConnectionTrait,
    rows: Vec<M>,
    conflict: Option<&OnConflict>,
) -> Result<u64>
where
    E: EntityTrait,
    M: IntoActiveModel<E::ActiveModel>,
{
    let mut columns: Vec<E::Column> = Vec::new();
    let rows = rows.into_iter().map(|row| {
        let mut row = row.into_active_model();
        let set = E::Column::iter().filter_map(|column| match row.take(column) {
            ActiveValue::Set(value) | ActiveValue::Unchanged(value) => Some((column, value)),
            ActiveValue::NotSet => None,
        });
        let (set, values): (Vec<E::Column>, Vec<Value>) = set.unzip();
        columns = set;
        values
    });
    let rows: Vec<Vec<Value>> = rows.collect();
    let mut written = 0;
    for batch in batches(rows) {
        let mut insert = Query::insert();
        insert.into_table(E::default().table_ref()).columns(columns.iter().copied());
        for row in batch {
            // Every row of a kind leaves out the same columns: those that the database numbers.
            insert.values_panic(row.into_iter().map(Expr::val));
        }
        if let Some(conflict) = conflict {
            insert.on_conflict(conflict.clone());
        }
        written += db.execute(&insert).await?.rows_affected();
    }
    Ok(written)
}

/// Cuts rows into batches, none too large, whose lengths are powers of two, largest first, except for the last few.
pub(crate) fn batches<R: AsRef<[Value]>>(mut rows: Vec<R>) -> impl Iterator<Item = Vec<R>> {
    rows.reverse();
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fitting = rows.iter().rev().take(LARGEST).take_while(|row| {
            bytes += row.as_ref().iter().map(size).sum::<usize>();
            bytes <= BYTES
        });
        let fitting = fitting.count().max(1);
        let size = if fitting <= FEW { fitting } else { 1 << fitting.ilog2() };
        let from = rows.len().checked_sub(size)?;
        Some(rows.drain(from..).rev().collect())
    })
}

/// About how many bytes a value takes in a statement.
fn size(value: &Value) -> usize {
    8 + match value {
        Value::String(Some(text)) => text.len(),
        Value::Bytes(Some(bytes)) => bytes.len(),
        _ => 8,
    }
}

/// The values that a column may have in one statement; made by [`chunks`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Chunk<T> {
    /// PostgreSQL: one array, so that all sizes share one text and no plan depends on the size.
    Array(Vec<T>),
    /// SQLite: one placeholder a value.
    List(Vec<T>),
}

impl<T> Chunk<T>
where
    T: Into<Value> + ValueType + NotU8 + Clone,
{
    /// Whether this column has one of the values.
    pub(crate) fn of(&self, column: impl ColumnTrait) -> Expr {
        match self {
            Self::Array(values) => column.eq_any(values.iter().cloned()),
            Self::List(values) => column.is_in(values.iter().cloned()),
        }
    }
}

/// Cuts values into chunks. On SQLite each is padded to a power of two by repeating its last value.
pub(crate) fn chunks<T: Clone>(
    db: &impl ConnectionTrait,
    values: impl IntoIterator<Item = T>,
) -> Vec<Chunk<T>> {
    cut(db.get_database_backend(), values)
}

fn cut<T: Clone>(backend: DbBackend, values: impl IntoIterator<Item = T>) -> Vec<Chunk<T>> {
    let values: Vec<T> = values.into_iter().collect();
    values
        .chunks(LARGEST_SET)
        .map(|chunk| {
            if backend == DbBackend::Postgres {
                Chunk::Array(chunk.to_vec())
            } else {
                Chunk::List(padded(chunk))
            }
        })
        .collect()
}

fn padded<T: Clone>(values: &[T]) -> Vec<T> {
    let mut values = values.to_vec();
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    values
}

/// A statement in SQL over such values: `= {}` in the text asks for one of them, `$1` … stand for what follows. One
/// value by itself has a text of its own, for which PostgreSQL keeps its plan.
pub(crate) fn over<T>(
    db: &impl ConnectionTrait,
    sql: &str,
    among: &[T],
    values: impl IntoIterator<Item = Value>,
) -> Statement
where
    T: Into<Value> + ValueType + NotU8 + Clone,
{
    let backend = db.get_database_backend();
    let mut values: Vec<Value> = values.into_iter().collect();
    let from = values.len();
    if let [one] = among {
        values.push(one.clone().into());
        let sql = sql.replace("= {}", &format!("= ${}", from + 1));
        return Statement::from_sql_and_values(backend, sql, values);
    }
    if backend == DbBackend::Postgres {
        values.push(Value::from(among.to_vec()));
        let sql = sql.replace("= {}", &format!("= ANY(${})", from + 1));
        return Statement::from_sql_and_values(backend, sql, values);
    }
    let among = padded(among);
    let places: Vec<String> = (1..=among.len()).map(|place| format!("${}", from + place)).collect();
    values.extend(among.into_iter().map(Into::into));
    let sql = sql.replace("= {}", &format!("IN ({})", places.join(", ")));
    Statement::from_sql_and_values(backend, sql, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(sizes: impl IntoIterator<Item = usize>) -> Vec<[Value; 1]> {
        sizes.into_iter().map(|size| [Value::from("x".repeat(size))]).collect()
    }

    #[test]
    fn rows_are_cut_into_few_different_sizes_and_none_is_lost() {
        let sizes: Vec<_> = batches(rows(0..523)).map(|batch| batch.len()).collect();
        assert_eq!(sizes, [256, 64, 64, 64, 64, 8, 3], "longer rows, fewer of them");
        assert_eq!(batches(rows(0..523)).flatten().collect::<Vec<_>>(), rows(0..523));
        let small: Vec<_> = batches(rows([1; 300])).map(|batch| batch.len()).collect();
        assert_eq!(small, [256, 32, 8, 4]);
        assert_eq!(batches(rows([BYTES + 1; 2])).count(), 2, "a row that is too large goes by itself");
        assert_eq!(batches(rows([])).count(), 0);
    }

    #[test]
    fn values_are_padded_with_one_of_their_own_where_each_has_a_placeholder() {
        assert_eq!(cut(DbBackend::Sqlite, 1..=3), [Chunk::List(vec![1, 2, 3, 3])]);
        assert_eq!(cut(DbBackend::Postgres, 1..=3), [Chunk::Array(vec![1, 2, 3])]);
        assert_eq!(cut(DbBackend::Sqlite, 0..1100).len(), 2);
        assert!(cut(DbBackend::Sqlite, Vec::<i64>::new()).is_empty());
    }
}
