//! What changed from one tree to the other.

use std::cmp::Reverse;
use std::collections::HashSet;

use cladus_core::forest::Forest;

use crate::matching::{Matching, matches_of};
use crate::parts::{View, split};
use crate::places::{TreePlace, TreePlaces};
use crate::report::{
    BaseChanges, Diff, MatchedPair, MovedNode, NamedNode, NodeSpread, ParentChanges, ParentPart,
    RootChange, Single,
};
use crate::same::MatchCounts;
use crate::shared::{SharedClusters, Side};

/// Compares A with B; base clusters are the same when their ids are.
pub fn diff(a: &Forest, b: &Forest) -> Diff {
    let shared = SharedClusters::new(a, b);
    let same = shared.leaves.len();
    compared(a, b, &shared, MatchCounts { ids: same, same_id: same, ..MatchCounts::default() })
}

/// Compares A with B, whose base clusters are the same where `pairs` says so (nodes of A and B, in the
/// order of A, each in one pair at most).
pub fn diff_of(a: &Forest, b: &Forest, pairs: Vec<(usize, usize)>, matched: MatchCounts) -> Diff {
    compared(a, b, &SharedClusters::of(a, b, pairs), matched)
}

fn compared(a: &Forest, b: &Forest, shared: &SharedClusters, matched: MatchCounts) -> Diff {
    let matching = matches_of(a, b, shared);
    let trees = Trees { a, b, shared, matching: &matching };
    let (leaves_a, leaves_b): (Vec<usize>, Vec<usize>) = shared.leaves.iter().copied().unzip();
    let to_b = View { from: &shared.a, to: &shared.b, other: b, leaves: &leaves_b };
    let to_a = View { from: &shared.b, to: &shared.a, other: a, leaves: &leaves_a };
    let of_a = |node| matching.of_a(node).map(|found| found.b);
    let of_b = |node| matching.of_b(node).map(|found| found.a);
    let (split, scattered) = spreads(a, to_b, of_a, of_b);
    let (merged, gathered) = spreads(b, to_a, of_b, of_a);
    let parts_of = |whole: &Raw| -> Vec<(usize, usize)> {
        whole.parts.iter().map(|&(part, _)| (whole.node, part)).collect()
    };
    let mut parts: HashSet<(usize, usize)> = split.iter().flat_map(parts_of).collect();
    parts.extend(merged.iter().flat_map(parts_of).map(|(whole, part)| (part, whole)));
    let told_a: HashSet<usize> = parts.iter().map(|pair| pair.0).collect();
    let told_b: HashSet<usize> = parts.iter().map(|pair| pair.1).collect();
    let gone = scattered.into_iter().filter(|raw| !told_a.contains(&raw.node)).collect();
    let new = gathered.into_iter().filter(|raw| !told_b.contains(&raw.node)).collect();
    let places = TreePlaces::new(a, b, &matching, parts);
    let base = trees.base(&places);
    let (kept, renamed) = trees.pairs();
    let parents = ParentChanges {
        in_a: shared.a.parents.len(),
        in_b: shared.b.parents.len(),
        kept,
        renamed,
        moved: trees.moved(&places, matching.pairs.iter().map(|pair| (pair.a, pair.b))),
        split: trees.spread_of_a(split),
        merged: trees.spread_of_b(merged),
        gone: trees.spread_of_a(gone),
        new: trees.spread_of_b(new),
    };
    let none = base.moved.is_empty() && base.gone.is_empty() && base.new.is_empty();
    let still = parents.renamed.is_empty() && parents.moved.is_empty();
    let whole = [&parents.split, &parents.merged, &parents.gone, &parents.new];
    let same = none && base.renamed.is_empty() && still && whole.iter().all(|list| list.is_empty());
    let roots = trees.roots();
    Diff { same, matched, base, roots, parents }
}

/// A parent and its parts in the other tree, as nodes.
struct Raw {
    node: usize,
    matched: Option<usize>,
    parts: Vec<(usize, usize)>,
}

