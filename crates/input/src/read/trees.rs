//! Clusters deep in what a service answers, and in objects by the names of their groups.

use serde_json::{Map, Value};

use crate::values::column_role::ColumnRole;
use crate::values::table::as_text;
use crate::values::vocabulary;

/// How deep objects are looked into.
const DEEPEST: usize = 6;

/// The longest list of records with names in it, and its path, where the file is one object around it:
/// `aggregations.topics.buckets`, `data.labels.edges`.
pub(crate) fn deep_list(fields: &Map<String, Value>) -> Option<(String, Vec<Value>)> {
    let mut best: Option<(String, &Vec<Value>)> = None;
    let mut open: Vec<(String, &Map<String, Value>, usize)> = vec![(String::new(), fields, 0)];
    while let Some((path, fields, depth)) = open.pop() {
        for (key, value) in fields {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match value {
                Value::Array(list)
                    if depth > 0
                        && is_list_of_named(list)
                        && best.as_ref().is_none_or(|(_, best)| list.len() > best.len()) =>
                {
                    best = Some((path, list));
                }
                Value::Object(inner) if depth < DEEPEST => open.push((path, inner, depth + 1)),
                _ => {}
            }
        }
    }
    best.map(|(path, list)| (path, list.iter().cloned().map(record).collect()))
}

pub(crate) fn is_list_of_named(list: &[Value]) -> bool {
    let named = |value: &Value| {
        let fields = content(value)?;
        // MediaWiki's values have a star for a name.
        let is_name = |key: &str| key == "*" || vocabulary::fit(ColumnRole::Name, key).is_some();
        let bucket = fields.contains_key("key") && fields.contains_key("doc_count");
        let text =
            |value: &Value| value.is_string() || value.get("value").is_some_and(Value::is_string);
        let has = fields.iter().any(|(key, value)| is_name(key) && text(value));
        (bucket || has).then_some(())
    };
    !list.is_empty() && list.iter().all(|value| named(value).is_some())
}

/// What an answer's record holds inside its frame.
fn content(value: &Value) -> Option<&Map<String, Value>> {
    let fields = value.as_object()?;
    let inner =
        ["node", "_source", "attributes"].iter().find_map(|key| fields.get(*key)?.as_object());
    Some(inner.unwrap_or(fields))
}

fn record(value: Value) -> Value {
    let Some(fields) = content(&value) else { return value };
    let mut fields = fields.clone();
    if let Some(name) = fields.shift_remove("*") {
        fields.shift_insert(0, "name".to_owned(), name);
    }
    // Elasticsearch's buckets.
    if let (Some(key), Some(count)) = (fields.get("key").cloned(), fields.get("doc_count").cloned())
    {
        fields.shift_remove("doc_count");
        fields.shift_remove("key");
        fields.insert("name".to_owned(), Value::from(as_text(&key)));
        fields.insert("count".to_owned(), count);
    }
    Value::Object(fields)
}

/// `{"Garden": {"Late blight": 210, …}, "Shop": {…}}`: groups by name, and in them clusters by name.
pub(crate) fn of_groups(fields: &Map<String, Value>) -> Option<Vec<Value>> {
    let mut inside = 0;
    let is_group = |value: &Value| value.as_object().is_some_and(|group| !group.is_empty());
    if fields.len() < 2 || !fields.values().all(|value| is_group(value) || is_leaf(value)) {
        return None;
    }
    let mut keys = std::collections::HashSet::new();
    for group in fields.values().filter_map(Value::as_object) {
        for (key, value) in group {
            let fits = !vocabulary::is_column_name(key) && (is_leaf(value) || is_group(value));
            // The same key in two groups is a field of both.
            if !fits || !keys.insert(key) || value.as_f64().is_some_and(|f| f.fract() != 0.0) {
                return None;
            }
            inside += 1;
        }
    }
    if inside < 2 || fields.values().filter(|value| is_group(value)).count() < 2 {
        return None;
    }
    let mut rows = Vec::new();
    let mut open: Vec<(&String, &Value, Option<usize>)> =
        fields.iter().rev().map(|(name, value)| (name, value, None)).collect();
    while let Some((name, value, parent)) = open.pop() {
        let id = rows.len() + 1;
        if let Some(group) = value.as_object() {
            open.extend(group.iter().rev().map(|(name, value)| (name, value, Some(id))));
        }
        let mut row = Map::new();
        row.insert("id".to_owned(), Value::from(format!("node-{id}")));
        row.insert("name".to_owned(), Value::from(name.as_str()));
        let count = value.as_u64().map_or(Value::Null, Value::from);
        row.insert("count".to_owned(), count);
        let parent = parent.map_or(Value::Null, |id| Value::from(format!("node-{id}")));
        row.insert("parent_id".to_owned(), parent);
        rows.push(Value::Object(row));
    }
    Some(rows)
}

/// A count, or nothing at all.
fn is_leaf(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Null => true,
        value => value.is_u64(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[track_caller]
    fn check(text: &str, columns: &[&str], rows: &[&str]) {
        let table = crate::read::json::read(Path::new("f"), text, false).unwrap();
        let found: Vec<String> = table
            .rows
            .iter()
            .map(|row| serde_json::Value::from(row.cells.clone()).to_string())
            .collect();
        assert_eq!(
            (table.columns.as_slice(), found.as_slice()),
            (
                columns.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>().as_slice(),
                rows.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>().as_slice(),
            ),
            "{text}"
        );
    }

    #[test]
    fn answers_of_services_are_opened() {
        let rows = [r#"["A",1]"#, r#"["B",2]"#];
        for text in [
            r#"{"took":1,"hits":{"total":{"relation":"eq"},"hits":[]},"aggregations":{"t":{"buckets":[{"key":"A","doc_count":1},{"key":"B","doc_count":2}]}}}"#,
            r#"{"data":{"x":{"edges":[{"node":{"name":"A","count":1}},{"node":{"name":"B","count":2}}]}}}"#,
            r#"{"hits":{"total":{"relation":"eq"},"hits":[{"_id":"0","_source":{"name":"A","count":1}},{"_id":"1","_source":{"name":"B","count":2}}]}}"#,
            r#"{"data":{"repository":{"labels":{"nodes":[{"name":"A","count":1},{"name":"B","count":2}]}}}}"#,
        ] {
            check(text, &["name", "count"], &rows);
        }
    }

    #[test]
    fn groups_hold_their_clusters() {
        let rows = [
            r#"["node-1","G",null,null]"#,
            r#"["node-2","A",1,"node-1"]"#,
            r#"["node-3","S",null,null]"#,
            r#"["node-4","B",2,"node-3"]"#,
        ];
        let text = r#"{"G":{"A":1},"S":{"B":2}}"#;
        check(text, &["id", "name", "count", "parent_id"], &rows);
    }
}
