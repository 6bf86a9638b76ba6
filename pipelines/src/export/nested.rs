//! Children within their parents.

use cladus_core::{Error, Result};
use serde_json::{Value, json};

use super::ExportSource;

/// One object, as `d3.hierarchy` takes it: `children` of nodes, and `value`, the number of items, of those
/// without, so that `.sum(d => d.value)` counts no item twice.
pub(super) fn d3(exported: &ExportSource) -> Result<String> {
    let tree = &exported.tree;
    let mut made: Vec<Option<Value>> = vec![None; tree.nodes().len()];
    // Children before parents, without recursion: a deep tree must not exhaust the stack.
    for (node, level) in exported.shown().into_iter().rev() {
        let cluster = tree.cluster(node);
        let mut object = json!({
            "id": cluster.id,
            "name": cluster.name,
            "description": cluster.description,
            "level": cluster.level,
        });
        if let Some(places) = &exported.places {
            object["x"] = json!(places[node][0]);
            object["y"] = json!(places[node][1]);
        }
        let children = tree.children(node);
        if children.is_empty() || level == exported.depth {
            object["value"] = json!(cluster.size);
        } else {
            let children: Vec<Value> =
                children.iter().filter_map(|&child| made[child].take()).collect();
            object["children"] = Value::Array(children);
        }
        made[node] = Some(object);
    }
    let roots: Vec<Value> = tree.roots().iter().filter_map(|&root| made[root].take()).collect();
    let whole = json!({ "name": exported.name, "children": roots });
    let text = serde_json::to_string_pretty(&whole).map_err(|e| Error::Bug(e.to_string()))?;
    Ok(text + "\n")
}
