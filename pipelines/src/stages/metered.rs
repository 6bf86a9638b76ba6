//! Progress that remembers what a stage has cost.

use std::sync::{Mutex, PoisonError};

use cladus_cli::display::StageDisplay;
use cladus_core::progress::{Progress, Spent};

/// A stage's display, and what the stage has cost so far.
#[derive(Debug)]
pub(crate) struct Metered<'a> {
    display: StageDisplay<'a>,
    spent: Mutex<Spent>,
}

impl<'a> Metered<'a> {
    pub(crate) fn new(display: StageDisplay<'a>) -> Self {
        Self { display, spent: Mutex::default() }
    }

    /// The stage is done. Returns what it has cost.
    pub(crate) fn finish(self, summary: &str) -> Spent {
        self.display.finish(summary);
        self.spent.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the stage has cost; nothing is shown of it.
    pub(crate) fn discard(self) -> Spent {
        self.spent.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Metered<'_> {
    fn begin(&self, total: u64) {
        self.display.begin(total);
    }

    fn advance(&self, n: u64) {
        self.display.advance(n);
    }

    fn made(&self, name: &str) {
        self.display.made(name);
    }

    fn warn(&self, message: &str) {
        self.display.warn(message);
    }

    fn said(&self, line: &str) {
        self.display.said(line);
    }

    fn asked_as(&self, form: &str) {
        self.display.asked_as(form);
    }

    fn spent(&self, now: Spent) {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) = now;
        self.display.spent(now);
    }
}
