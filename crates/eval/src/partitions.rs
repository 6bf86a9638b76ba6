//! How much two partitions of the same items agree.

use std::collections::HashMap;

use serde::Serialize;

/// How much clusters agree with classes; the crate says what the numbers mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Similarity {
    /// The number of clusters.
    pub clusters: usize,
    /// Adjusted mutual information.
    pub ami: f64,
    /// Adjusted Rand index.
    pub ari: f64,
    /// V-measure, the harmonic mean of the two that follow.
    pub v: f64,
    /// Every cluster is of one class.
    pub homogeneity: f64,
    /// Every class is in one cluster.
    pub completeness: f64,
    /// The share of items in their cluster's majority class.
    pub purity: f64,
    /// The share of items in their class's majority cluster.
    pub inverse_purity: f64,
}

/// Compares `clusters` with `classes`, both of the same items in the same order.
pub fn compare(classes: &[u32], clusters: &[u32]) -> Similarity {
    let table = ContingencyTable::new(classes, clusters);
    let (h, k) = (entropy(&table.classes), entropy(&table.clusters));
    let mutual = table.mutual_information();
    let homogeneity = if h == 0.0 { 1.0 } else { mutual / h };
    let completeness = if k == 0.0 { 1.0 } else { mutual / k };
    let both = homogeneity + completeness;
    let n = table.n.max(1) as f64;
    Similarity {
        clusters: table.clusters.len(),
        ami: table.adjusted(mutual, f64::midpoint(h, k)),
        ari: table.rand(),
        v: if both == 0.0 { 0.0 } else { 2.0 * homogeneity * completeness / both },
        homogeneity,
        completeness,
        purity: table.largest_of(table.clusters.len(), |(_, cluster)| cluster) as f64 / n,
        inverse_purity: table.largest_of(table.classes.len(), |(class, _)| class) as f64 / n,
    }
}

/// How many items of each class are in each cluster, where there are any.
struct ContingencyTable {
    n: usize,
    classes: Vec<usize>,
    clusters: Vec<usize>,
    /// By class and cluster, ascending: sums of them must not depend on a hash.
    cells: Vec<((usize, usize), usize)>,
}

impl ContingencyTable {
    fn new(classes: &[u32], clusters: &[u32]) -> Self {
        let (mut class_of, mut cluster_of) = (HashMap::new(), HashMap::new());
        let mut cells: HashMap<(usize, usize), usize> = HashMap::new();
        let (mut class_sizes, mut cluster_sizes) = (Vec::new(), Vec::new());
        for (class, cluster) in classes.iter().zip(clusters) {
            let class = count(*class, &mut class_of, &mut class_sizes);
            let cluster = count(*cluster, &mut cluster_of, &mut cluster_sizes);
            *cells.entry((class, cluster)).or_default() += 1;
        }
        let mut cells: Vec<_> = cells.into_iter().collect();
        cells.sort_unstable();
        let n = classes.len().min(clusters.len());
        Self { n, classes: class_sizes, clusters: cluster_sizes, cells }
    }

    fn mutual_information(&self) -> f64 {
        let n = self.n as f64;
        let cell = |((class, cluster), count): &((usize, usize), usize)| {
            let (a, b) = (self.classes[*class] as f64, self.clusters[*cluster] as f64);
            let count = *count as f64;
            count / n * (count * n / (a * b)).ln()
        };
        // Rounding may leave less than nothing.
        self.cells.iter().map(cell).sum::<f64>().max(0.0)
    }

    fn adjusted(&self, mutual: f64, mean_entropy: f64) -> f64 {
        // Everything in one on both sides, or nothing at all.
        if self.classes.len() <= 1 && self.clusters.len() <= 1 {
            return 1.0;
        }
        let expected = self.expected_mutual_information();
        let room = mean_entropy - expected;
        let room = if room < 0.0 { room.min(-f64::EPSILON) } else { room.max(f64::EPSILON) };
        (mutual - expected) / room
    }

    /// The mean over all ways to deal the items out to clusters of these sizes (hypergeometric).
    fn expected_mutual_information(&self) -> f64 {
        let n = self.n;
        let mut ln_factorial = vec![0.0; n + 1];
        for i in 1..=n {
            ln_factorial[i] = ln_factorial[i - 1] + (i as f64).ln();
        }
        let f = &ln_factorial;
        let mut sum = 0.0;
        // Only sizes matter, and many are the same.
        for &(a, classes) in &multiplicities(&self.classes) {
            for &(b, clusters) in &multiplicities(&self.clusters) {
                let fixed = f[a] + f[b] + f[n - a] + f[n - b] - f[n];
                let mut cell = 0.0;
                for both in (a + b).saturating_sub(n).max(1)..=a.min(b) {
                    let chance =
                        (fixed - f[both] - f[a - both] - f[b - both] - f[n + both - a - b]).exp();
                    let information =
                        (both as f64 * n as f64 / (a as f64 * b as f64)).ln() * both as f64;
                    cell += information / n as f64 * chance;
                }
                sum += cell * (classes * clusters) as f64;
            }
        }
        sum
    }

