//! Opening the database that a URL names.

use std::time::Duration;

use sea_orm::{
    ConnectOptions as SeaOptions, Database, DatabaseConnection,
    sqlx::{
        ConnectOptions as _, Connection,
        postgres::{PgConnectOptions, PgSslMode},
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

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
/// How many rows the thread that reads them on SQLite may be ahead: fewer, and it waits for each of them to be taken.
const ROWS: usize = 1024;
/// How long a writer waits for the one writer's place on SQLite.
const BUSY: Duration = Duration::from_mins(1);
/// How long a server may take to let the first connection in.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connects; creates the SQLite file where it does not exist.
pub async fn connect(options: &ConnectOptions) -> Result<DatabaseConnection> {
    let url = options.url.as_str();
    let scheme = url.split(':').next().unwrap_or_default();
    if !matches!(scheme, "sqlite" | "postgres" | "postgresql") {
        return Err(Error::invalid(
            "database_url",
            "expected sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE",
        ));
    }
    if url.contains(":memory:") {
        return Err(Error::invalid(
            "database_url",
            "a database in memory is one per connection and cannot be used; name a file",
        ));
    }
    let authority = url.find("://").map_or(url, |at| &url[at + 3..]);
    if authority.find(['/', '?', '#']).is_some_and(|end| authority[end..].contains('@')) {
        return Err(Error::invalid("database_url", "write / ? # and @ in a password as %2F %3F %23 and %40"));
    }
    let mut sea = SeaOptions::new(url);
    sea.max_connections(options.pool)
        .sqlx_logging(false)
        .acquire_timeout(Duration::from_secs(30))
        .test_before_acquire(false)
        .map_sqlx_sqlite_opts(sqlite);
    if scheme != "sqlite" {
        let wanted = url
            .parse::<PgConnectOptions>()
            .map_err(|error| Error::invalid("database_url", error.to_string()))?;
        reach(&postgres(url, wanted)).await?;
        let url = url.to_owned();
        sea.map_sqlx_postgres_opts(move |options| postgres(&url, options));
    }
    Ok(Database::connect(sea).await?)
}

fn sqlite(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A crash of the process loses nothing; a crash of the machine may lose the last commits, and as cursors
        // commit with their pages, those are read again.
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY)
        .foreign_keys(false)
        .statement_cache_capacity(STATEMENTS)
        .row_buffer_size(ROWS)
        .pragma("cache_size", "-16384")
        .pragma("temp_store", "memory")
        .pragma("analysis_limit", "400")
}

fn postgres(url: &str, options: PgConnectOptions) -> PgConnectOptions {
    let loopback = matches!(options.get_host(), "localhost" | "127.0.0.1" | "::1");
    // Unless the URL or the environment asks for something.
    let asked = url.contains("sslmode") || url.contains("ssl-mode");
    let indifferent = !asked && matches!(options.get_ssl_mode(), PgSslMode::Prefer);
    let options = options
        .statement_cache_capacity(STATEMENTS)
        // Many short statements: compiling one to machine code takes longer than any of them.
        .options([("jit", "off")]);
    // Nobody listens on the loopback interface who could not read this process as well.
    if loopback && indifferent { options.ssl_mode(PgSslMode::Disable) } else { options }
}

/// Connects once, outside the pool, which would try again for half a minute and then not say what was wrong.
async fn reach(options: &PgConnectOptions) -> Result<()> {
    let told = |why: String| {
        let place = match options.get_socket() {
            Some(path) => path.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        let database = options.get_database().unwrap_or(options.get_username());
        Error::Unreachable(format!("cannot open {database} on {place}: {why}"))
    };
    match tokio::time::timeout(PATIENCE, options.connect()).await {
        Ok(Ok(connection)) => connection.close().await.map_err(|error| told(error.to_string())),
        Ok(Err(error)) => Err(told(error.to_string())),
        Err(_) => Err(told(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_url_that_cannot_be_meant_is_refused_and_no_part_of_a_password_is_told() {
        for url in [
            "mysql://u@h/d",
            "sqlite::memory:",
            "postgres://u:1/secret@h/d",
            "postgres://u:1?secret@h/d",
            "postgres://u:1#secret@h/d",
        ] {
            let error = connect(&ConnectOptions { url: url.to_owned(), pool: 1 }).await.unwrap_err();
            assert!(matches!(error, Error::Invalid { .. }), "{url}: {error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named_at_once() {
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let url = format!("postgres://u:secret@{free}/d");
        let error = connect(&ConnectOptions { url, pool: 1 }).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("database: cannot open d on {free}: ")), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn tls_is_left_out_on_the_loopback_interface_unless_somebody_asks_for_it() {
        let mode = |url: &str| format!("{:?}", postgres(url, url.parse().unwrap()).get_ssl_mode());
        assert_eq!(mode("postgres://u@127.0.0.1/d"), "Disable");
        assert_eq!(mode("postgres://u@db.example/d"), "Prefer");
        assert_eq!(mode("postgres://u@localhost/d?sslmode=require"), "Require");
        assert_eq!(mode("postgres://u@localhost/d?ssl-mode=prefer"), "Prefer");
    }
}
