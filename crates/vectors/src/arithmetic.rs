//! Arithmetic of vectors.

use crate::Vectors;

/// The scalar product: of L2-normalised vectors, their cosine.
///
/// Summed in a fixed number of lanes, so that the compiler may use vector instructions without
/// reordering the sum.
pub fn dot(left: &[f32], right: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0_f32; LANES];
    let (left, right) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
    let rest: f32 = left.remainder().iter().zip(right.remainder()).map(|(x, y)| x * y).sum();
    for (left, right) in left.zip(right) {
        for lane in 0..LANES {
            sums[lane] += left[lane] * right[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Brings `vector` to length 1; says no, and leaves it as it is, if it has no direction.
pub fn normalise(vector: &mut [f32]) -> bool {
    let length = dot(vector, vector).sqrt();
    let has_direction = length > 1e-6;
    if has_direction {
        vector.iter_mut().for_each(|x| *x /= length);
    }
    has_direction
}

/// The direction of the mean of some rows, if it has one.
pub fn mean_direction(of: Vectors<'_>, rows: impl Iterator<Item = usize>) -> Option<Vec<f32>> {
    let mut mean = vec![0.0; of.dim()];
    for row in rows {
        mean.iter_mut().zip(of.row(row)).for_each(|(sum, x)| *sum += x);
    }
    normalise(&mut mean).then_some(mean)
}
