//! How a call ends without an answer, and when that is the end for all.

use cladus_core::{EndpointFault, Error};

use super::SharedSession;
use super::asker::AskError;
use super::endpoint::{Endpoint, GONE, GONE_IN_PARTS};
use super::halt::{Stop, stop_of};
use crate::client::reply::{Flaw, short};
use crate::store::Batch;

impl SharedSession {
    /// Nothing came of this call. The first, or several in a row, and the endpoint is gone for all.
    /// `ones` says that it may be the fault of what was asked.
    pub(crate) fn unanswered(&self, reason: &str, ones: bool, endpoint: &Endpoint) -> AskError {
        let ever = endpoint.has_answered();
        let failures = endpoint.failed_again();
        // The first may have been the one that it fails at.
        let enough = match (ever, ones) {
            (true, true) => GONE_IN_PARTS,
            (true, false) => GONE,
            (false, true) => 2,
            (false, false) => 1,
        };
        if failures >= enough {
            let problem = format!(
                "{} {}: {reason}",
                endpoint.base_url,
                if ever { "answers no more" } else { "does not answer" }
            );
            let hint = "run the same command again: every answer is kept";
            return self.stop_now(EndpointFault::Temporary, problem, hint);
        }
        AskError::Flawed(match ones {
            true => Flaw::Fails(short(reason)),
            false => Flaw::NoAnswer(short(reason)),
        })
    }

    /// The model has never come to the end of an answer, however long that could be.
    pub(crate) fn no_end(&self, endpoint: &Endpoint, tokens: u32) -> AskError {
        let problem = format!(
            "{} comes to no answer within {tokens} tokens: it thinks, or repeats itself, until it is cut off",
            endpoint.model
        );
        let hint = "turn its thinking off or down with [llm.extra_body] (reasoning_effort, enable_thinking), \
            say how long its answers may be (max_answer_tokens in [llm]), or ask another model";
        self.stop_now(EndpointFault::Misaddressed, problem, hint)
    }

    /// Why nothing more is asked of an endpoint that has refused requests and never answered one.
    pub(crate) fn refuses_everything(&self, endpoint: &Endpoint) -> Option<Stop> {
        let said = endpoint.refuses_everything()?;
        Some(Stop {
            fault: EndpointFault::Misaddressed,
            problem: format!("{} refuses every request: {said}", endpoint.base_url),
            hint: "are the address, the model and the settings in [llm] right?".to_owned(),
        })
    }

    /// The same questions are under way in a batch, and would be paid for twice.
    pub(crate) fn in_a_batch(&self) -> AskError {
        let batches = match self.answers.open_batches() {
            Ok(batches) => batches,
            Err(error) => return self.fault(&error),
        };
        let under_way: Vec<String> = batches.iter().map(Batch::name).collect();
        let problem = format!("questions of this stage are under way in {}", under_way.join(", "));
        let hint = "--batch fetches the answers; --cancel-batches keeps what there is of them, and asks the rest again";
        self.stop_now(EndpointFault::Temporary, problem, hint)
    }

    pub(crate) fn stop_now(&self, fault: EndpointFault, problem: String, hint: &str) -> AskError {
        AskError::Stop(self.stop(Stop { fault, problem, hint: hint.to_owned() }).into())
    }

    /// The store failed: nothing more may be sent, for its answer might not be kept.
    pub(crate) fn fault(&self, error: &Error) -> AskError {
        AskError::Stop(self.stop(stop_of(error)).into())
    }

    /// `work`, or, as soon as nothing is sent any more, the reason for that.
    pub(crate) async fn unless_stopped<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<T, AskError> {
        let stopping = self.halt.stopping.notified();
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
        match self.halt.stopped() {
            Some(stop) => Err(AskError::Stop(stop.into())),
            None => Ok(()),
        }
    }
}
