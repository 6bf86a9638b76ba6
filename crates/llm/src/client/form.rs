//! How an endpoint wants to be asked: servers differ, and the first real answers tell.
//!
//! OpenAI, vLLM and llama.cpp take a strict JSON schema; llama-cpp-python answers 500 to one and
//! takes a schema inside the JSON object mode; others know that mode without a schema, or no mode at
//! all. Nothing is probed: a request that is refused for its form is sent again in the next simpler
//! one, refusals cost nothing, and what worked is remembered with the answers.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::request::Request;

/// How the form of the answer is asked for, from the most to the least that a server can enforce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    /// `response_format: json_schema`, strict.
    Schema,
    /// `response_format: json_object` with the schema in it, and in the prompt.
    ObjectWithSchema,
    /// `response_format: json_object`, and the schema in the prompt.
    Object,
    /// The schema in the prompt, and nothing else.
    Plain,
}

impl Form {
    fn next(self) -> Option<Self> {
        match self {
            Self::Schema => Some(Self::ObjectWithSchema),
            Self::ObjectWithSchema => Some(Self::Object),
            Self::Object => Some(Self::Plain),
            Self::Plain => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Schema => "json_schema",
            Self::ObjectWithSchema => "json_object with schema",
            Self::Object => "json_object",
            Self::Plain => "plain",
        }
    }
}

/// The field that limits the length of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LimitField {
    MaxTokens,
    MaxCompletionTokens,
}

/// What is known of an endpoint and model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Profile {
    pub(crate) form: Form,
    /// An answer came back in this form: a refusal is then not the form's fault.
    pub(crate) proven: bool,
    limit: LimitField,
    /// Parameters that the endpoint refuses.
    without: BTreeSet<String>,
    /// There is no system message: its text comes before the user's.
    merged: bool,
}

impl Profile {
    /// What is taken for granted of an endpoint that was never asked.
    pub(crate) fn unknown(base_url: &str) -> Self {
        let openai = base_url.contains("://api.openai.com");
        Self {
            form: Form::Schema,
            proven: false,
            limit: if openai { LimitField::MaxCompletionTokens } else { LimitField::MaxTokens },
            without: BTreeSet::new(),
            merged: false,
        }
    }

    /// The body for `request`.
    pub(crate) fn body(&self, request: &Request, model: &str, temperature: f64) -> Value {
        let Request { system, user, shape, max_tokens } = request;
        let user = match self.form {
            Form::Schema => user.clone(),
            _ => format!(
                "{user}\n\nReply with one JSON object and nothing else. It must fit this JSON schema:\n{}",
                shape.schema
            ),
        };
        let messages = if self.merged {
            json!([{"role": "user", "content": format!("{system}\n\n{user}")}])
        } else {
            json!([{"role": "system", "content": system}, {"role": "user", "content": user}])
        };
        let mut body = json!({"model": model, "messages": messages});
        let Some(fields) = body.as_object_mut() else { return body };
        let format = match self.form {
            Form::Schema => Some(json!({
                "type": "json_schema",
                "json_schema": {"name": shape.name, "strict": true, "schema": shape.schema},
            })),
            Form::ObjectWithSchema => Some(json!({"type": "json_object", "schema": shape.schema})),
            Form::Object => Some(json!({"type": "json_object"})),
            Form::Plain => None,
        };
        if let Some(format) = format {
            fields.insert("response_format".to_owned(), format);
        }
        if !self.without.contains("temperature") {
            fields.insert("temperature".to_owned(), json!(temperature));
        }
        let limit = match self.limit {
            LimitField::MaxTokens => "max_tokens",
            LimitField::MaxCompletionTokens => "max_completion_tokens",
        };
        if !self.without.contains(limit) {
            fields.insert(limit.to_owned(), json!(max_tokens));
        }
        body
    }

