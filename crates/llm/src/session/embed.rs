//! Vectors of some texts: asked for, kept, and put to their texts.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::SharedSession;
use super::asker::AskError;
use super::attempt::{Attempt, To};
use super::call::{Course, Failure, Go};
use super::embeddings::key;
use super::kept::WholeReply;
use crate::account::budget::Reservation;
use crate::client::ladder::{Came, EndpointKnowledge};
use crate::client::profile::{EndpointProfile, LIST};
use crate::client::refusal::{self, RefusalMeaning};
use crate::client::reply::Flaw;
use crate::client::vectors;
use crate::client::wire::Service;
use crate::session::tally::Tally;
use crate::store::{CallId, Key, NewCall, Outcome, QuestionKind};

/// What calls for embeddings are called among the kinds of calls.
const KIND: &str = "embeddings";

/// The texts of one call, and what has come of them.
struct CallTexts<'a> {
    inputs: Vec<String>,
    keys: &'a [Key],
    found: BTreeMap<usize, Vec<f32>>,
    dimensions: Option<u32>,
    /// Texts in one request, at most.
    most: usize,
    /// Some were too many at once, whichever they were.
    too_many: bool,
    /// Those that are left for the end, for the server fails at them.
    later: BTreeSet<usize>,
}

/// So many are left for the end; where it fails at more, it is none of the texts.
const LATER: usize = 2;

impl CallTexts<'_> {
    /// Which to ask for next.
    fn next(&self, limit: Option<usize>) -> Vec<usize> {
        let first = self.open().filter(|at| !self.later.contains(at));
        let first: Vec<usize> =
            first.take(self.most.min(limit.unwrap_or(usize::MAX)).max(1)).collect();
        // One at a time, then.
        if first.is_empty() { self.open().take(1).collect() } else { first }
    }

    fn open(&self) -> impl Iterator<Item = usize> {
        (0..self.inputs.len()).filter(|at| !self.found.contains_key(at))
    }

    /// May this one wait until others have been asked about?
    fn others(&self, asked: &[usize]) -> bool {
        let is_other = |at: &usize| !asked.contains(at) && !self.later.contains(at);
        let known = asked.iter().any(|at| self.later.contains(at));
        !known && self.later.len() < LATER && self.open().any(|at| is_other(&at))
    }
}

impl SharedSession {
    /// The vectors of `inputs`, in their order; `anew` says that an answer that is held does not count.
    pub(crate) async fn embed(
        &self,
        inputs: Vec<String>,
        keys: &[Key],
        (dimensions, anew): (Option<u32>, bool),
        tally: &Tally,
    ) -> Result<Vec<Vec<f32>>, AskError> {
        let endpoint = &self.embedding;
        let _alone = self.unless_stopped(endpoint.alone(KIND)).await?;
        let most = inputs.len().min(endpoint.fewer());
        let found = BTreeMap::new();
        let later = BTreeSet::new();
        let mut texts = CallTexts { inputs, keys, found, dimensions, most, too_many: false, later };
        let mut course = Course::new(self.patience, tally);
        let mut seen = match anew {
            true => Some(self.answers.newest().map_err(|e| self.fault(&e))?),
            false => None,
        };
        loop {
            let profile = endpoint.profile();
            let asked = texts.next(profile.inputs);
            if asked.is_empty() {
                if texts.too_many {
                    endpoint.takes_fewer(texts.most);
                }
                return Ok(texts.found.into_values().collect());
            }
            let (new, body) = self.new_embedding(&texts, &asked, &profile, tally);
            let new = NewCall { seen, ..new };
            let unknown = course.tried.unknown;
            let to = To { endpoint, service: Service::Embeddings, kind: KIND, unknown };
            let Some(attempt) = self.attempt(to, new, &body, tally).await? else {
                self.got_elsewhere(&mut texts, &asked, &mut seen, &mut course).await?;
                continue;
            };
            let landed = self.embedded(to, attempt, &mut texts, &asked, tally).await?;
            let came = match &landed {
                Ok(missing) => Came::Vectors { missing: *missing },
                Err(failure) => failure.came(),
            };
            let known = EndpointKnowledge {
                inputs: asked.len(),
                others: texts.others(&asked),
                may_cut: endpoint.may_cut(),
                ..self.known(to, &profile)
            };
            let go = self.follow(to, &came, &known, &mut course).await?;
            self.went(go, &came, &mut texts, &asked, &mut course).await?;
        }
    }

