//! What a reply that is no answer means: who is refused, and why.
//!
//! Servers agree on little: the code or the status decides where there is one, words where there is
//! none. What is done about it is the [ladder](super::ladder)'s to say.

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::later;
use super::reply::short;
use super::stream;
use super::words::{self, says};

/// What a reply that is no answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefusalMeaning {
    /// The key, the account or the money: every other call would be refused too.
    Denied,
    /// The model or the path does not exist here.
    Misaddressed,
    /// A proxy on the way wants something of its own.
    Proxy,
    /// More than the model takes, prompt and answer together.
    TooLong,
    /// The model thought until its longest answer was full.
    OutOfRoom,
    /// The longest answer that was asked for is longer than there can be.
    LongAnswer,
    /// Too much at once; waiting helps, for as long as it takes.
    Overloaded,
    /// The server failed; once more may help.
    Failed,
    /// A page for people: of a gateway, a login, a firewall.
    Page,
    /// What was sent is not liked by a filter: this row's matter alone.
    Filtered,
    /// The form in which the answer was asked for.
    Form,
    /// There are no system messages here.
    NoSystem,
    /// The model's answer was of no use, so the server kept it to itself.
    Useless,
    /// A field that we do not send, and that only the user can know.
    Wants,
    /// This request, for a reason that we do not know.
    Bad,
}

/// A reply that is no answer, with what the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// HTTP status, or the one that the body names.
    pub(crate) status: u16,
    pub(crate) meaning: RefusalMeaning,
    /// One line, cleaned.
    pub(crate) message: String,
    /// The parameter that the server names, if it does.
    pub(crate) param: String,
    /// When to come back, where it is said.
    pub(crate) after: Option<Duration>,
    /// What the model had written, where the server shows it.
    pub(crate) generation: Option<String>,
    /// All that was said, in lower case.
    pub(crate) all: String,
}

/// Reads a reply that is no answer: one with a status other than 200, or an error in place of one.
pub(crate) fn read(status: u16, headers: &HeaderMap, body: &[u8]) -> Refusal {
    let json = serde_json::from_slice(body).ok();
    let json = json.or_else(|| stream::joined(body)).unwrap_or_default();
    let error = error_in(&json);
    let status = named_status(&error).filter(|_| status != 407).unwrap_or(status);
    let page = json.is_null();
    let message = match message_of(&error, 0) {
        Some(message) => message,
        None if page => words::of_page(&String::from_utf8_lossy(&body[..body.len().min(4_000)])),
        None => error.to_string(),
    };
    let text = String::from_utf8_lossy(&body[..body.len().min(8_000)]);
    // Letters may be escaped in the body, and are not in the message.
    let all = text.replace("\\\"", "\"").replace("\\n", " ") + "\n" + &message;
    let all = all.to_lowercase();
    let mut meaning = if page && is_page(&text, headers) {
        of_page(status, &all)
    } else {
        meaning(status, &all, &error)
    };
    let mut message = match message.trim() {
        "" => "no reason given".to_owned(),
        message => short(message),
    };
    if let Some(to) = headers.get("location").and_then(|to| to.to_str().ok())
        && (300..400).contains(&status)
    {
        message = format!("it points to {}", short(to));
    }
    if status == 407 {
        meaning = RefusalMeaning::Proxy;
    }
    // Good, and neither an answer nor an error: somebody else has answered.
    let fields = ["error", "errors", "choices", "base_resp", "detail", "data"];
    let models = json.pointer("/data/0/object").and_then(Value::as_str) == Some("model");
    let unlike = models || !fields.iter().any(|f| json.get(f).is_some());
    if status == 200 && meaning == RefusalMeaning::Failed && unlike {
        meaning = RefusalMeaning::Page;
    }
    Refusal {
        status,
        meaning,
        message,
        param: text_of(error.get("param")).unwrap_or_default(),
        after: later::said(headers, &error, &all, SystemTime::now()),
        generation: generation_in(&error),
        all,
    }
}

/// The error in a body, wherever it is put: `{"error": …}`, a list, inside a choice, or the body
/// itself.
fn error_in(json: &Value) -> Value {
    let json = json.as_array().and_then(|all| all.first()).unwrap_or(json);
    let in_choice = json.pointer("/choices/0/error");
    let in_list = json.pointer("/errors/0");
    let places = [json.get("error"), in_choice, in_list, json.get("base_resp"), json.get("detail")];
    let found = places.into_iter().flatten().find(|found| !found.is_null());
    let found = found.unwrap_or(json);
    match found.get("error").filter(|inner| inner.is_object()) {
        Some(inner) => inner.clone(),
        None => found.clone(),
    }
}

fn text_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The status that an error names in its code.
fn named_status(error: &Value) -> Option<u16> {
    let code = text_of(error.get("code")).or_else(|| text_of(error.get("status_code")))?;
    code.parse().ok().filter(|code| (400..600).contains(code))
}

