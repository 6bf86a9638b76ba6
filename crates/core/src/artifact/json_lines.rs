//! Artifacts as JSON lines, for programs that know text and not Parquet: an object a row, its keys
//! the names of the columns.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float32Array, ListArray, RecordBatch, StringArray, UInt8Array, UInt32Array,
    UInt64Array,
};
use arrow_buffer::OffsetBuffer;
use serde_json::{Map, Value};

use super::parquet::{self, ReadColumns, WantedColumn};
use super::write::{element, nullable_lists};
use crate::error::{Error, Place, Result};
use crate::schema::{Presence, Schema, Type};

/// Longest line read, in bytes: a file without line ends must not fill the memory.
const MAX_LINE: u64 = 64 << 20;

/// Writes the artifact `schema` at `from` as JSON lines to `to`, in the order of its rows. Floats are
/// written by the fewest digits that say which one it is, so that nothing is lost.
///
/// # Errors
/// See [`parquet::read`]; also when `to` cannot be written.
pub fn write_json_lines(from: &Path, schema: &Schema, to: &Path) -> Result<()> {
    let table = parquet::read(from, schema)?;
    let columns = schema.columns.iter().map(|column| {
        let values = texts_of(&table, column.name, column.ty)?;
        Ok((column, Value::from(column.name).to_string(), values))
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let cannot_write = |e| Error::io("write", to, e);
    let mut file = BufWriter::new(std::fs::File::create(to).map_err(cannot_write)?);
    let mut line = String::new();
    for row in 0..table.rows() {
        line.clear();
        for (column, key, values) in &columns {
            let value = match &values[row] {
                Some(value) => value.as_str(),
                None if column.presence == Presence::Optional => continue,
                None => "null",
            };
            line.push(if line.is_empty() { '{' } else { ',' });
            line.extend([key, ":", value]);
        }
        line.push_str("}\n");
        file.write_all(line.as_bytes()).map_err(cannot_write)?;
    }
    file.flush().map_err(cannot_write)
}

/// A column's values as JSON.
fn texts_of(table: &ReadColumns, name: &str, ty: Type) -> Result<Vec<Option<String>>> {
    fn json<T: serde::Serialize>(value: &T) -> Result<String> {
        serde_json::to_string(value).map_err(|e| Error::Bug(e.to_string()))
    }
    fn all<T: serde::Serialize>(values: &[Option<T>]) -> Result<Vec<Option<String>>> {
        values.iter().map(|value| value.as_ref().map(json).transpose()).collect()
    }
    match ty {
        Type::Utf8 => all(&table.nullable_texts(name)),
        Type::UInt8 => all(&table.nullable_u8s(name)),
        Type::UInt32 => all(&table.nullable_u32s(name)),
        Type::UInt64 => all(&table.nullable_u64s(name)),
        Type::Float32 => all(&table.nullable_f32s(name)?),
        Type::Utf8List => all(&table.nullable_lists(name)?),
        Type::Vector => {
            let (values, dim) = table.vectors(name)?;
            values.chunks_exact(dim.max(1)).map(|vector| json(&vector).map(Some)).collect()
        }
    }
}

/// Reads the columns `wanted` from JSON lines, whatever other keys there are. A key that is absent
/// is null; blank lines say nothing.
///
/// # Errors
/// When the file cannot be read, a line is no JSON object, a value is not of its column's type, or
/// no line has a column that must be there.
pub fn read_json_lines(
    path: &Path,
    artifact: &'static str,
    wanted: Vec<WantedColumn>,
) -> Result<ReadColumns> {
    let rows = objects(path)?;
    for column in wanted.iter().filter(|column| column.presence != Presence::Optional) {
        if !rows.is_empty() && !rows.iter().any(|(_, row)| row.contains_key(&column.name)) {
            let mut found: Vec<String> = rows.iter().flat_map(|(_, r)| r.keys().cloned()).collect();
            found.sort_unstable();
            found.dedup();
            let column = column.name.clone();
            return Err(Error::MissingColumn { path: path.to_owned(), artifact, column, found });
        }
    }
    let arrays = wanted.iter().map(|column| {
        Ok((
            column.name.as_str(),
            KeyColumn { path, name: &column.name, rows: &rows }.array(column.ty)?,
            true,
        ))
    });
    let batch = RecordBatch::try_from_iter_with_nullable(arrays.collect::<Result<Vec<_>>>()?)
        .map_err(|e| Error::Bug(e.to_string()))?;
    Ok(ReadColumns {
        first: 0,
        path: path.to_owned(),
        artifact,
        columns: wanted,
        batches: vec![batch],
        rows: rows.len(),
        metadata: std::collections::BTreeMap::new(),
        lines: Some(rows.into_iter().map(|(line, _)| line).collect()),
    })
}

/// The objects of the file, each with its line.
fn objects(path: &Path) -> Result<Vec<(usize, Map<String, Value>)>> {
    let cannot_read = |e| Error::io("read", path, e);
    let mut file = BufReader::new(std::fs::File::open(path).map_err(cannot_read)?);
    let mut rows = Vec::new();
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let mut limited = std::io::Read::take(&mut file, MAX_LINE);
        if limited.read_until(b'\n', &mut bytes).map_err(cannot_read)? == 0 {
            break;
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let bytes =
            if line == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes) } else { &bytes };
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(object)) => rows.push((line, object)),
            Ok(_) => return Err(Error::damaged(path, format!("line {line} is no JSON object"))),
            Err(e) => return Err(Error::damaged(path, format!("line {line} is not JSON: {e}"))),
        }
    }
    Ok(rows)
}

