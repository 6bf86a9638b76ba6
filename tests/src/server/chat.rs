//! Chat completions: what is asked, whether this server takes it, and the answer.

use serde_json::{Value, json};

use super::answer::Question;
use super::behaviour::{Behaviour, Support};
use super::bend::bend;
use super::faults::{Fault, Kind};
use super::http::Response;
use super::real;
use super::schema;
use super::text::{hash, tokens};

/// The form in which an answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    /// `json_object`; with a `schema` in it?
    Object {
        schema: bool,
    },
    Schema {
        strict: bool,
    },
}

/// A request for a chat completion.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) model: String,
    pub(super) kind: Kind,
    form: Form,
    schema: Option<Value>,
    /// The user's messages, without the schema that may stand in them.
    text: String,
    /// Hash of the messages, whatever the form that is asked for: without the system messages and the
    /// paragraph with a schema, which is where forms are asked for in words.
    pub(super) messages: u64,
    /// The static part: its hash and tokens.
    pub(super) system: (u64, u64),
    pub(super) prompt_tokens: u64,
    pub(super) max_tokens: Option<u64>,
    says_json: bool,
}

/// An error as OpenAI writes it.
pub(super) fn error(
    status: u16,
    message: &str,
    kind: &str,
    code: Option<&str>,
    param: Option<&str>,
) -> Response {
    let error = json!({"message": message, "type": kind, "param": param, "code": code});
    Response::json(status, &json!({ "error": error }))
}

pub(super) fn missing(param: &str) -> Response {
    let message = format!("Missing required parameter: '{param}'.");
    let code = Some("missing_required_parameter");
    error(400, &message, "invalid_request_error", code, Some(param))
}

