//! A row an item, a base cluster, or a node.

use std::borrow::Cow;

use cladus_core::Result;
use serde_json::json;

use super::{ExportSource, csv, json_line};
use cladus_core::tree::Tree;

/// What stands for a node at every level from 1 up: its ancestor of that level, or, where a cluster moved
/// up alone, that cluster. No level is empty, so that any of them can be counted by.
fn at_levels(tree: &Tree, node: usize, top: u8) -> Vec<usize> {
    let mut path = tree.path(node);
    path.reverse();
    let highest = |level: u8| {
        path.iter().copied().take_while(|&node| tree.cluster(node).level <= level).last()
    };
    (1..=top).map(|level| highest(level).unwrap_or(node)).collect()
}

/// The level of the highest root.
fn top(tree: &Tree) -> u8 {
    tree.roots().iter().map(|&root| tree.cluster(root).level).max().unwrap_or(0)
}

/// Names of the columns of [`at_levels`], two each: the highest is the root.
fn level_names(top: u8) -> Vec<String> {
    let name = |level: u8| if level == top { "root".to_owned() } else { format!("level_{level}") };
    (1..=top).map(name).flat_map(|name| [format!("{name}_id"), name]).collect()
}

/// Every item with its cluster and what is above that.
pub(super) fn members(exported: &ExportSource) -> Result<String> {
    let tree = &exported.tree;
    let top = top(tree);
    let mut head = ["item", "cluster_id", "cluster"].map(str::to_owned).to_vec();
    head.extend(level_names(top));
    let empty = 2 * usize::from(top);
    let leaves = (0..tree.nodes().len()).filter(|&node| tree.children(node).is_empty());
    let rows = leaves.flat_map(|leaf| {
        let cluster = tree.cluster(leaf);
        let above: Vec<&str> = at_levels(tree, leaf, top)
            .into_iter()
            .flat_map(|node| [tree.cluster(node).id.as_str(), tree.cluster(node).name.as_str()])
            .collect();
        cluster.members.iter().map(move |item| {
            let own = [item.as_str(), cluster.id.as_str(), cluster.name.as_str()];
            own.into_iter().chain(above.iter().copied()).map(Cow::Borrowed).collect()
        })
    });
    let noise = exported.noise.iter().flat_map(|cluster| {
        cluster.members.iter().map(move |item| {
            let own = [item.as_str(), cluster.id.as_str(), cluster.name.as_str()];
            own.into_iter().chain(std::iter::repeat_n("", empty)).map(Cow::Borrowed).collect()
        })
    });
    csv(&head, rows.chain(noise))
}

/// Every base cluster with what is above it, the root first.
pub(super) fn base_clusters(exported: &ExportSource) -> Result<String> {
    let tree = &exported.tree;
    let top = top(tree);
    let mut head = ["id", "name", "description", "size"].map(str::to_owned).to_vec();
    let names = level_names(top);
    head.extend(names.chunks(2).rev().filter_map(|pair| pair.last().cloned()));
    let leaves = (0..tree.nodes().len()).filter(|&node| tree.children(node).is_empty());
    let rows = leaves.map(|leaf| {
        let cluster = tree.cluster(leaf);
        let above = at_levels(tree, leaf, top).into_iter().rev();
        [&cluster.id, &cluster.name, &cluster.description]
            .into_iter()
            .map(|text| Cow::Borrowed(text.as_str()))
            .chain([Cow::Owned(cluster.size.to_string())])
            .chain(above.map(|node| Cow::Borrowed(tree.cluster(node).name.as_str())))
            .collect()
    });
    csv(&head, rows)
}

/// Every node, roots first, as the artifact has it, with the names on its path and its place on the map.
pub(super) fn nodes(exported: &ExportSource) -> Result<String> {
    let tree = &exported.tree;
    let mut text = String::new();
    for (at, node) in tree.nodes().iter().enumerate() {
        let cluster = &node.cluster;
        let path: Vec<&str> =
            tree.path(at).into_iter().map(|node| tree.cluster(node).name.as_str()).collect();
        let mut row = json!({
            "id": cluster.id,
            "parent_id": node.parent_id,
            "level": cluster.level,
            "name": cluster.name,
            "description": cluster.description,
            "slug": cluster.slug,
            "size": cluster.size,
            "members": cluster.members,
            "path": path,
        });
        if let Some(places) = &exported.places {
            let [x, y] = places[at];
            row["x"] = json!(x);
            row["y"] = json!(y);
        }
        text += &json_line(&row);
    }
    Ok(text)
}
