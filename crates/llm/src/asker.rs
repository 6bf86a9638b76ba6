//! A stage's way to ask.

use std::fmt;

use cladus_core::Error;

use crate::reply::{Flaw, Reply};
use crate::request::Request;

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// This call has none; the stage goes on with the others and marks the row.
    #[error("{0}")]
    Flawed(Flaw),
    /// Only planning: the call was counted, not made. The stage goes on, and writes nothing.
    #[error("not asked: this is a plan")]
    Planned,
    /// No more calls are made at all (key refused, budget reached, endpoint gone, disk full…).
    #[error(transparent)]
    Stop(Error),
}

/// Asks for one stage.
pub struct Asker<'a> {
    ask: Ask<'a>,
}

enum Ask<'a> {
    /// For tests: answers without a server.
    Scripted(Box<dyn Fn(&Request) -> Result<Reply, AskError> + 'a>),
}

impl fmt::Debug for Asker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asker").finish_non_exhaustive()
    }
}

impl<'a> Asker<'a> {
    /// Answers come from `script`: for tests of stages.
    pub fn scripted(script: impl Fn(&Request) -> Result<Reply, AskError> + 'a) -> Self {
        Self { ask: Ask::Scripted(Box::new(script)) }
    }

    /// The answer to `request`: one that is there already, or one that is asked for now.
    ///
    /// Transport faults are retried in here; answers that do not fit are the caller's to ask again,
    /// with another request that says what was wrong.
    ///
    /// # Errors
    /// [`AskError::Flawed`] where this call has no usable answer, [`AskError::Stop`] where no call
    /// has.
    pub async fn ask(&self, request: &Request) -> Result<Reply, AskError> {
        match &self.ask {
            Ask::Scripted(script) => script(request),
        }
    }

    /// How many calls are worth having under way at once.
    pub fn width(&self) -> usize {
        match &self.ask {
            Ask::Scripted(_) => 4,
        }
    }

    /// Runs `work` to its end on the session's runtime.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        match &self.ask {
            Ask::Scripted(_) => futures::executor::block_on(work),
        }
    }
}
