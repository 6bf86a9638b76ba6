//! JSON in every orientation that people write clusters in.

use std::path::Path;

use cladus_core::{Error, Place, Result};
use serde_json::{Map, Value};

use crate::orientations::{Inner, inner, wrapper};
use crate::table::{Row, Table};
use crate::{lines, literal, nested, vocabulary};

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
                None => match literal::value(text) {
                    // `NaN` is Python's, and so may be all of it.
                    Some(whole) => unwrapped(vec![whole], &mut table),
                    None => return Err(Error::damaged(path, format!("is not JSON: {error}"))),
                },
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

/// The table in one value.
pub(crate) fn of_value(path: &Path, value: Value) -> Result<Table> {
    let mut table = Table { format: "JSON".to_owned(), ..Table::default() };
    let values = unwrapped(vec![value], &mut table);
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
