//! Measures over pairs and triplets of items, counted by the ancestors that they share.

use std::collections::HashMap;

/// One item: its classes and its ancestors, the top first. Neither is empty.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PairItem<'a> {
    pub(crate) classes: &'a [u32],
    pub(crate) ancestors: &'a [u32],
}

fn pairs(count: usize) -> f64 {
    count as f64 * (count as f64 - 1.0) / 2.0
}

/// Dendrogram purity and that of a tree of one node, over the classes in the first place of
/// `items`' classes from `level` (0 the top); `None` where fewer than two have pairs.
pub(crate) fn dendrogram_purity(items: &[PairItem], level: usize) -> Option<(f64, f64)> {
    let items: Vec<&PairItem> = items.iter().filter(|item| item.classes.len() > level).collect();
    let mut sizes: HashMap<u32, usize> = HashMap::new();
    let mut under: HashMap<u32, usize> = HashMap::new();
    let mut of_class: HashMap<(u32, u32), usize> = HashMap::new();
    let mut above: HashMap<u32, Option<u32>> = HashMap::new();
    for item in &items {
        let class = item.classes[level];
        *sizes.entry(class).or_default() += 1;
        let mut parent = None;
        for &node in item.ancestors {
            *under.entry(node).or_default() += 1;
            *of_class.entry((node, class)).or_default() += 1;
            above.insert(node, parent);
            parent = Some(node);
        }
    }
    let mut classes: Vec<(u32, usize)> = sizes.into_iter().filter(|(_, size)| *size > 1).collect();
    if classes.len() < 2 {
        return None;
    }
    classes.sort_unstable();
    let n = items.len() as f64;
    let all: f64 = classes.iter().map(|(_, size)| pairs(*size)).sum();
    let one_node: f64 = classes.iter().map(|(_, size)| pairs(*size) * *size as f64 / n).sum();
    // Pairs meet at a node if they are under it and not both under the same child of it.
    let mut purity = one_node;
    let prior: HashMap<u32, f64> =
        classes.iter().map(|(class, size)| (*class, *size as f64 / n)).collect();
    let mut cells: Vec<((u32, u32), usize)> = of_class.iter().map(|(k, v)| (*k, *v)).collect();
    cells.sort_unstable();
    for ((node, class), count) in cells.into_iter().filter(|(_, count)| *count > 1) {
        let share = |node: u32| of_class[&(node, class)] as f64 / under[&node] as f64;
        let outside = above[&node].map_or(prior[&class], share);
        purity += pairs(count) * (share(node) - outside);
    }
    Some((purity / all, one_node / all))
}

/// Of pairs or of partners, how many share how many classes and ancestors: shape classes × ancestors.
struct SharedCounts {
    width: usize,
    counts: Vec<f64>,
}

impl SharedCounts {
    fn new(items: &[PairItem]) -> Self {
        let most = |length: fn(&PairItem) -> usize| items.iter().map(length).max().unwrap_or(0) + 1;
        let (height, width) = (most(|item| item.classes.len()), most(|item| item.ancestors.len()));
        Self { width, counts: vec![0.0; height * width] }
    }

    fn at(&mut self, classes: usize, ancestors: usize) -> &mut f64 {
        &mut self.counts[classes * self.width + ancestors]
    }

    /// From counts of what shares at least so much to counts of what shares exactly so much.
    fn exactly(mut self) -> Self {
        let height = self.counts.len() / self.width;
        for row in 0..height {
            for column in 0..self.width {
                let mut get = |row: usize, column: usize| {
                    if row < height && column < self.width { *self.at(row, column) } else { 0.0 }
                };
                let rest = get(row + 1, column) + get(row, column + 1) - get(row + 1, column + 1);
                *self.at(row, column) -= rest;
            }
        }
        self
    }

    /// Numbers of shared classes and ancestors, with their counts.
    fn cells(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        let width = self.width;
        let cell = move |(at, count): (usize, &f64)| (at / width, at % width, *count);
        self.counts.iter().enumerate().map(cell)
    }
}

/// How many items share the first so many classes and the first so many ancestors with another:
/// keyed by the last of each, `NONE` for none.
struct Groups(HashMap<(u32, u32), usize>);

const NONE: u32 = u32::MAX;

fn last(prefix: &[u32], length: usize) -> u32 {
    if length == 0 { NONE } else { prefix[length - 1] }
}

impl Groups {
    fn new(items: &[PairItem]) -> Self {
        let mut groups = HashMap::new();
        for item in items {
            for classes in 0..=item.classes.len() {
                for ancestors in 0..=item.ancestors.len() {
                    let key = (last(item.classes, classes), last(item.ancestors, ancestors));
                    *groups.entry(key).or_default() += 1;
                }
            }
        }
        Self(groups)
    }

