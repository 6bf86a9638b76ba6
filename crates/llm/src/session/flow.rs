//! From a question to its answer: looked up, or asked for, kept, and only then read.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use cladus_core::{EndpointFault, Error};
use serde_json::Value;

use crate::account::tally::Tally;
use crate::client::backoff::Backoff;
use crate::client::form::{Form, Profile};
use crate::client::pacing::retry_after;
use crate::client::refusal::Refusal;
use crate::client::reply::{self, Flaw, Read, Reply};
use crate::client::wire::{Received, Sent, Service};
use crate::request::Request;
use crate::session::Shared;
use crate::session::asker::AskError;
use crate::session::attempt::Attempt;
use crate::session::rehearsal::Fate;
use crate::store::{CallId, Key, Kind, NewCall, Outcome, Stored};

/// How much longer an answer may be that was cut off, the second time.
const LONGER: u32 = 4;
/// Attempts of a call whose outcome is unknown: each may have been billed.
const UNKNOWN_OUTCOMES: u32 = 3;
/// Attempts of a call that the server failed to answer.
const SERVER_FAILURES: u32 = 6;
/// Attempts of a call that no server took.
const NEVER_SENT: u32 = 7;

/// How a question stands in the store.
pub(crate) enum Held {
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
            let seen = stored.first().map(|newest| newest.id);
            let stored = match &tally.reask {
                Some(reask) => reask.still_good(&request, stored),
                None => stored,
            };
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
            match self.rehearsed.fate(&key) {
                Fate::Ask => {}
                Fate::GivenUp(flaw) => return Err(AskError::Flawed(flaw)),
                Fate::Write => {
                    let (call, _) = self.new_call(&request, key, seen, tally, &self.chat.profile());
                    self.rehearsed.write(call);
                    return Err(AskError::Planned);
                }
            }
            asked = true;
            let flight = self.flights.take_off();
            let (shared, tally, request) = (Arc::clone(self), Arc::clone(tally), request.clone());
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

    /// `request` as a call that is about to be sent, and its body.
    fn new_call(
        &self,
        request: &Request,
        key: Key,
        seen: Option<CallId>,
        tally: &Tally,
        profile: &Profile,
    ) -> (NewCall, Value) {
        let endpoint = &self.chat;
        let body = profile.body(request, &endpoint.model, self.temperature);
        let text = body.to_string();
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
            expected_prompt_tokens: crate::account::tokens::estimate(&text),
            expected_nanodollars: None,
            request: text,
            seen,
        };
        (new, body)
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
            let (new, body) = self.new_call(request, key, seen, tally, &profile);
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
                                self.refused_for_good(&said.message);
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

    /// A form is proven by an answer; one that a server ignores is given up.
    pub(crate) async fn learn_from(&self, profile: &Profile, read: &Read) {
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
            self.remember(&next).await;
        }
    }

    /// Keeps how the endpoint is asked, for the processes to come.
    pub(crate) async fn remember(&self, profile: &Profile) {
        let Ok(text) = serde_json::to_string(profile) else { return };
        let kept = self.answers.set_profile(&self.chat.base_url, &self.chat.model, &text).await;
        if let Err(error) = kept {
            // Not a loss: it is found out again.
            tracing::warn!("cannot remember how {} is asked: {error}", self.chat.base_url);
        }
    }
}

/// What the store has for a question whose answer may be `limit` tokens long: a good answer before
/// one without use, the newest first.
pub(crate) fn held(stored: &[Stored], limit: u32) -> Held {
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
