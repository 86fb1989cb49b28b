//! What can stop an import. A single bad row never does: it becomes a rejected record.

use std::{io, path::PathBuf};

use crate::error::Error;

/// Why a file cannot be imported, or not any further.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The mapping file is not understood.
    #[error("mapping{}: {message}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Mapping {
        /// The line of the mapping file, from 1, where it is known.
        line: Option<usize>,
        /// The field, what is wrong with it and what is expected.
        message: String,
    },
    /// The mapping names columns that the file does not have.
    #[error("the file has no column {missing}; its columns are: {known}")]
    Columns {
        /// The columns that the mapping names in vain.
        missing: String,
        /// The columns of the file.
        known: String,
    },
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A pipe or folder: an import reads its file twice.
    #[error("{}: not a regular file; an import reads its file twice, so save the data to a file first", path.display())]
    NotAFile {
        /// What was given.
        path: PathBuf,
    },
    /// The content is of a form that is not read.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What it is, and what to do.
        reason: &'static str,
    },
    /// One row is larger than any row should be.
    #[error("row {row} is larger than {limit} bytes; most likely a quotation mark before it is never closed")]
    RowTooLarge {
        /// The row, from 1, the header not counted.
        row: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// Too many orders wait for their last row.
    #[error(
        "at row {row}, {orders} orders wait for their last rows and fill {limit} bytes; sort the file by order"
    )]
    OpenOrders {
        /// The row, from 1, the header not counted.
        row: u64,
        /// How many orders are open.
        orders: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The file is not the one that was opened.
    #[error("{}: the file changed while it was read; import it again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The cursor cannot be written.
    #[error(transparent)]
    Cursor(#[from] Error),
}
