//! YAML, TOML and outlines of OPML or FreeMind, as the JSON that says the same; Weka's ARFF as a table.

use std::path::Path;

use cladus_core::{Error, Place, Result};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value, json};

use crate::read::json;
use crate::values::table::{InputTable, TableRow};

/// Deepest outline that is followed.
const DEEPEST: usize = 64;

/// Reads YAML.
///
/// # Errors
/// When it is none, with the place.
pub(crate) fn yaml(path: &Path, text: &str) -> Result<InputTable> {
    let value: Value = serde_saphyr::from_str(text)
        .map_err(|e| Error::damaged(path, format!("looks like YAML and is none: {e}")))?;
    named(json::of_value(path, value)?, "YAML")
}

/// Reads TOML.
///
/// # Errors
/// When it is none, with the place.
pub(crate) fn toml(path: &Path, text: &str) -> Result<InputTable> {
    let value: Value =
        toml::from_str(text).map_err(|e| Error::damaged(path, format!("is no TOML: {e}")))?;
    named(json::of_value(path, value)?, "TOML")
}

fn named(mut table: InputTable, format: &str) -> Result<InputTable> {
    format.clone_into(&mut table.format);
    Ok(table)
}

/// An outline of OPML or FreeMind; nothing where the text is none.
///
/// # Errors
/// When it is one and damaged.
pub(crate) fn outline(path: &Path, text: &str) -> Result<Option<InputTable>> {
    let start: String = text.trim_start().chars().take(400).collect();
    let (tag, format) = match () {
        () if !start.starts_with('<') => return Ok(None),
        () if start.contains("<opml") => ("outline", "OPML"),
        () if start.contains("<map") && start.contains("version") => ("node", "FreeMind"),
        () => return Ok(None),
    };
    let broken = |e: &dyn std::fmt::Display| {
        Error::damaged(path, format!("cannot be read as {format}: {e}"))
    };
    let mut reader = Reader::from_str(text);
    // What is open, from the top: a name and the children so far.
    let mut open: Vec<(String, Vec<Value>)> = vec![(String::new(), Vec::new())];
    loop {
        match reader.read_event().map_err(|e| broken(&e))? {
            Event::Start(start) if start.name().as_ref() == tag => {
                if open.len() > DEEPEST {
                    return Err(Error::damaged(path, "has more levels than anybody has topics"));
                }
                open.push((called(&start), Vec::new()));
            }
            Event::Empty(start) if start.name().as_ref() == tag => {
                open.push((called(&start), Vec::new()));
                close(&mut open);
            }
            Event::End(end) if end.name().as_ref() == tag => close(&mut open),
            Event::Eof => break,
            _ => {}
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    let mut nodes = open.pop().map(|(_, nodes)| nodes).unwrap_or_default();
    // A mind map has its title in the middle.
    if let [Value::Object(root)] = nodes.as_slice()
        && tag == "node"
        && let Some(Value::Array(children)) = root.get("children")
    {
        nodes = children.clone();
    }
    if nodes.is_empty() {
        return Err(Error::damaged(path, format!("is {format} without anything in it")));
    }
    named(json::of_value(path, Value::from(nodes))?, format).map(Some)
}

/// The text of a node; without one its title.
fn called(start: &BytesStart<'_>) -> String {
    let of = |wanted: &str| {
        let mut attributes = start.html_attributes();
        attributes.with_checks(false);
        let found = attributes.flatten().find(|a| a.key.as_ref().eq_ignore_ascii_case(wanted));
        found.map(|attribute| crate::values::entities::decoded(&attribute.value))
    };
    of("text").or_else(|| of("title")).unwrap_or_default()
}

/// The innermost node becomes a child of the one around it.
fn close(open: &mut Vec<(String, Vec<Value>)>) {
    if open.len() < 2 {
        return;
    }
    let Some((name, children)) = open.pop() else { return };
    let mut node = Map::new();
    node.insert("name".to_owned(), json!(name));
    if !children.is_empty() {
        node.insert("children".to_owned(), Value::from(children));
    }
    if let Some((_, siblings)) = open.last_mut() {
        siblings.push(Value::Object(node));
    }
}

/// Weka's ARFF: columns as `@attribute`, rows below `@data`; nothing where the text is none.
pub(crate) fn arff(text: &str) -> Option<InputTable> {
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('%'))?;
    if !first.trim().to_lowercase().starts_with("@relation") {
        return None;
    }
    let mut table = InputTable { format: "ARFF".to_owned(), ..InputTable::default() };
    let mut lines = text.lines().enumerate();
    for (_, line) in lines.by_ref() {
        let line = line.trim();
        if line.eq_ignore_ascii_case("@data") {
            break;
        }
        let small = line.to_lowercase();
        if let Some(rest) =
            small.strip_prefix("@attribute").map(|rest| line[line.len() - rest.len()..].trim())
        {
            let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
            let name = match quote {
                Some(quote) => rest[1..].split(quote).next(),
                None => rest.split_whitespace().next(),
            };
            table.columns.push(name.unwrap_or_default().to_owned());
        }
    }
    for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('%')) {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .quote(b'\'')
            .double_quote(false)
            .escape(Some(b'\\'))
            .trim(csv::Trim::All)
            .from_reader(line.as_bytes());
        let record = reader.records().next()?.ok()?;
        if record.len() != table.columns.len() {
            return None;
        }
        let cell =
            |cell: &str| if cell == "?" { Value::Null } else { json!(cell.trim_matches('"')) };
        table.rows.push(TableRow {
            place: Place::Line(at + 1),
            cells: record.iter().map(cell).collect(),
        });
    }
    (!table.rows.is_empty()).then_some(table)
}
