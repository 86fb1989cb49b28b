//! What the tests stand on: installations of the real binary, simulated vendors, scratch databases.

mod http;
mod installation;
mod postgres;
mod server;
mod vendors;

pub(crate) use http::http;
pub(crate) use installation::{Finished, Installation, Running, SECRET};
pub(crate) use server::Server;
pub(crate) use vendors::Vendors;

/// Runs a test on SQLite, and on PostgreSQL where there is one.
pub(crate) async fn on_both(test: impl AsyncFn(Installation)) {
    test(Installation::on_sqlite()).await;
    if let Some(database) = postgres::scratch().await {
        test(Installation::on_postgres(database)).await;
    }
}

/// Runs a test on PostgreSQL, where there is one.
pub(crate) async fn on_postgres(test: impl AsyncFn(Installation)) {
    if let Some(database) = postgres::scratch().await {
        test(Installation::on_postgres(database)).await;
    }
}
