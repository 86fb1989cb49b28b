//! Files of records: CSV and JSON Lines, read through a mapping file and delivered as the same [`Page`]s
//! that a connector delivers, so that one intake stores both with the same idempotence.
//!
//! A file is read twice. The first pass counts its rows and plans what is delivered where: an order when
//! its last row has been read, wherever its rows stand, and each version of a person or product once. The
//! second pass follows that plan row by row. Memory holds the plan (some bytes for each delivery) and the
//! orders that are open, never the file.
//!
//! The same file and mapping always give the same pages, which is what makes an interrupted import
//! resumable by a page number. This room knows no database and no command line, reads no clock, and lets
//! nothing vanish: a row that cannot be understood is a rejected record, an entity without an id is counted.
//!
//! [`Page`]: crate::connector::Page

mod counts;
mod error;
mod fields;
mod formats;
mod happenings;
mod input;
mod mapping;
mod orders;
mod plan;
mod reader;
mod records;
mod rows;
#[cfg(test)]
mod tests;
mod value;

pub use counts::ImportCounts;
pub use error::FileError;
pub use mapping::Mapping;
pub use reader::FileReader;
