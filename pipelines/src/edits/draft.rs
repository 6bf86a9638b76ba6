//! A hierarchy that can be changed: clusters that are renamed, go elsewhere, or go.

use std::collections::{BTreeSet, HashMap};

use cladus_core::Result;
use cladus_core::artifact::{Cluster, Node};
pub use cladus_core::name::key;

use cladus_core::tree::Tree;

/// A hierarchy that can be changed. A cluster keeps its number and its id, whatever becomes of it.
#[derive(Debug)]
pub struct EditableTree {
    nodes: Vec<Node>,
    parent: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
    gone: HashMap<usize, Removed>,
    ids: HashMap<String, usize>,
    /// By name and by slug, as [`key`] has them.
    names: HashMap<String, Vec<usize>>,
    /// Those that are called otherwise by now, by what they were called.
    former: HashMap<String, Vec<usize>>,
    touched: BTreeSet<usize>,
}

/// Why a parent is no longer there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// It was merged into this one.
    Into(usize),
    /// Its last child went elsewhere.
    Empty,
}

impl EditableTree {
    /// Of `tree`.
    pub fn of(tree: Tree) -> Self {
        let (nodes, parent, children) = tree.into_parts();
        let mut ids = HashMap::with_capacity(nodes.len());
        let mut names: HashMap<String, Vec<usize>> = HashMap::with_capacity(nodes.len());
        for (node, Node { cluster, .. }) in nodes.iter().enumerate() {
            ids.insert(cluster.id.clone(), node);
            names.entry(key(&cluster.name)).or_default().push(node);
            let of_slug = names.entry(key(&cluster.slug)).or_default();
            if of_slug.last() != Some(&node) {
                of_slug.push(node);
            }
        }
        let (gone, former, touched) = (HashMap::new(), HashMap::new(), BTreeSet::new());
        Self { nodes, parent, children, gone, ids, names, former, touched }
    }

    /// The hierarchy as it is now.
    ///
    /// # Errors
    /// When it is no tree any more: never the user's fault.
    pub fn finish(self) -> Result<Tree> {
        let Self { nodes, parent, gone, .. } = self;
        let mut place = vec![None; nodes.len()];
        let mut left = 0;
        for (node, place) in place.iter_mut().enumerate() {
            if !gone.contains_key(&node) {
                *place = Some(left);
                left += 1;
            }
        }
        let (mut kept, mut parents) = (Vec::with_capacity(left), Vec::with_capacity(left));
        for (node, (row, parent)) in nodes.into_iter().zip(parent).enumerate() {
            if place[node].is_some() {
                kept.push(row);
                parents.push(parent.and_then(|parent| place[parent]));
            }
        }
        Tree::of_parts(kept, parents)
    }

    /// Every cluster that is still there.
    pub fn clusters(&self) -> impl Iterator<Item = (usize, &Cluster)> {
        let all = self.nodes.iter().map(|node| &node.cluster).enumerate();
        all.filter(|(node, _)| !self.gone.contains_key(node))
    }

    /// The cluster of a node.
    pub fn cluster(&self, node: usize) -> &Cluster {
        &self.nodes[node].cluster
    }

    /// A node's parent.
    pub fn parent(&self, node: usize) -> Option<usize> {
        self.parent[node]
    }

    /// A node's children.
    pub fn children(&self, node: usize) -> &[usize] {
        &self.children[node]
    }

    /// Is it one of the base clusters?
    pub fn is_base(&self, node: usize) -> bool {
        self.children[node].is_empty() && !self.gone.contains_key(&node)
    }

