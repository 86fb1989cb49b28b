//! Of whom a reader read, where that is to be written down.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use uuid::Uuid;

/// Whose profiles were read since it was last asked. Clones share one list.
#[derive(Debug, Clone, Default)]
pub struct Reads(Arc<Mutex<BTreeSet<Uuid>>>);

impl Reads {
    pub(super) fn note(&self, profile: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(profile);
    }

    /// Whose profiles were read, by their ids. The list begins anew.
    pub fn take(&self) -> BTreeSet<Uuid> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
