//! Whether children lie where their parents are.

use cladus_vectors::dot;
use rayon::prelude::*;
use serde::Serialize;

/// Where the children of one level lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Nearness {
    /// Children that were looked at: all, or as many as a sample holds.
    pub looked_at: usize,
    /// The share of them that are nearer to another parent's children than to their siblings.
    pub nearer_elsewhere: f64,
}

/// So many numbers are multiplied at most; beyond that, every so many-th child is looked at.
const WORK: usize = 4_000_000_000;

/// The share of children that are nearer (by cosine) to the mean of another parent's children than to
/// that of their siblings; a child without siblings is where it should be.
///
/// `vectors` has a row of `dim` numbers and of length 1 a child, `parents` each child's parent, numbered from 0. `None`
/// with fewer than two parents.
pub fn nearness(vectors: &[f32], dim: usize, parents: &[usize]) -> Option<Nearness> {
    let count = parents.iter().max().map_or(0, |most| most + 1);
    if count < 2 || dim == 0 || vectors.len() != parents.len() * dim {
        return None;
    }
    let row = |child: usize| &vectors[child * dim..(child + 1) * dim];
    let mut sums = vec![0.0_f32; count * dim];
    let mut sizes = vec![0_usize; count];
    for (child, &parent) in parents.iter().enumerate() {
        sizes[parent] += 1;
        let sum = &mut sums[parent * dim..(parent + 1) * dim];
        sum.iter_mut().zip(row(child)).for_each(|(sum, x)| *sum += x);
    }
    let direction = |sum: &[f32]| -> Vec<f32> {
        let norm = dot(sum, sum).sqrt().max(f32::MIN_POSITIVE);
        sum.iter().map(|x| x / norm).collect()
    };
    let means: Vec<Vec<f32>> = sums.chunks_exact(dim).map(direction).collect();
    let step = parents.len().saturating_mul(count * dim).div_ceil(WORK).max(1);
    let elsewhere = |&child: &usize| {
        let parent = parents[child];
        if sizes[parent] < 2 {
            return false;
        }
        let siblings: Vec<f32> = sums[parent * dim..(parent + 1) * dim]
            .iter()
            .zip(row(child))
            .map(|(s, x)| s - x)
            .collect();
        let own = dot(&direction(&siblings), row(child));
        // Rounding is no reason to move.
        let nearer = |(other, mean): (usize, &Vec<f32>)| {
            other != parent && dot(mean, row(child)) > own + 1e-5
        };
        means.iter().enumerate().any(nearer)
    };
    let looked_at: Vec<usize> = (0..parents.len()).step_by(step).collect();
    let away = looked_at.par_iter().filter(|child| elsewhere(child)).count();
    let looked_at = looked_at.len();
    Some(Nearness { looked_at, nearer_elsewhere: away as f64 / looked_at as f64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_in_the_wrong_place_is_found() {
        let angles = [0.0_f32, 5.0, 90.0, 85.0, 87.0, 45.0];
        let vectors: Vec<f32> = angles
            .iter()
            .flat_map(|angle| [angle.to_radians().cos(), angle.to_radians().sin()])
            .collect();
        let right = nearness(&vectors, 2, &[0, 0, 1, 1, 1, 2]).unwrap();
        assert_eq!((right.looked_at, right.nearer_elsewhere), (6, 0.0));
        // The third lies with those of the second parent.
        let wrong = nearness(&vectors, 2, &[0, 0, 0, 1, 1, 2]).unwrap();
        assert!(wrong.nearer_elsewhere >= 1.0 / 6.0, "{wrong:?}");
        assert!(nearness(&vectors, 2, &[0; 6]).is_none());
        assert!(nearness(&vectors, 2, &[0, 1]).is_none());
    }
}