    /// What a call for the texts at `asked` means for the next one.
    async fn went<'t>(
        &self,
        go: Go,
        came: &Came<'_>,
        texts: &mut CallTexts<'_>,
        asked: &[usize],
        course: &mut Course<'t>,
    ) -> Result<(), AskError> {
        match go {
            Go::Keep => {
                *course = Course::new(self.patience, course.tally);
                if !texts.too_many {
                    texts.most = texts.most.saturating_mul(2);
                }
            }
            Go::Again => {}
            Go::Fewer { most, lasting } => {
                texts.most = most.unwrap_or(asked.len() / 2).clamp(1, asked.len());
                texts.too_many = true;
                if lasting {
                    self.knows_inputs(texts.most, course.tally).await;
                }
            }
            Go::PutOff => {
                texts.later.extend(asked);
                texts.too_many = false;
                *course = Course::new(self.patience, course.tally);
            }
            Go::Cut => {
                let is_long =
                    matches!(came, Came::Said(said) if said.meaning == RefusalMeaning::TooLong);
                if !is_long && course.tried.cuts == 1 {
                    self.embedding.cut_one();
                }
                *course = course.afresh(self.patience);
                // One text made them few.
                texts.too_many = false;
                self.cut(&mut texts.inputs[asked[0]], course.tally);
            }
            Go::Form(_) | Go::Read(_) | Go::Less(_) | Go::More => {
                return Err(AskError::Flawed(Flaw::BadRequest("no way to ask".to_owned())));
            }
        }
        Ok(())
    }

    /// A request for the vectors of the texts at `asked`.
    fn new_embedding(
        &self,
        texts: &CallTexts<'_>,
        asked: &[usize],
        profile: &EndpointProfile,
        tally: &Tally,
    ) -> (NewCall, Value) {
        let endpoint = &self.embedding;
        let inputs: Vec<&String> = asked.iter().map(|&at| &texts.inputs[at]).collect();
        let mut body = match inputs[..] {
            [text] if !profile.takes(LIST) => json!({ "model": endpoint.model, "input": text }),
            _ => json!({ "model": endpoint.model, "input": inputs }),
        };
        if let Some(fields) = body.as_object_mut() {
            if profile.takes("encoding_format") {
                fields.insert("encoding_format".to_owned(), json!("float"));
            }
            if let Some(dimensions) = texts.dimensions {
                fields.insert("dimensions".to_owned(), json!(dimensions));
            }
            fields.extend(endpoint.extra.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        let request = body.to_string();
        let new = NewCall {
            key: key(&endpoint.model, texts.dimensions, &endpoint.extra, &request),
            kind: QuestionKind::Embedding,
            run: self.account.run.clone(),
            iteration: tally.iteration,
            stage: tally.stage.to_owned(),
            endpoint: endpoint.base_url.clone(),
            model: endpoint.model.clone(),
            form: KIND.to_owned(),
            max_tokens: 0,
            expected_prompt_tokens: crate::account::tokens::estimate(&request),
            expected_nanodollars: None,
            request,
            seen: None,
        };
        (new, body)
    }

    /// Keeps what came; says how many texts have no vector still.
    async fn embedded(
        &self,
        to: To<'_>,
        attempt: Attempt,
        texts: &mut CallTexts<'_>,
        asked: &[usize],
        tally: &Tally,
    ) -> Result<Result<usize, Failure>, AskError> {
        let WholeReply { id, permit, reservation, headers, body, took } =
            match self.whole(attempt).await? {
                Ok(reply) => reply,
                Err(failure) => return Ok(Err(failure)),
            };
        let body = to.endpoint.redacted(&body);
        let came = (id, (&headers, &body[..]));
        let kept = self.keep_vectors(to, came, reservation, (texts, asked), tally).await?;
        if kept.is_ok() {
            to.endpoint.took(KIND, took);
        }
        Ok(self.paced(kept, (&permit, &headers), (KIND, took)))
    }

    async fn keep_vectors(
        &self,
        to: To<'_>,
        (id, (headers, body)): (CallId, (&HeaderMap, &[u8])),
        reservation: Reservation,
        (texts, asked): (&mut CallTexts<'_>, &[usize]),
        tally: &Tally,
    ) -> Result<Result<usize, refusal::Refusal>, AskError> {
        let read = match vectors::read(body, asked.len()) {
            Ok(read) => read,
            Err(problem) => {
                let mut said = refusal::read(200, headers, body);
                if !said.all.contains("error") {
                    said.message = problem;
                }
                self.refused(id, &said, body.to_vec(), reservation).await?;
                return Ok(Err(said));
            }
        };
        if read.vectors.iter().all(Option::is_none) {
            self.answers.received(id, 200, body.to_vec()).await.map_err(|e| self.fault(&e))?;
            self.settle(id, Outcome::NotAReply("no vector at all".to_owned())).await?;
            self.budget().settle_unknown(reservation);
            self.account.freed.notify_waiters();
            return Ok(Ok(asked.len()));
        }
        to.endpoint.works();
        let nanodollars = self.book(&read.usage, reservation, tally, to.endpoint);
        let outcome = Outcome::Answer { usage: read.usage, nanodollars };
        let came = asked.iter().zip(read.vectors);
        let came: Vec<(usize, Vec<f32>)> =
            came.filter_map(|(&at, vector)| Some((at, vector?))).collect();
        // Reply and vectors in one write: who finds the call answered finds its vectors.
        // A text that was cut is found by itself, too.
        let kept = came.iter().flat_map(|(at, vector)| {
            let names = [texts.keys[*at], self.own_key(texts, *at)];
            let names = if names[0] == names[1] { &names[..1] } else { &names[..] };
            names.iter().map(|key| (*key, vector.clone())).collect::<Vec<_>>()
        });
        let kept = kept.collect();
        let kept = self.answers.keep_vectors(id, outcome, kept).await;
        kept.map_err(|e| self.fault(&e))?;
        let learnt = to.endpoint.update(EndpointProfile::having_answered);
        if let Some(profile) = learnt {
            self.remember(to.endpoint, &profile).await;
        }
        let missing = asked.len() - came.len();
        texts.found.extend(came);
        Ok(Ok(missing))
    }

    /// The key of a text as it is asked about: another one where it was cut.
    fn own_key(&self, texts: &CallTexts<'_>, at: usize) -> Key {
        let endpoint = &self.embedding;
        key(&endpoint.model, texts.dimensions, &endpoint.extra, &texts.inputs[at])
    }

    /// The same has been asked, by another process or of a text that is the same once it is cut: the
    /// vectors are there, or will be once it has read its answer.
    async fn got_elsewhere(
        &self,
        texts: &mut CallTexts<'_>,
        asked: &[usize],
        seen: &mut Option<CallId>,
        course: &mut Course<'_>,
    ) -> Result<(), AskError> {
        for pause in [0, 250, 1_000] {
            let pause = std::time::Duration::from_millis(pause);
            self.unless_stopped(tokio::time::sleep(pause)).await?;
            let held = |keys: Vec<Key>| self.answers.vectors(&keys).map_err(|e| self.fault(&e));
            let whole = held(asked.iter().map(|&at| texts.keys[at]).collect())?;
            let own = held(asked.iter().map(|&at| self.own_key(texts, at)).collect())?;
            let both = asked.iter().zip(whole.into_iter().zip(own));
            let came = both.filter_map(|(&at, (whole, own))| Some((at, whole.or(own)?)));
            let came: Vec<(usize, Vec<f32>)> = came.collect();
            if !came.is_empty() {
                texts.found.extend(came);
                return Ok(());
            }
        }
        // An answer that nobody could read stands in nobody's way.
        *seen = Some(self.answers.newest().map_err(|e| self.fault(&e))?);
        course.tried.short += 1;
        Ok(())
    }

    /// The endpoint takes so many texts at once.
    async fn knows_inputs(&self, most: usize, tally: &Tally) {
        let endpoint = &self.embedding;
        let learnt = endpoint.update(|profile| {
            let mut next = profile.clone();
            next.inputs = Some(profile.inputs.map_or(most, |known| known.min(most)));
            next
        });
        if let Some(profile) = learnt {
            tracing::info!(most, "{} takes so many texts at once", endpoint.base_url);
            self.remember(endpoint, &profile).await;
            if endpoint.tell_once("inputs") {
                tally.warn(format!("{} takes {most} texts at once", endpoint.base_url));
            }
        }
    }

    /// Half of a text that is longer than the model takes.
    fn cut(&self, text: &mut String, tally: &Tally) {
        let half = text.floor_char_boundary(text.len() / 2).max(1);
        text.truncate(text.floor_char_boundary(half));
        if text.trim().is_empty() {
            "-".clone_into(text);
        }
        if self.embedding.tell_once("cut") {
            tally.warn(format!(
                "some texts are longer than {} takes, or it has no vector for them: their vectors are of their beginning",
                self.embedding.model
            ));
        }
    }

    /// Keeps how an endpoint is asked, for the processes to come.
    pub(crate) async fn remember(
        &self,
        endpoint: &super::endpoint::Endpoint,
        profile: &EndpointProfile,
    ) {
        let Ok(text) = serde_json::to_string(&profile.certain()) else { return };
        let kept = self.answers.set_profile(&endpoint.base_url, &endpoint.model, &text).await;
        if let Err(error) = kept {
            // Not a loss: it is found out again.
            tracing::warn!("cannot remember how {} is asked: {error}", endpoint.base_url);
        }
    }
}
