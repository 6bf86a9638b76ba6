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

use super::form::{AnswerForm, KnownForm, LimitField};
use super::refusal::{Refusal, RefusalMeaning};
use super::words;
use crate::request::Request;

#[cfg(test)]
mod tests;

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
    /// It refuses bounds on lists in a schema.
    unbounded: bool,
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
        let way = |profile: &Self| {
            (profile.limit, profile.without.clone(), profile.merged, profile.unbounded)
        };
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
        let schema =
            if self.unbounded { plain_schema(&shape.schema) } else { shape.schema.clone() };
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
        if self.may_be_bounds(said, form) {
            return Some(Self { unbounded: true, ..next });
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

    /// May the bounds on lists be what is refused? They are where they are named, and may be where a
    /// schema is blamed for what is in it, until one kind of question was answered with them.
    fn may_be_bounds(&self, said: &Refusal, form: AnswerForm) -> bool {
        let says = |all| words::says(&said.all, all);
        let blamed = says(words::OF_ONE_SCHEMA) || says(words::TOO_COMPLEX);
        let proven = || self.kinds.values().any(|known| known.proven && known.form <= form);
        let sent = matches!(form, AnswerForm::Schema | AnswerForm::ObjectWithSchema);
        sent && !self.unbounded && (says(words::BOUNDS) || blamed && !proven())
    }
}

/// A schema without what some servers refuse that otherwise take strict ones: bounds on lists, which
/// stages check themselves. Where they are enforced, a model writes no names that would be dropped.
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
