//! The order that everything else relies on: roots first, then level by level, each parent's children
//! side by side from the largest. In it the number of children of every node is the whole tree.

use std::fmt;

use crate::{Page, PageNode};

/// Why nodes are no tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeProblem {
    /// A parent that is not there.
    NoSuchParent(String),
    /// Some are their own ancestors.
    Circle,
}

impl fmt::Display for TreeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchParent(id) => write!(f, "the parent of {id:?} is not there"),
            Self::Circle => f.write_str("some clusters are their own ancestors"),
        }
    }
}

impl std::error::Error for TreeProblem {}

/// A page's nodes in order.
#[derive(Debug)]
pub(crate) struct OrderedNodes<'a> {
    pub(crate) page: &'a Page,
    /// The node at each place.
    pub(crate) node: Vec<usize>,
    /// The place of each node.
    pub(crate) place: Vec<usize>,
    /// By place: how many children.
    pub(crate) children: Vec<usize>,
    /// By place: where its children begin, whether it has any or not; one more at the end.
    pub(crate) first: Vec<usize>,
    /// By place.
    pub(crate) parent: Vec<Option<usize>>,
    /// By place: levels above it.
    pub(crate) depth: Vec<usize>,
    pub(crate) roots: usize,
}

impl<'a> OrderedNodes<'a> {
    pub(crate) fn of(page: &'a Page) -> Result<Self, TreeProblem> {
        let nodes = &page.nodes;
        let mut below = vec![Vec::new(); nodes.len()];
        let mut order = Vec::with_capacity(nodes.len());
        for (at, node) in nodes.iter().enumerate() {
            match node.parent {
                None => order.push(at),
                Some(parent) => match below.get_mut(parent) {
                    Some(below) => below.push(at),
                    None => return Err(TreeProblem::NoSuchParent(node.id.clone())),
                },
            }
        }
        let by_size = |a: &usize, b: &usize| {
            let (a, b) = (&nodes[*a], &nodes[*b]);
            b.size.cmp(&a.size).then_with(|| a.id.cmp(&b.id))
        };
        order.sort_by(by_size);
        let roots = order.len();
        let mut parent = vec![None; roots];
        let mut depth = vec![0; roots];
        let mut first = Vec::with_capacity(nodes.len() + 1);
        let mut next = 0;
        while let Some(&at) = order.get(next) {
            first.push(order.len());
            below[at].sort_by(by_size);
            order.extend(&below[at]);
            parent.resize(order.len(), Some(next));
            depth.resize(order.len(), depth[next] + 1);
            next += 1;
        }
        if order.len() < nodes.len() {
            return Err(TreeProblem::Circle);
        }
        first.push(order.len());
        let mut place = vec![0; order.len()];
        for (to, &from) in order.iter().enumerate() {
            place[from] = to;
        }
        let children = first.windows(2).map(|two| two[1] - two[0]).collect();
        Ok(Self { page, node: order, place, children, first, parent, depth, roots })
    }

    pub(crate) fn len(&self) -> usize {
        self.node.len()
    }

    /// The node at a place.
    pub(crate) fn at(&self, place: usize) -> &'a PageNode {
        &self.page.nodes[self.node[place]]
    }

    /// All nodes, by place.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &'a PageNode> {
        self.node.iter().map(|&node| &self.page.nodes[node])
    }

    /// The places of a node's children.
    pub(crate) fn below(&self, place: usize) -> std::ops::Range<usize> {
        self.first[place]..self.first[place + 1]
    }

    /// Items in the whole tree.
    pub(crate) fn total(&self) -> u64 {
        (0..self.roots).map(|root| self.at(root).size).sum()
    }

    /// Base clusters below every node, or 1 for itself.
    pub(crate) fn leaves(&self) -> Vec<u64> {
        let mut leaves = vec![0; self.len()];
        for place in (0..self.len()).rev() {
            if self.children[place] == 0 {
                leaves[place] = 1;
            }
            if let Some(parent) = self.parent[place] {
                leaves[parent] += leaves[place];
            }
        }
        leaves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, parent: Option<usize>, size: u64) -> PageNode {
        PageNode { id: id.to_owned(), parent, size, ..PageNode::default() }
    }

    #[test]
    fn children_stand_side_by_side_the_largest_first() {
        let nodes = vec![
            node("b1", Some(2), 1),
            node("a", None, 3),
            node("b", None, 9),
            node("a1", Some(1), 3),
            node("b2", Some(2), 8),
        ];
        let page = Page { nodes, ..Page::default() };
        let ordered = OrderedNodes::of(&page).unwrap();
        let ids: Vec<&str> = ordered.nodes().map(|node| node.id.as_str()).collect();
        assert_eq!(ids, ["b", "a", "b2", "b1", "a1"]);
        assert_eq!(ordered.children, [2, 1, 0, 0, 0]);
        assert_eq!((ordered.below(0), ordered.below(1), ordered.below(4)), (2..4, 4..5, 5..5));
        assert_eq!(ordered.parent[4], Some(1));
        assert_eq!((ordered.leaves(), ordered.total()), (vec![2, 1, 1, 1, 1], 12));
    }

    #[test]
    fn what_is_no_tree_is_told() {
        let circle = vec![node("a", Some(1), 1), node("b", Some(0), 1)];
        let page = Page { nodes: circle, ..Page::default() };
        assert_eq!(OrderedNodes::of(&page).unwrap_err(), TreeProblem::Circle);
        let page = Page { nodes: vec![node("a", Some(7), 1)], ..Page::default() };
        assert_eq!(OrderedNodes::of(&page).unwrap_err(), TreeProblem::NoSuchParent("a".to_owned()));
    }
}
