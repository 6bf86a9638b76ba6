//! What people marked documents with: the exports of Argilla and Label Studio as a row for every mark.

use serde_json::Value;

use crate::values::table::{InputTable, TableRow, is_blank};

/// A column of marks is a column of what they say.
pub(crate) fn of(table: &mut InputTable) {
    argilla(table);
    label_studio(table);
}

/// Argilla's `responses.topic`: lists of answers with a value each.
fn argilla(table: &mut InputTable) {
    let answered = |column: &usize| {
        table.columns[*column].starts_with("responses.")
            && table.values(*column).next().is_some()
            && table.values(*column).all(|value| values(value).is_some())
    };
    let Some(column) = (0..table.columns.len()).find(answered) else { return };
    let name = table.columns[column].trim_start_matches("responses.").to_owned();
    expand(table, column, values);
    table.notes.push(format!("topics from the responses to {name}"));
    table.shape = Some("Argilla's records");
}

fn values(value: &Value) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for answer in value.as_array()? {
        match answer.get("value")? {
            Value::String(text) => found.push(text.clone()),
            Value::Array(several) => {
                found.extend(several.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            _ => return None,
        }
    }
    // Several people say the same.
    found.sort();
    found.dedup();
    Some(found)
}

/// Label Studio's `annotations`, with the choices in their results.
fn label_studio(table: &mut InputTable) {
    let marked = |column: &usize| {
        table.columns[*column] == "annotations"
            && table.values(*column).next().is_some()
            && table.values(*column).all(|value| choices(value).is_some())
            && table.values(*column).any(|value| choices(value).is_some_and(|all| !all.is_empty()))
    };
    let Some(column) = (0..table.columns.len()).find(marked) else { return };
    expand(table, column, choices);
    table.notes.push("topics from the choices in annotations".to_owned());
    table.shape = Some("Label Studio's tasks");
}

fn choices(value: &Value) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for annotation in value.as_array()? {
        for result in annotation.get("result")?.as_array()? {
            let values = result.get("value")?;
            let listed = ["choices", "labels", "taxonomy"]
                .iter()
                .find_map(|key| values.get(*key)?.as_array());
            found.extend(listed.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
        }
    }
    found.sort();
    found.dedup();
    Some(found)
}

/// A row for every mark; a row without one keeps an empty cell.
fn expand(table: &mut InputTable, column: usize, marks: fn(&Value) -> Option<Vec<String>>) {
    let mut rows = Vec::with_capacity(table.rows.len());
    let mut without = 0;
    for row in std::mem::take(&mut table.rows) {
        let found = if is_blank(&row.cells[column]) { None } else { marks(&row.cells[column]) };
        let found = found.unwrap_or_default();
        without += usize::from(found.is_empty());
        for mark in found {
            let mut cells = row.cells.clone();
            cells[column] = Value::from(mark);
            rows.push(TableRow { place: row.place, cells });
        }
    }
    if without > 0 {
        table.warnings.push(format!("{without} documents have no mark and are in no cluster"));
    }
    table.rows = rows;
    table.columns[column] = "topic".to_owned();
    // It is the document's, which may have several marks.
    for name in &mut table.columns {
        if name == "id" {
            "document_id".clone_into(name);
        }
    }
}
