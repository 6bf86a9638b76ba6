//! Rows drawn towards their neighbours.

use rayon::prelude::*;

use crate::{Vectors, normalise, visit_products};

/// Rows up to which all are compared with all.
const MOST: usize = 16_384;
/// Neighbours of a row, at most. From 10 to 20 it hardly matters.
const NEIGHBOURS: usize = 20;
/// Of few rows, one in so many is a neighbour: with more, everything would become one.
const SHARE: usize = 6;
/// How often.
const ROUNDS: usize = 2;

/// What else makes rows similar: given a row, the number of another, and the cosines of the first with
/// that one and those behind it, it says how similar they are.
pub type Beside<'a> = &'a (dyn Fn(usize, usize, &mut [f32]) + Sync);

/// How many neighbours each of `rows` rows is drawn towards; 0 where they stay where they are.
pub fn neighbours(rows: usize) -> usize {
    if rows > MOST { 0 } else { NEIGHBOURS.min(rows / SHARE) }
}

/// The rows (row-major, `dim` numbers and of length 1 each), every one moved half way to the mean of
/// its nearest [`neighbours`], weighted by how near they are, and that twice; `None` where they stay
/// where they are.
///
/// A text of two lines says only part of what it is about; what lies around it says more. This is
/// smoothing on a graph of neighbours, as label propagation (Zhou et al. 2003) and simplified graph
/// convolutions (Wu et al. 2019) do it: rows then part where there is little between them. Who is near is
/// told by the rows as seen from their mean, and by what is `beside`.
///
/// Costs 4 · n² · dim floating-point operations.
pub fn smoothed(rows: &[f32], dim: usize, beside: Beside<'_>) -> Option<Vec<f32>> {
    let most = neighbours(rows.len().checked_div(dim)?);
    if most == 0 {
        return None;
    }
    let mut rows = rows.to_vec();
    for _ in 0..ROUNDS {
        let near = nearest(&from_centre(&rows, dim), dim, most, beside);
        rows = drawn(&rows, dim, &near);
    }
    Some(rows)
}

/// The directions in which the rows lie from their mean.
fn from_centre(vectors: &[f32], dim: usize) -> Vec<f32> {
    let mut centre = vec![0.0_f64; dim];
    for row in vectors.chunks_exact(dim) {
        centre.iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    let rows = (vectors.len() / dim) as f64;
    let mut seen = vectors.to_vec();
    for row in seen.chunks_exact_mut(dim) {
        for (x, sum) in row.iter_mut().zip(&centre) {
            *x -= (sum / rows) as f32;
        }
        if !normalise(row) {
            row.fill(0.0);
        }
    }
    seen
}

/// The nearest rows of one, with how near they are: falling, equally near ones in their order.
type NearRows = Vec<(f32, u32)>;

/// The `most` rows nearest to each, of those that are near at all.
fn nearest(seen: &[f32], dim: usize, most: usize, beside: Beside<'_>) -> Vec<NearRows> {
    let rows = Vectors::over(seen, dim);
    let mut near: Vec<NearRows> = vec![Vec::with_capacity(most + 1); rows.len()];
    visit_products(rows, None, seen, &mut near, |near, row, first, products| {
        let mut similarities = products.to_vec();
        beside(row, first, &mut similarities);
        for (other, similarity) in (first..).zip(similarities) {
            let least = if near.len() < most { 0.0 } else { near[most - 1].0 };
            if similarity > least && other != row {
                let place = near.partition_point(|(before, _)| *before >= similarity);
                near.insert(place, (similarity, other as u32));
                near.truncate(most);
            }
        }
    });
    near
}

/// Every row half way to the mean of those near it; a row with none near stays.
fn drawn(vectors: &[f32], dim: usize, near: &[NearRows]) -> Vec<f32> {
    let rows = Vectors::over(vectors, dim);
    let mut moved = vectors.to_vec();
    moved.par_chunks_exact_mut(dim).zip(near).for_each(|(row, near)| {
        let mut mean = vec![0.0; dim];
        for (similarity, other) in near {
            let other = rows.row(*other as usize);
            mean.iter_mut().zip(other).for_each(|(sum, x)| *sum += similarity * x);
        }
        if normalise(&mut mean) {
            let mut halfway = mean;
            halfway.iter_mut().zip(&*row).for_each(|(sum, x)| *sum += x);
            if normalise(&mut halfway) {
                row.copy_from_slice(&halfway);
            }
        }
    });
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Directions in the plane, by their angles in degrees.
    fn plane(angles: &[f32]) -> Vec<f32> {
        angles.iter().flat_map(|a| [a.to_radians().cos(), a.to_radians().sin()]).collect()
    }

    /// Cosines are all there is.
    fn alone(_: usize, _: usize, _: &mut [f32]) {}

    #[test]
    fn neighbours_come_together_and_strangers_stay_apart() {
        let angles = [0., 4., 8., 12., 16., 20., 100., 104., 108., 112., 116., 120., 124.];
        let before = plane(&angles);
        let after = smoothed(&before, 2, &alone).unwrap();
        let cosine = |rows: &[f32], a: usize, b: usize| {
            rows[2 * a] * rows[2 * b] + rows[2 * a + 1] * rows[2 * b + 1]
        };
        for (a, b) in [(0, 5), (6, 12)] {
            assert!(cosine(&after, a, b) > cosine(&before, a, b) + 0.01);
        }
        assert!(cosine(&after, 5, 6) < cosine(&before, 5, 6) + 0.02);
        assert!(after.chunks_exact(2).all(|row| (row[0].hypot(row[1]) - 1.0).abs() < 1e-5));
    }

    #[test]
    fn what_stands_beside_decides_between_equally_near_ones() {
        // The first lies between two groups.
        let angles = [50., 0., 1., 2., 3., 4., 5., 95., 96., 97., 98., 99., 100.];
        let second = |row: usize| row == 0 || row > 6;
        let beside = |row: usize, first: usize, cosines: &mut [f32]| {
            for (other, cosine) in (first..).zip(cosines) {
                *cosine += if second(row) == second(other) { 1.0 } else { 0.0 };
            }
        };
        let after = smoothed(&plane(&angles), 2, &beside).unwrap();
        assert!(after[1].atan2(after[0]).to_degrees() > 60.0, "{:?}", &after[..2]);
    }

    #[test]
    fn few_rows_stay_where_they_are() {
        assert!(smoothed(&plane(&[0., 10., 20., 30., 40.]), 2, &alone).is_none());
        assert!(smoothed(&[], 0, &alone).is_none());
        assert_eq!((neighbours(13), neighbours(60), neighbours(5_000)), (2, 10, 20));
        assert_eq!(neighbours(MOST + 1), 0);
    }

    #[test]
    fn rows_in_one_place_stay_there() {
        let rows = plane(&[30.; 20]);
        let after = smoothed(&rows, 2, &alone).unwrap();
        assert!(after.iter().zip(&rows).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
