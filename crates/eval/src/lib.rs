//! How good a hierarchy is.
//!
//! [`agreement`] compares a [`Forest`] with a [`Truth`], a known taxonomy of its leaves; [`health`]
//! looks at the forest alone.
//!
//! # Agreement
//!
//! Level `k` of the truth puts items into classes by the first `k` parts of their paths. A *cut* of
//! the forest puts them into clusters: `D1` by their roots, `D2` by the ancestors below the roots, and
//! so on; `H1` by their parents, `H2` by the parents of those, and so on up. Items of the truth that
//! the forest lacks count as roots of their own, so that leaving items out never pays.
//!
//! * **Adjusted mutual information** (N. X. Vinh, J. Epps and J. Bailey, *Information theoretic
//!   measures for clusterings comparison*, 2010; normalised by the mean of the entropies): 0 where
//!   classes and clusters have as much to do with each other as by chance, 1 where they are the same.
//! * **Homogeneity, completeness, V-measure** (A. Rosenberg and J. Hirschberg, 2007), 0 to 1, not
//!   adjusted for chance. **Adjusted Rand index** (L. Hubert and P. Arabie, 1985). **Purity**: the share
//!   of items in their cluster's majority class; *inverse*: in their class's majority cluster.
//! * **Dendrogram purity** (K. Heller and Z. Ghahramani, 2005): over all pairs of items of a class, the
//!   class's share of the items under their lowest common ancestor, in the mean; pairs that only meet
//!   above the roots count their class's share of all items. *Adjusted* puts a tree of one node at 0.
//! * **Spearman** rank correlation of how deep two items part in the forest and in the truth, half of
//!   the weight on all pairs, half on pairs of the same top class (top classes by their size).
//! * **Triplets**: of three items of which the truth says that the first is nearer to the second than to
//!   the third, +1 where the forest says so too, −1 where it says the opposite, 0 where it does not say;
//!   the mean. The first is drawn from top classes by their size, each of the others is with even
//!   chances from the same top class or from everywhere.
//! * **Spillover**: how many top classes lie under more than one root, and the share of items that are
//!   not under the root most of their class is under.
//! * **Overall**: the mean of the roots' adjusted mutual information with the top classes, that of the
//!   best cut for level 1 and (from 50 items on) level 2, adjusted dendrogram purity, and triplets;
//!   negative ones count as 0.
//!
//! # Health
//!
//! Without any truth: how many children nodes have at each height, how deep leaves are, which parents
//! have a single child, which siblings or parent and child share a name or nearly do (normalised
//! Levenshtein similarity of at least 0.9), of how many parents the name says something true: at least
//! half of the leaves under it have a word of it (by its stem, stop words aside) in their own name or
//! description. With embeddings, [`nearness`]: the share of children that are nearer to the
//! mean of another parent's children than to that of their siblings.
//!
//! # Cost
//!
//! No measure of agreement is sampled: pairs and triplets are counted by the ancestors they share, so that a
//! million items take time proportional to their number.

mod agreement;
mod cuts;
#[cfg(test)]
mod drawn;
mod health;
mod near;
mod pairs;
mod partitions;
mod table;
mod truth;

pub use agreement::{CutScore, LevelScore, Purity, Spillover, TruthAgreement, agreement};
pub use cladus_core::forest::{Forest, ForestNode, NotAForest};
pub use health::{Health, LevelShape, Spread, health};
pub use near::{Nearness, nearness};
pub use partitions::{Similarity, compare};
pub use truth::Truth;
