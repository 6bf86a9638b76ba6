//! Repairs what k-means leaves behind: groups that are too large, singletons, and with them too
//! many or too few groups.

use rayon::prelude::*;

use crate::centroids::{SAME, direction, sum_of};
use crate::near::{Finder, NearGroups};
use crate::partition::Partition;
use cladus_vectors::Vectors;
use cladus_vectors::visit_products;

/// Splits every group of more than `most` rows.
pub(crate) fn split_large<'a>(partition: Partition<'a>, most: usize) -> Partition<'a> {
    let large: Vec<usize> =
        (0..partition.groups()).filter(|&g| partition.size()[g] > most).collect();
    split(partition, &large, most)
}

/// Splits the groups with the largest inertia until there are `groups`, or none is left to split.
///
/// Groups of fewer than four rows, and groups of the same row over and over, stay whole.
pub(crate) fn split_up_to<'a>(mut partition: Partition<'a>, groups: usize) -> Partition<'a> {
    while partition.groups() < groups {
        let inertia = |g: usize| partition.size()[g] as f64 - partition.norm()[g];
        let loose = |&g: &usize| {
            partition.size()[g] >= 4 && inertia(g) > f64::from(SAME) * partition.size()[g] as f64
        };
        let mut worst: Vec<usize> = (0..partition.groups()).filter(loose).collect();
        if worst.is_empty() {
            break;
        }
        worst.sort_by(|&a, &b| inertia(b).total_cmp(&inertia(a)).then(a.cmp(&b)));
        worst.truncate(groups - partition.groups());
        partition = split(partition, &worst, usize::MAX);
    }
    partition
}

/// Splits each of `which` in two, and the halves again until none has more than `most` rows.
fn split<'a>(partition: Partition<'a>, which: &[usize], most: usize) -> Partition<'a> {
    if which.is_empty() {
        return partition;
    }
    let vectors = partition.vectors;
    let members = partition.members();
    let parts: Vec<Vec<Vec<u32>>> = which
        .par_iter()
        .map(|&g| {
            let (left, right) = bisect(vectors, members.of(g));
            let mut waiting = vec![right, left];
            let mut parts = Vec::new();
            while let Some(rows) = waiting.pop() {
                if rows.len() > most {
                    let (left, right) = bisect(vectors, &rows);
                    waiting.push(right);
                    waiting.push(left);
                } else {
                    parts.push(rows);
                }
            }
            parts
        })
        .collect();
    let mut next = partition.groups() as u32;
    let mut group = partition.into_group();
    for parts in parts {
        // The first part keeps its group's number.
        for rows in parts.into_iter().skip(1) {
            rows.into_iter().for_each(|row| group[row as usize] = next);
            next += 1;
        }
    }
    Partition::new(vectors, group)
}

