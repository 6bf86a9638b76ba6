//! What an object that is a whole JSON file means: pandas' orientations, wrappings, clusters by key.

use serde_json::{Map, Value};

use crate::read::charts;
use crate::read::facets;
use crate::read::facets::Facets;
use crate::read::nested;
use crate::read::several;
use crate::read::trees;
use crate::values::cells;
use crate::values::column_role::ColumnRole;
use crate::values::table::{InputTable, is_blank};
use crate::values::vocabulary;
use cladus_core::numbers::thousands;

/// Arrays that hold the clusters, by what they are called; looked at in this order.
const WRAPPERS: [&str; 24] = [
    "clusters",
    "topics",
    "labels",
    "communities",
    "themes",
    "categories",
    "concepts",
    "groups",
    "segments",
    "intents",
    "nodes",
    "data",
    "rows",
    "records",
    "items",
    "results",
    "result",
    "values",
    "entries",
    "cluster",
    "output",
    "response",
    "names",
    "graph",
];
/// Where the clusters are.
pub(crate) enum Inner {
    Rows(Vec<Value>),
    Deeper(Value),
    Cluster(Map<String, Value>),
}

/// What an object that is the whole file means.
pub(crate) fn inner(fields: Map<String, Value>, table: &mut InputTable) -> Inner {
    let fields = match of_tool(fields, table) {
        Ok(found) => return found,
        Err(fields) => fields,
    };
    if nested::is_tree(&fields) {
        return Inner::Cluster(fields);
    }
    if let Some((called, rows)) = charts::of(&fields) {
        table.shape = Some(called);
        return Inner::Rows(rows);
    }
    if let Some(found) = facets::of(&fields) {
        return Inner::Rows(counted(found, table));
    }
    if let Some(rows) = columns_of(&fields) {
        return Inner::Rows(rows);
    }
    if let Some(found) = several::of_object(&fields) {
        table.notes.push(found.said);
        return Inner::Rows(found.rows);
    }
    around(fields, table)
}

/// Forms of pandas and BERTopic, which nothing else looks like.
fn of_tool(
    mut fields: Map<String, Value>,
    table: &mut InputTable,
) -> std::result::Result<Inner, Map<String, Value>> {
    if let (Some(Value::Array(columns)), Some(Value::Array(_))) =
        (fields.get("columns"), fields.get("data"))
        && columns.iter().all(|name| !name.is_object())
    {
        return Ok(Inner::Rows(split(fields)));
    }
    if let Some(rows) = saved_bertopic(&fields) {
        table.shape = Some("BERTopic's saved topics");
        return Ok(Inner::Rows(rows));
    }
    // pandas' orientation `table`.
    if fields.contains_key("schema")
        && let Some(rows) = fields.remove("data")
    {
        return Ok(Inner::Deeper(rows));
    }
    Err(fields)
}

/// What a service counted, and what it left out.
fn counted(found: Facets, table: &mut InputTable) -> Vec<Value> {
    table.notes.push(format!("from {}", found.from));
    if !found.others.is_empty() {
        table.notes.push(format!("not read: {}", found.others.join(", ")));
    }
    if found.left_out > 0 {
        table.warnings.push(format!(
            "the service counted {} items in buckets that it left out (sum_other_doc_count): ask it for more buckets",
            thousands(found.left_out)
        ));
    }
    found.rows
}

/// Clusters in a field of the object, or the object itself.
fn around(mut fields: Map<String, Value>, table: &mut InputTable) -> Inner {
    let knows_roles = |fields: &Map<String, Value>| {
        let named = |name: &str| vocabulary::fit(ColumnRole::Name, name).is_some();
        fields.iter().any(|(key, value)| named(key) && value.is_string())
    };
    let is_list = |value: &Value| {
        value.as_array().is_some_and(|list| list.len() > 1 && list.iter().all(Value::is_object))
    };
    if (!knows_roles(&fields) || fields.values().any(is_list))
        && let Some(key) = wrapper(&fields)
    {
        let rows = fields.remove(&key).unwrap_or_default();
        let beside: Vec<String> = fields.keys().cloned().collect();
        if !beside.is_empty() {
            table.notes.push(format!("from {key}, without {}", beside.join(", ")));
        }
        return Inner::Deeper(rows);
    }
    if knows_roles(&fields) {
        return Inner::Cluster(fields);
    }
    if let Some((from, rows)) = trees::deep_list(&fields) {
        table.notes.push(format!("from {from}"));
        return Inner::Rows(rows);
    }
    if let Some(rows) = trees::of_groups(&fields) {
        table.notes.push("groups with their clusters".to_owned());
        return Inner::Rows(rows);
    }
    match keyed(fields) {
        Ok(rows) => Inner::Rows(rows),
        Err(fields) => Inner::Cluster(fields),
    }
}

