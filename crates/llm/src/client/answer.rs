//! Where the answer is in the body of a reply.

use serde::Deserialize;
use serde_json::Value;

use super::lenient;
use super::reply::{Flaw, Read, Reply, short};
use super::stream;
use crate::account::usage::{self, TokenUsage};

/// What providers agree on, and no more: replies without `id`, with unknown finish reasons or new
/// fields are still answers.
#[derive(Debug, Deserialize)]
struct Completion {
    choices: Option<Vec<ResponseChoice>>,
    usage: Option<Value>,
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct ResponseChoice {
    message: Option<Message>,
    /// Where a server only knows how to stream.
    delta: Option<Message>,
    finish_reason: Option<Value>,
    error: Option<Value>,
    text: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
struct Message {
    content: Option<Value>,
    refusal: Option<Value>,
    reasoning_content: Option<Value>,
    reasoning: Option<Value>,
    reasoning_details: Option<Value>,
    thinking: Option<Value>,
    tool_calls: Option<Value>,
    function_call: Option<Value>,
    parsed: Option<Value>,
}

/// Reasons to end that say that a filter cut in.
const FILTERS: &[&str] = &[
    "content_filter",
    "safety",
    "prohibited_content",
    "recitation",
    "sensitive",
    "blocklist",
    "guardrail",
];
/// Reasons to end that say that the server failed.
const FAILURES: &[&str] = &["error", "abort", "network_error", "insufficient_system_resource"];

/// Reads the body of a reply with status 200.
pub(crate) fn read(body: &[u8]) -> Read {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let Some(completion) = completion(body) else {
        return Read::NotAReply(format!("not JSON: {}", beginning(body)));
    };
    let in_place = |error: &Value| {
        Read::NotAReply(format!("an error in place of an answer: {}", short(&error.to_string())))
    };
    let error = completion.error.filter(|error| !is_nothing(error));
    let usage = completion.usage.as_ref().map(usage::read).unwrap_or_default();
    let has_choices = completion.choices.is_some();
    let choices = completion.choices.unwrap_or_default();
    if let Some(error) = error {
        // Some say beside a good answer that there was no error.
        let mut read = choices.iter().map(|choice| of_choice(choice, usage));
        let answer = read.find(|read| matches!(read, Read::Reply(_)));
        return answer.unwrap_or_else(|| in_place(&error));
    }
    if !has_choices {
        return Read::NotAReply(format!("no choices: {}", beginning(body)));
    }
    let Some(first) = choices.first() else {
        return Read::Flawed(Flaw::Empty, usage);
    };
    if let Some(error) = first.error.as_ref().filter(|error| !is_nothing(error)) {
        return in_place(error);
    }
    // Some leave the first of several empty.
    let mut read = choices.iter().map(|choice| of_choice(choice, usage));
    let first = read.next().unwrap_or(Read::Flawed(Flaw::Empty, usage));
    match first {
        Read::Reply(_) => first,
        _ => read.find(|other| matches!(other, Read::Reply(_))).unwrap_or(first),
    }
}

/// The reply, also where it came in pieces.
fn completion(body: &[u8]) -> Option<Completion> {
    // A broken byte in one name is no reason to lose the others.
    let whole = serde_json::from_str(&String::from_utf8_lossy(body));
    let streamed = || serde_json::from_value(stream::joined(body)?).ok();
    whole.ok().or_else(streamed).or_else(|| serde_json::from_str(&stream::uncommented(body)).ok())
}

/// Some send an error with nothing in it beside a good answer.
fn is_nothing(error: &Value) -> bool {
    match error {
        Value::Null => true,
        Value::Object(fields) => fields.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn of_choice(choice: &ResponseChoice, usage: TokenUsage) -> Read {
    let finish = choice.finish_reason.as_ref().and_then(Value::as_str).unwrap_or_default();
    let finish = &*finish.to_lowercase();
    let silent = Message::default();
    let message = choice.message.as_ref().or(choice.delta.as_ref()).unwrap_or(&silent);
    let refusal = message.refusal.as_ref().and_then(Value::as_str).unwrap_or_default();
    if !refusal.is_empty() {
        return Read::Flawed(Flaw::Refused(short(refusal)), usage);
    }
    if FILTERS.iter().any(|filter| finish.starts_with(filter)) {
        return Read::Flawed(Flaw::Filtered, usage);
    }
    if FAILURES.contains(&finish) {
        return Read::NotAReply(format!("the server ended the answer itself ({finish})"));
    }
    let cut = matches!(finish, "length" | "max_tokens" | "max_output_tokens");
    let places = spoken(message, choice.text.as_ref());
    // An answer that is whole at its longest length is an answer. Some say a word before they call a tool.
    if let Some(object) = places.iter().find_map(|said| lenient::object(aloud(said).0)) {
        return Read::Reply(Reply { object, usage, call: None });
    }
    if !cut && let Some(object) = places.iter().find_map(|said| lenient::loose(aloud(said).0)) {
        return Read::Reply(Reply { object, usage, call: None });
    }
    let said = places.into_iter().next().unwrap_or_default();
    // A thought that was never closed may end with the answer, where the model came to its end.
    if finish == "stop"
        && said.trim_end().ends_with(['}', '`'])
        && let Some(object) = lenient::object(unopened(&said))
    {
        return Read::Reply(Reply { object, usage, call: None });
    }
    let (said, thinking) = aloud(&said);
    if cut || thinking {
        return Read::CutOff(usage);
    }
    if said.trim().is_empty() {
        // Some put the whole answer where thoughts belong.
        let Message { reasoning_content, reasoning, reasoning_details, thinking, .. } = message;
        let thoughts = [reasoning_content, reasoning, reasoning_details, thinking];
        let thoughts = thoughts.into_iter().flatten().map(thought);
        return match thoughts.into_iter().find_map(|thoughts| lenient::object(&thoughts)) {
            Some(object) => Read::Reply(Reply { object, usage, call: None }),
            None => Read::Flawed(Flaw::Empty, usage),
        };
    }
    Read::Flawed(Flaw::NotJson(short(said)), usage)
}

/// What a message says, in every place where it says something; the usual one first.
fn spoken(message: &Message, completion: Option<&Value>) -> Vec<String> {
    let calls = message.tool_calls.as_ref();
    let tool = calls.and_then(|calls| calls.pointer("/0/function/arguments"));
    let function = message.function_call.as_ref().and_then(|call| call.get("arguments"));
    let places = [message.content.as_ref(), tool, function, message.parsed.as_ref(), completion];
    let places = places.into_iter().flatten().filter(|value| !value.is_null());
    places.map(text).filter(|text| !text.trim().is_empty()).collect()
}

/// Thoughts: a text, or a list of parts.
fn thought(thoughts: &Value) -> String {
    match thoughts {
        Value::Array(parts) => parts.iter().map(part_text).collect(),
        other => text(other),
    }
}

/// A text: a string, a list of parts, or, where a server has read it already, the object itself.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let is_thought = |part: &&Value| {
                matches!(part.get("type").and_then(Value::as_str), Some("thinking" | "reasoning"))
            };
            parts.iter().filter(|part| !is_thought(part)).map(part_text).collect()
        }
        Value::Object(fields) => match fields.get("text") {
            Some(Value::String(text)) if fields.len() <= 3 => text.clone(),
            _ => content.to_string(),
        },
        _ => String::new(),
    }
}

