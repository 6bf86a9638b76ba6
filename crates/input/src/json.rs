//! JSON in every orientation that people write clusters in.

use std::path::Path;

use cladus_core::{Error, Place, Result};
use serde_json::{Map, Value};

use crate::table::{Row, Table, is_blank};
use crate::vocabulary;
use crate::{cells, lines, nested};

/// Arrays that hold the clusters, by what they are called; looked at in this order.
const WRAPPERS: [&str; 22] = [
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
];
/// How deep objects in objects are looked into.
const DEEPEST: usize = 4;

/// Reads JSON, or one JSON value a line.
pub(crate) fn read(path: &Path, text: &str, by_line: bool) -> Result<Table> {
    let mut table = Table::default();
    let values = if by_line {
        match json_lines(path, text) {
            Ok(values) => {
                table.format = "JSON lines".to_owned();
                values
            }
            // One value over several lines, or several of them.
            Err(error) => {
                table.format = "JSON".to_owned();
                let whole = stream(text).ok_or(error)?;
                unwrapped(whole, &mut table)
            }
        }
    } else {
        table.format = "JSON".to_owned();
        match serde_json::from_str::<Value>(text) {
            Ok(whole) => unwrapped(vec![whole], &mut table),
            // Some tools write JSON lines into a file called .json.
            Err(error) => match json_lines(path, text).ok().or_else(|| Some(places(stream(text)?)))
            {
                Some(values) => {
                    table.format = "JSON lines".to_owned();
                    values
                }
                None => return Err(Error::damaged(path, format!("is not JSON: {error}"))),
            },
        }
    };
    // A single line that wraps all the others is no cluster.
    let values = match <[_; 1]>::try_from(values) {
        Ok([(_, Value::Object(fields))]) if by_line && wrapper(&fields).is_some() => {
            unwrapped(vec![Value::Object(fields)], &mut table)
        }
        Ok([only]) => vec![only],
        Err(values) => values,
    };
    fill(path, &mut table, values)?;
    Ok(table)
}

type Placed = Vec<(Place, Value)>;

fn json_lines(path: &Path, text: &str) -> Result<Placed> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            let place = Place::Line(index + 1);
            let value = serde_json::from_str(line)
                .map_err(|e| Error::damaged(path, format!("{place} is not JSON: {e}")))?;
            Ok((place, value))
        })
        .collect()
}

/// Values one after the other, over as many lines as they like.
fn stream(text: &str) -> Option<Vec<Value>> {
    serde_json::Deserializer::from_str(text).into_iter().collect::<std::result::Result<_, _>>().ok()
}

fn places(values: Vec<Value>) -> Placed {
    values.into_iter().enumerate().map(|(i, value)| (Place::Element(i), value)).collect()
}

/// The clusters in whatever is around them.
fn unwrapped(mut values: Vec<Value>, table: &mut Table) -> Placed {
    if values.len() != 1 {
        return places(values);
    }
    let mut value = values.remove(0);
    for _ in 0..DEEPEST {
        value = match value {
            Value::Array(list) => return places(list),
            Value::Object(fields) => match inner(fields, table) {
                Inner::Rows(rows) => return places(rows),
                Inner::Deeper(value) => value,
                Inner::Cluster(fields) => return places(vec![Value::Object(fields)]),
            },
            other => return places(vec![other]),
        };
    }
    places(vec![value])
}

enum Inner {
    Rows(Vec<Value>),
    Deeper(Value),
    Cluster(Map<String, Value>),
}

/// What an object that is the whole file means.
fn inner(mut fields: Map<String, Value>, table: &mut Table) -> Inner {
    if let (Some(Value::Array(columns)), Some(Value::Array(_))) =
        (fields.get("columns"), fields.get("data"))
        && columns.iter().all(|name| !name.is_object())
    {
        return Inner::Rows(split(fields));
    }
    // pandas' orientation `table`.
    if fields.contains_key("schema")
        && let Some(rows) = fields.remove("data")
    {
        return Inner::Deeper(rows);
    }
    let knows_roles = |fields: &Map<String, Value>| {
        let named = |name: &str| vocabulary::fit(vocabulary::Role::Name, name).is_some();
        fields.iter().any(|(key, value)| named(key) && value.is_string())
    };
    if nested::is_tree(&fields) {
        return Inner::Cluster(fields);
    }
    if let Some(rows) = columns_of(&fields) {
        return Inner::Rows(rows);
    }
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
    match keyed(fields) {
        Ok(rows) => Inner::Rows(rows),
        Err(fields) => Inner::Cluster(fields),
    }
}

