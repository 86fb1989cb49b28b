//! How this crate talks to its database: connecting, transactions, statements in bounded batches.
//!
//! SQLite and PostgreSQL are chosen by URL alone and behave the same. Whoever adds a query uses only what both
//! understand, binds instants and ids through SeaORM, and lets no result depend on the order in which a
//! database happens to return rows.

mod batch;
mod connect;

pub(crate) use batch::{Chunk, batches, chunks, insert_all, over};
pub use connect::{ConnectOptions, connect};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use crate::error::Result;

/// Begins a transaction that writes. On SQLite it takes the one writer's place at once, so that it never
/// fails half way because another has written in between.
pub(crate) async fn begin_write(db: &DatabaseConnection) -> Result<DatabaseTransaction> {
    let sqlite_transaction_mode = Some(SqliteTransactionMode::Immediate);
    Ok(db
        .begin_with_options(TransactionOptions { sqlite_transaction_mode, ..TransactionOptions::default() })
        .await?)
}

/// Begins a transaction that reads one state of everything, also beside a process that writes. It may read whole tables.
pub(crate) async fn snapshot(db: &DatabaseConnection) -> Result<DatabaseTransaction> {
    let is_postgres = db.get_database_backend() == DbBackend::Postgres;
    let isolation_level = is_postgres.then_some(IsolationLevel::RepeatableRead);
    let txn = db
        .begin_with_options(TransactionOptions { isolation_level, ..TransactionOptions::default() })
        .await?;
    if is_postgres {
        txn.execute_unprepared("SET LOCAL enable_seqscan = on").await?;
    }
    Ok(txn)
}
