//! JSON lines, JSON and CSV.

use std::path::Path;

use cladus_core::{Error, Place, Result};
use serde_json::{Map, Value};

use super::rows::{RawCluster, members_from_text, scalar};
use super::{Columns, Format, InputArgs, Raw, Role};

/// Reads the bytes of a text file.
pub(super) fn read(
    path: &Path,
    bytes: &[u8],
    format: Format,
    args: &InputArgs,
) -> Result<Vec<Raw>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // A program, a picture, text of two bytes a letter: no names of columns are to be found there.
    if bytes.split(|byte| *byte == b'\n').next().is_some_and(|line| line.contains(&0)) {
        return Err(Error::damaged(
            path,
            "is no text in UTF-8 (its first line holds NUL bytes), and no Parquet",
        ));
    }
    // What is not UTF-8 becomes U+FFFD: one broken letter must not cost the whole file.
    let text = String::from_utf8_lossy(bytes);
    if text.trim().is_empty() {
        return Err(Error::damaged(path, "is empty"));
    }
    match format {
        Format::Csv => csv(path, &text, args),
        Format::Json => objects(path, json(path, &text)?, args),
        Format::Jsonl | Format::Parquet => objects(path, json_lines(path, &text)?, args),
    }
}

fn json_lines(path: &Path, text: &str) -> Result<Vec<(Place, Value)>> {
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

fn json(path: &Path, text: &str) -> Result<Vec<(Place, Value)>> {
    let whole = match serde_json::from_str::<Value>(text) {
        Ok(whole) => whole,
        // Some tools write JSON lines into a file called .json.
        Err(error) => {
            return json_lines(path, text)
                .map_err(|_| Error::damaged(path, format!("is not JSON: {error}")));
        }
    };
    let list = match whole {
        Value::Array(list) => list,
        Value::Object(mut object) => match object.remove("clusters") {
            Some(Value::Array(list)) => list,
            _ => vec![Value::Object(object)],
        },
        _ => return Err(Error::damaged(path, "is JSON, but no array of objects")),
    };
    Ok(list.into_iter().enumerate().map(|(i, value)| (Place::Element(i), value)).collect())
}

fn objects(path: &Path, values: Vec<(Place, Value)>, args: &InputArgs) -> Result<Vec<Raw>> {
    let mut objects: Vec<(Place, Map<String, Value>)> = Vec::with_capacity(values.len());
    let mut found: Vec<String> = Vec::new();
    for (place, value) in values {
        let Value::Object(object) = value else {
            return Err(Error::damaged(path, format!("{place} is no JSON object")));
        };
        for key in object.keys() {
            if !found.contains(key) {
                found.push(key.clone());
            }
        }
        objects.push((place, object));
    }
    if objects.is_empty() {
        return Ok(Vec::new());
    }
    let columns = Columns::choose(path, &found, args)?;
    objects
        .into_iter()
        .map(|(place, mut object)| {
            let mut row = RawCluster::default();
            for role in Role::ALL {
                let Some(column) = columns.get(role) else { continue };
                let value = match object.remove(column) {
                    None | Some(Value::Null) => continue,
                    Some(value) => value,
                };
                let fits = match role {
                    Role::Members => members(&value).map(|members| row.members = Some(members)),
                    Role::Size => size(&value).map(|size| row.size = Some(size)),
                    Role::Id => scalar(&value).map(|text| row.id = Some(text)),
                    Role::Name => scalar(&value).map(|text| row.name = Some(text)),
                    Role::Description => scalar(&value).map(|text| row.description = Some(text)),
                    Role::Slug => scalar(&value).map(|text| row.slug = Some(text)),
                    Role::Parent => scalar(&value).map(|text| row.parent = Some(text)),
                };
                fits.map_err(|problem| Error::at(path, place, column, problem))?;
            }
            Ok((place, row))
        })
        .collect()
}

fn members(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Array(list) => list.iter().map(scalar).collect(),
        Value::String(text) => members_from_text(text),
        _ => Err("is no list".to_owned()),
    }
}

fn size(value: &Value) -> Result<u64, String> {
    match value {
        Value::String(text) => size_from_text(text),
        value => whole(value.as_u64(), value.as_f64()).ok_or_else(|| not_a_size(value)),
    }
}

fn size_from_text(text: &str) -> Result<u64, String> {
    let text = text.trim();
    whole(text.parse().ok(), text.parse().ok()).ok_or_else(|| not_a_size(&text))
}

/// 12, or 12.0 as spreadsheets write it.
fn whole(integer: Option<u64>, float: Option<f64>) -> Option<u64> {
    let exact = |f: f64| f >= 0.0 && f.fract() == 0.0 && f < 9e15;
    integer.or_else(|| float.filter(|f| exact(*f)).map(|f| f as u64))
}

