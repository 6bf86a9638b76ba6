//! One value, as text and as JSON.

use std::fmt::Write as _;

use polars::prelude::{AnyValue, Series};
use serde_json::Value;

/// As JSON lines have it.
pub fn json(value: &AnyValue<'_>) -> Value {
    match value {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(value) => Value::from(*value),
        AnyValue::String(text) => Value::from(*text),
        AnyValue::StringOwned(text) => Value::from(text.as_str()),
        AnyValue::Float32(value) => shortest(*value),
        AnyValue::Float64(value) => Value::from(*value),
        AnyValue::List(values) | AnyValue::Array(values, _) => list(values),
        whole if whole.is_integer() => match (whole.extract::<u64>(), whole.extract::<i64>()) {
            (Some(int), _) => Value::from(int),
            (None, Some(int)) => Value::from(int),
            (None, None) => Value::from(whole.to_string()),
        },
        other => Value::from(other.to_string()),
    }
}

/// The number as people would write it: 0.1, not what 32 bits make of it in 64.
fn shortest(value: f32) -> Value {
    value.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}

fn list(values: &Series) -> Value {
    values.iter().map(|value| json(&value)).collect()
}

/// As CSV has it: nothing for null, lists as JSON.
pub fn text(value: &AnyValue<'_>) -> String {
    match json(value) {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// As a table on a terminal shows it: one line, no control characters, long lists cut.
pub fn shown(value: &AnyValue<'_>) -> String {
    /// Of a list so many values are shown.
    const VALUES: usize = 3;
    let text = match json(value) {
        Value::Null => "null".to_owned(),
        Value::Array(values) => {
            let first: Vec<String> = values.iter().take(VALUES).map(ToString::to_string).collect();
            let mut text = format!("[{}", first.join(", "));
            if values.len() > VALUES {
                // Writing to a String cannot fail.
                let _ = write!(text, ", … {} more", values.len() - VALUES);
            }
            text + "]"
        }
        Value::Number(number) => rounded(&number),
        Value::String(text) => text,
        other => other.to_string(),
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A number with what tells it from its neighbours.
fn rounded(number: &serde_json::Number) -> String {
    if number.is_f64()
        && let Some(value) = number.as_f64()
    {
        let text = format!("{value:.4}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    number.to_string()
}
