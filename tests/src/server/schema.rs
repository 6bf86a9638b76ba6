//! JSON schemas: what they ask for, where they stand, whether OpenAI would take them.

use std::ops::Range;

use serde_json::Value;

use super::faults::Kind;

/// What `schema` really is: behind `$ref`, `allOf`, or the first alternative that is not null.
pub(super) fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let mut schema = schema;
    for _ in 0..20 {
        if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
            schema = root.pointer(path.trim_start_matches('#')).unwrap_or(&Value::Null);
            continue;
        }
        let some = |key: &str| schema.get(key).and_then(Value::as_array);
        let parts = some("anyOf").or_else(|| some("oneOf")).or_else(|| some("allOf"));
        let Some(parts) = parts else { break };
        let is_null = |part: &&Value| part.get("type").is_some_and(|name| name == "null");
        schema = parts.iter().find(|part| !is_null(part)).unwrap_or(&Value::Null);
    }
    schema
}

/// The properties of an object with their resolved schemas.
pub(super) fn properties<'a>(schema: &'a Value, root: &'a Value) -> Vec<(&'a str, &'a Value)> {
    let properties = resolve(schema, root).get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.as_str(), resolve(schema, root)))
        .collect()
}

/// Names to choose from.
pub(super) fn choices(schema: &Value) -> Option<Vec<&str>> {
    let choices = schema.get("enum")?.as_array()?;
    choices.iter().map(Value::as_str).collect::<Option<Vec<_>>>().filter(|names| !names.is_empty())
}

/// Is it an object with a name in it?
fn is_named(schema: &Value) -> bool {
    schema.get("properties").is_some_and(|properties| properties.get("name").is_some())
}

/// What an answer of this form is about.
pub(super) fn kind(schema: &Value) -> Kind {
    let root = resolve(schema, schema);
    let properties = properties(root, schema);
    let is_list = |part: &Value| {
        let item = part.get("items").map(|items| resolve(items, schema));
        item.is_some_and(|item| item.get("type").is_some_and(|name| name == "string"))
    };
    match properties.as_slice() {
        [] => Kind::Chat,
        [(_, only)] if is_list(only) => Kind::Propose,
        all if all.iter().all(|(_, part)| choices(part).is_some()) => Kind::Label,
        all if is_named(root) || all.iter().all(|(_, part)| is_named(part)) => Kind::Rename,
        _ => Kind::Chat,
    }
}

/// A schema that stands in a text, and where.
pub(super) fn in_text(text: &str) -> Option<(Value, Range<usize>)> {
    let last = text.rfind("\"properties\"")?;
    let mut from = 0;
    while let Some(at) = text[from..last].find('{').map(|at| from + at) {
        let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                let end = at + values.byte_offset();
                if value.get("properties").is_some_and(Value::is_object) {
                    return Some((value, at..end));
                }
                from = end;
            }
            _ => from = at + 1,
        }
        if from > last {
            break;
        }
    }
    None
}

/// `text` without the paragraph that holds a schema: how a form is asked for, not what is asked.
pub(super) fn without(text: &str) -> String {
    let Some((_, range)) = in_text(text) else { return text.trim().to_owned() };
    let start = text[..range.start].rfind("\n\n").unwrap_or(0);
    let end = text[range.end..].find("\n\n").map_or(text.len(), |at| range.end + at);
    format!("{}{}", &text[..start], &text[end..]).trim().to_owned()
}

/// Why OpenAI would refuse this schema as a strict one: open objects, optional properties, too much
/// of anything.
pub(super) fn refused(schema: &Value) -> Option<String> {
    let mut totals = Totals::default();
    if schema.get("type").is_none_or(|name| name != "object") {
        return Some("schema must be a JSON Schema of 'type: \"object\"'".to_owned());
    }
    totals.walk(schema, 0).or_else(|| totals.too_much())
}

