//! Rows to group, and the definitions that groupings are checked against.

use std::num::NonZeroUsize;

use cladus_group::{GroupParams, RowGroups};
use cladus_vectors::Vectors;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

pub(crate) fn config(clusters_per_group: usize) -> GroupParams {
    GroupParams::new(NonZeroUsize::MIN.saturating_add(clusters_per_group - 1))
}

/// Scales each row to length 1; zero rows stay.
pub(crate) fn normalise(data: &mut [f32], dim: usize) {
    for row in data.chunks_exact_mut(dim) {
        let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        if norm > 0.0 {
            row.iter_mut().for_each(|x| *x /= norm);
        }
    }
}

/// Normally distributed numbers, near enough: sums of twelve uniform ones.
pub(crate) fn normal(rng: &mut ChaCha8Rng) -> f32 {
    (0..12).map(|_| rng.next_u32() as f32 / u32::MAX as f32).sum::<f32>() - 6.0
}

/// `sizes[c]` rows around each of random centres, `noise` away from them, the clusters' rows
/// taking turns; and each row's cluster.
pub(crate) fn mixture(sizes: &[usize], dim: usize, noise: f32, seed: u64) -> (Vec<f32>, Vec<u32>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut centres: Vec<f32> = (0..sizes.len() * dim).map(|_| normal(&mut rng)).collect();
    normalise(&mut centres, dim);
    let (mut data, mut truth) = (Vec::new(), Vec::new());
    for round in 0..sizes.iter().copied().max().unwrap_or(0) {
        for cluster in (0..sizes.len()).filter(|&c| round < sizes[c]) {
            let centre = &centres[cluster * dim..(cluster + 1) * dim];
            let spread = noise / (dim as f32).sqrt();
            data.extend(centre.iter().map(|&x| x + spread * normal(&mut rng)));
            truth.push(cluster as u32);
        }
    }
    normalise(&mut data, dim);
    (data, truth)
}

pub(crate) fn sizes(grouping: &RowGroups) -> Vec<usize> {
    let mut sizes = vec![0; grouping.groups];
    grouping.group.iter().for_each(|&g| sizes[g as usize] += 1);
    sizes
}

/// The sum of each group's rows.
pub(crate) fn sums(vectors: Vectors, group: &[u32], groups: usize) -> Vec<Vec<f64>> {
    let mut sums = vec![vec![0.0; vectors.dim()]; groups];
    for (row, &g) in group.iter().enumerate() {
        let row = vectors.row(row);
        sums[g as usize].iter_mut().zip(row).for_each(|(s, &x)| *s += f64::from(x));
    }
    sums
}

pub(crate) fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// The inertia of any grouping of unit rows.
pub(crate) fn inertia(vectors: Vectors, group: &[u32]) -> f64 {
    let groups = group.iter().max().map_or(0, |&g| g as usize + 1);
    let lengths: f64 = sums(vectors, group, groups).iter().map(|sum| norm(sum)).sum();
    group.len() as f64 - lengths
}