    /// How many other items share at least so much with `item`; only of its top class, if `inside`.
    fn others(&self, item: &PairItem, classes: usize, ancestors: usize, inside: bool) -> f64 {
        let classes = if inside { classes.max(1) } else { classes };
        let key = (last(item.classes, classes), last(item.ancestors, ancestors));
        self.0.get(&key).map_or(0.0, |count| *count as f64 - 1.0)
    }
}

/// Items by top class, for all classes with company: the sizes, and the sum of them.
fn tops(items: &[PairItem]) -> (HashMap<u32, f64>, f64) {
    let mut sizes: HashMap<u32, f64> = HashMap::new();
    for item in items {
        *sizes.entry(item.classes[0]).or_default() += 1.0;
    }
    sizes.retain(|_, size| *size > 1.0);
    let sum = sizes.values().sum();
    (sizes, sum)
}

/// What is measured over pairs and triplets.
pub(crate) struct Depths {
    /// Rank correlation of how deep two items part; 0 where one side is always the same.
    pub(crate) spearman: f64,
    /// Triplets on which forest and truth agree, less those on which they do not; `None` where the
    /// truth says nothing.
    pub(crate) triplets: Option<f64>,
}

/// Compares where items part.
pub(crate) fn depths(items: &[PairItem]) -> Depths {
    let groups = Groups::new(items);
    let (tops, inside) = tops(items);
    let n = items.len() as f64;
    let mut joint = SharedCounts::new(items);
    let (mut agree, mut informative) = (0.0, 0.0);
    for item in items {
        let top = tops.get(&item.classes[0]).copied();
        let (mut anywhere, mut within) = (SharedCounts::new(items), SharedCounts::new(items));
        for classes in 0..=item.classes.len() {
            for ancestors in 0..=item.ancestors.len() {
                *anywhere.at(classes, ancestors) = groups.others(item, classes, ancestors, false);
                *within.at(classes, ancestors) = groups.others(item, classes, ancestors, true);
            }
        }
        let (anywhere, within) = (anywhere.exactly(), within.exactly());
        for ((all, of_top), joint) in
            anywhere.counts.iter().zip(&within.counts).zip(&mut joint.counts)
        {
            *joint += all / (n * (n - 1.0)) / 2.0;
            if let Some(size) = top {
                // A top class by its size, then a pair of it.
                *joint += of_top / (inside * (size - 1.0)) / 2.0;
            }
        }
        if let Some(size) = top {
            let mut partners = anywhere;
            for (all, of_top) in partners.counts.iter_mut().zip(&within.counts) {
                *all = *all / n / 2.0 + of_top / size / 2.0;
            }
            let cells: Vec<_> = partners.cells().filter(|(.., weight)| *weight > 0.0).collect();
            for (a, b, one) in &cells {
                for (c, d, other) in cells.iter().filter(|(c, ..)| c < a) {
                    let weight = one * other;
                    informative += weight;
                    agree += match b.cmp(d) {
                        std::cmp::Ordering::Greater => weight,
                        std::cmp::Ordering::Equal => 0.0,
                        std::cmp::Ordering::Less => -weight,
                    };
                    debug_assert!(c < a);
                }
            }
        }
    }
    Depths {
        spearman: spearman(&joint),
        triplets: (informative > 0.0).then(|| agree / informative),
    }
}

