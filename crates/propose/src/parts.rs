//! Cutting a group into parts, one for each candidate.

use kodama::{Method, linkage};

/// Cuts `members` (rows of `vectors`) into at most `wanted` parts of rows that are alike.
///
/// Agglomerative clustering by least increase of the sum of squares (J. H. Ward, *Hierarchical
/// grouping to optimize an objective function*, 1963; by kodama's chain of nearest neighbours, F. Murtagh,
/// *A survey of recent advances in hierarchical clustering algorithms*, 1983), cut where
/// `wanted` parts have two rows or more. Rows that are alone there join the nearest part: a parent
/// of one child is no parent. Fewer parts come back where the rows leave room for no more. Where
/// there are fewer than three rows a part, nearly all of them would join something: then the cut is
/// at `wanted` parts, and rows may stay alone.
///
/// `vectors` is row-major with `dim` columns; time and memory are quadratic in `members`, which a
/// group's bound keeps small. Parts are ordered by their first member.
pub(crate) fn parts(
    members: &[usize],
    vectors: &[f32],
    dim: usize,
    wanted: usize,
) -> Vec<Vec<usize>> {
    let n = members.len();
    if n == 0 {
        return Vec::new();
    }
    let merges = ward(members, vectors, dim);
    let rows = |part: Vec<usize>| -> Vec<usize> { part.into_iter().map(|i| members[i]).collect() };
    if n < ROWS_A_PART * wanted {
        // Rows that say the same are one thing, however many candidates are wanted.
        let same = merges.iter().take_while(|merge| merge.cost < SAME).count();
        let kept = same.max(n - wanted.clamp(1, n));
        return cut(n, &merges[..kept]).into_iter().map(rows).collect();
    }
    // Undo merges from the top until enough parts have company.
    let mut best = vec![members.to_vec()];
    for undone in 0..n {
        let kept = merges.len().saturating_sub(undone);
        // Rows that say the same are one thing, however many candidates are wanted.
        if undone > 0 && merges.get(kept).is_none_or(|merge| merge.cost < SAME) {
            break;
        }
        let cut = cut(n, &merges[..kept]);
        let (shared, alone): (Vec<Vec<usize>>, Vec<Vec<usize>>) =
            cut.into_iter().partition(|part| part.len() > 1);
        if shared.len() > wanted.max(1) || (shared.is_empty() && n > 1) {
            break;
        }
        // An early cut that only splits off strays is no better than the one before.
        if shared.len() > best.len() || undone == 0 {
            let rows =
                |part: Vec<usize>| -> Vec<usize> { part.into_iter().map(|i| members[i]).collect() };
            let mut parts: Vec<Vec<usize>> = shared.into_iter().map(rows).collect();
            if parts.is_empty() {
                parts.push(Vec::new());
            }
            join(&mut parts, alone.into_iter().flat_map(rows).collect(), vectors, dim);
            best = parts;
        }
        if best.len() == wanted {
            break;
        }
    }
    best.iter_mut().for_each(|part| part.sort_unstable());
    best.sort_unstable();
    best
}

/// Strays join the part whose mean is nearest.
fn join(parts: &mut [Vec<usize>], strays: Vec<usize>, vectors: &[f32], dim: usize) {
    let means: Vec<Vec<f32>> = parts.iter().map(|part| mean(part, vectors, dim)).collect();
    for stray in strays {
        let row = &vectors[stray * dim..(stray + 1) * dim];
        let nearest = (0..parts.len()).min_by(|&a, &b| {
            squared(row, &means[a]).total_cmp(&squared(row, &means[b])).then(a.cmp(&b))
        });
        if let Some(nearest) = nearest {
            parts[nearest].push(stray);
        }
    }
}

fn mean(part: &[usize], vectors: &[f32], dim: usize) -> Vec<f32> {
    let mut mean = vec![0.0; dim];
    for &row in part {
        for (sum, value) in mean.iter_mut().zip(&vectors[row * dim..(row + 1) * dim]) {
            *sum += value / part.len() as f32;
        }
    }
    mean
}

fn squared(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum()
}

/// With fewer rows than this for each part that is wanted, rows may stay alone.
const ROWS_A_PART: usize = 3;
/// Merging two parts that cost less than this (squared distance) are the same but for rounding.
const SAME: f32 = 1e-6;

