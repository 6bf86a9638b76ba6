//! Vectors in the body of a reply.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::reply::short;
use crate::account::usage::{self, TokenUsage};

/// Vectors as they came, one a text that was asked for.
#[derive(Debug)]
pub(crate) struct ReceivedVectors {
    pub(crate) vectors: Vec<Option<Vec<f32>>>,
    pub(crate) usage: TokenUsage,
}

#[derive(Debug, Deserialize)]
struct EmbeddingsBody {
    data: Vec<VectorRow>,
    usage: Option<Value>,
}

/// Vectors as servers write them: the usual way, or without anything around them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum VectorsBody {
    Usual(EmbeddingsBody),
    Bare { embeddings: Vec<Vec<Option<f64>>> },
    List(Vec<Vec<Option<f64>>>),
}

impl From<Vec<Vec<Option<f64>>>> for EmbeddingsBody {
    fn from(list: Vec<Vec<Option<f64>>>) -> Self {
        let row = |numbers| VectorRow { index: None, embedding: Value::from(numbers) };
        Self { data: list.into_iter().map(row).collect(), usage: None }
    }
}

#[derive(Debug, Deserialize)]
struct VectorRow {
    index: Option<Value>,
    embedding: Value,
}

/// Reads the vectors of `texts` texts: by their `index` where those tell them apart, for not every
/// server keeps the order.
pub(crate) fn read(body: &[u8], texts: usize) -> Result<ReceivedVectors, String> {
    let read = serde_json::from_slice(body).or_else(|error| {
        let mended = serde_json::from_str(&without_nan(body));
        mended.map_err(|_| format!("no embeddings: {}", short(&error.to_string())))
    })?;
    let EmbeddingsBody { data: rows, usage } = match read {
        VectorsBody::Usual(embeddings) => embeddings,
        VectorsBody::Bare { embeddings } => embeddings.into(),
        VectorsBody::List(list) => list.into(),
    };
    let mut vectors = vec![None; texts];
    let places = places(&rows, texts)?;
    for (at, row) in places.into_iter().zip(rows) {
        let Some(numbers) = numbers(&row.embedding)? else { continue };
        match vectors.get_mut(at) {
            Some(slot @ None) => *slot = unit(numbers),
            Some(Some(_)) => return Err(format!("two vectors for text {at}")),
            None => return Err(format!("a vector for text {at} of {texts}")),
        }
    }
    let mut usage = usage.as_ref().map(usage::read).unwrap_or_default();
    // Nothing is written, so nothing is left open.
    usage.completion_tokens = usage.completion_tokens.or(Some(0));
    Ok(ReceivedVectors { vectors, usage })
}

/// `body` with nothing in the place of numbers that are none, which JSON does not know and some servers
/// write.
fn without_nan(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    ["-Infinity", "Infinity", "NaN"]
        .iter()
        .fold(text.into_owned(), |text, word| text.replace(word, "null"))
}

/// An index, also where it is written as text or with a fraction.
fn index(said: &Value) -> Option<usize> {
    match said {
        Value::String(text) => text.trim().parse().ok(),
        other => other
            .as_u64()
            .or_else(|| {
                let whole =
                    other.as_f64().filter(|n| n.fract() == 0.0 && (0.0..1e9).contains(n))?;
                Some(whole as u64)
            })?
            .try_into()
            .ok(),
    }
}

/// Which text each row is about.
fn places(rows: &[VectorRow], texts: usize) -> Result<Vec<usize>, String> {
    let said: Option<Vec<usize>> = rows.iter().map(|row| index(row.index.as_ref()?)).collect();
    let in_order: Vec<usize> = (0..rows.len()).collect();
    let Some(said) = said else {
        // Without an index, and not one a text: nobody knows whose they are.
        let all = rows.len() == texts;
        return all
            .then_some(in_order)
            .ok_or_else(|| format!("{} vectors without an index for {texts} texts", rows.len()));
    };
    let all_zero = texts > 1 && rows.len() == texts && said.iter().all(|index| *index == 0);
    let mut sorted = said.clone();
    sorted.sort_unstable();
    let from_one = rows.len() == texts && sorted.iter().copied().eq(1..=texts);
    Ok(match (all_zero, from_one) {
        (true, _) => in_order,
        (_, true) => said.into_iter().map(|index| index - 1).collect(),
        _ => said,
    })
}

