//! Columns of the input to colour by: read from the file that the run was made from, as far as that is a
//! table whose rows can be told apart by what the run knows them by.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use cladus_core::artifact::{Values, read_parquet_values};
use cladus_core::{Error, Result, text};
use cladus_page::{InputColumn, Page};
use serde_json::Value;

use crate::folder::RunFolder;
use crate::input::base::InputSource;

/// Longest value that is shown, in characters.
const LONGEST: usize = 80;

/// Puts the columns called `wanted` into the page.
///
/// # Errors
/// When the input is no longer there or is no table, or has no such column.
pub fn put(page: &mut Page, folder: &RunFolder, wanted: &[String]) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let Some(InputSource { path, .. }) = InputSource::remembered(folder) else {
        let root = folder.root().display();
        return Err(Error::config(format!("{root} does not say what it was made from")));
    };
    let table = read(&path)?;
    let (role, key) = key(folder)?;
    let at = |name: &str| {
        table.columns.iter().position(|column| column == name).ok_or_else(|| {
            let known = table.columns.join(", ");
            let problem = format!("{} has no column {name:?}", path.display());
            Error::config_hint(problem, format!("it has {known}"))
        })
    };
    let key = at(&key)?;
    let mut row_of: HashMap<String, usize> = HashMap::with_capacity(table.rows.len());
    for (row, values) in table.rows.iter().enumerate() {
        if let Some(key) = values.get(key).and_then(in_words) {
            row_of.entry(key).or_insert(row);
        }
    }
    for name in wanted {
        let column = at(name)?;
        let value = |node: &cladus_page::PageNode| {
            let key = if role == "id" { &node.id } else { &node.name };
            let row = row_of.get(key.as_str()).filter(|_| node.level == 0)?;
            table.rows[*row].get(column).and_then(in_words)
        };
        let values = page.nodes.iter().map(value).collect();
        page.columns.push(InputColumn { name: name.clone(), values });
    }
    Ok(())
}

/// What rows are known by, an id or else the name, and what that column is called.
fn key(folder: &RunFolder) -> Result<(&'static str, String)> {
    let path = folder.input_memory();
    let memory = fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
    let memory: Value =
        serde_json::from_str(&memory).map_err(|e| Error::damaged(&path, e.to_string()))?;
    let parts = memory["read"].as_array().into_iter().flatten();
    let told: Vec<(&str, &str)> = parts
        .filter_map(|part| part["told"]["columns"].as_array())
        .flatten()
        .filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?)))
        .collect();
    ["id", "name"]
        .into_iter()
        .find_map(|role| {
            let (_, column) = told.iter().find(|(told, _)| *told == role)?;
            Some((role, (*column).to_owned()))
        })
        .ok_or_else(|| Error::config("the input has no column of ids or names"))
}

fn read(path: &Path) -> Result<Values> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let whole = || fs::read_to_string(path).map_err(|e| Error::io("read", path, e));
    let damaged = |e: &dyn std::fmt::Display| Error::damaged(path, e.to_string());
    match ending.to_lowercase().as_str() {
        "parquet" => read_parquet_values(path),
        "jsonl" | "ndjson" => {
            let text = whole()?;
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            let rows = lines.map(|line| serde_json::from_str(line).map_err(|e| damaged(&e)));
            Ok(of_objects(&rows.collect::<Result<Vec<Value>>>()?))
        }
        "json" => match serde_json::from_str(&whole()?).map_err(|e| damaged(&e))? {
            Value::Array(rows) => Ok(of_objects(&rows)),
            _ => Err(damaged(&"is not a list of objects, so it has no columns to colour by")),
        },
        "csv" | "tsv" => {
            let delimiter = if ending.eq_ignore_ascii_case("tsv") { b'\t' } else { b',' };
            let reader =
                csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_path(path);
            let mut reader = reader.map_err(|e| damaged(&e))?;
            let columns = reader.headers().map_err(|e| damaged(&e))?;
            let columns = columns.iter().map(str::to_owned).collect();
            let row = |row: csv::StringRecord| row.iter().map(|cell| cell.into()).collect();
            let rows = reader.records().map(|record| record.map(row).map_err(|e| damaged(&e)));
            Ok(Values { columns, rows: rows.collect::<Result<_>>()?, unread: Vec::new() })
        }
        _ => {
            Err(damaged(&"is neither Parquet, JSON, JSON lines nor CSV: its columns are not read"))
        }
    }
}

/// Objects as rows: their keys are columns, in the order in which they come.
fn of_objects(objects: &[Value]) -> Values {
    let mut columns: Vec<String> = Vec::new();
    let mut place: HashMap<String, usize> = HashMap::new();
    for key in objects.iter().filter_map(Value::as_object).flat_map(|object| object.keys()) {
        if !place.contains_key(key) {
            place.insert(key.clone(), columns.len());
            columns.push(key.clone());
        }
    }
    let row = |object: &Value| columns.iter().map(|column| object[column].clone()).collect();
    let rows = objects.iter().map(row).collect();
    Values { rows, columns, unread: Vec::new() }
}

/// A value as it is shown; nothing where there is none, or it is no single one.
fn in_words(value: &Value) -> Option<String> {
    let said = match value {
        Value::String(said) => text::clean_to(said, LONGEST).into_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(said) => said.to_string(),
        _ => return None,
    };
    Some(said).filter(|said| !said.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_rows_and_their_keys_columns() {
        let rows =
            vec![serde_json::json!({"a": 1, "b": [2]}), serde_json::json!({"c": " x\u{1b} "})];
        let table = of_objects(&rows);
        assert_eq!(table.columns, ["a", "b", "c"]);
        let shown: Vec<Vec<Option<String>>> =
            table.rows.iter().map(|row| row.iter().map(in_words).collect()).collect();
        assert_eq!(shown[0], [Some("1".to_owned()), None, None]);
        assert_eq!(shown[1], [None, None, Some("x".to_owned())]);
    }
}