fn content(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let parts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            parts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

/// What `body` asks for.
pub(super) fn understand(body: &Value) -> Result<Asked, Response> {
    let wrong = |param: &str, message: &str| {
        error(400, message, "invalid_request_error", None, Some(param))
    };
    let model = body.get("model").and_then(Value::as_str).ok_or_else(|| missing("model"))?;
    let messages = body.get("messages").and_then(Value::as_array).filter(|all| !all.is_empty());
    let messages = messages.ok_or_else(|| missing("messages"))?;
    if body.get("stream") == Some(&Value::Bool(true)) {
        return Err(wrong("stream", "this server does not stream"));
    }
    let format = body.get("response_format").filter(|format| !format.is_null());
    let named = format.and_then(|format| format.get("type")).and_then(Value::as_str);
    let (form, mut asked) = match (format, named) {
        (None, _) | (_, Some("text")) => (Form::Plain, None),
        (Some(format), Some("json_object")) => {
            let asked = format.get("schema").cloned();
            (Form::Object { schema: asked.is_some() }, asked)
        }
        (Some(format), Some("json_schema")) => {
            let at = |key: &str| format.pointer(&format!("/json_schema/{key}"));
            if at("name").and_then(Value::as_str).is_none_or(str::is_empty) {
                return Err(missing("response_format.json_schema.name"));
            }
            let strict = at("strict") == Some(&Value::Bool(true));
            (Form::Schema { strict }, at("schema").cloned())
        }
        _ => return Err(wrong("response_format.type", "Invalid value for 'type'.")),
    };
    let mut bytes = asked.as_ref().map_or(0, |asked| asked.to_string().len());
    let (mut plain, mut text, mut system, mut says_json) =
        (Vec::new(), String::new(), (0, 0), false);
    for message in messages {
        let said = content(message);
        let role = message.get("role").and_then(Value::as_str).unwrap_or("");
        if !["system", "developer", "user", "assistant"].contains(&role) {
            return Err(wrong("messages", "Invalid value for 'messages[].role'."));
        }
        if asked.is_none() {
            asked = schema::in_text(&said).map(|(found, _)| found);
        }
        says_json |= said.to_lowercase().contains("json");
        bytes += said.len();
        if system.1 == 0 && matches!(role, "system" | "developer") {
            system = (hash(&[said.as_bytes()]), tokens(said.len()));
        }
        let said = schema::without(&said);
        if said.is_empty() || matches!(role, "system" | "developer") {
            continue;
        }
        if role == "user" {
            text = text + &said + "\n";
        }
        plain.push(format!("{role}: {said}"));
    }
    let limit = |key: &str| body.get(key).and_then(Value::as_u64);
    Ok(Asked {
        model: model.to_owned(),
        kind: asked.as_ref().map_or(Kind::Chat, schema::kind),
        form,
        schema: asked,
        text,
        messages: hash(&plain.iter().map(String::as_bytes).collect::<Vec<_>>()),
        system,
        prompt_tokens: tokens(bytes),
        max_tokens: limit("max_completion_tokens").or_else(|| limit("max_tokens")),
        says_json,
    })
}

impl Asked {
    /// Why this server does not take the form of the question.
    pub(super) fn refusal(&self, support: Support) -> Option<Response> {
        let refused = |message: &str| {
            Some(error(400, message, "invalid_request_error", None, Some("response_format")))
        };
        match (support, self.form) {
            (Support::Ignores, _) | (_, Form::Plain) => None,
            (Support::PlainOnly, _) => refused("'response_format' is not supported."),
            (Support::SchemaRefused500, Form::Schema { .. }) => Some(error(
                500,
                "1 validation error: response_format.type: input should be 'text' or 'json_object'",
                "internal_server_error",
                None,
                None,
            )),
            (Support::SchemaRefused400 | Support::ObjectOnly, Form::Schema { .. }) => refused(
                "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
            ),
            (Support::ObjectOnly, Form::Object { schema: true }) => {
                refused("Unknown parameter: 'response_format.schema'.")
            }
            (Support::Strict | Support::ObjectOnly, Form::Object { .. }) if !self.says_json => error(
                400,
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
                "invalid_request_error",
                None,
                Some("messages"),
            )
            .into(),
            (Support::Strict, Form::Schema { strict: true }) => {
                let problem = schema::refused(self.schema.as_ref().unwrap_or(&Value::Null))?;
                refused(&format!("Invalid schema for response_format: {problem}."))
            }
            _ => None,
        }
    }

    /// The answer and its tokens.
    pub(super) fn answer(
        &self,
        body: &Value,
        fault: Option<Fault>,
        behaviour: &Behaviour,
        cached: u64,
    ) -> (Value, u64) {
        let &Behaviour { support, seed, ref script, .. } = behaviour;
        let json = match (&self.schema, self.form) {
            (Some(schema), _) => {
                let question = Question { kind: self.kind, schema, text: &self.text, seed };
                Some(question.answer())
            }
            (None, Form::Plain) => None,
            (None, _) => Some(json!({"answer": "There was no schema to follow."})),
        };
        let json = json.map(|answer| match fault {
            Some(fault) => bend(fault, answer, self.kind, self.messages),
            None => answer,
        });
        let told = script.as_ref().zip(json.as_ref());
        let told = told.and_then(|(script, own)| script.tell(self.kind, body, own));
        let fenced = fault == Some(Fault::Fence) || support == Support::Ignores;
        let mut text = match (told, json) {
            (Some(told), _) => told,
            (None, Some(json)) if fenced => format!(
                "Sure! Here is the result:\n\n```json\n{json:#}\n```\n\nLet me know if you need anything else."
            ),
            (None, Some(json)) => json.to_string(),
            (None, None) => {
                "There is nothing to say about this without a form to say it in.".to_owned()
            }
        };
        let mut finish = "stop";
        match fault {
            Some(Fault::Truncated | Fault::Endless) => {
                text = text.chars().take(text.chars().count() * 2 / 3).collect();
                finish = "length";
            }
            Some(Fault::Empty) => text.clear(),
            Some(Fault::Filtered) => {
                text.clear();
                finish = "content_filter";
            }
            Some(Fault::NoId) => finish = "eos",
            _ => {}
        }
        let spent = tokens(text.len());
        let message = match fault {
            Some(Fault::Refusal) => {
                json!({"role": "assistant", "content": null, "refusal": "I'm sorry, I can't help with that."})
            }
            Some(Fault::Real(name)) => {
                let schema = self.schema.as_ref().unwrap_or(&Value::Null);
                real::shape(name, &text, schema)
                    .unwrap_or_else(|| json!({"role": "assistant", "content": text}))
            }
            Some(Fault::NullContent) => json!({"role": "assistant", "content": null}),
            _ => json!({"role": "assistant", "content": text, "refusal": null}),
        };
        let choice =
            json!({"index": 0, "message": message, "logprobs": null, "finish_reason": finish});
        let choices = if fault == Some(Fault::NoChoices) { json!([]) } else { json!([choice]) };
        let answer = json!({
            "id": format!("chatcmpl-{:016x}", self.messages),
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": self.model,
            "choices": choices,
            "usage": {
                "prompt_tokens": self.prompt_tokens,
                "completion_tokens": spent,
                "total_tokens": self.prompt_tokens + spent,
                "prompt_tokens_details": {"cached_tokens": cached},
                "completion_tokens_details": {"reasoning_tokens": 0},
            },
        });
        (answer, spent)
    }
}
