//! What holds for any two trees.

use std::collections::{BTreeMap, BTreeSet};

use cladus_core::forest::{Forest, ForestNode};
use proptest::prelude::*;

use crate::{Diff, MovedNode, NamedNode, NodeSpread, diff, matches};

/// Trees over some of the base clusters 0 to 29: levels of parents, each node with a parent among a few
/// of the next level or none.
fn tree(side: &'static str) -> impl Strategy<Value = Forest> {
    let leaves = proptest::collection::vec(proptest::option::weighted(0.8, 0..7_usize), 30);
    let higher = proptest::collection::vec(
        (proptest::collection::vec(0..5_usize, 8), prop::bool::weighted(0.8)),
        0..3,
    );
    let names = proptest::collection::vec(0..6_u8, 40);
    (leaves, higher, names)
        .prop_map(move |(leaves, higher, names)| build(side, &leaves, &higher, &names))
}

fn build(
    side: &str,
    leaves: &[Option<usize>],
    higher: &[(Vec<usize>, bool)],
    names: &[u8],
) -> Forest {
    // Some ids of parents are those of the other tree as well.
    let id = |level: usize, slot: usize| {
        if slot.is_multiple_of(2) {
            format!("{level}.{slot}")
        } else {
            format!("{side}{level}.{slot}")
        }
    };
    let mut nodes = Vec::new();
    let mut wanted = BTreeSet::new();
    for (leaf, slot) in leaves.iter().enumerate() {
        // The last slot is none: such a leaf is a root.
        let Some(slot) = *slot else { continue };
        let parent = (slot < 6).then(|| id(1, slot));
        parent.is_some().then(|| wanted.insert(slot));
        let size = leaf as u64 % 4;
        let name = format!("leaf {}", names[leaf].min(4));
        nodes.push(ForestNode {
            id: format!("leaf-{leaf}"),
            name,
            parent,
            size,
            ..ForestNode::default()
        });
    }
    let mut level = 1;
    loop {
        let next = higher.get(level - 1);
        let mut above = BTreeSet::new();
        for &slot in &wanted {
            let up = next.filter(|(_, all)| *all || slot > 1).map(|(to, _)| to[slot]);
            up.map(|up| above.insert(up));
            let (parent, name) =
                (up.map(|up| id(level + 1, up)), format!("name {}", names[30 + slot]));
            nodes.push(ForestNode { id: id(level, slot), name, parent, ..ForestNode::default() });
        }
        if above.is_empty() {
            break;
        }
        (wanted, level) = (above, level + 1);
    }
    Forest::new(nodes).unwrap_or_else(|problem| unreachable!("{problem}"))
}

fn base(forest: &Forest) -> BTreeSet<String> {
    let leaves = (0..forest.len()).filter(|&node| forest.is_leaf(node));
    leaves.map(|leaf| forest.id(leaf).to_owned()).collect()
}

fn below(forest: &Forest, node: usize) -> BTreeSet<String> {
    let leaves = (0..forest.len()).filter(|&leaf| forest.is_leaf(leaf));
    let under = leaves.filter(|&leaf| forest.ancestors(leaf).contains(&node));
    under.map(|leaf| forest.id(leaf).to_owned()).collect()
}

fn id(node: &Option<NamedNode>) -> Option<&str> {
    node.as_ref().map(|node| node.id.as_str())
}

type Moves<'a> = BTreeMap<&'a str, (Option<&'a str>, Option<&'a str>, bool)>;

fn moves(of: &[MovedNode], back: bool) -> Moves<'_> {
    of.iter()
        .map(|m| {
            let (from, to) = if back { (&m.to, &m.from) } else { (&m.from, &m.to) };
            (m.node.id.as_str(), (id(from), id(to), m.told))
        })
        .collect()
}

fn spreads(of: &[NodeSpread]) -> BTreeMap<&str, Vec<(&str, usize)>> {
    of.iter()
        .map(|spread| {
            let parts = spread.parts.iter().map(|part| (part.node.id.as_str(), part.shared));
            (spread.node.id.as_str(), parts.collect())
        })
        .collect()
}

