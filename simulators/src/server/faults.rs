//! Which requests go wrong, and how. Faults are counted and never timed, so that a run repeats.

use std::time::Duration;

use chrono::TimeDelta;

use super::asked::Asked;

/// What a server does wrong; nothing by default.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// How far the server's clock is off: its `Date` header and the stamps of changes made while this holds.
    pub clock_skew: TimeDelta,
    /// What happens to which requests. Where several rules hit one request, the first in order wins.
    pub rules: Vec<Rule>,
}

/// One kind of misbehaviour and when it strikes.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Which of the requests that this rule counts.
    when: When,
    /// Only requests whose path contains this are counted.
    path: Option<String>,
    fault: Fault,
    /// How many requests were counted so far.
    seen: u64,
}

#[derive(Clone, Copy, Debug)]
enum When {
    Every(u64),
    From(u64),
    Only(u64),
}

/// How a request goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429 in the vendor's words.
    TooManyRequests(RetryAfter),
    /// 500 in the vendor's words.
    ServerError,
    /// An HTML page with that status where JSON belongs: 502 as a proxy in distress, 200 as a login page.
    HtmlPage(u16),
    /// 401 in the vendor's words, as after a revoked key.
    Unauthorized,
    /// 400: the cursor is no longer known. Counts only requests that ask for a later page by their query.
    CursorRefused,
    /// 200 with the first half of the JSON, as if that were all.
    TruncatedJson,
    /// The connection breaks in mid-body.
    CutConnection,
    /// The answer that this fault let through first on this path once more, whatever is asked. With `cursor_moves` it claims that
    /// more pages follow, under an ever new cursor (or page count or total, where the vendor has no cursor).
    RepeatedPage {
        /// Whether the cursor differs each time.
        cursor_moves: bool,
    },
    /// A JSON body of so many bytes, made while it is read.
    HugeBody(u64),
    /// The body in eight pieces with that pause before each, on tokio's clock.
    SlowBody(Duration),
    /// The first record of the page has a field of another type.
    WrongType(WrongType),
}

/// The `Retry-After` header of a 429.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// None at all, as most vendors do it.
    Missing,
    /// In seconds.
    Seconds(u32),
    /// So many seconds after the answer's `Date`, as an HTTP date.
    Date(u32),
}

/// How the type of a record's field changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongType {
    /// A number where a string was.
    NumberForString,
    /// An object where a string was.
    ObjectForString,
    /// The record has no id.
    MissingId,
}

impl Rule {
    /// Strikes at the n-th request, the 2n-th, and so on; `n` from 1.
    pub fn every(n: u64, fault: Fault) -> Self {
        Self::new(When::Every(n.max(1)), fault)
    }

    /// Strikes at the n-th request and at all that follow; `n` from 1.
    pub fn from(n: u64, fault: Fault) -> Self {
        Self::new(When::From(n), fault)
    }

    /// Strikes at the n-th request alone; `n` from 1.
    pub fn only(n: u64, fault: Fault) -> Self {
        Self::new(When::Only(n), fault)
    }

    /// Counts only requests whose path contains this.
    #[must_use]
    pub fn on(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    fn new(when: When, fault: Fault) -> Self {
        Self { when, path: None, fault, seen: 0 }
    }

    /// Counts a request and says whether this rule strikes.
    fn strikes(&mut self, path: &str, asked: &Asked) -> bool {
        let counts = self.path.as_ref().is_none_or(|part| path.contains(part.as_str()))
            && (self.fault != Fault::CursorRefused || asked.continues());
        if !counts {
            return false;
        }
        self.seen += 1;
        match self.when {
            When::Every(n) => self.seen.is_multiple_of(n),
            When::From(n) => self.seen >= n,
            When::Only(n) => self.seen == n,
        }
    }
}

impl Faults {
    /// Everything works.
    pub fn none() -> Self {
        Self::default()
    }

    /// The everyday life of an API: now and then a 429 with `Retry-After: 1`, now and then a 500.
    pub fn demo() -> Self {
        Self::none()
            .with(Rule::every(37, Fault::TooManyRequests(RetryAfter::Seconds(1))))
            .with(Rule::every(23, Fault::ServerError))
    }

    /// Adds a rule after those there are.
    #[must_use]
    pub fn with(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Sets the clock off by that span; negative is late.
    #[must_use]
    pub fn with_clock_skew(mut self, skew: TimeDelta) -> Self {
        self.clock_skew = skew;
        self
    }

    /// Counts a request in every rule and returns what happens to it.
    pub(super) fn decide(&mut self, path: &str, asked: &Asked) -> Option<Fault> {
        let mut decided = None;
        for rule in &mut self.rules {
            if rule.strikes(path, asked) && decided.is_none() {
                decided = Some(rule.fault.clone());
            }
        }
        decided
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(faults: &mut Faults, uris: &[&str]) -> Vec<Option<Fault>> {
        uris.iter()
            .map(|uri| {
                let uri: axum::http::Uri = uri.parse().unwrap();
                faults.decide(uri.path(), &Asked::of(&uri))
            })
            .collect()
    }

    #[test]
    fn each_rule_counts_its_own_requests() {
        let mut faults = Faults::none()
            .with(Rule::every(2, Fault::ServerError).on("/a"))
            .with(Rule::from(4, Fault::Unauthorized));
        let decided = struck(&mut faults, &["/a", "/b", "/a", "/b", "/b"]);
        let (error, denied) = (Some(Fault::ServerError), Some(Fault::Unauthorized));
        assert_eq!(decided, [None, None, error, denied.clone(), denied]);
    }

    #[test]
    fn a_cursor_is_refused_only_where_one_is_given() {
        let mut faults = Faults::none().with(Rule::only(1, Fault::CursorRefused));
        let decided = struck(&mut faults, &["/a", "/a?page=1", "/a?after=7", "/a?offset=10"]);
        assert_eq!(decided, [None, None, Some(Fault::CursorRefused), None]);
    }
}
