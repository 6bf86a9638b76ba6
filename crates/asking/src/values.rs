//! Values of an answer, whatever their type: servers differ in how much of a schema they enforce.

use std::borrow::Cow;

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

/// Names under which models put what they chose, where only that was asked for.
const CHOSEN: [&str; 6] = ["candidate", "label", "category", "answer", "choice", "name"];
/// Names under which they say which item they speak of.
const SPOKEN_OF: [&str; 6] = ["id", "item", "key", "number", "item_id", "index"];

/// The text of a value, also where it stands in an object of its own: `{"label": "Billing"}`.
pub fn chosen(value: &Value) -> Option<String> {
    match value {
        Value::Object(object) => CHOSEN.iter().find_map(|name| object.get(*name)).and_then(text_of),
        other => text_of(other),
    }
}

/// The object that has some of `keys`: `object` itself, or the only object in it, where a model
/// put one more around it; a list of what belongs to each key, and keys with a word before them
/// ("item 3") are as good.
pub fn holding<'a>(object: &'a Map<String, Value>, keys: &[String]) -> Cow<'a, Map<String, Value>> {
    let holds = |object: &Map<String, Value>| keys.iter().any(|key| object.contains_key(key));
    if holds(object) {
        return Cow::Borrowed(object);
    }
    let inner: Vec<&Map<String, Value>> = object.values().filter_map(Value::as_object).collect();
    if let [only] = inner[..]
        && holds(only)
    {
        return Cow::Borrowed(only);
    }
    let lists = object.values().filter_map(Value::as_array);
    let others = lists.map(|list| listed(list)).chain([numbered(object)]);
    let only = inner.first().copied().filter(|_| inner.len() == 1);
    let others = others.chain(only.map(numbered));
    others.into_iter().find(|other| holds(other)).map_or(Cow::Borrowed(object), Cow::Owned)
}

/// A list of objects that say which item they are about, by that.
fn listed(list: &[Value]) -> Map<String, Value> {
    let entry = |value: &Value| {
        let object = value.as_object()?;
        let id = SPOKEN_OF.iter().find_map(|name| object.get(*name)).and_then(text_of)?;
        Some((number_in(&id), value.clone()))
    };
    list.iter().filter_map(entry).collect()
}

/// The same object, its keys without the words around their numbers.
fn numbered(object: &Map<String, Value>) -> Map<String, Value> {
    object.iter().map(|(key, value)| (number_in(key), value.clone())).collect()
}

fn number_in(key: &str) -> String {
    key.trim_matches(|c: char| !c.is_ascii_digit()).to_owned()
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
        let of = |value: Value| holding(value.as_object().unwrap(), &keys).into_owned();
        let plain = of(json!({"1": "a"}));
        assert_eq!(of(json!({"labels": {"1": "a"}})), plain);
        assert_eq!(of(json!({"labels": {"1": "a"}, "note": "x"})), plain);
        assert_eq!(of(json!({"a": {"1": "a"}, "b": {"2": "b"}})).len(), 2);
        assert_eq!(unasked(&of(json!({"1": "a", "7": "b"})), &keys), ["7"]);
        assert_eq!(of(json!({"item 1": "a"})), plain);
        assert_eq!(of(json!({"labels": {"Item 1": "a"}})), plain);
        let listed = of(json!({"labels": [{"id": 1, "label": "a"}, {"id": "2", "label": "b"}]}));
        assert_eq!(
            (chosen(&listed["1"]), chosen(&listed["2"])),
            (Some("a".to_owned()), Some("b".to_owned()))
        );
    }
}
