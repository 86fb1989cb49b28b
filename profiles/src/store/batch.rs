//! Statements of few different sizes. A prepared statement is kept by its text, and the text contains the
//! number of its placeholders: sizes that are powers of two keep the number of texts small.

use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, sea_query::OnConflict};

use crate::error::Result;

/// The largest number of rows or values in one statement. 256 rows of 22 columns stay below the 32,766
/// placeholders that SQLite allows.
const LARGEST: usize = 256;

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
    let mut written = 0;
    for batch in batches(rows) {
        let mut insert = E::insert_many(batch.into_iter().map(IntoActiveModel::into_active_model));
        if let Some(conflict) = conflict {
            insert = insert.on_conflict(conflict.clone());
        }
        written += insert.exec_without_returning(db).await?;
    }
    Ok(written)
}

/// Cuts rows into slices whose lengths are powers of two, largest first.
fn batches<T>(mut rows: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    std::iter::from_fn(move || {
        if rows.is_empty() {
            return None;
        }
        let size = LARGEST.min(1 << rows.len().ilog2());
        let rest = rows.split_off(size);
        Some(std::mem::replace(&mut rows, rest))
    })
}

/// Cuts values for an `IN (…)` into chunks, each padded to a power of two by repeating its last value.
pub(crate) fn chunks<T: Clone>(values: impl IntoIterator<Item = T>) -> Vec<Vec<T>> {
    let values: Vec<T> = values.into_iter().collect();
    values
        .chunks(LARGEST)
        .map(|chunk| {
            let mut chunk = chunk.to_vec();
            if let Some(last) = chunk.last().cloned() {
                chunk.resize(chunk.len().next_power_of_two(), last);
            }
            chunk
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_into_powers_of_two_and_none_is_lost() {
        let sizes: Vec<_> = batches((0..523).collect()).map(|batch| batch.len()).collect();
        assert_eq!(sizes, [256, 256, 8, 2, 1]);
        assert_eq!(batches((0..523).collect()).flatten().collect::<Vec<_>>(), (0..523).collect::<Vec<_>>());
        assert_eq!(batches(Vec::<u8>::new()).count(), 0);
    }

    #[test]
    fn values_are_padded_with_one_of_their_own() {
        assert_eq!(chunks(1..=3), [[1, 2, 3, 3]]);
        assert_eq!(chunks(0..300).iter().map(Vec::len).collect::<Vec<_>>(), [256, 64]);
        assert!(chunks(Vec::<u8>::new()).is_empty());
    }
}
