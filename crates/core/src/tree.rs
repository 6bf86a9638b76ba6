//! The hierarchy as a tree in memory: putting it together, and walking it.

use std::collections::HashMap;
use std::path::Path;

use crate::artifact::{self, Artifact, Cluster, Node};
use crate::branches::Branches;
use crate::{Error, Result};

/// A hierarchy; nodes are numbered by their row.
#[derive(Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    branches: Branches,
}

impl Tree {
    /// Puts a hierarchy together from the base clusters and what each iteration made of them.
    ///
    /// # Errors
    /// When an iteration's parents claim a cluster that is not there, or one twice.
    pub fn assemble(base: Vec<Cluster>, iterations: Vec<Artifact<Vec<Cluster>>>) -> Result<Self> {
        let mut clusters = base;
        let mut place: HashMap<String, usize> =
            clusters.iter().enumerate().map(|(i, c)| (c.id.clone(), i)).collect();
        let mut parent: Vec<Option<usize>> = vec![None; clusters.len()];
        for iteration in iterations {
            for (row, cluster) in iteration.rows.into_iter().enumerate() {
                if place.contains_key(&cluster.id) {
                    // It moved up alone, as it is.
                    continue;
                }
                let new = clusters.len();
                for member in &cluster.members {
                    let problem = match place.get(member) {
                        Some(&child) if parent[child].is_none() => {
                            parent[child] = Some(new);
                            continue;
                        }
                        Some(_) => format!("cluster {member:?} already has a parent"),
                        None => format!("cluster {member:?} is in no earlier iteration"),
                    };
                    return Err(Error::value(&iteration.path, row, "members", problem));
                }
                place.insert(cluster.id.clone(), new);
                clusters.push(cluster);
                parent.push(None);
            }
        }
        let nodes = clusters.into_iter().map(|cluster| Node { cluster, parent_id: None }).collect();
        Self::of_parts(nodes, parent)
    }

    /// The hierarchy of `nodes`, each under its parent.
    ///
    /// # Errors
    /// When some are their own ancestors.
    pub fn of_parts(nodes: Vec<Node>, parent: Vec<Option<usize>>) -> Result<Self> {
        let branches = Branches::new(parent).map_err(|_| Error::Bug("a cycle".to_owned()))?;
        Ok(Self { nodes, branches }.in_order())
    }

    /// The hierarchy of nodes that name their parents.
    ///
    /// # Errors
    /// When some are their own ancestors.
    pub fn of_nodes(nodes: Vec<Node>) -> Result<Self> {
        let parent = parents_by_id(&nodes);
        Self::of_parts(nodes, parent)
    }

    /// This tree above a hierarchy that was there before: the base clusters are that one's roots, with
    /// all that is below them, and what is above counts its levels from there.
    ///
    /// # Errors
    /// When a base cluster is none of its roots.
    pub fn above(self, given: Vec<Node>, path: &Path) -> Result<Self> {
        let shift = given.iter().map(|node| node.cluster.level).max().unwrap_or(0);
        let mut roots: HashMap<String, Option<String>> = HashMap::new();
        let mut nodes = Vec::with_capacity(self.nodes.len() + given.len());
        for (at, mut node) in self.nodes.into_iter().enumerate() {
            if self.branches.is_leaf(at) {
                roots.insert(node.cluster.id, node.parent_id);
            } else {
                node.cluster.level = node.cluster.level.saturating_add(shift);
                nodes.push(node);
            }
        }
        for mut node in given {
            if node.parent_id.is_none() {
                node.parent_id = roots.remove(&node.cluster.id).ok_or_else(|| {
                    let problem = format!("its root {:?} is not a base cluster", node.cluster.id);
                    Error::damaged(path, problem)
                })?;
            }
            nodes.push(node);
        }
        match roots.keys().min() {
            Some(id) => {
                Err(Error::damaged(path, format!("has no root {id:?}, which is a base cluster")))
            }
            None => Self::of_nodes(nodes),
        }
    }

    /// Its nodes, the parent of each, and the children of each.
    pub fn into_parts(self) -> (Vec<Node>, Vec<Option<usize>>, Vec<Vec<usize>>) {
        let (parent, children) = self.branches.into_parts();
        (self.nodes, parent, children)
    }

    /// The hierarchy in a file, rows in its order.
    ///
    /// # Errors
    /// When its parents form a circle.
    pub fn of_hierarchy(hierarchy: Artifact<Vec<Node>>) -> Result<Self> {
        let branches = Branches::new(parents_by_id(&hierarchy.rows)).map_err(|_| {
            let problem = "column parent_id: some clusters are their own ancestors";
            Error::damaged(&hierarchy.path, problem)
        })?;
        Ok(Self { nodes: hierarchy.rows, branches })
    }

    /// Reads the hierarchy at `path`.
    ///
    /// # Errors
    /// When it cannot be read or is no tree.
    pub fn read(path: &Path) -> Result<Self> {
        Self::of_hierarchy(artifact::read_hierarchy(path)?)
    }

    /// Renumbers the nodes to the order `hierarchy` documents, and names every parent.
    fn in_order(self) -> Self {
        let Self { nodes: former, branches } = self;
        let (branches, order) = branches.in_order(|&a, &b| {
            let (a, b) = (&former[a].cluster, &former[b].cluster);
            b.size.cmp(&a.size).then_with(|| a.id.cmp(&b.id))
        });
        let ids: Vec<String> = order.iter().map(|&node| former[node].cluster.id.clone()).collect();
        let mut former: Vec<Option<Node>> = former.into_iter().map(Some).collect();
        let ordered = order.iter().filter_map(|&node| former[node].take());
        let nodes = ordered.enumerate().map(|(node, row)| Node {
            parent_id: branches.parent(node).map(|parent| ids[parent].clone()),
            ..row
        });
        Self { nodes: nodes.collect(), branches }
    }

