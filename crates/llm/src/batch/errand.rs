//! What is asked of an endpoint about batches, and what it says of them.

use std::time::Duration;

use async_openai::traits::RequestOptionsBuilder;
use async_openai::types::InputSource;
use async_openai::types::files::{CreateFileRequest, FileInput, FilePurpose};
use cladus_core::{EndpointFault, Error, Result};
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::client::backoff::Backoff;
use crate::client::refusal::{self, RefusalMeaning};
use crate::client::wire::{Received, Sent, Wire};
use crate::session::SharedSession;
use crate::session::asker::AskError;
use crate::session::halt::stop_of;
use crate::session::tally::Tally;

/// Longest file of answers that is read, in bytes: 50,000 long ones.
const LONGEST_FILE: usize = 2 << 30;

/// Batches in one page of a list: the most that there may be.
pub(crate) const PAGE: usize = 100;

/// Something to ask for once.
#[derive(Debug, Clone)]
pub(crate) enum Errand<'a> {
    /// Keep this file of questions.
    Upload { name: &'a str, lines: Vec<u8> },
    /// Make a batch.
    Create(&'a Value),
    /// How does this batch stand?
    Look(&'a str),
    /// Which batches are there? The newest first, in pages.
    List { after: Option<&'a str> },
    /// What is in this file?
    Content(&'a str),
    /// Stop this batch.
    Cancel(&'a str),
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum ErrandOutcome {
    Done(Vec<u8>),
    /// There is no such thing here.
    Absent(String),
    /// Not so, and not another time either.
    Refused(String),
    /// It was done or it was not; another time may tell.
    Unclear(String),
}

impl Wire {
    /// Runs an errand once; nothing is retried.
    pub(crate) async fn run(&self, errand: &Errand<'_>) -> Sent {
        let (client, slot) = self.once(self.timeouts.first_byte, LONGEST_FILE);
        let result = match errand {
            Errand::Upload { name, lines } => {
                let (filename, vec) = ((*name).to_owned(), lines.clone());
                let file = FileInput { source: InputSource::VecU8 { filename, vec } };
                let purpose = FilePurpose::Batch;
                let request = CreateFileRequest { file, purpose, expires_after: None };
                client.files().create(request).await.map(drop)
            }
            Errand::Create(body) => {
                client.batches().create_byot::<_, IgnoredAny>(body).await.map(drop)
            }
            Errand::Look(id) => client.batches().retrieve_byot::<_, IgnoredAny>(id).await.map(drop),
            Errand::List { after } => {
                let mut query = vec![("limit", PAGE.to_string())];
                query.extend(after.map(|id| ("after", id.to_owned())));
                match client.batches().query(&query) {
                    Ok(batches) => batches.list_byot::<IgnoredAny>().await.map(drop),
                    Err(error) => Err(error),
                }
            }
            Errand::Content(id) => client.files().content(id).await.map(drop),
            Errand::Cancel(id) => client.batches().cancel_byot::<_, IgnoredAny>(id).await.map(drop),
        };
        slot.take(result.err())
    }
}

impl SharedSession {
    /// Runs an errand once.
    ///
    /// # Errors
    /// Where the key or the quota is refused, or there is no way to ask.
    pub(crate) async fn errand(&self, errand: &Errand<'_>, tally: &Tally) -> Result<ErrandOutcome> {
        let endpoint = &self.chat;
        let (wire, _) = self.wire(endpoint, tally).map_err(|e| Error::from(stop_of(&e)))?;
        let Received { status, headers, body } = match wire.run(errand).await {
            Sent::Received(received) => received,
            Sent::Not(reason, _) | Sent::Unknown(reason, _) => {
                return Ok(ErrandOutcome::Unclear(reason));
            }
        };
        let body = endpoint.redacted(&body);
        if (200..300).contains(&status) {
            return Ok(ErrandOutcome::Done(body));
        }
        let said = refusal::read(status, &headers, &body);
        let message = format!("{} ({status})", said.message);
        Ok(match said.meaning {
            RefusalMeaning::Denied => {
                let problem = format!(
                    "{} refuses the key or the quota ({status}): {}",
                    endpoint.base_url, said.message
                );
                return Err(self.denied(problem));
            }
            RefusalMeaning::Misaddressed => ErrandOutcome::Absent(message),
            RefusalMeaning::Overloaded | RefusalMeaning::Failed | RefusalMeaning::Page => {
                ErrandOutcome::Unclear(message)
            }
            _ => ErrandOutcome::Refused(message),
        })
    }

    fn denied(&self, problem: String) -> Error {
        let hint =
            "check the key and the account, then run the same command again: every answer is kept";
        match self.stop_now(EndpointFault::Denied, problem, hint) {
            AskError::Stop(error) => error,
            other => Error::Bug(other.to_string()),
        }
    }

    /// Runs an errand that may be run twice, until it is clear what came of it.
    ///
    /// # Errors
    /// As [`errand`](Self::errand), and where it stays unclear.
    pub(crate) async fn patiently(
        &self,
        errand: &Errand<'_>,
        tally: &Tally,
    ) -> Result<ErrandOutcome> {
        let mut backoff = Backoff::new(self.patience);
        loop {
            match self.errand(errand, tally).await? {
                ErrandOutcome::Unclear(reason) => {
                    let Some(pause) = backoff.pause(None) else {
                        return Err(self.no_word(&reason));
                    };
                    self.waited(tokio::time::sleep(pause)).await?;
                }
                told => return Ok(told),
            }
        }
    }

    /// Waits, unless the run is to end: what is under way goes on without us.
    ///
    /// # Errors
    /// Why nothing is sent any more.
    pub(crate) async fn waited<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        self.unless_stopped(work).await.map_err(|stopped| match stopped {
            AskError::Stop(error) => error,
            other => Error::Bug(other.to_string()),
        })
    }

    /// The endpoint does not answer about batches.
    pub(crate) fn no_word(&self, reason: &str) -> Error {
        Error::Endpoint {
            fault: EndpointFault::Temporary,
            problem: format!("{} does not answer about batches: {reason}", self.chat.base_url),
            hint: "run the same command again: what was submitted is found again, and nothing is submitted twice".to_owned(),
        }
    }
}

/// The first look at a batch comes soon: those of tests and of idle servers are done by then.
pub(crate) const FIRST_LOOK: Duration = Duration::from_millis(100);
