//! The items that base clusters of both trees hold.

use std::collections::HashMap;

use super::BaseCluster;

/// How many items each pair of clusters shares, of those that both trees know.
pub(super) struct Items {
    /// Only pairs that share some.
    shared: HashMap<(usize, usize), usize>,
    /// How many of each cluster's items the other tree knows.
    known_a: Vec<usize>,
    known_b: Vec<usize>,
}

impl Items {
    pub(super) fn of(a: &[BaseCluster<'_>], b: &[BaseCluster<'_>]) -> Self {
        let mut holders: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, base) in b.iter().enumerate() {
            base.members.iter().for_each(|item| holders.entry(item).or_default().push(at));
        }
        let mut items =
            Self { shared: HashMap::new(), known_a: vec![0; a.len()], known_b: vec![0; b.len()] };
        let mut seen: HashMap<&str, bool> = holders.keys().map(|item| (*item, false)).collect();
        for (at, base) in a.iter().enumerate() {
            for item in base.members {
                let Some(there) = holders.get(item.as_str()) else { continue };
                items.known_a[at] += 1;
                there.iter().for_each(|&b| *items.shared.entry((at, b)).or_default() += 1);
                seen.insert(item, true);
            }
        }
        for (item, there) in &holders {
            if seen[item] {
                there.iter().for_each(|&b| items.known_b[b] += 1);
            }
        }
        items
    }

    fn shared(&self, a: usize, b: usize) -> usize {
        self.shared.get(&(a, b)).copied().unwrap_or(0)
    }

    /// Is most of the smaller one in both?
    pub(super) fn agree(&self, a: usize, b: usize) -> bool {
        2 * self.shared(a, b) > self.known_a[a].min(self.known_b[b])
    }

    /// Could they share items, and share next to none?
    pub(super) fn disagree(&self, a: usize, b: usize) -> bool {
        let both = self.known_a[a].min(self.known_b[b]);
        both > 0 && !self.agree(a, b)
    }

    /// All pairs that agree, the closest first.
    pub(super) fn overlaps(
        &self,
        a: &[BaseCluster<'_>],
        b: &[BaseCluster<'_>],
    ) -> Vec<(usize, usize)> {
        let union = |(x, y): (usize, usize)| {
            (self.known_a[x] + self.known_b[y]).saturating_sub(self.shared(x, y)) as u128
        };
        let agree = self.shared.keys().copied().filter(|&(x, y)| self.agree(x, y));
        let mut pairs: Vec<(usize, usize)> = agree.collect();
        pairs.sort_by(|&one, &two| {
            // By cross-multiplication: equal overlaps must be equal.
            let left = self.shared(one.0, one.1) as u128 * union(two);
            let right = self.shared(two.0, two.1) as u128 * union(one);
            right.cmp(&left).then_with(|| tie(a, b, one).cmp(&tie(a, b, two)))
        });
        pairs
    }
}

/// Which of equal pairs comes first, whichever tree is A.
pub(super) fn tie<'a>(
    a: &[BaseCluster<'a>],
    b: &[BaseCluster<'a>],
    (x, y): (usize, usize),
) -> (bool, u64, &'a str, &'a str) {
    let (one, two) = (&a[x], &b[y]);
    (one.name != two.name, one.size.abs_diff(two.size), one.id.min(two.id), one.id.max(two.id))
}
