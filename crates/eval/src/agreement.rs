//! A forest against a truth.

use cladus_core::forest::Forest;
use serde::Serialize;

use crate::cuts::{ancestors, cuts};

use crate::pairs::{PairItem, dendrogram_purity, depths};
use crate::partitions::{Similarity, compare};
use crate::truth::Truth;

/// How a forest agrees with a truth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TruthAgreement {
    /// One number to sort by; the parts say more.
    pub overall: f64,
    /// Items of the truth.
    pub items: usize,
    /// Those of them that the forest lacks.
    pub missing: usize,
    /// The roots against the top classes.
    pub top: Similarity,
    /// The number of top classes.
    pub top_classes: usize,
    /// Every level of the truth that has several classes.
    pub levels: Vec<LevelScore>,
    /// Rank correlation of how deep two items part.
    pub spearman: f64,
    /// Agreement on which of two items is nearer to a third, −1 to 1.
    pub triplets: Option<f64>,
    /// Top classes in several places.
    pub spillover: Spillover,
}

/// One level of the truth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelScore {
    /// From 1, the top.
    pub level: usize,
    /// How many classes there are.
    pub classes: usize,
    /// How many items have one.
    pub items: usize,
    /// The cut with the most adjusted mutual information.
    pub best: String,
    /// And how much that is.
    pub best_ami: f64,
    /// The largest V-measure of a cut.
    pub best_v: f64,
    /// Dendrogram purity, where two classes have pairs.
    pub dendrogram: Option<Purity>,
    /// Every cut.
    pub cuts: Vec<CutScore>,
}

/// Dendrogram purity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Purity {
    /// As it is.
    pub purity: f64,
    /// What a tree of one node has.
    pub one_node: f64,
    /// With that at 0.
    pub adjusted: f64,
}

/// A cut against a level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CutScore {
    /// D1 for the roots and so on down, H1 for the parents of the items and so on up.
    pub cut: String,
    /// What it shares with the level.
    #[serde(flatten)]
    pub similarity: Similarity,
}

/// Top classes in several places.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spillover {
    /// Top classes with items under several roots.
    pub classes: usize,
    /// The share of items outside the root that holds most of their top class.
    pub items: f64,
}

/// From so many items on, the second level counts.
const ENOUGH: usize = 50;

/// Compares `forest` with `truth`; `None` where the truth has fewer than two top classes or the forest
/// fewer than three of its items.
pub fn agreement(forest: &Forest, truth: &Truth) -> Option<TruthAgreement> {
    let missing = truth.ids.iter().filter(|id| forest.find(id).is_none()).count();
    let above = ancestors(forest, truth);
    let cuts = cuts(&above);
    let items: Vec<PairItem> = truth
        .paths
        .iter()
        .zip(&above)
        .map(|(classes, ancestors)| PairItem { classes, ancestors })
        .collect();
    if items.len() - missing < 3 {
        return None;
    }
    let levels: Vec<LevelScore> =
        (0..truth.levels()).filter_map(|level| score(level, &items, &cuts)).collect();
    let first = levels.first().filter(|level| level.level == 1)?;
    let top = first.cuts.first()?.similarity;
    let found = depths(&items);
    let second = levels.iter().find(|level| level.level == 2 && level.items >= ENOUGH);
    let parts = [
        Some(top.ami),
        Some(first.best_ami),
        second.map(|level| level.best_ami),
        first.dendrogram.map(|purity| purity.adjusted),
        found.triplets,
    ];
    let parts: Vec<f64> = parts.into_iter().flatten().map(|part| part.max(0.0)).collect();
    Some(TruthAgreement {
        overall: parts.iter().sum::<f64>() / parts.len() as f64,
        items: items.len(),
        missing,
        top,
        top_classes: first.classes,
        spillover: spillover(&items, top),
        spearman: found.spearman,
        triplets: found.triplets,
        levels,
    })
}

