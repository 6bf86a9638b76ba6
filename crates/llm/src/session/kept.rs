//! What came of a question: kept first, and only then read.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::json;

use super::SharedSession;
use super::asker::AskError;
use super::attempt::{Attempt, Landed, To};
use super::call::Failure;
use crate::account::budget::Reservation;
use crate::client::answer;
use crate::client::pacing::Permit;
use crate::client::refusal;
use crate::client::reply::{Read, Reply};
use crate::session::tally::Tally;
use crate::store::{CallId, Outcome};

/// A reply with status 200, not kept yet.
pub(super) struct WholeReply {
    pub(super) id: CallId,
    pub(super) permit: Permit,
    pub(super) reservation: Reservation,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// From sending to its end.
    pub(super) took: Duration,
}

impl SharedSession {
    /// Keeps what came, and then reads it.
    pub(super) async fn landed(
        &self,
        to: To<'_>,
        attempt: Attempt,
        bytes: u64,
        tally: &Tally,
    ) -> Result<Result<Read, Failure>, AskError> {
        let WholeReply { id, permit, reservation, headers, body, took } =
            match self.whole(attempt).await? {
                Ok(reply) => reply,
                Err(failure) => return Ok(Err(failure)),
            };
        let kept = self.keep(to, id, (&headers, &body), reservation, tally).await?;
        if let Ok(read) = &kept {
            self.well_answered(to, read, (took, bytes), tally);
        }
        Ok(self.paced(kept, (&permit, &headers), (to.kind, took)))
    }

    /// The reply with status 200 that came; where there is none, what came is kept and settled.
    pub(super) async fn whole(
        &self,
        attempt: Attempt,
    ) -> Result<Result<WholeReply, Failure>, AskError> {
        let Attempt { id, permit, reservation, came, took } = attempt;
        let failure = match came {
            Landed::Body { headers, body } => {
                return Ok(Ok(WholeReply { id, permit, reservation, headers, body, took }));
            }
            Landed::Said { said, body } => {
                self.refused(id, &said, body, reservation).await?;
                Failure::Said(said)
            }
            Landed::Lost(sent) => self.lost(id, sent, reservation).await?,
        };
        self.slower(&failure, &permit);
        Ok(Err(failure))
    }

    /// What was kept of a reply, once the pace has learnt from it.
    pub(super) fn paced<T>(
        &self,
        kept: Result<T, refusal::Refusal>,
        (permit, headers): (&Permit, &HeaderMap),
        (kind, took): (&str, Duration),
    ) -> Result<T, Failure> {
        match kept {
            Ok(read) => {
                self.pacer.accepted(permit, headers, kind, took);
                Ok(read)
            }
            Err(said) => {
                let failure = Failure::Said(said);
                self.slower(&failure, permit);
                Err(failure)
            }
        }
    }

    /// Puts a body into the store, and then reads it. The inner error says why it is no answer.
    async fn keep(
        &self,
        to: To<'_>,
        id: CallId,
        (headers, body): (&HeaderMap, &[u8]),
        reservation: Reservation,
        tally: &Tally,
    ) -> Result<Result<Read, refusal::Refusal>, AskError> {
        let clean = to.endpoint.redacted(body);
        let read = answer::read(&clean);
        let usage = match &read {
            Read::NotAReply(_) => {
                let said = refusal::read(200, headers, &clean);
                self.refused(id, &said, clean, reservation).await?;
                return Ok(Err(said));
            }
            Read::Reply(Reply { usage, .. }) | Read::Flawed(_, usage) | Read::CutOff(usage) => {
                *usage
            }
        };
        self.answers.received(id, 200, clean).await.map_err(|e| self.fault(&e))?;
        let nanodollars = self.book(&usage, reservation, tally, to.endpoint);
        self.settle(id, Outcome::Answer { usage, nanodollars }).await?;
        Ok(Ok(read))
    }

    fn well_answered(
        &self,
        to: To<'_>,
        read: &Read,
        (took, bytes): (Duration, u64),
        tally: &Tally,
    ) {
        let endpoint = to.endpoint;
        endpoint.works();
        endpoint.took(to.kind, took);
        let (Read::Reply(Reply { usage, .. }) | Read::Flawed(_, usage) | Read::CutOff(usage)) =
            read
        else {
            return;
        };
        let counted = usage.prompt_tokens.unwrap_or(0);
        if endpoint.counted(counted, bytes) && endpoint.tell_once("truncated") {
            tally.warn(format!(
                "{} reads no more than {counted} tokens of a question and leaves out the rest in silence: \
                 give the model a longer context (Ollama: OLLAMA_CONTEXT_LENGTH, or num_ctx in a Modelfile), \
                 or ask about less at once (--clusters-per-group, --labels-per-call)",
                endpoint.base_url
            ));
        }
    }

    /// What a model had written, and its server refused to hand out as an answer, is one.
    pub(super) async fn use_written(&self, id: CallId, written: &str) -> Result<(), AskError> {
        let message = json!({"role": "assistant", "content": written});
        let body = json!({"choices": [{"message": message, "finish_reason": "stop"}]});
        let body = body.to_string().into_bytes();
        self.answers.received(id, 200, body).await.map_err(|e| self.fault(&e))?;
        let outcome = Outcome::Answer { usage: Default::default(), nanodollars: None };
        self.settle(id, outcome).await
    }
}
