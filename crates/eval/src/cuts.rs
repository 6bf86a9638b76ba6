//! Partitions of the items by their ancestors.

use std::collections::{HashMap, HashSet};

use cladus_core::forest::Forest;

use crate::truth::Truth;

/// The ancestors of every item of a truth, the root first and at least one.
///
/// What the forest lacks, or has as a root, is a root of its own; such roots are numbered from the
/// number of the forest's nodes on.
pub(crate) fn ancestors(forest: &Forest, truth: &Truth) -> Vec<Vec<u32>> {
    let mut alone = forest.len();
    let mut chain = |id: &String| -> Vec<u32> {
        let above = forest.find(id).map_or_else(Vec::new, |node| forest.ancestors(node));
        if above.is_empty() {
            alone += 1;
            return vec![(alone - 1) as u32];
        }
        above.into_iter().map(|node| node as u32).collect()
    };
    truth.ids.iter().map(&mut chain).collect()
}

/// A cut: where it is, and each item's cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    /// D1 for the roots and so on down, H1 for the parents of the items and so on up.
    pub(crate) name: String,
    pub(crate) clusters: Vec<u32>,
}

/// Every cut of the items with these ancestors that is another partition than those before.
pub(crate) fn cuts(ancestors: &[Vec<u32>]) -> Vec<Cut> {
    let depth = ancestors.iter().map(Vec::len).max().unwrap_or(0);
    let down = (1..=depth).map(|d| {
        let of = |above: &Vec<u32>| above[d.min(above.len()) - 1];
        Cut { name: format!("D{d}"), clusters: ancestors.iter().map(of).collect() }
    });
    let up = (1..=depth).map(|h| {
        let of = |above: &Vec<u32>| above[above.len() - h.min(above.len())];
        Cut { name: format!("H{h}"), clusters: ancestors.iter().map(of).collect() }
    });
    let mut seen = HashSet::new();
    down.chain(up).filter(|cut| seen.insert(in_order(&cut.clusters))).collect()
}

/// The partition with its clusters numbered as they come.
fn in_order(clusters: &[u32]) -> Vec<u32> {
    let mut numbers: HashMap<u32, u32> = HashMap::new();
    clusters
        .iter()
        .map(|cluster| {
            let next = numbers.len() as u32;
            *numbers.entry(*cluster).or_insert(next)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::forest;

    #[test]
    fn what_is_missing_is_a_root_of_its_own() {
        let forest = forest("r a<r x<a y<r z").unwrap();
        let row = |id: &str| (id.to_owned(), vec!["t".to_owned()]);
        let truth = Truth::new(["x", "y", "z", "gone"].map(row));
        // Ids ascending: gone, x, y, z.
        let above = ancestors(&forest, &truth);
        assert_eq!(above, [vec![5], vec![0, 1], vec![0], vec![6]]);
        let cuts = cuts(&above);
        let found: Vec<(&str, &[u32])> =
            cuts.iter().map(|cut| (cut.name.as_str(), cut.clusters.as_slice())).collect();
        // From below the same partitions come again.
        assert_eq!(found, [("D1", &[5, 0, 0, 6][..]), ("D2", &[5, 1, 0, 6])]);
    }
}
