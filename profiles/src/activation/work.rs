//! The work: one process at a time for each destination, all destinations beside one another.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use connectors::{
    Http,
    destination::{Batch, Outcome},
};
use entities::{
    delivery::{self, Column as D},
    destination::{Column as C, Entity, Model},
    destination_member::{self, Column as M},
};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, sea_query::Expr,
};
use tokio::{sync::watch, task::JoinSet, time::Instant};
use uuid::Uuid;

use super::{
    destination::{ACTIVE, LEAVING, Ready, locked, remove},
    follow::is_held,
};
use crate::{
    Profiles,
    error::{Error, Result},
    store::{begin_write, roll_back},
    sync::holder,
};

/// How often it is looked for something to do.
const TICK: Duration = Duration::from_secs(1);
/// How often old deliveries are dropped.
const FORGET: Duration = Duration::from_hours(1);
/// How long a lease lasts without being renewed.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(15);
/// How long whoever is at work has to stop.
const PARTING: Duration = Duration::from_secs(5);
/// What stands before the reason why a destination cannot be worked on at all.
const UNREADY: &str = "the settings do not work: ";
/// How long a destination that cannot be worked on is left alone.
const LATER: Duration = Duration::from_secs(30);

impl Profiles {
    /// Works on all destinations until `stop` is true. What is being sent then is left, and is sent again under the same id.
    pub(crate) async fn run_destinations(&self, mut stop: watch::Receiver<bool>) {
        let mut running: HashSet<Uuid> = HashSet::new();
        let mut tasks = JoinSet::new();
        let mut forgotten: Option<Instant> = None;
        while !*stop.borrow() {
            while let Some(ended) = tasks.try_join_next() {
                match ended {
                    Ok(id) => drop(running.remove(&id)),
                    // Which one it was is not known.
                    Err(_) if tasks.is_empty() => running.clear(),
                    Err(_) => {}
                }
            }
            match self.destinations_at_work().await {
                Ok(ids) => {
                    for id in ids {
                        if running.insert(id) {
                            let (profiles, stop) = (self.clone(), stop.clone());
                            tasks.spawn(async move {
                                profiles.work_until(id, stop).await;
                                id
                            });
                        }
                    }
                }
                Err(error) => tracing::error!(%error, "destinations cannot be read; trying again"),
            }
            if forgotten.is_none_or(|at| at.elapsed() > FORGET) {
                if let Err(error) = self.forget_deliveries().await {
                    tracing::error!(%error, "old deliveries cannot be dropped");
                }
                forgotten = Some(Instant::now());
            }
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                _ = stop.changed() => {}
            }
        }
        // Whoever stops gives the lease back, so that another process need not wait for it.
        let _ = tokio::time::timeout(PARTING, async { while tasks.join_next().await.is_some() {} }).await;
        tasks.shutdown().await;
    }

    /// Those that are told something.
    async fn destinations_at_work(&self) -> Result<Vec<Uuid>> {
        let free = Condition::any().add(C::LeaseUntil.is_null()).add(C::LeaseUntil.lt(self.now()));
        let at_work = Entity::find().select_only().column(C::Id).filter(C::State.is_in([ACTIVE, LEAVING]));
        Ok(at_work.filter(free).order_by_asc(C::Key).into_tuple().all(self.db()).await?)
    }

    /// Whether there is something to do, which costs no write.
    async fn has_work(&self, id: Uuid) -> Result<bool> {
        let row = self.destination_row(id).await?;
        if row.state == LEAVING {
            return Ok(true);
        }
        let now = self.now();
        if row.resume_at.is_none_or(|at| at <= now) {
            let due = delivery::Entity::find().filter(D::DestinationId.eq(id)).filter(D::DoneAt.is_null());
            if due.filter(D::NextAttemptAt.lte(now)).one(self.db()).await?.is_some() {
                return Ok(true);
            }
        }
        // One whose settings do not work, or work again, says so once it is worked on.
        let Ok(ready) = self.ready(&row) else { return Ok(true) };
        if is_unready(&row) {
            return Ok(true);
        }
        Ok(!is_held(self.db(), &row).await? && self.next_page(&row, &ready).await?.is_some())
    }

    async fn work_until(&self, id: Uuid, mut stop: watch::Receiver<bool>) {
        let mut stopping = stop.clone();
        let stopped = async move {
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        let worked = match self.has_work(id).await {
            Ok(true) => self.work_while(id, stopped).await,
            Ok(false) => Ok(0),
            Err(error) => Err(error),
        };
        match worked {
            // Another process was faster, or somebody has deleted it.
            Ok(_) | Err(Error::Conflict(_) | Error::NotFound { .. }) => {}
            Err(error) => {
                tracing::error!(destination = %id, %error, "a destination cannot be worked on; trying again");
                tokio::select! {
                    () = tokio::time::sleep(LATER) => {}
                    _ = stop.wait_for(|stop| *stop) => {}
                }
            }
        }
    }

    /// Considers whoever is to be considered and sends whatever is due, until there is nothing left to do. Returns how many
    /// changes were sent.
    ///
    /// # Errors
    /// [`Error::Conflict`] where another process is at it.
    pub async fn work_on_destination(&self, id: Uuid) -> Result<u64> {
        self.work_while(id, std::future::pending()).await
    }

    /// As [`Profiles::work_on_destination`], until it is stopped.
    async fn work_while(&self, id: Uuid, stopped: impl Future<Output = ()>) -> Result<u64> {
        let holder = holder();
        let now = self.now();
        let taken = Entity::update_many()
            .col_expr(C::LeaseOwner, Expr::value(holder.as_str()))
            .col_expr(C::LeaseUntil, Expr::value(now + LEASE))
            .filter(C::Id.eq(id))
            .filter(Condition::any().add(C::LeaseUntil.is_null()).add(C::LeaseUntil.lt(now)))
            .exec(self.db())
            .await?;
        if taken.rows_affected == 0 {
            return Err(Error::Conflict("another process works on this destination".to_owned()));
        }
        let worked = tokio::select! {
            biased;
            () = stopped => Ok(0),
            worked = self.work_leased(id, &holder) => worked,
            lost = self.keep_destination(id, &holder) => Err(lost),
        };
        Entity::update_many()
            .col_expr(C::LeaseOwner, Expr::value(None::<String>))
            .col_expr(C::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
            .filter(C::Id.eq(id))
            .filter(C::LeaseOwner.eq(holder))
            .exec(self.db())
            .await?;
        worked
    }

    /// Renews a lease for as long as it is held; ends with the reason why it is not.
    async fn keep_destination(&self, id: Uuid, holder: &str) -> Error {
        loop {
            tokio::time::sleep(RENEW).await;
            let kept = Entity::update_many()
                .col_expr(C::LeaseUntil, Expr::value(self.now() + LEASE))
                .filter(C::Id.eq(id))
                .filter(C::LeaseOwner.eq(holder))
                .exec(self.db())
                .await;
            match kept {
                Ok(kept) if kept.rows_affected == 1 => {}
                Ok(_) => return lost(),
                Err(error) => return error.into(),
            }
        }
    }

    async fn work_leased(&self, id: Uuid, holder: &str) -> Result<u64> {
        let mut http = None;
        let mut sent = 0;
        let mut rested = Instant::now();
        loop {
            let row = self.destination_row(id).await?;
            if ![ACTIVE, LEAVING].contains(&row.state.as_str()) || is_held(self.db(), &row).await? {
                return Ok(sent);
            }
            let ready = self.ready(&row);
            if ready.is_err() || is_unready(&row) {
                self.say_unready(id, ready.as_ref().err()).await?;
            }
            let ready = ready?;
            // Whoever is considered is told soon, however many are left to be considered; but for those who waited for a name
            // that one of them had, as otherwise somebody would be taken out under it.
            let considered = self.consider_next(&row, &ready, holder).await?;
            if considered && (Instant::now() < rested || !self.to_review(id, 1).await?.is_empty()) {
                continue;
            }
            tokio::time::sleep_until(rested).await;
            let Some(claimed) = self.claim(&ready, holder).await? else {
                if considered {
                    continue;
                }
                if row.state == LEAVING {
                    self.remove_if_empty(id, holder).await?;
                }
                return Ok(sent);
            };
            if claimed.changes.is_empty() {
                continue;
            }
            let http = match &mut http {
                Some(http) => http,
                none => none.insert(Http::new(ready.kind.http_options())?),
            };
            let batch = Batch { changes: &claimed.changes, now: self.now() };
            let began = Instant::now();
            let outcomes = ready.tool.deliver(http, batch).await;
            rested = Instant::now() + ready.tool.rest(began.elapsed());
            sent += outcomes.iter().filter(|outcome| **outcome != Outcome::Unsent).count() as u64;
            self.settle_batch(&ready, holder, &claimed, &outcomes).await?;
        }
    }

    /// Considers the next people. False where nobody is left.
    pub(crate) async fn consider_next(&self, row: &Model, ready: &Ready, holder: &str) -> Result<bool> {
        let Some(page) = self.next_page(row, ready).await? else { return Ok(false) };
        let wanted = self.wanted(ready, &ready.reader, &page.people).await?;
        let txn = begin_write(self.db()).await?;
        let now = self.now();
        let row = fenced(&txn, row.id, holder, now).await?;
        if is_held(&txn, &row).await? {
            roll_back(txn).await;
            return Ok(false);
        }
        self.consider(&txn, &row, ready, &page.people, &wanted, Some(&page.position)).await?;
        txn.commit().await?;
        Ok(true)
    }

    /// A destination whose settings do not work any more says so, and takes it back once they do.
    async fn say_unready(&self, id: Uuid, error: Option<&Error>) -> Result<()> {
        Entity::update_many()
            .col_expr(C::LastError, Expr::value(error.map(|error| format!("{UNREADY}{error}"))))
            .col_expr(C::LastErrorAt, Expr::value(error.map(|_| self.now())))
            .filter(C::Id.eq(id))
            .exec(self.db())
            .await?;
        Ok(())
    }

    /// A destination that leaves is no more once everybody is out.
    async fn remove_if_empty(&self, id: Uuid, holder: &str) -> Result<()> {
        let txn = begin_write(self.db()).await?;
        fenced(&txn, id, holder, self.now()).await?;
        let members = destination_member::Entity::find().filter(M::DestinationId.eq(id));
        let waiting = delivery::Entity::find().filter(D::DestinationId.eq(id)).filter(D::DoneAt.is_null());
        if members.filter(M::Wanted.is_not_null().or(M::Told.eq(true))).count(&txn).await? == 0
            && waiting.count(&txn).await? == 0
        {
            remove(&txn, id).await?;
        }
        Ok(txn.commit().await?)
    }
}

/// The row of a destination, which this holder has, and nobody else until the transaction ends.
pub(super) async fn fenced(
    txn: &DatabaseTransaction,
    id: Uuid,
    holder: &str,
    now: DateTime<Utc>,
) -> Result<Model> {
    let row = locked(txn, id).await?;
    let is_ours =
        row.lease_owner.as_deref() == Some(holder) && row.lease_until.is_some_and(|until| until >= now);
    if is_ours { Ok(row) } else { Err(lost()) }
}

/// Whether it was last said that the settings do not work.
fn is_unready(row: &Model) -> bool {
    row.last_error.as_ref().is_some_and(|error| error.starts_with(UNREADY))
}

fn lost() -> Error {
    Error::Conflict("another process has taken this destination over".to_owned())
}