    /// A node's parent, the parent's, and so on to the root.
    pub fn ancestors(&self, node: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.parent[node], |&node| self.parent[node])
    }

    /// The node with this id, also one that has gone.
    pub fn with_id(&self, id: &str) -> Option<usize> {
        self.ids.get(id).copied()
    }

    /// Nodes that are called so, or have this slug; where there are none, those that were called so. Of
    /// what was merged, what it was merged into.
    pub fn called(&self, name: &str) -> Vec<usize> {
        let key = key(name);
        let found = |names: &HashMap<String, Vec<usize>>| {
            let all = names.get(&key).into_iter().flatten();
            let mut nodes: Vec<usize> = all.filter_map(|&node| self.now(node)).collect();
            nodes.sort_unstable();
            nodes.dedup();
            // A name comes before a slug, and before the name of what was merged.
            let named = |node: &usize| self::key(&self.cluster(*node).name) == key;
            if nodes.iter().any(named) {
                nodes.retain(named);
            }
            nodes
        };
        Some(found(&self.names))
            .filter(|nodes| !nodes.is_empty())
            .unwrap_or_else(|| found(&self.former))
    }

    /// A node, or what it was merged into; nothing where that has gone.
    pub fn now(&self, node: usize) -> Option<usize> {
        match self.gone.get(&node) {
            None => Some(node),
            Some(Removed::Into(other)) => self.now(*other),
            Some(Removed::Empty) => None,
        }
    }

    /// The children of `parent` (the roots, without one), but for `node`, that are called `name`; names
    /// of base clusters are the user's own, and may be alike among themselves.
    pub fn namesake(&self, node: usize, name: &str, parent: Option<usize>) -> Option<usize> {
        let base = self.is_base(node);
        let named = self.names.get(&key(name)).into_iter().flatten().copied();
        named
            .filter(|&other| other != node && !self.gone.contains_key(&other))
            .filter(|&other| self.parent[other] == parent && !(base && self.is_base(other)))
            .find(|&other| key(&self.cluster(other).name) == key(name))
    }

    /// The child of `parent` (the root, without one) that is called `name`.
    pub fn sibling_called(&self, name: &str, parent: Option<usize>) -> Option<usize> {
        let named = self.names.get(&key(name)).into_iter().flatten().copied();
        named
            .filter(|&node| !self.gone.contains_key(&node) && self.parent[node] == parent)
            .find(|&node| key(&self.cluster(node).name) == key(name))
    }

    /// A new parent under `parent`, still without children.
    pub fn add(&mut self, cluster: Cluster, parent: Option<usize>) -> usize {
        let new = self.nodes.len();
        self.ids.insert(cluster.id.clone(), new);
        self.names.entry(key(&cluster.name)).or_default().push(new);
        if key(&cluster.slug) != key(&cluster.name) {
            self.names.entry(key(&cluster.slug)).or_default().push(new);
        }
        self.nodes.push(Node { cluster, parent_id: None });
        self.parent.push(parent);
        self.children.push(Vec::new());
        if let Some(parent) = parent {
            self.children[parent].push(new);
            self.recount(parent);
        }
        self.touch(new);
        new
    }

    /// Notes that a node is no longer as the iterations made it.
    pub fn touch(&mut self, node: usize) {
        self.touched.insert(node);
    }

    /// Ids of what was touched since this was asked last.
    pub fn take_touched(&mut self) -> Vec<String> {
        let touched = std::mem::take(&mut self.touched);
        touched.into_iter().map(|node| self.cluster(node).id.clone()).collect()
    }

    /// Calls a node otherwise.
    pub fn rename(&mut self, node: usize, name: &str) {
        let old = key(&self.cluster(node).name);
        self.call(node, old, key(name));
        name.clone_into(&mut self.nodes[node].cluster.name);
        self.touch(node);
    }

    /// Describes a node otherwise.
    pub fn describe(&mut self, node: usize, description: &str) {
        description.clone_into(&mut self.nodes[node].cluster.description);
        self.touch(node);
    }

    /// Gives a node another slug.
    pub fn set_slug(&mut self, node: usize, slug: &str) {
        let old = key(&self.cluster(node).slug);
        self.call(node, old, key(slug));
        slug.clone_into(&mut self.nodes[node].cluster.slug);
        self.touch(node);
    }

    fn call(&mut self, node: usize, old: String, new: String) {
        if let Some(named) = self.names.get_mut(&old) {
            named.retain(|other| *other != node);
        }
        self.former.entry(old).or_default().push(node);
        self.names.entry(new).or_default().push(node);
    }

    /// Puts a node under `to`. Says which parents have gone, because it was the last one they had.
    pub fn put(&mut self, node: usize, to: usize) -> Vec<usize> {
        let from = self.parent[node].replace(to);
        self.children[to].push(node);
        self.recount(to);
        self.touch(node);
        from.map_or_else(Vec::new, |from| {
            self.children[from].retain(|child| *child != node);
            self.settle(from)
        })
    }

    /// Puts all children of `node` under `into`, which is in its place from now on. Says which other
    /// parents have gone.
    pub fn merge(&mut self, node: usize, into: usize) -> Vec<usize> {
        for child in std::mem::take(&mut self.children[node]) {
            self.parent[child] = Some(into);
            self.children[into].push(child);
            self.touch(child);
        }
        self.gone.insert(node, Removed::Into(into));
        self.recount(into);
        self.parent[node].take().map_or_else(Vec::new, |from| {
            self.children[from].retain(|child| *child != node);
            self.settle(from)
        })
    }

    /// A parent has lost a child: it counts again, or goes, and then the same above it.
    fn settle(&mut self, mut node: usize) -> Vec<usize> {
        let mut emptied = Vec::new();
        while self.children[node].is_empty() {
            self.gone.insert(node, Removed::Empty);
            emptied.push(node);
            match self.parent[node].take() {
                Some(above) => {
                    self.children[above].retain(|child| *child != node);
                    node = above;
                }
                None => return emptied,
            }
        }
        self.recount(node);
        emptied
    }

    /// Members and size of a parent, and of all above it.
    fn recount(&mut self, node: usize) {
        self.touch(node);
        let mut members: Vec<String> =
            self.children[node].iter().map(|&child| self.cluster(child).id.clone()).collect();
        members.sort_unstable();
        self.nodes[node].cluster.members = members;
        let mut next = Some(node);
        while let Some(node) = next {
            let sizes = self.children[node].iter().map(|&child| self.cluster(child).size);
            self.nodes[node].cluster.size = sizes.fold(0, u64::saturating_add);
            next = self.parent[node];
        }
    }
}