/// Two parts become one; parts go by their first position in `members`.
#[derive(Debug, Clone, Copy)]
struct PartMerge {
    keep: usize,
    gone: usize,
    /// The increase of the sum of squares.
    cost: f32,
}

/// The `n - 1` merges in the order of their cost.
fn ward(members: &[usize], vectors: &[f32], dim: usize) -> Vec<PartMerge> {
    let n = members.len();
    let row = |i: usize| &vectors[members[i] * dim..(members[i] + 1) * dim];
    let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
    let mut distance: Vec<f32> = Vec::with_capacity(n * n.saturating_sub(1) / 2);
    distance.extend(pairs.map(|(i, j)| squared(row(i), row(j)).sqrt()));
    let tree = linkage(&mut distance, n, Method::Ward);
    let mut first: Vec<usize> = (0..n).collect();
    let mut merges = Vec::with_capacity(tree.steps().len());
    for step in tree.steps() {
        let (a, b) = (first[step.cluster1], first[step.cluster2]);
        let (keep, gone) = (a.min(b), a.max(b));
        first.push(keep);
        merges.push(PartMerge { keep, gone, cost: step.dissimilarity.powi(2) / 2.0 });
    }
    merges
}

/// The parts that are left after these merges, as positions.
fn cut(n: usize, merges: &[PartMerge]) -> Vec<Vec<usize>> {
    let mut parts: Vec<Vec<usize>> = (0..n).map(|i| vec![i]).collect();
    for &PartMerge { keep, gone, .. } in merges {
        let moved = std::mem::take(&mut parts[gone]);
        parts[keep].extend(moved);
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Unit vectors at these angles, in degrees.
    fn circle(angles: &[f32]) -> Vec<f32> {
        angles.iter().flat_map(|a| [a.to_radians().cos(), a.to_radians().sin()]).collect()
    }

    #[track_caller]
    fn check(angles: &[f32], wanted: usize, expected: &[&[usize]]) {
        let members: Vec<usize> = (0..angles.len()).collect();
        assert_eq!(parts(&members, &circle(angles), 2, wanted), expected);
    }

    #[test]
    fn what_is_near_stays_together() {
        check(&[0.0, 90.0, 2.0, 92.0, 180.0, 182.0], 2, &[&[0, 2], &[1, 3, 4, 5]]);
        check(&[0.0, 90.0, 2.0, 92.0], 1, &[&[0, 1, 2, 3]]);
    }

    #[test]
    fn a_stray_joins_the_nearest_part() {
        let angles = [0.0, 1.0, 2.0, 90.0, 91.0, 170.0];
        check(&angles, 2, &[&[0, 1, 2], &[3, 4, 5]]);
    }

    #[test]
    fn there_are_fewer_parts_than_wanted_where_rows_do_not_allow_more() {
        check(&[7.0], 4, &[&[0]]);
        check(&[7.0; 6], 2, &[&[0, 1, 2, 3, 4, 5]]);
        check(&[7.0; 6], 3, &[&[0, 1, 2, 3, 4, 5]]);
        assert!(parts(&[], &[], 2, 3).is_empty());
    }

    #[test]
    fn few_rows_may_stay_alone() {
        check(&[0.0, 1.0, 90.0], 2, &[&[0, 1], &[2]]);
        check(&[0.0, 1.0, 90.0, 91.0, 170.0], 3, &[&[0, 1], &[2, 3], &[4]]);
    }

    #[test]
    fn members_are_rows_of_a_larger_table() {
        let vectors = circle(&[50.0, 0.0, 60.0, 1.0, 90.0, 91.0]);
        assert_eq!(parts(&[1, 3, 4, 5], &vectors, 2, 2), [[1, 3], [4, 5]]);
    }

    proptest! {
        #[test]
        fn every_member_is_in_one_part(angles in prop::collection::vec(0f32..360.0, 0..40), wanted in 1usize..12) {
            let members: Vec<usize> = (0..angles.len()).collect();
            let found = parts(&members, &circle(&angles), 2, wanted);
            prop_assert!(found.len() <= wanted);
            let mut all: Vec<usize> = found.concat();
            all.sort_unstable();
            prop_assert_eq!(&all, &members);
            let few = angles.len() < ROWS_A_PART * wanted;
            prop_assert!(few || found.iter().all(|part| part.len() > 1));
        }
    }
}
