//! How an endpoint wants to be asked: servers differ, and the first real answers tell.
//!
//! OpenAI, vLLM and llama.cpp take a strict JSON schema; llama-cpp-python answers 500 to one and
//! takes a schema inside the JSON object mode; others know that mode without a schema, or no mode at
//! all. Nothing is probed: a request that is refused for its form is sent again in the next simpler
//! one, refusals cost nothing, and what worked is remembered with the answers. What was only suspected
//! is not: it holds for one kind of question, is tried again from time to time, and ends with the
//! process.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::refusal::{Refusal, RefusalMeaning};
use super::words;
use crate::request::Request;

/// How the form of the answer is asked for, from the most to the least that a server can enforce.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AnswerForm {
    /// `response_format: json_schema`, strict.
    #[default]
    Schema,
    /// `response_format: json_object` with the schema in it, and in the prompt.
    ObjectWithSchema,
    /// `response_format: json_object`, and the schema in the prompt.
    Object,
    /// The schema in the prompt, and nothing else.
    Plain,
}

impl AnswerForm {
    /// The next simpler one.
    pub(crate) fn next(self) -> Option<Self> {
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
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LimitField {
    #[default]
    MaxTokens,
    MaxCompletionTokens,
}

impl LimitField {
    fn name(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::MaxTokens => Self::MaxCompletionTokens,
            Self::MaxCompletionTokens => Self::MaxTokens,
        }
    }
}

/// The form that one kind of question is asked in.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct KnownForm {
    form: AnswerForm,
    /// An answer came back in this form: a refusal is then not the form's fault.
    proven: bool,
    /// A better one was only suspected, and is tried again after so many answers.
    #[serde(skip)]
    again: Option<u32>,
    #[serde(skip)]
    answers: u32,
}

/// What is known of an endpoint and model.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct EndpointProfile {
    /// The best form that is not refused by its name.
    start: AnswerForm,
    /// By the kind of question.
    kinds: BTreeMap<String, KnownForm>,
    limit: LimitField,
    /// Parameters that the endpoint refuses.
    without: BTreeSet<String>,
    /// There is no system message: its text comes before the user's.
    merged: bool,
    /// It has answered.
    pub(crate) answered: bool,
    /// Tokens that are set aside for an answer: what it needs with the thoughts before it, or what
    /// there is.
    pub(crate) room: Option<u32>,
    /// No longer answer can be asked for.
    pub(crate) longest: Option<u32>,
    /// Most texts in one call for embeddings.
    pub(crate) inputs: Option<usize>,
}

/// What a list of texts is called among the parameters that an endpoint may refuse.
pub(crate) const LIST: &str = "input in a list";

/// After so many answers in a form that was only fallen back to, the better one is tried again.
const AGAIN: u32 = 3;

impl EndpointProfile {
    /// What is taken for granted of an endpoint that was never asked.
    pub(crate) fn unknown(base_url: &str) -> Self {
        let openai = base_url.contains("://api.openai.com");
        let limit = if openai { LimitField::MaxCompletionTokens } else { LimitField::MaxTokens };
        Self { limit, ..Self::default() }
    }

    /// It has answered, whatever.
    pub(crate) fn having_answered(&self) -> Self {
        Self { answered: true, ..self.clone() }
    }

    /// Did it ever answer?
    pub(crate) fn has_answered(&self) -> bool {
        self.answered
    }

    /// Is this kind of question one whose form is still to be found out, because other kinds are not
    /// asked in the best one?
    pub(crate) fn is_to_be_found_out(&self, kind: &str) -> bool {
        let stepped_down = self.kinds.values().any(|known| known.form > self.start);
        stepped_down && !self.kinds.contains_key(kind)
    }

    /// The form that questions of this kind are asked in.
    pub(crate) fn form(&self, kind: &str) -> AnswerForm {
        let Some(known) = self.kinds.get(kind) else { return self.start };
        match known.again {
            Some(again) if known.answers >= again => self.start,
            _ => known.form.max(self.start),
        }
    }

