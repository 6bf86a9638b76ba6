//! Writing artifacts: explicit schemas, the same bytes for the same rows.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{
    ArrayRef, FixedSizeListArray, Float32Array, ListArray, RecordBatch, StringArray, UInt8Array,
    UInt32Array, UInt64Array,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, FieldRef, Schema as ArrowSchema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;

use super::digest::Digest;
use super::rows::{Candidate, Cluster, Embeddings, Grouping, Label, MapPoint, Node, Parent};
use crate::atomic;
use crate::error::{Error, Result};
use crate::schema::{self, Column, Presence, Schema, Type};

/// Rows encoded at a time: bounds memory and the offsets of one array.
const CHUNK_ROWS: usize = 16_384;
const ROW_GROUP_ROWS: usize = 65_536;
/// Where a share of candidates or parents says what its names can be told apart by.
pub const OPEN_NAMES: &str = "cladus.names";

/// What a write left on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The digest of the rows.
    pub digest: Digest,
    /// Number of rows.
    pub rows: usize,
}

/// Writes `clusters`, sorted by id.
///
/// # Errors
/// When the file cannot be written.
pub fn write_clusters(path: &Path, clusters: &[Cluster]) -> Result<Written> {
    let mut rows: Vec<&Cluster> = clusters.iter().collect();
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    debug_assert!(rows.is_sorted_by(|a, b| a.id < b.id));
    let extra = Extra::default();
    write(path, &schema::CLUSTERS, extra, rows.len(), |range| cluster_columns(&rows[range]))
}

/// The digest that `clusters` would have as an artifact.
///
/// # Errors
/// Never in practice: rows are columns by construction.
pub fn digest_clusters(clusters: &[Cluster]) -> Result<Digest> {
    let columns = schema::CLUSTERS.columns;
    let fields: Vec<Field> =
        columns.iter().map(|c| Field::new(c.name, arrow_type(c.ty, None), true)).collect();
    let fields = Arc::new(ArrowSchema::new(fields));
    let mut digest = Digest::default();
    for chunk in clusters.chunks(CHUNK_ROWS) {
        let rows: Vec<&Cluster> = chunk.iter().collect();
        let batch = RecordBatch::try_new(Arc::clone(&fields), cluster_columns(&rows))
            .map_err(|e| Error::Bug(e.to_string()))?;
        super::digest_rows(&batch, columns.len(), &mut digest);
    }
    Ok(digest)
}

/// Writes `parents`, sorted by id.
///
/// # Errors
/// When the file cannot be written.
pub fn write_parents(path: &Path, parents: &[Parent]) -> Result<Written> {
    write_parents_open(path, parents, None)
}

/// [`write_parents`] of a share; `open` is what their names can be told from those of other shares by.
///
/// # Errors
/// When the file cannot be written.
pub fn write_parents_open(
    path: &Path,
    parents: &[Parent],
    open: Option<String>,
) -> Result<Written> {
    let mut rows: Vec<&Parent> = parents.iter().collect();
    rows.sort_by(|a, b| a.cluster.id.cmp(&b.cluster.id));
    debug_assert!(rows.is_sorted_by(|a, b| a.cluster.id < b.cluster.id));
    let mut extra = Extra::default();
    extra.metadata.extend(open.map(|open| (OPEN_NAMES, open)));
    extra.leave_out("remark", rows.iter().all(|p| p.remark.is_none()));
    write(path, &schema::PARENTS, extra, rows.len(), |range| {
        let rows = &rows[range];
        let mut columns = cluster_columns(&rows.iter().map(|p| &p.cluster).collect::<Vec<_>>());
        columns.push(nullable_texts(rows.iter().map(|p| p.remark.as_deref())));
        columns
    })
}

fn cluster_columns(rows: &[&Cluster]) -> Vec<ArrayRef> {
    vec![
        texts(rows.iter().map(|c| c.id.as_str())),
        texts(rows.iter().map(|c| c.name.as_str())),
        texts(rows.iter().map(|c| c.description.as_str())),
        texts(rows.iter().map(|c| c.slug.as_str())),
        Arc::new(rows.iter().map(|c| Some(c.level)).collect::<UInt8Array>()),
        lists(rows.iter().map(|c| Some(c.members.as_slice()))),
        Arc::new(rows.iter().map(|c| Some(c.size)).collect::<UInt64Array>()),
    ]
}

