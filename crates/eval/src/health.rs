//! A forest by itself.

use std::collections::{HashMap, HashSet};

use cladus_core::forest::Forest;
use cladus_core::name;
use cladus_words::{is_heap, is_stop_word, tokens};
use rayon::prelude::*;
use serde::Serialize;

/// What can be said of a forest without knowing better.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Health {
    /// Nodes without a parent.
    pub roots: usize,
    /// Those of them that have no children.
    pub childless_roots: usize,
    /// Nodes without children.
    pub leaves: usize,
    /// By height, from the parents of leaves up.
    pub levels: Vec<LevelShape>,
    /// How many ancestors leaves have.
    pub depth: Spread,
    /// Leaves under a root.
    pub leaves_of_roots: Spread,
    /// Parents with one child.
    pub single_children: usize,
    /// Siblings (parents, not leaves) that share their name with an earlier one, case and punctuation aside.
    pub siblings_named_alike: usize,
    /// Pairs of siblings whose names are alike by 0.9 or more, the same ones among them.
    pub siblings_nearly_alike: usize,
    /// Parents named as the node above them.
    pub named_as_their_parent: usize,
    /// Parents without a name.
    pub nameless: usize,
    /// Parents whose children have nothing in common that could be said: "… and others".
    pub heaps: usize,
    /// The share of parents a word of whose name is in at least half of the leaves below.
    pub names_true_of_most: Option<f64>,
}

/// Parents of one height.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LevelShape {
    /// 1 for nodes all of whose children are leaves; otherwise one more than their highest child.
    pub height: usize,
    /// How many there are.
    pub nodes: usize,
    /// How many children each has.
    pub children: Spread,
}

/// The least, middle, mean and most of some numbers; all 0 where there are none.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Spread {
    /// The least.
    pub min: usize,
    /// As many below as above.
    pub median: f64,
    /// The mean.
    pub mean: f64,
    /// The most.
    pub max: usize,
}

impl Spread {
    fn of(mut numbers: Vec<usize>) -> Self {
        numbers.sort_unstable();
        let n = numbers.len();
        let (Some(&min), Some(&max)) = (numbers.first(), numbers.last()) else {
            return Self::default();
        };
        let median = f64::midpoint(numbers[(n - 1) / 2] as f64, numbers[n / 2] as f64);
        Self { min, median, mean: numbers.iter().sum::<usize>() as f64 / n as f64, max }
    }
}

/// Looks a forest over.
pub fn health(forest: &Forest) -> Health {
    let heights = forest.heights();
    let parents: Vec<usize> = (0..forest.len()).filter(|&node| !forest.is_leaf(node)).collect();
    let highest = heights.iter().copied().max().unwrap_or(0);
    let levels = (1..=highest).map(|height| {
        let at: Vec<usize> =
            parents.iter().filter(|&&node| heights[node] == height).copied().collect();
        let children = at.iter().map(|&node| forest.children(node).len()).collect();
        LevelShape { height, nodes: at.len(), children: Spread::of(children) }
    });
    let leaves: Vec<usize> = (0..forest.len()).filter(|&node| forest.is_leaf(node)).collect();
    let mut depth = vec![0; forest.len()];
    let mut root = (0..forest.len()).collect::<Vec<_>>();
    for node in forest.top_down() {
        if let Some(parent) = forest.parent(node) {
            (depth[node], root[node]) = (depth[parent] + 1, root[parent]);
        }
    }
    let mut of_root: HashMap<usize, usize> = HashMap::new();
    leaves.iter().for_each(|&leaf| *of_root.entry(root[leaf]).or_default() += 1);
    let names: Vec<String> = (0..forest.len()).map(|node| name::key(forest.name(node))).collect();
    let named_as_parent =
        |&&node: &&usize| forest.parent(node).is_some_and(|parent| names[parent] == names[node]);
    let (same, alike) = siblings(forest, &parents, &names);
    Health {
        roots: forest.roots().count(),
        childless_roots: forest.roots().filter(|&node| forest.is_leaf(node)).count(),
        levels: levels.collect(),
        depth: Spread::of(leaves.iter().map(|&leaf| depth[leaf]).collect()),
        leaves_of_roots: Spread::of(of_root.into_values().collect()),
        single_children: parents.iter().filter(|&&node| forest.children(node).len() == 1).count(),
        siblings_named_alike: same,
        siblings_nearly_alike: alike,
        named_as_their_parent: parents.iter().filter(named_as_parent).count(),
        nameless: parents.iter().filter(|&&node| names[node].is_empty()).count(),
        heaps: parents.iter().filter(|&&node| is_heap(forest.name(node))).count(),
        names_true_of_most: names_true_of_most(forest, &parents, &leaves),
        leaves: leaves.len(),
    }
}

