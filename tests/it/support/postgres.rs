//! Scratch databases on a PostgreSQL server, each for one test.

use std::{
    env,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};

/// Names the server; without it the local one is used if it answers.
const VARIABLE: &str = "RONDOM_TEST_POSTGRES";
const LOCAL: &str = "postgres://postgres@127.0.0.1:5432";

/// A database that is dropped with this.
pub(crate) struct Scratch {
    server: String,
    name: String,
}

impl Scratch {
    pub(crate) fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }
}

/// A new, empty database; `None` where no server answers and none must.
pub(crate) async fn scratch() -> Option<Scratch> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = env::var(VARIABLE).unwrap_or_else(|_| LOCAL.to_owned()).trim_end_matches('/').to_owned();
    let admin = match connect(&server).await {
        Ok(admin) => admin,
        Err(error) => {
            assert!(env::var_os("CI").is_none(), "PostgreSQL does not answer ({VARIABLE}): {error}");
            eprintln!("\nSKIPPED ON POSTGRESQL: it does not answer ({VARIABLE})\n");
            return None;
        }
    };
    let name = format!("rondom_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    // A run that was killed, with the same process id, may have left one.
    admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.unwrap();
    admin.close().await.unwrap();
    Some(Scratch { server, name })
}

async fn connect(server: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(format!("{server}/postgres"));
    options.max_connections(1).sqlx_logging(false).acquire_timeout(Duration::from_secs(5));
    Database::connect(options).await
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let (server, drop) =
            (self.server.clone(), format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        // Dropping is no asynchronous matter, and the test's runtime may be on its way out.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { connect(&server).await?.execute_unprepared(&drop).await })
        });
        if !matches!(dropped.join(), Ok(Ok(_))) {
            eprintln!("the scratch database {} could not be dropped", self.name);
        }
    }
}