/// One key over all rows.
struct KeyColumn<'a> {
    path: &'a Path,
    name: &'a str,
    rows: &'a [(usize, Map<String, Value>)],
}

impl KeyColumn<'_> {
    fn array(&self, ty: Type) -> Result<ArrayRef> {
        let integer = |most| move |value: &Value| integer(value).filter(|n| *n <= most);
        Ok(match ty {
            Type::Utf8 => Arc::new(StringArray::from(self.read(ty, text)?)),
            Type::UInt8 => {
                let values = self.read(ty, integer(u64::from(u8::MAX)))?;
                Arc::new(values.into_iter().map(|n| n.map(|n| n as u8)).collect::<UInt8Array>())
            }
            Type::UInt32 => {
                let values = self.read(ty, integer(u64::from(u32::MAX)))?;
                Arc::new(values.into_iter().map(|n| n.map(|n| n as u32)).collect::<UInt32Array>())
            }
            Type::UInt64 => Arc::new(UInt64Array::from(self.read(ty, integer(u64::MAX))?)),
            Type::Float32 => Arc::new(Float32Array::from(self.read(ty, float)?)),
            Type::Utf8List => nullable_lists(&self.read(ty, |value| list(value, text))?),
            Type::Vector => {
                let rows = self.read(ty, |value| list(value, float))?;
                let lengths = rows.iter().map(|row| row.as_ref().map_or(0, Vec::len));
                let offsets = OffsetBuffer::from_lengths(lengths);
                let nulls = rows.iter().map(Option::is_some).collect();
                let values: Float32Array =
                    rows.iter().flatten().flatten().map(|v| Some(*v)).collect();
                let element = element(arrow_schema::DataType::Float32);
                Arc::new(ListArray::new(element, offsets, Arc::new(values), Some(nulls)))
            }
        })
    }

    /// Every row's value; one that `of` makes nothing of is an error.
    fn read<T>(&self, ty: Type, of: impl Fn(&Value) -> Option<T>) -> Result<Vec<Option<T>>> {
        let read = |(line, row): &(usize, Map<String, Value>)| match row.get(self.name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => of(value).map(Some).ok_or_else(|| {
                let problem = format!("is {}, expected {ty}", shortened(value));
                Error::at(self.path, Place::Line(*line), self.name, problem)
            }),
        };
        self.rows.iter().map(read).collect()
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Some programs write whole numbers as 3.0.
fn integer(value: &Value) -> Option<u64> {
    let whole = |n: f64| n.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&n);
    value.as_u64().or_else(|| value.as_f64().filter(|n| whole(*n)).map(|n| n as u64))
}

fn float(value: &Value) -> Option<f32> {
    value.as_f64().map(|n| n as f32)
}