/// Writes `embeddings`, sorted by cluster id.
///
/// # Errors
/// When the file cannot be written, or the vectors do not fill the rows.
pub fn write_embeddings(path: &Path, embeddings: &Embeddings) -> Result<Written> {
    let (ids, dim) = (&embeddings.cluster_ids, embeddings.dim);
    if embeddings.vectors.len() != ids.len() * dim {
        let found = embeddings.vectors.len();
        return Err(Error::Bug(format!("{found} values for {} vectors of {dim}", ids.len())));
    }
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by(|&a, &b| ids[a].cmp(&ids[b]));
    let extra = embeddings_extra(embeddings)?;
    let width = width(dim)?;
    write(path, &schema::EMBEDDINGS, extra, ids.len(), |range| {
        let order = &order[range];
        let values = order.iter().flat_map(|&row| embeddings.vector(row)).map(|v| Some(*v));
        embedding_columns(order.iter().map(|&row| ids[row].as_str()), values.collect(), width)
    })
}

/// Writes `rows` embeddings of which not all are at hand: `next` is asked for so many, in the order of their
/// ids, again and again. `head` says what there is to say of all.
///
/// # Errors
/// When the file cannot be written, or the vectors do not fill the rows; those of `next`.
pub fn write_embeddings_from(
    path: &Path,
    head: &Embeddings,
    rows: usize,
    mut next: impl FnMut(usize) -> Result<(Vec<String>, Vec<f32>)>,
) -> Result<Written> {
    let (extra, width) = (embeddings_extra(head)?, width(head.dim)?);
    try_write(path, &schema::EMBEDDINGS, extra, rows, |range| {
        let (ids, vectors) = match range.len() {
            0 => (Vec::new(), Vec::new()),
            rows => next(rows)?,
        };
        if ids.len() != range.len() || vectors.len() != ids.len() * head.dim {
            let found = (ids.len(), vectors.len());
            return Err(Error::Bug(format!("{found:?} for {range:?} of {} numbers", head.dim)));
        }
        Ok(embedding_columns(ids.iter().map(String::as_str), vectors.into(), width))
    })
}

fn embeddings_extra(embeddings: &Embeddings) -> Result<Extra> {
    let centre = embeddings.centre.as_ref().map(serde_json::to_string).transpose();
    let centre = centre.map_err(|e| Error::Bug(e.to_string()))?;
    let says = [
        ("cladus.embedder", embeddings.embedder.clone()),
        ("cladus.centre", centre),
        ("cladus.made", embeddings.made.clone()),
    ];
    let metadata = says.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    Ok(Extra { metadata, absent: Vec::new() })
}

fn width(dim: usize) -> Result<i32> {
    i32::try_from(dim).map_err(|_| Error::Bug(format!("{dim} dimensions")))
}

fn embedding_columns<'a>(
    ids: impl ExactSizeIterator<Item = &'a str>,
    values: Float32Array,
    width: i32,
) -> Vec<ArrayRef> {
    // A list of no length has no place for values; zero rows are then all it can hold.
    let width = if ids.len() == 0 { width.max(1) } else { width };
    let element = element(DataType::Float32);
    vec![texts(ids), Arc::new(FixedSizeListArray::new(element, width, Arc::new(values), None))]
}

/// Writes `groups`, sorted by cluster id.
///
/// # Errors
/// When the file cannot be written.
pub fn write_groups(path: &Path, groups: &[Grouping]) -> Result<Written> {
    let mut rows: Vec<&Grouping> = groups.iter().collect();
    rows.sort_by(|a, b| a.cluster_id.cmp(&b.cluster_id));
    write(path, &schema::GROUPS, Extra::default(), rows.len(), |range| {
        let rows = &rows[range];
        vec![
            texts(rows.iter().map(|g| g.cluster_id.as_str())),
            Arc::new(rows.iter().map(|g| Some(g.group_id)).collect::<UInt32Array>()),
            Arc::new(rows.iter().map(|g| Some(g.distance)).collect::<Float32Array>()),
        ]
    })
}

