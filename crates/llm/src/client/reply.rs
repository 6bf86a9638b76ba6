//! What came back.

use serde::Deserialize;
use serde_json::{Map, Value};

/// An answer that has the form of a JSON object. Whether its values make sense is the stage's to
/// say: servers differ in how much of a schema they enforce.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The object.
    pub object: Map<String, Value>,
    /// What the provider counted.
    pub usage: Usage,
}

/// Tokens as the provider counted them; `None` where it did not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt, cached ones included.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the prompt that the provider had cached.
    pub cached_tokens: Option<u64>,
    /// Tokens of the answer, hidden reasoning included.
    pub completion_tokens: Option<u64>,
}

/// Why a call has no usable answer. The text stands alone in a remark.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The model refused.
    #[error("the model refused: {0}")]
    Refused(String),
    /// The provider's filter cut in.
    #[error("the answer was filtered by the provider")]
    Filtered,
    /// Nothing was said.
    #[error("the answer was empty")]
    Empty,
    /// The answer ended at its longest length, also when asked with a greater one.
    #[error("the answer was cut off at {0} tokens")]
    CutOff(u32),
    /// The answer is not a JSON object.
    #[error("the answer was not a JSON object: {0}")]
    NotJson(String),
    /// More than the model takes in one prompt.
    #[error("the prompt is longer than the model takes")]
    TooLong,
    /// The endpoint refuses this request and would refuse it again.
    #[error("the endpoint refused the request: {0}")]
    BadRequest(String),
    /// No answer after several attempts; another time may do.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

impl Flaw {
    /// Is it worth asking again, telling the model what was wrong? The others would end the same way.
    pub fn worth_reasking(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Empty | Self::NotJson(_) => true,
            Self::Filtered | Self::CutOff(_) => false,
            Self::TooLong | Self::BadRequest(_) | Self::NoAnswer(_) => false,
        }
    }

    /// Could the same call succeed at another time?
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::NoAnswer(_))
    }
}

/// A body as it is understood.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Read {
    /// An answer.
    Reply(Reply),
    /// An answer that was paid for and is of no use.
    Flawed(Flaw, Usage),
    /// It ends where its longest length ended it.
    CutOff(Usage),
    /// Not an answer at all: a page of a proxy, an error with status 200.
    NotAReply(String),
}

/// What providers agree on, and no more: replies without `id`, with unknown finish reasons or new
/// fields are still answers.
#[derive(Debug, Deserialize)]
struct Completion {
    choices: Option<Vec<Choice>>,
    usage: Option<Value>,
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    message: Option<Message>,
    finish_reason: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Message {
    content: Option<Value>,
    refusal: Option<Value>,
}

/// Reads the body of a reply with status 200.
pub(crate) fn read(body: &[u8]) -> Read {
    let completion: Completion = match serde_json::from_slice(body) {
        Ok(completion) => completion,
        Err(_) => return Read::NotAReply(format!("not JSON: {}", beginning(body))),
    };
    if let Some(error) = completion.error.filter(|error| !error.is_null()) {
        return Read::NotAReply(format!(
            "an error in place of an answer: {}",
            short(&error.to_string())
        ));
    }
    let usage = completion.usage.as_ref().map(usage).unwrap_or_default();
    let Some(choices) = completion.choices else {
        return Read::NotAReply(format!("no choices: {}", beginning(body)));
    };
    let Some(Choice { message: Some(message), finish_reason }) = choices.into_iter().next() else {
        return Read::Flawed(Flaw::Empty, usage);
    };
    let finish = finish_reason.as_ref().and_then(Value::as_str).unwrap_or_default();
    if let Some(refusal) =
        message.refusal.as_ref().and_then(Value::as_str).filter(|r| !r.is_empty())
    {
        return Read::Flawed(Flaw::Refused(short(refusal)), usage);
    }
    if finish == "content_filter" {
        return Read::Flawed(Flaw::Filtered, usage);
    }
    let content = message.content.as_ref().map(text).unwrap_or_default();
    // An answer that is whole at its longest length is an answer.
    match object(&content) {
        Some(object) => Read::Reply(Reply { object, usage }),
        None if matches!(finish, "length" | "max_tokens") => Read::CutOff(usage),
        None if content.trim().is_empty() => Read::Flawed(Flaw::Empty, usage),
        None => Read::Flawed(Flaw::NotJson(short(&content)), usage),
    }
}

/// A message's text: a string, or a list of parts.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
        _ => String::new(),
    }
}

