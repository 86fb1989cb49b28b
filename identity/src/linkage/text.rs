//! Columns of text.

use std::hash::BuildHasherDefault;

use rustc_hash::FxHasher;

/// A map that is fast for short keys. Nothing here depends on its order.
pub(super) type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<FxHasher>>;

/// Many texts in one buffer.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    buffer: String,
    ends: Vec<u32>,
}

impl Texts {
    /// Adds a text. `false` if there is no room: a column holds 4 GiB.
    pub(super) fn push(&mut self, text: &str) -> bool {
        self.buffer.push_str(text);
        match u32::try_from(self.buffer.len()) {
            Ok(end) => self.ends.push(end),
            Err(_) => return false,
        }
        true
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, place: usize) -> &str {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.buffer[start as usize..self.ends[place] as usize]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|place| self.get(place))
    }
}
