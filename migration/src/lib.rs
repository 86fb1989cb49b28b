//! The SeaORM migrations, one file a change. A migration that has been released is never edited: the next one
//! expands what is there, and a later one contracts it.

#![allow(
    clippy::large_futures,
    clippy::too_many_lines,
    clippy::wildcard_imports,
    reason = "a migration is one long list in the words of the schema helpers; not every build of it is measured"
)]

mod helpers;
mod m20261121_000001_facts;
mod m20261121_000002_derived;
mod m20261121_000003_operations;
mod up_to_date;

pub use sea_orm_migration::prelude::MigratorTrait;
use sea_orm_migration::prelude::*;

pub use up_to_date::{Error, bring_up_to_date, pending};

/// Every migration, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_facts::Migration),
            Box::new(m20261121_000002_derived::Migration),
            Box::new(m20261121_000003_operations::Migration),
        ]
    }
}