/// Numbers as they are, or packed as some servers do whatever they were asked for; none where there
/// are none for this text.
fn numbers(embedding: &Value) -> Result<Option<Vec<f32>>, String> {
    match embedding {
        Value::Null => Ok(None),
        Value::Array(numbers) => {
            // A single list in a list is the vector of a text that was not pooled twice.
            if let [Value::Array(_)] = numbers.as_slice() {
                return self::numbers(&numbers[0]);
            }
            let number = |value: &Value| value.as_f64().map(|number| number as f32);
            Ok(numbers.iter().map(number).collect())
        }
        Value::String(packed) => {
            let bytes = STANDARD.decode(packed).map_err(|_| "a vector that is text".to_owned())?;
            let (chunks, rest) = bytes.as_chunks::<4>();
            if !rest.is_empty() {
                return Err("a packed vector that is cut off".to_owned());
            }
            Ok(Some(chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()))
        }
        // By the type of its numbers.
        Value::Object(by_type) if by_type.get("float").is_some_and(Value::is_array) => {
            self::numbers(&by_type["float"])
        }
        _ => Err("a vector that is no list".to_owned()),
    }
}

/// In the same direction, of length 1; none where there is no direction.
fn unit(mut vector: Vec<f32>) -> Option<Vec<f32>> {
    let length = vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    if !length.is_finite() || length < 1e-12 {
        return None;
    }
    vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
    Some(vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str, texts: usize) -> Vec<Option<Vec<f32>>> {
        read(body.as_bytes(), texts).unwrap().vectors
    }

    #[test]
    fn vectors_are_matched_by_their_index() {
        let body = r#"{"data":[{"index":1,"embedding":[0,2]},{"index":0,"embedding":[3,4]}],"usage":{"prompt_tokens":5}}"#;
        assert_eq!(found(body, 2), [Some(vec![0.6, 0.8]), Some(vec![0.0, 1.0])]);
        assert_eq!(read(body.as_bytes(), 2).unwrap().usage.prompt_tokens, Some(5));
        let short = r#"{"data":[{"index":1,"embedding":[1]}]}"#;
        assert_eq!(found(short, 2), [None, Some(vec![1.0])]);
        for bad in [
            r#"{"data":[{"index":2,"embedding":[1]}]}"#,
            r#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]},{"index":1,"embedding":[1]}]}"#,
            r#"{"data":[{"embedding":[1]}]}"#,
            r#"{"data":[{"index":0,"embedding":42}]}"#,
            r#"{"data":[{"index":0,"embedding":"what?"}]}"#,
            "<html>",
        ] {
            assert!(read(bad.as_bytes(), 2).is_err(), "{bad}");
        }
    }

    #[test]
    fn odd_indices_and_packed_numbers_are_understood() {
        let (a, b) = (Some(vec![1.0, 0.0]), Some(vec![0.0, 1.0]));
        let both = [a.clone(), b.clone()];
        for (first, second) in [
            ("\"index\":0,", "\"index\":0,"),
            ("\"index\":1,", "\"index\":2,"),
            ("\"index\":\"0\",", "\"index\":\"1\","),
            ("\"index\":0.0,", "\"index\":1.0,"),
            ("", ""),
        ] {
            let body = format!(
                r#"{{"data":[{{{first}"embedding":[1,0]}},{{{second}"embedding":[0,1]}}]}}"#
            );
            assert_eq!(found(&body, 2), both, "{body}");
        }
        // 1.0 and 0.0, little endian.
        let packed = r#"{"data":[{"index":0,"embedding":"AACAPwAAAAA="}]}"#;
        assert_eq!(found(packed, 1), [a]);
    }

    #[test]
    fn vectors_without_anything_around_them_are_understood() {
        let both = [Some(vec![1.0, 0.0]), Some(vec![0.0, 1.0])];
        for body in [
            "[[1,0],[0,1]]",
            r#"{"model":"m","embeddings":[[1,0],[0,1]]}"#,
            r#"{"data":[{"embedding":{"float":[1,0]}},{"embedding":{"float":[0,1]}}]}"#,
        ] {
            assert_eq!(found(body, 2), both, "{body}");
        }
    }

    #[test]
    fn a_text_without_a_vector_is_one_text() {
        let body = r#"{"data":[{"index":0,"embedding":null},{"index":1,"embedding":[0,1]},{"index":2,"embedding":[null,1]},{"index":3,"embedding":[0,0]}]}"#;
        assert_eq!(found(body, 4), [None, Some(vec![0.0, 1.0]), None, None]);
        let body =
            r#"{"data":[{"index":0,"embedding":[NaN,-Infinity]},{"index":1,"embedding":[0,1]}]}"#;
        assert_eq!(found(body, 2), [None, Some(vec![0.0, 1.0])]);
    }
}