/// The field that holds the clusters: one with a telling name, else the only list of objects.
fn wrapper(fields: &Map<String, Value>) -> Option<String> {
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
    let names: Vec<String> = columns.iter().map(crate::table::as_text).collect();
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
    if fields.len() < 2 || columns * 2 > fields.len() {
        return Err(fields);
    }
    let all =
        |what: fn(&Value) -> bool| fields.values().all(|value| what(value) || value.is_null());
    let short_keys = fields.keys().all(|key| is_key(key));
    let (key_name, value_name) = match () {
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
                    && vocabulary::fit(vocabulary::Role::Name, name).is_some()
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

/// Puts values into rows and columns.
fn fill(path: &Path, table: &mut Table, values: Placed) -> Result<()> {
    let mut objects: Vec<(Place, Map<String, Value>)> = Vec::with_capacity(values.len());
    let (mut texts, mut lists) = (0, 0);
    let whole = values.len();
    for (place, value) in values {
        let mut record = Map::new();
        match value {
            Value::Object(fields) => record = fields,
            Value::String(name) => {
                texts += 1;
                record.insert("name".to_owned(), Value::String(name));
            }
            Value::Array(cells) => {
                lists += 1;
                let cells = cells.into_iter().enumerate();
                record.extend(cells.map(|(column, cell)| ((column + 1).to_string(), cell)));
            }
            Value::Null => continue,
            _ => {
                return Err(Error::damaged(
                    path,
                    format!("{place} is no JSON object, list or text"),
                ));
            }
        }
        objects.push((place, record));
    }
    if texts > 0 && texts < whole || lists > 0 && lists < whole {
        let problem =
            "mixes objects, lists and texts: every cluster must be written like the others";
        return Err(Error::damaged(path, problem));
    }
    if lists > 0 {
        lists_as_rows(table, &mut objects);
    } else if texts > 0 {
        table.notes.push("each text is a name".to_owned());
    }
    let objects = nested::flattened(path, objects, table)?;
    rows(table, objects);
    if table.shape.is_none() {
        lines::shape_of_rows(table);
    }
    Ok(())
}

/// Lists of cells: the first may hold the columns' names.
fn lists_as_rows(table: &mut Table, objects: &mut Vec<(Place, Map<String, Value>)>) {
    let Some((_, first)) = objects.first() else { return };
    let names: Vec<String> = first.values().map(crate::table::as_text).collect();
    let known = names.iter().filter(|name| vocabulary::is_column_name(name)).count();
    if first.values().all(Value::is_string) && known * 2 >= names.len() && objects.len() > 1 {
        objects.remove(0);
        for (_, record) in objects.iter_mut() {
            let cells = std::mem::take(record);
            let extra = names.len()..;
            let named = names.iter().cloned().chain(extra.map(|column| (column + 1).to_string()));
            *record = named.zip(cells.into_iter().map(|(_, cell)| cell)).collect();
        }
    } else {
        table.nameless = true;
        table.notes.push("no header, the first row is a cluster".to_owned());
    }
}

/// Fields in fields become columns called `cluster.label`.
fn rows(table: &mut Table, objects: Vec<(Place, Map<String, Value>)>) {
    let mut place_of: std::collections::HashMap<String, usize> =
        table.columns.iter().cloned().zip(0..).collect();
    for (place, record) in objects {
        let mut cells = vec![Value::Null; table.columns.len()];
        let mut open: Vec<(String, Value, usize)> =
            record.into_iter().rev().map(|(key, value)| (key, value, 0)).collect();
        while let Some((name, value, depth)) = open.pop() {
            match value {
                Value::Object(fields)
                    if depth < DEEPEST && !fields.is_empty() && !is_weights(&fields) =>
                {
                    let inner = fields.into_iter().rev();
                    open.extend(
                        inner.map(|(key, value)| (format!("{name}.{key}"), value, depth + 1)),
                    );
                }
                value => {
                    let column = *place_of.entry(name.clone()).or_insert_with(|| {
                        table.columns.push(name);
                        table.columns.len() - 1
                    });
                    if column >= cells.len() {
                        cells.resize(column + 1, Value::Null);
                    }
                    cells[column] = value;
                }
            }
        }
        table.rows.push(Row { place, cells });
    }
    let width = table.columns.len();
    for row in &mut table.rows {
        row.cells.resize(width, Value::Null);
    }
}

/// Words with their weights are keywords, not columns.
fn is_weights(fields: &Map<String, Value>) -> bool {
    fields.len() > 2
        && fields
            .values()
            .all(|value| value.as_f64().is_some_and(|f| f.fract() != 0.0 && f.abs() <= 1.0))
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