/// What the error says, also where it repeats another server's words.
fn message_of(error: &Value, depth: u8) -> Option<String> {
    let names = ["message", "msg", "status_msg", "error_msg", "detail", "Message", "error"];
    let said = match error {
        Value::String(text) => Some(text.clone()),
        Value::Array(_) => Some(error.to_string()),
        _ => names.iter().find_map(|name| match error.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }),
    }?;
    let raw = error.pointer("/metadata/raw").map(|raw| match raw {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let said = match raw {
        Some(raw) => format!("{said}: {raw}"),
        None => said,
    };
    // An error that is quoted in an error: its words tell more.
    let inner = said.find('{').filter(|_| depth < 2).and_then(|at| {
        let mut inner = serde_json::Deserializer::from_str(&said[at..]).into_iter::<Value>();
        let inner = inner.next()?.ok()?;
        message_of(&error_in(&inner), depth + 1)
    });
    Some(inner.unwrap_or(said))
}

fn generation_in(error: &Value) -> Option<String> {
    text_of(error.get("failed_generation")).filter(|text| !text.trim().is_empty())
}

/// Is it made for people?
fn is_page(text: &str, headers: &HeaderMap) -> bool {
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    text.trim_start().starts_with('<') || kind.starts_with("text/html")
}

fn of_page(status: u16, all: &str) -> RefusalMeaning {
    let limited = ["rate limited", "error 1015", "too many requests"];
    match status {
        _ if limited.iter().any(|word| all.contains(word)) => RefusalMeaning::Overloaded,
        401 | 402 => RefusalMeaning::Denied,
        413 => RefusalMeaning::TooLong,
        429 => RefusalMeaning::Overloaded,
        300..=399 | 404 | 405 | 410 => RefusalMeaning::Misaddressed,
        408 | 425 | 499..=599 => RefusalMeaning::Failed,
        _ => RefusalMeaning::Page,
    }
}

/// What a status means, and the words that came with it.
fn meaning(status: u16, all: &str, error: &Value) -> RefusalMeaning {
    let says = |words: &[&str]| says(all, words);
    let code = ["code", "type", "status"].map(|name| text_of(error.get(name)).unwrap_or_default());
    let code = code.join(" ").to_lowercase();
    // Said in so many words, also beside what was not charged for it.
    let flagged = error.pointer("/metadata/flagged_input").is_some() || says(words::FLAGGED);
    if status != 401 && flagged && !says(words::ACCOUNT) {
        return RefusalMeaning::Filtered;
    }
    let paced = words::RATE_CODES.iter().any(|name| code.contains(name)) || says(words::PACED);
    if says(words::NO_MONEY) || says(words::NO_KEY) && status != 404 {
        let pays_later = status == 429 && paced && !says(words::QUOTA_GONE);
        if !pays_later {
            return RefusalMeaning::Denied;
        }
    }
    if status != 401 && says(words::FILTERED) && !says(words::ACCOUNT) {
        return RefusalMeaning::Filtered;
    }
    if says(words::AFFORD) {
        return RefusalMeaning::LongAnswer;
    }
    if matches!(status, 401 | 402) {
        return RefusalMeaning::Denied;
    }
    if status == 413 || says(words::TOO_LARGE) {
        return RefusalMeaning::TooLong;
    }
    let used_up = says(words::FOR_LONG) && says(words::LIMIT);
    if used_up && matches!(status, 400 | 403 | 500 | 503) {
        return RefusalMeaning::Overloaded;
    }
    if status == 429 || paced && matches!(status, 200 | 400 | 403 | 500 | 502) {
        return RefusalMeaning::Overloaded;
    }
    let elsewhere = [words::PLAIN_HTTP, words::NO_PATH].into_iter().any(says);
    if elsewhere || unknown_model(status, all) {
        return RefusalMeaning::Misaddressed;
    }
    if status == 404 && says(words::NOBODY_TAKES) {
        return RefusalMeaning::Form;
    }
    match status {
        300..=399 | 404 | 405 | 410 => return RefusalMeaning::Misaddressed,
        403 => return RefusalMeaning::Denied,
        _ => {}
    }
    if let Some(meaning) = of_request(status, all) {
        return meaning;
    }
    match status {
        503 | 529 => RefusalMeaning::Overloaded,
        200 | 408 | 409 | 424 | 425 | 498 | 499 | 500..=599 => RefusalMeaning::Failed,
        _ if paced => RefusalMeaning::Overloaded,
        _ => RefusalMeaning::Bad,
    }
}

/// What is wrong with what was asked, where the words tell.
fn of_request(status: u16, all: &str) -> Option<RefusalMeaning> {
    let says = |words: &[&str]| says(all, words);
    if !matches!(status, 200 | 400 | 422 | 500 | 501) {
        return None;
    }
    if says(words::OUT_OF_ROOM) {
        return Some(RefusalMeaning::OutOfRoom);
    }
    if says(words::USELESS) {
        return Some(RefusalMeaning::Useless);
    }
    if no_system(all) {
        return Some(RefusalMeaning::NoSystem);
    }
    if says(words::TOO_LONG) {
        return Some(RefusalMeaning::TooLong);
    }
    if says(words::ANSWER_LIMIT) && says(words::AT_MOST) && !says(words::NO_PARAMETER) {
        return Some(RefusalMeaning::LongAnswer);
    }
    if says(words::FORM) {
        return Some(RefusalMeaning::Form);
    }
    says(words::WANTED).then_some(RefusalMeaning::Wants)
}

fn unknown_model(status: u16, all: &str) -> bool {
    let says = |words: &[&str]| says(all, words);
    matches!(status, 200 | 400 | 403 | 404 | 422 | 500 | 501 | 503)
        && (says(words::NO_MODEL)
            || says(words::OTHER_USE)
            || status != 503 && all.contains("model") && says(words::NOT_THERE))
}

fn no_system(all: &str) -> bool {
    let says = |words: &[&str]| says(all, words);
    says(words::ROLES) || says(words::SYSTEM) && says(words::NOT_TAKEN)
}

#[cfg(test)]
mod tests;
