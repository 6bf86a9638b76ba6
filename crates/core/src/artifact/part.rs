//! Reading artifacts for somebody who keeps a part of them.
//!
//! Rows come some thousand at a time, in the order of the file, and all of them are validated as
//! [`super::read`] does it.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::path::Path;

use super::parquet::{Conversion, ReadColumns, RowBatches};
use super::read::{candidate_rows, cluster_rows, dense, embedding_rows, grouping_rows};
use super::rows::{Candidate, Cluster, Embeddings, Grouping};
use crate::error::Result;
use crate::schema::{self, Schema};
use crate::text;

/// An id, in 64 bits.
pub fn id_hash(id: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(id)
}

/// Shows `visit` all rows of `clusters` or `parents`; text is cleaned. Without `members`, these are not
/// read and stay empty.
///
/// # Errors
/// Those of [`super::read_clusters`], and of `visit`.
pub fn visit_clusters(
    path: &Path,
    members: bool,
    mut visit: impl FnMut(Vec<Cluster>) -> Result<()>,
) -> Result<()> {
    let mut known = KnownIds::default();
    for table in RowBatches::of(path, &schema::CLUSTERS, |name| members || name != "members")? {
        let table = table?;
        let ids = known.unique(&table, "id")?;
        visit(cluster_rows(&table, ids)?)?;
    }
    Ok(())
}

/// Shows `visit` the ids in the column `column` of the artifact `schema`, cleaned, and reads no other.
///
/// # Errors
/// When the file cannot be read or breaks its contract, or an id is null, empty or there twice; those of
/// `visit`.
pub fn visit_ids(
    path: &Path,
    schema: &Schema,
    column: &str,
    mut visit: impl FnMut(Vec<String>) -> Result<()>,
) -> Result<()> {
    let mut known = KnownIds::default();
    for table in RowBatches::of(path, schema, |name| name == column)? {
        visit(known.unique(&table?, column)?)?;
    }
    Ok(())
}

/// Shows `visit` all rows of `groups`.
///
/// # Errors
/// Those of [`super::read_groups`], and of `visit`.
pub fn visit_groups(path: &Path, mut visit: impl FnMut(Vec<Grouping>) -> Result<()>) -> Result<()> {
    let batches = RowBatches::of(path, &schema::GROUPS, |_| true)?;
    let all = batches.none();
    let (mut known, mut numbers) = (KnownIds::default(), Vec::new());
    for table in batches {
        let table = table?;
        let rows = grouping_rows(&table, known.unique(&table, "cluster_id")?)?;
        numbers.extend(rows.iter().map(|row| row.group_id));
        visit(rows)?;
    }
    dense(&all, "group_id", numbers.into_iter())
}

/// Shows `visit` the cluster and the candidate of every row of `labels`, and reads no more of them.
///
/// # Errors
/// When the file cannot be read or breaks its contract, or a cluster has two labels; those of `visit`.
pub fn visit_labels(
    path: &Path,
    mut visit: impl FnMut(Vec<(String, u32)>) -> Result<()>,
) -> Result<()> {
    let mut known = KnownIds::default();
    let wanted = |name: &str| name == "cluster_id" || name == "candidate_id";
    for table in RowBatches::of(path, &schema::LABELS, wanted)? {
        let table = table?;
        let ids = known.unique(&table, "cluster_id")?;
        let candidates = table.u32s("candidate_id")?;
        visit(ids.into_iter().zip(candidates.iter().copied()).collect())?;
    }
    Ok(())
}

/// Shows `visit` all rows of `candidates`. `false` where they are not in the order of their numbers: then
/// not all were shown.
///
/// # Errors
/// Those of [`super::read_candidates`], and of `visit`.
pub fn visit_candidates(
    path: &Path,
    mut visit: impl FnMut(Vec<Candidate>) -> Result<()>,
) -> Result<bool> {
    for table in RowBatches::of(path, &schema::CANDIDATES, |_| true)? {
        let table = table?;
        let order: Vec<usize> = (0..table.rows()).collect();
        let ids = table.u32s("candidate_id")?;
        if !ids.iter().zip(&order).all(|(id, row)| *id as usize == table.first + row) {
            return Ok(false);
        }
        visit(candidate_rows(&table, &order)?)?;
    }
    Ok(true)
}

/// Shows `visit` all rows of `embeddings`; vectors that are not L2-normalised are. Returns what the file
/// says of them, without a row.
///
/// # Errors
/// Those of [`super::read_embeddings`], and of `visit`.
pub fn visit_embeddings(
    path: &Path,
    mut visit: impl FnMut(Embeddings) -> Result<()>,
) -> Result<Embeddings> {
    let mut batches = EmbeddingBatches::open(path)?;
    for rows in &mut batches {
        visit(rows?)?;
    }
    Ok(batches.head)
}

/// All rows of `embeddings`, to be taken as they are needed.
pub struct EmbeddingBatches {
    /// What the file says of its vectors, without a row. How long they are is known after the first.
    pub head: Embeddings,
    batches: RowBatches,
    known: KnownIds,
}

