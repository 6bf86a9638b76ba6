//! Several lists of clusters in one file, one for each facet: what a list is called stands above its clusters.

use serde_json::{Map, Value};

use crate::read::trees::is_list_of_named;
use crate::values::column_role::ColumnRole;
use crate::values::vocabulary::{fit, is_column_name, level_of_path, words};

/// How deep objects are looked into.
const DEEPEST: usize = 3;

/// What lists of clusters are called.
const CLUSTERS: [&str; 10] = [
    "clusters",
    "topics",
    "themes",
    "labels",
    "categories",
    "groups",
    "concepts",
    "intents",
    "codes",
    "children",
];

/// Lists, each with what it is called.
type NamedLists<'a> = Vec<(&'a str, &'a Vec<Value>)>;

/// Clusters of all lists, below what each list is called, and where they were found.
pub(crate) struct SeveralLists {
    pub(crate) rows: Vec<Value>,
    pub(crate) said: String,
}

/// `{"request": [{"name": …}], "tone": […]}`, as it is or with `clusters` inside, wherever it stands.
pub(crate) fn of_object(fields: &Map<String, Value>) -> Option<SeveralLists> {
    lists(fields, 0).and_then(|lists| together(&lists))
}

fn lists(fields: &Map<String, Value>, depth: usize) -> Option<NamedLists<'_>> {
    let found: Option<NamedLists<'_>> =
        fields.iter().map(|(key, value)| Some((key.as_str(), list_of(value)?))).collect();
    let named = found.filter(|found| found.len() > 1).filter(|found| are_alike(found));
    named.or_else(|| {
        let mut inner = fields.values().filter_map(Value::as_object);
        let only = inner.next().filter(|_| inner.next().is_none() && depth < DEEPEST)?;
        let beside = fields.values().all(|value| !value.is_array());
        if beside { lists(only, depth + 1) } else { None }
    })
}

/// A list of records with names: as it is, or the only one in an object.
fn list_of(value: &Value) -> Option<&Vec<Value>> {
    match value {
        Value::Array(list) => Some(list).filter(|list| is_list_of_named(list) && are_counted(list)),
        Value::Object(fields) => only_list(fields),
        _ => None,
    }
}

/// The only list in an object, where it is called like one of clusters.
fn only_list(fields: &Map<String, Value>) -> Option<&Vec<Value>> {
    let mut lists = fields.iter().filter(|(_, value)| value.is_array());
    let (key, list) = lists.next().filter(|_| lists.next().is_none())?;
    let list = list.as_array().filter(|list| is_list_of_named(list))?;
    CLUSTERS.contains(&words(key).as_str()).then_some(list)
}

/// Have all records a size or members? Without, they may be the items of a cluster.
fn are_counted(list: &[Value]) -> bool {
    let counts = |key: &String| {
        [ColumnRole::Size, ColumnRole::Members].into_iter().any(|role| fit(role, key).is_some())
    };
    list.iter().all(|record| record.as_object().is_some_and(|fields| fields.keys().any(counts)))
}

/// Do the records of all lists have the same fields, and are the lists called like none of a tool's?
fn are_alike(lists: &NamedLists<'_>) -> bool {
    let keys = |list: &Vec<Value>| -> Option<Vec<String>> {
        let mut keys: Vec<String> = list.first()?.as_object()?.keys().cloned().collect();
        keys.sort_unstable();
        Some(keys)
    };
    let first = lists.first().and_then(|(_, list)| keys(list));
    let plain = |name: &str| level_of_path(name).is_none();
    // `nodes` and `edges`, `clusters` and `noise` are no facets; one facet may be called `topic`.
    let known = lists.iter().filter(|(name, _)| is_column_name(name)).count();
    first.is_some()
        && known * 2 < lists.len()
        && lists.iter().all(|(name, list)| plain(name) && keys(list) == first)
}

/// `[{"facet": "request", "clusters": [{"name": …}]}]`, where no record has a name of its own.
pub(crate) fn of_list(list: &[Value]) -> Option<SeveralLists> {
    let facet = |value: &'_ Value| -> Option<(String, Vec<Value>)> {
        let fields = value.as_object()?;
        let named = fields
            .iter()
            .any(|(key, value)| value.is_string() && fit(ColumnRole::Name, key).is_some());
        let mut texts = fields.iter().filter(|(_, value)| value.is_string());
        let (_, name) = texts.next().filter(|_| texts.next().is_none() && !named)?;
        let only = only_list(fields)?;
        Some((name.as_str().unwrap_or_default().to_owned(), only.clone()))
    };
    let facets: Vec<(String, Vec<Value>)> = list.iter().map(facet).collect::<Option<_>>()?;
    match facets.as_slice() {
        [] => None,
        [(name, only)] => {
            Some(SeveralLists { rows: only.clone(), said: format!("the clusters of {name}") })
        }
        several => {
            let lists: NamedLists<'_> =
                several.iter().map(|(name, list)| (name.as_str(), list)).collect();
            together(&lists)
        }
    }
}

/// Every list as the children of what it is called.
fn together(lists: &NamedLists<'_>) -> Option<SeveralLists> {
    let (_, first) = lists.first()?;
    let record = first.first()?.as_object()?;
    let key = record
        .iter()
        .filter(|(_, value)| value.is_string())
        .filter_map(|(key, _)| Some((fit(ColumnRole::Name, key)?, key)))
        .min()
        .map(|(_, key)| key.clone())?;
    let rows = lists.iter().map(|(name, list)| {
        let mut group = Map::new();
        group.insert(key.clone(), Value::from(*name));
        group.insert("children".to_owned(), Value::from((*list).clone()));
        Value::Object(group)
    });
    let names: Vec<&str> = lists.iter().map(|(name, _)| *name).collect();
    let said = format!("{} lists ({}) with their clusters", lists.len(), names.join(", "));
    Some(SeveralLists { rows: rows.collect(), said })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[track_caller]
    fn names(text: &str) -> Vec<String> {
        let table = crate::read::json::read(Path::new("f"), text, false).unwrap();
        let name = table.column("name").unwrap();
        table.rows.iter().map(|row| crate::values::table::as_text(&row.cells[name])).collect()
    }

    #[test]
    fn all_lists_of_a_file_are_read() {
        let lists = r#"[{"name":"Late","count":3},{"name":"Lost","count":2}]"#;
        let other = r#"[{"name":"Angry","count":4}]"#;
        for text in [
            format!(r#"{{"request":{lists},"tone":{other}}}"#),
            format!(r#"{{"facets":{{"request":{lists},"tone":{other}}}}}"#),
            format!(r#"{{"request":{{"clusters":{lists}}},"tone":{{"clusters":{other}}}}}"#),
            format!(
                r#"[{{"facet":"request","clusters":{lists}}},{{"facet":"tone","clusters":{other}}}]"#
            ),
        ] {
            assert_eq!(names(&text), ["request", "Late", "Lost", "tone", "Angry"], "{text}");
        }
        assert_eq!(
            names(&format!(r#"[{{"facet":"request","clusters":{lists}}}]"#)),
            ["Late", "Lost"]
        );
        // Clusters beside what else a tool writes.
        assert_eq!(names(&format!(r#"{{"clusters":{lists},"items":{other}}}"#)), ["Late", "Lost"]);
    }
}
