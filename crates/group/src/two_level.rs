//! k-means for many groups: within cells first, then across their borders.

use std::num::NonZeroUsize;

use rayon::prelude::*;

use crate::blocked::Blocked;
use crate::cells::Cells;
use crate::centroids::{self, Members};
use crate::coarse::coarse_cells;
use crate::kmeans::{Fit, FitOptions, KMeans};
use crate::wide::WideCells;
use cladus_vectors::Vectors;
use cladus_vectors::largest;

/// Two-level spherical k-means: rows are divided into cells of about equal sizes, each cell by
/// [`Blocked`] into its share of the groups, and then rows go to the nearest of the groups of
/// several near cells.
///
/// With √n cells, and rows compared with a bounded number of groups, it costs O(n^1.5 · dim).
#[derive(Clone, Copy, Debug, Default)]
pub struct TwoLevel {
    /// How many cells to make, about; `None` is √n / 2, but no more than an eighth of the groups.
    pub cells: Option<NonZeroUsize>,
}

impl TwoLevel {
    fn cells(&self, n: usize, k: usize) -> usize {
        self.cells.map_or((n.isqrt() / 2).min(k / 8), NonZeroUsize::get)
    }
}

/// Iterations within cells.
const WITHIN: usize = 4;

/// Iterations across their borders: more are better done by refinement.
const ACROSS: usize = 2;

impl KMeans for TwoLevel {
    fn name(&self) -> &'static str {
        "two-level"
    }

    fn fit(&self, vectors: Vectors, k: usize, options: FitOptions) -> Fit {
        let wanted = self.cells(vectors.len(), k);
        if wanted < 2 {
            return Blocked.fit(vectors, k, options);
        }
        let cells = coarse_cells(vectors, wanted, options);
        if cells.count() > k {
            return Blocked.fit(vectors, k, options);
        }
        let mut group = within(vectors, &cells, k, options);
        let iterations = ACROSS.min(options.max_iterations);
        for _ in 0..iterations {
            group = iterate(vectors, &cells, &group, k);
        }
        Fit { group, iterations: Some(iterations), cells: Some(cells) }
    }
}

/// With about how many groups a row is compared across cells.
pub(crate) const COMPARED: usize = 2048;

/// One of Lloyd's iterations: every row goes to the nearest centroid among those in near cells.
fn iterate(vectors: Vectors, cells: &Cells, group: &[u32], k: usize) -> Vec<u32> {
    let mut centroids = vec![0.0; k * vectors.dim()];
    centroids::update(vectors, &Members::new(group, k), &mut centroids);
    let Ok(centroids) = Vectors::new(&centroids, vectors.dim()) else { return group.to_vec() };
    let own = |(row, &g): (usize, &u32)| {
        let centroid = centroids.row(g as usize);
        (g, vectors.row(row).iter().zip(centroid).map(|(x, c)| x * c).sum::<f32>())
    };
    let mut best: Vec<(u32, f32)> = group.par_iter().enumerate().map(own).collect();
    let wide = WideCells::new(centroids, cells, COMPARED);
    wide.visit(vectors, 0..vectors.len(), &mut best, |best, _, groups, s| {
        let (j, similarity) = largest(s);
        if similarity > best.1 {
            *best = (groups[j], similarity);
        }
    });
    best.into_iter().map(|(g, _)| g).collect()
}

/// `k` groups, each of rows of one cell.
fn within(vectors: Vectors, cells: &Cells, k: usize, options: FitOptions) -> Vec<u32> {
    let members = Members::new(cells.of_row(), cells.count());
    let sizes: Vec<usize> = (0..cells.count()).map(|c| members.of(c).len()).collect();
    let shares = shares(&sizes, k);
    let fits: Vec<Vec<u32>> = (0..cells.count())
        .into_par_iter()
        .map(|c| {
            let rows = vectors.gather(members.of(c));
            let Ok(rows) = Vectors::new(&rows, vectors.dim()) else { return Vec::new() };
            // Every cell has random numbers of its own.
            let start = (options.start << 32) + c as u64 + 1;
            let max_iterations = WITHIN.min(options.max_iterations);
            Blocked.fit(rows, shares[c], FitOptions { start, max_iterations, ..options }).group
        })
        .collect();
    let mut group = vec![0; vectors.len()];
    let mut first = 0;
    for (c, fit) in fits.into_iter().enumerate() {
        for (&row, g) in members.of(c).iter().zip(fit) {
            group[row as usize] = first + g;
        }
        first += shares[c] as u32;
    }
    group
}

/// Divides `k` in proportion to `sizes`, at least 1 each.
fn shares(sizes: &[usize], k: usize) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    let spare = k.saturating_sub(sizes.len());
    let (mut before, mut given) = (0, 0);
    let share = |&size: &usize| {
        before += size;
        let until = (before as u128 * spare as u128 / total.max(1) as u128) as usize;
        let share = 1 + until - given;
        given = until;
        share
    };
    sizes.iter().map(share).collect()
}
