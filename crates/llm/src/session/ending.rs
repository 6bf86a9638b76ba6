//! How a call ends without an answer, and when that is the end for all.

use std::sync::atomic::Ordering;

use cladus_core::{EndpointFault, Error};

use crate::batch;
use crate::client::refusal::{self, Refusal};
use crate::client::reply::{Flaw, short};
use crate::session::asker::AskError;
use crate::session::{Endpoint, Shared, stop_of};

/// So many calls without an answer in a row, and the endpoint counts as gone.
pub(crate) const GONE: u64 = 5;

impl Shared {
    /// Nothing came of this call. Several in a row, and the endpoint is gone for all.
    pub(crate) fn unanswered(&self, reason: &str, endpoint: &Endpoint) -> AskError {
        let failures = self.failures_in_a_row.fetch_add(1, Ordering::Relaxed) + 1;
        let ever = self.ever_answered.load(Ordering::Relaxed);
        if failures >= GONE {
            let problem = format!(
                "{} {}: {reason}",
                endpoint.base_url,
                if ever { "answers no more" } else { "does not answer" }
            );
            let hint = "run the same command again: every answer is kept";
            return self.stop_now(EndpointFault::Temporary, problem, hint);
        }
        AskError::Flawed(Flaw::NoAnswer(short(reason)))
    }

    /// The endpoint will have none of this: neither from this call nor from any other.
    pub(crate) fn turned_away(
        &self,
        said: &refusal::Said,
        status: u16,
        endpoint: &Endpoint,
    ) -> AskError {
        let url = &endpoint.base_url;
        let (fault, problem, hint) = if said.refusal == Refusal::Denied {
            (
                EndpointFault::Denied,
                format!("{url} refuses the key or the quota ({status}): {}", said.message),
                "check the key and the account, then run the same command again: every answer is kept",
            )
        } else {
            (
                EndpointFault::Misaddressed,
                format!(
                    "{url} does not know the model {:?} or the address ({status}): {}",
                    endpoint.model, said.message
                ),
                "`curl BASE_URL/models` lists an endpoint's models; a base URL usually ends in /v1",
            )
        };
        self.stop_now(fault, problem, hint)
    }

    /// The same questions are under way in a batch, and would be paid for twice.
    pub(crate) fn in_a_batch(&self) -> AskError {
        let batches = match self.answers.open_batches() {
            Ok(batches) => batches,
            Err(error) => return self.fault(&error),
        };
        let under_way: Vec<String> = batches.iter().map(batch::name).collect();
        let problem = format!("questions of this stage are under way in {}", under_way.join(", "));
        let hint = "--batch fetches the answers; --cancel-batches keeps what there is of them, and asks the rest again";
        self.stop_now(EndpointFault::Temporary, problem, hint)
    }

    pub(crate) fn stop_now(&self, fault: EndpointFault, problem: String, hint: &str) -> AskError {
        AskError::Stop(self.stop(fault, problem, hint).into())
    }

    /// The store failed: nothing more may be sent, for its answer might not be kept.
    pub(crate) fn fault(&self, error: &Error) -> AskError {
        AskError::Stop(self.stop_for(stop_of(error)).into())
    }

    /// `work`, or, as soon as nothing is sent any more, the reason for that.
    pub(crate) async fn unless_stopped<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<T, AskError> {
        let stopping = self.stopping.notified();
        self.go_on()?;
        tokio::select! {
            done = work => Ok(done),
            () = stopping => {
                self.go_on()?;
                Err(AskError::Stop(Error::Bug("stopped for no reason".to_owned())))
            }
        }
    }

    pub(crate) fn go_on(&self) -> Result<(), AskError> {
        match self.stopped() {
            Some(stop) => Err(AskError::Stop(stop.into())),
            None => Ok(()),
        }
    }
}
