//! What changed, as it is told.

use serde::Serialize;

use crate::matching::NodeOverlap;
use crate::same::MatchCounts;

/// A node as a reader knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamedNode {
    /// Its id in its tree.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Base clusters below it; 1 for a base cluster.
    pub clusters: usize,
    /// Items below it.
    pub size: u64,
}

/// The same in both trees.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MatchedPair {
    /// As it is in A.
    pub a: NamedNode,
    /// As it is in B.
    pub b: NamedNode,
    /// What makes parents the same; base clusters are the same by their ids.
    #[serde(flatten)]
    pub overlap: Option<NodeOverlap>,
    /// The overlap as one number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jaccard: Option<f64>,
}

/// Something that is elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MovedNode {
    /// As it is in B.
    pub node: NamedNode,
    /// The parent that it had in A.
    pub from: Option<NamedNode>,
    /// The parent that it has in B.
    pub to: Option<NamedNode>,
    /// Whether what became of the parents says so already: one is a part of the other, or neither has a
    /// match.
    pub told: bool,
}

/// A parent of one tree, and where its base clusters are in the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodeSpread {
    /// The parent.
    pub node: NamedNode,
    /// The id of its match, if it has one all the same.
    pub matched: Option<String>,
    /// Parents of the other tree, the one with most of it first.
    pub parts: Vec<ParentPart>,
}

/// A parent that holds some base clusters of another tree's parent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParentPart {
    /// The parent.
    pub node: NamedNode,
    /// How many base clusters both hold.
    pub shared: usize,
    /// The share that these are of the base clusters that both trees hold of the other parent.
    pub share: f64,
}

/// A base cluster that is only in one tree, with the parent that it has there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Single {
    /// The base cluster.
    pub node: NamedNode,
    /// Above it.
    pub parent: Option<NamedNode>,
}

/// What became of base clusters. Lists begin with the largest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BaseChanges {
    /// How many A has.
    pub in_a: usize,
    /// How many B has.
    pub in_b: usize,
    /// How many both have: those that stayed, and those that moved.
    pub in_both: usize,
    /// Items in A.
    pub items_in_a: u64,
    /// Items in B.
    pub items_in_b: u64,
    /// How many are where they were.
    pub stayed: usize,
    /// Their share of those in both; `None` where there are none.
    pub stayed_share: Option<f64>,
    /// Those that are elsewhere.
    pub moved: Vec<MovedNode>,
    /// Only in A.
    pub gone: Vec<Single>,
    /// Only in B.
    pub new: Vec<Single>,
    /// Those with another name.
    pub renamed: Vec<MatchedPair>,
}

/// What became of parents. Lists begin with the largest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParentChanges {
    /// How many A has.
    pub in_a: usize,
    /// How many B has.
    pub in_b: usize,
    /// Matched, of the same name.
    pub kept: Vec<MatchedPair>,
    /// Matched, of another name.
    pub renamed: Vec<MatchedPair>,
    /// Matched, and somewhere else in the tree.
    pub moved: Vec<MovedNode>,
    /// Of A, in several parts in B.
    pub split: Vec<NodeSpread>,
    /// Of B, of several parts from A.
    pub merged: Vec<NodeSpread>,
    /// Of A, neither matched nor split nor part of something merged.
    pub gone: Vec<NodeSpread>,
    /// Of B, neither matched nor merged nor part of something split.
    pub new: Vec<NodeSpread>,
}

/// A root in both trees; `None` where it is no root, or has no match.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RootChange {
    /// As it is in A.
    pub a: Option<NamedNode>,
    /// As it is in B.
    pub b: Option<NamedNode>,
}

/// Everything that changed from A to B.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// Whether nothing did: the same base clusters in trees of the same shape with the same names.
    pub same: bool,
    /// What base clusters were recognised by.
    pub matched: MatchCounts,
    /// Base clusters.
    pub base: BaseChanges,
    /// How each root grew.
    pub roots: Vec<RootChange>,
    /// Parents.
    pub parents: ParentChanges,
}
