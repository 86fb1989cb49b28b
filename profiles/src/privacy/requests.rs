//! Requests of data subjects: received, then done or refused, within a month.

use chrono::{DateTime, Months, Utc};
use entities::{source_identity, subject_request};
use sea_orm::{
    ActiveValue::Unchanged, ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, Set,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    erase::Erasure,
    rectify::{Corrected, Detail},
    tokens,
};
use crate::{
    Profiles,
    error::{Error, Result},
    intake::hash,
    resolution::rebuild::keep_drains_out,
    store::begin_write,
    view::read::json,
};

/// How long a request may take (Article 12(3) of the GDPR).
const MONTHS: Months = Months::new(1);
/// The longest reason of a refusal in characters.
const LONGEST_REASON: usize = 1_000;

/// What a person may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// Articles 15 and 20 of the GDPR: to have a copy of everything, for people and for machines.
    Access,
    /// Article 16: that what is wrong is put right.
    Rectification,
    /// Article 17 of the GDPR: to be forgotten.
    Erasure,
    /// Article 18: that the data is kept and not used.
    Restriction,
    /// Article 21: that no profile of what one is and will do is made.
    Objection,
}

impl RequestKind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::Access, Self::Rectification, Self::Erasure, Self::Restriction, Self::Objection];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Rectification => "rectification",
            Self::Erasure => "erasure",
            Self::Restriction => "restriction",
            Self::Objection => "objection",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// Nobody has decided yet.
    Received,
    /// It is being done.
    Running,
    /// It was done.
    Done,
    /// It was refused, with a reason.
    Refused,
}

impl RequestState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Received, Self::Running, Self::Done, Self::Refused];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Running => "running",
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// A request that has just come in.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRequest {
    /// What is asked for.
    pub kind: RequestKind,
    /// Whose request it is: any id that ever was the profile's.
    pub profile: Uuid,
    /// When it came in; `None` for now. The month counts from here.
    pub received_at: Option<DateTime<Utc>>,
    /// Of a rectification, what is right.
    pub corrections: Vec<Corrected>,
}

impl NewRequest {
    /// One that comes in now and asks for nothing in particular.
    pub fn new(kind: RequestKind, profile: Uuid) -> Self {
        Self { kind, profile, received_at: None, corrections: Vec::new() }
    }
}

/// A request with its state.
#[derive(Debug, Clone, PartialEq)]
pub struct SubjectRequest {
    /// Random.
    pub id: Uuid,
    /// What is asked for.
    pub kind: RequestKind,
    /// Where it stands.
    pub state: RequestState,
    /// Whose request it is; nothing once the person is erased.
    pub profile: Option<Uuid>,
    /// Of a rectification, what is right.
    pub corrections: Vec<Corrected>,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// By when it must be answered.
    pub due_at: DateTime<Utc>,
    /// Who wrote it down.
    pub actor: String,
    /// When it was decided to do or to refuse it.
    pub decided_at: Option<DateTime<Utc>>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When it was done or refused.
    pub closed_at: Option<DateTime<Utc>>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// When what it brought about was taken back.
    pub lifted_at: Option<DateTime<Utc>>,
    /// Who took it back.
    pub lifted_by: Option<String>,
    /// Of an erasure that is done, the signed receipt.
    pub receipt: Option<serde_json::Value>,
}

impl SubjectRequest {
    pub(super) fn read(row: subject_request::Model) -> Result<Self> {
        let unknown =
            |what: &str, name: &str| Error::stored("subject request", format!("unknown {what} {name}"));
        Ok(Self {
            id: row.id,
            kind: RequestKind::parse(&row.kind).ok_or_else(|| unknown("kind", &row.kind))?,
            state: RequestState::parse(&row.state).ok_or_else(|| unknown("state", &row.state))?,
            profile: row.profile_id,
            corrections: json::<Detail>("subject request", &row.detail)?.corrections,
            received_at: row.received_at,
            due_at: row.due_at,
            actor: row.actor,
            decided_at: row.decided_at,
            decided_by: row.decided_by,
            closed_at: row.closed_at,
            reason: row.reason,
            lifted_at: row.lifted_at,
            lifted_by: row.lifted_by,
            receipt: row.outcome.map(|outcome| json("receipt", &outcome)).transpose()?,
        })
    }
}

impl Profiles {
    /// Writes down a request.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such profile, [`Error::Erased`] where it was erased, [`Error::Invalid`] for
    /// an instant in the future, and for corrections that could not count.
    pub async fn receive_request(&self, new: &NewRequest, actor: &str) -> Result<SubjectRequest> {
        let now = self.now();
        let received_at = new.received_at.unwrap_or(now);
        if received_at > now {
            return Err(Error::invalid("receivedAt", "this instant is in the future"));
        }
        // Beside an erasure: what is erased is asked for no more.
        let txn = begin_write(self.db()).await?;
        keep_drains_out(&txn).await?;
        let known = source_identity::Entity::find_by_id(new.profile).one(&txn).await?;
        let Some(known) = known else {
            txn.rollback().await?;
            return self
                .or_erased(Err(Error::NotFound { what: "profile", id: new.profile.to_string() }))
                .await;
        };
        let detail = match self.detail(&txn, &known, new).await {
            Ok(detail) => detail,
            Err(error) => {
                txn.rollback().await?;
                return Err(error);
            }
        };
        let row = subject_request::Model {
            id: tokens::random()?,
            kind: new.kind.as_str().to_owned(),
            state: RequestState::Received.as_str().to_owned(),
            profile_id: Some(known.id),
            received_at,
            due_at: received_at.checked_add_months(MONTHS).unwrap_or(DateTime::<Utc>::MAX_UTC),
            actor: actor.to_owned(),
            detail: hash::json(&detail)?,
            decided_at: None,
            decided_by: None,
            closed_at: None,
            reason: None,
            lifted_at: None,
            lifted_by: None,
            progress: None,
            outcome: None,
        };
        let insert = subject_request::Entity::insert(row.clone().into_active_model());
        insert.exec_without_returning(&txn).await?;
        txn.commit().await?;
        SubjectRequest::read(row)
    }

