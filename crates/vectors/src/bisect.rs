//! Rows cut in two, and again, until no part is too large.

use crate::{Vectors, dot, mean_direction};

/// All rows in parts of at most `most` (at least one) that lie near each other: cut in two where
/// they part until they fit. Parts are in the order of their cuts, rows rising.
///
/// Linear in the rows for each of the log(n / most) rounds.
pub fn bisected(vectors: Vectors<'_>, most: usize) -> Vec<Vec<usize>> {
    let most = most.max(1);
    let mut parts = Vec::new();
    let mut open: Vec<Vec<usize>> = vec![(0..vectors.len()).collect()];
    while let Some(rows) = open.pop() {
        if rows.len() <= most {
            parts.push(rows);
        } else {
            let (first, second) = halves(&rows, vectors, most, 1);
            open.extend([second, first]);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// All of `rows` in as few parts of at most `most` (at least one) as hold them, each of rows that lie near
/// each other: cut in two near where they part, at a multiple of `most`, until they fit.
pub fn packed(rows: &[usize], vectors: Vectors<'_>, most: usize) -> Vec<Vec<usize>> {
    let most = most.max(1);
    let mut parts = Vec::new();
    let mut open = vec![rows.to_vec()];
    while let Some(rows) = open.pop() {
        let n = rows.len();
        if n <= most {
            parts.push(rows);
        } else {
            let whole = |at: usize| {
                let full = (at + most / 2) / most * most;
                full.clamp(most, (n - 1) / most * most)
            };
            let (first, second) = two_means(&rows, vectors, whole);
            open.extend([second, first]);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Two-means whose sides are bounded. What is all alike is cut in the middle.
///
/// Both sides have at least `least`. Where two parts will do, neither has more than `most`; where more
/// are needed, neither side has less than a quarter, so that few rounds are.
pub fn halves(
    rows: &[usize],
    vectors: Vectors<'_>,
    most: usize,
    least: usize,
) -> (Vec<usize>, Vec<usize>) {
    let n = rows.len();
    let small = if n <= most.saturating_mul(2) { n - most } else { n.div_ceil(4) };
    let small = small.max(least).min(n / 2);
    two_means(rows, vectors, |at| at.clamp(small, n - small))
}

/// Two-means from the two rows that are far apart: the one farthest from the mean, and the one farthest
/// from that. `cut` says how many rows the first side has where so many lean to it.
fn two_means(
    rows: &[usize],
    vectors: Vectors<'_>,
    cut: impl Fn(usize) -> usize,
) -> (Vec<usize>, Vec<usize>) {
    let n = rows.len();
    let farthest = |from: &[f32]| {
        let far = rows.iter().map(|&row| (dot(vectors.row(row), from), row));
        far.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).map_or(0, |(_, row)| row)
    };
    // Rows that cancel out have no direction, and nobody is farther from it than another.
    let centre = |side: &[usize]| {
        mean_direction(vectors, side.iter().copied()).unwrap_or_else(|| vec![0.0; vectors.dim()])
    };
    let first = farthest(&centre(rows));
    let second = farthest(vectors.row(first));
    let mut centres = [vectors.row(first).to_vec(), vectors.row(second).to_vec()];
    let mut sides: (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        let lean = |row: usize| {
            let row = vectors.row(row);
            dot(row, &centres[1]) - dot(row, &centres[0])
        };
        let mut order: Vec<(f32, usize)> = rows.iter().map(|&row| (lean(row), row)).collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let natural = order.partition_point(|(lean, _)| *lean <= 0.0);
        let at = cut(if natural == n { n / 2 } else { natural });
        let side = |part: &[(f32, usize)]| {
            let mut rows: Vec<usize> = part.iter().map(|(_, row)| *row).collect();
            rows.sort_unstable();
            rows
        };
        let now = (side(&order[..at]), side(&order[at..]));
        if now == sides {
            break;
        }
        sides = now;
        centres = [centre(&sides.0), centre(&sides.1)];
    }
    sides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_lie_together_stay_together() {
        let angles = [0.0f32, 90.0, 3.0, 92.0, 180.0, 183.0, 1.0];
        let vectors: Vec<f32> =
            angles.iter().flat_map(|a| [a.to_radians().cos(), a.to_radians().sin()]).collect();
        let mut parts = bisected(Vectors::over(&vectors, 2), 3);
        parts.sort();
        assert_eq!(parts, [vec![0, 2, 6], vec![1, 3], vec![4, 5]]);
    }

    #[test]
    fn parts_are_full_but_for_one() {
        let angles = [0.0f32, 90.0, 3.0, 92.0, 180.0, 183.0, 1.0, 91.0, 181.0, 270.0];
        let vectors: Vec<f32> =
            angles.iter().flat_map(|a| [a.to_radians().cos(), a.to_radians().sin()]).collect();
        let rows: Vec<usize> = (0..10).collect();
        let parts = packed(&rows, Vectors::over(&vectors, 2), 3);
        assert_eq!(parts.len(), 4, "{parts:?}");
        assert!(parts.iter().all(|part| (1..=3).contains(&part.len())), "{parts:?}");
        let mut all = parts.concat();
        all.sort_unstable();
        assert_eq!(all, rows);
        assert!(packed(&[], Vectors::over(&[], 2), 3).is_empty());
    }

    #[test]
    fn what_is_all_alike_is_cut_all_the_same() {
        let vectors = vec![1.0f32; 10];
        let parts = bisected(Vectors::over(&vectors, 1), 4);
        assert!(parts.iter().all(|part| (1..=4).contains(&part.len())), "{parts:?}");
        assert_eq!(parts.concat().len(), 10);
        assert!(bisected(Vectors::over(&[], 1), 4).is_empty());
    }
}