/// The correlation of the ranks of two numbers of which `joint` counts the combinations.
fn spearman(joint: &SharedCounts) -> f64 {
    let height = joint.counts.len() / joint.width;
    let (mut rows, mut columns) = (vec![0.0; height], vec![0.0; joint.width]);
    for (row, column, weight) in joint.cells() {
        rows[row] += weight;
        columns[column] += weight;
    }
    let total: f64 = rows.iter().sum();
    // Ranks of equals are the mean of their places.
    let ranks = |weights: &[f64]| -> Vec<f64> {
        let mut below = 0.0;
        let rank = |weight: &f64| {
            below += weight;
            below - weight / 2.0 - total / 2.0
        };
        weights.iter().map(rank).collect()
    };
    let (x, y) = (ranks(&rows), ranks(&columns));
    let spread = |ranks: &[f64], weights: &[f64]| -> f64 {
        ranks.iter().zip(weights).map(|(rank, weight)| weight * rank * rank).sum()
    };
    let covariance: f64 =
        joint.cells().map(|(row, column, weight)| weight * x[row] * y[column]).sum();
    let scale = (spread(&x, &rows) * spread(&y, &columns)).sqrt();
    // Of only one value on one side, rounding is left.
    if scale <= 1e-12 * total.powi(3) { 0.0 } else { covariance / scale }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shared(a: &[u32], b: &[u32]) -> usize {
        a.iter().zip(b).take_while(|(a, b)| a == b).count()
    }

    /// Paths whose parts stand for all that is above them, too.
    fn paths(choices: &[Vec<u8>]) -> Vec<Vec<u32>> {
        let path = |choice: &Vec<u8>| {
            let step = |above: &mut u32, next: &u8| {
                *above = *above * 5 + u32::from(*next) + 1;
                Some(*above)
            };
            choice.iter().scan(0, step).collect()
        };
        choices.iter().map(path).collect()
    }

    /// By the definition: every pair, every triplet.
    fn by_hand(items: &[PairItem]) -> (Option<(f64, f64)>, Option<f64>) {
        let n = items.len();
        let (mut purity, mut one_node, mut count) = (0.0, 0.0, 0.0);
        let of = |i: usize| items.iter().filter(|x| x.classes[0] == items[i].classes[0]).count();
        for i in 0..n {
            for j in 0..i {
                if items[i].classes[0] != items[j].classes[0] {
                    continue;
                }
                count += 1.0;
                one_node += of(i) as f64 / n as f64;
                let depth = shared(items[i].ancestors, items[j].ancestors);
                let under: Vec<&PairItem> = items
                    .iter()
                    .filter(|x| shared(x.ancestors, items[i].ancestors) >= depth)
                    .collect();
                let own = under.iter().filter(|x| x.classes[0] == items[i].classes[0]).count();
                purity += own as f64 / under.len() as f64;
            }
        }
        let (mut agree, mut informative) = (0.0, 0.0);
        for i in (0..n).filter(|&i| of(i) > 1) {
            let weight = |j: usize| {
                let inside = items[j].classes[0] == items[i].classes[0];
                0.5 / n as f64 + if inside { 0.5 / of(i) as f64 } else { 0.0 }
            };
            for j in (0..n).filter(|&j| j != i) {
                for k in (0..n).filter(|&k| k != i && k != j) {
                    let truth = |x: usize| shared(items[i].classes, items[x].classes);
                    let tree = |x: usize| shared(items[i].ancestors, items[x].ancestors);
                    if truth(j) == truth(k) {
                        continue;
                    }
                    let weight = weight(j) * weight(k);
                    informative += weight;
                    if tree(j) != tree(k) {
                        let same = (truth(j) > truth(k)) == (tree(j) > tree(k));
                        agree += if same { weight } else { -weight };
                    }
                }
            }
        }
        let mut sizes: HashMap<u32, usize> = HashMap::new();
        items.iter().for_each(|item| *sizes.entry(item.classes[0]).or_default() += 1);
        let enough = sizes.values().filter(|size| **size > 1).count() >= 2;
        (
            enough.then(|| (purity / count, one_node / count)),
            (informative > 0.0).then(|| agree / informative),
        )
    }

    proptest! {
        #[test]
        fn counting_shared_ancestors_gives_what_looking_at_all_pairs_gives(
            items in prop::collection::vec(
                (prop::collection::vec(0_u8..3, 1..4), prop::collection::vec(0_u8..3, 1..4)),
                3..14,
            ),
        ) {
            let (classes, above): (Vec<_>, Vec<_>) = items.into_iter().unzip();
            let (classes, above) = (paths(&classes), paths(&above));
            let items: Vec<PairItem> = classes
                .iter()
                .zip(&above)
                .map(|(classes, ancestors)| PairItem { classes, ancestors })
                .collect();
            let (purity, triplets) = by_hand(&items);
            let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-9,
                (a, b) => a.is_none() && b.is_none(),
            };
            let found = dendrogram_purity(&items, 0);
            prop_assert!(near(found.map(|f| f.0), purity.map(|f| f.0)), "{found:?} {purity:?}");
            prop_assert!(near(found.map(|f| f.1), purity.map(|f| f.1)));
            let found = depths(&items);
            prop_assert!(near(found.triplets, triplets), "{:?} {triplets:?}", found.triplets);
            prop_assert!((-1.0 - 1e-9..=1.0 + 1e-9).contains(&found.spearman));
        }
    }

    #[test]
    fn the_truth_itself_is_perfect_and_one_node_says_nothing() {
        let classes = paths(&[vec![0, 0], vec![0, 1], vec![1], vec![1, 0], vec![0, 0], vec![1, 0]]);
        let same: Vec<PairItem> =
            classes.iter().map(|classes| PairItem { classes, ancestors: classes }).collect();
        let found = depths(&same);
        assert!((found.spearman - 1.0).abs() < 1e-9 && found.triplets == Some(1.0));
        assert_eq!(dendrogram_purity(&same, 0).unwrap().0, 1.0);
        let one: Vec<PairItem> =
            classes.iter().map(|classes| PairItem { classes, ancestors: &[7] }).collect();
        let found = depths(&one);
        assert_eq!((found.spearman, found.triplets), (0.0, Some(0.0)));
        let (purity, one_node) = dendrogram_purity(&one, 0).unwrap();
        assert!((purity - one_node).abs() < 1e-12);
    }
}
