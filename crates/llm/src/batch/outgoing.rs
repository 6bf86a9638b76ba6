//! Questions as a file that somebody else asks.

use std::io::Write;
use std::path::Path;

use cladus_core::{Error, Result, atomic};
use serde::Serialize;

use super::line;
use crate::account::prices::Price;
use crate::account::usage::TokenUsage;
use crate::session::rehearsal::OpenQuestion;
use crate::session::{Session, SharedSession};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// The stage that asks.
    pub stage: String,
    /// The iteration of the run; 0 where it is not known.
    pub iteration: u32,
    /// The model that is asked.
    pub model: String,
    /// Questions.
    pub questions: u64,
    /// Tokens of their prompts, as estimated.
    pub prompt_tokens: u64,
    /// Tokens of the answers, as estimated.
    pub completion_tokens: u64,
    /// What the answers would cost one by one, in billionths of a dollar; `None` where the price is
    /// not known.
    pub nanodollars: Option<u64>,
    /// And in a batch.
    pub nanodollars_in_batch: Option<u64>,
    /// Questions that were left out: they are under way in a batch.
    pub under_way: u64,
}

impl Session {
    /// Writes `open` into the file at `path`, a line a question, as `/v1/batches` and
    /// `vllm run-batch` take it.
    ///
    /// # Errors
    /// When the file or the store cannot be written, or all of it is under way in batches.
    pub fn export(&self, open: Vec<OpenQuestion>, path: &Path) -> Result<Exported> {
        self.block_on(self.shared.export(open, path))
    }
}

impl SharedSession {
    async fn export(&self, open: Vec<OpenQuestion>, path: &Path) -> Result<Exported> {
        let mut under_way = 0;
        let mut calls = Vec::new();
        for OpenQuestion { call } in open {
            if self.answers.under_way(&call.key)?.is_some() {
                under_way += 1;
            } else {
                calls.push(call);
            }
        }
        let Some(first) = calls.first() else {
            return Err(match self.in_a_batch() {
                crate::AskError::Stop(error) => error,
                other => Error::Bug(other.to_string()),
            });
        };
        let (stage, iteration) = (first.stage.clone(), first.iteration);
        let counter = self.counter();
        let expected = self.expected_answer(&stage);
        let mut usage =
            TokenUsage { prompt_tokens: Some(0), cached_tokens: None, completion_tokens: Some(0) };
        for call in &calls {
            let prompt = counter.count(&call.request) as u64;
            // As in a plan: the stages' limits leave room for four times what is usual.
            let answer = expected.unwrap_or(u64::from(call.max_tokens / 4));
            usage.prompt_tokens = usage.prompt_tokens.map(|sum| sum + prompt);
            usage.completion_tokens = usage.completion_tokens.map(|sum| sum + answer);
        }
        // Noted first: whoever has the file may send its answers at once.
        self.answers.note_exported(calls.clone()).await?;
        atomic::publish(path, |file| {
            for call in &calls {
                let line = line::question(&call.key, &call.request);
                file.write_all(line.as_bytes()).map_err(|e| Error::io("write", path, e))?;
            }
            Ok(())
        })?;
        let price = self.chat.price;
        let cost = |price: Option<Price>| price.and_then(|price| price.nanodollars(&usage));
        Ok(Exported {
            stage,
            iteration,
            model: self.chat.model.clone(),
            questions: calls.len() as u64,
            prompt_tokens: usage.prompt_tokens.unwrap_or(0),
            completion_tokens: usage.completion_tokens.unwrap_or(0),
            nanodollars: cost(price),
            nanodollars_in_batch: cost(price.map(Price::in_batch)),
            under_way,
        })
    }
}
