//! Asking again what is answered already: the only way to pay twice.

use crate::request::Request;
use crate::store::{CallId, Stored};

/// New answers are wanted, also for questions that have some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reask {
    /// Only for questions whose text holds this, in whatever case; without it, for all.
    pub filter: Option<String>,
    /// Answers up to this call are the old ones. Later ones are not asked for once more, so that
    /// asking again can be interrupted and gone on with.
    pub after: CallId,
}

impl Reask {
    /// Whether `request` is among the questions to be asked again.
    pub(crate) fn covers(&self, request: &Request) -> bool {
        let holds = |filter: &String| request.user.to_lowercase().contains(&filter.to_lowercase());
        self.filter.as_ref().is_none_or(holds)
    }

    /// Of the answers to `request`, those that count.
    pub(crate) fn still_good(&self, request: &Request, mut stored: Vec<Stored>) -> Vec<Stored> {
        if self.covers(request) {
            stored.retain(|stored| stored.id > self.after);
        }
        stored
    }
}
