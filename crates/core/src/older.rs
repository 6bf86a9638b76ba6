//! An older hierarchy that new clusters are placed into.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use crate::artifact::Cluster;
use crate::error::Result;
use crate::tree::Tree;

/// A hierarchy of an earlier run, by id.
#[derive(Debug)]
pub struct Older {
    tree: Tree,
    place: HashMap<String, usize>,
}

/// Where a cluster was in the older hierarchy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seat {
    /// Below this node of the level that is being made.
    Under(usize),
    /// In no parent of that level: it moved up alone, or is a root.
    Alone,
    /// Nowhere.
    New,
}

impl Older {
    /// The hierarchy at `path`.
    ///
    /// # Errors
    /// Those of [`Tree::read`].
    pub fn read(path: &Path) -> Result<Self> {
        Tree::read(path).map(Self::of)
    }

    /// `tree`, to place clusters into.
    pub fn of(tree: Tree) -> Self {
        let ids = tree.ids().into_iter().enumerate();
        Self { place: ids.map(|(node, id)| (id.to_owned(), node)).collect(), tree }
    }

    /// The node's cluster.
    pub fn cluster(&self, node: usize) -> &Cluster {
        self.tree.cluster(node)
    }

    /// For each of `clusters` where it was when the parents of `level` had been made.
    pub fn seats(&self, clusters: &[Cluster], level: u8) -> Vec<Seat> {
        clusters.iter().map(|cluster| self.seat(&cluster.id, level)).collect()
    }

    fn seat(&self, id: &str, level: u8) -> Seat {
        let Some(&from) = self.place.get(id) else { return Seat::New };
        match self.tree.upward(from).find(|&node| self.cluster(node).level >= level) {
            Some(node) if self.cluster(node).level == level => Seat::Under(node),
            _ => Seat::Alone,
        }
    }

    /// How many clusters were left when the parents of `level` had been made, for every level from 0 (the
    /// base clusters) to the roots.
    pub fn sizes(&self) -> Vec<usize> {
        let nodes = || 0..self.tree.nodes().len();
        let level = |node: usize| self.cluster(node).level;
        let left = |after: u8| {
            let is_there = |&node: &usize| {
                let parent = self.tree.upward(node).next();
                level(node) <= after && parent.is_none_or(|parent| level(parent) > after)
            };
            nodes().filter(is_there).count()
        };
        (0..=nodes().map(level).max().unwrap_or(0)).map(left).collect()
    }
}

/// The clusters of a level, and where each of them was.
#[derive(Debug)]
pub struct Seated {
    /// The older hierarchy.
    pub older: Older,
    /// Where each cluster was.
    pub seats: Vec<Seat>,
}

impl Seated {
    /// `clusters` where they were when the parents of `level` had been made; without a level, when the
    /// one above them had.
    pub fn new(older: Older, clusters: &[Cluster], level: Option<u8>) -> Self {
        let above = || clusters.iter().map(|cluster| cluster.level).max().unwrap_or(0);
        let level = level.unwrap_or_else(|| above().saturating_add(1));
        Self { seats: older.seats(clusters, level), older }
    }

    /// Was the cluster in row `row` there?
    pub fn is_known(&self, row: usize) -> bool {
        self.seats[row] != Seat::New
    }

    /// Nodes of the level with the rows of the clusters below them.
    pub fn under(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut under: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (row, seat) in self.seats.iter().enumerate() {
            if let Seat::Under(node) = seat {
                under.entry(*node).or_default().push(row);
            }
        }
        under
    }

    /// The older parent that these children (rows) still are: most of them were below it, or half of them
    /// where the others are new, and most of those that were below it and are still there are among them.
    /// Whoever is gone does not count. `under` is that of [`Self::under`].
    pub fn still(
        &self,
        children: &[usize],
        under: &BTreeMap<usize, Vec<usize>>,
    ) -> Option<&Cluster> {
        let node = children.iter().find_map(|&row| match self.seats[row] {
            Seat::Under(node) => {
                let here = children.iter().filter(|&&row| self.seats[row] == Seat::Under(node));
                let here = here.count();
                let new = children.iter().filter(|&&row| self.seats[row] == Seat::New).count();
                let most = 2 * here > children.len() || here == new && 2 * here == children.len();
                let of = under.get(&node).map_or(0, Vec::len);
                (most && 2 * here > of).then_some(node)
            }
            Seat::Alone | Seat::New => None,
        })?;
        Some(self.older.cluster(node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Node;

    fn node(id: &str, level: u8, parent: Option<&str>) -> Node {
        let cluster = Cluster {
            id: id.to_owned(),
            name: id.to_owned(),
            description: String::new(),
            slug: String::new(),
            level,
            members: Vec::new(),
            size: 1,
        };
        Node { cluster, parent_id: parent.map(str::to_owned) }
    }

    /// Two roots of level 2; `c` moved up alone at first, `d` is a root by itself.
    fn older() -> Older {
        let nodes = vec![
            node("r", 2, None),
            node("d", 0, None),
            node("p", 1, Some("r")),
            node("a", 0, Some("p")),
            node("b", 0, Some("p")),
            node("c", 0, Some("r")),
        ];
        Older::of(Tree::of_nodes(nodes).unwrap())
    }

    #[test]
    fn everyone_has_a_seat() {
        let older = older();
        let ids = ["a", "c", "d", "x", "p"];
        let clusters: Vec<Cluster> = ids.iter().map(|id| node(id, 0, None).cluster).collect();
        let under = |id: &str| Seat::Under(older.place[id]);
        assert_eq!(
            older.seats(&clusters, 1),
            [under("p"), Seat::Alone, Seat::Alone, Seat::New, Seat::Alone]
        );
        assert_eq!(
            older.seats(&clusters, 2),
            [under("r"), under("r"), Seat::Alone, Seat::New, under("r")]
        );
        assert_eq!(older.sizes(), [4, 3, 2]);
    }

    #[test]
    fn a_parent_is_still_itself_while_most_of_it_is() {
        let still = |all: &[&str], children: &[&str]| {
            let clusters: Vec<Cluster> = all.iter().map(|id| node(id, 0, None).cluster).collect();
            let seated = Seated::new(older(), &clusters, None);
            let row = |id: &&str| all.iter().position(|other| other == id).unwrap();
            let children: Vec<usize> = children.iter().map(row).collect();
            seated.still(&children, &seated.under()).map(|parent| parent.id.clone())
        };
        let p = Some("p".to_owned());
        assert_eq!(still(&["a", "b", "x"], &["a", "b"]), p);
        assert_eq!(still(&["a", "b", "x"], &["x", "a", "b"]), p);
        assert_eq!(still(&["a", "x"], &["a"]), p, "who is gone does not count");
        assert_eq!(still(&["a", "x"], &["a", "x"]), p, "half of it is new");
        assert_eq!(still(&["a", "x", "y"], &["a", "x", "y"]), None, "most of it is new");
        assert_eq!(still(&["a", "b"], &["a"]), None, "half of it went elsewhere");
        assert_eq!(still(&["a", "x", "c"], &["x", "c"]), None);
    }
}