impl EmbeddingBatches {
    /// Those of the file at `path`.
    ///
    /// # Errors
    /// When the file cannot be read or breaks its contract as a whole; iterating has those of
    /// [`super::read_embeddings`].
    pub fn open(path: &Path) -> Result<Self> {
        let batches = RowBatches::of(path, &schema::EMBEDDINGS, |_| true)?;
        let head = embedding_rows(&batches.none(), Vec::new())?;
        Ok(Self { head, batches, known: KnownIds::default() })
    }

    fn rows(&mut self, table: &ReadColumns) -> Result<Embeddings> {
        let rows = embedding_rows(table, self.known.unique(table, "cluster_id")?)?;
        if self.head.dim > 0 && self.head.dim != rows.dim {
            let problem =
                format!("has {} values, the rows before have {}", rows.dim, self.head.dim);
            return Err(table.value(0, "embedding", &problem));
        }
        self.head.dim = rows.dim;
        Ok(rows)
    }
}

impl Iterator for EmbeddingBatches {
    type Item = Result<Embeddings>;

    fn next(&mut self) -> Option<Self::Item> {
        let table = self.batches.next()?;
        Some(table.and_then(|table| self.rows(&table)))
    }
}

/// What the file of embeddings at `path` says of its vectors, without a row; how long they are is not
/// known.
///
/// # Errors
/// When the file cannot be read or breaks its contract as a whole.
pub fn embeddings_head(path: &Path) -> Result<Embeddings> {
    embedding_rows(&RowBatches::of(path, &schema::EMBEDDINGS, |_| true)?.none(), Vec::new())
}

/// The ids of the rows so far, as hashes: which is enough to suspect that one is there twice.
#[derive(Debug, Default)]
struct KnownIds(HashSet<u64>);

impl KnownIds {
    fn unique(&mut self, table: &ReadColumns, column: &str) -> Result<Vec<String>> {
        let ids = table.texts(column)?;
        for (row, id) in ids.iter().enumerate() {
            if id.is_empty() {
                return Err(table.value(row, column, "is empty"));
            }
            if !self.0.insert(id_hash(id))
                && let Some(before) = row_before(table, column, id, table.first + row)?
            {
                return Err(table.value(
                    row,
                    column,
                    &format!("{id:?} is already in row {before}"),
                ));
            }
        }
        Ok(ids.into_iter().map(|id| text::clean_id(id).into_owned()).collect())
    }
}

