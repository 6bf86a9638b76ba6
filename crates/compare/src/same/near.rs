//! Base clusters that mean nearly the same.

use cladus_vectors::{Vectors, dot};

use super::BaseCluster;
use super::items::tie;

/// Vectors of base clusters that are left in both trees, in one space.
#[derive(Debug, Clone)]
pub struct NearnessVectors {
    /// Of A, row-major, L2-normalised.
    pub a: Vec<f32>,
    /// Of B.
    pub b: Vec<f32>,
    /// The length of a row.
    pub dim: usize,
    /// From this cosine on, two clusters may be the same.
    pub least: f32,
}

/// The clusters at these places.
pub(super) fn some<'a>(all: &[BaseCluster<'a>], places: &[usize]) -> Vec<BaseCluster<'a>> {
    places.iter().map(|&at| all[at]).collect()
}

impl NearnessVectors {
    /// Pairs that are near enough, the nearest first.
    pub(super) fn pairs(
        &self,
        a: &[BaseCluster<'_>],
        b: &[BaseCluster<'_>],
    ) -> Vec<(usize, usize)> {
        let (rows_a, rows_b) = (Vectors::over(&self.a, self.dim), Vectors::over(&self.b, self.dim));
        let mut found: Vec<(f32, (usize, usize))> = Vec::new();
        for x in 0..rows_a.len().min(a.len()) {
            for y in 0..rows_b.len().min(b.len()) {
                let cosine = dot(rows_a.row(x), rows_b.row(y));
                if cosine >= self.least {
                    found.push((cosine, (x, y)));
                }
            }
        }
        found.sort_by(|(one, x), (two, y)| {
            two.total_cmp(one).then_with(|| tie(a, b, *x).cmp(&tie(a, b, *y)))
        });
        found.into_iter().map(|(_, pair)| pair).collect()
    }
}
