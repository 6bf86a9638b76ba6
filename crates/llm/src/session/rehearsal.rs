//! A stage at work with the answers that are there, while the questions that have none are only
//! written down.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::client::reply::Flaw;
use crate::store::{Key, NewCall};

/// A question without an answer, as it would be asked.
#[derive(Debug, Clone)]
pub struct OpenQuestion {
    pub(crate) call: NewCall,
}

impl OpenQuestion {
    /// The stage that asks.
    pub fn stage(&self) -> &str {
        &self.call.stage
    }

    /// The iteration of the run; 0 where it is not known.
    pub fn iteration(&self) -> u32 {
        self.call.iteration
    }
}

/// What a rehearsal is told of questions that will not be answered: why.
pub(crate) type GivenUp = HashMap<[u8; 32], Flaw>;

/// Whether questions are written down in place of being asked, and those that were.
#[derive(Debug, Default)]
pub(crate) struct Rehearsed {
    state: Mutex<Option<RehearsalState>>,
}

#[derive(Debug)]
struct RehearsalState {
    /// By key: the same list, whatever order the calls of a stage come in.
    open: BTreeMap<[u8; 32], OpenQuestion>,
    given_up: GivenUp,
}

/// What becomes of a question.
pub(crate) enum Fate {
    /// It is asked.
    Ask,
    /// It is written down.
    Write,
    /// It has no answer, and will have none.
    GivenUp(Flaw),
}

impl Rehearsed {
    pub(crate) fn begin(&self, given_up: GivenUp) {
        *self.lock() = Some(RehearsalState { open: BTreeMap::new(), given_up });
    }

    /// Are questions written down now?
    pub(crate) fn is_on(&self) -> bool {
        self.lock().is_some()
    }

    pub(crate) fn end(&self) -> Vec<OpenQuestion> {
        self.lock().take().map(|state| state.open.into_values().collect()).unwrap_or_default()
    }

    pub(crate) fn fate(&self, key: &Key) -> Fate {
        match &*self.lock() {
            None => Fate::Ask,
            Some(state) => match state.given_up.get(&key.0) {
                Some(flaw) => Fate::GivenUp(flaw.clone()),
                None => Fate::Write,
            },
        }
    }

    pub(crate) fn write(&self, call: NewCall) {
        if let Some(state) = &mut *self.lock() {
            state.open.insert(call.key.0, OpenQuestion { call });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<RehearsalState>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