/// The row before row `end` of the table's file that has this very id.
fn row_before(table: &ReadColumns, column: &str, id: &str, end: usize) -> Result<Option<usize>> {
    let wanted = table.columns.iter().filter(|wanted| wanted.name == column).cloned().collect();
    for batch in RowBatches::open(table.path(), table.artifact, wanted, Conversion::Contract)? {
        let batch = batch?;
        let found = batch.texts(column)?.iter().position(|other| *other == id);
        if let Some(row) = found.map(|row| batch.first + row).filter(|row| *row < end) {
            return Ok(Some(row));
        }
        if batch.first + batch.rows() >= end {
            break;
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ::parquet::arrow::ArrowWriter;
    use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};

    use super::*;
    use crate::artifact::write::nullable_lists;
    use crate::artifact::{read_clusters, read_embeddings, write_clusters, write_embeddings};

    /// More than one batch.
    const ROWS: usize = 20_000;

    fn cluster(row: usize) -> Cluster {
        Cluster {
            id: format!("c{row:05}"),
            name: format!("Cluster {row}"),
            description: String::new(),
            slug: "a_b_c".to_owned(),
            level: 0,
            members: vec![format!("item {row}")],
            size: 1,
        }
    }

    fn clusters_at(path: &Path, change: impl FnOnce(&mut Vec<Cluster>)) {
        let mut clusters: Vec<Cluster> = (0..ROWS).map(cluster).collect();
        change(&mut clusters);
        write_clusters(path, &clusters).unwrap();
    }

    fn visited(path: &Path, members: bool) -> Result<Vec<Cluster>> {
        let mut rows = Vec::new();
        visit_clusters(path, members, |batch| {
            rows.extend(batch);
            Ok(())
        })?;
        Ok(rows)
    }

    #[test]
    fn rows_in_batches_are_the_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clusters.parquet");
        clusters_at(&path, |_| ());
        assert_eq!(visited(&path, true).unwrap(), read_clusters(&path).unwrap().rows);
        let bare = visited(&path, false).unwrap();
        assert!(bare.iter().all(|cluster| cluster.members.is_empty()));
        assert_eq!(bare.len(), ROWS);
        let mut ids = Vec::new();
        visit_ids(&path, &schema::CLUSTERS, "id", |batch| {
            ids.extend(batch);
            Ok(())
        })
        .unwrap();
        assert!(bare.iter().map(|cluster| &cluster.id).eq(&ids));
    }

    #[test]
    fn a_row_of_a_later_batch_is_refused_by_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clusters.parquet");
        let refused = |problem: &str| {
            let error = visited(&path, false).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
            assert_eq!(error, read_clusters(&path).unwrap_err().to_string());
        };
        clusters_at(&path, |clusters| clusters[18_000].name = " ".to_owned());
        refused("row 18000");
        clusters_at(&path, |clusters| clusters[17_000].id.clear());
        // Sorted by id, it is the first one.
        refused("row 0");
    }

    /// Clusters as another program may write them: `change` has the columns, by their places in the schema.
    fn foreign(path: &Path, change: impl FnOnce(&mut Vec<ArrayRef>)) {
        let text = |of: fn(usize) -> String| -> ArrayRef {
            Arc::new((0..ROWS).map(|row| Some(of(row))).collect::<StringArray>())
        };
        let number = || -> ArrayRef { Arc::new(Int64Array::from(vec![0; ROWS])) };
        let members: Vec<Option<Vec<String>>> = vec![Some(Vec::new()); ROWS];
        let mut columns = vec![
            text(|row| format!("c{row:05}")),
            text(|row| format!("Cluster {row}")),
            text(|_| String::new()),
            text(|_| "a_b_c".to_owned()),
            number(),
            nullable_lists(&members),
            number(),
        ];
        change(&mut columns);
        let names = schema::CLUSTERS.columns.iter().map(|column| column.name);
        let named = names.zip(columns).map(|(name, column)| (name, column, true));
        let batch = RecordBatch::try_from_iter_with_nullable(named).unwrap();
        let file = std::fs::File::create(path).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }

    #[test]
    fn what_another_program_wrote_is_checked_where_it_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clusters.parquet");
        let refused = |change: fn(&mut Vec<ArrayRef>), problems: &[&str]| {
            foreign(&path, change);
            let error = visited(&path, false).unwrap_err().to_string();
            assert!(problems.iter().all(|problem| error.contains(problem)), "{error}");
            assert_eq!(error, read_clusters(&path).unwrap_err().to_string());
        };
        foreign(&path, |_| ());
        assert_eq!(visited(&path, false).unwrap().len(), ROWS);
        refused(
            |columns| {
                let names = (0..ROWS).map(|row| (row != 17_001).then_some("a"));
                columns[1] = Arc::new(names.collect::<StringArray>());
            },
            &["clusters.parquet", "row 17001", "name", "is null"],
        );
        refused(
            |columns| {
                let levels = (0..ROWS).map(|row| if row == 19_999 { 300 } else { 0 });
                columns[4] = Arc::new(levels.collect::<Int64Array>());
            },
            &["row 19999", "level", "does not fit into uint8"],
        );
        refused(
            |columns| {
                let ids = (0..ROWS).map(|row| format!("c{}", row.min(19_998)));
                columns[0] = Arc::new(ids.map(Some).collect::<StringArray>());
            },
            &["row 19999", "id", "already in row 19998"],
        );
        // Not decoded, and yet of no use to anybody.
        refused(|columns| columns[5] = Arc::clone(&columns[1]), &["members", "Utf8"]);
    }

    #[test]
    fn vectors_in_batches_are_the_vectors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("embeddings.parquet");
        let vectors = (0..ROWS).flat_map(|row| [(row as f32).sin(), (row as f32).cos()]);
        let embeddings = Embeddings {
            cluster_ids: (0..ROWS).map(|row| format!("c{row:05}")).collect(),
            vectors: vectors.collect(),
            dim: 2,
            embedder: Some("mine".to_owned()),
            centre: Some(vec![0.0, 1.0]),
            made: None,
        };
        write_embeddings(&path, &embeddings).unwrap();
        let (mut ids, mut vectors) = (Vec::new(), Vec::new());
        let head = visit_embeddings(&path, |rows| {
            ids.extend(rows.cluster_ids);
            vectors.extend(rows.vectors);
            Ok(())
        });
        let all = Embeddings { cluster_ids: ids, vectors, ..head.unwrap() };
        assert_eq!(all, read_embeddings(&path).unwrap().rows);

        let none = Embeddings { cluster_ids: Vec::new(), vectors: Vec::new(), ..embeddings };
        write_embeddings(&path, &none).unwrap();
        let head = visit_embeddings(&path, |_| Ok(())).unwrap();
        assert_eq!((head.dim, head.centre), (0, Some(vec![0.0, 1.0])));
    }

    #[test]
    fn an_id_that_is_there_twice_is_refused_with_both_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("embeddings.parquet");
        let mut ids: Vec<String> = (0..ROWS).map(|row| format!("c{row:05}")).collect();
        ids[19_000] = "c18999".to_owned();
        let embeddings = Embeddings {
            vectors: vec![1.0; ROWS],
            cluster_ids: ids,
            dim: 1,
            embedder: None,
            centre: None,
            made: None,
        };
        write_embeddings(&path, &embeddings).unwrap();
        let error = visit_embeddings(&path, |_| Ok(())).unwrap_err().to_string();
        assert!(error.contains("19000") && error.contains("already in row 18999"), "{error}");
        assert_eq!(error, read_embeddings(&path).unwrap_err().to_string());
    }
}
