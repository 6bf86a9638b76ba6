//! Checkpoints as Kura 0.5 reads, prints and shows them: `clusters.jsonl` (the base clusters),
//! `meta_clusters.jsonl` (all, each under its parent), and, where there is a map, `dimensionality.jsonl`.

use cladus_core::Result;
use serde_json::{Value, json};

use super::{ExportSource, json_line};

/// Kura counts a cluster's items by their ids, also a parent's.
pub(super) fn files(exported: &ExportSource) -> Result<Vec<(&'static str, String)>> {
    let tree = &exported.tree;
    let items = items(exported);
    let depths: Vec<usize> =
        (0..tree.nodes().len()).map(|node| tree.path(node).len() - 1).collect();
    let row = |node: usize, parent: Option<&str>| -> Value {
        let cluster = tree.cluster(node);
        json!({
            "id": cluster.id,
            "name": cluster.name,
            "description": cluster.description,
            "slug": cluster.slug,
            "chat_ids": items[node],
            "parent_id": parent,
            "count": items[node].len(),
        })
    };
    let (mut base, mut all, mut placed) = (String::new(), String::new(), String::new());
    for (at, node) in tree.nodes().iter().enumerate() {
        let mut line = row(at, node.parent_id.as_deref());
        all += &json_line(&line);
        if tree.children(at).is_empty() {
            base += &json_line(&row(at, None));
        }
        if let Some(places) = &exported.places {
            let [x, y] = places[at];
            line["x_coord"] = json!(x);
            line["y_coord"] = json!(y);
            line["level"] = json!(depths[at]);
            placed += &json_line(&line);
        }
    }
    let mut files = vec![("clusters.jsonl", base), ("meta_clusters.jsonl", all)];
    if exported.places.is_some() {
        files.push(("dimensionality.jsonl", placed));
    }
    Ok(files)
}

/// The ids of the items below every node. Of a base cluster that came with a size and no items, as many
/// made-up ones.
fn items(exported: &ExportSource) -> Vec<Vec<String>> {
    let tree = &exported.tree;
    let mut items: Vec<Vec<String>> = vec![Vec::new(); tree.nodes().len()];
    let order: Vec<usize> = tree.breadth_first(tree.roots()).collect();
    for &node in order.iter().rev() {
        let cluster = tree.cluster(node);
        items[node] = if !tree.children(node).is_empty() {
            tree.children(node).iter().flat_map(|&child| items[child].clone()).collect()
        } else if cluster.members.is_empty() {
            (1..=cluster.size).map(|number| format!("{}:{number}", cluster.id)).collect()
        } else {
            cluster.members.clone()
        };
    }
    items
}
