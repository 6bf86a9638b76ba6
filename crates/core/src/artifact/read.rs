//! Reading artifacts: from columns to validated rows.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use super::parquet::{self, Conversion, ReadColumns, RowBatches, WantedColumn};
use super::rows::{
    Artifact, CallCost, Candidate, ClosureRow, Cluster, Embeddings, Grouping, Label, MapPoint,
    Match, Node,
};
use crate::error::{Error, Result};
use crate::schema::{self, Schema};
use crate::text;

/// How far from 1 a vector's length may be and still count as normalised.
pub(crate) const NORM_TOLERANCE: f32 = 1e-3;

/// Reads `clusters` or `parents`, in the order of the file; text is cleaned.
///
/// # Errors
/// See [`parquet::read`]; also a null or duplicate id, or an empty name.
pub fn read_clusters(path: &Path) -> Result<Artifact<Vec<Cluster>>> {
    clusters(&parquet::read(path, &schema::CLUSTERS)?)
}

/// [`read_clusters`] of a table that is read already.
///
/// # Errors
/// As there.
pub fn clusters(table: &ReadColumns) -> Result<Artifact<Vec<Cluster>>> {
    let ids = unique(table, "id")?;
    Ok(Artifact::new(table.path(), cluster_rows(table, ids)?))
}

/// The clusters of a table, whose cleaned ids these are; without members where those were not read.
pub(super) fn cluster_rows(table: &ReadColumns, ids: Vec<String>) -> Result<Vec<Cluster>> {
    let names = table.texts("name")?;
    let descriptions = table.texts("description")?;
    let slugs = table.texts("slug")?;
    let levels = table.u8s("level")?;
    let members = match table.holds("members") {
        true => table.lists("members")?,
        false => vec![Vec::new(); table.rows()],
    };
    let sizes = table.u64s("size")?;
    let mut rows = Vec::with_capacity(table.rows());
    let columns =
        names.into_iter().zip(descriptions).zip(slugs).zip(levels).zip(members).zip(sizes);
    for (id, (((((name, description), slug), level), members), size)) in
        ids.into_iter().zip(columns)
    {
        let name = cleaned_name(table, rows.len(), name)?;
        rows.push(Cluster {
            id,
            name,
            description: text::clean_to(description, text::MAX_DESCRIPTION_CHARS).into_owned(),
            slug: text::clean(slug).into_owned(),
            level,
            members: members.into_iter().map(|id| text::clean_id(id).into_owned()).collect(),
            size,
        });
    }
    Ok(rows)
}

/// Shows `visit` the name and the description of every row of `clusters` or `parents`, cleaned, and
/// reads no other column.
///
/// # Errors
/// See [`parquet::read_columns`]; also a null.
pub fn visit_texts(path: &Path, mut visit: impl FnMut(&str, &str)) -> Result<()> {
    let wanted = schema::CLUSTERS.columns.iter();
    let wanted = wanted.filter(|column| ["name", "description"].contains(&column.name));
    let wanted = wanted.map(WantedColumn::from).collect();
    let batches = RowBatches::open(path, schema::CLUSTERS.artifact, wanted, Conversion::Contract)?;
    for table in batches {
        let table = table?;
        let texts = table.texts("name")?.into_iter().zip(table.texts("description")?);
        for (name, description) in texts {
            visit(&text::clean(name), &text::clean_to(description, text::MAX_DESCRIPTION_CHARS));
        }
    }
    Ok(())
}

/// Reads `embeddings`, in the order of the file. Vectors that are not L2-normalised are.
///
/// # Errors
/// See [`parquet::read`]; also a null or duplicate id, vectors of different lengths, values that
/// are not finite, a vector of length zero.
pub fn read_embeddings(path: &Path) -> Result<Artifact<Embeddings>> {
    embeddings(&parquet::read(path, &schema::EMBEDDINGS)?)
}

/// [`read_embeddings`] of a table that is read already.
///
/// # Errors
/// As there.
pub fn embeddings(table: &ReadColumns) -> Result<Artifact<Embeddings>> {
    let cluster_ids = unique(table, "cluster_id")?;
    Ok(Artifact::new(table.path(), embedding_rows(table, cluster_ids)?))
}

