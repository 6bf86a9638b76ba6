//! From a question to its answer: looked up, or asked for, kept, and only then read.

use std::sync::Arc;
use std::time::Duration;

use cladus_core::Error;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::Shared;
use super::asker::AskError;
use super::attempt::{Attempt, Landed, To};
use super::call::{Course, Failure, Go};
use super::rehearsal::Fate;
use crate::account::budget::Reservation;
use crate::client::answer;
use crate::client::form::{Form, Profile};
use crate::client::ladder::{Came, Known};
use crate::client::refusal;
use crate::client::reply::{Flaw, Read, Reply};
use crate::client::wire::Service;
use crate::request::Request;
use crate::session::tally::Tally;
use crate::store::{CallId, Key, Kind, NewCall, Outcome, Stored};

/// How much longer an answer may be that was cut off, each time, and how often.
const LONGER: u32 = 4;
const LONGER_TIMES: u32 = 2;

/// What the store has for a question, and the newest answer that was looked at.
type Found = (Option<Result<Reply, Flaw>>, Option<CallId>);

/// How a question stands in the store.
pub(crate) enum Held {
    Answer(Reply),
    Flawed(Flaw, CallId),
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
        let endpoint = &self.chat;
        let key = request.key(&endpoint.model, self.config.llm.temperature, &endpoint.extra);
        // Identical questions wait here for the first one, and then find its answer.
        let _flight = self.flights.enter(&key).await;
        let needed = request.max_tokens;
        let mut request = Request { max_tokens: self.longest(needed), ..request.clone() };
        let (mut longer, mut asked) = (0, false);
        // Held until this question has its answer, at whatever length.
        let mut alone = None;
        loop {
            let (found, seen) = self.looked_up(&key, &mut request, &mut longer, tally)?;
            if let Some(found) = found {
                if !asked {
                    tally.held();
                }
                if found.is_ok() && longer > 0 {
                    // The next ones shall not be cut off first.
                    self.needs_room(request.max_tokens).await;
                }
                if let Err(Flaw::CutOff(tokens)) = found
                    && asked
                    // Who says how long an answer may be knows what that brings.
                    && self.config.llm.max_answer_tokens.is_none()
                    && endpoint.never_ends()
                {
                    return Err(self.no_end(endpoint, tokens));
                }
                if found.is_ok() {
                    endpoint.ends();
                }
                return found.map_err(AskError::Flawed);
            }
            if self.planning {
                return Err(AskError::Planned);
            }
            match self.rehearsed.fate(&key) {
                Fate::Ask => {}
                Fate::GivenUp(flaw) => return Err(AskError::Flawed(flaw)),
                Fate::Write => {
                    let profile = endpoint.profile();
                    let form = profile.form(tally.stage);
                    let (call, _) = self.new_call(&request, key, seen, tally, (&profile, form));
                    self.rehearsed.write(call);
                    return Err(AskError::Planned);
                }
            }
            if !asked {
                alone = self.unless_stopped(endpoint.alone()).await?;
                if longer == 0 {
                    request.max_tokens = self.longest(needed);
                }
            }
            asked = true;
            self.apart(&request, needed, (key, seen), tally).await?;
            let _ = &alone;
        }
    }

    /// What the store has for a question, at the length that it is asked with; one that was cut off is
    /// asked with a greater one. Also the newest answer that was looked at.
    fn looked_up(
        &self,
        key: &Key,
        request: &mut Request,
        longer: &mut u32,
        tally: &Tally,
    ) -> Result<Found, AskError> {
        let stored = self.answers.stored(key).map_err(|e| self.fault(&e))?;
        let seen = stored.first().map(|newest| newest.id);
        let stored = match &tally.reask {
            Some(reask) => reask.still_good(request, stored),
            None => stored,
        };
        loop {
            let found = match held(&stored, request.max_tokens) {
                Held::Nothing => return Ok((None, seen)),
                Held::Answer(reply) => {
                    tally.questioned(None);
                    Ok(reply)
                }
                Held::Flawed(flaw, id) => {
                    tally.questioned(Some(id));
                    Err(flaw)
                }
                Held::CutOff(at) => match self.longer(request, *longer) {
                    Some(more) => {
                        *longer += 1;
                        request.max_tokens = more;
                        continue;
                    }
                    None => {
                        tally.questioned(seen);
                        Err(Flaw::CutOff(at))
                    }
                },
            };
            return Ok((Some(found), seen));
        }
    }

    /// Asks in a task of its own: a call that is on its way is paid for, whether or not anybody still
    /// waits.
    async fn apart(
        self: &Arc<Self>,
        request: &Request,
        needed: u32,
        (key, seen): (Key, Option<CallId>),
        tally: &Arc<Tally>,
    ) -> Result<(), AskError> {
        let flight = self.flights.take_off();
        let (shared, tally, request) = (Arc::clone(self), Arc::clone(tally), request.clone());
        let call = tokio::spawn(async move {
            let _flight = flight;
            shared.call(request, needed, key, seen, &tally).await
        });
        match call.await {
            Ok(result) => result,
            Err(panic) => Err(AskError::Stop(Error::Bug(panic.to_string()))),
        }
    }

    /// The longest answer that is asked for where a question itself needs so many tokens.
    fn longest(&self, needed: u32) -> u32 {
        match self.config.llm.max_answer_tokens {
            Some(most) => most,
            None => {
                let most = self.chat.profile().longest.unwrap_or(u32::MAX);
                needed.max(self.chat.room()).min(most)
            }
        }
    }

    /// How long an answer may be that was cut off; `None` where it was asked for as long already. What
    /// a user gives as the longest answer is the longest.
    fn longer(&self, request: &Request, longer: u32) -> Option<u32> {
        if longer >= LONGER_TIMES || self.config.llm.max_answer_tokens.is_some() {
            return None;
        }
        let most = self.chat.profile().longest.unwrap_or(u32::MAX);
        let more = request.max_tokens.saturating_mul(LONGER).min(most);
        (more > request.max_tokens).then_some(more)
    }

    /// The model thinks before it answers, and needs the room.
    async fn needs_room(&self, tokens: u32) {
        self.chat.needs_room(tokens);
        let learnt = self.chat.update(|profile| {
            let mut next = profile.clone();
            next.room = Some(profile.room.unwrap_or(0).max(tokens));
            next
        });
        if let Some(profile) = learnt {
            self.remember(&self.chat, &profile).await;
        }
    }

    /// `request` as a call that is about to be sent, and its body.
    pub(crate) fn new_call(
        &self,
        request: &Request,
        key: Key,
        seen: Option<CallId>,
        tally: &Tally,
        (profile, form): (&Profile, Form),
    ) -> (NewCall, Value) {
        let endpoint = &self.chat;
        let temperature = self.config.llm.temperature;
        let body = profile.body(request, form, &endpoint.model, temperature, &endpoint.extra);
        let text = body.to_string();
        let new = NewCall {
            key,
            kind: Kind::Chat,
            run: self.account.run.clone(),
            iteration: tally.iteration,
            stage: tally.stage.to_owned(),
            endpoint: endpoint.base_url.clone(),
            model: endpoint.model.clone(),
            form: form.as_str().to_owned(),
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
        mut request: Request,
        needed: u32,
        key: Key,
        seen: Option<CallId>,
        tally: &Tally,
    ) -> Result<(), AskError> {
        let (endpoint, kind) = (&self.chat, tally.stage);
        let mut course = Course::new(self.patience, tally);
        let mut over: Option<Form> = None;
        loop {
            let profile = endpoint.profile();
            let form = over.unwrap_or_default().max(profile.form(kind));
            let (new, body) = self.new_call(&request, key, seen, tally, (&profile, form));
            let bytes = (request.system.len() + request.user.len()) as u64;
            let unknown = course.tried.unknown;
            let to = To { endpoint, service: Service::Chat, kind, unknown };
            let Some(attempt) = self.attempt(to, new, &body, tally).await? else { return Ok(()) };
            let id = attempt.id;
            let read = self.landed(to, attempt, bytes, tally).await?;
            let now = endpoint.profile();
            if form != Form::Schema {
                tally.stepped_down(form.as_str());
            }
            if let Ok(Read::Reply(_)) = &read {
                self.answered_in(kind, form, over.is_some()).await;
            }
            let came = match &read {
                Ok(read) => Came::Answer(read),
                Err(failure) => failure.came(),
            };
            let known = Known {
                form,
                learnt: over.is_none() && !now.asks_like(&profile, kind),
                asked: request.max_tokens,
                needed: needed.min(request.max_tokens),
                ..self.known(to, &profile)
            };
            match self.follow(to, &came, &known, &mut course).await? {
                Go::Keep => return Ok(()),
                Go::Again => {}
                Go::Form(simpler) => {
                    over = Some(simpler);
                    endpoint.update(|profile| profile.still_not(kind));
                }
                Go::Read(written) => return self.use_written(id, &written).await,
                Go::Less(tokens) => {
                    self.takes_less(tokens, known.needed).await;
                    request.max_tokens = tokens;
                }
                Go::More => {
                    let most = request.max_tokens;
                    let more = self.longer(&request, course.tried.more - 1);
                    request.max_tokens = more.ok_or(AskError::Flawed(Flaw::CutOff(most)))?;
                    self.needs_room(request.max_tokens).await;
                }
                Go::Fewer { .. } | Go::Cut => return Err(AskError::Flawed(Flaw::TooLong)),
            }
        }
    }

    /// Keeps what came, and then reads it.
    async fn landed(
        &self,
        to: To<'_>,
        attempt: Attempt,
        bytes: u64,
        tally: &Tally,
    ) -> Result<Result<Read, Failure>, AskError> {
        let Attempt { id, permit, reservation, came, took } = attempt;
        let failure = match came {
            Landed::Body { headers, body } => {
                let read = self.keep(to, id, (&headers, &body), reservation, tally).await?;
                match read {
                    Ok(read) => {
                        self.pacer.accepted(&permit, &headers, to.kind, took);
                        self.well_answered(to, &read, (took, bytes), tally);
                        return Ok(Ok(read));
                    }
                    Err(said) => Failure::Said(said),
                }
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

    /// Puts a body into the store, and then reads it. The inner error says why it is no answer.
    async fn keep(
        &self,
        to: To<'_>,
        id: CallId,
        (headers, body): (&HeaderMap, &[u8]),
        reservation: Reservation,
        tally: &Tally,
    ) -> Result<Result<Read, refusal::Said>, AskError> {
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

    /// Notes in which form an answer came, and keeps that where it is news.
    pub(crate) async fn answered_in(&self, kind: &str, form: Form, doubted: bool) {
        let learnt = self.chat.update(|profile| profile.answered_in(kind, form, doubted));
        if let Some(profile) = learnt {
            self.remember(&self.chat, &profile).await;
        }
    }

    /// Prompts leave no more room than this for an answer.
    async fn has_no_room(&self, tokens: u32) {
        self.chat.has_no_room(tokens);
        let learnt = self.chat.update(|profile| {
            let mut next = profile.clone();
            next.room = Some(profile.room.map_or(tokens, |room| room.min(tokens)));
            next
        });
        if let Some(profile) = learnt {
            self.remember(&self.chat, &profile).await;
        }
    }

    /// Answers are no longer than `tokens`; that is all the room there is where the question itself
    /// needs as much.
    async fn takes_less(&self, tokens: u32, needed: u32) {
        if tokens == needed {
            self.has_no_room(tokens).await;
        } else {
            self.knows_longest(tokens).await;
        }
    }

    async fn knows_longest(&self, tokens: u32) {
        let learnt = self.chat.update(|profile| {
            let mut next = profile.clone();
            next.longest = Some(tokens);
            next
        });
        if let Some(profile) = learnt {
            self.remember(&self.chat, &profile).await;
        }
    }

    /// What a model had written, and its server refused to hand out as an answer, is one.
    async fn use_written(&self, id: CallId, written: &str) -> Result<(), AskError> {
        let message = json!({"role": "assistant", "content": written});
        let body = json!({"choices": [{"message": message, "finish_reason": "stop"}]});
        let body = body.to_string().into_bytes();
        self.answers.received(id, 200, body).await.map_err(|e| self.fault(&e))?;
        let outcome = Outcome::Answer { usage: Default::default(), nanodollars: None };
        self.settle(id, outcome).await
    }
}

/// What the store has for a question whose answer may be `limit` tokens long: a good answer before
/// one without use, the newest first.
pub(crate) fn held(stored: &[Stored], limit: u32) -> Held {
    let mut best = Held::Nothing;
    for Stored { id, max_tokens, body, .. } in stored {
        let read = match answer::read(body) {
            // All of it went into thoughts that were not shown.
            Read::Flawed(Flaw::Empty, usage)
                if usage.completion_tokens.is_some_and(|n| n >= u64::from(*max_tokens)) =>
            {
                Read::CutOff(usage)
            }
            read => read,
        };
        match (read, &best) {
            (Read::Reply(reply), _) => return Held::Answer(reply),
            (Read::Flawed(flaw, _), Held::Nothing | Held::CutOff(_)) => {
                best = Held::Flawed(flaw, *id);
            }
            (Read::CutOff(_), Held::Nothing) if *max_tokens >= limit => {
                best = Held::CutOff(*max_tokens);
            }
            (Read::CutOff(_), Held::CutOff(most)) => best = Held::CutOff(*max_tokens.max(most)),
            _ => {}
        }
    }
    best
}
