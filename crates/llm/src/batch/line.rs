//! The lines of a file of questions, and of a file of answers: the JSONL that OpenAI, vLLM and others
//! agree on.

use serde::Deserialize;
use serde_json::Value;

use crate::client::reply::short;
use crate::store::Key;

/// A line with a question. Its `custom_id` is the key of its answer.
pub(crate) fn question(key: &Key, body: &str) -> String {
    let id = custom_id(key);
    format!(
        "{{\"custom_id\":\"{id}\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{body}}}\n"
    )
}

pub(crate) fn custom_id(key: &Key) -> String {
    blake3::Hash::from_bytes(key.0).to_hex().to_string()
}

/// What a line with an answer says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AnswerLine {
    /// The endpoint's reply to a question.
    Reply { key: Key, status: u16, body: Vec<u8> },
    /// A question that was never asked, and why.
    NotRun { key: Key, reason: String },
    /// About something that has no key of ours.
    NotOurs,
    /// Not a line of a file of answers: cut off, or something else altogether.
    Garbage,
    /// Nothing.
    Blank,
}

#[derive(Deserialize)]
struct AnswerBody {
    custom_id: Value,
    response: Option<BatchResponse>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct BatchResponse {
    status_code: Option<u16>,
    body: Option<Value>,
}

/// Reads a line with an answer.
pub(crate) fn answer(line: &[u8]) -> AnswerLine {
    if line.trim_ascii().is_empty() {
        return AnswerLine::Blank;
    }
    let Ok(AnswerBody { custom_id, response, error }) = serde_json::from_slice(line) else {
        return AnswerLine::Garbage;
    };
    let key = custom_id.as_str().and_then(|id| blake3::Hash::from_hex(id).ok());
    let Some(key) = key.map(|hash| Key(*hash.as_bytes())) else { return AnswerLine::NotOurs };
    let error = error.filter(|error| !error.is_null());
    let Some(BatchResponse { status_code, body }) = response else {
        let reason = error.map_or_else(|| "no reason given".to_owned(), |error| reason(&error));
        return AnswerLine::NotRun { key, reason };
    };
    let body = body.filter(|body| !body.is_null());
    // vLLM says 200 with no body, or no status at all, and an error beside it.
    let status = match status_code {
        Some(200) | None if body.is_none() && error.is_some() => 500,
        Some(status) => status,
        None => 200,
    };
    let body = body.or(error).unwrap_or(Value::Null);
    AnswerLine::Reply { key, status, body: body.to_string().into_bytes() }
}

/// What an error says, on one line.
pub(crate) fn reason(error: &Value) -> String {
    let text = |name: &str| error.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    match (text("code"), text("message")) {
        (Some(code), Some(message)) => short(&format!("{code}: {message}")),
        (Some(text), None) | (None, Some(text)) => short(text),
        (None, None) => short(&error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEY: Key = Key([0xab; 32]);

    fn read(line: &Value) -> AnswerLine {
        answer(line.to_string().as_bytes())
    }

    #[test]
    fn a_question_is_one_line_of_json() {
        let line = question(&KEY, r#"{"model":"m","messages":[{"content":"a\nb"}]}"#);
        assert_eq!(line.matches('\n').count(), 1);
        let parsed: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(parsed["custom_id"], "ab".repeat(32));
        assert_eq!(parsed["method"], "POST");
        assert_eq!(parsed["url"], "/v1/chat/completions");
        assert_eq!(parsed["body"]["messages"][0]["content"], "a\nb");
    }

    #[test]
    fn answers_are_read_as_openai_and_vllm_write_them() {
        let id = custom_id(&KEY);
        let body = json!({"choices": [], "id": "x"});
        let bytes = body.to_string().into_bytes();
        let openai = json!({"id": "batch_req_1", "custom_id": id, "error": null,
            "response": {"status_code": 200, "request_id": "r", "body": body}});
        assert_eq!(read(&openai), AnswerLine::Reply { key: KEY, status: 200, body: bytes.clone() });
        let without = json!({"custom_id": id, "response": {"body": body}});
        assert_eq!(read(&without), AnswerLine::Reply { key: KEY, status: 200, body: bytes });
        let error = json!({"message": "too hot", "code": 400});
        let refused = json!({"custom_id": id, "error": error,
            "response": {"status_code": 400, "body": null}});
        let text = error.to_string().into_bytes();
        assert_eq!(read(&refused), AnswerLine::Reply { key: KEY, status: 400, body: text.clone() });
        let vllm = json!({"custom_id": id, "response": {"body": null}, "error": error});
        assert_eq!(read(&vllm), AnswerLine::Reply { key: KEY, status: 500, body: text });
        let expired = json!({"custom_id": id, "response": null,
            "error": {"code": "batch_expired", "message": "Too late."}});
        let reason = "batch_expired: Too late.".to_owned();
        assert_eq!(read(&expired), AnswerLine::NotRun { key: KEY, reason });
        assert!(matches!(read(&json!({ "custom_id": id })), AnswerLine::NotRun { .. }));
    }

    #[test]
    fn whatever_else_is_in_a_file_is_told_apart() {
        assert_eq!(read(&json!({"custom_id": "request-1"})), AnswerLine::NotOurs);
        assert_eq!(read(&json!({"custom_id": 7})), AnswerLine::NotOurs);
        assert_eq!(read(&json!({"id": "x"})), AnswerLine::Garbage);
        assert_eq!(answer(b"  \r"), AnswerLine::Blank);
        for garbage in [&b"{\"custom_id\": \"ab"[..], b"[]", b"null", b"\xff\xfe", b"<html>"] {
            assert_eq!(answer(garbage), AnswerLine::Garbage);
        }
    }
}