/// Two halves of `rows` (at least two), by 2-means from two rows far apart.
///
/// Neither half gets less than a quarter, so that splitting ends soon on any data; rows that are
/// all the same are halved in row order.
fn bisect(vectors: Vectors, rows: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let dim = vectors.dim();
    let n = rows.len();
    let mut mean = vec![0.0; dim];
    direction(&sum_of(vectors, rows), &mut mean);
    let one = farthest(vectors, rows, &mean);
    let other = farthest(vectors, rows, vectors.row(one as usize));
    let mut centroids = vectors.gather(&[one, other]);
    let mut margin = margins(vectors, rows, &centroids);
    for _ in 0..BISECTION_ITERATIONS {
        let (left, right): (Vec<u32>, Vec<u32>) = sides(rows, &margin);
        direction(&sum_of(vectors, &left), &mut centroids[..dim]);
        direction(&sum_of(vectors, &right), &mut centroids[dim..]);
        let next = margins(vectors, rows, &centroids);
        let stable = next.iter().zip(&margin).all(|(a, b)| (*a >= 0.0) == (*b >= 0.0));
        margin = next;
        if stable {
            break;
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| margin[b].total_cmp(&margin[a]).then(a.cmp(&b)));
    let natural = margin.iter().filter(|&&m| m >= 0.0).count();
    let least = (n / 4).max(2.min(n / 2));
    let cut = if natural == n { n / 2 } else { natural.clamp(least, n - least) };
    let take = |order: &[usize]| {
        let mut rows: Vec<u32> = order.iter().map(|&i| rows[i]).collect();
        rows.sort_unstable();
        rows
    };
    (take(&order[..cut]), take(&order[cut..]))
}

/// Enough for the halves to be roughly right; single rows are moved later.
const BISECTION_ITERATIONS: usize = 8;

fn sides(rows: &[u32], margin: &[f32]) -> (Vec<u32>, Vec<u32>) {
    let pairs = rows.iter().zip(margin);
    let (left, right): (Vec<_>, Vec<_>) = pairs.partition(|(_, m)| **m >= 0.0);
    let rows = |pairs: Vec<(&u32, &f32)>| pairs.into_iter().map(|(&row, _)| row).collect();
    (rows(left), rows(right))
}

/// How much nearer each row is to the first of two centroids than to the second.
fn margins(vectors: Vectors, rows: &[u32], centroids: &[f32]) -> Vec<f32> {
    let mut margin = vec![0.0; rows.len()];
    visit_products(vectors, Some(rows), centroids, &mut margin, |margin, _, _, s| {
        *margin = s[0] - s[1];
    });
    margin
}

/// The row with the smallest dot product with `point`.
fn farthest(vectors: Vectors, rows: &[u32], point: &[f32]) -> u32 {
    let mut similarity = vec![0.0; rows.len()];
    visit_products(vectors, Some(rows), point, &mut similarity, |similarity, _, _, s| {
        *similarity = s[0];
    });
    let pairs = rows.iter().zip(similarity);
    pairs.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(&row, _)| row)
}

/// Merges the pairs of groups that cost least until there are `groups`, or no two groups together
/// have at most `most` rows.
///
/// The cost of a merge is the growth of the inertia, as in Ward's method.
pub(crate) fn merge_down_to<'a>(
    mut partition: Partition<'a>,
    finder: Finder,
    groups: usize,
    most: usize,
) -> Partition<'a> {
    while partition.groups() > groups {
        let near = finder.near(&partition);
        let mut pairs = near.map_or_else(Vec::new, |near| near_partners(&partition, &near, most));
        if pairs.is_empty() {
            // What fits together need not be near.
            pairs = cheapest_partners(&partition, most);
        }
        pairs.sort_by(|a, b| a.cost.total_cmp(&b.cost).then((a.of, a.with).cmp(&(b.of, b.with))));
        let mut surplus = partition.groups() - groups;
        let mut target: Vec<u32> = (0..partition.groups() as u32).collect();
        let mut merged = vec![false; partition.groups()];
        for pair in pairs {
            let (a, b) = (pair.of as usize, pair.with as usize);
            if surplus > 0 && !merged[a] && !merged[b] {
                (merged[a], merged[b]) = (true, true);
                target[a.max(b)] = a.min(b) as u32;
                surplus -= 1;
            }
        }
        if !merged.contains(&true) {
            break;
        }
        let vectors = partition.vectors;
        let mut group = partition.into_group();
        group.iter_mut().for_each(|g| *g = target[*g as usize]);
        partition = Partition::new(vectors, group);
    }
    partition
}

/// Group `of` and the group with which a merge costs least.
struct MergePair {
    of: u32,
    with: u32,
    cost: f32,
}

/// The growth of the inertia if groups `a` and `b`, of similarity `s`, become one.
fn cost(partition: &Partition, a: usize, b: usize, s: f32) -> f32 {
    let (p, q) = (partition.norm()[a], partition.norm()[b]);
    (p + q - (p * p + q * q + 2.0 * p * q * f64::from(s)).max(0.0).sqrt()) as f32
}

/// For each group those of the groups near it with which a merge costs least, if any fits.
fn near_partners(partition: &Partition, near: &NearGroups, most: usize) -> Vec<MergePair> {
    let (size, dim) = (partition.size(), partition.vectors.dim());
    let centroids = partition.centroids();
    let centroid = |g: usize| &centroids[g * dim..(g + 1) * dim];
    let partners = |a: usize| {
        let fits = |&&b: &&u32| size[a] + size[b as usize] <= most;
        let pair = |&b: &u32| {
            let s = centroid(a).iter().zip(centroid(b as usize)).map(|(x, y)| x * y).sum();
            MergePair { of: a as u32, with: b, cost: cost(partition, a, b as usize, s) }
        };
        let mut pairs: Vec<MergePair> = near.of(a).iter().filter(fits).map(pair).collect();
        pairs.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(a.with.cmp(&b.with)));
        pairs.truncate(PARTNERS);
        pairs
    };
    let pairs: Vec<Vec<MergePair>> = (0..size.len()).into_par_iter().map(partners).collect();
    pairs.into_iter().flatten().collect()
}