    /// What to try after a refusal with this status, the error's `param` and its message; `None`
    /// where another form would be refused as well.
    pub(crate) fn after_refusal(&self, status: u16, param: &str, message: &str) -> Option<Self> {
        let mut next = self.clone();
        let message = message.to_lowercase();
        let about = |what: &str| param.starts_with(what) || message.contains(what);
        let structured = ["response_format", "json_schema", "json_object", "structured output"];
        if structured.iter().any(|what| about(what)) {
            next.form = self.form.next()?;
            next.proven = false;
        } else if message.contains("max_completion_tokens") && self.limit == LimitField::MaxTokens
            || about("max_completion_tokens") && self.limit == LimitField::MaxCompletionTokens
            || about("max_tokens") && self.limit == LimitField::MaxTokens
        {
            let other = match self.limit {
                LimitField::MaxTokens => LimitField::MaxCompletionTokens,
                LimitField::MaxCompletionTokens => LimitField::MaxTokens,
            };
            let (this, tried) = match self.limit {
                LimitField::MaxTokens => ("max_tokens", "max_completion_tokens"),
                LimitField::MaxCompletionTokens => ("max_completion_tokens", "max_tokens"),
            };
            next.without.insert(this.to_owned());
            next.limit = other;
            if self.without.contains(tried) && self.without.contains(this) {
                return None;
            }
        } else if about("temperature") && !self.without.contains("temperature") {
            next.without.insert("temperature".to_owned());
        } else if message.contains("system role") && !self.merged {
            next.merged = true;
        } else if !self.proven && matches!(status, 400 | 422 | 500 | 501) {
            // No reason that we know; the form is the first suspect while it has never worked.
            next.form = self.form.next()?;
        } else {
            return None;
        }
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Shape;

    fn request() -> Request {
        Request {
            system: "S".to_owned(),
            user: "U".to_owned(),
            shape: Shape { name: "x", schema: json!({"type": "object"}) },
            max_tokens: 9,
        }
    }

    fn body(profile: &Profile) -> Value {
        profile.body(&request(), "m", 0.0)
    }

    #[test]
    fn forms_step_down_to_plain_text() {
        let mut profile = Profile::unknown("http://localhost:1/v1");
        let mut forms = vec![profile.form];
        while let Some(next) = profile.after_refusal(400, "response_format", "not supported") {
            profile = next;
            forms.push(profile.form);
        }
        assert_eq!(forms, [Form::Schema, Form::ObjectWithSchema, Form::Object, Form::Plain]);
        let text = body(&profile)["messages"][1]["content"].as_str().unwrap().to_owned();
        assert!(text.starts_with("U\n") && text.contains(r#"{"type":"object"}"#), "{text}");
        assert!(body(&profile).get("response_format").is_none());
    }

    #[test]
    fn a_form_that_has_worked_is_not_blamed() {
        let mut profile = Profile::unknown("http://localhost:1/v1");
        assert!(profile.after_refusal(500, "", "Internal").is_some());
        profile.proven = true;
        assert_eq!(profile.after_refusal(500, "", "Internal"), None);
        assert_eq!(profile.after_refusal(400, "", "Bad"), None);
    }

    #[test]
    fn parameters_that_are_refused_are_left_out() {
        let profile = Profile::unknown("http://localhost:1/v1");
        let next = profile.after_refusal(400, "temperature", "Unsupported value").unwrap();
        assert!(body(&next).get("temperature").is_none());
        assert_eq!(
            next.after_refusal(400, "temperature", "again").map(|p| p.form),
            Some(Form::ObjectWithSchema)
        );
        let text = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.";
        let next = profile.after_refusal(400, "max_tokens", text).unwrap();
        assert_eq!(body(&next)["max_completion_tokens"], 9);
        assert!(body(&next).get("max_tokens").is_none());
        let back =
            next.after_refusal(400, "max_completion_tokens", "Unsupported parameter").unwrap();
        assert!(body(&back).get("max_tokens").is_none(), "both were refused");
    }

    #[test]
    fn without_a_system_role_its_text_comes_first() {
        let profile = Profile::unknown("http://localhost:1/v1");
        let next = profile.after_refusal(500, "", "System role not supported").unwrap();
        assert_eq!(body(&next)["messages"][0]["content"], "S\n\nU");
    }
}
