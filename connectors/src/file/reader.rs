//! The second pass: rows in, pages out.

use std::{borrow::Cow, fs::File, io, iter::Peekable, mem, path::Path, path::PathBuf, time::SystemTime, vec};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    counts::ImportCounts,
    error::FileError,
    fields::{Fault, Mapper},
    happenings::Happening,
    mapping::Mapping,
    orders::OpenOrders,
    plan::{Delivery, Plan},
    records::{Entity, Part},
    rows::{BadRow, Row, Rows},
};
use crate::{
    canonical::{Body, Record},
    connector::{Cursor, Next, Page, Rejected},
};

/// How many objects a page holds unless told otherwise.
const PAGE_SIZE: usize = 1_000;
/// A page ends early when its payloads reach this many bytes.
const PAGE_BYTES: usize = 8 << 20;

/// Reads a file page by page. It blocks: drive it from a thread that may.
///
/// [`Page::total`] is the number of rows, for a progress bar beside [`FileReader::rows_read`].
pub struct FileReader {
    path: PathBuf,
    opened: Stamp,
    mapper: Mapper,
    rows: Rows,
    rows_total: u64,
    deliveries: Peekable<vec::IntoIter<Delivery>>,
    orders: OpenOrders,
    unseen: Vec<String>,
    /// Of the file's bytes and the mapping.
    fingerprint: String,
    page: Page,
    page_bytes: usize,
    page_size: usize,
    page_number: u64,
    skip: u64,
    counts: ImportCounts,
    finished: bool,
}

/// Where an import stands.
#[derive(Debug, Serialize, Deserialize)]
struct Position {
    fingerprint: String,
    /// Pages delivered.
    page: u64,
    /// Objects on a page, on which the number of the page depends.
    page_size: usize,
    /// Rows read, for a person who looks.
    row: u64,
    /// The file was read to its end: the next import of it is a new one.
    done: bool,
}

impl FileReader {
    /// Opens a file and reads it once from beginning to end, which takes about as long as reading its
    /// pages. What makes the whole file unreadable (a missing column, damaged compression, a quotation mark
    /// that is never closed) is found here, before anything is delivered.
    pub fn open(path: &Path, mut mapping: Mapping) -> Result<Self, FileError> {
        let opened = Stamp::of(path)?;
        let mut first = Rows::open(path, &mut mapping)?;
        let fingerprint = fingerprint(path, &mapping)?;
        let rows = Rows::open(path, &mut mapping)?;
        let mapper = Mapper::new(mapping);
        let plan = Plan::make(&mut first, &mapper)?;
        Ok(Self {
            path: path.to_owned(),
            opened,
            mapper,
            rows,
            rows_total: plan.rows,
            deliveries: plan.deliveries.into_iter().peekable(),
            orders: OpenOrders::default(),
            unseen: first.unseen(),
            fingerprint,
            page: Page::default(),
            page_bytes: 0,
            page_size: PAGE_SIZE,
            page_number: 0,
            skip: 0,
            counts: ImportCounts::default(),
            finished: false,
        })
    }

    /// Sets how many objects a page holds, at least 1; some more where the last row yields several.
    #[must_use]
    pub fn with_page_size(mut self, objects: usize) -> Self {
        self.page_size = objects.max(1);
        self
    }

    /// Goes on behind the page that came with `cursor`: the pages up to it are read and not delivered
    /// again. A cursor of another file, mapping or page size, or of an import that was finished, changes
    /// nothing. Answers whether the import goes on.
    pub fn resume(&mut self, cursor: &Cursor) -> bool {
        let Ok(position) = cursor.decode::<Position>() else { return false };
        let same = position.fingerprint == self.fingerprint && position.page_size == self.page_size;
        if same && !position.done {
            self.skip = position.page;
        }
        same && !position.done
    }

    /// How many rows the file has, header and blank lines not counted.
    pub fn rows_total(&self) -> u64 {
        self.rows_total
    }

    /// How many of them were read so far.
    pub fn rows_read(&self) -> u64 {
        self.counts.rows
    }

    /// What was met so far.
    pub fn counts(&self) -> ImportCounts {
        self.counts
    }

    /// JSON Lines: the fields of the mapping that no row has. Most likely their names are misspelt.
    pub fn unseen_columns(&self) -> &[String] {
        &self.unseen
    }

    /// The next page that is not skipped.
    fn next_page(&mut self) -> Result<Page, FileError> {
        loop {
            let page = self.any_page()?;
            // The last page is never skipped, so that an import always ends with one that says so.
            if self.page_number > self.skip || self.finished {
                return Ok(page);
            }
        }
    }

    fn any_page(&mut self) -> Result<Page, FileError> {
        while !self.page_is_full() && self.counts.rows < self.rows_total {
            let row = self.rows.next()?.ok_or_else(|| FileError::Changed { path: self.path.clone() })?;
            self.counts.rows += 1;
            match row {
                Ok(row) => self.take(&row)?,
                Err(BadRow { reason, payload }) => self.reject(None, reason, payload),
            }
        }
        self.finished = self.counts.rows == self.rows_total;
        if self.finished && Stamp::of(&self.path)? != self.opened {
            return Err(FileError::Changed { path: self.path.clone() });
        }
        self.page_number += 1;
        self.page_bytes = 0;
        let cursor = Cursor::encode(&Position {
            fingerprint: self.fingerprint.clone(),
            page: self.page_number,
            page_size: self.page_size,
            row: self.counts.rows,
            done: self.finished,
        })?;
        let next = if self.finished { Next::Done(cursor) } else { Next::More(cursor) };
        Ok(Page { next, total: Some(self.rows_total), ..mem::take(&mut self.page) })
    }

