//! What search engines and services count: buckets, facets, groups, wherever they stand in an answer.

use serde_json::{Map, Value, json};

use crate::values::table::as_text;

/// How deep answers are looked into.
const DEEPEST: usize = 8;

/// Clusters that are counted in an answer.
pub(crate) struct Facets {
    /// A record each, with `parent_id` where some are in others.
    pub(crate) rows: Vec<Value>,
    /// Where they were found.
    pub(crate) from: String,
    /// Items that the service counted and did not list.
    pub(crate) left_out: u64,
    /// Where other values were counted.
    pub(crate) others: Vec<String>,
}

/// A value that is counted, and those in it.
struct Bucket {
    name: String,
    count: u64,
    inside: Vec<Bucket>,
}

/// The facets of an answer: the group with the most values.
pub(crate) fn of(fields: &Map<String, Value>) -> Option<Facets> {
    let mut best: Option<(String, Vec<Bucket>, u64)> = None;
    let mut places = Vec::new();
    let mut open: Vec<(String, &Map<String, Value>, usize)> = vec![(String::new(), fields, 0)];
    while let Some((path, fields, depth)) = open.pop() {
        let found = group(&path, fields);
        if let Some(found) = found {
            places.push(found.0.clone());
            if best.as_ref().is_none_or(|(_, best, _)| found.1.len() > best.len()) {
                best = Some(found);
            }
            continue;
        }
        for (key, value) in fields.iter().rev() {
            if let Some(inner) = value.as_object().filter(|_| depth < DEEPEST) {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                open.push((path, inner, depth + 1));
            }
        }
    }
    let (from, buckets, left_out) = best?;
    let mut rows = Vec::new();
    push(&buckets, None, &mut rows);
    places.retain(|place| *place != from);
    Some(Facets { rows, from, left_out, others: places })
}

/// The buckets of a list that is the whole file.
pub(crate) fn of_list(list: &[Value]) -> Option<Vec<Value>> {
    let has_count = list.iter().all(|bucket| bucket.get("doc_count").is_some());
    let buckets = listed(list).filter(|_| has_count)?;
    let mut rows = Vec::new();
    push(&buckets, None, &mut rows);
    Some(rows)
}

/// An object that is a group of counted values: Elasticsearch's and Solr's.
fn group(path: &str, fields: &Map<String, Value>) -> Option<(String, Vec<Bucket>, u64)> {
    let named = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    if let Some(buckets) = fields.get("buckets").and_then(buckets) {
        let left_out = fields.get("sum_other_doc_count").and_then(Value::as_u64).unwrap_or(0);
        return Some((named("buckets"), buckets, left_out));
    }
    if let Some(Value::Object(all)) = fields.get("facet_fields") {
        let (name, buckets) = all
            .iter()
            .filter_map(|(name, list)| Some((name, flat(list.as_array()?)?)))
            .max_by_key(|(_, buckets)| buckets.len())?;
        return Some((named(&format!("facet_fields.{name}")), buckets, 0));
    }
    // Crossref's.
    if let (Some(_), Some(Value::Object(values))) =
        (fields.get("value-count"), fields.get("values"))
    {
        return Some((named("values"), counts(values)?, 0));
    }
    // A list of names and counts in turn is the whole of a small answer.
    if path.is_empty()
        && let [(name, Value::Array(list))] = fields.iter().collect::<Vec<_>>().as_slice()
        && let Some(buckets) = flat(list)
    {
        return Some(((*name).clone(), buckets, 0));
    }
    None
}

/// Buckets as a list or by their keys.
fn buckets(value: &Value) -> Option<Vec<Bucket>> {
    match value {
        Value::Array(list) => listed(list),
        Value::Object(keyed) if !keyed.is_empty() => {
            let bucket = |(key, value): (&String, &Value)| {
                let fields = value.as_object()?;
                Some(Bucket { name: key.clone(), count: count(fields)?, inside: inside(fields) })
            };
            keyed.iter().map(bucket).collect()
        }
        _ => None,
    }
}

fn listed(list: &[Value]) -> Option<Vec<Bucket>> {
    let bucket = |value: &Value| {
        let fields = value.as_object()?;
        let name = ["key_as_string", "key", "val"].iter().find_map(|key| fields.get(*key))?;
        let name = match name {
            // A composite key has a value for every source.
            Value::Object(parts) => parts.values().map(as_text).collect::<Vec<_>>().join(", "),
            other => as_text(other),
        };
        Some(Bucket { name, count: count(fields)?, inside: inside(fields) })
    };
    (!list.is_empty()).then(|| list.iter().map(bucket).collect())?
}

fn count(fields: &Map<String, Value>) -> Option<u64> {
    ["doc_count", "count"].iter().find_map(|key| fields.get(*key)?.as_u64())
}

/// The first group of buckets in a bucket.
fn inside(fields: &Map<String, Value>) -> Vec<Bucket> {
    let groups = fields.values().filter_map(|value| buckets(value.as_object()?.get("buckets")?));
    groups.into_iter().next().unwrap_or_default()
}

/// `["Late", 12, "Lost", 3]`.
fn flat(list: &[Value]) -> Option<Vec<Bucket>> {
    if list.len() < 4 || !list.len().is_multiple_of(2) {
        return None;
    }
    let bucket = |pair: &[Value]| {
        Some(Bucket {
            name: pair[0].as_str()?.to_owned(),
            count: pair[1].as_u64()?,
            inside: Vec::new(),
        })
    };
    list.chunks(2).map(bucket).collect()
}

fn counts(values: &Map<String, Value>) -> Option<Vec<Bucket>> {
    let bucket = |(name, count): (&String, &Value)| {
        Some(Bucket { name: name.clone(), count: count.as_u64()?, inside: Vec::new() })
    };
    (!values.is_empty()).then(|| values.iter().map(bucket).collect())?
}

fn push(buckets: &[Bucket], parent: Option<&str>, rows: &mut Vec<Value>) {
    let nested = parent.is_some() || buckets.iter().any(|bucket| !bucket.inside.is_empty());
    for bucket in buckets {
        if !nested {
            rows.push(json!({ "name": bucket.name, "count": bucket.count }));
            continue;
        }
        let id = format!("node-{}", rows.len() + 1);
        rows.push(
            json!({ "id": id, "name": bucket.name, "count": bucket.count, "parent_id": parent }),
        );
        push(&bucket.inside, Some(&id), rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_stand_anywhere() {
        let of = |value: Value| {
            let facets = super::of(value.as_object().unwrap()).unwrap();
            (Value::from(facets.rows).to_string(), facets.from, facets.left_out)
        };
        let two = r#"[{"name":"A","count":2},{"name":"B","count":1}]"#;
        for (value, from) in [
            (
                json!({"x": {"y": {"buckets": [{"key": "A", "doc_count": 2}, {"key": "B", "doc_count": 1}]}}}),
                "x.y.buckets",
            ),
            (json!({"buckets": {"A": {"doc_count": 2}, "B": {"doc_count": 1}}}), "buckets"),
            (
                json!({"facet_counts": {"facet_fields": {"t": ["A", 2, "B", 1]}}}),
                "facet_counts.facet_fields.t",
            ),
            (json!({"t": ["A", 2, "B", 1]}), "t"),
        ] {
            assert_eq!(of(value), (two.to_owned(), from.to_owned(), 0));
        }
        assert!(
            super::of(json!({"a": ["A", "B"], "n": {"count": 2}}).as_object().unwrap()).is_none()
        );
    }
}
