//! Embeddings from an endpoint: batched, concurrent, and kept a text at a time.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use cladus_core::progress::Progress;
use cladus_core::{EndpointFault, Error};
use cladus_embedder::{Embedder, Text};
use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::tally::Tally;
use crate::client::backoff::Backoff;
use crate::client::pacing::retry_after;
use crate::client::refusal::Refusal;
use crate::client::reply;
use crate::client::wire::{Received, Sent, Service};
use crate::session::asker::AskError;
use crate::session::attempt::Attempt;
use crate::session::{Session, Shared};
use crate::store::{Key, Kind, NewCall, Outcome};

/// Texts in one call: every endpoint takes as many, and a lost call loses little.
pub const TEXTS_A_CALL: usize = 128;
/// Bytes of text in one call: about 60,000 tokens.
const BYTES_A_CALL: usize = 200_000;
/// Attempts of a call, whatever went wrong with the others.
const ATTEMPTS: u32 = 6;
/// Raised when the same text is embedded in other words.
const KEY_VERSION: &[u8] = b"cladus embedding 1";

/// Embeds by an endpoint's embedding model.
pub(crate) struct ApiEmbedder<'a> {
    session: Arc<Session>,
    tally: Arc<Tally>,
    dimensions: Option<u32>,
    dim: OnceLock<usize>,
    progress: &'a dyn Progress,
}

impl<'a> ApiEmbedder<'a> {
    pub(crate) fn new(
        session: Arc<Session>,
        tally: Arc<Tally>,
        dimensions: Option<u32>,
        progress: &'a dyn Progress,
    ) -> Self {
        Self { session, tally, dimensions, dim: OnceLock::new(), progress }
    }
}