    async fn detail(
        &self,
        txn: &DatabaseTransaction,
        of: &source_identity::Model,
        new: &NewRequest,
    ) -> Result<Detail> {
        let mut detail = Detail::default();
        if new.kind == RequestKind::Rectification {
            detail.corrections = self.check_corrections(txn, of, &new.corrections).await?;
        } else if !new.corrections.is_empty() {
            return Err(Error::invalid("corrections", "only a rectification has any"));
        }
        Ok(detail)
    }

    /// Decides that a request is done. What takes long goes on in [`Profiles::work_on_requests`], also after a crash.
    /// Asked again, it changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] where it was refused.
    pub async fn fulfil_request(
        &self,
        id: Uuid,
        keep_order_sums: bool,
        actor: &str,
    ) -> Result<SubjectRequest> {
        // Other kinds are done in one step.
        let progress = Erasure::new(keep_order_sums).stored()?;
        let running = subject_request::ActiveModel {
            state: Set(RequestState::Running.as_str().to_owned()),
            progress: Set(Some(progress)),
            ..Default::default()
        };
        let request = self.decide_request(id, actor, running).await?;
        if request.state == RequestState::Refused {
            return Err(Error::Conflict("this request was refused; write down a new one".to_owned()));
        }
        Ok(request)
    }

    /// Refuses a request, with the reason that the person is told. It must name nobody.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] without a reason; [`Error::Conflict`] where it is being done.
    pub async fn refuse_request(&self, id: Uuid, reason: &str, actor: &str) -> Result<SubjectRequest> {
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > LONGEST_REASON || reason.contains('\0') {
            let message = format!("expected 1 to {LONGEST_REASON} characters, and no U+0000");
            return Err(Error::invalid("reason", message));
        }
        let refused = subject_request::ActiveModel {
            state: Set(RequestState::Refused.as_str().to_owned()),
            closed_at: Set(Some(self.now())),
            reason: Set(Some(reason.to_owned())),
            ..Default::default()
        };
        let request = self.decide_request(id, actor, refused).await?;
        if request.state != RequestState::Refused {
            return Err(Error::Conflict("this request is being done, or was done".to_owned()));
        }
        Ok(request)
    }

    async fn decide_request(
        &self,
        id: Uuid,
        actor: &str,
        decided: subject_request::ActiveModel,
    ) -> Result<SubjectRequest> {
        let txn = begin_write(self.db()).await?;
        let Some(row) = locked(&txn, id).await? else {
            txn.rollback().await?;
            return Err(Error::NotFound { what: "request", id: id.to_string() });
        };
        if row.state != RequestState::Received.as_str() {
            txn.rollback().await?;
            return SubjectRequest::read(row);
        }
        let decided = subject_request::ActiveModel {
            id: Unchanged(id),
            decided_at: Set(Some(self.now())),
            decided_by: Set(Some(actor.to_owned())),
            ..decided
        };
        let row = subject_request::Entity::update(decided).exec(&txn).await?;
        txn.commit().await?;
        SubjectRequest::read(row)
    }

    /// The request of that id.
    pub async fn request(&self, id: Uuid) -> Result<Option<SubjectRequest>> {
        let row = subject_request::Entity::find_by_id(id).one(self.db()).await?;
        row.map(SubjectRequest::read).transpose()
    }

    /// The newest requests, newest first; those after a place, and those in a state, where one is given.
    pub async fn requests(
        &self,
        state: Option<RequestState>,
        after: Option<(DateTime<Utc>, Uuid)>,
        first: u64,
    ) -> Result<Vec<SubjectRequest>> {
        use subject_request::Column as C;
        let mut found = subject_request::Entity::find();
        if let Some(state) = state {
            found = found.filter(C::State.eq(state.as_str()));
        }
        if let Some((received, id)) = after {
            found = found.filter(C::ReceivedAt.lt(received).or(C::ReceivedAt.eq(received).and(C::Id.lt(id))));
        }
        let rows = found.order_by_desc(C::ReceivedAt).order_by_desc(C::Id).limit(first);
        rows.all(self.db()).await?.into_iter().map(SubjectRequest::read).collect()
    }

    /// Of what is missing tells whether it is because somebody was erased.
    pub(crate) async fn or_erased<T>(&self, result: Result<T>) -> Result<T> {
        if let Err(Error::NotFound { what, id }) = &result
            && let Ok(id) = id.parse()
            && self.is_erased(id).await?
        {
            return Err(Error::Erased { what });
        }
        result
    }
}

/// A request whose row nobody else changes meanwhile.
pub(super) async fn locked(txn: &DatabaseTransaction, id: Uuid) -> Result<Option<subject_request::Model>> {
    Ok(subject_request::Entity::find_by_id(id).lock_exclusive().one(txn).await?)
}
