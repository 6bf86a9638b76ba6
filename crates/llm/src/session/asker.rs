//! A stage's way to ask.

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cladus_core::Error;
use cladus_core::progress::{Progress, Spent};

use super::Session;
use crate::account::tokens::TokenCounter;
use crate::client::reply::{Flaw, Reply};
use crate::request::Request;
use crate::session::tally::Tally;

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
    /// A session.
    Live {
        session: Arc<Session>,
        tally: Arc<Tally>,
        progress: &'a dyn Progress,
        /// Only made for plans: it is slow to load.
        counter: OnceLock<(TokenCounter, ExpectedAnswer)>,
    },
    /// For tests: answers without a server.
    Scripted(Box<Script<'a>>),
}

type Script<'a> = dyn Fn(&Request) -> Result<Reply, AskError> + 'a;

/// Tokens of an answer, as a share of the longest one.
type ExpectedAnswer = Option<u64>;

impl fmt::Debug for Asker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asker").finish_non_exhaustive()
    }
}

impl<'a> Asker<'a> {
    pub(crate) fn live(
        session: Arc<Session>,
        tally: Arc<Tally>,
        progress: &'a dyn Progress,
    ) -> Self {
        Self { ask: Ask::Live { session, tally, progress, counter: OnceLock::new() } }
    }

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
            Ask::Live { session, tally, progress, counter } => {
                let result = self.told(session, request, tally, *progress).await;
                if session.shared.planning && matches!(result, Err(AskError::Planned)) {
                    let (counter, expected) = counter.get_or_init(|| {
                        (session.shared.counter(), session.shared.expected_answer(tally.stage))
                    });
                    let Request { system, user, shape, max_tokens } = request;
                    let prompt = counter.count(system)
                        + counter.count(user)
                        + counter.count(&shape.schema.to_string());
                    // The stages' limits leave room for four times what is usual.
                    let answer = expected.unwrap_or(u64::from(max_tokens / 4));
                    tally.planned(prompt as u64, answer, session.shared.chat.price.as_ref());
                }
                tell(tally, *progress);
                result
            }
        }
    }

    /// Asks; what there is to tell meanwhile (a wait, mostly) is told meanwhile.
    async fn told(
        &self,
        session: &Session,
        request: &Request,
        tally: &Arc<Tally>,
        progress: &dyn Progress,
    ) -> Result<Reply, AskError> {
        let mut answer = pin!(session.shared.answer(request, tally));
        loop {
            match tokio::time::timeout(Duration::from_secs(2), answer.as_mut()).await {
                Ok(result) => return result,
                Err(_) => tell(tally, progress),
            }
        }
    }

    /// What the stage has cost so far.
    pub fn spent(&self) -> Spent {
        match &self.ask {
            Ask::Scripted(_) => Spent::default(),
            Ask::Live { tally, .. } => tally.spent(),
        }
    }

    /// Whether a stage's stand-ins are worth writing: not where an endpoint refuses whatever it is
    /// asked, for that is no fault of the rows.
    ///
    /// # Errors
    /// When requests were refused and none was ever answered.
    pub fn conclude(&self) -> Result<(), Error> {
        let Ask::Live { session, tally, .. } = &self.ask else { return Ok(()) };
        let shared = &session.shared;
        shared.useless(tally.useless());
        match shared.refuses_everything(&shared.chat) {
            Some(stop) if tally.spent().answered == 0 => Err(stop.into()),
            _ => Ok(()),
        }
    }

    /// The stage could do nothing with this answer: should most of its rows be stand-ins in the end, the
    /// next run asks that question again.
    pub fn of_no_use(&self, reply: &Reply) {
        if let Ask::Live { tally, .. } = &self.ask {
            tally.of_no_use(reply.call);
        }
    }

    /// Does an answer come while one waits for it, and not in a batch that may take a day?
    pub fn answers_at_once(&self) -> bool {
        match &self.ask {
            Ask::Scripted(_) => true,
            Ask::Live { session, .. } => !session.shared.rehearsed.is_on(),
        }
    }

    /// How many calls are worth having under way at once. More than the pace allows: some of them
    /// are answered already, and the rest should never wait for us.
    pub fn width(&self) -> usize {
        match &self.ask {
            Ask::Scripted(_) => 4,
            Ask::Live { session, .. } => session.shared.width.saturating_mul(2).clamp(1, 4_096),
        }
    }

    /// Runs `work` to its end on the session's runtime. Calls that are still on their way then are
    /// waited for: they are paid for, and so they are kept.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        match &self.ask {
            Ask::Scripted(_) => futures::executor::block_on(work),
            Ask::Live { session, .. } => session.block_on(work),
        }
    }
}

fn tell(tally: &Tally, progress: &dyn Progress) {
    for warning in tally.take_warnings() {
        progress.warn(&warning);
    }
    if let Some(form) = tally.form() {
        progress.asked_as(form);
    }
    progress.spent(tally.spent());
}
