//! Cells: a coarse partition of all rows, so that what is near can be found without looking at
//! everything.

use rand_chacha::ChaCha8Rng;

use crate::balance::split_large;
use crate::blocked::{Blocked, nearest};
use crate::centroids::{self, Members};
use crate::kmeans::{FitOptions, KMeans};
use crate::partition::Partition;
use crate::seeding::uniform;
use cladus_vectors::Vectors;

/// A coarse partition of rows.
#[derive(Clone, Debug)]
pub struct Cells {
    /// Shape cells × dim.
    centroids: Vec<f32>,
    dim: usize,
    of_row: Vec<u32>,
}

/// Rows of the sample for each cell: so many settle its centroid.
const SAMPLE: usize = 48;

/// Iterations over the sample.
const ITERATIONS: usize = 8;

impl Cells {
    /// About `count` cells of `vectors`, none larger than twice the average: k-means on a sample,
    /// one iteration over all rows, and then large cells are split.
    ///
    /// Costs 4 · n · `count` · dim floating-point operations, and a fraction of that for the sample.
    pub(crate) fn new(vectors: Vectors, count: usize, options: FitOptions) -> Self {
        let dim = vectors.dim();
        let sample = sample(vectors.len(), count.saturating_mul(SAMPLE), &mut options.rng());
        let sampled = vectors.gather(&sample);
        let rows = Vectors::new(&sampled, dim).unwrap_or(vectors);
        let options = FitOptions { max_iterations: ITERATIONS, ..options };
        let mut centroids =
            Partition::new(rows, Blocked.fit(rows, count, options).group).centroids();
        drop(sampled);
        let cell = nearest(vectors, &centroids);
        centroids::update(vectors, &Members::new(&cell, centroids.len() / dim), &mut centroids);
        let cells = Partition::new(vectors, nearest(vectors, &centroids));
        let cells = split_large(cells, 2 * vectors.len().div_ceil(count));
        Self { centroids: cells.centroids(), dim, of_row: cells.into_group() }
    }

    /// How many cells there are.
    pub(crate) fn count(&self) -> usize {
        self.centroids.len() / self.dim
    }

    /// The cell of each row.
    pub(crate) fn of_row(&self) -> &[u32] {
        &self.of_row
    }

    /// The cells' directions, shape cells × dim.
    pub(crate) fn centroids(&self) -> &[f32] {
        &self.centroids
    }
}

/// At most `size` of `n` rows, ascending: one of each of equally long stretches.
fn sample(n: usize, size: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
    let size = size.min(n);
    let start = |i: usize| (i as u64 * n as u64 / size as u64) as usize;
    let mut pick = |i: usize| {
        let (first, end) = (start(i), start(i + 1));
        first + (uniform(rng) * (end - first) as f64) as usize
    };
    (0..size).map(|i| pick(i) as u32).collect()
}
