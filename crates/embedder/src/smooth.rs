//! Vectors drawn towards those of their neighbours.
//!
//! A text of two lines says only part of what it is about; what lies around it says more. Every vector
//! is moved half way to the mean of its nearest neighbours', weighted by how near they are, and that
//! twice: smoothing on a graph of neighbours, as label propagation (Zhou et al. 2003) and simplified
//! graph convolutions (Wu et al. 2019) do it. Clusters then part where there is little between them.
//!
//! Who is near is told by the vectors as seen from their centre, and by shared words. On five taxonomies,
//! Ward's method over vectors of the transformer rises from .434 to .488 by it (mean agreement with
//! the taxonomy; benchmarks/trees.py measures the whole), over static ones from .400 to .442.

use cladus_vectors::{Vectors, normalise, visit_products};
use rayon::prelude::*;

use crate::Text;
use crate::lexical::Overlap;

/// Texts up to which vectors are smoothed: every one is compared with every other.
const MOST: usize = 16_384;
/// Neighbours of a text, at most. From 10 to 20 it hardly matters.
const NEIGHBOURS: usize = 20;
/// Of few texts, one in so many is a neighbour: with more, everything would become one.
const SHARE: usize = 6;
/// What shared words count in being near, the vectors counting the rest.
const WORDS: f32 = 0.4;
/// How often.
const ROUNDS: usize = 2;

/// How many neighbours each of `texts` texts is drawn towards; 0 where they stay where they are.
pub fn neighbours(texts: usize) -> usize {
    if texts > MOST { 0 } else { NEIGHBOURS.min(texts / SHARE) }
}

/// `vectors` (row-major, one L2-normalised row of `dim` numbers for each of `texts`), each drawn
/// towards its [`neighbours`]. They stay in the space they are in: other texts can be put beside them.
///
/// Costs 4 · n² · dim floating-point operations.
pub fn smoothed(mut vectors: Vec<f32>, dim: usize, texts: &[Text<'_>]) -> Vec<f32> {
    let most = neighbours(texts.len());
    if most == 0 || dim == 0 {
        return vectors;
    }
    let words = Overlap::of(texts);
    for _ in 0..ROUNDS {
        let near = nearest(&from_centre(&vectors, dim), dim, most, &words);
        vectors = drawn(&vectors, dim, &near);
    }
    vectors
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
type Near = Vec<(f32, u32)>;

/// The `most` rows nearest to each, of those that are near at all.
fn nearest(seen: &[f32], dim: usize, most: usize, words: &Overlap) -> Vec<Near> {
    let rows = Vectors::over(seen, dim);
    let mut near: Vec<Near> = vec![Vec::with_capacity(most + 1); rows.len()];
    visit_products(rows, None, seen, &mut near, |near, row, first, products| {
        let mut shared = vec![0.0; products.len()];
        words.cosines(row, first, &mut shared);
        for ((other, product), words) in (first..).zip(products).zip(&shared) {
            let similarity = (1.0 - WORDS) * product + WORDS * words;
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
fn drawn(vectors: &[f32], dim: usize, near: &[Near]) -> Vec<f32> {
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

    #[test]
    fn neighbours_come_together_and_strangers_stay_apart() {
        let angles = [0., 4., 8., 12., 16., 20., 100., 104., 108., 112., 116., 120., 124.];
        let texts = vec![Text::name("thing"); angles.len()];
        let before = plane(&angles);
        let after = smoothed(before.clone(), 2, &texts);
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
    fn shared_words_decide_between_equally_near_ones() {
        // The first lies between two groups, and has a word in common with the second.
        let angles = [50., 0., 1., 2., 3., 4., 5., 95., 96., 97., 98., 99., 100.];
        let mut texts = vec![Text::name("alpha"); 7];
        texts.extend(vec![Text::name("omega"); 6]);
        texts[0] = Text::name("omega");
        let after = smoothed(plane(&angles), 2, &texts);
        assert!(after[1].atan2(after[0]).to_degrees() > 60.0, "{:?}", &after[..2]);
    }

    #[test]
    fn few_texts_stay_where_they_are() {
        let vectors = plane(&[0., 10., 20., 30., 40.]);
        assert_eq!(smoothed(vectors.clone(), 2, &[Text::name("a"); 5]), vectors);
        assert_eq!((neighbours(13), neighbours(60), neighbours(5_000)), (2, 10, 20));
        assert_eq!(neighbours(MOST + 1), 0);
    }

    #[test]
    fn texts_that_lie_in_one_place_stay_there() {
        let vectors = plane(&[30.; 20]);
        let after = smoothed(vectors.clone(), 2, &[Text::name("same"); 20]);
        assert!(after.iter().zip(&vectors).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
