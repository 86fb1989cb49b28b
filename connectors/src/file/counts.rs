//! What an import met, for its closing report.

/// Counts over the rows read so far, pages skipped by a resume included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Rows read, whether understood or not; header and blank lines not counted.
    pub rows: u64,
    /// Rows that describe no person although the mapping has persons.
    pub rows_without_person: u64,
    /// Rows that belong to no order although the mapping has orders.
    pub rows_without_order: u64,
    /// Versions of persons delivered.
    pub persons: u64,
    /// Versions of companies delivered.
    pub companies: u64,
    /// Versions of products delivered.
    pub products: u64,
    /// Orders delivered.
    pub orders: u64,
    /// Those of them that name no person.
    pub orders_without_person: u64,
    /// Lines of the orders delivered.
    pub lines: u64,
    /// Events delivered.
    pub events: u64,
    /// Events left out because their row names no person.
    pub events_without_person: u64,
    /// Consent statements delivered.
    pub consents: u64,
    /// Consent statements left out because their row names no person.
    pub consents_without_person: u64,
    /// Rejected records delivered. One row can be rejected in several parts.
    pub rejected: u64,
}
