//! Files and batches: questions that are put together and answered later.

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::{Value, json};

use super::chat::error;
use super::decide::Plan;
use super::endings::end;
use super::faults::Kind;
use super::http::{Manner, Request, Response};
use super::ledger::Inner;

/// How batches go here.
#[derive(Debug, Clone, PartialEq)]
pub struct Batching {
    /// Whether there are any.
    pub supported: bool,
    /// Looks at a batch until it has ended.
    pub looks: u32,
    /// How the batches end, one after the other; those behind them are completed.
    pub endings: Vec<Ending>,
    /// What is wrong with the files that they leave.
    pub files: Mess,
    /// So many requests for a batch make it, and are answered with the connection reset.
    pub lost: u32,
    /// Most batches in a page of a list.
    pub page: usize,
    /// Before every answer about files and batches.
    pub pause: std::time::Duration,
}

impl Default for Batching {
    fn default() -> Self {
        Self {
            supported: true,
            looks: 1,
            endings: Vec::new(),
            files: Mess::default(),
            lost: 0,
            page: 100,
            pause: std::time::Duration::ZERO,
        }
    }
}

/// How a batch ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every question has a line.
    Completed,
    /// Only the first questions were asked; the others have a line that says so.
    Expired {
        /// How many were asked.
        asked: usize,
    },
    /// None was asked; each has a line that says so.
    Failed,
    /// None was asked, and there is no file: the batch as a whole was refused.
    Refused,
}

/// What is wrong with the files of answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mess {
    /// The lines come in another order.
    pub shuffled: bool,
    /// So many lines come twice.
    pub repeated: usize,
    /// So many lines are not there, although they were asked.
    pub missing: usize,
    /// So many lines are about something else.
    pub unknown: usize,
    /// The file ends within a line of no use.
    pub torn: bool,
}

/// What the server saw of batches.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct BatchStats {
    /// Files of questions.
    pub uploads: u64,
    /// Batches.
    pub created: u64,
    /// Looks at one.
    pub looks: u64,
    /// Pages of lists.
    pub lists: u64,
    /// Files that were fetched.
    pub contents: u64,
    /// Batches that were cancelled.
    pub cancelled: u64,
    /// Questions that were handed over.
    pub questions: u64,
    /// Answers with status 200: what a provider charges for.
    pub billed: u64,
    /// Tokens of the prompts of billed answers.
    pub tokens_in: u64,
    /// Tokens of billed answers.
    pub tokens_out: u64,
}

/// What is kept.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    pub(super) files: BTreeMap<String, Vec<u8>>,
    pub(super) batches: Vec<Batch>,
    ended: usize,
    lost: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Batch {
    pub(super) id: String,
    metadata: Value,
    pub(super) input: String,
    created: u64,
    looks: u32,
    pub(super) status: &'static str,
    pub(super) questions: usize,
    pub(super) output: Option<String>,
    pub(super) errors: Option<String>,
    pub(super) problem: Option<Value>,
}

impl Batch {
    fn json(&self) -> Value {
        let done = if self.has_ended() { self.questions } else { 0 };
        json!({
            "id": self.id, "object": "batch", "endpoint": "/v1/chat/completions",
            "input_file_id": self.input, "completion_window": "24h", "status": self.status,
            "output_file_id": self.output, "error_file_id": self.errors,
            "created_at": self.created, "metadata": self.metadata, "errors": self.problem,
            "request_counts": {"total": self.questions, "completed": done, "failed": 0},
        })
    }

    fn has_ended(&self) -> bool {
        !matches!(self.status, "validating" | "in_progress")
    }
}

/// Is this about files or batches?
pub(super) fn is_meant(path: &str) -> bool {
    path.starts_with("/v1/files") || path.starts_with("/v1/batches")
}

/// Decides what such a request gets.
pub(super) fn answer(inner: &mut Inner, request: &Request, now: Instant) -> Plan {
    let behaviour = std::sync::Arc::clone(&inner.behaviour);
    let parts: Vec<&str> = request.path.split('/').skip(2).collect();
    let response = if behaviour.batches.supported {
        match (request.method.as_str(), &parts[..]) {
            ("POST", ["files"]) => upload(inner, request),
            ("GET", ["files", id, "content"]) => content(inner, id),
            ("POST", ["batches"]) => create(inner, request),
            ("GET", ["batches"]) => list(inner, request),
            ("GET", ["batches", id]) => look(inner, id, now),
            ("POST", ["batches", id, "cancel"]) => cancel(inner, id, now),
            _ => absent(&request.path),
        }
    } else {
        absent(&request.path)
    };
    let mut plan = Plan::refuse(Kind::Batches, response);
    plan.pause = behaviour.batches.pause;
    plan
}

fn absent(what: &str) -> Response {
    error(404, &format!("No such thing: {what}."), "invalid_request_error", None, None)
}

