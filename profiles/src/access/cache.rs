//! Keys that were found a moment ago, so that a request costs no statement for its key.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::ApiKey;

/// How long a key that another process took back may still work here.
const FRESH: Duration = Duration::from_secs(5);
/// How many keys are kept. Only keys that are in force are, so strangers cannot fill it.
const KEPT: usize = 1024;

/// Keys in force by digest.
#[derive(Debug, Default)]
pub(crate) struct KeyCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    keys: HashMap<Vec<u8>, (Instant, ApiKey)>,
    /// Counts how often everything was forgotten.
    forgotten: u64,
}

/// When a key began to be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Since(u64);

impl KeyCache {
    /// The key of that digest if it was found a moment ago; otherwise what [`KeyCache::put`] wants to know.
    pub(super) fn get(&self, digest: &[u8]) -> Result<ApiKey, Since> {
        let kept = self.kept();
        match kept.keys.get(digest) {
            Some((found, key)) if found.elapsed() < FRESH => Ok(key.clone()),
            _ => Err(Since(kept.forgotten)),
        }
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
    pub(super) fn put(&self, since: Since, digest: Vec<u8>, key: ApiKey) {
        let mut kept = self.kept();
        if since != Since(kept.forgotten) {
            return;
        }
        if kept.keys.len() >= KEPT {
            kept.keys.retain(|_, (found, _)| found.elapsed() < FRESH);
        }
        if kept.keys.len() >= KEPT {
            kept.keys.clear();
        }
        kept.keys.insert(digest, (Instant::now(), key));
    }

    /// Forgets all keys.
    pub(super) fn clear(&self) {
        let mut kept = self.kept();
        kept.keys.clear();
        kept.forgotten += 1;
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::access::Role;

    fn key() -> ApiKey {
        let created_at = DateTime::UNIX_EPOCH;
        ApiKey { id: Uuid::nil(), name: "web".to_owned(), role: Role::Frontend, created_at, revoked_at: None }
    }

    fn since(cache: &KeyCache) -> Since {
        cache.get(b"absent").unwrap_err()
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_kept_for_some_seconds_and_no_longer() {
        let cache = KeyCache::default();
        cache.put(since(&cache), b"a".to_vec(), key());
        assert_eq!(cache.get(b"a"), Ok(key()));
        tokio::time::advance(FRESH).await;
        assert!(cache.get(b"a").is_err());
        assert!(cache.knows(b"a"), "it is known until it is looked up in vain");
        cache.forget(b"a");
        assert!(!cache.knows(b"a"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_was_looked_up_before_a_revocation_is_not_kept_after_it() {
        let cache = KeyCache::default();
        let before = since(&cache);
        cache.clear();
        cache.put(before, b"a".to_vec(), key());
        assert!(cache.get(b"a").is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn the_number_of_keys_is_bounded() {
        let cache = KeyCache::default();
        for number in 0..3 * KEPT {
            cache.put(since(&cache), number.to_be_bytes().to_vec(), key());
        }
        assert!(cache.kept().keys.len() <= KEPT);
    }
}