/// The JSON object in an answer: the whole of it, or what stands in a fence or between remarks.
/// What a model thinks aloud before it (`<think>…</think>`) is not part of the answer.
fn object(content: &str) -> Option<Map<String, Value>> {
    let content = content.rsplit_once("</think>").map_or(content, |(_, answer)| answer);
    let parse = |text: &str| match serde_json::from_str(text.trim()) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    };
    if let Some(object) = parse(content) {
        return Some(object);
    }
    // The first brace from which an object can be read; remarks with braces in them are rare and
    // short, so a few attempts are enough. What breaks off is not the answer, nor is a part of it.
    for (start, _) in content.match_indices('{').take(20) {
        let mut values = serde_json::Deserializer::from_str(&content[start..]).into_iter::<Value>();
        match values.next() {
            Some(Ok(Value::Object(object))) if !object.is_empty() => return Some(object),
            Some(Err(error)) if error.is_eof() => return None,
            _ => {}
        }
    }
    None
}

/// The counts that are numbers and could be true; the rest is unknown, never 0.
pub(crate) fn usage(value: &Value) -> Usage {
    /// More tokens than this in one call are a counter gone wild.
    const POSSIBLE: u64 = 1 << 32;
    let count = |value: Option<&Value>| value?.as_u64().filter(|count| *count < POSSIBLE);
    Usage {
        prompt_tokens: count(value.get("prompt_tokens")),
        cached_tokens: count(
            value.get("prompt_tokens_details").and_then(|details| details.get("cached_tokens")),
        ),
        completion_tokens: count(value.get("completion_tokens")),
    }
}

fn beginning(body: &[u8]) -> String {
    short(&String::from_utf8_lossy(&body[..body.len().min(400)]))
}

/// One clean line of at most 120 characters.
pub(crate) fn short(text: &str) -> String {
    cladus_core::text::clean_to(text, 120).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reply(content: &Value, finish: &str) -> Read {
        let body = json!({
            "choices": [{"message": {"content": content}, "finish_reason": finish}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}},
        });
        read(body.to_string().as_bytes())
    }

    fn found(content: &str) -> Option<Value> {
        match reply(&json!(content), "stop") {
            Read::Reply(reply) => Some(Value::Object(reply.object)),
            _ => None,
        }
    }

    #[test]
    fn an_object_is_found_where_models_put_it() {
        let expected = Some(json!({"a": 1}));
        assert_eq!(found(r#"{"a":1}"#), expected);
        assert_eq!(found("Sure!\n```json\n{\"a\": 1}\n```\nAnything else?"), expected);
        assert_eq!(found("<think>{\"b\": 2}</think> {\"a\": 1}"), expected);
        assert_eq!(found("From {these} I choose {\"a\": 1}."), expected);
        assert_eq!(found("no object"), None);
        assert_eq!(found(r#"{"1": {"name": "A"}, "2": {"na"#), None, "a part is not the whole");
        assert_eq!(found("[1, 2]"), None);
    }

    #[test]
    fn counts_are_known_or_unknown_but_never_invented() {
        let Read::Reply(reply) = reply(&json!("{}"), "stop") else { panic!() };
        let all =
            (reply.usage.prompt_tokens, reply.usage.cached_tokens, reply.usage.completion_tokens);
        assert_eq!(all, (Some(7), Some(4), Some(3)));
        assert_eq!(
            usage(&json!({"prompt_tokens": -1, "completion_tokens": 1e18})),
            Usage::default()
        );
        assert_eq!(usage(&json!("none")), Usage::default());
    }

    #[test]
    fn what_is_no_answer_says_what_it_is() {
        let flaw = |read: Read| match read {
            Read::Flawed(flaw, _) => flaw.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(flaw(reply(&json!(""), "stop")), "the answer was empty");
        assert_eq!(flaw(reply(&Value::Null, "stop")), "the answer was empty");
        assert_eq!(
            flaw(reply(&json!("cannot"), "eos")),
            "the answer was not a JSON object: cannot"
        );
        assert_eq!(
            flaw(reply(&json!("{}"), "content_filter")),
            "the answer was filtered by the provider"
        );
        assert_eq!(flaw(read(br#"{"choices": []}"#)), "the answer was empty");
        assert!(matches!(reply(&json!("{\"a\": "), "length"), Read::CutOff(_)));
        assert!(matches!(read(b"<html>"), Read::NotAReply(_)));
        assert!(matches!(read(br#"{"error": {"message": "x"}}"#), Read::NotAReply(_)));
        let refusal =
            json!({"choices": [{"message": {"content": null, "refusal": "No.\u{1b}[2J"}}]});
        assert_eq!(flaw(read(refusal.to_string().as_bytes())), "the model refused: No.");
    }
}
