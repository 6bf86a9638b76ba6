//! Who is above whom, by position: the one place that decides whether parents make a tree.

use std::collections::VecDeque;

/// The structure of a hierarchy; nodes go by their position, and siblings stand in the order of theirs.
#[derive(Debug, Clone, Default)]
pub struct Branches {
    parent: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
    roots: Vec<usize>,
}

/// A node that is its own ancestor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circle(pub usize);

impl Branches {
    /// The structure in which `parent[node]` is above `node`; `None` makes it a root.
    ///
    /// # Errors
    /// When parents form a circle.
    ///
    /// # Panics
    /// When a parent is not a position in `parent`.
    pub fn new(parent: Vec<Option<usize>>) -> Result<Self, Circle> {
        let mut children = vec![Vec::new(); parent.len()];
        let mut roots = Vec::new();
        for (node, parent) in parent.iter().enumerate() {
            match parent {
                Some(parent) => children[*parent].push(node),
                None => roots.push(node),
            }
        }
        let branches = Self { parent, children, roots };
        let mut lost = vec![true; branches.len()];
        branches.top_down().for_each(|node| lost[node] = false);
        match lost.iter().position(|lost| *lost) {
            Some(node) => Err(Circle(node)),
            None => Ok(branches),
        }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.parent.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.parent.is_empty()
    }

    /// A node's parent; `None` for roots.
    pub fn parent(&self, node: usize) -> Option<usize> {
        self.parent[node]
    }

    /// Direct children of a node.
    pub fn children(&self, node: usize) -> &[usize] {
        &self.children[node]
    }

    /// Nodes without a parent.
    pub fn roots(&self) -> &[usize] {
        &self.roots
    }

    /// Whether a node has no children.
    pub fn is_leaf(&self, node: usize) -> bool {
        self.children[node].is_empty()
    }

    /// Every node, level by level from the roots: parents come before their children.
    pub fn top_down(&self) -> impl Iterator<Item = usize> + use<'_> {
        self.below(&self.roots)
    }

    /// The nodes `from` and everything below them, level by level.
    pub fn below(&self, from: &[usize]) -> impl Iterator<Item = usize> + use<'_> {
        let mut queue: VecDeque<usize> = from.iter().copied().collect();
        std::iter::from_fn(move || {
            let node = queue.pop_front()?;
            queue.extend(&self.children[node]);
            Some(node)
        })
    }

    /// A node's parent, the parent's parent, and so on to the root.
    pub fn upward(&self, node: usize) -> impl Iterator<Item = usize> + use<'_> {
        std::iter::successors(self.parent[node], |&node| self.parent[node])
    }

    /// A node's ancestors, the root first, without the node itself.
    pub fn ancestors(&self, node: usize) -> Vec<usize> {
        let mut above: Vec<usize> = self.upward(node).collect();
        above.reverse();
        above
    }

    /// Levels below each node; 0 for leaves.
    pub fn heights(&self) -> Vec<usize> {
        let mut heights = vec![0; self.len()];
        for node in self.bottom_up() {
            if let Some(parent) = self.parent[node] {
                heights[parent] = heights[parent].max(heights[node] + 1);
            }
        }
        heights
    }

    /// Leaves below each node; 1 for a leaf.
    pub fn leaf_counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.len()];
        for node in self.bottom_up() {
            if self.is_leaf(node) {
                counts[node] = 1;
            }
            if let Some(parent) = self.parent[node] {
                counts[parent] += counts[node];
            }
        }
        counts
    }

    /// Every node, children before their parents.
    fn bottom_up(&self) -> impl Iterator<Item = usize> {
        let order: Vec<usize> = self.top_down().collect();
        order.into_iter().rev()
    }

    /// With siblings ordered by `compare`, and nodes renumbered level by level from the roots: the new
    /// structure, and the former position of each of its nodes.
    #[must_use]
    pub fn in_order(
        mut self,
        mut compare: impl FnMut(&usize, &usize) -> std::cmp::Ordering,
    ) -> (Self, Vec<usize>) {
        self.roots.sort_by(&mut compare);
        self.children.iter_mut().for_each(|children| children.sort_by(&mut compare));
        let order: Vec<usize> = self.top_down().collect();
        let mut place = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            place[old] = new;
        }
        let renumber =
            |old: &[usize]| -> Vec<usize> { old.iter().map(|&old| place[old]).collect() };
        let ordered = Self {
            parent: order.iter().map(|&old| self.parent[old].map(|above| place[above])).collect(),
            children: order.iter().map(|&old| renumber(&self.children[old])).collect(),
            roots: renumber(&self.roots),
        };
        (ordered, order)
    }

    /// The parent of each node, and the children of each.
    pub fn into_parts(self) -> (Vec<Option<usize>>, Vec<Vec<usize>>) {
        (self.parent, self.children)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branches(parent: &[Option<usize>]) -> Branches {
        Branches::new(parent.to_vec()).unwrap()
    }

    #[test]
    fn a_node_of_a_circle_is_named() {
        let circle = Branches::new(vec![None, Some(2), Some(1), Some(0)]);
        assert_eq!(circle.unwrap_err(), Circle(1));
        assert_eq!(Branches::new(vec![Some(0)]).unwrap_err(), Circle(0));
        assert!(Branches::new(Vec::new()).unwrap().is_empty());
    }

    #[test]
    fn what_is_above_and_below_each_node() {
        // 0 is above 1 and 3, 1 above 2; 4 is a root by itself.
        let tree = branches(&[None, Some(0), Some(1), Some(0), None]);
        assert_eq!(tree.top_down().collect::<Vec<_>>(), [0, 4, 1, 3, 2]);
        assert_eq!(tree.below(&[1]).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(tree.ancestors(2), [0, 1]);
        assert_eq!(tree.heights(), [2, 1, 0, 0, 0]);
        assert_eq!(tree.leaf_counts(), [2, 1, 1, 1, 1]);
    }

    #[test]
    fn nodes_in_order_are_numbered_level_by_level() {
        let tree = branches(&[Some(3), Some(3), None, None]);
        let (ordered, former) = tree.in_order(|a, b| b.cmp(a));
        assert_eq!(former, [3, 2, 1, 0]);
        assert_eq!(ordered.roots(), [0, 1]);
        assert_eq!(ordered.children(0), [2, 3]);
        assert_eq!(ordered.parent(3), Some(0));
    }
}