fn wrong(message: &str) -> Response {
    error(400, message, "invalid_request_error", None, None)
}

/// The value of a field of a form.
fn field<'a>(request: &'a Request, name: &str) -> Option<&'a [u8]> {
    let boundary = request.header("content-type")?.split("boundary=").nth(1)?;
    let boundary = format!("--{}", boundary.trim_matches('"'));
    let find = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|w| w == what);
    let head = format!("name=\"{name}\"");
    let start = find(&request.body, head.as_bytes())?;
    let start = start + find(&request.body[start..], b"\r\n\r\n")? + 4;
    let end = find(&request.body[start..], boundary.as_bytes())?;
    request.body.get(start..start + end - 2)
}

fn upload(inner: &mut Inner, request: &Request) -> Response {
    inner.stats.batches.uploads += 1;
    if field(request, "purpose") != Some(b"batch") {
        return wrong("'purpose' must be batch.");
    }
    let Some(file) = field(request, "file") else { return wrong("There is no file.") };
    let id = format!("file-{:08}", inner.shelf.files.len());
    let answer = json!({"id": id, "object": "file", "bytes": file.len(), "purpose": "batch"});
    inner.shelf.files.insert(id, file.to_vec());
    Response::json(200, &answer)
}

fn content(inner: &mut Inner, id: &str) -> Response {
    inner.stats.batches.contents += 1;
    let Some(body) = inner.shelf.files.get(id).cloned() else { return absent(id) };
    Response { body, ..Response::json(200, &Value::Null) }
}

fn create(inner: &mut Inner, request: &Request) -> Response {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let input = body["input_file_id"].as_str().unwrap_or_default().to_owned();
    let Some(file) = inner.shelf.files.get(&input) else { return wrong("No such input file.") };
    if (body["endpoint"].as_str(), body["completion_window"].as_str())
        != (Some("/v1/chat/completions"), Some("24h"))
    {
        return wrong("Another endpoint and window than this server has.");
    }
    let questions = file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let batch = Batch {
        id: format!("batch_{:08}", inner.shelf.batches.len()),
        metadata: body["metadata"].clone(),
        input,
        created: since.as_secs(),
        looks: inner.behaviour.batches.looks,
        status: "validating",
        questions,
        output: None,
        errors: None,
        problem: None,
    };
    inner.stats.batches.created += 1;
    inner.stats.batches.questions += questions as u64;
    let mut answer = Response::json(200, &batch.json());
    inner.shelf.batches.push(batch);
    if inner.shelf.lost < inner.behaviour.batches.lost {
        inner.shelf.lost += 1;
        answer.manner = Manner::Reset;
    }
    answer
}

fn list(inner: &mut Inner, request: &Request) -> Response {
    inner.stats.batches.lists += 1;
    let asked = |name: &str| {
        let mut pairs = request.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    };
    let limit = asked("limit").and_then(|limit| limit.parse().ok()).unwrap_or(20);
    let limit = inner.behaviour.batches.page.min(limit);
    let newest = inner.shelf.batches.iter().rev();
    let after = asked("after");
    let mut rest = newest.skip_while(|batch| after.as_ref().is_some_and(|id| *id != batch.id));
    if after.is_some() {
        rest.next();
    }
    let page: Vec<Value> = rest.by_ref().take(limit).map(Batch::json).collect();
    let has_more = rest.next().is_some();
    Response::json(200, &json!({"object": "list", "data": page, "has_more": has_more}))
}

fn look(inner: &mut Inner, id: &str, now: Instant) -> Response {
    inner.stats.batches.looks += 1;
    let Some(at) = inner.shelf.batches.iter().position(|batch| batch.id == id) else {
        return absent(id);
    };
    let batch = &mut inner.shelf.batches[at];
    if !batch.has_ended() {
        if batch.looks == 0 {
            let ending = inner.behaviour.batches.endings.get(inner.shelf.ended).copied();
            inner.shelf.ended += 1;
            end(inner, at, ending.unwrap_or(Ending::Completed), now);
        } else {
            batch.looks -= 1;
            batch.status = "in_progress";
        }
    }
    Response::json(200, &inner.shelf.batches[at].json())
}

fn cancel(inner: &mut Inner, id: &str, now: Instant) -> Response {
    inner.stats.batches.cancelled += 1;
    let Some(at) = inner.shelf.batches.iter().position(|batch| batch.id == id) else {
        return absent(id);
    };
    if inner.shelf.batches[at].has_ended() {
        return wrong("The batch has ended.");
    }
    let asked = inner.shelf.batches[at].questions / 2;
    end(inner, at, Ending::Expired { asked }, now);
    inner.shelf.batches[at].status = "cancelled";
    Response::json(200, &inner.shelf.batches[at].json())
}