/// The embeddings of a table, whose cleaned ids these are.
pub(super) fn embedding_rows(table: &ReadColumns, cluster_ids: Vec<String>) -> Result<Embeddings> {
    let (mut vectors, dim) = table.vectors("embedding")?;
    if dim > 0 {
        for (row, vector) in vectors.chunks_exact_mut(dim).enumerate() {
            let norm = norm(vector);
            if norm == 0.0 || !norm.is_finite() {
                let problem = "has no direction (length 0 or beyond float32)";
                return Err(table.value(row, "embedding", problem));
            }
            if (norm - 1.0).abs() > NORM_TOLERANCE {
                vector.iter_mut().for_each(|value| *value /= norm);
            }
        }
    }
    let says = |key| table.metadata().get(key).cloned();
    let (embedder, made) = (says("cladus.embedder"), says("cladus.made"));
    let centre = says("cladus.centre").map(|text| centre(table, &text, dim)).transpose()?;
    Ok(Embeddings { cluster_ids, vectors, dim, embedder, centre, made })
}

fn centre(table: &ReadColumns, text: &str, dim: usize) -> Result<Vec<f32>> {
    let centre: Option<Vec<f32>> = serde_json::from_str(text).ok();
    let fits = |centre: &Vec<f32>| dim == 0 || centre.len() == dim;
    centre.filter(|centre| fits(centre) && centre.iter().all(|x| x.is_finite())).ok_or_else(|| {
        let problem = format!("the metadata cladus.centre are not {dim} numbers");
        Error::damaged(table.path(), problem)
    })
}

pub(crate) fn norm(vector: &[f32]) -> f32 {
    vector.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>().sqrt() as f32
}

/// Reads `groups`, in the order of the file.
///
/// # Errors
/// See [`parquet::read`]; also a null or duplicate id, or group ids that leave a number out.
pub fn read_groups(path: &Path) -> Result<Artifact<Vec<Grouping>>> {
    groups(&parquet::read(path, &schema::GROUPS)?)
}

/// [`read_groups`] of a table that is read already.
///
/// # Errors
/// As there.
pub fn groups(table: &ReadColumns) -> Result<Artifact<Vec<Grouping>>> {
    let ids = unique(table, "cluster_id")?;
    let rows = grouping_rows(table, ids)?;
    dense(table, "group_id", rows.iter().map(|row| row.group_id))?;
    Ok(Artifact::new(table.path(), rows))
}

/// The groupings of a table, whose cleaned ids these are.
pub(super) fn grouping_rows(table: &ReadColumns, ids: Vec<String>) -> Result<Vec<Grouping>> {
    let rows = ids.into_iter().zip(table.u32s("group_id")?).zip(table.f32s("distance")?);
    let rows =
        rows.map(|((cluster_id, group_id), distance)| Grouping { cluster_id, group_id, distance });
    Ok(rows.collect())
}

/// Reads `candidates`, sorted by id; names are cleaned.
///
/// # Errors
/// See [`parquet::read`]; also ids that are not dense from 0, or an empty name.
pub fn read_candidates(path: &Path) -> Result<Artifact<Vec<Candidate>>> {
    candidates(&parquet::read(path, &schema::CANDIDATES)?)
}

/// [`read_candidates`] of a table that is read already.
///
/// # Errors
/// As there.
pub fn candidates(table: &ReadColumns) -> Result<Artifact<Vec<Candidate>>> {
    let ids = table.u32s("candidate_id")?;
    let mut place = vec![None; ids.len()];
    for (row, &id) in ids.iter().enumerate() {
        match place.get_mut(id as usize) {
            Some(slot @ None) => *slot = Some(row),
            Some(Some(before)) => {
                let problem = format!("{id} is already in row {before}");
                return Err(table.value(row, "candidate_id", &problem));
            }
            None => {
                let problem = format!("is {id}, but {} candidates are numbered from 0", ids.len());
                return Err(table.value(row, "candidate_id", &problem));
            }
        }
    }
    let order: Vec<usize> = place.into_iter().flatten().collect();
    Ok(Artifact::new(table.path(), candidate_rows(table, &order)?))
}

