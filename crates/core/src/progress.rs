//! How a stage tells what it is doing, without knowing whether anyone looks.

use serde::Serialize;

/// Receives a stage's progress. Stages call it from any thread.
pub trait Progress: Sync {
    /// `total` units of work begin (rows, groups or parents: whatever the stage counts).
    fn begin(&self, total: u64);
    /// `n` more units are done.
    fn advance(&self, n: u64);
    /// A parent was made; worth a glance.
    fn made(&self, name: &str);
    /// Something the user should know that is not an error.
    fn warn(&self, message: &str);
    /// A program at work for the stage said this, a line of clean text.
    fn said(&self, _line: &str) {}
    /// The endpoint does not take the best form of a question: it is asked in this one.
    fn asked_as(&self, _form: &str) {}
    /// What the stage has cost so far; stages that ask no model never call this.
    fn spent(&self, _spent: Spent) {}
}

/// Calls to a model and what they came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Spent {
    /// Calls that were sent.
    pub calls: u64,
    /// Answers that were there already.
    pub answered: u64,
    /// Tokens of prompts, cached ones included.
    pub prompt_tokens: u64,
    /// Tokens of prompts that the provider had cached.
    pub cached_tokens: u64,
    /// Tokens of answers.
    pub completion_tokens: u64,
    /// In billionths of a dollar; `None` once a call's price is not known.
    pub nanodollars: Option<u64>,
}

/// Nobody looks: for tests, and for callers that do not care.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn begin(&self, _total: u64) {}
    fn advance(&self, _n: u64) {}
    fn made(&self, _name: &str) {}
    fn warn(&self, _message: &str) {}
}
