//! From a question to its answer: looked up, or asked for, kept, and only then read.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use cladus_core::{EndpointFault, Error};

use tokio::time::Instant;

use crate::answers::{Begun, CallId, Key, Kind, NewCall, Outcome, Stored};
use crate::asker::AskError;
use crate::backoff::Backoff;
use crate::budget::{Reservation, Room};
use crate::form::{Form, Profile};
use crate::pacing::{Permit, retry_after};
use crate::refusal::{self, Refusal};
use crate::reply::{self, Flaw, Read, Reply, Usage, short};
use crate::request::Request;
use crate::session::{Endpoint, Shared, hex, stop_of};
use crate::tally::Tally;
use crate::wire::{Received, Sent, Service};

/// How much longer an answer may be that was cut off, the second time.
const LONGER: u32 = 4;
/// Attempts of a call whose outcome is unknown: each may have been billed.
const UNKNOWN_OUTCOMES: u32 = 3;
/// Attempts of a call that the server failed to answer.
const SERVER_FAILURES: u32 = 6;
/// Attempts of a call that no server took.
const NEVER_SENT: u32 = 7;
/// So many calls without an answer in a row, and the endpoint counts as gone.
const GONE: u64 = 5;

/// How a question stands in the store.
enum Held {
    Answer(Reply),
    Flawed(Flaw),
    /// Cut off, also at so many tokens.
    CutOff(u32),
    Nothing,
}

