//! The archive that a person may have of everything that is kept of them (Articles 15 and 20 of the GDPR).
//!
//! It is made when it is fetched, from one snapshot, and stored nowhere: personal data must not lie around twice.
//! [`kept`] reads, [`describe`] puts into the words of [`document`], [`others`] takes out what is known to be somebody
//! else's, and [`about`] says what the law wants said beside the data.
//!
//! This room must never tell anything of another person: of what two people share only one side is told, and notes that
//! people wrote about each other are left out.

mod about;
mod describe;
mod document;
mod kept;
mod others;

use serde_json::Value;
use uuid::Uuid;

pub use document::Archive;

use self::{describe::Describing, kept::Kept};
use super::requests::{RequestKind, RequestState, SubjectRequest};
use crate::{
    Profiles, audiences,
    error::{Error, Result},
    normaliser::Normaliser,
    store::snapshot,
};

/// The name of the format, with its version.
const FORMAT: &str = "rondom archive 1";

impl Archive {
    /// The JSON Schema of every archive.
    pub fn schema() -> Value {
        schemars::schema_for!(Self).to_value()
    }
}

impl Profiles {
    /// The archive that answers a request for access, as things stand now.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] where the request asks for something else or nobody has decided to fulfil
    /// it; [`Error::Erased`] once the person is.
    pub async fn archive(&self, id: Uuid) -> Result<Archive> {
        let missing = || Error::NotFound { what: "request", id: id.to_string() };
        let request = self.request(id).await?.ok_or_else(missing)?;
        let profile = may_be_answered(&request)?;
        let purposes = self.purposes().await?;
        let retention = self.retention_rules().await?;
        let ruleset = self.ruleset();
        let normaliser = Normaliser::new(&ruleset.identity);
        let txn = snapshot(self.db()).await?;
        let made = async {
            let kept = Kept::read(&txn, self.keys(), &normaliser, profile).await?;
            let now = self.now();
            let segments = audiences::current(&txn, self).await?;
            let mut archive = Describing {
                kept: &kept,
                purposes: &purposes,
                retention: &retention,
                segments: &segments,
                now,
            }
            .archive(id)?;
            others::take_out(&txn, self.keys(), &normaliser, &kept, &mut archive).await?;
            Ok(archive)
        };
        let made = made.await;
        txn.commit().await?;
        self.or_erased(made).await
    }
}

/// Whose archive the request asks for.
fn may_be_answered(request: &SubjectRequest) -> Result<Uuid> {
    if request.kind != RequestKind::Access {
        return Err(Error::Conflict("this request does not ask for access".to_owned()));
    }
    let profile = request.profile.ok_or(Error::Erased { what: "profile" })?;
    match request.state {
        RequestState::Running | RequestState::Done => Ok(profile),
        RequestState::Received => {
            Err(Error::Conflict("nobody has decided yet: fulfil the request first".to_owned()))
        }
        RequestState::Refused => Err(Error::Conflict("this request was refused".to_owned())),
    }
}
