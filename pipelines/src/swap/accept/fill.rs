//! What stands in a column that was left out, or where a row of it is null.

use std::collections::HashMap;

use cladus_core::artifact::parquet::ReadColumns;
use cladus_core::artifact::{Cluster, Embeddings, Filling, Match};
use cladus_core::{Result, id};

/// `distance`: to the mean direction of the group's vectors.
pub(super) fn distances(table: &mut ReadColumns, embeddings: &Embeddings) -> Result<()> {
    let given = table.nullable_f32s("distance")?;
    if !given.contains(&None) {
        return Ok(());
    }
    let dim = embeddings.dim;
    let place: HashMap<&str, usize> =
        embeddings.cluster_ids.iter().enumerate().map(|(row, id)| (id.as_str(), row)).collect();
    let mut group_of: Vec<Option<u32>> = vec![None; embeddings.cluster_ids.len()];
    let rows: Vec<Option<usize>> =
        table.texts("cluster_id")?.into_iter().map(|id| place.get(id).copied()).collect();
    for (row, group) in rows.iter().zip(table.u32s("group_id")?) {
        if let Some(row) = row {
            group_of[*row] = Some(group);
        }
    }
    // In the embeddings' order, so that the order of somebody's rows changes no sum.
    let mut centroids: HashMap<u32, Vec<f64>> = HashMap::new();
    for (row, group) in group_of.iter().enumerate() {
        let Some(group) = group else { continue };
        let sum = centroids.entry(*group).or_insert_with(|| vec![0.0; dim]);
        let vector = embeddings.vector(row);
        sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    for centroid in centroids.values_mut() {
        let norm = centroid.iter().map(|value| value * value).sum::<f64>().sqrt();
        if norm > 0.0 {
            centroid.iter_mut().for_each(|value| *value /= norm);
        }
    }
    let distance = |row: usize| -> Option<f32> {
        let centroid = centroids.get(&group_of[row]?)?;
        let vector = embeddings.vector(row).iter();
        let cosine: f64 = vector.zip(centroid).map(|(a, b)| f64::from(*a) * b).sum();
        Some((1.0 - cosine).clamp(0.0, 2.0) as f32)
    };
    let filled = given
        .into_iter()
        .zip(rows)
        .map(|(given, row)| given.or_else(|| distance(row?)).unwrap_or(1.0));
    let filled = filled.collect();
    table.fill("distance", Filling::F32s(filled))
}

/// `candidate_id`: the place of the row, where none is numbered.
pub(super) fn candidate_ids(table: &mut ReadColumns) -> Result<()> {
    let given = table.nullable_u32s("candidate_id");
    if given.iter().any(Option::is_some) {
        // Some and not others is a mistake, and is said when they are read.
        return Ok(());
    }
    table.fill("candidate_id", Filling::U32s((0..).zip(given).map(|(id, _)| id).collect()))
}

/// `match` and `similarity`: a command that names a candidate means exactly that one.
pub(super) fn matches(table: &mut ReadColumns, candidates: usize) -> Result<()> {
    let meant = if candidates == 1 { Match::Only } else { Match::Exact };
    let given = table.nullable_texts("match").into_iter();
    let filled = given.map(|given| given.unwrap_or(meant.as_str()).to_owned()).collect();
    table.fill("match", Filling::Texts(filled))?;
    let given = table.nullable_f32s("similarity")?.into_iter();
    let filled = given.map(|given| given.unwrap_or(1.0)).collect();
    table.fill("similarity", Filling::F32s(filled))
}

/// Of a parent: its id from its children, its slug from its name, its size as the sum of theirs, and
/// the level that is made here. Of a cluster that moves up: everything but its id.
pub(super) fn parents(table: &mut ReadColumns, clusters: &[Cluster], level: u8) -> Result<()> {
    let of: HashMap<&str, &Cluster> = clusters.iter().map(|c| (c.id.as_str(), c)).collect();
    let owned = |texts: Vec<Option<&str>>| -> Vec<Option<String>> {
        texts.into_iter().map(|text| text.map(str::to_owned)).collect()
    };
    let lists = table.nullable_lists("members")?;
    let members: Vec<Option<Vec<String>>> = lists
        .into_iter()
        .map(|list| list.map(|ids| ids.into_iter().map(str::to_owned).collect()))
        .collect();
    let ids: Vec<String> = owned(table.nullable_texts("id"))
        .into_iter()
        .zip(&members)
        .map(|(given, members)| {
            let members = members.iter().flatten().map(String::as_str);
            given.unwrap_or_else(|| id::parent_id(members))
        })
        .collect();
    let moved: Vec<Option<&Cluster>> = ids.iter().map(|id| of.get(id.as_str()).copied()).collect();

    let text = |column: &str, of: &dyn Fn(usize) -> String| -> Vec<String> {
        let given = table.nullable_texts(column).into_iter().enumerate();
        given.map(|(row, text)| text.map_or_else(|| of(row), str::to_owned)).collect()
    };
    let moved_or = |row: usize, field: fn(&Cluster) -> &String| {
        moved[row].map(field).cloned().unwrap_or_default()
    };
    // A parent without a name stays without: that is said when the rows are read.
    let names = text("name", &|row| moved_or(row, |cluster| &cluster.name));
    let descriptions = text("description", &|row| moved_or(row, |cluster| &cluster.description));
    let slugs = text("slug", &|row| match moved[row] {
        Some(cluster) => cluster.slug.clone(),
        None => cladus_words::slug(&names[row]),
    });
    let rows = || members.iter().zip(&moved);
    let levels = table.nullable_u8s("level").into_iter().zip(&moved);
    let levels = levels.map(|(given, moved)| given.unwrap_or(moved.map_or(level, |c| c.level)));
    let levels = levels.collect();
    let sizes = table.nullable_u64s("size").into_iter().zip(rows());
    let sizes = sizes.map(|(given, (members, moved))| {
        let children = members.iter().flatten().filter_map(|id| of.get(id.as_str()));
        let sum = || children.fold(0u64, |sum, child| sum.saturating_add(child.size));
        given.unwrap_or_else(|| moved.map_or_else(sum, |cluster| cluster.size))
    });
    let sizes = sizes.collect();
    let lists = rows().map(|(members, moved)| {
        let own = || moved.map(|cluster| cluster.members.clone()).unwrap_or_default();
        members.clone().unwrap_or_else(own)
    });
    let lists = lists.collect();
    table.fill("id", Filling::Texts(ids))?;
    table.fill("name", Filling::Texts(names))?;
    table.fill("description", Filling::Texts(descriptions))?;
    table.fill("slug", Filling::Texts(slugs))?;
    table.fill("level", Filling::U8s(levels))?;
    table.fill("members", Filling::Lists(lists))?;
    table.fill("size", Filling::U64s(sizes))
}