    fn rand(&self) -> f64 {
        let pairs = |sizes: &mut dyn Iterator<Item = usize>| -> f64 {
            sizes.map(|size| size as f64 * (size as f64 - 1.0) / 2.0).sum()
        };
        let all = pairs(&mut std::iter::once(self.n));
        let together = pairs(&mut self.cells.iter().map(|(_, count)| *count));
        let (a, b) =
            (pairs(&mut self.classes.iter().copied()), pairs(&mut self.clusters.iter().copied()));
        let expected = if all == 0.0 { 0.0 } else { a * b / all };
        let most = f64::midpoint(a, b);
        // All in one, or all alone, on both sides.
        if (most - expected).abs() < f64::EPSILON {
            1.0
        } else {
            (together - expected) / (most - expected)
        }
    }

    /// The sum over rows (or columns) of their largest cell.
    fn largest_of(&self, rows: usize, row: impl Fn((usize, usize)) -> usize) -> usize {
        let mut largest = vec![0; rows];
        for (place, count) in &self.cells {
            let largest = &mut largest[row(*place)];
            *largest = (*largest).max(*count);
        }
        largest.iter().sum()
    }
}

/// Counts one more `key`; keys are numbered as they come.
fn count(key: u32, place: &mut HashMap<u32, usize>, sizes: &mut Vec<usize>) -> usize {
    let place = *place.entry(key).or_insert(sizes.len());
    if place == sizes.len() {
        sizes.push(0);
    }
    sizes[place] += 1;
    place
}

fn entropy(sizes: &[usize]) -> f64 {
    let n = sizes.iter().sum::<usize>() as f64;
    -sizes.iter().map(|&size| size as f64 / n * (size as f64 / n).ln()).sum::<f64>()
}

/// Every size, ascending, and how often there is it.
fn multiplicities(sizes: &[usize]) -> Vec<(usize, usize)> {
    let mut sizes = sizes.to_vec();
    sizes.sort_unstable();
    sizes.chunk_by(|a, b| a == b).map(|same| (same[0], same.len())).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-7, "{found} instead of {expected}");
    }

    #[test]
    fn numbers_are_those_of_scikit_learn() {
        // sklearn.metrics 1.9 on the same labels.
        let found = compare(&[0, 0, 1, 1, 1, 2, 2, 2, 2], &[0, 0, 0, 1, 1, 1, 2, 2, 3]);
        near(found.ami, 0.240_568);
        near(found.ari, 0.161_017);
        near(found.homogeneity, 0.6);
        near(found.completeness, 0.485_598);
        near(found.v, 0.536_771);
        near(found.purity, 7.0 / 9.0);
        near(found.inverse_purity, 6.0 / 9.0);
    }

    #[test]
    fn the_same_is_one_and_one_cluster_says_nothing() {
        let classes = [0, 0, 1, 1, 2];
        let same = compare(&classes, &[7, 7, 3, 3, 9]);
        near(same.ami, 1.0);
        near(same.ari, 1.0);
        near(same.v, 1.0);
        let one = compare(&classes, &[0; 5]);
        near(one.ami, 0.0);
        near(one.ari, 0.0);
        near(one.completeness, 1.0);
        near(one.homogeneity, 0.0);
        near(compare(&[4; 5], &[0; 5]).ami, 1.0);
    }

    proptest! {
        #[test]
        fn agreement_does_not_depend_on_names_or_order(
            items in prop::collection::vec((0_u32..5, 0_u32..6), 2..60),
        ) {
            let (classes, clusters): (Vec<u32>, Vec<u32>) = items.iter().copied().unzip();
            let found = compare(&classes, &clusters);
            prop_assert!(found.ami <= 1.0 + 1e-9 && found.ari <= 1.0 + 1e-9);
            prop_assert!((-1e-9..=1.0 + 1e-9).contains(&found.v));
            let other: (Vec<u32>, Vec<u32>) =
                items.iter().rev().map(|(class, cluster)| (9 - class, cluster * 3)).unzip();
            let again = compare(&other.0, &other.1);
            prop_assert!((found.ami - again.ami).abs() < 1e-9);
            prop_assert!((found.ari - again.ari).abs() < 1e-9);
            let swapped = compare(&clusters, &classes);
            prop_assert!((found.ami - swapped.ami).abs() < 1e-9);
            prop_assert!((found.homogeneity - swapped.completeness).abs() < 1e-9);
        }
    }
}
