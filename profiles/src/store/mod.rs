//! How this crate talks to its database: connecting, transactions, statements in bounded batches.
//!
//! SQLite and PostgreSQL are chosen by URL alone and behave the same. Whoever adds a query uses only what both
//! understand, binds instants and ids through SeaORM, and lets no result depend on the order in which a
//! database happens to return rows.

mod batch;
mod connect;

pub(crate) use batch::{batches, chunks, insert_all, over};
pub use connect::{ConnectOptions, connect};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use crate::error::Result;

/// Begins a transaction that writes. On SQLite it takes the one writer's place at once, so that it never
/// fails half way because another has written in between.
///
/// Writers ask by keys alone. On PostgreSQL they may not read whole tables while an index serves: a plan is kept
/// with its statement, and one that was made for a table of ten rows is not made again when it has a million.
pub(crate) async fn begin_write(db: &DatabaseConnection) -> Result<DatabaseTransaction> {
    let txn = db
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await?;
    if txn.get_database_backend() == DbBackend::Postgres {
        txn.execute_unprepared("SET LOCAL enable_seqscan = off").await?;
    }
    Ok(txn)
}

/// Ends a transaction as what was done in it ended: where that failed it leaves no trace.
///
/// One that is only dropped ends a little after its answer is known, and keeps everybody else waiting until then.
pub(crate) async fn end<T>(txn: DatabaseTransaction, outcome: Result<T>) -> Result<T> {
    if outcome.is_ok() {
        txn.commit().await?;
    } else {
        roll_back(txn).await;
    }
    outcome
}

/// Ends a transaction that shall leave no trace.
pub(crate) async fn roll_back(txn: DatabaseTransaction) {
    if let Err(error) = txn.rollback().await {
        tracing::warn!(%error, "a transaction could not be rolled back; the database has ended it");
    }
}

/// Begins a transaction that reads one state of everything, also beside a process that writes.
pub(crate) async fn snapshot(db: &DatabaseConnection) -> Result<DatabaseTransaction> {
    let isolation_level =
        (db.get_database_backend() == DbBackend::Postgres).then_some(IsolationLevel::RepeatableRead);
    Ok(db.begin_with_options(TransactionOptions { isolation_level, ..TransactionOptions::default() }).await?)
}