/// So many near partners are considered: the first may be taken.
const PARTNERS: usize = 4;

fn cheapest_partners(partition: &Partition, most: usize) -> Vec<MergePair> {
    let size = partition.size();
    let smallest = size.iter().copied().min().unwrap_or(0);
    let fits = |g: &u32| size[*g as usize] + smallest <= most;
    let small: Vec<u32> = (0..partition.groups() as u32).filter(fits).collect();
    let centroids = partition.centroids();
    let Ok(centroids) = Vectors::new(&centroids, partition.vectors.dim()) else {
        return Vec::new();
    };
    let mut best: Vec<Option<(f32, u32)>> = vec![None; small.len()];
    let others = centroids.gather(&small);
    visit_products(centroids, Some(&small), &others, &mut best, |best, a, first, s| {
        for (j, &s) in s.iter().enumerate() {
            let b = small[first + j];
            if a == b as usize || size[a] + size[b as usize] > most {
                continue;
            }
            let cost = cost(partition, a, b as usize, s);
            if best.is_none_or(|(least, _)| cost < least) {
                *best = Some((cost, b));
            }
        }
    });
    let found = small.iter().zip(best);
    found.filter_map(|(&of, best)| best.map(|(cost, with)| MergePair { of, with, cost })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition<'a>(data: &'a [f32], group: &[u32]) -> Partition<'a> {
        Partition::new(Vectors::new(data, 2).unwrap(), group.to_vec())
    }

    fn on_circle(degrees: &[f32]) -> Vec<f32> {
        degrees.iter().flat_map(|d| [d.to_radians().cos(), d.to_radians().sin()]).collect()
    }

    #[test]
    fn large_groups_are_split_between_their_clusters() {
        let data = on_circle(&[0.0, 50.0, 1.0, 51.0, 2.0, 52.0, 170.0]);
        let split = split_large(partition(&data, &[0, 0, 0, 0, 0, 0, 1]), 3);
        assert_eq!(split.group(), [0, 1, 0, 1, 0, 1, 2]);
    }

    #[test]
    fn equal_rows_are_split_into_halves() {
        let data = on_circle(&[30.0; 100]);
        let split = split_large(partition(&data, &[0; 100]), 30);
        assert_eq!(split.size(), [25; 4]);
    }

    #[test]
    fn the_loosest_groups_are_split_first_and_equal_rows_never() {
        let data = on_circle(&[0.0, 1.0, 2.0, 3.0, 80.0, 81.0, 130.0, 131.0, 9.0, 9.0, 9.0, 9.0]);
        let group = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
        let split = split_up_to(partition(&data, &group), 4);
        assert_eq!(split.group(), [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 3]);
        // The two groups of two rows and the equal rows stay as they are.
        assert_eq!(split_up_to(split, 12).size(), [2, 2, 2, 2, 4]);
    }

    #[test]
    fn the_cheapest_pairs_that_fit_are_merged() {
        let data = on_circle(&[0.0, 1.0, 2.0, 5.0, 6.0, 40.0, 41.0, 60.0, 61.0]);
        let group = [0, 0, 0, 1, 1, 2, 2, 3, 3];
        let merge = |groups, most| {
            merge_down_to(partition(&data, &group), Finder { cells: None }, groups, most)
                .group()
                .to_vec()
        };
        assert_eq!(merge(3, 5), [0, 0, 0, 0, 0, 1, 1, 2, 2]);
        // The nearest two are five rows together.
        assert_eq!(merge(3, 4), [0, 0, 0, 1, 1, 2, 2, 2, 2]);
        assert_eq!(merge(1, 4), [0, 0, 0, 1, 1, 2, 2, 2, 2]);
        assert_eq!(merge(1, 9), [0; 9]);
    }
}
