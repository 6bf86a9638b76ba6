//! Where the base clusters of one tree's parents are in the other.

use cladus_core::forest::Forest;

use crate::shared::Side;

/// A part of a parent: a parent of the other tree, and how many shared base clusters both hold.
pub(crate) type SharedParts = Vec<(usize, usize)>;

/// One tree seen from the other.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) from: &'a Side,
    pub(crate) to: &'a Side,
    pub(crate) other: &'a Forest,
    /// Every shared leaf as a node of the other tree.
    pub(crate) leaves: &'a [usize],
}

impl View<'_> {
    /// For each of `parents`, given with the height it is compared at, its parts, the largest first.
    pub(crate) fn parts(&self, parents: &[(usize, usize)]) -> Vec<SharedParts> {
        let mut by_height: Vec<usize> = (0..parents.len()).collect();
        by_height.sort_by_key(|&i| parents[i].1);
        let order = self.other.top_down();
        let mut found = vec![Vec::new(); parents.len()];
        let mut at: Option<(usize, Vec<usize>)> = None;
        for i in by_height {
            let (parent, height) = parents[i];
            if at.as_ref().is_none_or(|(of, _)| *of != height) {
                at = Some((height, self.holders(&order, height)));
            }
            if let Some((_, holders)) = &at {
                found[i] = self.count(parent, holders);
            }
        }
        found
    }

    /// For every node of the other tree its highest ancestor of at most this height; the node itself
    /// where there is none.
    fn holders(&self, top_down: &[usize], height: usize) -> Vec<usize> {
        let mut holder: Vec<usize> = (0..self.other.len()).collect();
        for &node in top_down {
            if let Some(parent) = self.other.parent(node)
                && self.to.height[holder[parent]] <= height
            {
                holder[node] = holder[parent];
            }
        }
        holder
    }

    fn count(&self, parent: usize, holders: &[usize]) -> SharedParts {
        let leaves = self.from.below(parent).iter().map(|&leaf| self.leaves[leaf as usize]);
        // A leaf below no such ancestor is with the parent above it, a root with nobody.
        let holder = |leaf: usize| match holders[leaf] {
            itself if itself == leaf => self.other.parent(leaf),
            holder => Some(holder),
        };
        let mut held: Vec<usize> = leaves.filter_map(holder).collect();
        held.sort_unstable();
        let runs = held.chunk_by(|x, y| x == y);
        let mut parts: SharedParts = runs.map(|run| (run[0], run.len())).collect();
        parts
            .sort_by(|x, y| y.1.cmp(&x.1).then_with(|| self.other.id(x.0).cmp(self.other.id(y.0))));
        parts
    }
}

/// The parts that a parent of `count` shared base clusters is split into, if it is.
pub(crate) fn split(parts: &[(usize, usize)], count: usize) -> Option<&[(usize, usize)]> {
    let notable = parts.iter().take_while(|(_, held)| *held >= 2 && 5 * held >= count).count();
    let held: usize = parts[..notable].iter().map(|(_, held)| held).sum();
    (notable >= 2 && 2 * held > count).then(|| &parts[..notable])
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_split_has_notable_parts_and_they_hold_most() {
        assert_eq!(split(&[(7, 6), (8, 4)], 10), Some(&[(7, 6), (8, 4)][..]));
        // The smaller one is less than a fifth, or a single base cluster.
        assert_eq!(split(&[(7, 9), (8, 2)], 11), None);
        assert_eq!(split(&[(7, 3), (8, 1)], 4), None);
        // Two fifths are not most; with a little more they are.
        assert_eq!(split(&[(7, 2), (8, 2), (9, 1)], 10), None);
        assert_eq!(split(&[(7, 4), (8, 2), (9, 1)], 10), Some(&[(7, 4), (8, 2)][..]));
        assert_eq!(split(&[], 0), None);
    }
}
