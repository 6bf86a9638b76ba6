//! What a refusal means: who is refused, and what to do about it.

use serde_json::Value;

use crate::client::reply::short;
use crate::store::Outcome;

/// What a reply with a status other than 200 means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The key, the account or the quota: every other call would be refused too.
    Denied,
    /// The model or the path does not exist here.
    Misaddressed,
    /// More than the model takes in one prompt.
    TooLong,
    /// Too much at once; waiting helps, for as long as it takes.
    Overloaded,
    /// The server failed; once more may help.
    Failed,
    /// This request, in this form.
    Bad,
}

/// A refusal with what the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) refusal: Refusal,
    /// One line, cleaned.
    pub(crate) message: String,
    /// The parameter that the server names, if it does.
    pub(crate) param: String,
}

impl Said {
    /// As the store keeps it.
    pub(crate) fn outcome(&self, status: u16) -> Outcome {
        let reason = self.message.clone();
        match self.refusal {
            Refusal::Denied => Outcome::Denied { status, reason },
            Refusal::Overloaded | Refusal::Failed => Outcome::Refused { status, reason },
            Refusal::Misaddressed | Refusal::TooLong | Refusal::Bad => {
                Outcome::Rejected { status, reason }
            }
        }
    }
}

/// Reads a reply with a status other than 200.
pub(crate) fn read(status: u16, body: &[u8]) -> Said {
    let json: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    // {"error": {"message", "type", "param", "code"}}, {"error": "…"}, {"message": "…"}, {"detail": …}
    let error = json.get("error").filter(|error| error.is_object()).unwrap_or(&json);
    let field = |name: &str| match error.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let message = [json.get("error"), error.get("message"), json.get("detail"), Some(&json)]
        .into_iter()
        .flatten()
        .find_map(|value| match value {
            Value::String(text) => Some(text.clone()),
            _ => None,
        })
        .or_else(|| json.get("detail").map(ToString::to_string))
        .unwrap_or_else(|| String::from_utf8_lossy(&body[..body.len().min(400)]).into_owned());
    let (code, kind, param) = (field("code"), field("type"), field("param"));
    let all = format!("{message} {code} {kind}").to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| all.contains(word));
    let refusal = match status {
        401..=403 => Refusal::Denied,
        429 if says(&["insufficient_quota", "billing", "credit balance"]) => Refusal::Denied,
        // A redirect is not followed: it would carry the key to wherever it points.
        300..=399 | 404 | 405 | 410 => Refusal::Misaddressed,
        400 if says(&["model_not_found"]) => Refusal::Misaddressed,
        413 => Refusal::TooLong,
        400 | 422 | 500
            if says(&[
                "context_length",
                "context length",
                "context size",
                "context window",
                "exceed_context",
                "prompt is too long",
                "too many tokens",
            ]) =>
        {
            Refusal::TooLong
        }
        429 | 503 | 529 => Refusal::Overloaded,
        408 | 409 | 425 | 500..=599 => Refusal::Failed,
        _ => Refusal::Bad,
    };
    let message = if message.trim().is_empty() { "no reason given".to_owned() } else { message };
    Said { refusal, message: short(&message), param }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, refusal: Refusal, message: &str) {
        let said = read(status, body.as_bytes());
        assert_eq!((said.refusal, said.message.as_str()), (refusal, message));
    }

    #[test]
    fn servers_say_it_in_many_ways() {
        check(401, r#"{"error":{"message":"Bad key"}}"#, Refusal::Denied, "Bad key");
        let quota = r#"{"error":{"message":"Exceeded","code":"insufficient_quota"}}"#;
        check(429, quota, Refusal::Denied, "Exceeded");
        check(429, r#"{"error":"slow down"}"#, Refusal::Overloaded, "slow down");
        check(
            503,
            r#"{"error":{"message":"Loading model","code":503}}"#,
            Refusal::Overloaded,
            "Loading model",
        );
        check(
            404,
            r#"{"error":{"message":"no such model"}}"#,
            Refusal::Misaddressed,
            "no such model",
        );
        check(405, "", Refusal::Misaddressed, "no reason given");
        check(301, "Moved", Refusal::Misaddressed, "Moved");
        let long = r#"{"error":{"message":"request (900 tokens) exceeds the available context size","type":"exceed_context_size_error"}}"#;
        check(
            400,
            long,
            Refusal::TooLong,
            "request (900 tokens) exceeds the available context size",
        );
        check(422, r#"{"detail":[{"loc":["body"]}]}"#, Refusal::Bad, r#"[{"loc":["body"]}]"#);
        check(502, "<html>Bad gateway</html>", Refusal::Failed, "<html>Bad gateway</html>");
        check(400, "", Refusal::Bad, "no reason given");
        assert_eq!(
            read(400, br#"{"error":{"message":"x","param":"temperature"}}"#).param,
            "temperature"
        );
    }
}
