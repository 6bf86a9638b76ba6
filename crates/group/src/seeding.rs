//! First centroids: k-means++ (Arthur and Vassilvitskii 2007), in batches.
//!
//! k-means++ draws centroids one after the other, each row with a chance proportional to its
//! distance from the nearest centroid so far; taken literally it reads all rows k times. Here a
//! batch of rows is drawn from the distances as they were before the batch, and each is kept with
//! the chance (distance now) / (distance before), where *now* counts the rows kept earlier in the
//! batch. That is rejection sampling: what is kept follows exactly the distribution of k-means++
//! (the idea of Cohen-Addad et al. 2020), while the distances are brought up to date once a
//! batch, by one matrix product. The whole seeding costs about as much as one Lloyd iteration.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

use crate::centroids::SAME;
use cladus_vectors::Vectors;
use cladus_vectors::{largest, visit_products};

/// The largest batch. Batches start at one row and double: as long as there are few centroids,
/// each one changes the distances of many rows, and most of a large batch would be rejected.
const BATCH: usize = 256;

/// Rows to start from, and which of them each row is nearest to.
pub(crate) struct Seeds {
    /// The rows, all different.
    pub(crate) rows: Vec<u32>,
    /// The place in `rows` of the seed nearest to each row; the first of several as near.
    pub(crate) nearest: Vec<u32>,
}

/// `k` rows to start from, or fewer if fewer are different.
///
/// For unit rows the squared Euclidean distance, which k-means++ draws by, is twice the cosine
/// distance.
pub(crate) fn plus_plus(vectors: Vectors, k: usize, rng: &mut ChaCha8Rng) -> Seeds {
    let n = vectors.len();
    if n == 0 || k == 0 {
        return Seeds { rows: Vec::new(), nearest: vec![0; n] };
    }
    let mut chosen = vec![(uniform(rng) * n as f64) as u32];
    let mut nearest = vec![NearestSeed { seed: 0, distance: f32::INFINITY }; n];
    shorten(vectors, &chosen, 0, &mut nearest);
    while chosen.len() < k {
        let cumulative = cumulative(&nearest);
        let total = cumulative[n - 1];
        if total <= 0.0 {
            break;
        }
        let size = BATCH.min(chosen.len()).min(k - chosen.len());
        let proposed: Vec<u32> = (0..size)
            .map(|_| {
                let point = uniform(rng) * total;
                cumulative.partition_point(|&c| c <= point).min(n - 1) as u32
            })
            .collect();
        let kept = thin(vectors, &proposed, &nearest, rng);
        shorten(vectors, &kept, chosen.len(), &mut nearest);
        chosen.extend(kept);
    }
    Seeds { rows: chosen, nearest: nearest.into_iter().map(|nearest| nearest.seed).collect() }
}

/// The seed nearest to a row so far.
#[derive(Clone, Copy)]
struct NearestSeed {
    seed: u32,
    distance: f32,
}

/// The proposed rows that pass the rejection step.
fn thin(
    vectors: Vectors,
    proposed: &[u32],
    before: &[NearestSeed],
    rng: &mut ChaCha8Rng,
) -> Vec<u32> {
    let size = proposed.len();
    let mut similarity: Vec<Vec<f32>> = vec![Vec::with_capacity(size); size];
    let rows = vectors.gather(proposed);
    visit_products(vectors, Some(proposed), &rows, &mut similarity, |seen, _, _, products| {
        seen.extend_from_slice(products);
    });
    let mut kept: Vec<usize> = Vec::with_capacity(size);
    for (i, &row) in proposed.iter().enumerate() {
        let before = before[row as usize].distance;
        let now = kept.iter().fold(before, |d, &j| d.min(distance_of(similarity[i][j])));
        if uniform(rng) * f64::from(before) < f64::from(now) {
            kept.push(i);
        }
    }
    kept.into_iter().map(|i| proposed[i]).collect()
}

/// Brings the nearest seeds up to date with the rows `seeds`, the first of which is seed `first`.
fn shorten(vectors: Vectors, seeds: &[u32], first: usize, nearest: &mut [NearestSeed]) {
    visit_products(vectors, None, &vectors.gather(seeds), nearest, |nearest, _, tile, products| {
        let (j, similarity) = largest(products);
        let distance = distance_of(similarity);
        if distance < nearest.distance {
            *nearest = NearestSeed { seed: (first + tile + j) as u32, distance };
        }
    });
}

