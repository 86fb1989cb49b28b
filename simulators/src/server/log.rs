//! What a server was asked and how it answered.

use std::collections::VecDeque;

use axum::http::Method;

use super::faults::Fault;

/// One request, as a test wants to see it. Credentials are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Path without query.
    pub path: String,
    /// Query as sent, without `consumer_key` and `consumer_secret`; empty if there is none.
    pub query: String,
    /// Body; empty if there is none.
    pub body: String,
    /// Status of the answer. A fault may still damage the body that follows it.
    pub status: u16,
    /// The fault that struck this request.
    pub fault: Option<Fault>,
}

/// The newest requests, and how many there were in all.
#[derive(Debug, Default)]
pub(super) struct Log {
    requests: VecDeque<Request>,
    total: u64,
}

/// A demo may run for days: older requests are dropped.
const KEPT: usize = 10_000;

impl Log {
    pub(super) fn add(&mut self, request: Request) {
        if self.requests.len() == KEPT {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
        self.total += 1;
    }

    pub(super) fn newest(&self) -> Vec<Request> {
        self.requests.iter().cloned().collect()
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The query without credentials.
pub(super) fn public(query: &str) -> String {
    let secret = |pair: &&str| pair.starts_with("consumer_key=") || pair.starts_with("consumer_secret=");
    query.split('&').filter(|pair| !secret(pair)).collect::<Vec<_>>().join("&")
}