/// The file `topics.json` of a BERTopic model that was saved as safetensors.
fn saved_bertopic(fields: &Map<String, Value>) -> Option<Vec<Value>> {
    let words = fields.get("topic_representations")?.as_object()?;
    let of = |key: &str, topic: &str| fields.get(key)?.as_object()?.get(topic).cloned();
    let custom = fields.get("custom_labels").and_then(Value::as_array);
    let mut topics: Vec<i64> = words.keys().filter_map(|topic| topic.parse().ok()).collect();
    topics.sort_unstable();
    let rows = topics.into_iter().enumerate().map(|(place, topic)| {
        let key = topic.to_string();
        let mut record = Map::new();
        record.insert("id".to_owned(), Value::from(topic));
        // Labels of one's own are listed in the order of the topics.
        if let Some(label) = custom.and_then(|labels| labels.get(place)) {
            record.insert("name".to_owned(), label.clone());
        }
        record.insert("keywords".to_owned(), words.get(&key).cloned().unwrap_or_default());
        record.insert("count".to_owned(), of("topic_sizes", &key).unwrap_or_default());
        Value::Object(record)
    });
    Some(rows.collect())
}

/// The field that holds the clusters: one with a telling name, else the only list of objects.
pub(crate) fn wrapper(fields: &Map<String, Value>) -> Option<String> {
    let holds = |value: &Value| match value {
        Value::Array(list) => list.len() > 1 || list.first().is_some_and(Value::is_object),
        Value::Object(inner) => {
            inner.values().filter(|v| v.is_object() || v.is_array()).count() > 0
        }
        _ => false,
    };
    let is_list = |value: &Value| value.as_array().is_some_and(|list| !list.is_empty());
    let by_name = |only_lists: bool| {
        WRAPPERS.iter().find_map(|wanted| {
            fields.iter().find(|(key, value)| {
                vocabulary::words(key) == *wanted && holds(value) && (is_list(value) || !only_lists)
            })
        })
    };
    if let Some((key, _)) = by_name(true).or_else(|| by_name(false)) {
        return Some(key.clone());
    }
    let of_objects = |(_, value): &(&String, &Value)| {
        value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_object))
    };
    let mut lists = fields.iter().filter(of_objects);
    let only = lists.next()?;
    lists.next().is_none().then(|| only.0.clone())
}

/// pandas' orientation `split`.
fn split(mut fields: Map<String, Value>) -> Vec<Value> {
    let mut list = |key: &str| match fields.remove(key) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    let (columns, rows, index) = (list("columns"), list("data"), list("index"));
    let names: Vec<String> = columns.iter().map(crate::values::table::as_text).collect();
    let plain = index.iter().enumerate().all(|(row, id)| id.as_u64() == Some(row as u64));
    rows.into_iter()
        .enumerate()
        .map(|(row, cells)| {
            let Value::Array(cells) = cells else { return cells };
            let mut object: Map<String, Value> = names.iter().cloned().zip(cells).collect();
            if let Some(id) = index.get(row).filter(|_| !plain) {
                object.entry("index").or_insert_with(|| id.clone());
            }
            Value::Object(object)
        })
        .collect()
}

