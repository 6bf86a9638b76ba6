//! Parents that mean nearly the same and stand apart.

use std::collections::BTreeMap;

use cladus_core::Result;
use cladus_core::artifact::Node;
use cladus_embedder::{
    EmbeddedText, EmbedderChoice, EmbedderKind, EmbedderRequest, Embedders, FEW_TEXTS,
    embed_distinct,
};
use cladus_vectors::{Vectors, dot};
use cladus_words::sentences;
use serde::Serialize;

/// Names with what they say of themselves that are nearer than this (cosine) mean nearly the same. By
/// vectors of words alone hardly anything is that near.
const NEARLY_THE_SAME: f32 = 0.85;
/// On larger levels nobody compares all with all.
const MOST: usize = 4_096;
/// Pairs that are named.
const NAMED: usize = 3;

/// Parents of one level that mean nearly the same, by the embedding of name and first sentence, and are
/// under different parents, or roots.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Twins {
    /// Pairs of them.
    pub(super) pairs: usize,
    /// Parents that were compared.
    pub(super) compared: usize,
    /// The names of the nearest pairs.
    pub(super) nearest: Vec<[String; 2]>,
}

/// Those among the `nodes` of a hierarchy.
///
/// # Errors
/// When texts cannot be embedded.
pub(super) fn twins(nodes: &[Node]) -> Result<Twins> {
    let mut levels: BTreeMap<u8, Vec<&Node>> = BTreeMap::new();
    for node in nodes.iter().filter(|node| node.cluster.level > 0) {
        levels.entry(node.cluster.level).or_default().push(node);
    }
    let mut found = Twins::default();
    let mut near: Vec<(f32, [String; 2])> = Vec::new();
    for parents in levels.values().filter(|parents| (2..=MOST).contains(&parents.len())) {
        found.compared += parents.len();
        near.extend(pairs(parents)?);
    }
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.pairs = near.len();
    found.nearest = near.into_iter().take(NAMED).map(|(_, names)| names).collect();
    Ok(found)
}

fn pairs(parents: &[&Node]) -> Result<Vec<(f32, [String; 2])>> {
    let text = |node: &&Node| {
        let first = sentences(&node.cluster.description).first().copied().unwrap_or_default();
        (node.cluster.name.clone(), first.to_owned())
    };
    let texts: Vec<(String, String)> = parents.iter().map(text).collect();
    let texts: Vec<EmbeddedText<'_>> =
        texts.iter().map(|(name, first)| EmbeddedText::new(name, first)).collect();
    let EmbedderChoice { kind, .. } =
        EmbedderRequest::Auto(FEW_TEXTS).choose(texts.iter().copied());
    if kind == EmbedderKind::Lexical {
        return Ok(Vec::new());
    }
    let embedder = Embedders::default().fit(&kind, &texts, 0)?;
    let vectors = embed_distinct(embedder.as_ref(), &texts, &|_| {})?;
    let vectors = Vectors::over(&vectors, embedder.dim());
    let mut near = Vec::new();
    for (a, one) in parents.iter().enumerate() {
        for (b, other) in parents.iter().enumerate().skip(a + 1) {
            let apart = one.parent_id != other.parent_id || one.parent_id.is_none();
            let cosine = if apart { dot(vectors.row(a), vectors.row(b)) } else { 0.0 };
            if cosine >= NEARLY_THE_SAME {
                near.push((cosine, [one.cluster.name.clone(), other.cluster.name.clone()]));
            }
        }
    }
    Ok(near)
}

#[cfg(test)]
mod tests {
    use cladus_core::artifact::Cluster;

    use super::*;

    fn node(id: &str, parent: Option<&str>, level: u8, name: &str) -> Node {
        let cluster = Cluster {
            id: id.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            slug: String::new(),
            level,
            members: Vec::new(),
            size: 1,
        };
        Node { cluster, parent_id: parent.map(str::to_owned) }
    }

    #[test]
    fn what_means_the_same_under_different_parents_is_a_pair() {
        let nodes = [
            node("r", None, 2, "Money"),
            node("s", None, 2, "Printing on paper"),
            node("t", None, 2, "Print on paper"),
            node("a", Some("r"), 1, "Refund a payment"),
            node("b", Some("s"), 1, "Refunds of payments"),
            node("c", Some("s"), 1, "Repair a bicycle"),
            node("d", Some("s"), 1, "Repair bicycles"),
            node("x", Some("a"), 0, "Refund a payment"),
        ];
        let found = twins(&nodes).unwrap();
        assert_eq!((found.pairs, found.compared), (2, 7), "{found:?}");
        assert!(found.nearest.contains(&["Printing on paper".into(), "Print on paper".into()]));
    }
}
