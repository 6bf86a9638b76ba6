//! A hierarchy as what looking at it needs: who is above whom, whoever made it.

use std::collections::HashMap;

use crate::artifact::{self, Artifact};
use crate::branches::{Branches, Circle};
use crate::{Error, Result};

/// A node as it is handed in.
#[derive(Debug, Clone, Default)]
pub struct ForestNode {
    /// Unique.
    pub id: String,
    /// A few words.
    pub name: String,
    /// A sentence or two; may be empty.
    pub description: String,
    /// The parent's id; `None` for a root.
    pub parent: Option<String>,
    /// Items below it.
    pub size: u64,
}

/// A hierarchy; nodes go by their position.
#[derive(Debug, Clone)]
pub struct Forest {
    ids: Vec<String>,
    names: Vec<String>,
    descriptions: Vec<String>,
    sizes: Vec<u64>,
    branches: Branches,
    by_id: HashMap<String, usize>,
}

/// Why nodes are no forest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAForest {
    /// Two nodes have this id.
    Twice(String),
    /// A node's parent is not there.
    NoSuchParent(String),
    /// A node is its own ancestor.
    Circle(String),
}

impl std::fmt::Display for NotAForest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Twice(id) => write!(f, "two nodes have the id {id:?}"),
            Self::NoSuchParent(id) => {
                write!(f, "there is no node {id:?}, which is named as a parent")
            }
            Self::Circle(id) => write!(f, "{id:?} is its own ancestor"),
        }
    }
}

impl std::error::Error for NotAForest {}

impl Forest {
    /// Of nodes in any order.
    ///
    /// # Errors
    /// When an id stands twice, a parent is missing, or parents form a circle.
    pub fn new(nodes: Vec<ForestNode>) -> std::result::Result<Self, NotAForest> {
        let mut by_id = HashMap::with_capacity(nodes.len());
        for (at, node) in nodes.iter().enumerate() {
            if by_id.insert(node.id.clone(), at).is_some() {
                return Err(NotAForest::Twice(node.id.clone()));
            }
        }
        let mut parent = vec![None; nodes.len()];
        let (mut ids, mut names) = (Vec::new(), Vec::new());
        let (mut descriptions, mut sizes) = (Vec::new(), Vec::new());
        for (at, node) in nodes.into_iter().enumerate() {
            if let Some(above) = node.parent {
                parent[at] = by_id.get(&above).copied();
                if parent[at].is_none() {
                    return Err(NotAForest::NoSuchParent(above));
                }
            }
            ids.push(node.id);
            names.push(node.name);
            descriptions.push(node.description);
            sizes.push(node.size);
        }
        match Branches::new(parent) {
            Ok(branches) => Ok(Self { ids, names, descriptions, sizes, branches, by_id }),
            Err(Circle(node)) => Err(NotAForest::Circle(ids.swap_remove(node))),
        }
    }

    /// That of a `hierarchy`.
    ///
    /// # Errors
    /// Names the file when parents form a circle.
    pub fn of(hierarchy: Artifact<Vec<artifact::Node>>) -> Result<Self> {
        let node = |node: artifact::Node| ForestNode {
            id: node.cluster.id,
            name: node.cluster.name,
            description: node.cluster.description,
            parent: node.parent_id,
            size: node.cluster.size,
        };
        Self::new(hierarchy.rows.into_iter().map(node).collect())
            .map_err(|problem| Error::damaged(&hierarchy.path, problem.to_string()))
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// A node's id.
    pub fn id(&self, node: usize) -> &str {
        &self.ids[node]
    }

    /// A node's name.
    pub fn name(&self, node: usize) -> &str {
        &self.names[node]
    }

    /// A node's description.
    pub fn description(&self, node: usize) -> &str {
        &self.descriptions[node]
    }

    /// How many items are below a node.
    pub fn size(&self, node: usize) -> u64 {
        self.sizes[node]
    }

    /// What a node hangs from; `None` for roots.
    pub fn parent(&self, node: usize) -> Option<usize> {
        self.branches.parent(node)
    }

    /// What hangs from a node.
    pub fn children(&self, node: usize) -> &[usize] {
        self.branches.children(node)
    }

    /// Whether nothing hangs from a node.
    pub fn is_leaf(&self, node: usize) -> bool {
        self.branches.is_leaf(node)
    }

    /// The node with this id.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Nodes without a parent.
    pub fn roots(&self) -> impl Iterator<Item = usize> {
        self.branches.roots().iter().copied()
    }

    /// All nodes, parents before their children.
    pub fn top_down(&self) -> Vec<usize> {
        self.branches.top_down().collect()
    }

    /// A node's ancestors, the root first, without the node itself.
    pub fn ancestors(&self, node: usize) -> Vec<usize> {
        self.branches.ancestors(node)
    }

    /// How far above its deepest leaf each node is: 0 for leaves.
    pub fn heights(&self) -> Vec<usize> {
        self.branches.heights()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A forest of `id<parent` words.
    fn forest(nodes: &str) -> std::result::Result<Forest, NotAForest> {
        let node = |word: &str| {
            let (id, parent) = word.split_once('<').map_or((word, None), |(a, b)| (a, Some(b)));
            ForestNode {
                id: id.to_owned(),
                name: id.to_owned(),
                parent: parent.map(str::to_owned),
                ..ForestNode::default()
            }
        };
        Forest::new(nodes.split_whitespace().map(node).collect())
    }

    #[test]
    fn what_is_no_forest_is_told() {
        assert_eq!(forest("a b a").unwrap_err(), NotAForest::Twice("a".into()));
        assert_eq!(forest("a<b").unwrap_err(), NotAForest::NoSuchParent("b".into()));
        assert_eq!(forest("r a<b b<a").unwrap_err(), NotAForest::Circle("a".into()));
    }

    #[test]
    fn ancestors_and_heights_are_those_of_the_tree() {
        let forest = forest("r a<r b<a c<r").unwrap();
        assert_eq!(forest.ancestors(2), [0, 1]);
        assert_eq!(forest.heights(), [2, 1, 0, 0]);
        assert_eq!(forest.roots().collect::<Vec<_>>(), [0]);
    }
}