/// Columns as objects by row (pandas' default) or as lists, where their names are those of columns.
fn columns_of(fields: &Map<String, Value>) -> Option<Vec<Value>> {
    let known = fields.keys().filter(|key| vocabulary::is_column_name(key)).count();
    if known == 0 {
        return None;
    }
    let lists: Option<Vec<&Vec<Value>>> = fields.values().map(Value::as_array).collect();
    if let Some(lists) = lists
        .filter(|lists| lists.len() > 1 || lists.iter().all(|l| l.iter().all(Value::is_string)))
    {
        let rows = lists.first()?.len();
        let of_cells = |list: &&&Vec<Value>| list.iter().all(Value::is_object);
        if rows == 0
            || lists.iter().any(|list| list.len() != rows)
            || lists.iter().any(|l| of_cells(&l))
        {
            return None;
        }
        let row = |at: usize| {
            let cells = lists.iter().map(|list| list[at].clone());
            Value::Object(fields.keys().cloned().zip(cells).collect())
        };
        return Some((0..rows).map(row).collect());
    }
    let objects: Option<Vec<&Map<String, Value>>> = fields.values().map(Value::as_object).collect();
    let objects = objects?;
    let of_records = |cell: &Value| cell.as_array().is_some_and(|l| l.iter().any(Value::is_object));
    if objects.iter().any(|column| column.values().any(of_records)) {
        return None;
    }
    let first = objects.first()?;
    let known_inside = first.keys().filter(|key| vocabulary::is_column_name(key)).count();
    let same = objects.iter().all(|object| {
        object.len() == first.len() && object.keys().all(|key| first.contains_key(key))
    });
    if !same || first.is_empty() || known_inside * fields.len() >= known * first.len() {
        return None;
    }
    let plain = first.keys().enumerate().all(|(row, key)| *key == row.to_string());
    let rows = first.keys().map(|row| {
        let cells = fields.keys().zip(&objects);
        let mut object: Map<String, Value> = cells
            .map(|(name, column)| (name.clone(), column.get(row).cloned().unwrap_or_default()))
            .collect();
        if !plain {
            object.entry("index").or_insert_with(|| Value::from(row.clone()));
        }
        Value::Object(object)
    });
    Some(rows.collect())
}

/// An object with a cluster behind every key: a record, a count, a name, members or keywords.
fn keyed(fields: Map<String, Value>) -> std::result::Result<Vec<Value>, Map<String, Value>> {
    let columns = fields.keys().filter(|key| vocabulary::is_column_name(key)).count();
    // What a service says of a question that went wrong.
    let has = |key: &str| fields.contains_key(key);
    if has("message") && (has("documentation_url") || has("code") || has("status")) {
        return Err(fields);
    }
    if fields.len() < 2 || columns * 2 > fields.len() {
        return Err(fields);
    }
    let all =
        |what: fn(&Value) -> bool| fields.values().all(|value| what(value) || value.is_null());
    let short_keys = fields.keys().all(|key| is_key(key));
    // Where many keys have the same value, the keys are the items.
    let values: std::collections::HashSet<&str> =
        fields.values().filter_map(Value::as_str).collect();
    let assigned = fields.len() > 3 && values.len() * 2 <= fields.len();
    let (key_name, value_name) = match () {
        () if all(Value::is_string) && assigned => ("document_id", "topic"),
        () if all(Value::is_object) => ("", ""),
        () if all(Value::is_number) => ("name", "count"),
        () if all(Value::is_string) && short_keys => ("id", "name"),
        () if all(Value::is_string) => ("name", "description"),
        () if all(Value::is_array) => {
            let words = fields.values().all(are_words);
            let numbers = fields.keys().all(|key| key.parse::<i64>().is_ok());
            (
                if numbers { "id" } else { "name" },
                if words && numbers { "keywords" } else { "members" },
            )
        }
        () => return Err(fields),
    };
    let rows = fields.into_iter().map(|(key, value)| match value {
        Value::Object(mut record) if key_name.is_empty() => {
            let named = record.iter().any(|(name, value)| {
                !is_blank(value)
                    && !value.is_object()
                    && vocabulary::fit(ColumnRole::Name, name).is_some()
                    && !value.is_number()
            });
            record.shift_insert(
                0,
                if named { "id" } else { "name" }.to_owned(),
                match record.get(if named { "id" } else { "name" }) {
                    Some(there) => there.clone(),
                    None => Value::from(key),
                },
            );
            Value::Object(record)
        }
        value => {
            let mut record = Map::new();
            record.insert(key_name.to_owned(), Value::from(key));
            record.insert(value_name.to_owned(), value);
            Value::Object(record)
        }
    });
    Ok(rows.collect())
}

/// Does it look like an id rather than like a name?
fn is_key(key: &str) -> bool {
    !key.contains(' ') && (key.chars().any(|c| c.is_ascii_digit()) || key.chars().count() <= 3)
}

/// Words that say what a cluster is about, rather than ids of its members.
fn are_words(value: &Value) -> bool {
    cells::keywords(value).is_some_and(|words| {
        !words.is_empty()
            && words.iter().all(|word| !word.chars().any(|c| c.is_ascii_digit() || c == '_'))
    })
}