fn not_a_size(value: &dyn std::fmt::Display) -> String {
    format!("is {value}, expected a whole number from 0")
}

fn csv(path: &Path, text: &str, args: &InputArgs) -> Result<Vec<Raw>> {
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let not_csv = |e: csv::Error| Error::damaged(path, format!("is not CSV: {e}"));
    let header: Vec<String> =
        reader.headers().map_err(not_csv)?.iter().map(str::to_owned).collect();
    let columns = Columns::choose(path, &header, args)?;
    let place_of = |role| columns.get(role).and_then(|name| header.iter().position(|h| h == name));
    let places = Role::ALL.map(|role| (role, place_of(role)));
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(not_csv)?;
        let line = record.position().map_or(0, |position| position.line() as usize);
        let place = Place::Line(line);
        let mut row = RawCluster::default();
        for (role, column) in places {
            let Some(column) = column else { continue };
            let value = record.get(column).unwrap_or_default();
            if value.trim().is_empty() {
                continue;
            }
            let at = |problem| Error::at(path, place, &header[column], problem);
            match role {
                Role::Members => row.members = Some(members_from_text(value).map_err(at)?),
                Role::Size => row.size = Some(size_from_text(value).map_err(at)?),
                Role::Id => row.id = Some(value.to_owned()),
                Role::Name => row.name = Some(value.to_owned()),
                Role::Description => row.description = Some(value.to_owned()),
                Role::Slug => row.slug = Some(value.to_owned()),
                Role::Parent => row.parent = Some(value.to_owned()),
            }
        }
        rows.push((place, row));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(format: Format, text: &str, expected: &str) {
        let rows = read(Path::new("in"), text.as_bytes(), format, &InputArgs::default()).unwrap();
        let show = |row: &RawCluster| {
            let members = row.members.as_ref().map(|m| m.join("+")).unwrap_or_default();
            let name = row.name.as_deref().unwrap_or("none");
            format!("{name}/{members}/{}", row.size.map_or("none".to_owned(), |s| s.to_string()))
        };
        let shown: Vec<String> = rows.iter().map(|(_, row)| show(row)).collect();
        assert_eq!(shown.join(" "), expected);
    }

    #[test]
    fn the_same_clusters_in_every_spelling() {
        let expected = "A/x+y/none B//7";
        check(
            Format::Jsonl,
            "{\"name\":\"A\",\"chat_ids\":[\"x\",\"y\"]}\n\n{\"name\":\"B\",\"size\":7}\n",
            expected,
        );
        check(
            Format::Json,
            r#"[{"name":"A","members":["x","y"]},{"name":"B","size":7.0}]"#,
            expected,
        );
        check(
            Format::Json,
            r#"{"clusters":[{"name":"A","members":"x;y"},{"name":"B","size":"7"}]}"#,
            expected,
        );
        check(Format::Csv, "\u{feff}name,members,size\nA,x;y,\nB,,7\n", expected);
        check(Format::Csv, "name,members,size\nA,\"[\"\"x\"\",\"\"y\"\"]\",\nB,,7\n", expected);
    }

    #[track_caller]
    fn check_error(format: Format, text: &str, expected: &str) {
        let error =
            read(Path::new("in"), text.as_bytes(), format, &InputArgs::default()).unwrap_err();
        let message = error.to_string();
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn a_bad_value_is_placed() {
        check_error(Format::Jsonl, "{\"name\":\"A\"}\n{\"name\":", "line 2 is not JSON");
        check_error(Format::Jsonl, "{\"name\":\"A\"}\n[1]", "line 2 is no JSON object");
        check_error(
            Format::Json,
            r#"[{"name":"A","size":-1}]"#,
            "element 0 (from 0), column size: is -1",
        );
        check_error(Format::Csv, "name,size\nA,1\nB,many\n", "line 3, column size: is many");
        check_error(Format::Csv, "title\nA\n", "column name is missing (the file has: title)");
        check_error(Format::Csv, "name,size\nA,1\nB\n", "is not CSV");
        check_error(Format::Jsonl, " \n", "is empty");
        check_error(Format::Csv, "\u{7f}ELF\0\0>\n", "is no text in UTF-8");
        check_error(Format::Csv, "n\0a\0m\0e\0\n\0A\0\n\0", "holds NUL bytes");
    }

    #[test]
    fn a_broken_letter_costs_only_itself() {
        let rows =
            read(Path::new("in"), b"name\nA\xff\n", Format::Csv, &InputArgs::default()).unwrap();
        assert_eq!(rows[0].1.name.as_deref(), Some("A\u{fffd}"));
        let rows = read(Path::new("in"), b"name\nA\0\n", Format::Csv, &InputArgs::default());
        assert_eq!(rows.map(|rows| rows.len()).ok(), Some(1));
    }
}