/// Writes `candidates`; a candidate's id is its place.
///
/// # Errors
/// When the file cannot be written.
pub fn write_candidates(path: &Path, candidates: &[Candidate]) -> Result<Written> {
    write_candidates_open(path, candidates, None)
}

/// [`write_candidates`] of a share; `open` is what their names can be told from those of other shares by.
///
/// # Errors
/// When the file cannot be written.
pub fn write_candidates_open(
    path: &Path,
    candidates: &[Candidate],
    open: Option<String>,
) -> Result<Written> {
    let mut extra = Extra::default();
    extra.metadata.extend(open.map(|open| (OPEN_NAMES, open)));
    extra.leave_out("scope", candidates.iter().all(|c| c.scope.is_none()));
    extra.leave_out("proposed_as", candidates.iter().all(|c| c.proposed_as.is_none()));
    extra.leave_out("remark", candidates.iter().all(|c| c.remark.is_none()));
    write(path, &schema::CANDIDATES, extra, candidates.len(), |range| {
        let ids = range.clone().map(|id| u32::try_from(id).ok());
        let rows = &candidates[range];
        vec![
            Arc::new(ids.collect::<UInt32Array>()),
            Arc::new(rows.iter().map(|c| c.group_id).collect::<UInt32Array>()),
            texts(rows.iter().map(|c| c.name.as_str())),
            nullable_texts(rows.iter().map(|c| c.scope.as_deref())),
            lists(rows.iter().map(|c| c.proposed_as.as_deref())),
            lists(rows.iter().map(|c| c.exemplars.as_deref())),
            nullable_texts(rows.iter().map(|c| c.remark.as_deref())),
        ]
    })
}

/// Writes `labels`, sorted by cluster id.
///
/// # Errors
/// When the file cannot be written.
pub fn write_labels(path: &Path, labels: &[Label]) -> Result<Written> {
    let mut rows: Vec<&Label> = labels.iter().collect();
    rows.sort_by(|a, b| a.cluster_id.cmp(&b.cluster_id));
    let mut extra = Extra::default();
    extra.leave_out("remark", rows.iter().all(|l| l.remark.is_none()));
    extra.leave_out("prompt_tokens", rows.iter().all(|l| l.asked.prompt_tokens.is_none()));
    extra.leave_out("completion_tokens", rows.iter().all(|l| l.asked.completion_tokens.is_none()));
    extra.leave_out("attempts", rows.iter().all(|l| l.asked.attempts.is_none()));
    write(path, &schema::LABELS, extra, rows.len(), |range| {
        let rows = &rows[range];
        vec![
            texts(rows.iter().map(|l| l.cluster_id.as_str())),
            Arc::new(rows.iter().map(|l| Some(l.candidate_id)).collect::<UInt32Array>()),
            nullable_texts(rows.iter().map(|l| l.answer.as_deref())),
            texts(rows.iter().map(|l| l.matched.as_str())),
            Arc::new(rows.iter().map(|l| Some(l.similarity)).collect::<Float32Array>()),
            Arc::new(rows.iter().map(|l| l.runner_up).collect::<UInt32Array>()),
            Arc::new(rows.iter().map(|l| l.margin).collect::<Float32Array>()),
            nullable_texts(rows.iter().map(|l| l.remark.as_deref())),
            Arc::new(rows.iter().map(|l| l.asked.prompt_tokens).collect::<UInt64Array>()),
            Arc::new(rows.iter().map(|l| l.asked.completion_tokens).collect::<UInt64Array>()),
            Arc::new(rows.iter().map(|l| l.asked.attempts).collect::<UInt32Array>()),
        ]
    })
}

