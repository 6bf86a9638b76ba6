//! Two hierarchies of mostly the same base clusters: which parents are the same, and what changed.
//!
//! [`matches()`] says which parent of one is which of the other, [`diff()`] what that means to a reader.
//! Both are symmetric: with the trees exchanged, the result is the same, seen from the other side.
//!
//! # When two parents are the same
//!
//! Base clusters (nodes without children, in both trees) are the same when their ids are, or as
//! [`same()`] finds it, which looks at members and names as well. Parents go by
//! the base clusters below them, at any depth, and neither by id nor by name. Only base clusters that
//! *both* trees hold are counted, so that a parent that grew is still itself.
//!
//! Two parents may match when the base clusters that they share are more than half of those that either
//! holds: a Jaccard index above ½ (P. Jaccard, 1901). Side by side, such pairs cannot compete: two
//! disjoint sets have no common partner. One above the other can, and then the closest overlap wins;
//! with equal overlap the same id, the same name, the nearer height, and at last the lesser ids. Roots
//! are matched with roots first; what is left is matched at any height, because trees may have different
//! numbers of levels. No match turns a tree upside down: what is above stays above.
//!
//! # What changed
//!
//! * A matched parent is **kept** where its name is the same, **renamed** where not.
//! * A parent is **split** when at least two parents at the height it is compared with (that of its match,
//!   the roots for a root, otherwise its own) hold a notable part of it, a fifth and two base clusters,
//!   and together most of it. **Merged** is the reverse. A matched parent may be split as well, but only
//!   into its match and parents without one: what goes to another matched parent has moved.
//! * What is neither matched nor part of that is **gone** or **new**.
//! * A base cluster in both trees **stayed** when the parents directly above it match, or when one of them
//!   has its match further up and nothing matched stands between. Otherwise it **moved**. The same goes for
//!   matched parents.
//!
//! Descriptions, sizes and the ids of parents are not compared. Without any change, the trees have the
//! same shape and the same names.
//!
//! # Cost
//!
//! No pair of parents is looked at that cannot match: who holds most of a parent's base clusters holds
//! the middle one, in the order of the other tree. Time is that of sorting every parent's base clusters;
//! memory is linear in the nodes.

mod diff;
#[cfg(test)]
mod invariants;
mod matching;
mod parts;
mod places;
mod report;
mod same;
mod shared;
#[cfg(test)]
mod tests;

pub use diff::{diff, diff_of};
pub use matching::{Matching, NodeMatch, NodeOverlap, matches};
pub use report::{
    BaseChanges, Diff, MatchedPair, MovedNode, NamedNode, NodeSpread, ParentChanges, ParentPart,
    RootChange, Single,
};
pub use same::{BaseCluster, How, MatchCounts, NearnessVectors, Same, same};
