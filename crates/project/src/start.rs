//! Where points are before they move: their two first principal components.

use cladus_vectors::Vectors;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

/// The standard deviation of places, as t-SNE wants it: near each other, and yet not on one spot.
const SPREAD: f32 = 1e-4;
/// Of that, what chance decides: points that are alike must not stay on one spot.
const CHANCE: f32 = 0.01;
/// Rounds of the power method: a start need not be exact.
const ROUNDS: usize = 30;
/// Rows that one task looks at.
const CHUNK: usize = 512;

/// The first two principal components of `rows`, small.
pub(crate) fn principal(rows: Vectors<'_>, seed: u64) -> Vec<[f32; 2]> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut chance = || rng.next_u32() as f32 / u32::MAX as f32 - 0.5;
    let mean = mean(rows);
    let mut axes: [Vec<f32>; 2] =
        std::array::from_fn(|_| (0..rows.dim()).map(|_| chance()).collect());
    orthonormal(&mut axes);
    for _ in 0..ROUNDS {
        axes = turned(rows, &mean, &axes);
        orthonormal(&mut axes);
    }
    let mut places: Vec<[f32; 2]> = (0..rows.len())
        .into_par_iter()
        .map(|row| axes.each_ref().map(|axis| along(rows.row(row), &mean, axis)))
        .collect();
    let squares: f64 = places.iter().map(|place| f64::from(place[0] * place[0])).sum();
    let deviation = (squares / places.len().max(1) as f64).sqrt() as f32;
    let scale = if deviation > 1e-9 { SPREAD / deviation } else { 0.0 };
    for place in &mut places {
        *place = place.map(|x| x * scale + SPREAD * CHANCE * chance());
    }
    places
}

fn mean(rows: Vectors<'_>) -> Vec<f32> {
    let mut sum = vec![0.0_f64; rows.dim()];
    for row in rows.data().chunks_exact(rows.dim()) {
        sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    sum.iter().map(|sum| (sum / rows.len() as f64) as f32).collect()
}

/// How far a row lies along an axis, as seen from the mean.
fn along(row: &[f32], mean: &[f32], axis: &[f32]) -> f32 {
    row.iter().zip(mean).zip(axis).map(|((x, mean), axis)| (x - mean) * axis).sum()
}

/// The covariance of the rows times both axes.
fn turned(rows: Vectors<'_>, mean: &[f32], axes: &[Vec<f32>; 2]) -> [Vec<f32>; 2] {
    let dim = rows.dim();
    let parts: Vec<[Vec<f32>; 2]> = rows
        .data()
        .par_chunks(CHUNK * dim)
        .map(|chunk| {
            let mut sums = [vec![0.0; dim], vec![0.0; dim]];
            for row in chunk.chunks_exact(dim) {
                for (sum, axis) in sums.iter_mut().zip(axes) {
                    let far = along(row, mean, axis);
                    let seen = row.iter().zip(mean);
                    sum.iter_mut().zip(seen).for_each(|(sum, (x, mean))| *sum += far * (x - mean));
                }
            }
            sums
        })
        .collect();
    let mut all = [vec![0.0; dim], vec![0.0; dim]];
    for part in parts {
        for (sum, part) in all.iter_mut().zip(part) {
            sum.iter_mut().zip(part).for_each(|(sum, x)| *sum += x);
        }
    }
    all
}

fn orthonormal(axes: &mut [Vec<f32>; 2]) {
    let [first, second] = axes;
    cladus_vectors::normalise(first);
    let shared = cladus_vectors::dot(first, second);
    second.iter_mut().zip(&*first).for_each(|(x, first)| *x -= shared * first);
    cladus_vectors::normalise(second);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axes_are_those_of_the_widest_spread() {
        // Wide along the third number, narrower along the first, nothing along the second.
        let rows: Vec<f32> = (0..200)
            .flat_map(|i| {
                let (a, b) = ((i * 37 % 200) as f32 / 100.0 - 1.0, (i % 2) as f32 - 0.5);
                [0.2 * b, 0.5, a]
            })
            .collect();
        let places = principal(Vectors::over(&rows, 3), 0);
        let correlation = |axis: usize, column: usize| {
            let pairs = (0..200).map(|row| (places[row][axis], rows[3 * row + column]));
            let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
            for (a, b) in pairs {
                ab += a * b;
                aa += a * a;
                bb += b * b;
            }
            (ab / (aa * bb).sqrt()).abs()
        };
        assert!(correlation(0, 2) > 0.99, "{}", correlation(0, 2));
        assert!(correlation(1, 0) > 0.9, "{}", correlation(1, 0));
    }

    #[test]
    fn what_is_alike_does_not_start_on_one_spot() {
        let rows = [1.0, 0.0].repeat(10);
        let places = principal(Vectors::over(&rows, 2), 3);
        assert!(places.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(places.iter().flatten().all(|x| x.is_finite()));
        assert_ne!(places, principal(Vectors::over(&rows, 2), 4));
    }
}