/// Writes `hierarchy` in the order given.
///
/// # Errors
/// When the file cannot be written.
pub fn write_hierarchy(path: &Path, nodes: &[Node]) -> Result<Written> {
    write(path, &schema::HIERARCHY, Extra::default(), nodes.len(), |range| {
        let rows = &nodes[range];
        vec![
            texts(rows.iter().map(|n| n.cluster.id.as_str())),
            nullable_texts(rows.iter().map(|n| n.parent_id.as_deref())),
            Arc::new(rows.iter().map(|n| Some(n.cluster.level)).collect::<UInt8Array>()),
            texts(rows.iter().map(|n| n.cluster.name.as_str())),
            texts(rows.iter().map(|n| n.cluster.description.as_str())),
            texts(rows.iter().map(|n| n.cluster.slug.as_str())),
            Arc::new(rows.iter().map(|n| Some(n.cluster.size)).collect::<UInt64Array>()),
            lists(rows.iter().map(|n| Some(n.cluster.members.as_slice()))),
        ]
    })
}

/// Writes `closure` in the order given: ancestor and descendant as places in `ids`, and the depth.
///
/// # Errors
/// When the file cannot be written.
pub fn write_closure(path: &Path, ids: &[&str], rows: &[(u32, u32, u8)]) -> Result<Written> {
    write(path, &schema::CLOSURE, Extra::default(), rows.len(), |range| {
        let rows = &rows[range];
        vec![
            texts(rows.iter().map(|&(ancestor, ..)| ids[ancestor as usize])),
            texts(rows.iter().map(|&(_, descendant, _)| ids[descendant as usize])),
            Arc::new(rows.iter().map(|&(.., depth)| Some(depth)).collect::<UInt8Array>()),
        ]
    })
}

/// Writes `map` in the order given.
///
/// # Errors
/// When the file cannot be written.
pub fn write_map(path: &Path, places: &[MapPoint]) -> Result<Written> {
    write(path, &schema::MAP, Extra::default(), places.len(), |range| {
        let rows = &places[range];
        vec![
            texts(rows.iter().map(|place| place.id.as_str())),
            Arc::new(rows.iter().map(|place| Some(place.x)).collect::<Float32Array>()),
            Arc::new(rows.iter().map(|place| Some(place.y)).collect::<Float32Array>()),
        ]
    })
}

/// What differs from file to file of one artifact.
#[derive(Default)]
struct Extra {
    /// Metadata beside what every artifact has.
    metadata: Vec<(&'static str, String)>,
    /// Optional columns that are not written.
    absent: Vec<&'static str>,
}

impl Extra {
    /// A column that says nothing is left out: most files need none of the optional ones.
    fn leave_out(&mut self, column: &'static str, says_nothing: bool) {
        if says_nothing {
            self.absent.push(column);
        }
    }
}

/// Writes `rows` rows, of which `chunk` makes any range as arrays in the schema's order.
fn write(
    path: &Path,
    schema: &Schema,
    extra: Extra,
    rows: usize,
    chunk: impl Fn(Range<usize>) -> Vec<ArrayRef>,
) -> Result<Written> {
    try_write(path, schema, extra, rows, |range| Ok(chunk(range)))
}

/// [`write`] where making rows can fail; no range first, then each once, in their order.
fn try_write(
    path: &Path,
    schema: &Schema,
    extra: Extra,
    rows: usize,
    mut chunk: impl FnMut(Range<usize>) -> Result<Vec<ArrayRef>>,
) -> Result<Written> {
    let first = chunk(0..0)?;
    let fields: Vec<Field> =
        schema.columns.iter().zip(&first).map(|(column, array)| field(column, array)).collect();
    let written: Vec<usize> = (0..fields.len())
        .filter(|place| !extra.absent.contains(&schema.columns[*place].name))
        .collect();
    let optional = schema.columns.iter().take_while(|c| c.presence != Presence::Optional).count();
    let arrow_schema = Arc::new(ArrowSchema::new(fields));
    let file_schema = arrow_schema.project(&written).map_err(|e| Error::Bug(e.to_string()))?;
    let file_schema = Arc::new(file_schema);
    let cannot_write = |e: ParquetError| not_written(path, e);
    atomic::publish(path, |file| {
        let mut digest = Digest::default();
        let mut writer =
            ArrowWriter::try_new(file, Arc::clone(&file_schema), Some(properties(schema)))
                .map_err(cannot_write)?;
        for start in (0..rows).step_by(CHUNK_ROWS) {
            let arrays = chunk(start..rows.min(start + CHUNK_ROWS))?;
            let batch = RecordBatch::try_new(Arc::clone(&arrow_schema), arrays)
                .map_err(|e| Error::Bug(e.to_string()))?;
            super::digest_rows(&batch, optional, &mut digest);
            let batch = batch.project(&written).map_err(|e| Error::Bug(e.to_string()))?;
            writer.write(&batch).map_err(cannot_write)?;
        }
        let (major, minor) = schema::FORMAT_VERSION;
        let own = [
            ("cladus.artifact", schema.artifact.to_owned()),
            ("cladus.format", format!("{major}.{minor}")),
            ("cladus.content", digest.to_string()),
        ];
        for (key, value) in own.into_iter().chain(extra.metadata) {
            writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value));
        }
        writer.close().map_err(cannot_write)?;
        Ok(Written { digest, rows })
    })
}

