//! Embeddings from an endpoint: batched, concurrent, and kept a text at a time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cladus_core::progress::Progress;
use cladus_core::{EndpointFault, Error};
use cladus_embedder::{EmbeddedText, Embedder};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Map, Value};

use super::Session;
use super::asker::AskError;
use crate::client::vectors;
use crate::session::tally::Tally;
use crate::store::{Key, Outcome};

/// Texts in one call: every endpoint takes as many, and a lost call loses little.
pub const TEXTS_A_CALL: usize = 128;
/// Bytes of text in one call: about 60,000 tokens.
const BYTES_A_CALL: usize = 200_000;
/// Raised when the same text is embedded in other words.
const KEY_VERSION: &[u8] = b"cladus embedding 1";

/// Embeds by an endpoint's embedding model.
pub(crate) struct ApiEmbedder<'a> {
    session: Arc<Session>,
    tally: Arc<Tally>,
    dimensions: Option<u32>,
    progress: &'a dyn Progress,
}

impl<'a> ApiEmbedder<'a> {
    pub(crate) fn new(
        session: Arc<Session>,
        tally: Arc<Tally>,
        dimensions: Option<u32>,
        progress: &'a dyn Progress,
    ) -> Self {
        Self { session, tally, dimensions, progress }
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
        self.session.shared.embedding.dim.get().copied().unwrap_or(0)
    }