fn score(level: usize, items: &[PairItem], cuts: &[crate::cuts::Cut]) -> Option<LevelScore> {
    let deep: Vec<usize> = (0..items.len()).filter(|&i| items[i].classes.len() > level).collect();
    let classes: Vec<u32> = deep.iter().map(|&i| items[i].classes[level]).collect();
    let mut different = classes.clone();
    different.sort_unstable();
    different.dedup();
    if different.len() < 2 {
        return None;
    }
    let scores: Vec<CutScore> = cuts
        .iter()
        .map(|cut| {
            let clusters: Vec<u32> = deep.iter().map(|&i| cut.clusters[i]).collect();
            CutScore { cut: cut.name.clone(), similarity: compare(&classes, &clusters) }
        })
        .collect();
    // Of equals the first.
    let best = scores.iter().rev().max_by(|a, b| a.similarity.ami.total_cmp(&b.similarity.ami))?;
    let (best, best_ami) = (best.cut.clone(), best.similarity.ami);
    let best_v = scores.iter().map(|score| score.similarity.v).fold(0.0, f64::max);
    let dendrogram = dendrogram_purity(items, level).map(|(purity, one_node)| Purity {
        purity,
        one_node,
        adjusted: (purity - one_node) / (1.0 - one_node),
    });
    Some(LevelScore {
        level: level + 1,
        classes: different.len(),
        items: deep.len(),
        best,
        best_ami,
        best_v,
        dendrogram,
        cuts: scores,
    })
}

fn spillover(items: &[PairItem], top: Similarity) -> Spillover {
    let mut pairs: Vec<(u32, u32)> =
        items.iter().map(|item| (item.classes[0], item.ancestors[0])).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let classes = pairs.chunk_by(|a, b| a.0 == b.0).filter(|roots| roots.len() > 1).count();
    Spillover { classes, items: 1.0 - top.inverse_purity }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::forest;

    fn truth(rows: &[(&str, &str)]) -> Truth {
        Truth::new(
            rows.iter()
                .map(|(id, path)| ((*id).to_owned(), path.split('/').map(str::to_owned).collect())),
        )
    }

    const ROWS: [(&str, &str); 6] =
        [("a", "x/1"), ("b", "x/1"), ("c", "x/2"), ("d", "y/1"), ("e", "y/1"), ("f", "y")];

    #[test]
    fn the_truth_as_a_forest_is_perfect() {
        let forest = forest("x y x1<x x2<x y1<y a<x1 b<x1 c<x2 d<y1 e<y1 f<y").unwrap();
        let found = agreement(&forest, &truth(&ROWS)).unwrap();
        assert!((found.overall - 1.0).abs() < 1e-9, "{found:?}");
        assert_eq!((found.top_classes, found.missing, found.spillover.classes), (2, 0, 0));
        assert_eq!((found.levels.len(), found.levels[1].items), (2, 5));
    }

    #[test]
    fn leaving_items_out_does_not_pay() {
        let all = forest("x y a<x b<x c<x d<y e<y f<y").unwrap();
        let fewer = forest("x y a<x b<x c<x d<y").unwrap();
        let (all, fewer) =
            (agreement(&all, &truth(&ROWS)).unwrap(), agreement(&fewer, &truth(&ROWS)).unwrap());
        assert_eq!(fewer.missing, 2);
        assert!(fewer.overall < all.overall && fewer.top.ami < all.top.ami);
        assert_eq!(fewer.spillover.classes, 1);
        assert!((fewer.spillover.items - 2.0 / 6.0).abs() < 1e-9);
    }

    #[test]
    fn too_little_to_compare_is_no_score() {
        let one = forest("x a<x b<x c<x").unwrap();
        assert!(agreement(&one, &truth(&ROWS[..2])).is_none());
        assert!(agreement(&one, &truth(&[("a", "x"), ("b", "x"), ("c", "x")])).is_none());
    }
}
