//! One attempt of a call: its place in the queue, its room in the budget, its row in the store.

use std::time::{Duration, SystemTime};

use cladus_core::{EndpointFault, Error, interrupt};
use tokio::time::Instant;

use crate::account::budget::{Limit, Reservation, Room};
use crate::account::tally::Tally;
use crate::client::pacing::{Permit, retry_after};
use crate::client::refusal::{self};
use crate::client::reply::{self, Read, Reply, Usage};
use crate::client::wire::{Received, Sent, Service};
use crate::session::asker::AskError;
use crate::session::{Endpoint, Shared, hex, stop_of};
use crate::store::{Begun, CallId, NewCall, Outcome};

/// One attempt and what came of it.
pub(crate) struct Attempt {
    pub(crate) id: CallId,
    pub(crate) permit: Permit,
    pub(crate) reservation: Reservation,
    pub(crate) sent: Sent,
}

impl Shared {
    /// One attempt, from its place in the queue to its end on the wire; `None` where another process
    /// has asked the same meanwhile.
    pub(crate) async fn attempt(
        &self,
        endpoint: &Endpoint,
        service: Service,
        mut new: NewCall,
        body: &serde_json::Value,
        tally: &Tally,
    ) -> Result<Option<Attempt>, AskError> {
        let longest = match service {
            Service::Chat => u64::from(new.max_tokens),
            Service::Embeddings => 0,
        };
        let tokens = new.expected_prompt_tokens + longest;
        new.expected_nanodollars = endpoint
            .price
            .as_ref()
            .and_then(|price| price.at_most(new.expected_prompt_tokens, longest));
        loop {
            let mut permit = self.unless_stopped(self.pacer.enter(tokens)).await?;
            let reservation = self.reserve(tokens, new.expected_nanodollars).await?;
            let wire = self.wire(endpoint, tally);
            let (wire, _) = match wire {
                Ok(wire) => wire,
                Err(error) => {
                    self.budget().release(reservation);
                    return Err(AskError::Stop(self.stop_for(stop_of(&error)).into()));
                }
            };
            let Some(paid) = interrupt::paid_call() else {
                self.budget().release(reservation);
                return Err(self.fault(&Error::Interrupted));
            };
            permit.begin(paid);
            match self.answers.begin_within(new.clone(), self.limits).await {
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
                    let start = Instant::now();
                    let sent = wire.send(service, body, self.first_byte()).await;
                    if let Sent::Received(Received { status, headers, .. }) = &sent {
                        if *status == 200 {
                            self.took(start.elapsed());
                        } else if let Some(pause) = retry_after(headers, SystemTime::now()) {
                            // Before anything is written: the others must not be sent meanwhile.
                            self.pacer.hold(pause);
                        }
                    }
                    return Ok(Some(Attempt { id, permit, reservation, sent }));
                }
                Ok(Begun::Answered) => {
                    self.budget().release(reservation);
                    self.freed.notify_waiters();
                    return Ok(None);
                }
                Ok(Begun::InBatch) => {
                    self.budget().release(reservation);
                    self.freed.notify_waiters();
                    return Err(self.in_a_batch());
                }
                Ok(Begun::NoRoom(limit)) => {
                    self.budget().release(reservation);
                    return Err(self.exhausted(limit));
                }
                Ok(Begun::Elsewhere | Begun::NoRoomYet) => {
                    self.budget().release(reservation);
                    self.freed.notify_waiters();
                    drop(permit);
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(error) => {
                    self.budget().release(reservation);
                    return Err(self.fault(&error));
                }
            }
        }
    }

    /// Room in the budget, once there is some.
    pub(crate) async fn reserve(
        &self,
        tokens: u64,
        nanodollars: Option<u64>,
    ) -> Result<Reservation, AskError> {
        loop {
            let freed = self.freed.notified();
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

    /// Puts a body into the store, and then reads it. The inner error says why it is no answer.
    pub(crate) async fn keep(
        &self,
        id: CallId,
        body: &[u8],
        reservation: Reservation,
        tally: &Tally,
        endpoint: &Endpoint,
    ) -> Result<Result<Read, String>, AskError> {
        let clean = self.redacted(endpoint, body);
        self.answers.received(id, 200, clean).await.map_err(|e| self.fault(&e))?;
        let read = reply::read(body);
        let usage = match &read {
            Read::NotAReply(reason) => {
                self.settle(id, Outcome::NotAReply(reason.clone())).await?;
                self.budget().settle_unknown(reservation);
                self.freed.notify_waiters();
                return Ok(Err(reason.clone()));
            }
            Read::Reply(Reply { usage, .. }) | Read::Flawed(_, usage) | Read::CutOff(usage) => {
                *usage
            }
        };
        self.account(id, &usage, reservation, tally, endpoint).await?;
        Ok(Ok(read))
    }

    /// What an answer came to, in the store, the budget and the tally.
    pub(crate) async fn account(
        &self,
        id: CallId,
        usage: &Usage,
        reservation: Reservation,
        tally: &Tally,
        endpoint: &Endpoint,
    ) -> Result<(), AskError> {
        let nanodollars = self.book(usage, reservation, tally, endpoint);
        self.settle(id, Outcome::Answer { usage: *usage, nanodollars }).await
    }

    /// What an answer came to, in the budget and the tally.
    pub(crate) fn book(
        &self,
        usage: &Usage,
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
        self.freed.notify_waiters();
        tally.used(usage, nanodollars);
        nanodollars
    }

    /// Keeps a refusal, with its reason, and says what it means.
    pub(crate) async fn refused(
        &self,
        id: CallId,
        status: u16,
        body: &[u8],
        reservation: Reservation,
        endpoint: &Endpoint,
    ) -> Result<refusal::Said, AskError> {
        let clean = self.redacted(endpoint, body);
        let said = refusal::read(status, &clean);
        self.answers.received(id, status, clean).await.map_err(|e| self.fault(&e))?;
        self.settle(id, said.outcome(status)).await?;
        // A refusal costs no tokens, but it was a call.
        self.budget().settle(reservation, 0, Some(0));
        self.freed.notify_waiters();
        Ok(said)
    }

    pub(crate) async fn settle(&self, id: CallId, outcome: Outcome) -> Result<(), AskError> {
        self.answers.settle(id, outcome).await.map_err(|e| self.fault(&e))
    }

    /// A body without the key, which some servers repeat in their errors.
    pub(crate) fn redacted(&self, endpoint: &Endpoint, body: &[u8]) -> Vec<u8> {
        match endpoint.key() {
            Some(key) => key.redact_bytes(body).into_owned(),
            None => body.to_vec(),
        }
    }
}
