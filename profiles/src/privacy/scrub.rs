//! Overwriting what the database keeps of deleted rows, as far as it can be told to.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, RuntimeErr, Statement, sqlx};

use crate::{
    Profiles,
    error::{Error, Result},
};

/// How often, and after which pause, somebody who still reads the old state is waited for.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(500);

impl Profiles {
    /// Overwrites what is left of deleted rows. Returns what may be left all the same, and until when.
    pub(super) async fn scrub(&self) -> Result<String> {
        match self.db().get_database_backend() {
            DbBackend::Postgres => self.scrub_postgres().await,
            _ => self.scrub_sqlite().await,
        }
    }

    /// Rewrites the file and empties the write-ahead log.
    async fn scrub_sqlite(&self) -> Result<String> {
        self.vacuum_sqlite().await.map_err(|error| DbErr::Exec(RuntimeErr::SqlxError(error.into())))?;
        for _ in 0..TRIES {
            let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
            let row = self.db().query_one_raw(Statement::from_string(DbBackend::Sqlite, checkpoint)).await?;
            let busy: i32 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
            if busy == 0 {
                return Ok(
                    "Nothing in the database: its file was rewritten and its write-ahead log emptied. \
                           Copies of the file that were made before are not covered."
                        .to_owned(),
                );
            }
            tokio::time::sleep(PAUSE).await;
        }
        let message =
            "the write-ahead log cannot be emptied while another process reads an old state of the database";
        Err(Error::Conflict(message.to_owned()))
    }

    /// The second copy that this needs for a moment stands in a file: the database may be larger than the memory.
    async fn vacuum_sqlite(&self) -> Result<(), sqlx::Error> {
        let mut connection = self.db().get_sqlite_connection_pool().acquire().await?;
        sqlx::query("PRAGMA temp_store = file").execute(&mut *connection).await?;
        let done = sqlx::query("VACUUM").execute(&mut *connection).await;
        sqlx::query("PRAGMA temp_store = memory").execute(&mut *connection).await?;
        done.map(drop)
    }

    /// Removes dead rows. The server's own log is recycled by the server.
    async fn scrub_postgres(&self) -> Result<String> {
        // With statistics: they, too, quote what stood in rows.
        self.db().execute_unprepared("VACUUM (ANALYZE)").await?;
        let mut settings = Vec::new();
        for name in ["checkpoint_timeout", "max_wal_size", "archive_mode"] {
            let statement = Statement::from_string(DbBackend::Postgres, format!("SHOW {name}"));
            let row = self.db().query_one_raw(statement).await?;
            let value: String = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
            settings.push(format!("{name} = {value}"));
        }
        Ok(format!(
            "No row that can be asked for. The pages of the tables keep bytes of removed rows until new rows take their place, and the \
             server's write-ahead log keeps them until it is recycled ({}). Archives of that log, replicas and \
             backups that were made before are not covered.",
            settings.join(", ")
        ))
    }
}