/// The cosine distance, exactly 0 for rows that are the same up to rounding.
fn distance_of(similarity: f32) -> f32 {
    let distance = 1.0 - similarity;
    if distance <= SAME { 0.0 } else { distance }
}

fn cumulative(nearest: &[NearestSeed]) -> Vec<f64> {
    let mut total = 0.0;
    let add = |nearest: &NearestSeed| {
        total += f64::from(nearest.distance);
        total
    };
    nearest.iter().map(add).collect()
}

/// A number in [0, 1), the same for a seed in every version of every random number library.
pub(crate) fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn on_circle(degrees: &[f32]) -> Vec<f32> {
        degrees.iter().flat_map(|d| [d.to_radians().cos(), d.to_radians().sin()]).collect()
    }

    #[test]
    fn only_different_rows_are_chosen() {
        let degrees: Vec<f32> = (0..600).map(|i| (i % 20) as f32 * 18.0).collect();
        let data = on_circle(&degrees);
        let vectors = Vectors::new(&data, 2).unwrap();
        for k in [1, 7, 20, 50] {
            let chosen = plus_plus(vectors, k, &mut ChaCha8Rng::seed_from_u64(k as u64)).rows;
            let mut different: Vec<u32> = chosen.iter().map(|row| row % 20).collect();
            different.sort_unstable();
            different.dedup();
            assert_eq!((chosen.len(), different.len()), (k.min(20), k.min(20)));
        }
    }

    #[test]
    fn who_is_nearest_is_what_a_pass_over_the_seeds_finds() {
        let (n, dim) = (500, 8);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut data: Vec<f32> = (0..n * dim).map(|_| uniform(&mut rng) as f32 - 0.5).collect();
        for row in data.chunks_mut(dim) {
            let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            row.iter_mut().for_each(|x| *x /= length);
        }
        let vectors = Vectors::new(&data, dim).unwrap();
        for k in [1, 3, 40, 200] {
            let seeds = plus_plus(vectors, k, &mut rng);
            assert_eq!(seeds.rows.len(), k);
            let found = crate::blocked::nearest(vectors, &vectors.gather(&seeds.rows));
            assert_eq!(seeds.nearest, found, "{k} seeds");
        }
    }

    /// The chance that k-means++ chooses the rows in `set`, by its definition.
    fn chance(vectors: Vectors, chosen: &mut Vec<usize>, k: usize, set: u32) -> f64 {
        let n = vectors.len();
        if chosen.len() == k {
            return 1.0;
        }
        let weight = |i: usize| -> f64 {
            let similarity = |&j: &usize| -> f32 {
                vectors.row(i).iter().zip(vectors.row(j)).map(|(a, b)| a * b).sum()
            };
            let nearest = chosen.iter().map(similarity).fold(f32::NEG_INFINITY, f32::max);
            if chosen.is_empty() { 1.0 } else { f64::from(distance_of(nearest)) }
        };
        let weights: Vec<f64> = (0..n).map(weight).collect();
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        for i in (0..n).filter(|i| set & (1 << i) != 0) {
            if !chosen.contains(&i) {
                chosen.push(i);
                sum += weights[i] / total * chance(vectors, chosen, k, set);
                chosen.pop();
            }
        }
        sum
    }

    #[test]
    fn batches_follow_the_distribution_of_k_means_plus_plus() {
        let data = on_circle(&[0.0, 10.0, 25.0, 90.0, 100.0, 200.0]);
        let vectors = Vectors::new(&data, 2).unwrap();
        // The third and fourth row come from one batch.
        let (k, draws) = (4, 20_000);
        let mut seen = [0_u32; 64];
        for seed in 0..draws {
            let chosen = plus_plus(vectors, k, &mut ChaCha8Rng::seed_from_u64(seed)).rows;
            seen[chosen.iter().fold(0, |set, &row| set | 1 << row)] += 1;
        }
        for (set, &seen) in seen.iter().enumerate() {
            let expected = match set.count_ones() {
                4 => chance(vectors, &mut Vec::new(), k, set as u32),
                _ => 0.0,
            };
            let deviation = (expected * (1.0 - expected) / draws as f64).sqrt();
            let frequency = f64::from(seen) / draws as f64;
            assert!(
                (frequency - expected).abs() <= 4.5 * deviation,
                "{set:b} {frequency} {expected}"
            );
        }
    }
}
