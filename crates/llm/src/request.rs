//! What is asked of a model.

use serde_json::{Map, Value};

use crate::key::Key;

/// One question. Together with the session's model and temperature it decides the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The static part: the same bytes for every call of a stage, so that providers' prompt caches
    /// work.
    pub system: String,
    /// What this call is about; all data from outside is in here.
    pub user: String,
    /// The form of the answer.
    pub shape: AnswerShape,
    /// The longest answer that is paid for, in tokens. Kept beside the answer, not in its key.
    pub max_tokens: u32,
}

/// The form an answer must have: a JSON object.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerShape {
    /// What it is called on the wire (`[a-zA-Z0-9_-]`).
    pub name: &'static str,
    /// A JSON schema in the strict subset: every object closed, every property required.
    pub schema: Value,
}

/// Raised when the same question is asked in other words, so that old answers no longer fit.
const KEY_VERSION: &[u8] = b"cladus chat 1";

impl Request {
    /// The key of its answers: a hash of everything that could change them.
    ///
    /// Not the form in which an endpoint had to be asked (a schema in the prompt asks the same), nor
    /// where it was asked, how fast, or with which key. Everything is taken apart by name, so that a
    /// new field does not compile until somebody has decided.
    pub(crate) fn key(&self, model: &str, temperature: f64, extra: &Map<String, Value>) -> Key {
        let Self { system, user, shape: AnswerShape { name, schema }, max_tokens: _ } = self;
        let mut hash = blake3::Hasher::new();
        let schema = schema.to_string();
        let temperature = temperature.to_bits().to_le_bytes();
        let fields: [&[u8]; 7] = [
            KEY_VERSION,
            model.as_bytes(),
            &temperature,
            system.as_bytes(),
            user.as_bytes(),
            name.as_bytes(),
            schema.as_bytes(),
        ];
        for field in fields {
            // Lengths first: no two lists of fields give the same bytes.
            hash.update(&(field.len() as u64).to_le_bytes());
            hash.update(field);
        }
        if !extra.is_empty() {
            hash.update(Value::Object(extra.clone()).to_string().as_bytes());
        }
        Key(*hash.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whatever_could_change_an_answer_changes_its_key() {
        let none = Map::new();
        let base = Request {
            system: "a".to_owned(),
            user: "bc".to_owned(),
            shape: AnswerShape { name: "n", schema: json!({"type": "object"}) },
            max_tokens: 1,
        };
        let key = base.key("m", 0.0, &none);
        let other = |change: &dyn Fn(&mut Request)| {
            let mut request = base.clone();
            change(&mut request);
            request.key("m", 0.0, &none)
        };
        assert_eq!(other(&|r| r.max_tokens = 2), key);
        assert_ne!(other(&|r| r.system.push('b')), key);
        assert_ne!(other(&|r| (r.system, r.user) = ("ab".to_owned(), "c".to_owned())), key);
        assert_ne!(other(&|r| r.shape.schema = json!({})), key);
        assert_ne!(base.key("m2", 0.0, &none), key);
        assert_ne!(base.key("m", 0.5, &none), key);
        let extra = json!({"enable_thinking": false});
        assert_ne!(base.key("m", 0.0, extra.as_object().unwrap()), key);
    }
}
