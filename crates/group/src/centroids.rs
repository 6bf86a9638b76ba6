//! Mean directions of groups.

use rayon::prelude::*;

use crate::dense::{add, norm};
use cladus_vectors::Vectors;

/// Cosine distances up to this are rounding: the rows are taken to be the same.
pub(crate) const SAME: f32 = 1e-5;

/// The rows of each group, in row order.
pub(crate) struct Members {
    /// `start[g]..start[g + 1]` are group `g`'s places in `rows`.
    start: Vec<usize>,
    rows: Vec<u32>,
}

impl Members {
    /// Sorts rows by group; `group[i] < groups` for every row.
    pub(crate) fn new(group: &[u32], groups: usize) -> Self {
        let mut start = vec![0; groups + 1];
        for &g in group {
            start[g as usize + 1] += 1;
        }
        for g in 0..groups {
            start[g + 1] += start[g];
        }
        let mut next = start.clone();
        let mut rows = vec![0; group.len()];
        for (row, &g) in group.iter().enumerate() {
            rows[next[g as usize]] = row as u32;
            next[g as usize] += 1;
        }
        Self { start, rows }
    }

    /// The rows of group `g`, ascending.
    pub(crate) fn of(&self, g: usize) -> &[u32] {
        &self.rows[self.start[g]..self.start[g + 1]]
    }
}

/// The sum of each group's rows, shape groups × dim.
pub(crate) fn sums(vectors: Vectors, members: &Members, groups: usize) -> Vec<f64> {
    let dim = vectors.dim();
    let mut sums = vec![0.0; groups * dim];
    sums.par_chunks_mut(dim.max(1)).enumerate().for_each(|(g, sum)| {
        members.of(g).iter().for_each(|&row| add(sum, vectors.row(row as usize), 1.0));
    });
    sums
}

/// The sum of `rows`, in their order.
///
/// In double precision, so that a group's direction does not depend on how large it is.
pub(crate) fn sum_of(vectors: Vectors, rows: &[u32]) -> Vec<f64> {
    let mut sum = vec![0.0; vectors.dim()];
    for &row in rows {
        add(&mut sum, vectors.row(row as usize), 1.0);
    }
    sum
}

/// Writes the direction of `sum` to `centroid`; `false` if it has none, so that nothing is written.
pub(crate) fn direction(sum: &[f64], centroid: &mut [f32]) -> bool {
    let norm = norm(sum);
    // Unit rows that cancel out leave rounding behind, whose direction means nothing.
    if norm < f64::from(SAME) {
        return false;
    }
    for (c, s) in centroid.iter_mut().zip(sum) {
        *c = (s / norm) as f32;
    }
    true
}

/// Moves each of `centroids` (shape groups × dim) to its group's mean direction.
///
/// A group without a direction (no members, or members that cancel out) keeps its centroid.
pub(crate) fn update(vectors: Vectors, members: &Members, centroids: &mut [f32]) {
    centroids.par_chunks_mut(vectors.dim().max(1)).enumerate().for_each(|(g, centroid)| {
        direction(&sum_of(vectors, members.of(g)), centroid);
    });
}