/// The candidates of a table in this order of its rows.
pub(super) fn candidate_rows(table: &ReadColumns, order: &[usize]) -> Result<Vec<Candidate>> {
    let groups = table.nullable_u32s("group_id");
    let names = table.texts("name")?;
    let scopes = table.nullable_texts("scope");
    let proposed = table.nullable_lists("proposed_as")?;
    let exemplars = table.nullable_lists("exemplars")?;
    let owned = |list: &Vec<&str>| list.iter().map(|text| (*text).to_owned()).collect();
    let remarks = table.nullable_texts("remark");
    let mut rows = Vec::with_capacity(order.len());
    for &row in order {
        let scope = scopes[row].map(|scope| text::clean_to(scope, text::MAX_DESCRIPTION_CHARS));
        rows.push(Candidate {
            group_id: groups[row],
            name: cleaned_name(table, row, names[row])?,
            scope: scope.filter(|scope| !scope.is_empty()).map(Cow::into_owned),
            proposed_as: proposed[row].as_ref().map(owned),
            exemplars: exemplars[row].as_ref().map(owned),
            remark: remarks[row].map(|remark| text::clean(remark).into_owned()),
        });
    }
    Ok(rows)
}

/// Reads `labels`, in the order of the file.
///
/// # Errors
/// See [`parquet::read`]; also a null or duplicate id, an unknown match, or a similarity outside
/// 0 to 1.
pub fn read_labels(path: &Path) -> Result<Artifact<Vec<Label>>> {
    labels(&parquet::read(path, &schema::LABELS)?)
}

/// [`read_labels`] of a table that is read already.
///
/// # Errors
/// As there.
pub fn labels(table: &ReadColumns) -> Result<Artifact<Vec<Label>>> {
    let ids = unique(table, "cluster_id")?;
    let candidate_ids = table.u32s("candidate_id")?;
    let answers = table.nullable_texts("answer");
    let matches = table.texts("match")?;
    let similarities = table.f32s("similarity")?;
    let runners_up = table.nullable_u32s("runner_up");
    let margins = table.nullable_f32s("margin")?;
    let remarks = table.nullable_texts("remark");
    let prompt_tokens = table.nullable_u64s("prompt_tokens");
    let completion_tokens = table.nullable_u64s("completion_tokens");
    let attempts = table.nullable_u32s("attempts");
    let mut rows = Vec::with_capacity(ids.len());
    for (row, cluster_id) in ids.into_iter().enumerate() {
        let matched = Match::parse(matches[row]).ok_or_else(|| {
            let problem = format!(
                "is {:?}, expected exact, normalised, fuzzy, nearest or only",
                matches[row]
            );
            table.value(row, "match", &problem)
        })?;
        let similarity = similarities[row];
        if !(0.0..=1.0).contains(&similarity) {
            let problem = format!("is {similarity}, expected 0 to 1");
            return Err(table.value(row, "similarity", &problem));
        }
        rows.push(Label {
            cluster_id,
            candidate_id: candidate_ids[row],
            answer: answers[row].map(|answer| text::clean(answer).into_owned()),
            matched,
            similarity,
            runner_up: runners_up[row],
            margin: margins[row],
            remark: remarks[row].map(|remark| text::clean(remark).into_owned()),
            asked: CallCost {
                prompt_tokens: prompt_tokens[row],
                completion_tokens: completion_tokens[row],
                attempts: attempts[row],
            },
        });
    }
    Ok(Artifact::new(table.path(), rows))
}

/// Reads `hierarchy`, in the order of the file.
///
/// # Errors
/// See [`parquet::read`]; also a null or duplicate id, or a parent that is not there.
pub fn read_hierarchy(path: &Path) -> Result<Artifact<Vec<Node>>> {
    hierarchy(&parquet::read(path, &schema::HIERARCHY)?)
}

