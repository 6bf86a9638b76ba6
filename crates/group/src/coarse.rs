//! Making cells of rows.

use rand_chacha::ChaCha8Rng;

use crate::balance::split_large;
use crate::blocked::{Blocked, nearest};
use crate::cells::Cells;
use crate::centroids::{self, Members};
use crate::kmeans::{FitOptions, KMeans};
use crate::partition::Partition;
use crate::seeding::uniform;
use cladus_vectors::Vectors;

/// Rows of the sample for each cell: so many settle its centroid.
const SAMPLE: usize = 48;

/// Iterations over the sample.
const ITERATIONS: usize = 8;

/// About `count` cells of `vectors`, none larger than twice the average: k-means on a sample,
/// one iteration over all rows, and then large cells are split.
///
/// Costs 4 · n · `count` · dim floating-point operations, and a fraction of that for the sample.
pub(crate) fn coarse_cells(vectors: Vectors, count: usize, options: FitOptions) -> Cells {
    let dim = vectors.dim();
    let sample = sample(vectors.len(), count.saturating_mul(SAMPLE), &mut options.rng());
    let sampled = vectors.gather(&sample);
    let rows = Vectors::new(&sampled, dim).unwrap_or(vectors);
    let options = FitOptions { max_iterations: ITERATIONS, ..options };
    let mut centroids = Partition::new(rows, Blocked.fit(rows, count, options).group).centroids();
    drop(sampled);
    let cell = nearest(vectors, &centroids);
    centroids::update(vectors, &Members::new(&cell, centroids.len() / dim), &mut centroids);
    let cells = Partition::new(vectors, nearest(vectors, &centroids));
    let cells = split_large(cells, 2 * vectors.len().div_ceil(count));
    Cells::of(cells.centroids(), dim, cells.into_group())
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
