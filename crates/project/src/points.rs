//! What is laid out: the nodes that have a vector, and what is above each.

use std::collections::HashMap;

use cladus_core::artifact::Embeddings;
use cladus_core::forest::Forest;
use cladus_vectors::{Vectors, normalise};

/// The share of a point's place that its ancestors decide: half of it the root, half what is between.
/// With .3 the trustworthiness of a map is as high as with .2 and .4, and islands are clear.
const ANCESTORS: f32 = 0.3;

/// The nodes that have a vector of their own and none below them that has.
pub(crate) struct Points<'a> {
    /// Their nodes, so that those below one parent follow each other.
    pub(crate) nodes: Vec<usize>,
    vectors: Vectors<'a>,
    /// The row of each in `vectors`.
    rows: Vec<u32>,
    /// The root of each, numbered from 0.
    pub(crate) roots: Vec<u32>,
    forest: &'a Forest,
    /// The direction of what is below every node that has points below it.
    centres: Vec<Option<Vec<f32>>>,
}

impl<'a> Points<'a> {
    pub(crate) fn of(forest: &'a Forest, embeddings: &'a Embeddings) -> Self {
        let row_of: HashMap<&str, usize> =
            embeddings.cluster_ids.iter().enumerate().map(|(row, id)| (id.as_str(), row)).collect();
        let vectors = Vectors::over(&embeddings.vectors, embeddings.dim);
        let row: Vec<Option<usize>> =
            (0..forest.len()).map(|node| row_of.get(forest.id(node)).copied()).collect();
        let top_down = forest.top_down();
        let mut above_one = vec![false; forest.len()];
        for &node in top_down.iter().rev() {
            if let Some(parent) = forest.parent(node) {
                above_one[parent] |= above_one[node] || row[node].is_some();
            }
        }
        let mut centres: Vec<Option<Vec<f32>>> = vec![None; forest.len()];
        for &node in top_down.iter().rev() {
            let own = row[node].filter(|_| !above_one[node]).map(|row| vectors.row(row));
            let below = centres[node].take();
            if let (Some(parent), Some(vector)) = (forest.parent(node), own.or(below.as_deref())) {
                let sum = centres[parent].get_or_insert_with(|| vec![0.0; vectors.dim()]);
                sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x);
            }
            centres[node] = below;
        }
        for centre in centres.iter_mut().flatten() {
            normalise(centre);
        }
        let mut points = Self {
            nodes: Vec::new(),
            vectors,
            rows: Vec::new(),
            roots: Vec::new(),
            forest,
            centres,
        };
        for (number, root) in forest.roots().enumerate() {
            points.below(root, number as u32, &row, &above_one);
        }
        points
    }

    /// Adds those below `root`, depth first.
    fn below(&mut self, root: usize, number: u32, row: &[Option<usize>], above_one: &[bool]) {
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            if let (Some(row), false) = (row[node], above_one[node]) {
                self.nodes.push(node);
                self.rows.push(row as u32);
                self.roots.push(number);
            }
            open.extend(self.forest.children(node).iter().rev());
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn dim(&self) -> usize {
        self.vectors.dim()
    }

    /// All vectors, of which [`rows`](Self::rows) are those of points.
    pub(crate) fn vectors(&self) -> Vectors<'a> {
        self.vectors
    }

    /// Where the vectors of `points` are.
    pub(crate) fn rows(&self, points: &[usize]) -> Vec<u32> {
        points.iter().map(|&point| self.rows[point]).collect()
    }

    /// What hangs right above a point; roots hang from themselves.
    pub(crate) fn parent(&self, point: usize) -> usize {
        let node = self.nodes[point];
        self.forest.parent(node).unwrap_or(node)
    }

    /// The vectors of `points` joined with those of their ancestors, three times as long: the cosine of
    /// two such is their own mixed with that of what is above them.
    pub(crate) fn joined(&self, points: &[usize]) -> Vec<f32> {
        let dim = self.dim();
        let mut joined = Vec::with_capacity(3 * dim * points.len());
        let (own, other) = ((1.0 - ANCESTORS).sqrt(), (0.5 * ANCESTORS).sqrt());
        let mut between = vec![0.0; dim];
        for &point in points {
            let vector = self.vectors.row(self.rows[point] as usize);
            let above = self.forest.ancestors(self.nodes[point]);
            let centre = |node: &usize| self.centres[*node].as_deref().unwrap_or(vector);
            let root = above.first().map_or(vector, centre);
            between.copy_from_slice(if above.len() > 1 { centre(&above[1]) } else { root });
            for node in above.iter().skip(2) {
                between.iter_mut().zip(centre(node)).for_each(|(sum, x)| *sum += x);
            }
            if !normalise(&mut between) {
                between.copy_from_slice(root);
            }
            joined.extend(vector.iter().map(|x| own * x));
            joined.extend(root.iter().map(|x| other * x));
            joined.extend(between.iter().map(|x| other * x));
        }
        joined
    }
}