    fn embed(
        &self,
        texts: &[EmbeddedText<'_>],
        on_done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<f32>, cladus_embedder::Error> {
        let texts: Vec<String> = texts.iter().map(joined).collect();
        // A thread of its own: a stage may be in the middle of asking when it needs vectors.
        let work = || self.session.block_on(self.of_one_length(&texts, on_done));
        let vectors = std::thread::scope(|scope| scope.spawn(work).join());
        let vectors = vectors
            .unwrap_or_else(|_| Err(Error::Bug("a thread that embeds has panicked".to_owned())))
            .map_err(|e| cladus_embedder::Error::Outside(Box::new(e)))?;
        self.tell();
        let Some(dim) = vectors.first().map(Vec::len) else { return Ok(Vec::new()) };
        let known = *self.session.shared.embedding.dim.get_or_init(|| dim);
        if vectors.iter().any(|vector| vector.len() != known) {
            let problem = format!("vectors of other lengths than {known}");
            return Err(cladus_embedder::Error::Broken { id: self.id(), problem });
        }
        Ok(vectors.concat())
    }
}

impl ApiEmbedder<'_> {
    /// Passes on what calls had to say.
    fn tell(&self) {
        for warning in self.tally.take_warnings() {
            self.progress.warn(&warning);
        }
        self.progress.spent(self.tally.spent());
    }

    /// One vector a text, all of one length. Where some have another one, the model behind the name has
    /// changed, or one call was answered by another: the fewer are asked for again, and if they stay as
    /// they are, the others.
    async fn of_one_length(
        &self,
        texts: &[String],
        on_done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Vec<f32>>, Error> {
        let mut vectors = self.vectors(texts, &[], on_done).await?;
        for _ in 0..2 {
            let Some((fewer, most)) = self.odd_lengths(&vectors) else { return Ok(vectors) };
            let odd: Vec<usize> =
                (0..texts.len()).filter(|&at| vectors[at].len() == fewer).collect();
            self.tally.warn(format!(
                "{} of {} vectors have {fewer} numbers, and not {most}: they are asked for again",
                odd.len(),
                texts.len()
            ));
            let again = self.vectors(texts, &odd, &|_| {}).await?;
            if odd.iter().all(|&at| again[at].len() == fewer) {
                // It is the new length: what was held before is of another model.
                let old: Vec<usize> = (0..texts.len()).filter(|at| !odd.contains(at)).collect();
                vectors = self.vectors(texts, &old, &|_| {}).await?;
            } else {
                vectors = again;
            }
        }
        match self.odd_lengths(&vectors) {
            None => Ok(vectors),
            Some((one, other)) => Err(Error::Endpoint {
                fault: EndpointFault::Temporary,
                problem: format!(
                    "{} answers with vectors of {one} and of {other} numbers",
                    self.session.shared.embedding.base_url
                ),
                hint: "are there several models behind one name? Vectors are kept; run the same command again, or name another model".to_owned(),
            }),
        }
    }

    /// The length that fewest vectors have, and the one that most have, where there are two. A length
    /// that earlier vectors of this process have counts as that of most.
    fn odd_lengths(&self, vectors: &[Vec<f32>]) -> Option<(usize, usize)> {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for vector in vectors {
            *counts.entry(vector.len()).or_default() += 1;
        }
        if let Some(dim) = self.session.shared.embedding.dim.get() {
            *counts.entry(*dim).or_default() += usize::MAX / 2;
        }
        let most = counts.iter().max_by_key(|(_, count)| **count).map(|(length, _)| *length)?;
        let fewest = counts.iter().filter(|(length, _)| **length != most);
        fewest.min_by_key(|(_, count)| **count).map(|(length, _)| (*length, most))
    }

    /// One vector a text, held ones first looked up, the others asked for; those `anew`, too.
    async fn vectors(
        &self,
        texts: &[String],
        anew: &[usize],
        on_done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Vec<f32>>, Error> {
        let shared = &self.session.shared;
        self.recover().await?;
        let keys: Vec<Key> = texts.iter().map(|text| self.key(text)).collect();
        let mut vectors = shared.answers.vectors(&keys)?;
        for &at in anew {
            vectors[at] = None;
        }
        let missing: Vec<usize> = (0..texts.len()).filter(|&at| vectors[at].is_none()).collect();
        let held = texts.len() - missing.len();
        on_done(held);
        let calls = batches(texts, &missing);
        if shared.planning && !calls.is_empty() {
            return Err(self.planned(texts, &calls));
        }
        let calls =
            calls.into_iter().map(|batch| self.apart(texts, &keys, batch, !anew.is_empty()));
        let mut calls = stream::iter(calls).buffer_unordered(shared.width.max(1));
        loop {
            // What calls have to say is said while they wait.
            let next = tokio::time::timeout(Duration::from_secs(2), calls.try_next()).await;
            let Ok(next) = next else {
                self.tell();
                continue;
            };
            let Some((batch, found)) = next? else { break };
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

    /// Counts what calls would come to.
    fn planned(&self, texts: &[String], calls: &[Vec<usize>]) -> Error {
        for batch in calls {
            let tokens = batch.iter().map(|&at| crate::account::tokens::estimate(&texts[at])).sum();
            self.tally.planned(tokens, 0, self.session.shared.embedding.price.as_ref());
        }
        self.progress.spent(self.tally.spent());
        error(AskError::Planned)
    }

    /// Asks for the vectors of the texts at `batch` in a task of its own: what is on its way is paid for,
    /// whether or not anybody still waits. `anew` says that an answer that is held does not count.
    fn apart(
        &self,
        texts: &[String],
        keys: &[Key],
        batch: Vec<usize>,
        anew: bool,
    ) -> impl Future<Output = Result<(Vec<usize>, Vec<Vec<f32>>), Error>> + use<> {
        let inputs: Vec<String> = batch.iter().map(|&at| texts[at].clone()).collect();
        let keys: Vec<Key> = batch.iter().map(|&at| keys[at]).collect();
        let (shared, tally) = (Arc::clone(&self.session.shared), Arc::clone(&self.tally));
        let dimensions = self.dimensions;
        let flight = shared.flights.take_off();
        let call = self.session.spawn(async move {
            let _flight = flight;
            shared.embed(inputs, &keys, (dimensions, anew), &tally).await
        });
        async move {
            let found = match call.await {
                Ok(found) => found,
                Err(panic) => Err(AskError::Stop(Error::Bug(panic.to_string()))),
            };
            found.map(|vectors| (batch, vectors)).map_err(error)
        }
    }

    /// Replies that were kept and not read before the process was killed.
    async fn recover(&self) -> Result<(), Error> {
        let shared = &self.session.shared;
        let extra = &shared.embedding.extra;
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
            let Ok(read) = vectors::read(&body, inputs.len()) else { continue };
            let found = inputs.iter().zip(read.vectors).filter_map(|(input, vector)| {
                Some((key(model, dimensions, extra, input), vector?))
            });
            let outcome = Outcome::Answer { usage: read.usage, nanodollars: None };
            shared.answers.keep_vectors(id, outcome, found.collect()).await?;
        }
        Ok(())
    }

    fn key(&self, text: &str) -> Key {
        let endpoint = &self.session.shared.embedding;
        key(&endpoint.model, self.dimensions, &endpoint.extra, text)
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

fn joined(text: &EmbeddedText<'_>) -> String {
    match (text.name.is_empty(), text.description.is_empty()) {
        (false, false) => format!("{}. {}", text.name, text.description),
        (false, true) => text.name.to_owned(),
        (true, false) => text.description.to_owned(),
        // Endpoints refuse the empty text.
        (true, true) => "-".to_owned(),
    }
}

/// The key of the vector of a text: a hash of everything that could change it.
pub(crate) fn key(
    model: &str,
    dimensions: Option<u32>,
    extra: &Map<String, Value>,
    text: &str,
) -> Key {
    let dimensions = dimensions.unwrap_or(0).to_le_bytes();
    let mut hash = blake3::Hasher::new();
    for field in [KEY_VERSION, model.as_bytes(), &dimensions, text.as_bytes()] {
        hash.update(&(field.len() as u64).to_le_bytes());
        hash.update(field);
    }
    if !extra.is_empty() {
        hash.update(Value::Object(extra.clone()).to_string().as_bytes());
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

#[cfg(test)]
mod tests {
    use super::*;

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
