//! Answers that were got elsewhere: a file of them, or another store.

use crate::account::usage;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use cladus_core::{Error, Result};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use serde_json::Value;

use super::Skipped;
use super::fetch::WIDTH;
use super::line::{self, AnswerLine};
use crate::account::prices::{Price, Prices};
use crate::client::answer;
use crate::client::reply::Read as Said;
use crate::session::flow::{Held, held};
use crate::session::recover::outcome;
use crate::store::{Answers, Copied, Key, NewBatch, NewCall, OtherStore, QuestionKind};

/// Longest line that is read, in bytes, as long as the longest reply.
const LONGEST_LINE: u64 = 64 << 20;

/// What every SQLite database begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What was imported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Answers of language models that are new here.
    pub answers: u64,
    /// Vectors of texts that are new here.
    pub vectors: u64,
    /// Answers among them whose question was never put here: the stage that will ask it is not
    /// known yet.
    pub unasked: u64,
    /// What was left out.
    pub skipped: Skipped,
}

impl Answers {
    /// Imports the answers in the file at `path`, for the run `run`: lines of JSON as batches have
    /// them, or another store. What is answered here stays as it is, so that it does not matter how
    /// often, or in which order, files are imported.
    ///
    /// # Errors
    /// When the file cannot be read, or its lines hold nothing that could be used, or the store cannot be
    /// written.
    pub async fn import(&self, path: &Path, run: &str, prices: &Prices) -> Result<Imported> {
        if is_store(path)? {
            // A share of the work that had nothing to ask leaves an empty one.
            return self.import_store(path, run).await;
        }
        let imported = self.import_lines(path, run, prices).await?;
        let Imported { answers, vectors, skipped, .. } = imported;
        if answers + vectors + skipped.held == 0 {
            let what = skipped.to_string();
            let what = if what.is_empty() { "it is empty".to_owned() } else { what };
            return Err(Error::damaged(
                path,
                format!("holds no answer that could be used: {what}"),
            ));
        }
        Ok(imported)
    }

    async fn import_store(&self, path: &Path, run: &str) -> Result<Imported> {
        let same = path.canonicalize().map_err(|e| Error::io("read", path, e))?;
        if same == self.path() {
            return Err(Error::config(format!("{} is the store itself", path.display())));
        }
        let other = OtherStore::open(path)?;
        let is_held = |key: &Key, body: &[u8], max_tokens| self.has(key, body, max_tokens);
        let Copied { answers, held, vectors } = self.copy(&other, run, is_held).await?;
        let skipped = Skipped { held, ..Skipped::default() };
        Ok(Imported { answers, vectors, unasked: 0, skipped })
    }

    async fn import_lines(&self, path: &Path, run: &str, prices: &Prices) -> Result<Imported> {
        let mut imported = Imported::default();
        let found = read(path, &mut imported.skipped)?;
        let mut new = Vec::new();
        let mut content = blake3::Hasher::new();
        for (key, FoundAnswer { body, .. }) in found {
            let key = Key(key);
            let call = match self.asked(&key)? {
                Some(call) => call,
                None => unknown(key, &body),
            };
            if self.has(&key, &body, call.max_tokens)? {
                imported.skipped.held += 1;
                continue;
            }
            content.update(&key.0);
            content.update(&body);
            imported.unasked += u64::from(call.stage == UNKNOWN);
            new.push((NewCall { run: run.to_owned(), ..call }, body));
        }
        let Some((first, _)) = new.first() else { return Ok(imported) };
        let batch = NewBatch {
            content: content.finalize().to_hex()[..40].to_owned(),
            run: run.to_owned(),
            endpoint: String::new(),
            model: first.model.clone(),
            profile: String::new(),
        };
        let batch = self.begin_import(batch).await?;
        let batch = batch.ok_or_else(|| Error::Bug("an import has no batch".to_owned()))?;
        imported.answers = new.len() as u64;
        let keep = |(call, body): (NewCall, Vec<u8>)| async move {
            let price = prices.of(&call.model).map(Price::in_batch);
            let outcome = outcome(200, &body, price.as_ref());
            let id = self.keep_imported(batch, call, body).await?;
            self.settle(id, outcome).await
        };
        // Several at once: they share their way to the disk.
        let kept: Result<()> =
            stream::iter(new).map(keep).buffer_unordered(WIDTH).try_collect().await;
        kept.map(|()| imported)
    }

    /// Whether `body` brings nothing new to `key`.
    fn has(&self, key: &Key, body: &[u8], max_tokens: u32) -> Result<bool> {
        let stored = self.stored(key)?;
        let good = matches!(held(&stored, max_tokens), Held::Answer(_));
        Ok(good || stored.iter().any(|stored| stored.body == body))
    }
}

/// The stage of an answer whose question was never put here.
const UNKNOWN: &str = "imported";

/// All that is known of a question that was put elsewhere.
fn unknown(key: Key, body: &[u8]) -> NewCall {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let usage = value.get("usage").map(usage::read).unwrap_or_default();
    NewCall {
        key,
        kind: QuestionKind::Chat,
        run: String::new(),
        iteration: 0,
        stage: UNKNOWN.to_owned(),
        endpoint: String::new(),
        model: value.get("model").and_then(Value::as_str).unwrap_or_default().to_owned(),
        form: String::new(),
        // Where it was cut off, it was asked for at least so much.
        max_tokens: usage.completion_tokens.and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
        expected_prompt_tokens: usage.prompt_tokens.unwrap_or(0),
        expected_nanodollars: None,
        request: String::new(),
        seen: None,
    }
}

/// An answer, and how good it is: better ones are less.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct FoundAnswer {
    rank: u8,
    body: Vec<u8>,
}

/// The answers in a file, one a question: the best, and of equally good ones always the same.
fn read(path: &Path, skipped: &mut Skipped) -> Result<BTreeMap<[u8; 32], FoundAnswer>> {
    let cannot_read = |e| Error::io("read", path, e);
    let mut file = BufReader::with_capacity(1 << 16, File::open(path).map_err(cannot_read)?);
    let mut found: BTreeMap<[u8; 32], FoundAnswer> = BTreeMap::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = file.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
        if read.map_err(cannot_read)? == 0 {
            return Ok(found);
        }
        let (key, body) = match line::answer(&line) {
            AnswerLine::Reply { key, status: 200, body } => (key, body),
            AnswerLine::Reply { .. } | AnswerLine::NotRun { .. } => {
                skipped.failed += 1;
                continue;
            }
            AnswerLine::NotOurs => {
                skipped.unknown += 1;
                continue;
            }
            AnswerLine::Garbage => {
                skipped.garbage += 1;
                continue;
            }
            AnswerLine::Blank => continue,
        };
        let rank = match answer::read(&body) {
            Said::Reply(_) => 0,
            Said::Flawed(..) => 1,
            Said::CutOff(_) => 2,
            Said::NotAReply(_) => {
                skipped.failed += 1;
                continue;
            }
        };
        let new = FoundAnswer { rank, body };
        match found.get_mut(&key.0) {
            Some(old) => {
                skipped.repeated += 1;
                if new < *old {
                    *old = new;
                }
            }
            None => {
                found.insert(key.0, new);
            }
        }
    }
}

fn is_store(path: &Path) -> Result<bool> {
    let cannot_read = |e| Error::io("read", path, e);
    let mut start = Vec::with_capacity(MAGIC.len());
    let file = File::open(path).map_err(cannot_read)?;
    file.take(MAGIC.len() as u64).read_to_end(&mut start).map_err(cannot_read)?;
    Ok(start == MAGIC)
}
