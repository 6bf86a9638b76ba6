//! Questions that are handed over together and answered later, at a lower price: through an
//! endpoint's batches, or as a file that somebody else asks.
//!
//! A stage is [rehearsed](crate::Sessions::rehearse): what it would ask comes back. A
//! [round](Session::round) hands that over, waits, and keeps the answers; then the stage is rehearsed
//! again, which brings to light what to ask next, until nothing is open and the stage is done.
//!
//! A batch is noted before it is made, and its mark stands in its metadata: one whose name was lost
//! (a kill, a broken connection) is found again by it, so that nothing is handed over twice.

mod brought;
mod chunks;
mod elsewhere;
mod errand;
mod fetch;
mod line;
mod outgoing;
mod remote;
mod rounds;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use cladus_core::progress::Spent;
use cladus_core::{EndpointFault, Error, Result};

use crate::client::reply::Flaw;
use crate::session::rehearsal::{GivenUp, OpenQuestion};
use crate::session::settings::limits;
use crate::session::tally::Tally;
use crate::session::{Session, Sessions, SharedSession};
use crate::store::{Batch, BatchId, BatchNote, Outcome};
use errand::{Errand, ErrandOutcome, FIRST_LOOK};

use brought::Fetched;
pub use elsewhere::Imported;
pub use outgoing::Exported;
use remote::Submitted;

/// So often a question is handed over that comes back without an answer.
const TRIES: u32 = 3;

/// What is remembered over the rounds of a stage.
#[derive(Debug, Default)]
pub struct Rounds {
    tries: HashMap<[u8; 32], u32>,
    given_up: GivenUp,
    spent: Option<Spent>,
    /// There was an answer.
    answered: bool,
}

impl Rounds {
    /// What the answers came to that were fetched.
    pub fn spent(&self) -> Spent {
        self.spent.unwrap_or_default()
    }

    pub(crate) fn given_up(&self) -> GivenUp {
        self.given_up.clone()
    }
}

/// What happens while batches are under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// One was made.
    Submitted {
        /// Its name at the endpoint.
        batch: String,
        /// Its questions.
        questions: u64,
    },
    /// One was found again that an earlier process had made.
    Found {
        /// Its name at the endpoint.
        batch: String,
    },
    /// How one stands.
    Stands {
        /// Its name at the endpoint.
        batch: String,
        /// As the endpoint says it.
        status: String,
        /// Questions that are done.
        done: u64,
        /// Its questions.
        questions: u64,
    },
    /// One is over.
    Ended {
        /// Its name at the endpoint.
        batch: String,
        /// As the endpoint says it.
        status: String,
        /// Answers that it brought.
        answers: u64,
        /// Questions that came back without one.
        without: u64,
        /// What else was in its files, and was left out.
        skipped: Skipped,
    },
    /// Something the user should know.
    Warning(String),
}

/// What was in a file of answers, and was left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Skipped {
    /// Answered already.
    pub held: u64,
    /// More lines about one question.
    pub repeated: u64,
    /// About questions that were not put.
    pub unknown: u64,
    /// Errors in place of answers.
    pub failed: u64,
    /// No lines of a file of answers.
    pub garbage: u64,
}

impl std::fmt::Display for Skipped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { held, repeated, unknown, failed, garbage } = *self;
        let parts = [
            (held, "answered already"),
            (repeated, "repeated"),
            (unknown, "about nothing that was asked"),
            (failed, "without an answer"),
            (garbage, "not readable"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts.map(|(count, what)| format!("{count} {what}")).collect();
        f.write_str(&parts.join(", "))
    }
}

/// Whoever wants to know what happens.
pub type BatchListener<'a> = &'a mut dyn FnMut(News);

impl Session {
    /// Gives up all batches of the store that have not ended: what they have answered is kept, the
    /// rest is open again. Says how many there were.
    ///
    /// # Errors
    /// When an endpoint does not answer, or the store cannot be written.
    pub fn cancel_batches(&self, tell: BatchListener<'_>) -> Result<usize> {
        self.block_on(self.shared.cancel_batches(tell))
    }
}

impl SharedSession {
    async fn cancel_batches(&self, tell: BatchListener<'_>) -> Result<usize> {
        let tally = Tally::new("batch", 0, None);
        let batches = self.answers.open_batches()?;
        for batch in &batches {
            let Some(id) = self.resolved(batch, &tally, tell).await? else { continue };
            let batch = &Batch { server_id: Some(id.clone()), ..batch.clone() };
            if batch.endpoint != self.chat.base_url {
                tell(News::Warning(format!(
                    "{} is not cancelled there: this run asks {}; its questions count as maybe paid",
                    batch.name(),
                    self.chat.base_url
                )));
                self.abandon(batch, "abandoned").await?;
                continue;
            }
            // One that has ended cannot be cancelled: how it stands is looked up next.
            if let ErrandOutcome::Absent(why) = self.patiently(&Errand::Cancel(&id), &tally).await?
            {
                tell(News::Warning(format!(
                    "{} is not known there: {why}; its questions count as maybe paid",
                    batch.name()
                )));
                self.abandon(batch, "unknown").await?;
                continue;
            }
            self.wait_for(vec![batch.clone()], true, &tally, &mut Rounds::default(), tell).await?;
        }
        self.recount()?;
        Ok(batches.len())
    }

