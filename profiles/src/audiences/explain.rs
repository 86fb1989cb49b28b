//! Why somebody is in a segment, or is not.

use chrono::{DateTime, Utc};
use segments::{Explanation, Subject};

use super::{evaluate, person, segment, segment::All};
use crate::{
    Profiles,
    consent::Admitted,
    error::{Error, Result},
};

/// An answer with its reasons.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The instant that was asked about.
    pub at: DateTime<Utc>,
    /// The reasons.
    pub explanation: Explanation,
}

impl Profiles {
    /// Why somebody is in a segment at an instant, or is not: under today's rules and grouping, by what was said and had
    /// happened by then.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such segment.
    pub async fn explain_segment(
        &self,
        person: Admitted,
        key: &str,
        at: Option<DateTime<Utc>>,
    ) -> Result<Explained> {
        let segments = segment::known(self).await?;
        let missing = || Error::NotFound { what: "segment", id: key.to_owned() };
        let segment = segments.get(key).ok_or_else(missing)?;
        let at = at.unwrap_or_else(|| self.now());
        let asked = segments.with_asked([key.to_owned()].into());
        let asked: Vec<_> = segments.in_order().filter(|one| asked.contains(&one.key)).collect();
        let needs = All::dependencies(asked.iter().copied());
        let id = person.profile();
        let mut found = person::load(self.db(), self, &needs, &[id], self.now()).await?;
        let mut person =
            found.remove(&id).ok_or_else(|| Error::NotFound { what: "profile", id: id.to_string() })?;
        let others: Vec<_> = asked.into_iter().filter(|one| one.key != key).collect();
        evaluate::enter(&others, &mut person, at);
        Ok(Explained { at, explanation: segment.rule.explain(&Subject::new(&person), at) })
    }
}