    fn page_is_full(&self) -> bool {
        let Page { records, events, consents, rejected, .. } = &self.page;
        let objects = records.len() + events.len() + consents.len() + rejected.len();
        objects >= self.page_size || self.page_bytes >= PAGE_BYTES
    }

    /// Everything that one row yields.
    fn take(&mut self, row: &Row) -> Result<(), FileError> {
        if self.mapper.records.person.is_some() && self.mapper.id(Part::Person, row).is_none() {
            self.counts.rows_without_person += 1;
        }
        self.collect_order(row)?;
        while let Some(delivery) = self.deliveries.next_if(|delivery| delivery.row == row.number) {
            match delivery.part {
                Part::Order => self.close_order(row),
                _ => self.deliver(row, delivery),
            }
        }
        self.happenings(row);
        Ok(())
    }

    fn collect_order(&mut self, row: &Row) -> Result<(), FileError> {
        let Some(fields) = &self.mapper.records.order else { return Ok(()) };
        let Some(id) = self.mapper.id(Part::Order, row) else {
            self.counts.rows_without_order += 1;
            return Ok(());
        };
        match self.mapper.order(fields, row) {
            Ok(said) => self.orders.add(&id, row, said),
            Err(fault) => {
                let id = id.into_owned();
                self.reject_part(Part::Order.name(), row, Some(id), &fault, row.payload());
                Ok(())
            }
        }
    }

    fn close_order(&mut self, row: &Row) {
        let Some(id) = self.mapper.id(Part::Order, row) else { return };
        let id = id.into_owned();
        match self.orders.close(&id) {
            Some(Ok(record)) => self.push(record),
            Some(Err((fault, payload))) => {
                self.reject_part(Part::Order.name(), row, Some(id), &fault, payload);
            }
            // Each of its rows was rejected already.
            None => {}
        }
    }

    fn deliver(&mut self, row: &Row, Delivery { part, created_at, .. }: Delivery) {
        match self.mapper.entity(part, row) {
            Ok(None) => {}
            Ok(Some(Entity { id, updated_at, deleted, body, .. })) => {
                let payload = row.payload();
                self.push(Record { external_id: id, updated_at, created_at, deleted, body, payload });
            }
            Err(fault) => {
                let id = self.mapper.id(part, row).map(Cow::into_owned);
                self.reject_part(part.name(), row, id, &fault, row.payload());
            }
        }
    }

    fn happenings(&mut self, row: &Row) {
        let Mapper { records, .. } = &self.mapper;
        let mut faults = Vec::new();
        for fields in &records.event {
            match self.mapper.event(fields, row) {
                Ok(Happening::None) => {}
                Ok(Happening::OfNobody) => self.counts.events_without_person += 1,
                Ok(Happening::Of(event)) => {
                    self.counts.events += 1;
                    self.page_bytes += row.bytes();
                    self.page.events.push(event);
                }
                Err(fault) => faults.push(("event", fault)),
            }
        }
        for fields in &records.consent {
            match self.mapper.consent(fields, row) {
                Ok(Happening::None) => {}
                Ok(Happening::OfNobody) => self.counts.consents_without_person += 1,
                Ok(Happening::Of(consent)) => {
                    self.counts.consents += 1;
                    self.page_bytes += row.bytes();
                    self.page.consents.push(consent);
                }
                Err(fault) => faults.push(("consent", fault)),
            }
        }
        for (part, fault) in faults {
            self.reject_part(part, row, None, &fault, row.payload());
        }
    }

    fn push(&mut self, record: Record) {
        match &record.body {
            Body::Person(_) => self.counts.persons += 1,
            Body::Company(_) => self.counts.companies += 1,
            Body::Product(_) => self.counts.products += 1,
            Body::Order(order) => {
                self.counts.orders += 1;
                self.counts.orders_without_person += u64::from(order.person.is_none());
                self.counts.lines += order.lines.len() as u64;
            }
            Body::Deal(_) | Body::Campaign(_) => {}
        }
        self.page_bytes += record.payload.len();
        self.page.records.push(record);
    }

    fn reject_part(&mut self, part: &str, row: &Row, id: Option<String>, fault: &Fault, payload: Vec<u8>) {
        self.reject(id, format!("row {}: {part}: {}", row.number, fault.0), payload);
    }

    fn reject(&mut self, external_id: Option<String>, reason: String, payload: Vec<u8>) {
        self.counts.rejected += 1;
        self.page_bytes += payload.len();
        self.page.rejected.push(Rejected { external_id, reason, payload });
    }
}

impl Iterator for FileReader {
    type Item = Result<Page, FileError>;

    /// The pages in order, the last one with [`Next::Done`]; nothing after an error.
    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let page = self.next_page();
        self.finished |= page.is_err();
        Some(page)
    }
}

/// What shows that a file was changed while it was read.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(path: &Path) -> Result<Self, FileError> {
        let about = path.metadata().map_err(|source| FileError::Io { path: path.to_owned(), source })?;
        Ok(Self { bytes: about.len(), modified: about.modified().ok() })
    }
}

/// Hex of a SHA-256 over the mapping and the file as it is stored.
fn fingerprint(path: &Path, mapping: &Mapping) -> Result<String, FileError> {
    let failed = |source| FileError::Io { path: path.to_owned(), source };
    let mut hash = Sha256::new();
    hash.update(mapping.digest);
    let mut file = File::open(path).map_err(failed)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match io::Read::read(&mut file, &mut buffer).map_err(failed)? {
            0 => return Ok(hex::encode(hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}