/// The parents that are split in the other tree, and the others that have no match there.
fn spreads(
    forest: &Forest,
    view: View<'_>,
    matched: impl Fn(usize) -> Option<usize>,
    matched_there: impl Fn(usize) -> Option<usize>,
) -> (Vec<Raw>, Vec<Raw>) {
    let height = |node: usize| match matched(node) {
        Some(found) if view.other.parent(found).is_some() => view.to.height[found],
        None if forest.parent(node).is_some() => view.from.height[node],
        // Roots with roots, however high they are.
        _ => usize::MAX,
    };
    let parents: Vec<(usize, usize)> =
        view.from.parents.iter().map(|&node| (node, height(node))).collect();
    let (mut whole, mut rest) = (Vec::new(), Vec::new());
    for (&(node, _), parts) in parents.iter().zip(view.parts(&parents)) {
        let matched = matched(node);
        // What goes from one matched parent to another has moved: neither of them came apart.
        let mut own = parts.clone();
        own.retain(|&(part, _)| {
            matched.is_none() || matched == Some(part) || matched_there(part).is_none()
        });
        if let Some(notable) = split(&own, view.from.count(node)) {
            whole.push(Raw { node, matched, parts: notable.to_vec() });
        } else if matched.is_none() {
            rest.push(Raw { node, matched, parts });
        }
    }
    (whole, rest)
}

struct Trees<'a> {
    a: &'a Forest,
    b: &'a Forest,
    shared: &'a SharedClusters,
    matching: &'a Matching,
}

impl Trees<'_> {
    fn in_a(&self, node: usize) -> NamedNode {
        named(self.a, &self.shared.a, node)
    }

    fn in_b(&self, node: usize) -> NamedNode {
        named(self.b, &self.shared.b, node)
    }

    fn pairs(&self) -> (Vec<MatchedPair>, Vec<MatchedPair>) {
        let pair = |found: &crate::NodeMatch| MatchedPair {
            a: self.in_a(found.a),
            b: self.in_b(found.b),
            overlap: Some(found.overlap),
            jaccard: Some(found.overlap.jaccard()),
        };
        let pairs = self.matching.pairs.iter().map(pair);
        let (mut kept, mut renamed): (Vec<MatchedPair>, Vec<MatchedPair>) =
            pairs.partition(|pair| pair.a.name == pair.b.name);
        kept.sort_by(|x, y| rank(&x.b).cmp(&rank(&y.b)));
        renamed.sort_by(|x, y| rank(&x.b).cmp(&rank(&y.b)));
        (kept, renamed)
    }

    /// Every root of either tree, beside what it is in the other one; the largest of B first, then
    /// those that are gone.
    fn roots(&self) -> Vec<RootChange> {
        let root_of_a = |b: usize| {
            let a = self.matching.of_b(b)?.a;
            self.a.parent(a).is_none().then_some(a)
        };
        let is_root_of_b = |found: &crate::NodeMatch| self.b.parent(found.b).is_none();
        let now = self
            .b
            .roots()
            .map(|b| RootChange { a: root_of_a(b).map(|a| self.in_a(a)), b: Some(self.in_b(b)) });
        let gone = self.a.roots().filter(|&a| !self.matching.of_a(a).is_some_and(is_root_of_b));
        let mut now: Vec<RootChange> = now.collect();
        let mut gone: Vec<RootChange> =
            gone.map(|a| RootChange { a: Some(self.in_a(a)), b: None }).collect();
        now.sort_by(|x, y| x.b.as_ref().map(rank).cmp(&y.b.as_ref().map(rank)));
        gone.sort_by(|x, y| x.a.as_ref().map(rank).cmp(&y.a.as_ref().map(rank)));
        now.extend(gone);
        now
    }

    fn base(&self, places: &TreePlaces<'_>) -> BaseChanges {
        let leaves = &self.shared.leaves;
        let moved = self.moved(places, leaves.iter().copied());
        let renamed = leaves.iter().filter(|(x, y)| self.a.name(*x) != self.b.name(*y));
        let pair = |&(x, y): &(usize, usize)| MatchedPair {
            a: self.in_a(x),
            b: self.in_b(y),
            overlap: None,
            jaccard: None,
        };
        let mut renamed: Vec<MatchedPair> = renamed.map(pair).collect();
        renamed.sort_by(|x, y| rank(&x.b).cmp(&rank(&y.b)));
        let (in_a, gone) = singles(self.a, &self.shared.a, leaves.iter().map(|pair| pair.0));
        let (in_b, new) = singles(self.b, &self.shared.b, leaves.iter().map(|pair| pair.1));
        let stayed = leaves.len() - moved.len();
        BaseChanges {
            in_a,
            in_b,
            in_both: leaves.len(),
            items_in_a: items(self.a),
            items_in_b: items(self.b),
            stayed,
            stayed_share: (!leaves.is_empty()).then(|| stayed as f64 / leaves.len() as f64),
            moved,
            gone,
            new,
            renamed,
        }
    }

    fn moved(
        &self,
        places: &TreePlaces<'_>,
        both: impl Iterator<Item = (usize, usize)>,
    ) -> Vec<MovedNode> {
        let moved = |(x, y): (usize, usize)| match places.place_of(x, y) {
            TreePlace::Stayed => None,
            TreePlace::Moved { told } => Some(MovedNode {
                node: self.in_b(y),
                from: self.a.parent(x).map(|parent| self.in_a(parent)),
                to: self.b.parent(y).map(|parent| self.in_b(parent)),
                told,
            }),
        };
        let mut moved: Vec<MovedNode> = both.filter_map(moved).collect();
        moved.sort_by(|x, y| rank(&x.node).cmp(&rank(&y.node)));
        moved
    }

    fn spread_of_a(&self, found: Vec<Raw>) -> Vec<NodeSpread> {
        spread(found, &self.shared.a, |node| self.in_a(node), |node| self.in_b(node))
    }

    fn spread_of_b(&self, found: Vec<Raw>) -> Vec<NodeSpread> {
        spread(found, &self.shared.b, |node| self.in_b(node), |node| self.in_a(node))
    }
}

