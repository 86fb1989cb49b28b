//! What every migration needs: a table with its keys in one call, the same on both databases.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// An index over these columns.
pub(crate) enum Index {
    /// At most one row for each combination of values.
    Unique(&'static [&'static str]),
    /// For finding rows.
    Plain(&'static [&'static str]),
    /// For finding rows, over those alone in which a column has a value.
    Where(&'static str, &'static [&'static str]),
    /// For finding rows, over those alone in which a column has none.
    Without(&'static str, &'static [&'static str]),
    /// For finding rows, over those alone in which a column has this value; it stands in the index's name.
    Only(&'static str, &'static str, &'static [&'static str]),
}

/// A text column that is compared or sorted: by code point, on PostgreSQL as on SQLite.
pub(crate) fn key_text(manager: &SchemaManager, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.text();
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra(r#"COLLATE "C""#);
    }
    column
}

/// Creates a table with its primary key (empty when a column brings its own) and its indexes.
pub(crate) async fn create(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: impl IntoIterator<Item = ColumnDef>,
    primary_key: &[&'static str],
    indexes: &[Index],
) -> Result<(), DbErr> {
    let mut statement = Table::create();
    statement.table(table);
    for column in columns {
        statement.col(column);
    }
    if !primary_key.is_empty() {
        let mut key = sea_query::Index::create();
        for column in primary_key {
            key.col(*column);
        }
        statement.primary_key(&mut key);
    }
    manager.create_table(statement).await?;
    for index in indexes {
        let (unique, only, columns) = match index {
            Index::Unique(columns) => (true, None, columns),
            Index::Plain(columns) => (false, None, columns),
            Index::Where(filled, columns) => (false, Some(Expr::col(*filled).is_not_null()), columns),
            Index::Without(empty, columns) => (false, Some(Expr::col(*empty).is_null()), columns),
            Index::Only(column, value, columns) => (false, Some(Expr::col(*column).eq(*value)), columns),
        };
        let mut parts = vec![table.to_owned()];
        if let Index::Only(_, value, _) = index {
            parts.push(value.to_lowercase().replace(' ', "_"));
        }
        parts.extend(columns.iter().map(|column| (*column).to_owned()));
        if let Index::Where(filled, _) = index {
            parts.push(format!("where_{filled}"));
        }
        let mut statement = sea_query::Index::create();
        statement.name(parts.join("_")).table(table);
        for column in *columns {
            statement.col(*column);
        }
        if unique {
            statement.unique();
        }
        if let Some(only) = only {
            statement.cond_where(only);
        }
        manager.create_index(statement).await?;
    }
    Ok(())
}
