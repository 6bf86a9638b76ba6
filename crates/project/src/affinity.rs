//! Who lies near whom, and how much: the probabilities that t-SNE starts from.

use cladus_vectors::{Vectors, visit_products};
use rayon::prelude::*;

/// For every point its neighbours, with how much it is drawn to each; symmetric, and 1 in all.
pub(crate) struct Affinities {
    /// Where each point's neighbours begin, and where the last one's end.
    starts: Vec<usize>,
    /// Neighbours, rising within a point.
    pub(crate) others: Vec<u32>,
    /// How much.
    pub(crate) weights: Vec<f32>,
}

/// As many neighbours as matter (van der Maaten 2014).
const NEIGHBOURS_OF_PERPLEXITY: f64 = 3.0;

impl Affinities {
    /// Of `rows`, each of length 1, so that a point sees about `perplexity` others.
    pub(crate) fn of(rows: Vectors<'_>, perplexity: f64) -> Self {
        let n = rows.len();
        let most = ((NEIGHBOURS_OF_PERPLEXITY * perplexity).ceil() as usize).min(n - 1);
        let near = nearest(rows, most);
        let weighted: Vec<Vec<(u32, f32)>> =
            near.into_par_iter().map(|near| conditional(&near, perplexity)).collect();
        Self::symmetric(&weighted)
    }

    /// Half of how much one is drawn to the other, and half of the reverse.
    fn symmetric(weighted: &[Vec<(u32, f32)>]) -> Self {
        let n = weighted.len();
        let mut pairs: Vec<Vec<(u32, f32)>> = weighted.to_vec();
        for (row, list) in weighted.iter().enumerate() {
            for &(other, weight) in list {
                pairs[other as usize].push((row as u32, weight));
            }
        }
        let share = 1.0 / (2.0 * n as f32);
        let mut all = Self { starts: vec![0], others: Vec::new(), weights: Vec::new() };
        for mut list in pairs {
            list.sort_by_key(|(other, _)| *other);
            let mut last = None;
            for (other, weight) in list {
                if last == Some(other) {
                    if let Some(sum) = all.weights.last_mut() {
                        *sum += share * weight;
                    }
                } else {
                    all.others.push(other);
                    all.weights.push(share * weight);
                    last = Some(other);
                }
            }
            all.starts.push(all.others.len());
        }
        all
    }

    pub(crate) fn row(&self, point: usize) -> std::ops::Range<usize> {
        self.starts[point]..self.starts[point + 1]
    }
}

/// A neighbour: its cosine and its number.
pub(crate) type Neighbour = Vec<(f32, u32)>;

/// The `most` rows nearest to each, falling; of equally near ones those behind it first, so that what is
/// all alike is not all drawn to the same.
fn nearest(rows: Vectors<'_>, most: usize) -> Vec<Neighbour> {
    let mut near: Vec<Neighbour> = vec![Vec::with_capacity(most + 1); rows.len()];
    visit_products(rows, None, rows.data(), &mut near, |near, row, first, products| {
        for (other, &cosine) in (first..).zip(products) {
            if other != row {
                keep(near, most, cosine, other as u32);
            }
        }
    });
    near
}

/// Takes another one in, if it is among the `most` nearest so far.
pub(crate) fn keep(near: &mut Neighbour, most: usize, cosine: f32, other: u32) {
    if near.len() < most || near.last().is_some_and(|(least, _)| cosine > *least) {
        let place = near.partition_point(|(before, _)| *before >= cosine);
        near.insert(place, (cosine, other));
        near.truncate(most);
    }
}

/// A normal distribution over the neighbours, as wide as makes its perplexity what is wanted.
fn conditional(near: &[(f32, u32)], perplexity: f64) -> Vec<(u32, f32)> {
    let target = perplexity.ln();
    // Squared distances, seen from the nearest: the exponentials cannot all vanish.
    let nearest = near.first().map_or(0.0, |(cosine, _)| f64::from(*cosine));
    let distances: Vec<f64> =
        near.iter().map(|(cosine, _)| 2.0 * (nearest - f64::from(*cosine))).collect();
    let (mut low, mut high, mut beta) = (0.0, f64::INFINITY, 1.0);
    for _ in 0..64 {
        let (mut sum, mut mean) = (0.0, 0.0);
        for distance in &distances {
            let weight = (-beta * distance).exp();
            sum += weight;
            mean += weight * distance;
        }
        let entropy = sum.ln() + beta * mean / sum;
        if (entropy - target).abs() < 1e-5 {
            break;
        }
        if entropy > target {
            low = beta;
            beta = if high.is_finite() { 0.5 * (beta + high) } else { 2.0 * beta };
        } else {
            high = beta;
            beta = 0.5 * (beta + low);
        }
    }
    let sum: f64 = distances.iter().map(|distance| (-beta * distance).exp()).sum();
    let weight = |distance: &f64| ((-beta * distance).exp() / sum) as f32;
    near.iter().map(|(_, other)| *other).zip(distances.iter().map(weight)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Directions in the plane, by their angles in degrees.
    fn plane(angles: impl Iterator<Item = f32>) -> Vec<f32> {
        angles.flat_map(|a| [a.to_radians().cos(), a.to_radians().sin()]).collect()
    }

    #[test]
    fn affinities_are_symmetric_and_sum_up_to_one() {
        let rows = plane((0..40u8).map(|i| 3.0 * f32::from(i)));
        let affinities = Affinities::of(Vectors::over(&rows, 2), 5.0);
        let sum: f32 = affinities.weights.iter().sum();
        assert!((sum - 1.0).abs() < 1e-4, "{sum}");
        let weight = |a: usize, b: usize| {
            let found = affinities.row(a).find(|&at| affinities.others[at] as usize == b);
            found.map(|at| affinities.weights[at])
        };
        for a in 0..40 {
            for b in 0..40 {
                assert_eq!(weight(a, b), weight(b, a), "{a} {b}");
            }
        }
        assert!(weight(10, 11) > weight(10, 14));
    }

    #[test]
    fn a_point_sees_as_many_as_wanted() {
        let near: Neighbour = (0..90u32).map(|i| (1.0 - 0.01 * i as f32, i)).collect();
        let weights = conditional(&near, 30.0);
        let entropy: f64 =
            weights.iter().map(|(_, w)| f64::from(*w)).map(|w| -w * w.max(1e-300).ln()).sum();
        assert!((entropy.exp() - 30.0).abs() < 0.1, "{}", entropy.exp());
        // What is all alike is seen alike.
        let same: Neighbour = (0..9u32).map(|i| (1.0, i)).collect();
        assert!(conditional(&same, 3.0).iter().all(|(_, w)| (w - 1.0 / 9.0).abs() < 1e-6));
    }
}
