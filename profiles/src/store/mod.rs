//! How this crate talks to its database: connecting, transactions, statements in bounded batches.
//!
//! SQLite and PostgreSQL are chosen by URL alone and behave the same. Whoever adds a query uses only what both
//! understand, binds instants and ids through SeaORM, and lets no result depend on the order in which a
//! database happens to return rows.

mod batch;
mod connect;

pub(crate) use batch::{chunks, insert_all};
pub use connect::{ConnectOptions, connect};
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use crate::error::Result;

/// Begins a transaction that writes. On SQLite it takes the one writer's place at once, so that it never
/// fails half way because another has written in between.
pub(crate) async fn begin_write(db: &DatabaseConnection) -> Result<DatabaseTransaction> {
    Ok(db
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await?)
}
