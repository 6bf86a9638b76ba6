//! JSON that tools write in a form of their own, as plain records: treemaps, pyLDAvis, Carrot2, weights of words.

use serde_json::{Map, Value, json};

use crate::arrange::matrix::heaviest;
use crate::values::cells;
use crate::values::readable::is_placeholder;
use crate::values::vocabulary;

/// The records of a form that is known, and what it is called.
pub(crate) fn of(fields: &Map<String, Value>) -> Option<(&'static str, Vec<Value>)> {
    treemap(fields)
        .map(|rows| ("a treemap", rows))
        .or_else(|| Some(("pyLDAvis's topics", pyldavis(fields)?)))
        .or_else(|| Some(("Carrot2's clusters", carrot2(fields)?)))
        .or_else(|| Some(("topics with the weights of their words", weights(fields)?)))
}

/// plotly's `labels`, `parents` and `values`.
fn treemap(fields: &Map<String, Value>) -> Option<Vec<Value>> {
    let trace = match fields.get("data") {
        Some(Value::Array(traces)) => traces.first()?.as_object()?,
        _ => fields,
    };
    let list = |key: &str| trace.get(key).and_then(Value::as_array);
    let (labels, parents) = (list("labels")?, list("parents")?);
    if labels.len() != parents.len() || labels.is_empty() {
        return None;
    }
    let (values, ids) = (list("values"), list("ids"));
    let rows = labels.iter().zip(parents).enumerate().map(|(at, (label, parent))| {
        let of = |list: Option<&Vec<Value>>| list.and_then(|list| list.get(at)).cloned();
        let id = of(ids).unwrap_or_else(|| label.clone());
        json!({ "id": id, "name": label, "count": of(values), "parent_id": parent })
    });
    Some(rows.collect())
}

/// The topics that pyLDAvis shows, by how often their words come.
fn pyldavis(fields: &Map<String, Value>) -> Option<Vec<Value>> {
    let info = fields.get("tinfo")?.as_object()?;
    let list = |key: &str| info.get(key).and_then(Value::as_array);
    let (terms, counts, topics) = (list("Term")?, list("Freq")?, list("Category")?);
    let mut found: Vec<(&str, Vec<(f64, String)>)> = Vec::new();
    for ((term, count), topic) in terms.iter().zip(counts).zip(topics) {
        let (topic, term) = (topic.as_str()?, term.as_str()?);
        if topic == "Default" {
            continue;
        }
        let word = (count.as_f64()?, term.to_owned());
        match found.iter_mut().find(|(known, _)| *known == topic) {
            Some((_, words)) => words.push(word),
            None => found.push((topic, vec![word])),
        }
    }
    let rows =
        found.into_iter().map(|(id, words)| json!({ "id": id, "keywords": heaviest(words) }));
    Some(rows.collect::<Vec<_>>()).filter(|rows| rows.len() > 1)
}

/// Clusters with `labels` and `documents` or `docs`, and others in them.
fn carrot2(fields: &Map<String, Value>) -> Option<Vec<Value>> {
    let clusters = fields.get("clusters")?.as_array()?;
    clusters.iter().map(carrot2_cluster).collect()
}

fn carrot2_cluster(cluster: &Value) -> Option<Value> {
    let fields = cluster.as_object()?;
    let labels: Option<Vec<&str>> =
        fields.get("labels")?.as_array()?.iter().map(Value::as_str).collect();
    let documents = fields.get("documents").or_else(|| fields.get("docs"))?;
    let mut row = Map::new();
    // What is in no cluster.
    if fields.get("other-topics") == Some(&Value::Bool(true)) {
        row.insert("id".to_owned(), json!("-1"));
    }
    row.insert("name".to_owned(), json!(labels?.join(", ")));
    row.insert("documents".to_owned(), documents.clone());
    let inside =
        fields.get("clusters").and_then(Value::as_array).filter(|inside| !inside.is_empty());
    if let Some(inside) = inside {
        let children: Option<Vec<Value>> = inside.iter().map(carrot2_cluster).collect();
        row.insert("children".to_owned(), Value::from(children?));
    }
    Some(Value::Object(row))
}

/// `{"0": {"tomato": 0.05, …}, …}`: topics by number, words by weight.
fn weights(fields: &Map<String, Value>) -> Option<Vec<Value>> {
    let topics = fields.len() > 1 && fields.keys().all(|key| is_placeholder(key));
    let row = |(id, words): (&String, &Value)| {
        Some(json!({ "id": id, "keywords": words_of(words.as_object()?)? }))
    };
    topics.then(|| fields.iter().map(row).collect())?
}

/// A list of topics, each its words with their weights or its words alone.
pub(crate) fn of_list(list: &[Value]) -> Option<Vec<Value>> {
    let weighted = |topic: &Value| Some(json!({ "keywords": words_of(topic.as_object()?)? }));
    if list.len() < 2 {
        return None;
    }
    list.iter().map(weighted).collect::<Option<_>>().or_else(|| list.iter().map(bare).collect())
}

/// At least five words and nothing else.
fn bare(topic: &Value) -> Option<Value> {
    let words = topic.as_array().filter(|words| words.len() >= 5)?;
    let is_word = |word: &Value| {
        word.as_str().is_some_and(|word| {
            word.split_whitespace().count() <= 2
                && word == word.to_lowercase()
                && !cells::is_number(word)
        })
    };
    words.iter().all(is_word).then(|| json!({ "keywords": words }))
}

fn words_of(words: &Map<String, Value>) -> Option<Vec<Value>> {
    let weighted: Option<Vec<(f64, String)>> =
        words.iter().map(|(word, weight)| Some((weight.as_f64()?, word.clone()))).collect();
    let weighted = weighted.filter(|words| words.len() > 2)?;
    let roles = words.keys().filter(|word| vocabulary::is_column_name(word)).count();
    let fractions = weighted.iter().any(|(weight, _)| weight.fract() != 0.0);
    (fractions && roles * 2 < weighted.len()).then(|| heaviest(weighted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_tools_are_records() {
        let of = |value: Value| {
            let (called, rows) = super::of(value.as_object().unwrap())?;
            Some((called, Value::from(rows).to_string()))
        };
        for (value, called, rows) in [
            (
                json!({"labels": ["A", "B"], "parents": ["", "A"], "values": [3, 2]}),
                "a treemap",
                r#"[{"id":"A","name":"A","count":3,"parent_id":""},{"id":"B","name":"B","count":2,"parent_id":"A"}]"#,
            ),
            (
                json!({"clusters": [{"labels": ["A", "B"], "docs": ["x"]}]}),
                "Carrot2's clusters",
                r#"[{"name":"A, B","documents":["x"]}]"#,
            ),
            (
                json!({"0": {"a": 0.1, "b": 0.3, "c": 0.0}, "1": {"d": 0.1, "e": 0.3, "f": 0.2}}),
                "topics with the weights of their words",
                r#"[{"id":"0","keywords":["b","a"]},{"id":"1","keywords":["e","f","d"]}]"#,
            ),
        ] {
            assert_eq!(of(value), Some((called, rows.to_owned())));
        }
        assert_eq!(of(json!({"0": {"name": "a", "size": 3}, "1": {"name": "b", "size": 1}})), None);
    }
}
