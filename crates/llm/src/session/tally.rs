//! What one stage costs, counted by calls that may outlive the wait for them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use cladus_core::progress::Spent;

use crate::account::prices::Price;
use crate::account::usage::TokenUsage;
use crate::session::reask::Reask;
use crate::store::CallId;

/// The counts of one stage of one iteration.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) stage: &'static str,
    pub(crate) iteration: u32,
    /// Which held answers do not count.
    pub(crate) reask: Option<Reask>,
    spent: Mutex<Spent>,
    warnings: Mutex<Vec<String>>,
    /// Answers that are of no use.
    useless: Mutex<Vec<CallId>>,
    /// How the form of answers is asked for, where the best one is not taken.
    form: Mutex<Option<&'static str>>,
}

impl Tally {
    pub(crate) fn new(stage: &'static str, iteration: u32, reask: Option<Reask>) -> Self {
        let spent = Spent { nanodollars: Some(0), ..Spent::default() };
        let (spent, warnings, form) = (Mutex::new(spent), Mutex::default(), Mutex::default());
        let useless = Mutex::default();
        Self { stage, iteration, reask, spent, warnings, useless, form }
    }

    pub(crate) fn spent(&self) -> Spent {
        *self.lock()
    }

    /// An answer that was there already.
    pub(crate) fn held(&self) {
        self.lock().answered += 1;
    }

    /// A call that was sent.
    pub(crate) fn called(&self) {
        self.lock().calls += 1;
    }

    /// These answers are of no use.
    pub(crate) fn of_no_use(&self, answers: impl IntoIterator<Item = CallId>) {
        self.useless.lock().unwrap_or_else(PoisonError::into_inner).extend(answers);
    }

    /// The answers of no use.
    pub(crate) fn useless(&self) -> Vec<CallId> {
        self.useless.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Questions are asked in a simpler form than the best one.
    pub(crate) fn stepped_down(&self, form: &'static str) {
        *self.form.lock().unwrap_or_else(PoisonError::into_inner) = Some(form);
    }

    /// The form that it was stepped down to, if it was.
    pub(crate) fn form(&self) -> Option<&'static str> {
        *self.form.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a call came to.
    pub(crate) fn used(&self, usage: &TokenUsage, nanodollars: Option<u64>) {
        let mut spent = self.lock();
        spent.prompt_tokens += usage.prompt_tokens.unwrap_or(0);
        spent.cached_tokens += usage.cached_tokens.unwrap_or(0);
        spent.completion_tokens += usage.completion_tokens.unwrap_or(0);
        spent.nanodollars = spent.nanodollars.zip(nanodollars).map(|(sum, more)| sum + more);
    }

    /// A call that a run would make.
    pub(crate) fn planned(&self, prompt: u64, completion: u64, price: Option<&Price>) {
        self.called();
        let usage = TokenUsage {
            prompt_tokens: Some(prompt),
            cached_tokens: None,
            completion_tokens: Some(completion),
        };
        self.used(&usage, price.and_then(|price| price.nanodollars(&usage)));
    }

    /// Something to tell when the stage is looked at next.
    pub(crate) fn warn(&self, warning: String) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
    }

    pub(crate) fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn lock(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
