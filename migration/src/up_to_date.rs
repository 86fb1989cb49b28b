//! Bringing a database to the schema of this program, and finding out whether it has it.

use std::time::Duration;

use sea_orm_migration::{
    MigratorTrait,
    sea_orm::{
        ConnectionTrait, DatabaseConnection, DbBackend, DbErr, SqliteTransactionMode, Statement,
        TransactionOptions, TransactionTrait,
    },
};

use crate::Migrator;

/// How often a migration that failed is tried again on PostgreSQL, and the pause before.
const RETRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(500);

/// Why a database does not get, or have, the schema of this program.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A newer program was here before; going back is not possible.
    #[error("the database was migrated by a newer version of Rondom ({0}); use that version")]
    Newer(String),
    /// The database refused or failed.
    #[error("the database cannot be migrated: {0}")]
    Database(#[from] DbErr),
}

/// The names of the migrations that are missing, oldest first. Writes nothing.
pub async fn pending(db: &DatabaseConnection) -> Result<Vec<String>, Error> {
    let applied = applied(db).await?;
    let ours: Vec<String> = Migrator::migrations().iter().map(|one| one.name().to_owned()).collect();
    if let Some(foreign) = applied.iter().find(|name| !ours.contains(name)) {
        return Err(Error::Newer(foreign.clone()));
    }
    Ok(ours.into_iter().filter(|name| !applied.contains(name)).collect())
}

/// The names of the migrations that were applied; none where the table that lists them does not exist yet.
async fn applied(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let backend = db.get_database_backend();
    let look = match backend {
        DbBackend::Postgres => "SELECT 1 AS found WHERE to_regclass('seaql_migrations') IS NOT NULL",
        _ => "SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = 'seaql_migrations'",
    };
    if db.query_one_raw(Statement::from_string(backend, look)).await?.is_none() {
        return Ok(Vec::new());
    }
    let list = Statement::from_string(backend, "SELECT version FROM seaql_migrations");
    db.query_all_raw(list).await?.iter().map(|row| row.try_get("", "version")).collect()
}

/// Applies what is missing, all or nothing, and returns the names.
///
/// Several processes may start together on one database. On SQLite the write transaction makes the second wait.
/// On PostgreSQL both may begin; the one that comes second fails as a whole, because there a change of the schema
/// is part of the transaction, and finds nothing left to do when it tries again. An advisory lock would do the same,
/// but not every database that speaks PostgreSQL's language has one.
pub async fn bring_up_to_date(db: &DatabaseConnection) -> Result<Vec<String>, Error> {
    let mut retries = if db.get_database_backend() == DbBackend::Postgres { RETRIES } else { 0 };
    loop {
        let missing = pending(db).await?;
        if missing.is_empty() {
            return Ok(missing);
        }
        match apply(db).await {
            Ok(()) => return Ok(missing),
            Err(error) if retries == 0 => return Err(error.into()),
            Err(_) => {
                retries -= 1;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn apply(db: &DatabaseConnection) -> Result<(), DbErr> {
    let txn = db
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await?;
    Migrator::up(&txn, None).await?;
    txn.commit().await
}
