//! Doing what a request asks for, where that is done in one step, and taking it back. An [erasure](super::erase) takes
//! many.

use entities::{consent_statement, subject_request, touched};
use sea_orm::{
    ActiveValue::Unchanged, ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, Set,
    sea_query::Expr,
};
use uuid::Uuid;

use super::{
    blocks,
    requests::{RequestKind, RequestState, SubjectRequest, locked},
};
use crate::{
    Profiles,
    clock::micros,
    consent::{NewStatement, PROFILING, RESTRICTION, Status},
    error::{Error, Result},
    intake::ACTIVITY,
    resolution::rebuild::keep_drains_out,
    store::begin_write,
};

impl Profiles {
    /// Takes back what a request that was done brought about: what an erasure blocked may come back with what sources
    /// deliver from now on; what was restricted or objected to may be used again, as far as it might before; what was put
    /// right is what sources say. What had been so until now stays so in the past.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] where the request is not done, or there is nothing to take back.
    pub async fn lift_request(&self, id: Uuid, actor: &str) -> Result<SubjectRequest> {
        // What is under way is not waited for.
        liftable(self.request(id).await?, id)?;
        let txn = begin_write(self.db()).await?;
        let lifted = self.lift_in(&txn, id, actor).await;
        match &lifted {
            Ok(_) => txn.commit().await?,
            Err(_) => txn.rollback().await?,
        }
        self.facts().notify_one();
        lifted
    }

    async fn lift_in(&self, txn: &DatabaseTransaction, id: Uuid, actor: &str) -> Result<SubjectRequest> {
        keep_drains_out(txn).await?;
        let row = locked(txn, id).await?.map(SubjectRequest::read).transpose()?;
        let request = liftable(row, id)?;
        match request.kind {
            RequestKind::Access => {}
            RequestKind::Erasure => drop(blocks::lift(txn, id).await?),
            RequestKind::Rectification => self.end_corrections(txn, id).await?,
            RequestKind::Restriction | RequestKind::Objection => self.end_words(txn, id).await?,
        }
        let lifted = subject_request::ActiveModel {
            id: Unchanged(id),
            lifted_at: Set(Some(self.now())),
            lifted_by: Set(Some(actor.to_owned())),
            ..Default::default()
        };
        SubjectRequest::read(subject_request::Entity::update(lifted).exec(txn).await?)
    }

    /// Ends the words by which a request was done, so that from now on all that was said before or since counts as it
    /// would have without them.
    async fn end_words(&self, txn: &DatabaseTransaction, request: Uuid) -> Result<()> {
        use consent_statement::Column as C;
        let said = C::Method.eq(METHOD).and(C::Evidence.eq(proof(request).to_string()));
        let words = consent_statement::Entity::find().filter(said.clone()).all(txn).await?;
        consent_statement::Entity::update_many()
            .col_expr(C::ExpiresAt, Expr::value(micros(self.now())))
            .filter(said)
            .exec(txn)
            .await?;
        let keys = words.into_iter().map(|word| touched::Model {
            id: 0,
            source_id: word.person_source_id,
            kind: ACTIVITY.to_owned(),
            external_id: word.person,
        });
        self.derive_now(txn, &keys.collect::<Vec<_>>(), self.now()).await
    }

    /// Does a request that is done in one step, once, whoever else is at it: by a word of the person, a statement or
    /// corrections; or, of an archive, by nothing but that it may be fetched from now on.
    pub(super) async fn obey(&self, id: Uuid) -> Result<()> {
        let txn = begin_write(self.db()).await?;
        let done = self.obey_in(&txn, id).await;
        let reason = match done {
            Ok(()) => return Ok(txn.commit().await?),
            Err(Error::Erased { .. } | Error::NotFound { .. }) => {
                "nobody is left whom it could be about, or nothing of what it asks for"
            }
            Err(error) => {
                txn.rollback().await?;
                return Err(error);
            }
        };
        txn.rollback().await?;
        let txn = begin_write(self.db()).await?;
        if is_running(locked(&txn, id).await?.as_ref()) {
            self.close_request(&txn, id, RequestState::Refused, Some(reason)).await?;
        }
        Ok(txn.commit().await?)
    }

    async fn obey_in(&self, txn: &DatabaseTransaction, id: Uuid) -> Result<()> {
        // In the order in which an erasure of the same person takes them.
        keep_drains_out(txn).await?;
        let Some(row) = locked(txn, id).await?.filter(|row| is_running(Some(row))) else { return Ok(()) };
        let request = SubjectRequest::read(row)?;
        let by = request.decided_by.as_ref().unwrap_or(&request.actor);
        match (request.kind, request.profile) {
            (_, None) => return Err(Error::Erased { what: "profile" }),
            (RequestKind::Access, Some(_)) => {}
            (RequestKind::Rectification, Some(profile)) => {
                self.rectify(txn, &request, profile, by).await?;
            }
            (_, Some(profile)) => {
                let said = [statement(&request)];
                self.record_in(txn, profile, &said, by, micros(self.now())).await?;
            }
        }
        self.close_request(txn, id, RequestState::Done, None).await
    }

    async fn close_request(
        &self,
        txn: &DatabaseTransaction,
        id: Uuid,
        state: RequestState,
        reason: Option<&str>,
    ) -> Result<()> {
        let closed = subject_request::ActiveModel {
            id: Unchanged(id),
            state: Set(state.as_str().to_owned()),
            closed_at: Set(Some(self.now())),
            reason: Set(reason.map(str::to_owned)),
            ..Default::default()
        };
        subject_request::Entity::update(closed).exec(txn).await?;
        Ok(())
    }
}

/// How the words of requests are collected.
const METHOD: &str = "subject_request";

/// What proves the words of a request.
fn proof(request: Uuid) -> serde_json::Value {
    serde_json::json!({ "request": request })
}

/// What a person who asks for this says about the use of their data, from the moment at which it was decided on.
fn statement(request: &SubjectRequest) -> NewStatement {
    let purpose = if request.kind == RequestKind::Objection { PROFILING } else { RESTRICTION };
    NewStatement {
        purpose: purpose.to_owned(),
        point: None,
        status: Status::Denied,
        stated_at: request.decided_at,
        expires_at: None,
        method: Some(METHOD.to_owned()),
        notice: None,
        evidence: proof(request.id).as_object().cloned().unwrap_or_default(),
        key: Some(request.id.to_string()),
    }
}

/// The request, if what it brought about can be taken back.
fn liftable(request: Option<SubjectRequest>, id: Uuid) -> Result<SubjectRequest> {
    let request = request.ok_or_else(|| Error::NotFound { what: "request", id: id.to_string() })?;
    let why = match request.state {
        RequestState::Done if request.lifted_at.is_some() => "this request was lifted before",
        RequestState::Done if request.kind == RequestKind::Access => {
            "an archive that was fetched cannot be taken back"
        }
        RequestState::Done => return Ok(request),
        _ => "there is nothing to take back before the request is done",
    };
    Err(Error::Conflict(why.to_owned()))
}

fn is_running(row: Option<&subject_request::Model>) -> bool {
    row.is_some_and(|row| row.state == RequestState::Running.as_str())
}