/// The field of a column that is written as `array` is.
fn field(column: &Column, array: &ArrayRef) -> Field {
    let width = match array.data_type() {
        DataType::FixedSizeList(_, width) => Some(*width),
        _ => None,
    };
    Field::new(column.name, arrow_type(column.ty, width), column.presence != Presence::Required)
}

/// The system's own error where there is one: it says whether the disk is full.
fn not_written(path: &Path, error: ParquetError) -> Error {
    let source = match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(source) => *source,
            Err(source) => std::io::Error::other(source),
        },
        other => std::io::Error::other(other),
    };
    Error::io("write", path, source)
}

/// zstd everywhere; vectors split into byte streams without a dictionary, which stores normalised
/// floats a sixth smaller than plain.
fn properties(schema: &Schema) -> WriterProperties {
    let zstd =
        |level| ZstdLevel::try_new(level).map_or(Compression::UNCOMPRESSED, Compression::ZSTD);
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by("cladus".to_owned())
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_compression(zstd(3));
    for column in schema.columns.iter().filter(|column| column.ty == Type::Vector) {
        let path =
            ColumnPath::from(vec![column.name.to_owned(), "list".to_owned(), "element".to_owned()]);
        properties = properties
            .set_column_encoding(path.clone(), Encoding::BYTE_STREAM_SPLIT)
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_statistics_enabled(path.clone(), EnabledStatistics::None)
            .set_column_compression(path, zstd(1));
    }
    properties.build()
}

/// The Arrow type that a contract type is written as; vectors without a width are variable lists.
pub(super) fn arrow_type(ty: Type, width: Option<i32>) -> DataType {
    match ty {
        Type::Utf8 => DataType::Utf8,
        Type::UInt8 => DataType::UInt8,
        Type::UInt32 => DataType::UInt32,
        Type::UInt64 => DataType::UInt64,
        Type::Float32 => DataType::Float32,
        Type::Utf8List => DataType::List(element(DataType::Utf8)),
        Type::Vector => match width {
            Some(width) => DataType::FixedSizeList(element(DataType::Float32), width),
            None => DataType::List(element(DataType::Float32)),
        },
    }
}

/// "element" is what the Parquet specification calls it, and what polars and pyarrow write.
pub(super) fn element(ty: DataType) -> FieldRef {
    Arc::new(Field::new("element", ty, true))
}

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<StringArray>())
}

fn nullable_texts<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

/// [`lists`] of texts that are owned.
pub(super) fn nullable_lists(rows: &[Option<Vec<String>>]) -> ArrayRef {
    lists(rows.iter().map(|row| row.as_deref()))
}

pub(super) fn lists<'a>(rows: impl Iterator<Item = Option<&'a [String]>>) -> ArrayRef {
    let mut values = StringBuilder::new();
    let mut lengths = Vec::new();
    let mut valid = Vec::new();
    for row in rows {
        valid.push(row.is_some());
        let row = row.unwrap_or_default();
        lengths.push(row.len());
        for value in row {
            values.append_value(value);
        }
    }
    let nulls = valid.contains(&false).then(|| NullBuffer::from(valid));
    let offsets = OffsetBuffer::from_lengths(lengths);
    Arc::new(ListArray::new(element(DataType::Utf8), offsets, Arc::new(values.finish()), nulls))
}

#[cfg(test)]
mod tests;