fn spread(
    found: Vec<Raw>,
    side: &Side,
    own: impl Fn(usize) -> NamedNode,
    other: impl Fn(usize) -> NamedNode,
) -> Vec<NodeSpread> {
    let whole = |raw: Raw| {
        let count = side.count(raw.node).max(1) as f64;
        let part = |(node, shared): (usize, usize)| ParentPart {
            node: other(node),
            shared,
            share: shared as f64 / count,
        };
        NodeSpread {
            node: own(raw.node),
            matched: raw.matched.map(|node| other(node).id),
            parts: raw.parts.into_iter().map(part).collect(),
        }
    };
    let mut all: Vec<NodeSpread> = found.into_iter().map(whole).collect();
    all.sort_by(|x, y| rank(&x.node).cmp(&rank(&y.node)));
    all
}

/// How many leaves a tree has, and those that are not shared.
fn singles(
    forest: &Forest,
    side: &Side,
    shared: impl Iterator<Item = usize>,
) -> (usize, Vec<Single>) {
    let mut both = vec![false; forest.len()];
    shared.for_each(|leaf| both[leaf] = true);
    let leaves = || (0..forest.len()).filter(|&node| forest.is_leaf(node));
    let single = |leaf| Single {
        node: named(forest, side, leaf),
        parent: forest.parent(leaf).map(|parent| named(forest, side, parent)),
    };
    let mut all: Vec<Single> = leaves().filter(|&leaf| !both[leaf]).map(single).collect();
    all.sort_by(|x, y| rank(&x.node).cmp(&rank(&y.node)));
    (leaves().count(), all)
}

fn items(forest: &Forest) -> u64 {
    let leaves = (0..forest.len()).filter(|&node| forest.is_leaf(node));
    leaves.fold(0, |sum, leaf| sum.saturating_add(forest.size(leaf)))
}

fn named(forest: &Forest, side: &Side, node: usize) -> NamedNode {
    NamedNode {
        id: forest.id(node).to_owned(),
        name: forest.name(node).to_owned(),
        clusters: side.all_leaves[node],
        size: forest.size(node),
    }
}

/// The largest first.
fn rank(node: &NamedNode) -> (Reverse<usize>, Reverse<u64>, &str) {
    (Reverse(node.clusters), Reverse(node.size), &node.id)
}