fn list<T>(value: &Value, of: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(of).collect()
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{self, Cluster, Embeddings, Label, Match};
    use crate::schema;

    fn wanted(schema: &Schema) -> Vec<WantedColumn> {
        schema.columns.iter().map(WantedColumn::from).collect()
    }

    /// Through JSON lines and back.
    fn there_and_back(path: &Path, schema: &'static Schema) -> ReadColumns {
        let lines = path.with_extension("jsonl");
        write_json_lines(path, schema, &lines).unwrap();
        read_json_lines(&lines, schema.artifact, wanted(schema)).unwrap()
    }

    #[test]
    fn rows_are_the_same_after_a_way_through_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let cluster = |id: &str, members: &[&str]| Cluster {
            id: id.to_owned(),
            name: "A \"quoted\" name\u{2028}, ünïcödé".replace('\u{2028}', ""),
            description: String::new(),
            slug: "a_b".to_owned(),
            level: 3,
            members: members.iter().map(|m| (*m).to_owned()).collect(),
            size: u64::MAX,
        };
        let clusters = [cluster("a", &["x", "y"]), cluster("b\\", &[])];
        let written = artifact::write_clusters(&path("clusters.parquet"), &clusters).unwrap();
        let table = there_and_back(&path("clusters.parquet"), &schema::CLUSTERS);
        assert_eq!(table.digest(), written.digest);

        let vectors: Vec<f32> = vec![0.1, -0.994_987_4, 1.0, 1e-30];
        let cluster_ids = vec!["a".to_owned(), "b".to_owned()];
        let embeddings =
            Embeddings { cluster_ids, vectors, dim: 2, embedder: None, centre: None, made: None };
        let written = artifact::write_embeddings(&path("embeddings.parquet"), &embeddings).unwrap();
        let table = there_and_back(&path("embeddings.parquet"), &schema::EMBEDDINGS);
        assert_eq!(table.digest(), written.digest);
        assert_eq!(artifact::embeddings(&table).unwrap().rows, embeddings);

        let label = Label {
            cluster_id: "a".to_owned(),
            candidate_id: 7,
            answer: None,
            matched: Match::Nearest,
            similarity: 0.123_456_79,
            runner_up: None,
            margin: Some(-0.5),
            remark: None,
            asked: artifact::CallCost::default(),
        };
        let written = artifact::write_labels(&path("labels.parquet"), &[label]).unwrap();
        let table = there_and_back(&path("labels.parquet"), &schema::LABELS);
        assert_eq!(table.digest(), written.digest);
        let lines = std::fs::read_to_string(path("labels.jsonl")).unwrap();
        assert!(lines.contains("\"runner_up\":null") && !lines.contains("remark"), "{lines}");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("groups.jsonl");
        let said = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let table = read_json_lines(&path, "groups", wanted(&schema::GROUPS));
            table.and_then(|table| artifact::groups(&table)).unwrap_err().to_string()
        };
        let good = r#"{"cluster_id":"a","group_id":0,"distance":0}"#;
        for (row, part) in [
            (
                r#"{"cluster_id":"b","group_id":-1,"distance":0}"#,
                "column group_id: is -1, expected uint32",
            ),
            (
                r#"{"cluster_id":"b","group_id":4294967296,"distance":0}"#,
                "is 4294967296, expected uint32",
            ),
            (r#"{"cluster_id":"b","group_id":0.5,"distance":0}"#, "is 0.5, expected uint32"),
            (
                r#"{"cluster_id":"b","group_id":0,"distance":"near"}"#,
                "is \"near\", expected float32",
            ),
            (
                r#"{"cluster_id":"b","group_id":0,"distance":1e99}"#,
                "column distance: is not a finite number",
            ),
            (
                r#"{"cluster_id":3,"group_id":0,"distance":0}"#,
                "column cluster_id: is 3, expected utf8",
            ),
            (r#"{"group_id":0,"distance":0}"#, "column cluster_id: is null"),
            (r#"{"cluster_id":"a","group_id":0,"distance":0}"#, "is already in row 0"),
            ("[]", "is no JSON object"),
            ("{\"cluster_id\":", "is not JSON"),
        ] {
            let error = said(&format!("{good}\n\n{row}\n"));
            assert!(error.contains("line 3") && error.contains(part), "{error}");
        }
        let error = said("{\"cluster_id\":\"a\",\"group\":1}\n");
        assert!(
            error.contains("column group_id is missing (the file has: cluster_id, group)"),
            "{error}"
        );
        std::fs::write(&path, format!("\u{feff}{}\n", good.replace(":0,", ":0.0,"))).unwrap();
        read_json_lines(&path, "groups", wanted(&schema::GROUPS)).unwrap();
    }
}
