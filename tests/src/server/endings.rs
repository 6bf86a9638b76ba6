//! How batches end: their questions are asked, and their files written.

use std::time::Instant;

use serde_json::{Value, json};

use super::batches::{Ending, Mess};
use super::decide::decide;
use super::http::{Manner, Request};
use super::ledger::Inner;
use super::text::{fraction, hash};

/// Asks the questions of a batch, and leaves its files.
pub(super) fn end(inner: &mut Inner, at: usize, ending: Ending, now: Instant) {
    let batch = inner.shelf.batches[at].clone();
    let input = inner.shelf.files.get(&batch.input).cloned().unwrap_or_default();
    let lines = input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let asked = match ending {
        Ending::Completed => batch.questions,
        Ending::Expired { asked } => asked,
        Ending::Failed | Ending::Refused => 0,
    };
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    for (place, line) in lines.enumerate() {
        let line: Value = serde_json::from_slice(line).unwrap_or(Value::Null);
        let id = line["custom_id"].clone();
        if place >= asked {
            let error = json!({"code": "batch_expired", "message": "This was not asked in time."});
            errors.push(json!({"id": place, "custom_id": id, "response": null, "error": error}));
            continue;
        }
        let (status, body) = ask(inner, &line["body"], now);
        let response = json!({"status_code": status, "request_id": place, "body": body});
        let file = if status == 200 { &mut output } else { &mut errors };
        file.push(json!({"id": place, "custom_id": id, "response": response, "error": null}));
    }
    let mess = inner.behaviour.batches.files;
    let names = [("output", output), ("errors", errors)].map(|(kind, lines)| {
        let name = format!("file-{kind}-{}", batch.id);
        let file = if kind == "output" { messy(lines, mess) } else { text(&lines) };
        let kept = !file.is_empty() && ending != Ending::Refused;
        kept.then(|| {
            inner.shelf.files.insert(name.clone(), file.into_bytes());
            name
        })
    });
    let batch = &mut inner.shelf.batches[at];
    [batch.output, batch.errors] = names;
    batch.status = match ending {
        Ending::Completed => "completed",
        Ending::Expired { .. } => "expired",
        Ending::Failed | Ending::Refused => "failed",
    };
    if ending == Ending::Refused {
        let problem =
            json!({"code": "token_limit_exceeded", "message": "Enqueued token limit reached."});
        batch.problem = Some(json!({"object": "list", "data": [problem]}));
    }
}

/// One question, as if it had come on its own.
fn ask(inner: &mut Inner, body: &Value, now: Instant) -> (u16, Value) {
    let text = body.to_string().into_bytes();
    let path = "/v1/chat/completions";
    let digest = hash(&[path.as_bytes(), &text]);
    inner.stats.repeated += u64::from(inner.answered.contains(&digest));
    // Whoever put the batch was let in.
    let key = inner.behaviour.api_key.iter();
    let headers = key.map(|key| ("authorization".to_owned(), format!("Bearer {key}"))).collect();
    let request = Request {
        method: "POST".to_owned(),
        path: path.to_owned(),
        query: String::new(),
        headers,
        body: text,
        last: false,
    };
    let plan = decide(inner, &request, body, now);
    if let Some(fault) = plan.fault {
        *inner.stats.faults.entry(fault.name()).or_default() += 1;
    }
    if plan.response.manner != Manner::Whole {
        return (
            500,
            json!({"error": {"message": "The connection broke.", "type": "server_error"}}),
        );
    }
    if plan.response.status == 200 {
        let stats = &mut inner.stats.batches;
        stats.billed += 1;
        stats.tokens_in += plan.tokens.0;
        stats.tokens_out += plan.tokens.1;
    }
    if plan.usable {
        inner.answered.insert(digest);
    }
    let body = serde_json::from_slice(&plan.response.body).unwrap_or_else(|_| {
        let page = String::from_utf8_lossy(&plan.response.body).into_owned();
        json!({"error": {"message": page}})
    });
    (plan.response.status, body)
}

fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn messy(mut lines: Vec<Value>, mess: Mess) -> String {
    let Mess { shuffled, repeated, missing, unknown, torn } = mess;
    lines.truncate(lines.len().saturating_sub(missing));
    let again: Vec<Value> = lines.iter().take(repeated).cloned().collect();
    lines.extend(again);
    for at in 0..unknown {
        // One is no name of ours, the next is one of another run.
        let id = if at % 2 == 0 { format!("request-{at}") } else { format!("{at:064x}") };
        let response = json!({"status_code": 200, "body": {"choices": []}});
        lines.push(json!({"id": "x", "custom_id": id, "response": response, "error": null}));
    }
    if shuffled {
        lines.sort_by(|a, b| {
            let place = |line: &Value| fraction(&[line["custom_id"].to_string().as_bytes()]);
            place(a).total_cmp(&place(b))
        });
    }
    let mut file = text(&lines);
    if torn {
        file += "not a line of JSON\n{\"id\": \"torn\", \"custom_id\": \"";
    }
    file
}
