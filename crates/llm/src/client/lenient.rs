//! The JSON object in what a model says.
//!
//! Models write it in fences and between remarks, with line breaks inside strings and commas behind
//! the last value: mending these two slips is one pass. What a crate for lenient JSON takes beside
//! (single quotes, bare names, comments) is tried last, for it takes prose with braces, too.

use serde_json::{Map, Value};

/// The last object in `content` that is an answer, and not the schema that was asked for. What breaks
/// off is not the answer, nor is what stands before it.
pub(super) fn object(content: &str) -> Option<Map<String, Value>> {
    let text = content.trim();
    match parse(text) {
        Some(Value::Object(object)) => return answer_in(object),
        // An object that was written out as a string.
        Some(Value::String(inner)) if inner.contains('{') => return self::object(&inner),
        // A list without the object around it.
        Some(list @ Value::Array(_)) if list.get(0).is_some_and(|one| !one.is_number()) => {
            // One object alone may be the answer in a list of its own.
            let alone = list.as_array().filter(|list| list.len() == 1);
            let mut object = match alone.and_then(|list| list[0].as_object()) {
                Some(object) => answer_in(object.clone())?,
                None => Map::new(),
            };
            object.entry("list").or_insert(list);
            return Some(object);
        }
        _ => {}
    }
    let mended = mended(text);
    let (mut at, mut steps) = (0, 0);
    let mut found: Vec<(usize, Map<String, Value>)> = Vec::new();
    while let Some(start) = mended[at..].find('{').map(|found| at + found) {
        steps += 1;
        if steps > 50 {
            break;
        }
        let mut values = serde_json::Deserializer::from_str(&mended[start..]).into_iter::<Value>();
        match values.next() {
            Some(Ok(Value::Object(object))) => {
                at = start + values.byte_offset();
                let answer = answer_in(object).filter(|answer| !answer.is_empty());
                found.extend(answer.map(|answer| (at - start, answer)));
            }
            Some(Err(error)) if error.is_eof() && is_object(&mended[start..]) => return None,
            _ => at = start + 1,
        }
    }
    // An afterthought ("confidence", an example) is no answer.
    let longest = found.iter().map(|(length, _)| *length).max()?;
    found.into_iter().rfind(|(length, _)| 3 * length >= longest).map(|(_, answer)| answer)
}

/// The object in a text that is whole by what its server says, and yet no JSON: written like a literal
/// of another language, or without the brackets at its end.
pub(super) fn loose(content: &str) -> Option<Map<String, Value>> {
    let from = content.find('{')?;
    let text = content[from..].trim_end().trim_end_matches('`').trim_end();
    let to = text.rfind('}').map_or(text.len(), |to| to + 1);
    let object = |value: Option<Value>| match value {
        Some(Value::Object(object)) if !object.is_empty() => answer_in(object),
        _ => None,
    };
    object(json5::from_str(&text[..to]).ok())
        .or_else(|| object(parse(&closed(&mended(text))?)))
        .filter(|object| !object.is_empty())
}

/// `text` with the brackets that are open at its end closed; none where it ends within a text, which
/// is then not whole.
fn closed(text: &str) -> Option<String> {
    let mut open = Vec::new();
    let (mut inside, mut escaped) = (false, false);
    for letter in text.chars() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            _ if inside => {}
            '{' => open.push('}'),
            '[' => open.push(']'),
            '}' | ']' if open.pop() != Some(letter) => return None,
            _ => {}
        }
    }
    let whole = !inside && !open.is_empty() && text.ends_with(['"', ']', '}']);
    whole.then(|| text.chars().chain(open.into_iter().rev()).collect())
}

/// Does a brace begin an object, and not a remark in braces?
fn is_object(text: &str) -> bool {
    text[1..].trim_start().starts_with('"')
}

fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().or_else(|| serde_json::from_str(&mended(text)).ok())
}

/// `text` with the control characters inside its strings escaped, and without comments and commas that
/// nothing follows.
fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut inside, mut escaped) = (false, false);
    let mut remark = None;
    for (at, letter) in text.char_indices() {
        if let Some(until) = remark {
            if at < until {
                continue;
            }
            remark = None;
        }
        if inside {
            match letter {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => inside = false,
                _ => {}
            }
            match letter {
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                letter if letter.is_control() => out.push(' '),
                letter => out.push(letter),
            }
            continue;
        }
        if letter == '/' && in_object(&out) {
            remark = remark_ends(&text[at..]).map(|length| at + length);
            if remark.is_some() {
                continue;
            }
        }
        let dangling = letter == ',' && text[at + 1..].trim_start().starts_with(['}', ']']);
        inside = letter == '"' && in_json(&out);
        if !dangling {
            out.push(letter);
        }
    }
    out
}

/// How long the remark is that `text` begins with, if it does.
fn remark_ends(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    text.starts_with("/*").then(|| text.find("*/").map_or(text.len(), |end| end + 2))
}

/// Is this where a value, a name or a comma was to come, and not the middle of an address?
fn in_object(before: &str) -> bool {
    before.contains('{') && before.trim_end().ends_with(['{', '[', ',', '}', ']', '"'])
}

/// Quotation marks in prose begin no string: only those after a brace, a bracket, a comma or a colon.
fn in_json(before: &str) -> bool {
    before.trim_end().ends_with(['{', '[', ',', ':'])
}

/// The answer that an object is or holds; none where it is the schema itself.
fn answer_in(object: Map<String, Value>) -> Option<Map<String, Value>> {
    let is = |name: &str, kind: &str| object.get(name).and_then(Value::as_str) == Some(kind);
    let inner = |name: &str| object.get(name).and_then(Value::as_object);
    let is_schema = is("type", "object") && inner("properties").is_some()
        || inner("properties").is_some() && object.get("required").is_some_and(Value::is_array);
    if is_schema {
        let values = inner("properties")?;
        let describes = |value: &Value| {
            let names = ["type", "$ref", "enum", "anyOf", "items"];
            value.as_object().is_some_and(|part| names.iter().any(|name| part.contains_key(*name)))
        };
        // Values in the place of their descriptions: a form that was filled in.
        let filled = !values.is_empty() && !values.values().any(describes);
        return filled.then(|| values.clone());
    }
    // A schema under its name, as it was sent.
    if let Some(schema) = inner("schema").or_else(|| inner("json_schema"))
        && (schema.contains_key("properties") || schema.contains_key("schema"))
    {
        return None;
    }
    // The whole answer as a text in a field of its own.
    if let Some(Value::String(text)) = object.values().next().filter(|_| object.len() == 1)
        && text.trim_start().starts_with('{')
        && let Some(Value::Object(answer)) = parse(text)
    {
        return Some(answer);
    }
    // A call of a tool, written out.
    let named = object.get("name").is_some_and(Value::is_string);
    for arguments in ["arguments", "parameters"] {
        if let Some(inner) = inner(arguments).filter(|_| named && object.len() == 2) {
            return Some(inner.clone());
        }
    }
    Some(object)
}
