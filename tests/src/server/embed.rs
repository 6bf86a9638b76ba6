//! Embeddings: every word has a place and a sign.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::behaviour::Behaviour;
use super::chat::{error, missing};
use super::faults::Fault;
use super::http::Response;
use super::text::{hash, tokens, words};

const DIMENSIONS: usize = 64;

/// A request for embeddings.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) model: String,
    pub(super) texts: Vec<String>,
    dimensions: usize,
    base64: bool,
}

/// What `body` asks for.
pub(super) fn understand(body: &Value, behaviour: &Behaviour) -> Result<Texts, Response> {
    let wrong = |param: &str, message: &str| {
        error(400, message, "invalid_request_error", None, Some(param))
    };
    let model = body.get("model").and_then(Value::as_str).ok_or_else(|| missing("model"))?;
    let texts = match body.get("input") {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(texts)) => {
            let texts = texts.iter().map(|text| text.as_str().map(str::to_owned));
            texts.collect::<Option<_>>().ok_or_else(|| wrong("input", "'input' must be strings"))?
        }
        _ => return Err(missing("input")),
    };
    if texts.is_empty() || texts.iter().any(String::is_empty) {
        return Err(wrong("input", "'$.input' is invalid: it is empty"));
    }
    if texts.len() > behaviour.max_inputs {
        return Err(wrong("input", &format!("'input' may have {} items", behaviour.max_inputs)));
    }
    let dimensions = match body.get("dimensions") {
        None | Some(Value::Null) => DIMENSIONS,
        Some(n) => match n.as_u64() {
            Some(n @ 1..=4096) => n as usize,
            _ => return Err(wrong("dimensions", "'dimensions' is a number from 1 to 4096")),
        },
    };
    let base64 = match body.get("encoding_format").and_then(Value::as_str) {
        None | Some("float") => false,
        Some("base64") => true,
        Some(_) => return Err(wrong("encoding_format", "'encoding_format' is float or base64")),
    };
    Ok(Texts { model: model.to_owned(), texts, dimensions, base64 })
}

impl Texts {
    /// The answer and its tokens.
    pub(super) fn answer(&self, fault: Option<Fault>) -> (Value, u64) {
        let mut data: Vec<Value> = self
            .texts
            .iter()
            .enumerate()
            .map(|(index, text)| {
                let vector = embed(text, self.dimensions);
                let embedding = match (fault, self.base64) {
                    (Some(Fault::WrongType), _) => json!(42),
                    (_, false) => json!(vector),
                    (_, true) => {
                        let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
                        json!(STANDARD.encode(bytes))
                    }
                };
                json!({"object": "embedding", "index": index, "embedding": embedding})
            })
            .collect();
        match fault {
            Some(Fault::Short) => data.truncate(data.len() - 1),
            Some(Fault::Shuffled) => data.reverse(),
            Some(Fault::Empty) => data.clear(),
            _ => {}
        }
        let spent: u64 = self.texts.iter().map(|text| tokens(text.len())).sum();
        let usage = json!({"prompt_tokens": spent, "total_tokens": spent});
        (json!({"object": "list", "data": data, "model": self.model, "usage": usage}), spent)
    }
}

fn embed(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0f32; dimensions];
    for word in words(text) {
        let place = hash(&[word.as_bytes()]);
        vector[(place >> 1) as usize % dimensions] += if place & 1 == 0 { 1.0 } else { -1.0 };
    }
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if norm == 0.0 {
        vector[0] = 1.0;
    } else {
        vector.iter_mut().for_each(|x| *x /= norm);
    }
    vector
}