    /// Every node, in the order of the rows.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The cluster of a node.
    pub fn cluster(&self, node: usize) -> &Cluster {
        &self.nodes[node].cluster
    }

    /// Nodes without a parent.
    pub fn roots(&self) -> &[usize] {
        self.branches.roots()
    }

    /// Direct children of a node.
    pub fn children(&self, node: usize) -> &[usize] {
        self.branches.children(node)
    }

    /// A node's parent, the parent's parent, and so on to the root.
    pub fn upward(&self, node: usize) -> impl Iterator<Item = usize> + use<'_> {
        self.branches.upward(node)
    }

    /// The node and its ancestors, from the root down.
    pub fn path(&self, node: usize) -> Vec<usize> {
        let mut path = self.branches.ancestors(node);
        path.push(node);
        path
    }

    /// The node (or nodes) and everything below, level by level.
    pub fn breadth_first(&self, from: &[usize]) -> impl Iterator<Item = usize> + use<'_> {
        self.branches.below(from)
    }

    /// Base clusters below a node (or itself).
    pub fn leaves(&self, node: usize) -> Vec<usize> {
        self.breadth_first(&[node]).filter(|&node| self.branches.is_leaf(node)).collect()
    }

    /// For every node the number of base clusters below it (or 1 for itself).
    pub fn leaf_counts(&self) -> Vec<u64> {
        self.branches.leaf_counts()
    }

    /// Levels below a node; 0 for a base cluster.
    pub fn height(&self, node: usize) -> usize {
        let mut deepest = 0;
        let mut layer = vec![node];
        while !layer.is_empty() {
            layer = layer.iter().flat_map(|&node| self.children(node)).copied().collect();
            deepest += usize::from(!layer.is_empty());
        }
        deepest
    }

    /// Items in the whole hierarchy.
    pub fn size(&self) -> u64 {
        self.roots().iter().map(|&root| self.cluster(root).size).sum()
    }

    /// Every ancestor with every descendant, each cluster with itself at depth 0.
    /// By nodes; a million clusters have several million pairs.
    pub fn closure(&self) -> Vec<(u32, u32, u8)> {
        let number = |node: usize| u32::try_from(node).unwrap_or(u32::MAX);
        let mut pairs: Vec<(u32, u32, u8)> = Vec::new();
        for node in 0..self.nodes.len() {
            let ancestors = std::iter::once(node).chain(self.branches.upward(node));
            pairs.extend(
                ancestors
                    .zip(0u8..=u8::MAX)
                    .map(|(ancestor, depth)| (number(ancestor), number(node), depth)),
            );
        }
        pairs.sort_unstable();
        pairs
    }

    /// The id of every node.
    pub fn ids(&self) -> Vec<&str> {
        self.nodes.iter().map(|node| node.cluster.id.as_str()).collect()
    }
}

/// The position of each node's parent; none where it is not among them.
fn parents_by_id(nodes: &[Node]) -> Vec<Option<usize>> {
    let place: HashMap<&str, usize> =
        nodes.iter().enumerate().map(|(row, node)| (node.cluster.id.as_str(), row)).collect();
    nodes.iter().map(|node| place.get(node.parent_id.as_deref()?).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(id: &str, members: &[&str], size: u64) -> Cluster {
        Cluster {
            id: id.to_owned(),
            name: id.to_owned(),
            description: String::new(),
            slug: id.to_owned(),
            level: 0,
            members: members.iter().map(|m| (*m).to_owned()).collect(),
            size,
        }
    }

    fn iteration(clusters: Vec<Cluster>) -> Artifact<Vec<Cluster>> {
        Artifact::new(Path::new("parents.parquet"), clusters)
    }

    #[test]
    fn a_cluster_that_moved_up_alone_is_not_its_own_parent() {
        let base = vec![cluster("a", &[], 1), cluster("b", &[], 2), cluster("c", &[], 4)];
        let first = iteration(vec![cluster("ab", &["a", "b"], 3), cluster("c", &[], 4)]);
        let second = iteration(vec![cluster("abc", &["ab", "c"], 7)]);
        let tree = Tree::assemble(base, vec![first, second]).unwrap();
        let ids: Vec<&str> = tree.nodes().iter().map(|n| n.cluster.id.as_str()).collect();
        assert_eq!(ids, ["abc", "c", "ab", "b", "a"], "roots first, the larger sibling first");
        assert_eq!(tree.leaf_counts(), [3, 1, 2, 1, 1]);
        assert_eq!((tree.height(0), tree.path(4)), (2, vec![0, 2, 4]));
        assert_eq!(tree.closure().len(), 5 + 4 + 2);
    }

    #[test]
    fn a_child_claimed_twice_or_made_up_is_an_error() {
        let base = || vec![cluster("a", &[], 1), cluster("b", &[], 1)];
        let twice = iteration(vec![cluster("x", &["a", "b"], 2), cluster("y", &["a"], 1)]);
        let error = Tree::assemble(base(), vec![twice]).unwrap_err().to_string();
        assert!(error.contains("row 1") && error.contains("already has a parent"), "{error}");
        let unknown = iteration(vec![cluster("x", &["a", "z"], 2)]);
        assert!(Tree::assemble(base(), vec![unknown]).is_err());
    }

    #[test]
    fn a_circle_is_an_error_not_a_hang() {
        let node = |id: &str, parent: &str| Node {
            cluster: cluster(id, &[], 1),
            parent_id: Some(parent.to_owned()),
        };
        let rows = vec![node("a", "b"), node("b", "a")];
        assert!(Tree::of_hierarchy(Artifact::new(Path::new("h.parquet"), rows)).is_err());
    }
}
