//! Values of an answer, whatever their type: servers differ in how much of a schema they enforce.

use serde_json::{Map, Value, json};

/// The text of a value: of a string, or of a number without a fraction. What a model copied from a
/// prompt with its `&`, `<` and `>` escaped has them back.
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            Some(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
        }
        Value::Number(number) => match number.as_f64() {
            Some(whole) if whole.fract() == 0.0 && whole.abs() < 1e15 => {
                Some(format!("{whole:.0}"))
            }
            _ => Some(number.to_string()),
        },
        _ => None,
    }
}

/// The object that has some of `keys`: `object` itself, or the only object in it, where a model
/// put one more around it.
pub fn holding<'a>(object: &'a Map<String, Value>, keys: &[String]) -> &'a Map<String, Value> {
    if keys.iter().any(|key| object.contains_key(key)) {
        return object;
    }
    let mut inner = object.values().filter_map(Value::as_object);
    match (inner.next(), inner.next()) {
        (Some(only), None) if keys.iter().any(|key| only.contains_key(key)) => only,
        _ => object,
    }
}

/// The keys of an answer that are none of `keys`: nobody asked for them.
pub fn unasked<'a>(object: &'a Map<String, Value>, keys: &[String]) -> Vec<&'a str> {
    object.keys().filter(|key| !keys.contains(key)).map(String::as_str).collect()
}

/// The schema of an object with just these `keys`, each of them a `kind`. Said once, however many
/// there are.
pub fn schema_of(keys: &[String], kind: &str, definition: &Value) -> Value {
    let reference = json!({ "$ref": format!("#/$defs/{kind}") });
    let properties: Map<String, Value> =
        keys.iter().map(|key| (key.clone(), reference.clone())).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": keys,
        "additionalProperties": false,
        "$defs": { kind: definition },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_whole_numbers_are_texts() {
        for (value, text) in [
            (json!("a &lt;b&gt; &amp;amp; c"), Some("a <b> &amp; c")),
            (json!(3), Some("3")),
            (json!(3.0), Some("3")),
            (json!(3.5), Some("3.5")),
            (json!(null), None),
            (json!(true), None),
            (json!(["3"]), None),
            (json!({"label": "3"}), None),
        ] {
            assert_eq!(text_of(&value).as_deref(), text, "{value}");
        }
    }

    #[test]
    fn one_wrapping_too_many_is_looked_through() {
        let keys = ["1".to_owned(), "2".to_owned()];
        let of = |value: Value| holding(value.as_object().unwrap(), &keys).clone();
        let plain = of(json!({"1": "a"}));
        assert_eq!(of(json!({"labels": {"1": "a"}})), plain);
        assert_eq!(of(json!({"labels": {"1": "a"}, "note": "x"})), plain);
        assert_eq!(of(json!({"a": {"1": "a"}, "b": {"2": "b"}})).len(), 2);
        assert_eq!(unasked(&of(json!({"1": "a", "7": "b"})), &keys), ["7"]);
    }
}
