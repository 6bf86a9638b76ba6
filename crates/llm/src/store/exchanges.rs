//! Questions and their answers, to be read by people.

use cladus_core::Result;
use rusqlite::params;
use serde_json::{Map, Value};

use super::{Answers, CallId};
use crate::client::answer;
use crate::client::reply::{Read, Reply};

/// A question that was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The call.
    pub call: CallId,
    /// The model that was asked, as its endpoint calls it.
    pub model: String,
    /// What it was asked about: the user's part of the prompt.
    pub question: String,
    /// What it answered.
    pub answer: Map<String, Value>,
}

impl Answers {
    /// What `stage` asked in an iteration (from 1) and what was answered, in the order of asking. Answers
    /// of no use are left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn exchanges(&self, stage: &str, iteration: u32) -> Result<Vec<Exchange>> {
        let reader = self.reader();
        let find = || {
            reader
                .prepare_cached(
                    "SELECT id, model, request, body FROM calls
                     WHERE stage = ?1 AND iteration = ?2 AND kind = 'chat' AND outcome = 'answer'
                       AND status = 200 AND body IS NOT NULL
                     ORDER BY id",
                )?
                .query_map(params![stage, iteration], |row| {
                    Ok((CallId(row.get(0)?), row.get(1)?, row.get(2)?, row.get(3)?))
                })?
                .collect::<rusqlite::Result<Vec<(CallId, String, String, Vec<u8>)>>>()
        };
        let found = find().map_err(|e| self.cannot_read(&e))?;
        Ok(found.into_iter().filter_map(exchange).collect())
    }
}

fn exchange((call, model, request, body): (CallId, String, String, Vec<u8>)) -> Option<Exchange> {
    let request: Value = serde_json::from_str(&request).ok()?;
    let messages = request.get("messages")?.as_array()?;
    let question = messages.last()?.get("content")?.as_str()?.to_owned();
    match answer::read(&body) {
        Read::Reply(Reply { object, .. }) => {
            Some(Exchange { call, model, question, answer: object })
        }
        _ => None,
    }
}