impl Shared {
    /// The answer to `request`: one that is held, or one that is asked for now.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        request: &Request,
        tally: &Arc<Tally>,
    ) -> Result<Reply, AskError> {
        let key = request.key(&self.chat.model, self.temperature);
        // Identical questions wait here for the first one, and then find its answer.
        let _flight = self.flights.enter(&key).await;
        let mut request = request.clone();
        request.max_tokens = match self.max_answer_tokens {
            Some(most) => most,
            None => request.max_tokens.max(self.room.load(Ordering::Relaxed)),
        };
        let mut longer = false;
        let mut asked = false;
        loop {
            let stored = self.answers.stored(&key).map_err(|e| self.fault(&e))?;
            match held(&stored, request.max_tokens) {
                // What a user gives as the longest answer is the longest.
                Held::CutOff(_) if !longer && self.max_answer_tokens.is_none() => {
                    longer = true;
                    request.max_tokens = request.max_tokens.saturating_mul(LONGER);
                    continue;
                }
                Held::CutOff(at) => return Err(AskError::Flawed(Flaw::CutOff(at))),
                Held::Answer(reply) => {
                    if longer {
                        // The model needs the room (it thinks before it answers): the next ones
                        // shall not be cut off first.
                        self.room.fetch_max(request.max_tokens, Ordering::Relaxed);
                    }
                    if !asked {
                        tally.held();
                    }
                    return Ok(reply);
                }
                Held::Flawed(flaw) => {
                    if !asked {
                        tally.held();
                    }
                    return Err(AskError::Flawed(flaw));
                }
                Held::Nothing => {}
            }
            if self.planning {
                return Err(AskError::Planned);
            }
            asked = true;
            let flight = self.flights.take_off();
            let (shared, tally, request) = (Arc::clone(self), Arc::clone(tally), request.clone());
            let seen = stored.first().map(|newest| newest.id);
            // On its own: a call that is on its way is paid for, whether or not anybody still waits.
            let call = tokio::spawn(async move {
                let _flight = flight;
                shared.call(&request, key, seen, &tally).await
            });
            match call.await {
                Ok(result) => result?,
                Err(panic) => return Err(AskError::Stop(Error::Bug(panic.to_string()))),
            }
        }
    }

    /// Sends `request` until its answer is in the store.
    async fn call(
        &self,
        request: &Request,
        key: Key,
        seen: Option<CallId>,
        tally: &Tally,
    ) -> Result<(), AskError> {
        let endpoint = &self.chat;
        let mut backoff = Backoff::new(self.patience);
        let (mut unknown, mut failed, mut unsent) = (0, 0, 0);
        loop {
            let profile = endpoint.profile();
            let body = profile.body(request, &endpoint.model, self.temperature);
            let text = body.to_string();
            let prompt = crate::tokens::estimate(&text);
            let new = NewCall {
                key,
                kind: Kind::Chat,
                run: self.run.clone(),
                iteration: tally.iteration,
                stage: tally.stage.to_owned(),
                endpoint: endpoint.base_url.clone(),
                model: endpoint.model.clone(),
                form: profile.form.as_str().to_owned(),
                max_tokens: request.max_tokens,
                expected_prompt_tokens: prompt,
                expected_nanodollars: None,
                request: text,
                seen,
            };
            let attempt = self.attempt(endpoint, Service::Chat, new, &body, tally).await?;
            let Some(attempt) = attempt else { return Ok(()) };
            let Attempt { id, permit, reservation, sent } = attempt;
            match sent {
                Sent::Received(Received { status: 200, headers, body }) => {
                    let outcome = self.keep(id, &body, reservation, tally, endpoint).await?;
                    self.pacer.accepted(&headers);
                    match outcome {
                        Ok(read) => {
                            self.answered();
                            self.learn_from(&profile, &read).await;
                            return Ok(());
                        }
                        Err(reason) => {
                            unknown += 1;
                            drop(permit);
                            if unknown >= UNKNOWN_OUTCOMES {
                                return Err(self.unanswered(&reason, endpoint));
                            }
                            self.unless_stopped(backoff.wait(None)).await?;
                        }
                    }
                }
                Sent::Received(Received { status, headers, body }) => {
                    let said = self.refused(id, status, &body, reservation, endpoint).await?;
                    let after = retry_after(&headers, SystemTime::now());
                    let now = endpoint.profile();
                    match said.refusal {
                        Refusal::Denied | Refusal::Misaddressed => {
                            return Err(self.turned_away(&said, status, endpoint));
                        }
                        Refusal::TooLong => return Err(AskError::Flawed(Flaw::TooLong)),
                        Refusal::Overloaded => {
                            self.pacer.refused(&permit, after);
                            drop(permit);
                            if after.is_some_and(|after| after > self.patience) {
                                let problem = format!(
                                    "{} asks to wait {} s",
                                    endpoint.base_url,
                                    after.unwrap_or_default().as_secs()
                                );
                                let hint =
                                    "run the same command again after that: every answer is kept";
                                return Err(self.stop_now(EndpointFault::Temporary, problem, hint));
                            }
                            if !self.unless_stopped(backoff.wait(after)).await? {
                                return Err(self.unanswered(&said.message, endpoint));
                            }
                        }
                        Refusal::Failed | Refusal::Bad => {
                            let server = said.refusal == Refusal::Failed;
                            if server {
                                self.pacer.refused(&permit, after);
                            }
                            drop(permit);
                            if now != profile {
                                // Another call has learnt how to ask meanwhile.
                                continue;
                            }
                            failed += 1;
                            // A server that fails once may just have failed.
                            let blame = !server || (failed >= 2 && matches!(status, 500 | 501));
                            let next = blame
                                .then(|| profile.after_refusal(status, &said.param, &said.message))
                                .flatten();
                            if let Some(next) = next {
                                tracing::info!(
                                    status,
                                    form = next.form.as_str(),
                                    "{} refuses how it was asked; asking differently",
                                    endpoint.base_url
                                );
                                endpoint.learn(&profile, next);
                                failed = 0;
                                continue;
                            }
                            if !server {
                                return Err(AskError::Flawed(Flaw::BadRequest(said.message)));
                            }
                            if failed >= SERVER_FAILURES
                                || !self.unless_stopped(backoff.wait(after)).await?
                            {
                                let reason = format!("status {status}: {}", said.message);
                                return Err(self.unanswered(&reason, endpoint));
                            }
                        }
                    }
                }
                Sent::Not(reason) => {
                    self.settle(id, Outcome::NeverSent(reason.clone())).await?;
                    self.budget().release(reservation);
                    self.freed.notify_waiters();
                    drop(permit);
                    unsent += 1;
                    if unsent >= NEVER_SENT || !self.unless_stopped(backoff.wait(None)).await? {
                        let problem = format!("nothing answers at {}: {reason}", endpoint.base_url);
                        let hint = "is the server running, and is the address right? Run the same command again: it resumes";
                        return Err(self.stop_now(EndpointFault::Temporary, problem, hint));
                    }
                }
                Sent::Unknown(reason) => {
                    self.settle(id, Outcome::Unknown(reason.clone())).await?;
                    // It may have been billed: what was set aside for it stays spent.
                    self.budget().settle_unknown(reservation);
                    self.freed.notify_waiters();
                    self.pacer.refused(&permit, None);
                    drop(permit);
                    unknown += 1;
                    if unknown >= UNKNOWN_OUTCOMES {
                        return Err(self.unanswered(&reason, endpoint));
                    }
                    self.unless_stopped(backoff.wait(None)).await?;
                }
            }
        }
    }

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
            let permit = self.unless_stopped(self.pacer.enter(tokens)).await?;
            let reservation = self.reserve(tokens, new.expected_nanodollars).await?;
            let wire = self.wire(endpoint, tally);
            let (wire, _) = match wire {
                Ok(wire) => wire,
                Err(error) => {
                    self.budget().release(reservation);
                    return Err(AskError::Stop(self.stop_for(stop_of(&error)).into()));
                }
            };
            match self.answers.begin(new.clone()).await {
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
                Ok(Begun::Elsewhere) => {
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
    async fn reserve(
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
                Room::Exhausted(limit) => {
                    let hint = "every answer is kept; raise the limit and run the same command again to go on";
                    return Err(self.stop_now(EndpointFault::Budget, limit.to_string(), hint));
                }
            }
        }
    }

    /// Puts a body into the store, and then reads it. The inner error says why it is no answer.
    async fn keep(
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

    /// A form is proven by an answer; one that a server ignores is given up.
    async fn learn_from(&self, profile: &Profile, read: &Read) {
        if profile.proven {
            return;
        }
        let ignored = matches!(read, Read::Flawed(Flaw::NotJson(_), _));
        let mut next = profile.clone();
        if ignored && profile.form != Form::Plain {
            next.form = Form::Plain;
        } else if !ignored {
            next.proven = true;
        }
        if next != *profile && self.chat.learn(profile, next.clone()) {
            let Ok(text) = serde_json::to_string(&next) else { return };
            let kept = self.answers.set_profile(&self.chat.base_url, &self.chat.model, &text).await;
            if let Err(error) = kept {
                // Not a loss: it is found out again.
                tracing::warn!("cannot remember how {} is asked: {error}", self.chat.base_url);
            }
        }
    }

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

    fn stop_now(&self, fault: EndpointFault, problem: String, hint: &str) -> AskError {
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

    fn go_on(&self) -> Result<(), AskError> {
        match self.stopped() {
            Some(stop) => Err(AskError::Stop(stop.into())),
            None => Ok(()),
        }
    }

    /// A body without the key, which some servers repeat in their errors.
    fn redacted(&self, endpoint: &Endpoint, body: &[u8]) -> Vec<u8> {
        match endpoint.key() {
            Some(key) => key.redact_bytes(body).into_owned(),
            None => body.to_vec(),
        }
    }
}

/// One attempt and what came of it.
pub(crate) struct Attempt {
    pub(crate) id: CallId,
    pub(crate) permit: Permit,
    pub(crate) reservation: Reservation,
    pub(crate) sent: Sent,
}

/// What the store has for a question whose answer may be `limit` tokens long: a good answer before
/// one without use, the newest first.
fn held(stored: &[Stored], limit: u32) -> Held {
    let mut best = Held::Nothing;
    for Stored { max_tokens, body, .. } in stored {
        match (reply::read(body), &best) {
            (Read::Reply(reply), _) => return Held::Answer(reply),
            (Read::Flawed(flaw, _), Held::Nothing | Held::CutOff(_)) => best = Held::Flawed(flaw),
            (Read::CutOff(_), Held::Nothing) if *max_tokens >= limit => {
                best = Held::CutOff(*max_tokens);
            }
            (Read::CutOff(_), Held::CutOff(most)) => best = Held::CutOff(*max_tokens.max(most)),
            _ => {}
        }
    }
    best
}