impl Embedder for ApiEmbedder<'_> {
    fn id(&self) -> String {
        let model = &self.session.shared.embedding.model;
        match self.dimensions {
            Some(dimensions) => format!("api model={model} dimensions={dimensions}"),
            None => format!("api model={model}"),
        }
    }

    /// Known once something was embedded.
    fn dim(&self) -> usize {
        self.dim.get().copied().unwrap_or(0)
    }

    fn embed(
        &self,
        texts: &[Text<'_>],
        on_done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<f32>, cladus_embedder::Error> {
        let texts: Vec<String> = texts.iter().map(joined).collect();
        // A thread of its own: a stage may be in the middle of asking when it needs vectors.
        let work = || self.session.block_on(self.vectors(&texts, on_done));
        let vectors = std::thread::scope(|scope| scope.spawn(work).join());
        let vectors = vectors
            .unwrap_or_else(|_| Err(Error::Bug("a thread that embeds has panicked".to_owned())))
            .map_err(|e| cladus_embedder::Error::Outside(Box::new(e)))?;
        for warning in self.tally.take_warnings() {
            self.progress.warn(&warning);
        }
        self.progress.spent(self.tally.spent());
        let Some(dim) = vectors.first().map(Vec::len) else { return Ok(Vec::new()) };
        let known = *self.dim.get_or_init(|| dim);
        if vectors.iter().any(|vector| vector.len() != known) {
            let problem = format!("vectors of other lengths than {known}");
            return Err(cladus_embedder::Error::Broken { id: self.id(), problem });
        }
        Ok(vectors.concat())
    }
}

impl ApiEmbedder<'_> {
    /// One vector a text, held ones first looked up, the others asked for.
    async fn vectors(
        &self,
        texts: &[String],
        on_done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Vec<f32>>, Error> {
        let shared = &self.session.shared;
        self.recover().await?;
        let keys: Vec<Key> = texts.iter().map(|text| self.key(text)).collect();
        let mut vectors = shared.answers.vectors(&keys)?;
        let missing: Vec<usize> = (0..texts.len()).filter(|&at| vectors[at].is_none()).collect();
        let held = texts.len() - missing.len();
        on_done(held);
        let calls = batches(texts, &missing);
        if shared.planning && !calls.is_empty() {
            for batch in calls {
                let tokens =
                    batch.iter().map(|&at| crate::account::tokens::estimate(&texts[at])).sum();
                self.tally.planned(tokens, 0, shared.embedding.price.as_ref());
            }
            self.progress.spent(self.tally.spent());
            return Err(error(AskError::Planned));
        }
        let calls = calls.into_iter().map(|batch| {
            let inputs: Vec<String> = batch.iter().map(|&at| texts[at].clone()).collect();
            let keys: Vec<Key> = batch.iter().map(|&at| keys[at]).collect();
            let (shared, tally) = (Arc::clone(shared), Arc::clone(&self.tally));
            let dimensions = self.dimensions;
            let flight = shared.flights.take_off();
            let call = self.session.spawn(async move {
                let _flight = flight;
                shared.embed(&inputs, &keys, dimensions, &tally).await
            });
            async move {
                let found = match call.await {
                    Ok(found) => found,
                    Err(panic) => Err(AskError::Stop(Error::Bug(panic.to_string()))),
                };
                found.map(|vectors| (batch, vectors)).map_err(error)
            }
        });
        let mut calls = stream::iter(calls).buffer_unordered(shared.width.max(1));
        while let Some((batch, found)) = calls.try_next().await? {
            on_done(batch.len());
            for (at, vector) in batch.into_iter().zip(found) {
                vectors[at] = Some(vector);
            }
        }
        vectors
            .into_iter()
            .map(|vector| vector.ok_or_else(|| Error::Bug("a text without a vector".to_owned())))
            .collect()
    }

    /// Replies that were kept and not read before the process was killed.
    async fn recover(&self) -> Result<(), Error> {
        let shared = &self.session.shared;
        for (id, request, body) in shared.answers.unread_embeddings()? {
            let Ok(request) = serde_json::from_str::<Value>(&request) else { continue };
            let model = request.get("model").and_then(Value::as_str).unwrap_or_default();
            let dimensions = request
                .get("dimensions")
                .and_then(Value::as_u64)
                .and_then(|d| u32::try_from(d).ok());
            let inputs: Vec<&str> = request
                .get("input")
                .and_then(Value::as_array)
                .map(|inputs| inputs.iter().filter_map(Value::as_str).collect())
                .unwrap_or_default();
            let Ok(read) = read(&body, inputs.len()) else { continue };
            let found = inputs
                .iter()
                .zip(read.vectors)
                .filter_map(|(input, vector)| Some((key(model, dimensions, input), vector?)));
            let outcome = Outcome::Answer { usage: read.usage, nanodollars: None };
            shared.answers.keep_vectors(id, outcome, found.collect()).await?;
        }
        Ok(())
    }

    fn key(&self, text: &str) -> Key {
        key(&self.session.shared.embedding.model, self.dimensions, text)
    }
}

fn error(error: AskError) -> Error {
    match error {
        AskError::Stop(error) => error,
        AskError::Planned => Error::Endpoint {
            fault: EndpointFault::Planned,
            problem: "not asked: this is a plan".to_owned(),
            hint: String::new(),
        },
        AskError::Flawed(flaw) => Error::Endpoint {
            fault: if flaw.is_passing() {
                EndpointFault::Temporary
            } else {
                EndpointFault::Misaddressed
            },
            problem: format!("the embedding model gives no vectors: {flaw}"),
            hint: "vectors that were paid for are kept; run the same command again, or leave --embedder out".to_owned(),
        },
    }
}

fn joined(text: &Text<'_>) -> String {
    match (text.name.is_empty(), text.description.is_empty()) {
        (false, false) => format!("{}. {}", text.name, text.description),
        (false, true) => text.name.to_owned(),
        (true, false) => text.description.to_owned(),
        // Endpoints refuse the empty text.
        (true, true) => "-".to_owned(),
    }
}

fn key(model: &str, dimensions: Option<u32>, text: &str) -> Key {
    let dimensions = dimensions.unwrap_or(0).to_le_bytes();
    let mut hash = blake3::Hasher::new();
    for field in [KEY_VERSION, model.as_bytes(), &dimensions, text.as_bytes()] {
        hash.update(&(field.len() as u64).to_le_bytes());
        hash.update(field);
    }
    Key(*hash.finalize().as_bytes())
}

/// The missing texts, in calls of a bounded number and size.
fn batches(texts: &[String], missing: &[usize]) -> Vec<Vec<usize>> {
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut bytes = 0;
    for &at in missing {
        bytes += texts[at].len();
        match batches.last_mut() {
            Some(batch) if batch.len() < TEXTS_A_CALL && bytes <= BYTES_A_CALL => batch.push(at),
            _ => {
                bytes = texts[at].len();
                batches.push(vec![at]);
            }
        }
    }
    batches
}

impl Shared {
    /// The vectors of `inputs`, in their order.
    async fn embed(
        &self,
        inputs: &[String],
        keys: &[Key],
        dimensions: Option<u32>,
        tally: &Tally,
    ) -> Result<Vec<Vec<f32>>, AskError> {
        let endpoint = &self.embedding;
        let mut found: HashMap<usize, Vec<f32>> = HashMap::new();
        let mut backoff = Backoff::new(self.patience);
        let mut reason = String::new();
        let mut attempts = 0;
        let mut seen = None;
        while attempts < ATTEMPTS {
            let missing: Vec<usize> =
                (0..inputs.len()).filter(|at| !found.contains_key(at)).collect();
            if missing.is_empty() {
                self.answered();
                return Ok((0..inputs.len()).filter_map(|at| found.remove(&at)).collect());
            }
            let asked: Vec<&String> = missing.iter().map(|&at| &inputs[at]).collect();
            let mut body = json!({
                "model": endpoint.model, "input": asked, "encoding_format": "float",
            });
            if let (Some(dimensions), Some(fields)) = (dimensions, body.as_object_mut()) {
                fields.insert("dimensions".to_owned(), json!(dimensions));
            }
            let request = body.to_string();
            let call = key(&endpoint.model, dimensions, &request);
            let new = NewCall {
                key: call,
                kind: Kind::Embedding,
                run: self.run.clone(),
                iteration: tally.iteration,
                stage: tally.stage.to_owned(),
                endpoint: endpoint.base_url.clone(),
                model: endpoint.model.clone(),
                form: "embeddings".to_owned(),
                max_tokens: 0,
                expected_prompt_tokens: crate::account::tokens::estimate(&request),
                expected_nanodollars: None,
                request,
                seen,
            };
            let attempt = self.attempt(endpoint, Service::Embeddings, new, &body, tally).await?;
            let Some(Attempt { id, permit, reservation, sent }) = attempt else {
                // Another process has asked the same: the vectors are there, or will be once it has
                // read its answer.
                let mut came = self.held_of(&missing, keys)?;
                if came.is_empty() && self.unless_stopped(backoff.wait(None)).await? {
                    came = self.held_of(&missing, keys)?;
                }
                if came.is_empty() {
                    // An answer that nobody could read stands in nobody's way.
                    let stored = self.answers.stored(&call).map_err(|e| self.fault(&e))?;
                    seen = stored.first().map(|newest| newest.id);
                    reason = "an answer that another process got has no vectors".to_owned();
                    attempts += 1;
                }
                found.extend(came);
                continue;
            };
            let mut after = None;
            match sent {
                Sent::Received(Received { status: 200, headers, body }) => {
                    self.pacer.accepted(&headers);
                    self.answers
                        .received(id, 200, body.clone())
                        .await
                        .map_err(|e| self.fault(&e))?;
                    match read(&body, missing.len()) {
                        Ok(read) => {
                            if read.vectors.iter().all(Option::is_none) {
                                let problem = "no vector at all".to_owned();
                                self.settle(id, Outcome::NotAReply(problem.clone())).await?;
                                self.budget().settle_unknown(reservation);
                                reason = problem;
                                attempts += 1;
                                continue;
                            }
                            let nanodollars = self.book(&read.usage, reservation, tally, endpoint);
                            let outcome = Outcome::Answer { usage: read.usage, nanodollars };
                            let came: Vec<(usize, Vec<f32>)> = missing
                                .iter()
                                .zip(read.vectors)
                                .filter_map(|(&at, vector)| Some((at, vector?)))
                                .collect();
                            let kept = came.iter().map(|(at, v)| (keys[*at], v.clone())).collect();
                            let kept = self.answers.keep_vectors(id, outcome, kept).await;
                            kept.map_err(|e| self.fault(&e))?;
                            if came.len() < missing.len() {
                                attempts += 1;
                                reason = format!(
                                    "{} of {} texts have none",
                                    missing.len() - came.len(),
                                    missing.len()
                                );
                            }
                            found.extend(came);
                            continue;
                        }
                        Err(problem) => {
                            self.settle(id, Outcome::NotAReply(problem.clone())).await?;
                            self.budget().settle_unknown(reservation);
                            reason = problem;
                        }
                    }
                }
                Sent::Received(Received { status, headers, body }) => {
                    let said = self.refused(id, status, &body, reservation, endpoint).await?;
                    after = retry_after(&headers, std::time::SystemTime::now());
                    match said.refusal {
                        Refusal::Overloaded => {
                            self.pacer.refused(&permit, after);
                            // Waiting for a turn is no failure: patience ends it, not a count.
                            attempts = attempts.saturating_sub(1);
                        }
                        Refusal::Failed => self.pacer.refused(&permit, after),
                        Refusal::Denied | Refusal::Misaddressed => {
                            return Err(self.turned_away(&said, status, endpoint));
                        }
                        Refusal::TooLong | Refusal::Bad => {
                            return Err(AskError::Flawed(reply::Flaw::BadRequest(said.message)));
                        }
                    }
                    reason = format!("status {status}: {}", said.message);
                }
                Sent::Not(why) => {
                    self.settle(id, Outcome::NeverSent(why.clone())).await?;
                    self.budget().release(reservation);
                    reason = why;
                }
                Sent::Unknown(why) => {
                    self.settle(id, Outcome::Unknown(why.clone())).await?;
                    self.budget().settle_unknown(reservation);
                    self.pacer.refused(&permit, None);
                    reason = why;
                }
            }
            drop(permit);
            self.freed.notify_waiters();
            attempts += 1;
            if !self.unless_stopped(backoff.wait(after)).await? {
                break;
            }
        }
        Err(self.unanswered(&reason, endpoint))
    }

    /// The vectors that the store has for the texts at `places`.
    fn held_of(&self, places: &[usize], keys: &[Key]) -> Result<Vec<(usize, Vec<f32>)>, AskError> {
        let keys: Vec<Key> = places.iter().map(|&at| keys[at]).collect();
        let held = self.answers.vectors(&keys).map_err(|e| self.fault(&e))?;
        Ok(places.iter().zip(held).filter_map(|(&at, vector)| Some((at, vector?))).collect())
    }
}

/// Vectors as they came, one a text that was asked for.
struct Vectors {
    vectors: Vec<Option<Vec<f32>>>,
    usage: reply::Usage,
}

#[derive(Debug, Deserialize)]
struct Embeddings {
    data: Vec<Row>,
    usage: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Row {
    index: Option<usize>,
    embedding: Vec<f32>,
}

/// Reads the vectors of `texts` texts: by their `index` where they have one, for not every server
/// keeps the order.
fn read(body: &[u8], texts: usize) -> Result<Vectors, String> {
    let embeddings: Embeddings = serde_json::from_slice(body)
        .map_err(|e| format!("no embeddings: {}", reply::short(&e.to_string())))?;
    let mut vectors = vec![None; texts];
    let indexed = embeddings.data.iter().all(|row| row.index.is_some());
    if !indexed && embeddings.data.len() != texts {
        return Err(format!(
            "{} vectors without an index for {texts} texts",
            embeddings.data.len()
        ));
    }
    for (place, Row { index, mut embedding }) in embeddings.data.into_iter().enumerate() {
        let at = index.filter(|_| indexed).unwrap_or(place);
        let length = embedding.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
        if !length.is_finite() || length < 1e-12 {
            return Err(format!("vector {at} has no direction"));
        }
        embedding.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
        match vectors.get_mut(at) {
            Some(slot @ None) => *slot = Some(embedding),
            Some(Some(_)) => return Err(format!("two vectors for text {at}")),
            None => return Err(format!("a vector for text {at} of {texts}")),
        }
    }
    let mut usage = embeddings.usage.as_ref().map(reply::usage).unwrap_or_default();
    // Nothing is written, so nothing is left open.
    usage.completion_tokens = usage.completion_tokens.or(Some(0));
    Ok(Vectors { vectors, usage })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_matched_by_their_index() {
        let body = br#"{"data":[{"index":1,"embedding":[0,2]},{"index":0,"embedding":[3,4]}],"usage":{"prompt_tokens":5}}"#;
        let read = read(body, 2).unwrap();
        assert_eq!(read.vectors, [Some(vec![0.6, 0.8]), Some(vec![0.0, 1.0])]);
        assert_eq!(read.usage.prompt_tokens, Some(5));
        let short = super::read(br#"{"data":[{"index":1,"embedding":[1]}]}"#, 2).unwrap();
        assert_eq!(short.vectors, [None, Some(vec![1.0])]);
        for bad in [
            r#"{"data":[{"index":2,"embedding":[1]}]}"#,
            r#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#,
            r#"{"data":[{"embedding":[1]}]}"#,
            r#"{"data":[{"index":0,"embedding":[0,0]}]}"#,
            "<html>",
        ] {
            assert!(super::read(bad.as_bytes(), 2).is_err(), "{bad}");
        }
    }

    #[test]
    fn calls_are_bounded_in_number_and_size() {
        let texts: Vec<String> = (0..300).map(|_| "x".repeat(1_000)).collect();
        let all: Vec<usize> = (0..300).collect();
        let sizes: Vec<usize> = batches(&texts, &all).iter().map(Vec::len).collect();
        assert_eq!(sizes, [128, 128, 44]);
        let long: Vec<String> = (0..3).map(|_| "x".repeat(150_000)).collect();
        assert_eq!(batches(&long, &[0, 1, 2]), [[0], [1], [2]]);
    }
}
