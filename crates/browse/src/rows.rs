//! Which clusters are in sight: roots, and the children of all that is open.

use crate::tree::BrowsedTree;

/// The rows of a tree of which some nodes are open.
#[derive(Debug, Default)]
pub(crate) struct OpenRows {
    open: Vec<bool>,
    /// Node and depth, in the order in which they are shown.
    rows: Vec<(usize, usize)>,
}

impl OpenRows {
    /// Those of `tree`, of which those are open that `open` says.
    pub(crate) fn of(tree: &BrowsedTree, open: Vec<bool>) -> Self {
        let mut rows = Self { open, rows: Vec::new() };
        rows.renew(tree);
        rows
    }

    fn renew(&mut self, tree: &BrowsedTree) {
        self.rows.clear();
        let mut next: Vec<(usize, usize)> =
            tree.roots.iter().rev().map(|&root| (root, 0)).collect();
        while let Some((node, depth)) = next.pop() {
            self.rows.push((node, depth));
            if self.open[node] {
                next.extend(tree.children[node].iter().rev().map(|&child| (child, depth + 1)));
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Node and depth of a row.
    pub(crate) fn get(&self, row: usize) -> Option<(usize, usize)> {
        self.rows.get(row).copied()
    }

    pub(crate) fn is_open(&self, node: usize) -> bool {
        self.open[node]
    }

    /// The row of a node that is in sight.
    pub(crate) fn row_of(&self, node: usize) -> Option<usize> {
        self.rows.iter().position(|(other, _)| *other == node)
    }

    /// Opens those of `nodes` that are closed and have children, and says which they were.
    pub(crate) fn open(&mut self, tree: &BrowsedTree, nodes: &[usize]) -> Vec<usize> {
        let closed = |node: &usize| !self.open[*node] && !tree.is_leaf(*node);
        let opened: Vec<usize> = nodes.iter().copied().filter(closed).collect();
        self.set(tree, &opened, true);
        opened
    }

    pub(crate) fn close(&mut self, tree: &BrowsedTree, nodes: &[usize]) {
        self.set(tree, nodes, false);
    }

    fn set(&mut self, tree: &BrowsedTree, nodes: &[usize], open: bool) {
        if !nodes.is_empty() {
            nodes.iter().for_each(|&node| self.open[node] = open);
            self.renew(tree);
        }
    }
}
