//! From a question to its answer: looked up, or asked for, kept, and only then read.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use cladus_core::Error;
use serde_json::Value;

use super::SharedSession;
use super::asker::AskError;
use super::attempt::To;
use super::call::{Course, Go};
use super::rehearsal::Fate;
use crate::client::answer;
use crate::client::form::AnswerForm;
use crate::client::ladder::{Came, EndpointKnowledge};
use crate::client::profile::EndpointProfile;
use crate::client::reply::{Flaw, Read, Reply};
use crate::client::wire::Service;
use crate::request::Request;
use crate::session::tally::Tally;
use crate::store::{CallId, Key, NewCall, QuestionKind, Stored};

/// What the store has for a question, and the newest answer that was looked at.
type StoredAnswer = (Option<Result<Reply, Flaw>>, Option<CallId>);

/// How a question stands in the store.
pub(crate) enum Held {
    Answer(Reply),
    Flawed(Flaw),
    /// Cut off, also at so many tokens.
    CutOff(u32),
    Nothing,
}

impl SharedSession {
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
                return self.judged(found, asked, tally).await;
            }
            self.is_asked_now(&request, (key, seen), tally)?;
            if !asked {
                alone = self.unless_stopped(endpoint.alone(tally.stage)).await?;
                if longer == 0 {
                    request.max_tokens = self.longest(needed);
                }
            }
            asked = true;
            self.apart(&request, needed, (key, seen), tally).await?;
            let _ = &alone;
        }
    }

    /// What was found, and what it says of answers here. `asked` says that it was paid for just now.
    async fn judged(
        &self,
        found: Result<Reply, Flaw>,
        asked: bool,
        tally: &Tally,
    ) -> Result<Reply, AskError> {
        let endpoint = &self.chat;
        match found {
            Ok(reply) => {
                endpoint.ends();
                Ok(reply)
            }
            Err(Flaw::CutOff(tokens))
                if asked
                    // Who says how long an answer may be knows what that brings.
                    && self.config.llm.max_answer_tokens.is_none()
                    && endpoint.never_ends() =>
            {
                // First: while the disk is waited for, nobody else may ask.
                let stop = self.no_end(endpoint, tokens);
                // A model that has been mended is asked again.
                let useless = self.answers.set_aside(tally.useless());
                useless.await.map_err(|e| self.fault(&e))?;
                Err(stop)
            }
            Err(flaw) => Err(AskError::Flawed(flaw)),
        }
    }

    /// Nothing is sent for a plan, nor for a batch that is yet to be handed over.
    fn is_asked_now(
        &self,
        request: &Request,
        (key, seen): (Key, Option<CallId>),
        tally: &Tally,
    ) -> Result<(), AskError> {
        if self.planning {
            return Err(AskError::Planned);
        }
        if self.given_up.load(Ordering::Relaxed) {
            let why = "not asked, for no answer to the stage before was of use";
            return Err(AskError::Flawed(Flaw::NoAnswer(why.to_owned())));
        }
        match self.rehearsed.fate(&key) {
            Fate::Ask => Ok(()),
            Fate::GivenUp(flaw) => Err(AskError::Flawed(flaw)),
            Fate::Write => {
                let profile = self.chat.profile();
                let form = profile.form(tally.stage);
                let (call, _) = self.new_call(request, key, seen, tally, (&profile, form));
                self.rehearsed.write(call);
                Err(AskError::Planned)
            }
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
    ) -> Result<StoredAnswer, AskError> {
        let stored = self.answers.stored(key).map_err(|e| self.fault(&e))?;
        let seen = stored.first().map(|newest| newest.id);
        let stored = match &tally.reask {
            Some(reask) => reask.still_good(request, stored),
            None => stored,
        };
        loop {
            let found = match held(&stored, request.max_tokens) {
                Held::Nothing => return Ok((None, seen)),
                Held::Answer(reply) => Ok(reply),
                Held::Flawed(flaw) => Err(flaw),
                Held::CutOff(at) => match self.longer(request, *longer) {
                    Some(more) => {
                        *longer += 1;
                        request.max_tokens = more;
                        continue;
                    }
                    None => Err(Flaw::CutOff(at)),
                },
            };
            if found.is_err() {
                // All of them: one that was asked for in another form would be found in the place of the
                // newest.
                tally.of_no_use(stored.iter().map(|stored| stored.id));
            }
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

    /// `request` as a call that is about to be sent, and its body.
    pub(crate) fn new_call(
        &self,
        request: &Request,
        key: Key,
        seen: Option<CallId>,
        tally: &Tally,
        (profile, form): (&EndpointProfile, AnswerForm),
    ) -> (NewCall, Value) {
        let endpoint = &self.chat;
        let temperature = self.config.llm.temperature;
        let body = profile.body(request, form, &endpoint.model, temperature, &endpoint.extra);
        let text = body.to_string();
        let new = NewCall {
            key,
            kind: QuestionKind::Chat,
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
        mut seen: Option<CallId>,
        tally: &Tally,
    ) -> Result<(), AskError> {
        let (endpoint, kind) = (&self.chat, tally.stage);
        let mut course = Course::new(self.patience, tally);
        let mut over: Option<AnswerForm> = None;
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
            if form != AnswerForm::Schema {
                tally.stepped_down(form.as_str());
            }
            if let Ok(Read::Reply(_)) = &read {
                self.answered_in(kind, form, over.is_some()).await;
            }
            let came = match &read {
                Ok(read) => Came::Answer(read),
                Err(failure) => failure.came(),
            };
            let known = EndpointKnowledge {
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
                    // An answer of no use is seen, and stands in nobody's way.
                    seen = read.is_ok().then_some(id).or(seen);
                    over = Some(simpler);
                    endpoint.update(|profile| profile.still_not(kind));
                }
                Go::Read(written) => return self.use_written(id, &written).await,
                Go::Less(tokens) => {
                    self.takes_less(tokens, known.needed).await;
                    request.max_tokens = tokens;
                }
                Go::More => self.asks_for_more(&mut request, course.tried.more - 1).await?,
                Go::Fewer { .. } | Go::PutOff | Go::Cut => {
                    return Err(AskError::Flawed(Flaw::TooLong));
                }
            }
        }
    }

    /// Notes in which form an answer came, and keeps that where it is news.
    pub(crate) async fn answered_in(&self, kind: &str, form: AnswerForm, doubted: bool) {
        let learnt = self.chat.update(|profile| profile.answered_in(kind, form, doubted));
        if let Some(profile) = learnt {
            self.remember(&self.chat, &profile).await;
        }
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
            (Read::Reply(reply), _) => return Held::Answer(Reply { call: Some(*id), ..reply }),
            (Read::Flawed(flaw, _), Held::Nothing | Held::CutOff(_)) => {
                best = Held::Flawed(flaw);
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
