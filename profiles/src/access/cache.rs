//! Keys and sessions that were found a moment ago, so that a request costs no statement for who asks.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How long a key that another process took back may still work here.
const FRESH: Duration = Duration::from_secs(5);
/// How many keys are kept. Only keys that are in force are, so strangers cannot fill it.
const KEPT: usize = 1024;

/// Keys, or sessions, in force by digest.
#[derive(Debug)]
pub(crate) struct KeyCache<K>(Mutex<Kept<K>>);

impl<K> Default for KeyCache<K> {
    fn default() -> Self {
        Self(Mutex::new(Kept { keys: HashMap::new(), doubted: 0 }))
    }
}

#[derive(Debug)]
struct Kept<K> {
    /// When each was found, unless that is no longer to be relied on.
    keys: HashMap<Vec<u8>, (Option<Instant>, K)>,
    /// Counts how often nothing was to be relied on any more.
    doubted: u64,
}

fn is_fresh(found: Option<Instant>) -> bool {
    found.is_some_and(|found| found.elapsed() < FRESH)
}

/// When a key began to be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Since(u64);

impl<K: Clone> KeyCache<K> {
    /// The key of that digest if it was found a moment ago; otherwise what [`KeyCache::put`] wants to know.
    pub(super) fn get(&self, digest: &[u8]) -> Result<K, Since> {
        let kept = self.kept();
        match kept.keys.get(digest) {
            Some((found, key)) if is_fresh(*found) => Ok(key.clone()),
            _ => Err(Since(kept.doubted)),
        }
    }

    /// What [`KeyCache::put`] wants to know.
    pub(super) fn since(&self) -> Since {
        Since(self.kept().doubted)
    }

    /// Whether the key of that digest was in force when it was last looked for.
    pub(super) fn knows(&self, digest: &[u8]) -> bool {
        self.kept().keys.contains_key(digest)
    }

    /// Forgets a key that is no longer in force.
    pub(super) fn forget(&self, digest: &[u8]) {
        self.kept().keys.remove(digest);
    }

    /// Keeps a key, unless keys were taken back while it was looked up.
    pub(super) fn put(&self, since: Since, digest: Vec<u8>, key: K) {
        let mut kept = self.kept();
        if since != Since(kept.doubted) {
            return;
        }
        if kept.keys.len() >= KEPT {
            kept.keys.retain(|_, (found, _)| is_fresh(*found));
        }
        if kept.keys.len() >= KEPT {
            kept.keys.clear();
        }
        kept.keys.insert(digest, (Some(Instant::now()), key));
    }

    /// Relies on none any more: each is looked up anew. They stay known.
    pub(super) fn doubt(&self) {
        let mut kept = self.kept();
        kept.keys.values_mut().for_each(|(found, _)| *found = None);
        kept.doubted += 1;
    }

    fn kept(&self) -> MutexGuard<'_, Kept<K>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::access::{ApiKey, Role};

    fn key() -> ApiKey {
        let created_at = DateTime::UNIX_EPOCH;
        ApiKey {
            id: Uuid::nil(),
            name: "web".to_owned(),
            role: Role::Frontend,
            purpose: None,
            created_at,
            revoked_at: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_kept_for_some_seconds_and_no_longer() {
        let cache = KeyCache::<ApiKey>::default();
        cache.put(cache.since(), b"a".to_vec(), key());
        assert_eq!(cache.get(b"a"), Ok(key()));
        tokio::time::advance(FRESH).await;
        assert!(cache.get(b"a").is_err());
        assert!(cache.knows(b"a"), "it is known until it is looked up in vain");
        cache.forget(b"a");
        assert!(!cache.knows(b"a"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_was_looked_up_before_a_revocation_is_not_kept_after_it() {
        let cache = KeyCache::<ApiKey>::default();
        let before = cache.since();
        cache.doubt();
        cache.put(before, b"a".to_vec(), key());
        assert!(cache.get(b"a").is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_revocation_makes_strangers_of_nobody() {
        let cache = KeyCache::<ApiKey>::default();
        cache.put(cache.since(), b"a".to_vec(), key());
        cache.doubt();
        assert!(cache.get(b"a").is_err() && cache.knows(b"a"));
        cache.put(cache.since(), b"a".to_vec(), key());
        assert_eq!(cache.get(b"a"), Ok(key()));
    }

    #[tokio::test(start_paused = true)]
    async fn the_number_of_keys_is_bounded() {
        let cache = KeyCache::<ApiKey>::default();
        for number in 0..3 * KEPT {
            cache.put(cache.since(), number.to_be_bytes().to_vec(), key());
        }
        assert!(cache.kept().keys.len() <= KEPT);
    }
}