/// How many of `parents` share a name with an earlier sibling, and how many pairs nearly do.
fn siblings(forest: &Forest, parents: &[usize], names: &[String]) -> (usize, usize) {
    let mut families: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
    for &node in parents {
        families.entry(forest.parent(node)).or_default().push(node);
    }
    let families: Vec<Vec<usize>> = families.into_values().collect();
    let alike = |family: &Vec<usize>| {
        let different: HashSet<&String> = family.iter().map(|&node| &names[node]).collect();
        let pairs = family.iter().enumerate().flat_map(|(i, &a)| {
            family[..i].iter().filter(move |&&b| name::alike(&names[a], &names[b]))
        });
        (family.len() - different.len(), pairs.count())
    };
    families.par_iter().map(alike).reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
}

/// Stems of the words of `text` that say something.
fn stems(text: &str) -> HashSet<String> {
    let words = tokens(text).into_iter().filter(|token| !is_stop_word(&token.norm));
    words.map(|token| token.stem).collect()
}

fn names_true_of_most(forest: &Forest, parents: &[usize], leaves: &[usize]) -> Option<f64> {
    let wanted: Vec<HashSet<String>> =
        parents.par_iter().map(|&node| stems(forest.name(node))).collect();
    let place: HashMap<usize, usize> =
        parents.iter().enumerate().map(|(at, &node)| (node, at)).collect();
    // For each leaf the parents above it, and whether they speak of it.
    let spoken: Vec<Vec<(usize, bool)>> = leaves
        .par_iter()
        .map(|&leaf| {
            let own = stems(&format!("{} {}", forest.name(leaf), forest.description(leaf)));
            let above = forest.ancestors(leaf).into_iter().filter_map(|node| place.get(&node));
            above.map(|&at| (at, !wanted[at].is_disjoint(&own))).collect()
        })
        .collect();
    let (mut all, mut said) = (vec![0_usize; parents.len()], vec![0_usize; parents.len()]);
    for (at, says) in spoken.into_iter().flatten() {
        all[at] += 1;
        said[at] += usize::from(says);
    }
    let fits = all.iter().zip(&said).filter(|(all, said)| **said * 2 >= **all).count();
    (!parents.is_empty()).then(|| fits as f64 / parents.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cladus_core::forest::ForestNode;

    fn node(id: &str, name: &str, parent: Option<&str>) -> ForestNode {
        ForestNode {
            id: id.into(),
            name: name.into(),
            parent: parent.map(str::to_owned),
            ..ForestNode::default()
        }
    }

    #[test]
    fn shape_and_names_are_counted() {
        let forest = Forest::new(vec![
            node("r", "Cooking", None),
            node("a", "Baking bread", Some("r")),
            node("b", "baking  Bread", Some("r")),
            node("c", "Baking breads", Some("r")),
            node("d", "Cooking", Some("r")),
            node("1", "Bake a bread", Some("a")),
            node("2", "Bake rolls", Some("a")),
            node("3", "Fix the oven", Some("b")),
            node("4", "Fix the stove", Some("b")),
            node("5", "Slice breads", Some("c")),
            node("6", "Cook rice", Some("d")),
            node("7", "Boil rice", Some("d")),
            node("8", "Alone", None),
        ])
        .unwrap();
        let found = health(&forest);
        assert_eq!((found.roots, found.childless_roots, found.leaves), (2, 1, 8));
        assert_eq!((found.single_children, found.nameless), (1, 0));
        assert_eq!((found.siblings_named_alike, found.siblings_nearly_alike), (1, 3));
        assert_eq!(found.named_as_their_parent, 1);
        assert_eq!(found.depth, Spread { min: 0, median: 2.0, mean: 1.75, max: 2 });
        let shape: Vec<_> =
            found.levels.iter().map(|l| (l.height, l.nodes, l.children.max)).collect();
        assert_eq!(shape, [(1, 4, 2), (2, 1, 4)]);
        // Of a both leaves bake, of c its one has bread, of d one of two cooks; "Baking bread" says
        // nothing of ovens, and one in seven cooks.
        assert_eq!(found.names_true_of_most, Some(3.0 / 5.0));
    }

    #[test]
    fn nothing_is_no_division_by_nothing() {
        let found = health(&Forest::new(Vec::new()).unwrap());
        assert_eq!((found.roots, found.names_true_of_most), (0, None));
    }
}
