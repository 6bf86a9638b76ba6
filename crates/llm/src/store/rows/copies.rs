//! How answers of another store are written.

use rusqlite::{OptionalExtension, Transaction, params};

use super::super::kinds::CopiedCall;
use super::super::work::Done;
use crate::key::{CallId, Key};

/// As in the table `calls`; the run is told apart here, and batches are not.
pub(in crate::store) const REST: &str =
    "kind, iteration, stage, endpoint, model, form, expected_prompt_tokens,
  expected_nanodollars, session, started_ms, received_ms, ended_ms, outcome, status, error,
  prompt_tokens, cached_tokens, completion_tokens, nanodollars, request";
pub(in crate::store) const COLUMNS: usize = 20;

pub(super) fn call(on: &Transaction<'_>, call: &CopiedCall) -> rusqlite::Result<Done> {
    let places: Vec<String> = (1..=COLUMNS + 4).map(|at| format!("?{at}")).collect();
    let mut values: Vec<rusqlite::types::Value> = vec![
        call.key.0.to_vec().into(),
        call.body.clone().into(),
        i64::from(call.max_tokens).into(),
        call.run.clone().into(),
    ];
    values.extend(call.rest.iter().cloned());
    let sql = format!(
        "INSERT INTO calls (key, body, max_tokens, run, {REST}) VALUES ({})",
        places.join(", ")
    );
    on.prepare_cached(&sql)?.execute(rusqlite::params_from_iter(values))?;
    Ok(Done::Kept(CallId(on.last_insert_rowid())))
}

pub(super) fn vector(
    on: &Transaction<'_>,
    key: &Key,
    call: CallId,
    vector: &[u8],
) -> rusqlite::Result<Done> {
    let held = on
        .prepare_cached("SELECT 1 FROM vectors WHERE key = ?1")?
        .query_row([key.0], |_| Ok(()))
        .optional()?;
    if held.is_none() {
        on.prepare_cached("INSERT INTO vectors (key, call, vector) VALUES (?1, ?2, ?3)")?
            .execute(params![key.0, call.0, vector])?;
    }
    Ok(Done::Written)
}
