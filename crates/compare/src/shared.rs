//! A tree as far as the other one knows it.

use cladus_core::forest::Forest;

/// The leaves that both trees have, numbered along each of them.
#[derive(Debug)]
pub(crate) struct SharedClusters {
    /// The same leaves, as nodes of each tree; a leaf's number is its place here.
    pub(crate) leaves: Vec<(usize, usize)>,
    pub(crate) a: Side,
    pub(crate) b: Side,
}

/// One of the two trees.
#[derive(Debug)]
pub(crate) struct Side {
    /// The shared leaves by their numbers, so that those below any node lie side by side.
    order: Vec<u32>,
    /// Where each leaf is in `order`, by its number.
    pub(crate) place: Vec<u32>,
    /// Where each node's shared leaves begin and end in `order`.
    span: Vec<(u32, u32)>,
    /// Nodes with children.
    pub(crate) parents: Vec<usize>,
    /// How far each node is above its deepest leaf.
    pub(crate) height: Vec<usize>,
    /// How many leaves are below each node, shared or not; 1 for leaves themselves.
    pub(crate) all_leaves: Vec<usize>,
}

impl SharedClusters {
    /// Leaves are the same when their ids are.
    pub(crate) fn new(a: &Forest, b: &Forest) -> Self {
        let both = |leaf: usize| Some((leaf, b.find(a.id(leaf))?));
        Self::of(a, b, (0..a.len()).filter_map(both).collect())
    }

    /// Leaves are the same that `pairs` says; every one stands in one pair at most, in the order of A.
    pub(crate) fn of(a: &Forest, b: &Forest, pairs: Vec<(usize, usize)>) -> Self {
        let mut leaves = pairs;
        leaves.retain(|&(x, y)| a.is_leaf(x) && b.is_leaf(y));
        let (of_a, of_b): (Vec<usize>, Vec<usize>) = leaves.iter().copied().unzip();
        let (a, b) = (Side::new(a, &of_a), Side::new(b, &of_b));
        Self { leaves, a, b }
    }
}

impl Side {
    fn new(forest: &Forest, leaves: &[usize]) -> Self {
        let mut number = vec![None; forest.len()];
        leaves.iter().enumerate().for_each(|(i, &leaf)| number[leaf] = Some(i as u32));
        let mut side = Self {
            order: Vec::with_capacity(leaves.len()),
            place: vec![0; leaves.len()],
            span: vec![(0, 0); forest.len()],
            parents: (0..forest.len()).filter(|&node| !forest.is_leaf(node)).collect(),
            height: forest.heights(),
            all_leaves: vec![0; forest.len()],
        };
        // Without recursion: a deep tree must not exhaust the stack. A node is met before and after its children.
        let mut stack: Vec<(usize, bool)> = forest.roots().map(|root| (root, false)).collect();
        while let Some((node, left)) = stack.pop() {
            if left {
                side.span[node].1 = side.order.len() as u32;
                let below = forest.children(node).iter().map(|&child| side.all_leaves[child]);
                side.all_leaves[node] = below.sum::<usize>().max(1);
                continue;
            }
            side.span[node].0 = side.order.len() as u32;
            if let Some(number) = number[node] {
                side.place[number as usize] = side.order.len() as u32;
                side.order.push(number);
            }
            stack.push((node, true));
            stack.extend(forest.children(node).iter().map(|&child| (child, false)));
        }
        side
    }

    /// The shared leaves below a node, by number.
    pub(crate) fn below(&self, node: usize) -> &[u32] {
        let (from, to) = self.span[node];
        &self.order[from as usize..to as usize]
    }

    /// How many shared leaves are below a node.
    pub(crate) fn count(&self, node: usize) -> usize {
        let (from, to) = self.span[node];
        (to - from) as usize
    }

    /// How many of these places, in ascending order, are below a node.
    pub(crate) fn within(&self, node: usize, places: &[u32]) -> usize {
        let (from, to) = self.span[node];
        places.partition_point(|&place| place < to) - places.partition_point(|&place| place < from)
    }

    /// The leaf at a place, by number.
    pub(crate) fn at(&self, place: u32) -> usize {
        self.order[place as usize] as usize
    }
}