    /// Has this kind of question been answered in this form?
    pub(crate) fn is_proven(&self, kind: &str, form: AnswerForm) -> bool {
        self.kinds.get(kind).is_some_and(|known| known.proven && known.form == form)
    }

    /// Would this kind of question be asked in the same way?
    pub(crate) fn asks_like(&self, other: &Self, kind: &str) -> bool {
        let way = |profile: &Self| (profile.limit, profile.without.clone(), profile.merged);
        way(self) == way(other) && self.form(kind) == other.form(kind)
    }

    /// An answer of use came back in this form; `doubted` says that it was only fallen back to.
    pub(crate) fn answered_in(&self, kind: &str, form: AnswerForm, doubted: bool) -> Self {
        let mut next = Self { answered: true, ..self.clone() };
        let start = next.start;
        let known = next.kinds.entry(kind.to_owned()).or_default();
        if form < known.form || !known.proven {
            let again = (doubted && form > start).then_some(AGAIN);
            *known = KnownForm { form, proven: true, again, answers: 0 };
        } else if form == known.form {
            known.answers = known.answers.saturating_add(1);
        }
        next
    }

    /// A better form may be the fault: this one is taken for now.
    pub(crate) fn suspecting(&self, kind: &str, form: AnswerForm) -> Self {
        let mut next = self.clone();
        let known = KnownForm { form, again: Some(AGAIN), ..KnownForm::default() };
        next.kinds.insert(kind.to_owned(), known);
        next
    }

    /// The better form, tried once more, was refused again: it is left alone for longer.
    pub(crate) fn still_not(&self, kind: &str) -> Self {
        let mut next = self.clone();
        if let Some(known) = next.kinds.get_mut(kind)
            && let Some(again) = &mut known.again
        {
            *again = again.saturating_mul(2);
            known.answers = 0;
        }
        next
    }

    /// What is kept for the processes to come: nothing that was only suspected.
    pub(crate) fn certain(&self) -> Self {
        let mut next = self.clone();
        next.kinds.retain(|_, known| known.again.is_none());
        next.kinds.values_mut().for_each(|known| known.answers = 0);
        next
    }

