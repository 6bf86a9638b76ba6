//! The store of answers as frames: only what this run asked, and nothing that tells where or with what key.

use std::path::{Path, PathBuf};

use cladus_core::config::Config;
use cladus_core::{Error, Result, runs};
use polars::prelude::DataFrame;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value as Json;

use crate::catalog::{self, RowSource, StoredTable};
use crate::frames::{column, of_columns};
use crate::run::FinishedRun;

const CALLS: &str = "SELECT id, iteration, stage, kind, model, form, lower(hex(key)) AS key, outcome, status, error,
  started_ms, received_ms, ended_ms, max_tokens, prompt_tokens, cached_tokens, completion_tokens,
  nanodollars, batch
FROM calls WHERE ?1 IS NULL OR run = ?1 ORDER BY id";

/// Vectors are no words: `embeddings` has them.
const ANSWERS: &str =
    "SELECT id, iteration, stage, model, lower(hex(key)), request, body FROM calls
WHERE (?1 IS NULL OR run = ?1) AND kind = 'chat' AND status = 200 AND body IS NOT NULL
  AND outcome IN ('received', 'answer', 'set aside') ORDER BY id";

/// `clad`, as `cladus-llm` marks its stores.
const APPLICATION: i64 = 0x636c_6164;

/// What `cladus cost` asks.
fn cost() -> String {
    let fates = include_str!("../../llm/src/store/fates.sql");
    include_str!("../../llm/src/store/ledger.sql").replace("FATES", fates)
}

/// A table of the store; where no model was asked, no row.
///
/// # Errors
/// When the store cannot be read.
pub fn frame(run: &FinishedRun, stored: StoredTable) -> Result<DataFrame> {
    let path = path(run)?;
    let rows = match path.is_file() {
        true => read(&path, &runs::payer(&path, run.root()), stored)?,
        false => Vec::new(),
    };
    let table = catalog::all()
        .into_iter()
        .find(|table| matches!(table.source, RowSource::Store(found) if found == stored));
    let columns = table.map(|table| table.columns).unwrap_or_default();
    let columns = columns.iter().enumerate().map(|(at, told)| match told.ty.as_str() {
        "utf8" => column(told.name, rows.iter().map(|row| text(&row[at])).collect::<Vec<_>>()),
        "float64" => column(told.name, rows.iter().map(|row| real(&row[at])).collect::<Vec<_>>()),
        _ => column(told.name, rows.iter().map(|row| int(&row[at])).collect::<Vec<_>>()),
    });
    of_columns(columns.collect())
}

/// Whether a model was asked.
pub fn is_there(run: &FinishedRun) -> bool {
    path(run).is_ok_and(|path| path.is_file())
}

fn path(run: &FinishedRun) -> Result<PathBuf> {
    let config = run.root().join("cladus.toml");
    let configured = match config.is_file() {
        true => Config::load(&config)?.llm.answers,
        false => None,
    };
    Ok(configured.unwrap_or_else(|| run.root().join("answers.sqlite")))
}

fn read(path: &Path, run: &str, stored: StoredTable) -> Result<Vec<Vec<Value>>> {
    let damaged = |e: rusqlite::Error| {
        Error::damaged(path, format!("the store of answers cannot be read ({e})"))
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(damaged)?;
    let id = |row: &rusqlite::Row<'_>| row.get(0);
    let application: i64 =
        connection.pragma_query_value(None, "application_id", id).map_err(damaged)?;
    if application != APPLICATION {
        return Err(Error::damaged(path, "this is not a store of answers"));
    }
    let rows = |sql: &str| -> rusqlite::Result<Vec<Vec<Value>>> {
        let mut statement = connection.prepare(sql)?;
        let width = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..width).map(|at| row.get(at)).collect();
        statement.query_map([run], row)?.collect()
    };
    match stored {
        StoredTable::Calls => rows(CALLS).map_err(damaged),
        StoredTable::Answers => Ok(rows(ANSWERS).map_err(damaged)?.into_iter().map(said).collect()),
        StoredTable::Cost => Ok(rows(&cost()).map_err(damaged)?.into_iter().map(priced).collect()),
    }
}

/// A row of `answers`, out of question and reply.
fn said(mut row: Vec<Value>) -> Vec<Value> {
    let (body, request) = (row.pop(), row.pop());
    let body = text(&body.unwrap_or(Value::Null)).unwrap_or_default();
    let request = request.and_then(|request| text(&request)).unwrap_or_default();
    let request: Json = serde_json::from_str(&request).unwrap_or_default();
    let reply: Json = serde_json::from_str(&body).unwrap_or_default();
    let message = |role: &str| {
        let mut messages = request["messages"].as_array().into_iter().flatten();
        messages
            .rfind(|message| message["role"] == role)
            .and_then(|message| words(&message["content"]))
    };
    let answer = words(&reply["choices"][0]["message"]["content"]);
    let texts = [message("system"), message("user"), answer, Some(body)];
    row.extend(texts.map(|text| text.map_or(Value::Null, Value::Text)));
    row
}

/// A message's content: a text, or parts of one.
fn words(content: &Json) -> Option<String> {
    match content {
        Json::String(text) => Some(text.clone()),
        Json::Array(parts) => {
            Some(parts.iter().filter_map(|part| part["text"].as_str()).collect::<String>())
        }
        _ => None,
    }
}

/// A row of `cost`, with its dollars.
fn priced(mut row: Vec<Value>) -> Vec<Value> {
    const NANODOLLARS: usize = 11;
    let dollars = row.get(NANODOLLARS).and_then(int).map(|nano| nano as f64 / 1e9);
    row.push(dollars.map_or(Value::Null, Value::Real));
    row
}

fn text(value: &Value) -> Option<String> {
    match ValueRef::from(value) {
        ValueRef::Null => None,
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        ValueRef::Integer(int) => Some(int.to_string()),
        ValueRef::Real(real) => Some(real.to_string()),
    }
}

fn int(value: &Value) -> Option<i64> {
    if let Value::Integer(int) = value { Some(*int) } else { None }
}

fn real(value: &Value) -> Option<f64> {
    if let Value::Real(real) = value { Some(*real) } else { None }
}