#[derive(Default)]
struct Totals {
    properties: usize,
    choices: usize,
    letters: usize,
}

impl Totals {
    fn walk(&mut self, schema: &Value, depth: usize) -> Option<String> {
        if depth > 10 {
            return Some("more than 10 levels of nesting".to_owned());
        }
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
                return Some(
                    "'additionalProperties' is required to be supplied and to be false".to_owned(),
                );
            }
            let required = schema.get("required").and_then(Value::as_array);
            let is_required = |name: &str| {
                required.is_some_and(|required| required.iter().any(|known| known == name))
            };
            for (name, part) in properties {
                if !is_required(name) {
                    return Some(format!(
                        "'required' is required to be an array including every key in properties; missing '{name}'"
                    ));
                }
                self.properties += 1;
                self.letters += name.len();
                let problem = self.walk(part, depth + 1);
                if problem.is_some() {
                    return problem;
                }
            }
        }
        if let Some(names) = choices(schema) {
            let letters: usize = names.iter().map(|name| name.len()).sum();
            if names.len() > 250 && letters > 15_000 {
                return Some(
                    "an enum of more than 250 values has over 15000 characters".to_owned(),
                );
            }
            self.choices += names.len();
            self.letters += letters;
        }
        let definitions = schema.get("$defs").and_then(Value::as_object);
        for (name, part) in definitions.into_iter().flatten() {
            self.letters += name.len();
            let problem = self.walk(part, depth);
            if problem.is_some() {
                return problem;
            }
        }
        schema.get("items").and_then(|items| self.walk(items, depth + 1))
    }

    fn too_much(&self) -> Option<String> {
        if self.properties > 5000 {
            return Some(format!("{} properties, 5000 are allowed", self.properties));
        }
        if self.choices > 1000 {
            return Some(format!("{} enum values, 1000 are allowed", self.choices));
        }
        (self.letters > 120_000).then(|| "names and enum values over 120000 characters".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_are_seen_through_references() {
        let named = json!({"type": "object", "properties": {"description": {"type": "string"}, "name": {"type": "string"}}});
        let of = |properties: Value, defs: Value| {
            kind(&json!({"type": "object", "properties": properties, "$defs": defs}))
        };
        let names = json!({"names": {"type": "array", "items": {"type": "string"}, "maxItems": 3}});
        assert_eq!(of(names, json!({})), Kind::Propose);
        let label = json!({"label": {"type": "string", "enum": ["a", "b"]}});
        assert_eq!(of(json!({"1": {"$ref": "#/$defs/label"}}), label), Kind::Label);
        assert_eq!(
            of(json!({"1": {"$ref": "#/$defs/parent"}}), json!({"parent": named})),
            Kind::Rename
        );
        assert_eq!(kind(&named), Kind::Rename);
        assert_eq!(of(json!({"x": {"type": "number"}}), json!({})), Kind::Chat);
    }

    #[test]
    fn a_schema_is_found_in_a_text_and_taken_out() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        let text = format!(
            "Use {{braces}} and {{\"a\": 1}}.\n\nAnswer in JSON:\n{schema:#}\nNothing else.\n\nThanks"
        );
        assert_eq!(in_text(&text).unwrap().0, schema);
        assert_eq!(without(&text), "Use {braces} and {\"a\": 1}.\n\nThanks");
        assert_eq!(in_text("no \"properties\" {"), None);
    }

    #[test]
    fn strict_schemas_are_closed() {
        let good = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false});
        assert_eq!(refused(&good), None);
        for spoilt in ["required", "additionalProperties", "type"] {
            let mut bad = good.clone();
            bad.as_object_mut().unwrap().remove(spoilt);
            assert!(refused(&bad).is_some(), "{spoilt}");
        }
        let mut long = good;
        long["properties"]["a"]["enum"] = (0..1001).map(|i| json!(format!("n{i}"))).collect();
        assert!(refused(&long).unwrap().contains("1001 enum values"));
    }
}
