//! Whether what both trees have is where it was.

use std::collections::HashSet;

use cladus_core::forest::Forest;

use crate::matching::Matching;

/// What happened to the place of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TreePlace {
    /// It is where it was.
    Stayed,
    /// It is somewhere else; `told` when what became of the parents says so already.
    Moved { told: bool },
}

/// What places are judged by.
pub(crate) struct TreePlaces<'a> {
    a: &'a Forest,
    b: &'a Forest,
    matching: &'a Matching,
    /// Parents of A and of B one of which is a part of the other.
    parts: HashSet<(usize, usize)>,
    /// The nearest matched ancestor of every node, by the place of its match.
    above_a: Vec<Option<usize>>,
    above_b: Vec<Option<usize>>,
}

impl<'a> TreePlaces<'a> {
    pub(crate) fn new(
        a: &'a Forest,
        b: &'a Forest,
        matching: &'a Matching,
        parts: HashSet<(usize, usize)>,
    ) -> Self {
        let (of_a, of_b) = matching.places();
        let (above_a, above_b) = (nearest(a, of_a), nearest(b, of_b));
        Self { a, b, matching, parts, above_a, above_b }
    }

    /// Of a base cluster or a matched parent: `x` in A is `y` in B.
    pub(crate) fn place_of(&self, x: usize, y: usize) -> TreePlace {
        let (from, to) = (self.a.parent(x), self.b.parent(y));
        let (of_a, of_b) = self.matching.places();
        let direct_a = from.and_then(|node| of_a[node]);
        let direct_b = to.and_then(|node| of_b[node]);
        let anchored = direct_a.is_some() || direct_b.is_some();
        if (from.is_none() && to.is_none()) || (anchored && self.above_a[x] == self.above_b[y]) {
            return TreePlace::Stayed;
        }
        let part = from.zip(to).is_some_and(|pair| self.parts.contains(&pair));
        TreePlace::Moved { told: part || !anchored }
    }
}

fn nearest(forest: &Forest, matched: &[Option<usize>]) -> Vec<Option<usize>> {
    let mut above = vec![None; forest.len()];
    for node in forest.top_down() {
        if let Some(parent) = forest.parent(node) {
            above[node] = matched[parent].or(above[parent]);
        }
    }
    above
}