fn pairs(found: &Diff, back: bool) -> BTreeSet<(&str, &str, bool)> {
    let kept = found.parents.kept.iter().map(|pair| (pair, true));
    kept.chain(found.parents.renamed.iter().map(|pair| (pair, false)))
        .map(|(pair, kept)| {
            let (a, b) = if back { (&pair.b, &pair.a) } else { (&pair.a, &pair.b) };
            (a.id.as_str(), b.id.as_str(), kept)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_tree_is_the_same_as_itself(a in tree("a")) {
        let found = diff(&a, &a);
        prop_assert!(found.same, "{found:#?}");
        let parents = (0..a.len()).filter(|&node| !a.is_leaf(node)).count();
        prop_assert_eq!(found.parents.kept.len(), parents);
        prop_assert!(found.parents.kept.iter().all(|pair| pair.a.id == pair.b.id));
    }

    #[test]
    fn every_base_cluster_is_told_of_once(a in tree("a"), b in tree("b")) {
        let found = diff(&a, &b).base;
        let (in_a, in_b) = (base(&a), base(&b));
        let ids = |list: &[crate::Single]| -> BTreeSet<String> {
            list.iter().map(|single| single.node.id.clone()).collect()
        };
        prop_assert_eq!(ids(&found.gone), in_a.difference(&in_b).cloned().collect());
        prop_assert_eq!(ids(&found.new), in_b.difference(&in_a).cloned().collect());
        let moved: BTreeSet<String> = found.moved.iter().map(|m| m.node.id.clone()).collect();
        prop_assert_eq!(moved.len(), found.moved.len());
        let both: BTreeSet<String> = in_a.intersection(&in_b).cloned().collect();
        prop_assert!(moved.is_subset(&both));
        prop_assert_eq!((found.in_both, found.stayed), (both.len(), both.len() - moved.len()));
        prop_assert_eq!((found.in_a, found.in_b), (in_a.len(), in_b.len()));
    }

    #[test]
    fn every_parent_is_told_of(a in tree("a"), b in tree("b")) {
        let found = diff(&a, &b).parents;
        let parts = |list: &[NodeSpread]| -> Vec<String> {
            list.iter().flat_map(|s| s.parts.iter().map(|part| part.node.id.clone())).collect()
        };
        let own = |list: &[NodeSpread]| -> Vec<String> {
            list.iter().map(|spread| spread.node.id.clone()).collect()
        };
        let mut told = [own(&found.split), own(&found.gone), parts(&found.merged)].concat();
        let matched = found.kept.iter().chain(&found.renamed);
        told.extend(matched.map(|pair| pair.a.id.clone()));
        let told: BTreeSet<String> = told.into_iter().collect();
        let parents = (0..a.len()).filter(|&node| !a.is_leaf(node));
        prop_assert_eq!(told, parents.map(|node| a.id(node).to_owned()).collect());
        let of_gone: BTreeSet<String> = own(&found.gone).into_iter().collect();
        prop_assert!(found.kept.iter().chain(&found.renamed).all(|pair| !of_gone.contains(&pair.a.id)));
    }

    #[test]
    fn the_matching_is_one_to_one_by_most_of_both_and_keeps_above_above(a in tree("a"), b in tree("b")) {
        let matching = matches(&a, &b);
        let (in_a, in_b) = (base(&a), base(&b));
        let both: BTreeSet<String> = in_a.intersection(&in_b).cloned().collect();
        let shared = |forest: &Forest, node| -> BTreeSet<String> {
            below(forest, node).intersection(&both).cloned().collect()
        };
        let (mut of_a, mut of_b) = (BTreeSet::new(), BTreeSet::new());
        for pair in &matching.pairs {
            prop_assert!(of_a.insert(pair.a) && of_b.insert(pair.b));
            prop_assert_eq!(matching.of_a(pair.a), Some(pair));
            prop_assert_eq!(matching.of_b(pair.b), Some(pair));
            let (x, y) = (shared(&a, pair.a), shared(&b, pair.b));
            prop_assert_eq!(pair.overlap.shared, x.intersection(&y).count());
            prop_assert_eq!((pair.overlap.in_a, pair.overlap.in_b), (x.len(), y.len()));
            prop_assert_eq!(pair.overlap.all_in_a, below(&a, pair.a).len());
            prop_assert!(2 * x.intersection(&y).count() > x.union(&y).count());
            for other in &matching.pairs {
                let over = a.ancestors(pair.a).contains(&other.a);
                prop_assert!(!(over && b.ancestors(other.b).contains(&pair.b)));
            }
        }
        // Nothing that could be matched is left over, unless that turned the tree upside down.
        let parents = |forest: &Forest| -> Vec<usize> {
            (0..forest.len()).filter(|&node| !forest.is_leaf(node)).collect()
        };
        for x in parents(&a).into_iter().filter(|x| !of_a.contains(x)) {
            for y in parents(&b).into_iter().filter(|y| !of_b.contains(y)) {
                let (s, t) = (shared(&a, x), shared(&b, y));
                if 2 * s.intersection(&t).count() > s.union(&t).count() {
                    let crossed = matching.pairs.iter().any(|pair| {
                        (a.ancestors(x).contains(&pair.a) && b.ancestors(pair.b).contains(&y))
                            || (b.ancestors(y).contains(&pair.b) && a.ancestors(pair.a).contains(&x))
                    });
                    prop_assert!(crossed, "{} and {}", a.id(x), b.id(y));
                }
            }
        }
    }

    #[test]
    fn the_other_way_round_it_is_the_mirror_image(a in tree("a"), b in tree("b")) {
        let (there, back) = (diff(&a, &b), diff(&b, &a));
        prop_assert_eq!(pairs(&there, false), pairs(&back, true));
        prop_assert_eq!(moves(&there.base.moved, false), moves(&back.base.moved, true));
        prop_assert_eq!(spreads(&there.parents.split), spreads(&back.parents.merged));
        prop_assert_eq!(spreads(&there.parents.merged), spreads(&back.parents.split));
        prop_assert_eq!(spreads(&there.parents.gone), spreads(&back.parents.new));
        prop_assert_eq!(spreads(&there.parents.new), spreads(&back.parents.gone));
        prop_assert_eq!(there.parents.moved.len(), back.parents.moved.len());
        prop_assert_eq!(&there.base.gone, &back.base.new);
        prop_assert_eq!(there.base.stayed, back.base.stayed);
        prop_assert_eq!(there.same, back.same);
    }
}