    /// The name of a batch at its endpoint: known, or found again. `None` where it never came to be,
    /// and its questions are open again.
    async fn resolved(
        &self,
        batch: &Batch,
        tally: &Tally,
        tell: BatchListener<'_>,
    ) -> Result<Option<String>> {
        if let Some(id) = &batch.server_id {
            return Ok(Some(id.clone()));
        }
        if batch.endpoint != self.chat.base_url || !self.answers.take_over(batch).await? {
            return Err(Error::Endpoint {
                fault: EndpointFault::Temporary,
                problem: format!("{} is another run's to submit", batch.name()),
                hint: "run the same command again when that has ended, or at that address (--base-url)".to_owned(),
            });
        }
        match self.find(batch, tally).await? {
            Some(found) => {
                self.answers.note_batch(batch.id, BatchNote::Submitted(found.id.clone())).await?;
                tell(News::Found { batch: found.id.clone() });
                Ok(Some(found.id))
            }
            None => {
                self.answers.note_batch(batch.id, BatchNote::Dropped).await?;
                Ok(None)
            }
        }
    }

    /// Looks at batches until all have ended, and keeps what they bring.
    async fn wait_for(
        &self,
        mut batches: Vec<Batch>,
        wait: bool,
        tally: &Tally,
        rounds: &mut Rounds,
        tell: BatchListener<'_>,
    ) -> Result<Fetched> {
        let longest = Duration::from_secs_f64(self.config.llm.batch_poll);
        let mut pause = FIRST_LOOK.min(longest);
        let mut all = Fetched::default();
        loop {
            let mut under_way = Vec::new();
            for batch in batches {
                let Some(id) = batch.server_id.clone() else { continue };
                let Some(remote) = self.look(&id, tally).await? else {
                    return Err(Error::Endpoint {
                        fault: EndpointFault::Misaddressed,
                        problem: format!("{} is not known there", batch.name()),
                        hint:
                            "is it the key of another account? --cancel-batches gives the batch up"
                                .to_owned(),
                    });
                };
                let (done, questions) = remote.done();
                let (status, batch_name) = (remote.status.clone(), id.clone());
                if remote.has_ended() {
                    all += self.fetch(&batch, &remote, tally, rounds, tell).await?;
                    continue;
                }
                self.answers.note_batch(batch.id, BatchNote::Status(status.clone())).await?;
                tell(News::Stands { batch: batch_name, status: status.clone(), done, questions });
                under_way.push(Batch { status: Some(status), ..batch });
            }
            for warning in tally.take_warnings() {
                tell(News::Warning(warning));
            }
            batches = under_way;
            if batches.is_empty() {
                return Ok(all);
            }
            if !wait {
                let names: Vec<String> = batches.iter().map(Batch::name).collect();
                return Err(Error::Endpoint {
                    fault: EndpointFault::Temporary,
                    problem: format!("under way: {}", names.join(", ")),
                    hint: "run the same command again later: it fetches the answers and goes on; a batch takes up to 24 hours".to_owned(),
                });
            }
            self.waited(tokio::time::sleep(pause)).await?;
            pause = pause.mul_f64(1.5).min(longest);
        }
    }

    /// A batch that nobody can ask about any more.
    async fn abandon(&self, batch: &Batch, status: &str) -> Result<()> {
        let outcome = Outcome::Unknown("its batch was given up".to_owned());
        self.settle_all(&self.answers.questions(batch.id)?, &outcome).await?;
        let status = status.to_owned();
        let note = BatchNote::Ended { status, output: None, errors: None };
        self.answers.note_batch(batch.id, note).await
    }

    /// The budget by what the store says: nothing of ours is in flight.
    fn recount(&self) -> Result<()> {
        let spent = self.answers.spent(&self.account.run)?;
        self.budget().set_spent(spent);
        Ok(())
    }
}

impl Sessions {
    /// Does `work` with the answers that are held; the questions that have none are not asked, but
    /// come back, in an order that does not depend on the work's. Stages whose questions come back
    /// write nothing; one that has none left is done.
    pub fn rehearse<T>(&self, rounds: &Rounds, work: impl FnOnce() -> T) -> (T, Vec<OpenQuestion>) {
        self.rehearsed.begin(rounds.given_up());
        let result = work();
        (result, self.rehearsed.end())
    }
}
