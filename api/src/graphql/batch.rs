//! Gathering what many resolvers ask for, so that one statement answers all of them.
//!
//! Resolvers of one request run in one task, so nothing needs to be spawned and no clock to be watched: who asks for
//! a key lets all others ask for theirs first, and the first to come back loads for everybody. How many statements a
//! query costs therefore never depends on timing.

use std::collections::{HashMap, HashSet};
use std::future::{Future, poll_fn};
use std::hash::Hash;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use futures_util::task::AtomicWaker;

/// Why a load failed; shared by all who asked.
pub(super) type Failure = Arc<profiles::Error>;

/// One kind of thing that is loaded by key. It batches and does not cache: what is asked for later is loaded anew.
pub(super) struct Batch<K, V> {
    /// The round that still takes keys.
    open: Arc<Mutex<Option<Round<K, V>>>>,
}

struct Round<K, V> {
    keys: HashSet<K>,
    found: Shared<BoxFuture<'static, Found<K, V>>>,
}

/// What a round found, for all who asked.
type Found<K, V> = Result<Arc<HashMap<K, V>>, Failure>;

impl<K, V> Default for Batch<K, V> {
    fn default() -> Self {
        Self { open: Arc::default() }
    }
}

impl<K, V> Batch<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The value of a key. `fetch` loads all keys of a round; the first who asks brings it.
    pub(super) async fn load<F, R>(&self, key: K, fetch: F) -> Result<Option<V>, Failure>
    where
        F: FnOnce(Vec<K>) -> R + Send + 'static,
        R: Future<Output = profiles::Result<HashMap<K, V>>> + Send + 'static,
    {
        let found = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let round = open.get_or_insert_with(|| self.round(fetch));
            round.keys.insert(key.clone());
            round.found.clone()
        };
        others_first().await;
        Ok(found.await?.get(&key).cloned())
    }

    fn round<F, R>(&self, fetch: F) -> Round<K, V>
    where
        F: FnOnce(Vec<K>) -> R + Send + 'static,
        R: Future<Output = profiles::Result<HashMap<K, V>>> + Send + 'static,
    {
        // Weak, because the round stands in what it would hold on to.
        let open = Arc::downgrade(&self.open);
        let load = async move {
            let round =
                open.upgrade().and_then(|open| open.lock().unwrap_or_else(PoisonError::into_inner).take());
            let keys = round.map(|round| round.keys).unwrap_or_default();
            fetch(keys.into_iter().collect()).await.map(Arc::new).map_err(Arc::new)
        };
        Round { keys: HashSet::new(), found: load.boxed().shared() }
    }
}

/// Ends when everything that can go on has gone on. Yielding alone would end as soon as it is asked again, and whoever
/// was woken twice is asked again before others were: the library's sets of futures ask only those who were woken.
async fn others_first() {
    let turn = Arc::new(Turn::default());
    let waker = Waker::from(Arc::clone(&turn));
    // Asked once, it has the runtime wake this waker when nothing is ready any more.
    let asked = pin!(tokio::task::yield_now()).poll(&mut Context::from_waker(&waker));
    debug_assert!(asked.is_pending());
    poll_fn(|task| {
        turn.waiting.register(task.waker());
        if turn.has_come.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// A turn that comes, and who waits for it.
#[derive(Default)]
struct Turn {
    has_come: AtomicBool,
    waiting: AtomicWaker,
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        self.has_come.store(true, Ordering::Release);
        self.waiting.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures_util::future::{join_all, try_join_all};

    use super::*;

    struct Double {
        batch: Batch<u32, u32>,
        loads: Arc<AtomicUsize>,
    }

    impl Double {
        fn new() -> Self {
            Self { batch: Batch::default(), loads: Arc::default() }
        }

        async fn of(&self, key: u32) -> Option<u32> {
            let loads = Arc::clone(&self.loads);
            let fetch = |keys: Vec<u32>| async move {
                loads.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Ok(keys.into_iter().filter(|key| *key != 13).map(|key| (key, key * 2)).collect())
            };
            self.batch.load(key, fetch).await.unwrap()
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn however_many_ask_at_once_are_answered_by_one_load_on_several_threads_too() {
        for many in [1, 5, 31, 300] {
            let answers = tokio::spawn(async move {
                let double = Double::new();
                let answers = join_all((0..many).map(|key| double.of(key % 100))).await;
                assert_eq!(double.loads.load(Ordering::Relaxed), 1, "{many} keys");
                answers
            });
            for (key, answer) in answers.await.unwrap().into_iter().enumerate() {
                let key = u32::try_from(key).unwrap() % 100;
                assert_eq!(answer, (key != 13).then_some(key * 2));
            }
        }
    }

    #[tokio::test]
    async fn lists_of_different_lengths_below_a_list_are_one_load() {
        let task = tokio::spawn(async {
            let double = Double::new();
            join_all((0..50).map(|outer| {
                let double = &double;
                async move {
                    double.of(outer).await;
                    join_all((0..outer).map(|inner| double.of(1_000 + inner))).await
                }
            }))
            .await;
            double.loads.load(Ordering::Relaxed)
        });
        assert_eq!(task.await.unwrap(), 2);
    }

    #[tokio::test]
    async fn who_is_woken_out_of_turn_loads_with_all_others() {
        use futures_util::stream::{FuturesUnordered, StreamExt};
        let loads = tokio::spawn(async {
            let (batch, loads): (Batch<u32, u32>, _) = (Batch::default(), AtomicUsize::new(0));
            let (batch, loads) = (&batch, &Arc::new(loads));
            let ask = async |key| {
                let loads = Arc::clone(loads);
                // Ready at once: who loads goes on before the others have theirs.
                let fetch = |keys: Vec<u32>| async move {
                    loads.fetch_add(1, Ordering::Relaxed);
                    Ok(keys.into_iter().map(|key| (key, key)).collect())
                };
                batch.load(key, fetch).await.unwrap()
            };
            // The library resolves the fields of a page in such a set, which asks only whoever was woken.
            join_all((0..20).map(|page| async move {
                let mut fields: FuturesUnordered<_> = [async {
                    for step in 0..4 {
                        ask(page + 100 * step).await;
                    }
                }]
                .into_iter()
                .collect();
                fields.next().await
            }))
            .await;
            loads.load(Ordering::Relaxed)
        });
        assert_eq!(loads.await.unwrap(), 4);
    }

    #[tokio::test]
    async fn what_is_asked_later_is_loaded_anew() {
        let double = Double::new();
        double.of(1).await;
        double.of(1).await;
        assert_eq!(double.loads.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_failure_is_everybodys_and_the_next_round_begins_afresh() {
        let batch: Batch<u32, u32> = Batch::default();
        let fail = |_| async { Err(profiles::Error::Conflict("away".to_owned())) };
        assert!(try_join_all([batch.load(1, fail), batch.load(2, fail)]).await.is_err());
        let found = batch.load(1, |_| async { Ok(HashMap::from([(1, 7)])) }).await;
        assert_eq!(found.unwrap(), Some(7));
    }
}