fn part_text(part: &Value) -> String {
    let said = part.get("text").or_else(|| part.get("content")).unwrap_or(part);
    said.as_str().unwrap_or_default().to_owned()
}

/// How models mark what they think aloud.
const THOUGHTS: &[(&str, &str)] = &[
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("◁think▷", "◁/think▷"),
];

/// What is said aloud, without the thoughts before it; and whether the thoughts never ended.
fn aloud(content: &str) -> (&str, bool) {
    let mut rest = content;
    for (begin, end) in THOUGHTS {
        if let Some((_, after)) = rest.rsplit_once(end) {
            rest = after;
        }
        if let Some(at) = rest.find(begin) {
            return (&rest[..at], true);
        }
    }
    // Channels: what counts is the message of the last one, and only where that is the final one.
    if let Some((before, message)) = rest.rsplit_once("<|message|>") {
        let channel = before.rsplit_once("<|channel|>").map_or("", |(_, channel)| channel);
        if channel.trim_start().starts_with("analysis") {
            return ("", true);
        }
        rest = message;
    }
    (rest, false)
}

/// What stands behind the mark of a thought that has no end.
fn unopened(content: &str) -> &str {
    let (_, thinking) = aloud(content);
    let begins = THOUGHTS.iter().filter_map(|(begin, _)| Some(content.rfind(begin)? + begin.len()));
    begins.max().filter(|_| thinking).map_or("", |from| &content[from..])
}

fn beginning(body: &[u8]) -> String {
    short(&String::from_utf8_lossy(&body[..body.len().min(400)]))
}

#[cfg(test)]
mod tests;
