//! Opening the database that a URL names.

use std::time::Duration;

use sea_orm::{ConnectOptions as SeaOptions, Database, DatabaseConnection};

use crate::error::{Error, Result};

/// How to connect.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// `sqlite://rondom.db`, `postgres://user@host/database`.
    pub url: String,
    /// The largest number of connections.
    pub pool: u32,
}

/// How many different statements a connection keeps prepared.
const STATEMENTS: usize = 500;
/// How long a writer waits for the one writer's place on SQLite.
const BUSY: Duration = Duration::from_mins(1);

/// Connects; creates the SQLite file where it does not exist.
pub async fn connect(options: &ConnectOptions) -> Result<DatabaseConnection> {
    let scheme = options.url.split(':').next().unwrap_or_default();
    if !matches!(scheme, "sqlite" | "postgres" | "postgresql") {
        return Err(Error::invalid(
            "database_url",
            "expected sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE",
        ));
    }
    if options.url.contains(":memory:") {
        return Err(Error::invalid(
            "database_url",
            "a database in memory is one per connection and cannot be used; name a file",
        ));
    }
    let mut sea = SeaOptions::new(options.url.clone());
    sea.max_connections(options.pool)
        .sqlx_logging(false)
        .acquire_timeout(Duration::from_secs(30))
        .test_before_acquire(false)
        .map_sqlx_postgres_opts(|pg| pg.statement_cache_capacity(STATEMENTS))
        .map_sqlx_sqlite_opts(|sqlite| {
            use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
            sqlite
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                // A crash of the process loses nothing; a crash of the machine may lose the last commits,
                // and as cursors commit with their pages, those are read again.
                .synchronous(SqliteSynchronous::Normal)
                .busy_timeout(BUSY)
                .foreign_keys(false)
                .statement_cache_capacity(STATEMENTS)
                .pragma("cache_size", "-16384")
                .pragma("temp_store", "memory")
                .pragma("analysis_limit", "400")
        });
    Ok(Database::connect(sea).await?)
}
