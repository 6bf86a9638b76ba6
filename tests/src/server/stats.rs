//! What the server saw.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::Serialize;
use serde_json::Value;

use super::batches::BatchStats;
use super::faults::{Fault, Kind};

/// A request that the server saw.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What it is about.
    pub kind: Kind,
    /// When it had been read.
    pub arrived: Instant,
    /// When its answer had been written, or the connection was over.
    pub finished: Option<Instant>,
    /// The answer's status; `None` where none was begun.
    pub status: Option<u16>,
    /// Was the answer written to its end?
    pub whole: bool,
    /// What was made to go wrong.
    pub fault: Option<Fault>,
    /// Which attempt of the same logical request it is, from 1; 0 where it was refused before that
    /// mattered.
    pub attempt: u64,
    /// The same for every attempt at the same question.
    pub logical: u64,
    /// The method.
    pub method: String,
    /// The path that was asked for.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; null where it is not JSON.
    pub body: Value,
}

impl Seen {
    /// The value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Counts since the start or the last reset. Requests for these statistics do not count.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Stats {
    /// Requests.
    pub requests: u64,
    /// Requests by kind and status; those that were never answered under the status 0, those still
    /// waiting for their answer not yet.
    pub answered: BTreeMap<Kind, BTreeMap<u16, u64>>,
    /// How often each fault struck.
    pub faults: BTreeMap<&'static str, u64>,
    /// Distinct logical requests among those that were not refused.
    pub logical: u64,
    /// Requests being answered.
    pub in_flight: usize,
    /// The most requests being answered at once.
    pub max_in_flight: usize,
    /// Connections.
    pub connections: u64,
    /// Requests whose client went away before the answer had been written.
    pub abandoned: u64,
    /// Answers with status 200 of which at least a part was written: what a provider charges for.
    pub billed: u64,
    /// Tokens of the prompts of billed answers.
    pub tokens_in: u64,
    /// Tokens of billed answers.
    pub tokens_out: u64,
    /// Requests whose very body had had a usable answer, written to its end.
    pub repeated: u64,
    /// Requests that came although a `retry-after`, told to anybody, had not ended.
    pub too_early: u64,
    /// Files and batches. Their answers are not in the counts above, but for `logical`, `repeated` and
    /// `faults`.
    pub batches: BatchStats,
    /// When the first request came, in seconds since the server started.
    pub first_s: Option<f64>,
    /// When the last request came, in seconds since the server started.
    pub last_s: Option<f64>,
}

impl Stats {
    /// Requests of this kind that have been answered (or never will be).
    pub fn of(&self, kind: Kind) -> u64 {
        self.answered.get(&kind).map_or(0, |counts| counts.values().sum())
    }

    /// Requests answered with this status; 0: never answered.
    pub fn with_status(&self, status: u16) -> u64 {
        self.answered.values().filter_map(|counts| counts.get(&status)).sum()
    }

    /// Requests of this kind answered with this status; 0: never answered.
    pub fn count(&self, kind: Kind, status: u16) -> u64 {
        self.answered.get(&kind).and_then(|counts| counts.get(&status)).copied().unwrap_or(0)
    }
}
