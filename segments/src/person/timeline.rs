use chrono::{DateTime, Utc};

/// A value through time: from when it was what. Before the first entry there was none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline<T>(Vec<(Option<DateTime<Utc>>, Option<T>)>);

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Timeline<T> {
    /// From entries in any order: since when (`None`: always), and what (`None`: nothing any more). Of entries of one
    /// instant the last holds.
    pub fn new(mut entries: Vec<(Option<DateTime<Utc>>, Option<T>)>) -> Self {
        entries.sort_by_key(|(from, _)| *from);
        Self(entries)
    }

    /// It has always been this.
    pub fn always(value: T) -> Self {
        Self(vec![(None, Some(value))])
    }

    /// It has been this since then.
    pub fn since(from: DateTime<Utc>, value: T) -> Self {
        Self(vec![(Some(from), Some(value))])
    }

    /// The entries, oldest first.
    pub fn entries(&self) -> &[(Option<DateTime<Utc>>, Option<T>)] {
        &self.0
    }

    /// What it was at an instant.
    pub fn at(&self, instant: DateTime<Utc>) -> Option<&T> {
        let after = self.0.partition_point(|(from, _)| from.is_none_or(|from| from <= instant));
        self.0[..after].last().and_then(|(_, value)| value.as_ref())
    }
}
