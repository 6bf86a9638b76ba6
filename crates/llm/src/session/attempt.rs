//! One attempt of a call: its place in the queue, its room in the budget, its row in the store.

use std::time::{Duration, SystemTime};

use cladus_core::{EndpointFault, Error, interrupt};
use reqwest::header::HeaderMap;
use tokio::time::Instant;

use super::asker::AskError;
use super::endpoint::Endpoint;
use super::halt::stop_of;
use super::shared::{SharedSession, hex};
use crate::account::budget::{Limit, Reservation, Room};
use crate::account::usage::TokenUsage;
use crate::client::later::retry_after;
use crate::client::pacing::Permit;
use crate::client::refusal::{self, Refusal, RefusalMeaning};
use crate::client::wire::{Received, Sent, Service};
use crate::session::tally::Tally;
use crate::store::{Begun, CallId, NewCall, Outcome};

/// One attempt and what came of it.
pub(crate) struct Attempt {
    pub(crate) id: CallId,
    pub(crate) permit: Permit,
    pub(crate) reservation: Reservation,
    pub(crate) came: Landed,
    /// From sending to the end of the reply.
    pub(crate) took: Duration,
}

/// What came of it.
pub(crate) enum Landed {
    /// A reply with status 200.
    Body { headers: HeaderMap, body: Vec<u8> },
    /// A reply with another one, and what it means; the body without what is secret.
    Said { said: Refusal, body: Vec<u8> },
    /// Neither.
    Lost(Sent),
}

/// Whom an attempt asks, and how.
#[derive(Clone, Copy)]
pub(crate) struct To<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) service: Service,
    /// The kind of call: how long it takes is learnt by kind.
    pub(crate) kind: &'a str,
    /// Attempts before whose outcome is unknown.
    pub(crate) unknown: u32,
}

impl SharedSession {
    /// One attempt, from its place in the queue to its end on the wire; `None` where another process
    /// has asked the same meanwhile.
    pub(crate) async fn attempt(
        &self,
        to: To<'_>,
        mut new: NewCall,
        body: &serde_json::Value,
        tally: &Tally,
    ) -> Result<Option<Attempt>, AskError> {
        let longest = u64::from(new.max_tokens);
        let tokens = new.expected_prompt_tokens + longest;
        let price = to.endpoint.price.as_ref();
        new.expected_nanodollars =
            price.and_then(|price| price.at_most(new.expected_prompt_tokens, longest));
        loop {
            self.tell_of_waiting(to.endpoint, tally);
            let mut permit = self.unless_stopped(self.pacer.enter(tokens)).await?;
            let reservation = self.reserve(tokens, new.expected_nanodollars).await?;
            let begun = self.begin(to, &new, &mut permit, tally).await;
            match begun {
                Ok(Begun::Call(id)) => {
                    // The note has taken its time: somebody may have been told to wait meanwhile.
                    if let Err(stop) = self.unless_stopped(self.pacer.clear()).await {
                        let outcome = Outcome::NeverSent("given up before it was sent".to_owned());
                        self.settle(id, outcome).await?;
                        self.budget().release(reservation);
                        return Err(stop);
                    }
                    tally.called();
                    tracing::debug!(key = hex(&new.key), stage = tally.stage, "sending");
                    let (came, took) = self.send(to, body, tally).await?;
                    return Ok(Some(Attempt { id, permit, reservation, came, took }));
                }
                Ok(other) => {
                    self.budget().release(reservation);
                    self.account.freed.notify_waiters();
                    match other {
                        Begun::InBatch => return Err(self.in_a_batch()),
                        Begun::NoRoom(limit) => return Err(self.exhausted(limit)),
                        Begun::Elsewhere | Begun::NoRoomYet => {
                            drop(permit);
                            tokio::time::sleep(Duration::from_millis(25)).await;
                        }
                        Begun::Answered | Begun::Call(_) => return Ok(None),
                    }
                }
                Err(error) => {
                    self.budget().release(reservation);
                    return Err(error);
                }
            }
        }
    }

    /// Notes that a call is about to be sent.
    async fn begin(
        &self,
        to: To<'_>,
        new: &NewCall,
        permit: &mut Permit,
        tally: &Tally,
    ) -> Result<Begun, AskError> {
        self.wire(to.endpoint, tally)
            .map_err(|error| AskError::Stop(self.stop(stop_of(&error)).into()))?;
        let Some(paid) = interrupt::paid_call() else {
            return Err(self.fault(&Error::Interrupted));
        };
        permit.begin(paid);
        let begun = self.answers.begin_within(new.clone(), self.account.limits).await;
        begun.map_err(|error| self.fault(&error))
    }

    async fn send(
        &self,
        to: To<'_>,
        body: &serde_json::Value,
        tally: &Tally,
    ) -> Result<(Landed, Duration), AskError> {
        let wire = self.wire(to.endpoint, tally);
        let (wire, _) = wire.map_err(|error| self.fault(&error))?;
        let first_byte = to.endpoint.first_byte(wire.timeouts.first_byte, to.kind, to.unknown);
        let start = Instant::now();
        let sent = wire.send(to.service, body, first_byte).await;
        let took = start.elapsed();
        let Sent::Received(Received { status, headers, body }) = sent else {
            return Ok((Landed::Lost(sent), took));
        };
        // Created, or not quite the server's own: an answer all the same.
        if matches!(status, 200 | 201 | 203) {
            return Ok((Landed::Body { headers, body }, took));
        }
        let body = to.endpoint.redacted(&body);
        let said = refusal::read(status, &headers, &body);
        if said.meaning == RefusalMeaning::Overloaded
            && let Some(pause) = retry_after(&headers, SystemTime::now()).or(said.after)
        {
            // Before anything is written: the others must not be sent meanwhile.
            self.pacer.hold(pause.min(self.patience));
        }
        Ok((Landed::Said { said, body }, took))
    }

    /// Room in the budget, once there is some.
    async fn reserve(
        &self,
        tokens: u64,
        nanodollars: Option<u64>,
    ) -> Result<Reservation, AskError> {
        loop {
            let freed = self.account.freed.notified();
            self.go_on()?;
            let room = self.budget().reserve(tokens, nanodollars);
            match room {
                Room::Reserved(reservation) => return Ok(reservation),
                Room::Wait => freed.await,
                Room::Exhausted(limit) => return Err(self.exhausted(limit)),
            }
        }
    }

    fn exhausted(&self, limit: Limit) -> AskError {
        let hint = "every answer is kept; raise the limit and run the same command again to go on";
        self.stop_now(EndpointFault::Budget, limit.to_string(), hint)
    }

    /// What an answer came to, in the budget and the tally.
    pub(crate) fn book(
        &self,
        usage: &TokenUsage,
        reservation: Reservation,
        tally: &Tally,
        endpoint: &Endpoint,
    ) -> Option<u64> {
        let nanodollars = endpoint.price.as_ref().and_then(|price| price.nanodollars(usage));
        match usage.prompt_tokens.zip(usage.completion_tokens.or(Some(0))) {
            Some((prompt, completion)) => {
                self.budget().settle(reservation, prompt + completion, nanodollars);
            }
            // Not told: what was set aside stays spent.
            None => self.budget().settle_unknown(reservation),
        }
        self.account.freed.notify_waiters();
        tally.used(usage, nanodollars);
        nanodollars
    }

    pub(crate) async fn settle(&self, id: CallId, outcome: Outcome) -> Result<(), AskError> {
        self.answers.settle(id, outcome).await.map_err(|e| self.fault(&e))
    }
}