pub(crate) fn hierarchy(table: &ReadColumns) -> Result<Artifact<Vec<Node>>> {
    let clusters = clusters(table)?;
    let parents = table.nullable_texts("parent_id");
    let index = clusters.index();
    for (row, parent) in parents.iter().enumerate() {
        if let Some(parent) = parent
            && !index.contains_key(parent)
        {
            return Err(table.value(row, "parent_id", &format!("{parent:?} is not among the ids")));
        }
    }
    drop(index);
    let rows = clusters.rows.into_iter().zip(parents);
    let rows = rows.map(|(cluster, parent)| Node { cluster, parent_id: parent.map(str::to_owned) });
    Ok(Artifact::new(table.path(), rows.collect()))
}

/// Reads `closure`, in the order of the file.
///
/// # Errors
/// See [`parquet::read`].
pub fn read_closure(path: &Path) -> Result<Artifact<Vec<ClosureRow>>> {
    closure(&parquet::read(path, &schema::CLOSURE)?)
}

pub(crate) fn closure(table: &ReadColumns) -> Result<Artifact<Vec<ClosureRow>>> {
    let ancestors = table.texts("ancestor")?;
    let descendants = table.texts("descendant")?;
    let depths = table.u8s("depth")?;
    let rows = ancestors.into_iter().zip(descendants).zip(depths);
    let rows = rows.map(|((ancestor, descendant), depth)| ClosureRow {
        ancestor: ancestor.to_owned(),
        descendant: descendant.to_owned(),
        depth,
    });
    Ok(Artifact::new(table.path(), rows.collect()))
}

/// Reads `map`, in the order of the file.
///
/// # Errors
/// See [`parquet::read`]; also a null or duplicate id, or a coordinate that is not finite.
pub fn read_map(path: &Path) -> Result<Artifact<Vec<MapPoint>>> {
    map(&parquet::read(path, &schema::MAP)?)
}

pub(crate) fn map(table: &ReadColumns) -> Result<Artifact<Vec<MapPoint>>> {
    let ids = unique(table, "id")?;
    let places = ids.into_iter().zip(table.f32s("x")?).zip(table.f32s("y")?);
    let places = places.map(|((id, x), y)| MapPoint { id, x, y });
    Ok(Artifact::new(table.path(), places.collect()))
}

/// The digest of the rows of the artifact `schema` at `path`, and how many they are.
///
/// # Errors
/// See [`parquet::read`].
pub fn read_digest(path: &Path, schema: &Schema) -> Result<(super::Digest, usize)> {
    let (mut digest, mut rows) = (super::Digest::default(), 0);
    for table in RowBatches::of(path, schema, |_| true)? {
        let table = table?;
        table.add_to(&mut digest);
        rows += table.rows();
    }
    Ok((digest, rows))
}

fn cleaned_name(table: &ReadColumns, row: usize, name: &str) -> Result<String> {
    let name = text::clean_to(name, text::MAX_NAME_CHARS).into_owned();
    if name.is_empty() { Err(table.value(row, "name", "is empty")) } else { Ok(name) }
}

fn unique(table: &ReadColumns, column: &str) -> Result<Vec<String>> {
    let ids = table.texts(column)?;
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(ids.len());
    for (row, id) in ids.iter().enumerate() {
        if id.is_empty() {
            return Err(table.value(row, column, "is empty"));
        }
        if let Some(before) = seen.insert(id, row) {
            return Err(table.value(row, column, &format!("{id:?} is already in row {before}")));
        }
    }
    Ok(ids.into_iter().map(|id| text::clean_id(id).into_owned()).collect())
}

pub(super) fn dense(
    table: &ReadColumns,
    column: &str,
    ids: impl ExactSizeIterator<Item = u32>,
) -> Result<()> {
    // As many numbers as rows at most: a larger one has left some out.
    let rows = ids.len();
    let mut seen = vec![false; rows];
    for (row, id) in ids.enumerate() {
        match seen.get_mut(id as usize) {
            Some(slot) => *slot = true,
            None => {
                let problem = format!("is {id}, but {rows} rows are numbered from 0 without gaps");
                return Err(table.value(row, column, &problem));
            }
        }
    }
    let groups = seen.iter().rposition(|slot| *slot).map_or(0, |last| last + 1);
    match seen[..groups].iter().position(|slot| !slot) {
        Some(gap) => Err(Error::damaged(
            table.path(),
            format!("column {column}: number {gap} is missing (numbers are dense from 0)"),
        )),
        None => Ok(()),
    }
}