    /// The body for `request`, in this form.
    pub(crate) fn body(
        &self,
        request: &Request,
        form: AnswerForm,
        model: &str,
        temperature: f64,
        extra: &Map<String, Value>,
    ) -> Value {
        let Request { system, user, shape, max_tokens } = request;
        let schema = plain_schema(&shape.schema);
        let user = match form {
            AnswerForm::Schema => user.clone(),
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
        let mut fields = Map::new();
        fields.insert("model".to_owned(), json!(model));
        fields.insert("messages".to_owned(), messages);
        let format = match form {
            AnswerForm::Schema => Some(json!({
                "type": "json_schema",
                "json_schema": {"name": shape.name, "strict": true, "schema": schema},
            })),
            AnswerForm::ObjectWithSchema => Some(json!({"type": "json_object", "schema": schema})),
            AnswerForm::Object => Some(json!({"type": "json_object"})),
            AnswerForm::Plain => None,
        };
        if let Some(format) = format {
            fields.insert("response_format".to_owned(), format);
        }
        if !self.without.contains("temperature") {
            fields.insert("temperature".to_owned(), json!(temperature));
        }
        if !self.without.contains(self.limit.name()) {
            fields.insert(self.limit.name().to_owned(), json!(max_tokens));
        }
        fields.extend(extra.iter().map(|(name, value)| (name.clone(), value.clone())));
        Value::Object(fields)
    }

    /// Whether this parameter may be sent.
    pub(crate) fn takes(&self, parameter: &str) -> bool {
        !self.without.contains(parameter)
    }

    /// Texts are sent one at a time, and not in a list.
    pub(crate) fn one_text(&self) -> Self {
        Self { inputs: Some(1), ..self.leaving_out(LIST) }
    }

    /// This parameter is not sent any more.
    pub(crate) fn leaving_out(&self, parameter: &str) -> Self {
        let mut next = self.clone();
        next.without.insert(parameter.to_owned());
        next
    }

    /// What to know after a refusal that names what it does not like: a parameter, a role, or the form
    /// of the answer. `None` where it names nothing that could be changed.
    pub(crate) fn after(&self, said: &Refusal, kind: &str, form: AnswerForm) -> Option<Self> {
        let mut next = self.clone();
        let about = |what: &str| said.param.starts_with(what) || said.all.contains(what);
        if said.meaning == RefusalMeaning::NoSystem {
            next.merged = true;
            return (!self.merged).then_some(next);
        }
        if said.meaning == RefusalMeaning::LongAnswer {
            return None;
        }
        let limit = self.limit.name();
        if about(limit) && self.takes(limit) && said.meaning != RefusalMeaning::Form {
            next.without.insert(limit.to_owned());
            next.limit = self.limit.other();
            return Some(next);
        }
        if about("temperature") && self.takes("temperature") {
            return Some(self.leaving_out("temperature"));
        }
        let named = [
            "response_format",
            "json_schema",
            "json_object",
            "structured output",
            "structured_output",
            "json mode",
        ];
        let form_is_meant =
            said.meaning == RefusalMeaning::Form || said.param.starts_with("response_format");
        if !form_is_meant {
            return None;
        }
        let lower = form.next()?;
        // Where the form has a name and no schema is blamed, no kind of question can be asked in it, unless
        // one has been.
        let of_one = [words::OF_ONE_SCHEMA, words::TOO_COMPLEX];
        let whole = named.iter().any(|what| about(what))
            && !of_one.into_iter().any(|all| words::says(&said.all, all))
            && !self.kinds.values().any(|known| known.proven && known.form <= form);
        if whole {
            next.start = next.start.max(lower);
        } else {
            let known = KnownForm { form: lower, ..KnownForm::default() };
            next.kinds.insert(kind.to_owned(), known);
        }
        Some(next)
    }
}

/// A schema without what servers refuse that otherwise take strict ones: bounds on lists, which stages
/// check themselves.
fn plain_schema(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, value)| {
                !(matches!(name.as_str(), "minItems" | "maxItems") && value.is_number())
            });
            Value::Object(kept.map(|(name, part)| (name.clone(), plain_schema(part))).collect())
        }
        Value::Array(parts) => Value::Array(parts.iter().map(plain_schema).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;
    use crate::request::AnswerShape;

    fn request() -> Request {
        let names =
            json!({"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3});
        let schema = json!({"type": "object", "properties": {"names": names}});
        Request {
            system: "S".to_owned(),
            user: "U".to_owned(),
            shape: AnswerShape { name: "x", schema },
            max_tokens: 9,
        }
    }

    fn body(profile: &EndpointProfile) -> Value {
        profile.body(&request(), profile.form("x"), "m", 0.0, &Map::new())
    }

    fn after(
        profile: &EndpointProfile,
        status: u16,
        param: &str,
        message: &str,
    ) -> Option<EndpointProfile> {
        let error = json!({"error": {"message": message, "param": param}}).to_string();
        let said = super::super::refusal::read(status, &HeaderMap::new(), error.as_bytes());
        profile.after(&said, "x", profile.form("x"))
    }

    fn unknown() -> EndpointProfile {
        EndpointProfile::unknown("http://localhost:1/v1")
    }

    #[test]
    fn forms_step_down_to_plain_text() {
        let mut profile = unknown();
        let mut forms = vec![profile.form("x")];
        while let Some(next) = after(&profile, 400, "response_format", "not supported") {
            profile = next;
            forms.push(profile.form("x"));
        }
        assert_eq!(
            forms,
            [
                AnswerForm::Schema,
                AnswerForm::ObjectWithSchema,
                AnswerForm::Object,
                AnswerForm::Plain
            ]
        );
        let text = body(&profile)["messages"][1]["content"].as_str().unwrap().to_owned();
        assert!(text.starts_with("U\n") && text.contains("maxItems"), "{text}");
        assert!(body(&profile).get("response_format").is_none());
        assert_eq!(profile.form("y"), AnswerForm::Plain, "the form itself was refused");
    }

    #[test]
    fn a_schema_that_is_too_much_is_one_kinds_matter() {
        let text =
            "The specified schema produces a constraint that has too many states for serving";
        let next = after(&unknown(), 400, "", text).unwrap();
        assert_eq!(
            (next.form("x"), next.form("y")),
            (AnswerForm::ObjectWithSchema, AnswerForm::Schema)
        );
    }

    #[test]
    fn a_form_that_has_a_name_is_every_kinds_matter_until_one_has_been_asked_in_it() {
        for text in [
            "Invalid response_format",
            "response_format value as json_schema is enabled only for later api versions",
            "extra fields not permitted: response_format",
            "json_schema is not enabled for this deployment",
        ] {
            let next = after(&unknown(), 400, "", text).unwrap();
            assert_eq!(next.form("y"), AnswerForm::ObjectWithSchema, "{text}");
            let proven = unknown().answered_in("y", AnswerForm::Schema, false);
            assert_eq!(
                after(&proven, 400, "", text).unwrap().form("y"),
                AnswerForm::Schema,
                "{text}"
            );
        }
        let enums = "Invalid schema for response_format 'x': at most 500 enum values in total";
        let next = after(&unknown(), 400, "response_format", enums).unwrap();
        assert_eq!(
            (next.form("x"), next.form("y")),
            (AnswerForm::ObjectWithSchema, AnswerForm::Schema)
        );
        // Another kind is found out by one question.
        assert!(next.is_to_be_found_out("y") && !next.is_to_be_found_out("x"));
        assert!(!unknown().is_to_be_found_out("y"));
    }

    #[test]
    fn bounds_on_lists_are_left_out() {
        let sent = body(&unknown())["response_format"].to_string();
        assert!(!sent.contains("Items") && sent.contains("names"), "{sent}");
    }

    #[test]
    fn a_form_that_was_only_suspected_is_tried_again_and_not_kept() {
        let mut profile = unknown().answered_in("x", AnswerForm::Plain, true);
        assert_eq!(profile.certain().form("x"), AnswerForm::Schema);
        for _ in 0..AGAIN {
            assert_eq!(profile.form("x"), AnswerForm::Plain);
            profile = profile.answered_in("x", AnswerForm::Plain, false);
        }
        assert_eq!(profile.form("x"), AnswerForm::Schema);
        assert_eq!(profile.still_not("x").form("x"), AnswerForm::Plain);
        let climbed = profile.answered_in("x", AnswerForm::Schema, false);
        assert_eq!(climbed.form("x"), AnswerForm::Schema);
        assert!(climbed.is_proven("x", AnswerForm::Schema));
        assert_eq!(climbed.certain().form("x"), AnswerForm::Schema);
    }

    #[test]
    fn parameters_that_are_refused_are_left_out() {
        let profile = unknown();
        let next = after(&profile, 400, "temperature", "Unsupported value").unwrap();
        assert!(body(&next).get("temperature").is_none());
        assert_eq!(after(&next, 400, "temperature", "again"), None);
        let text = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.";
        let next = after(&profile, 400, "max_tokens", text).unwrap();
        assert_eq!(body(&next)["max_completion_tokens"], 9);
        assert!(body(&next).get("max_tokens").is_none());
        let back = after(&next, 400, "max_completion_tokens", "Unsupported parameter").unwrap();
        assert!(body(&back).get("max_tokens").is_none(), "both were refused");
    }

    #[test]
    fn without_a_system_role_its_text_comes_first() {
        for text in [
            "System role not supported",
            "Conversation roles must alternate user/assistant/user/assistant",
            "Developer instruction is not enabled for models/gemma",
            "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
            "Only user, assistant and tool roles are supported, got system.",
        ] {
            for status in [400, 500] {
                let next = after(&unknown(), status, "", text).unwrap();
                assert_eq!(body(&next)["messages"][0]["content"], "S\n\nU", "{text}");
            }
        }
    }

    #[test]
    fn what_cannot_be_guessed_is_sent_along() {
        let extra = json!({"enable_thinking": false, "temperature": 1});
        let sent =
            unknown().body(&request(), AnswerForm::Schema, "m", 0.0, extra.as_object().unwrap());
        assert_eq!((&sent["enable_thinking"], &sent["temperature"]), (&json!(false), &json!(1)));
    }
}
