//! A reply that came as a stream although none was asked for: some gateways know no other kind.

use serde_json::{Map, Value, json};

/// The whole reply that the events of `body` add up to; `None` where it is no stream of events.
pub(super) fn joined(body: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(body);
    let begins = ["data:", "event:", "id:", ":"];
    if !begins.iter().any(|begin| text.trim_start().starts_with(begin)) {
        return None;
    }
    let events = text.lines().filter_map(|line| line.trim().strip_prefix("data:"));
    let events = events.filter_map(|data| serde_json::from_str::<Value>(data.trim()).ok());
    let mut whole = Whole::default();
    let mut any = false;
    for event in events {
        any = true;
        whole.add(&event);
    }
    any.then(|| whole.reply())
}

/// A body without the comments that keep a stream alive, which some write before a reply that is none.
pub(super) fn uncommented(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    text.lines().filter(|line| !line.starts_with(':')).collect::<Vec<_>>().join("\n")
}

/// What has come so far.
#[derive(Default)]
struct Whole {
    message: Map<String, Value>,
    arguments: String,
    finish: Option<Value>,
    usage: Option<Value>,
    error: Option<Value>,
}

impl Whole {
    fn add(&mut self, event: &Value) {
        let some = |place: &str| event.pointer(place).filter(|found| !found.is_null()).cloned();
        self.error = some("/error").or_else(|| self.error.take());
        self.usage = some("/usage").or_else(|| self.usage.take());
        self.finish = some("/choices/0/finish_reason").or_else(|| self.finish.take());
        let delta = some("/choices/0/delta").or_else(|| some("/choices/0/message"));
        let Some(Value::Object(delta)) = delta else { return };
        for (name, value) in delta {
            match (value, self.message.get_mut(&name)) {
                (Value::String(more), Some(Value::String(text))) => text.push_str(&more),
                (Value::String(first), _) => {
                    self.message.insert(name, Value::String(first));
                }
                (calls @ Value::Array(_), _) if name == "tool_calls" => {
                    let more = calls.pointer("/0/function/arguments").and_then(Value::as_str);
                    self.arguments.push_str(more.unwrap_or_default());
                }
                _ => {}
            }
        }
    }

    fn reply(mut self) -> Value {
        if let Some(error) = self.error {
            return json!({ "error": error });
        }
        if !self.arguments.is_empty() {
            let call = json!([{ "function": { "arguments": self.arguments } }]);
            self.message.insert("tool_calls".to_owned(), call);
        }
        json!({
            "choices": [{ "message": self.message, "finish_reason": self.finish }],
            "usage": self.usage,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_add_up_to_the_reply() {
        let body = b": ping\n\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"{\\\"a\\\"\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\": 1}\"},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":7}}\n\ndata: [DONE]\n";
        let reply = joined(body).unwrap();
        assert_eq!(reply["choices"][0]["message"]["content"], "{\"a\": 1}");
        assert_eq!(reply["choices"][0]["finish_reason"], "stop");
        assert_eq!(reply["usage"]["prompt_tokens"], 7);
        assert_eq!(joined(b"{\"choices\": []}"), None);
        assert_eq!(joined(b"data: nothing"), None);
    }

    #[test]
    fn an_error_in_the_stream_is_the_reply() {
        let body = b"data: {\"error\": {\"code\": 429}}\n\ndata: [DONE]\n\n";
        assert_eq!(joined(body).unwrap(), json!({"error": {"code": 429}}));
    }
}
