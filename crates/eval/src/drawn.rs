//! Forests for tests.

use cladus_core::forest::{Forest, ForestNode, NotAForest};

/// A forest of `id<parent` words.
pub(crate) fn forest(nodes: &str) -> Result<Forest, NotAForest> {
    let node = |word: &str| {
        let (id, parent) = word.split_once('<').map_or((word, None), |(a, b)| (a, Some(b)));
        ForestNode {
            id: id.to_owned(),
            name: id.to_owned(),
            parent: parent.map(str::to_owned),
            ..ForestNode::default()
        }
    };
    Forest::new(nodes.split_whitespace().map(node).collect())
}
