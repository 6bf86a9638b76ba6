//! Forests and vectors for tests.

use cladus_core::artifact::Embeddings;
use cladus_core::forest::{Forest, ForestNode};

/// A forest of `id<parent` words.
pub(crate) fn forest(nodes: &str) -> Forest {
    let node = |word: &str| {
        let (id, parent) = word.split_once('<').map_or((word, None), |(a, b)| (a, Some(b)));
        ForestNode { id: id.to_owned(), parent: parent.map(str::to_owned), ..ForestNode::default() }
    };
    Forest::new(nodes.split_whitespace().map(node).collect()).unwrap()
}

/// Directions in the plane, by their angles in degrees.
pub(crate) fn embeddings(rows: &[(String, f32)]) -> Embeddings {
    let place = |(_, angle): &(String, f32)| [angle.to_radians().cos(), angle.to_radians().sin()];
    Embeddings {
        cluster_ids: rows.iter().map(|(id, _)| id.clone()).collect(),
        vectors: rows.iter().flat_map(place).collect(),
        dim: 2,
        embedder: None,
        centre: None,
        made: None,
    }
}
