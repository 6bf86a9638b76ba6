//! Which parent of one tree is which of the other.

use std::cmp::Reverse;

use cladus_core::forest::Forest;
use serde::Serialize;

use crate::shared::SharedClusters;

/// How much two parents have in common, counted in base clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NodeOverlap {
    /// Below both.
    pub shared: usize,
    /// Below the parent in A, of those that both trees hold.
    pub in_a: usize,
    /// Below the parent in B, of those that both trees hold.
    pub in_b: usize,
    /// Below the parent in A, gone ones among them.
    pub all_in_a: usize,
    /// Below the parent in B, new ones among them.
    pub all_in_b: usize,
}

impl NodeOverlap {
    /// What is shared, as a part of what either holds of the base clusters that both trees hold.
    pub fn jaccard(&self) -> f64 {
        self.shared as f64 / self.union().max(1) as f64
    }

    fn union(&self) -> usize {
        self.in_a + self.in_b - self.shared
    }

    /// Whether most of both is shared.
    fn is_majority(&self) -> bool {
        2 * self.shared > self.union()
    }
}

/// Two parents that are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeMatch {
    /// The node of A.
    pub a: usize,
    /// The node of B.
    pub b: usize,
    /// What makes them the same.
    pub overlap: NodeOverlap,
}

/// One-to-one between some parents of A and some of B.
#[derive(Debug, Clone)]
pub struct Matching {
    /// The closest first, roots before others.
    pub pairs: Vec<NodeMatch>,
    /// For every node of A, its match's place in `pairs`.
    of_a: Vec<Option<usize>>,
    /// For every node of B, its match's place in `pairs`.
    of_b: Vec<Option<usize>>,
}

impl Matching {
    /// For every node of A, the place of its match; and for every node of B.
    pub(crate) fn places(&self) -> (&[Option<usize>], &[Option<usize>]) {
        (&self.of_a, &self.of_b)
    }

    /// The match of a node of A.
    pub fn of_a(&self, node: usize) -> Option<&NodeMatch> {
        self.of_a[node].map(|place| &self.pairs[place])
    }

    /// The match of a node of B.
    pub fn of_b(&self, node: usize) -> Option<&NodeMatch> {
        self.of_b[node].map(|place| &self.pairs[place])
    }
}

/// Matches the parents of A with those of B; see the crate for the rule.
pub fn matches(a: &Forest, b: &Forest) -> Matching {
    matches_of(a, b, &SharedClusters::new(a, b))
}

pub(crate) fn matches_of(a: &Forest, b: &Forest, shared: &SharedClusters) -> Matching {
    let mut pairs = candidates(b, shared);
    let is_root = |pair: &NodeMatch| a.parent(pair.a).is_none() && b.parent(pair.b).is_none();
    pairs.sort_by(|x, y| {
        // By cross-multiplication: equal overlaps must be equal.
        let closer =
            |x: &NodeMatch, y: &NodeMatch| x.overlap.shared as u128 * y.overlap.union() as u128;
        let tie = |pair: &NodeMatch| {
            let (id_a, id_b) = (a.id(pair.a), b.id(pair.b));
            (
                Reverse(id_a == id_b),
                Reverse(a.name(pair.a) == b.name(pair.b)),
                shared.a.height[pair.a].abs_diff(shared.b.height[pair.b]),
                // In this order whichever tree is A.
                id_a.min(id_b),
                id_a.max(id_b),
            )
        };
        is_root(y)
            .cmp(&is_root(x))
            .then_with(|| closer(y, x).cmp(&closer(x, y)))
            .then_with(|| tie(x).cmp(&tie(y)))
    });
    let mut matching =
        Matching { pairs: Vec::new(), of_a: vec![None; a.len()], of_b: vec![None; b.len()] };
    for pair in pairs {
        let taken = matching.of_a[pair.a].is_some() || matching.of_b[pair.b].is_some();
        if !taken && !upside_down(a, b, &matching, &pair) {
            let place = Some(matching.pairs.len());
            (matching.of_a[pair.a], matching.of_b[pair.b]) = (place, place);
            matching.pairs.push(pair);
        }
    }
    matching
}

/// All pairs of parents that share most of what either holds.
fn candidates(b: &Forest, shared: &SharedClusters) -> Vec<NodeMatch> {
    let mut found = Vec::new();
    let mut places = Vec::new();
    for &parent in &shared.a.parents {
        places.clear();
        places.extend(shared.a.below(parent).iter().map(|&leaf| shared.b.place[leaf as usize]));
        places.sort_unstable();
        // Leaves below a node of B lie side by side, so that one with most of these has the middle one.
        let Some(&middle) = places.get(places.len() / 2) else { continue };
        let leaf = shared.leaves[shared.b.at(middle)].1;
        for other in std::iter::successors(b.parent(leaf), |&node| b.parent(node)) {
            if shared.b.count(other) >= 2 * places.len() {
                break;
            }
            let overlap = NodeOverlap {
                shared: shared.b.within(other, &places),
                in_a: places.len(),
                in_b: shared.b.count(other),
                all_in_a: shared.a.all_leaves[parent],
                all_in_b: shared.b.all_leaves[other],
            };
            if overlap.is_majority() {
                found.push(NodeMatch { a: parent, b: other, overlap });
            }
        }
    }
    found
}

/// Whether something above one of the pair is matched with something below the other.
fn upside_down(a: &Forest, b: &Forest, matching: &Matching, pair: &NodeMatch) -> bool {
    let above = |forest: &Forest, low: usize, high: usize| {
        std::iter::successors(forest.parent(low), |&node| forest.parent(node)).any(|n| n == high)
    };
    let from_a = std::iter::successors(a.parent(pair.a), |&node| a.parent(node))
        .filter_map(|node| matching.of_a(node))
        .any(|found| above(b, found.b, pair.b));
    let from_b = || {
        std::iter::successors(b.parent(pair.b), |&node| b.parent(node))
            .filter_map(|node| matching.of_b(node))
            .any(|found| above(a, found.a, pair.a))
    };
    from_a || from_b()
}
