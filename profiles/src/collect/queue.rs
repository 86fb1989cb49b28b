//! One writer for everything that arrives: what waits while a transaction commits goes into the next one together.

use std::{borrow::Cow, collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc};

use connectors::Page;
use futures_util::FutureExt;
use thiserror::Error;
use tokio::{
    sync::{
        OwnedSemaphorePermit, Semaphore,
        mpsc::{self, error::TrySendError},
        oneshot,
    },
    task::JoinHandle,
};
use uuid::Uuid;

use crate::{Profiles, error::Error as Failure, intake::Delivery};

/// How many KiB may wait in memory.
const ROOM: u32 = 64 << 10;
/// The most KiB that one transaction takes.
const MOST: u32 = 2 << 10;
/// Deliveries that may wait; each has a little weight of its own.
const WAITING: usize = 16 << 10;
/// The stream under which what is not understood is kept.
const STREAM: &str = "events";

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Collected {
    /// Messages that are in the database now, or were before.
    pub taken: u64,
    /// Messages that are kept as rejected, with their reason.
    pub rejected: u64,
}

/// Why a delivery was not taken. It may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Too much waits.
    #[error("more arrives than can be stored; send it again in a moment")]
    Full,
    /// The database does not take it.
    #[error("it cannot be stored just now; send it again")]
    Failed,
}

struct Job {
    source: Uuid,
    page: Page,
    /// The room that it takes in the queue.
    weight: u32,
    _room: OwnedSemaphorePermit,
    done: oneshot::Sender<Result<Collected, Refusal>>,
}

/// The way in. Cheap to clone.
#[derive(Clone)]
pub struct Collector {
    jobs: mpsc::Sender<Job>,
    room: Arc<Semaphore>,
}

impl Collector {
    /// Begins to write. The task ends when all collectors are gone and everything that they took is stored.
    pub fn start(profiles: Profiles) -> (Self, JoinHandle<()>) {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let room = Arc::new(Semaphore::new(ROOM as usize));
        let writer = Writer { profiles };
        (Self { jobs, room }, tokio::spawn(writer.run(waiting)))
    }

    /// Stores what a source sent in so many bytes; returns once it is durable.
    ///
    /// # Errors
    /// Where nothing of it was stored.
    pub async fn store(&self, source: Uuid, page: Page, bytes: usize) -> Result<Collected, Refusal> {
        // Read, it takes about four times as much, and each message at least a KiB.
        let messages = page.events.len() + page.rejected.len();
        let weight = u32::try_from((bytes / 256).max(messages)).unwrap_or(MOST).clamp(1, MOST);
        let room = Arc::clone(&self.room).try_acquire_many_owned(weight).map_err(|_| Refusal::Full)?;
        let (done, answer) = oneshot::channel();
        self.jobs.try_send(Job { source, page, weight, _room: room, done }).map_err(|error| match error {
            TrySendError::Full(_) => Refusal::Full,
            TrySendError::Closed(_) => Refusal::Failed,
        })?;
        answer.await.unwrap_or(Err(Refusal::Failed))
    }
}

struct Writer {
    profiles: Profiles,
}

impl Writer {
    async fn run(self, mut waiting: mpsc::Receiver<Job>) {
        let mut held: Option<Job> = None;
        loop {
            let Some(first) = (match held.take() {
                Some(job) => Some(job),
                None => waiting.recv().await,
            }) else {
                return;
            };
            let mut weight = first.weight;
            let mut by_source: BTreeMap<Uuid, Vec<Job>> = BTreeMap::new();
            by_source.entry(first.source).or_default().push(first);
            while let Ok(job) = waiting.try_recv() {
                if weight.saturating_add(job.weight) > MOST {
                    held = Some(job);
                    break;
                }
                weight += job.weight;
                by_source.entry(job.source).or_default().push(job);
            }
            for (source, jobs) in by_source {
                // Whoever sent it is told that it failed, and the next ones are stored.
                if AssertUnwindSafe(self.write(source, jobs)).catch_unwind().await.is_err() {
                    tracing::error!(%source, "storing what was sent has panicked");
                }
            }
        }
    }

    /// Writes what one source sent: everything in one transaction, or, where that fails, each delivery in its own, so
    /// that none must suffer for another.
    async fn write(&self, source: Uuid, mut jobs: Vec<Job>) {
        let pages: Vec<Page> = jobs.iter_mut().map(|job| std::mem::take(&mut job.page)).collect();
        let answers: Vec<Collected> = pages.iter().map(collected).collect();
        let together = merged(&pages);
        let stored = self.store(source, &together).await;
        if let Err(error) = &stored
            && !error.is_lasting()
        {
            tracing::error!(%source, %error, "nothing can be stored");
            for job in jobs {
                let _ = job.done.send(Err(Refusal::Failed));
            }
            return;
        }
        if stored.is_ok() {
            for (job, answer) in jobs.into_iter().zip(answers) {
                // Who hung up will send it again.
                let _ = job.done.send(Ok(answer));
            }
            return;
        }
        for ((job, answer), page) in jobs.into_iter().zip(answers).zip(pages) {
            let stored = self.store(source, &page).await;
            let stored =
                stored.inspect_err(|error| tracing::error!(%source, %error, "nothing can be stored"));
            let _ = job.done.send(stored.map(|()| answer).map_err(|_| Refusal::Failed));
        }
    }

    async fn store(&self, source: Uuid, page: &Page) -> Result<(), Failure> {
        let delivery = Delivery { source, stream: STREAM, stamp: self.profiles.now(), page };
        self.profiles.deliver(&delivery).await.map(drop)
    }
}

fn collected(page: &Page) -> Collected {
    Collected { taken: page.events.len() as u64, rejected: page.rejected.len() as u64 }
}

fn merged(pages: &[Page]) -> Cow<'_, Page> {
    if let [only] = pages {
        return Cow::Borrowed(only);
    }
    let mut all = Page::default();
    for page in pages {
        all.records.extend_from_slice(&page.records);
        all.events.extend_from_slice(&page.events);
        all.consents.extend_from_slice(&page.consents);
        all.rejected.extend_from_slice(&page.rejected);
    }
    Cow::Owned(all)
}
