//! JSON in every orientation that people write clusters in.

use std::collections::HashMap;
use std::path::Path;

use cladus_core::{Error, Place, Result};
use serde_json::{Map, Value};

use crate::read::charts;
use crate::read::facets;
use crate::read::nested;
use crate::read::orientations::{Inner, inner, wrapper};
use crate::read::several;
use crate::read::tool_rows;
use crate::values::literal;
use crate::values::table::{InputTable, TableRow};
use crate::values::vocabulary;

/// How deep objects in objects are looked into.
const DEEPEST: usize = 4;
/// More cells than this are not made for keys that one record has alone.
const WIDE: usize = 2_000_000;
/// Cells that are held at most.
const CELLS: usize = 20_000_000;

/// Reads JSON, or one JSON value a line.
pub(crate) fn read(path: &Path, text: &str, by_line: bool) -> Result<InputTable> {
    let mut table = InputTable::default();
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
                    // `NaN` is Python's, and so may be all of it; people leave commas before brackets.
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
pub(crate) fn of_value(path: &Path, value: Value) -> Result<InputTable> {
    let mut table = InputTable { format: "JSON".to_owned(), ..InputTable::default() };
    let values = unwrapped(vec![value], &mut table);
    fill(path, &mut table, values)?;
    Ok(table)
}

type PlacedRecord = Vec<(Place, Value)>;

fn json_lines(path: &Path, text: &str) -> Result<PlacedRecord> {
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

fn places(values: Vec<Value>) -> PlacedRecord {
    values.into_iter().enumerate().map(|(i, value)| (Place::Element(i), value)).collect()
}

/// The clusters in whatever is around them.
fn unwrapped(mut values: Vec<Value>, table: &mut InputTable) -> PlacedRecord {
    if values.len() != 1 {
        return places(values);
    }
    let mut value = values.remove(0);
    for _ in 0..DEEPEST {
        value = match value {
            Value::Array(list) => return places(listed(list, table)),
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

/// A list as it is, or the records in the form of a tool that it has.
fn listed(list: Vec<Value>, table: &mut InputTable) -> Vec<Value> {
    if let Some(topics) = charts::of_list(&list) {
        table.shape = Some("topics and their words");
        return topics;
    }
    if let Some(found) = several::of_list(&list) {
        table.notes.push(found.said);
        return found.rows;
    }
    facets::of_list(&list).unwrap_or(list)
}

/// Puts values into rows and columns.
fn fill(path: &Path, table: &mut InputTable, values: PlacedRecord) -> Result<()> {
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
    rows(path, table, objects)?;
    if table.shape.is_none() {
        tool_rows::shape_of_rows(table);
    }
    Ok(())
}

/// Lists of cells: the first may hold the columns' names.
fn lists_as_rows(table: &mut InputTable, objects: &mut Vec<(Place, Map<String, Value>)>) {
    let Some((_, first)) = objects.first() else { return };
    let names: Vec<String> = first.values().map(crate::values::table::as_text).collect();
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
fn rows(
    path: &Path,
    table: &mut InputTable,
    objects: Vec<(Place, Map<String, Value>)>,
) -> Result<()> {
    let mut place_of: HashMap<String, usize> = HashMap::new();
    let mut times: Vec<usize> = Vec::new();
    let mut sparse: Vec<(Place, Vec<(usize, Value)>)> = Vec::with_capacity(objects.len());
    for (place, record) in objects {
        let mut cells = Vec::with_capacity(record.len());
        for (name, value) in fields_of(record) {
            let column = *place_of.entry(name.clone()).or_insert_with(|| {
                table.columns.push(name);
                times.push(0);
                times.len() - 1
            });
            times[column] += 1;
            cells.push((column, value));
        }
        sparse.push((place, cells));
    }
    // Keys that one record has alone would be columns of nothing but holes.
    let wide = table.columns.len().saturating_mul(sparse.len()) > WIDE;
    let kept: Vec<bool> = (0..times.len())
        .map(|column| {
            !wide || times[column] > 1 || vocabulary::is_column_name(&table.columns[column])
        })
        .collect();
    let width = kept.iter().filter(|kept| **kept).count();
    if width.saturating_mul(sparse.len()) > CELLS {
        let problem =
            format!("has {width} different keys in {} records: that is no table", sparse.len());
        return Err(Error::damaged(path, problem));
    }
    let mut next = 0;
    let column_of: Vec<Option<usize>> = kept
        .iter()
        .map(|kept| {
            next += usize::from(*kept);
            kept.then(|| next - 1)
        })
        .collect();
    for (place, cells) in sparse {
        let mut row = vec![Value::Null; width];
        for (column, value) in cells {
            if let Some(column) = column_of[column] {
                row[column] = value;
            }
        }
        table.rows.push(TableRow { place, cells: row });
    }
    let named = std::mem::take(&mut table.columns).into_iter().zip(kept);
    for (name, kept) in named {
        if kept { table.columns.push(name) } else { table.unread.push(name) }
    }
    Ok(())
}

/// The fields of a record, those in fields by their path.
fn fields_of(record: Map<String, Value>) -> Vec<(String, Value)> {
    let mut found = Vec::with_capacity(record.len());
    let mut open: Vec<(String, Value, usize)> =
        record.into_iter().rev().map(|(key, value)| (key, value, 0)).collect();
    while let Some((name, value, depth)) = open.pop() {
        match value {
            // SPARQL's results say of every value what it is.
            Value::Object(mut fields)
                if fields.contains_key("type")
                    && fields.get("value").is_some_and(|value| !value.is_object())
                    && fields.len() <= 4 =>
            {
                found.push((name, fields.remove("value").unwrap_or_default()));
            }
            // JSON-LD's values and links.
            Value::Object(mut fields) if fields.contains_key("@value") => {
                found.push((name, fields.remove("@value").unwrap_or_default()));
            }
            Value::Object(mut fields) if fields.len() == 1 && fields.contains_key("@id") => {
                found.push((name, fields.remove("@id").unwrap_or_default()));
            }
            Value::Object(fields)
                if depth < DEEPEST && !fields.is_empty() && !is_weights(&fields) =>
            {
                let inner = fields.into_iter().rev();
                open.extend(inner.map(|(key, value)| (format!("{name}.{key}"), value, depth + 1)));
            }
            value => found.push((name, value)),
        }
    }
    found
}

/// A columnar table whose columns hold fields, as one with a column for each.
pub(crate) fn opened(path: &Path, table: InputTable) -> Result<InputTable> {
    let is_fields = |value: &Value| value.as_object().is_some_and(|fields| !is_weights(fields));
    let opens = |column: usize| {
        let mut values = table.values(column).take(100).peekable();
        values.peek().is_some() && values.all(is_fields)
    };
    if !(0..table.columns.len()).any(opens) {
        return Ok(table);
    }
    let InputTable { columns, rows: placed, .. } = table;
    let objects = placed.into_iter().map(|row| {
        (row.place, columns.iter().cloned().zip(row.cells).collect::<Map<String, Value>>())
    });
    let objects = objects.collect();
    let mut opened = InputTable { columns: Vec::new(), rows: Vec::new(), ..table };
    rows(path, &mut opened, objects)?;
    Ok(opened)
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
