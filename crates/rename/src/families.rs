//! From labels to families: which clusters will share a parent.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use cladus_vectors::dot;
use rayon::prelude::*;

/// Clusters that will share a parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Family {
    /// The candidate that most of them were labelled with.
    pub(crate) candidate: u32,
    /// Rows of the clusters, ascending; never empty.
    pub(crate) children: Vec<usize>,
}

/// Families larger than this many in number are merged window by window, so that the cost of
/// comparing all pairs stays linear in the number of families.
pub(crate) const WINDOW: usize = 2_048;

/// One family per candidate that was chosen at all, in the order of the candidates. Candidates of
/// one name, offered to several groups, are one family; it goes by the candidate that most of its
/// children carry, of equally many by the lowest. `names` holds the name of every candidate.
pub(crate) fn by_label(labels: &[u32], names: &[&str]) -> Vec<Family> {
    let mut chosen: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (row, &candidate) in labels.iter().enumerate() {
        chosen.entry(candidate).or_default().push(row);
    }
    let mut families: Vec<(Family, usize)> = Vec::with_capacity(chosen.len());
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (candidate, children) in chosen {
        let most = children.len();
        let place = *known.entry(names[candidate as usize]).or_insert(families.len());
        match families.get_mut(place) {
            Some((family, largest)) => {
                family.children.extend(children);
                family.children.sort_unstable();
                if most > *largest {
                    (family.candidate, *largest) = (candidate, most);
                }
            }
            None => families.push((Family { candidate, children }, most)),
        }
    }
    families.into_iter().map(|(family, _)| family).collect()
}

/// Where the sums of families' vectors come from: one L2-normalised vector a child.
pub(crate) trait FamilySums {
    /// What may go wrong.
    type Error;

    /// Sums of these families will be asked for, by their places.
    fn prepare(&mut self, families: &[Family]) -> Result<(), Self::Error>;

    /// The sum of the family at `place`, its children added in their order.
    fn sum(&self, place: usize, family: &Family) -> Vec<f32>;
}

/// Vectors that are all at hand: row-major, with so many columns.
pub(crate) struct HeldVectors<'a>(pub(crate) &'a [f32], pub(crate) usize);

impl FamilySums for HeldVectors<'_> {
    type Error = Infallible;

    fn prepare(&mut self, _: &[Family]) -> Result<(), Infallible> {
        Ok(())
    }

    fn sum(&self, _: usize, family: &Family) -> Vec<f32> {
        sum_of(&family.children, self.0, self.1)
    }
}

/// Merges the nearest families until at most `target` are left, or no two are left that have at most
/// `most` children together. Returns how many merges it took.
///
/// Nearest is least increase of the sum of squares when two become one (J. H. Ward, *Hierarchical
/// grouping to optimize an objective function*, 1963), so small families are merged first.
///
/// # Errors
/// Those of the sums.
pub(crate) fn merge_to<S: FamilySums + Sync>(
    families: &mut Vec<Family>,
    sums: &mut S,
    target: usize,
    most: usize,
) -> Result<usize, S::Error> {
    let before = families.len();
    while families.len() > target.max(1) {
        let excess = families.len() - target.max(1);
        let windows = families.len().div_ceil(WINDOW);
        // An excess that one window cannot swallow leaves the rest to the next round.
        let share = excess.div_ceil(windows);
        sums.prepare(families)?;
        let windows = windows_of(std::mem::take(families), share, excess);
        let merged: Vec<(bool, Vec<Family>)> = windows
            .into_par_iter()
            .enumerate()
            .map(|(number, (window, merges))| {
                let wanted = window.len() - merges;
                let summed = window.into_iter().zip(number * WINDOW..).map(|(family, place)| {
                    let sum = sums.sum(place, &family);
                    (family, sum)
                });
                let window = merge_window(summed, merges, most);
                (window.len() > wanted, window)
            })
            .collect();
        let stuck = merged.iter().any(|(stuck, _)| *stuck);
        let merged = merged.into_iter().flat_map(|(_, window)| window).collect();
        *families = merged;
        if stuck {
            break;
        }
    }
    Ok(before - families.len())
}

/// The families in windows, and how often each is to merge: `share` times, `all` times together.
fn windows_of(families: Vec<Family>, share: usize, all: usize) -> Vec<(Vec<Family>, usize)> {
    let mut windows = Vec::with_capacity(families.len().div_ceil(WINDOW));
    let (mut rest, mut left) = (families.into_iter(), all);
    while rest.len() > 0 {
        let window: Vec<Family> = rest.by_ref().take(WINDOW).collect();
        let merges = share.min(left).min(window.len() - 1);
        left -= merges;
        windows.push((window, merges));
    }
    windows
}

/// A family while it is being merged: the sum of its vectors, and its nearest other.
struct Merging {
    family: Family,
    sum: Vec<f32>,
    /// The sum's squared length.
    square: f32,
    nearest: Option<(f32, usize)>,
}

fn merge_window(
    families: impl Iterator<Item = (Family, Vec<f32>)>,
    merges: usize,
    most: usize,
) -> Vec<Family> {
    let mut slots: Vec<Option<Merging>> = families
        .map(|(family, sum)| Some(Merging { family, square: dot(&sum, &sum), sum, nearest: None }))
        .collect();
    for slot in 0..slots.len() {
        find_nearest(&mut slots, slot, most);
    }
    for _ in 0..merges {
        let best = slots
            .iter()
            .enumerate()
            .filter_map(|(slot, m)| m.as_ref()?.nearest.map(|(cost, other)| (cost, slot, other)))
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let Some((_, a, b)) = best else { break };
        let (keep, gone) = (a.min(b), a.max(b));
        let Some(absorbed) = slots[gone].take() else { break };
        if let Some(kept) = &mut slots[keep] {
            if absorbed.family.children.len() > kept.family.children.len() {
                kept.family.candidate = absorbed.family.candidate;
            }
            kept.family.children.extend(absorbed.family.children);
            kept.family.children.sort_unstable();
            for (sum, value) in kept.sum.iter_mut().zip(absorbed.sum) {
                *sum += value;
            }
            kept.square = dot(&kept.sum, &kept.sum);
        }
        for slot in 0..slots.len() {
            let affected = slot == keep
                || slots[slot]
                    .as_ref()
                    .and_then(|m| m.nearest)
                    .is_some_and(|(_, other)| other == keep || other == gone);
            if affected {
                find_nearest(&mut slots, slot, most);
            }
        }
    }
    slots.into_iter().flatten().map(|merging| merging.family).collect()
}

/// Nearest slot after `slot` that has room for it: each pair is looked at from its lower side.
fn find_nearest(slots: &mut [Option<Merging>], slot: usize, most: usize) {
    let Some(this) = &slots[slot] else { return };
    let nearest = slots
        .iter()
        .enumerate()
        .skip(slot + 1)
        .filter_map(|(other, that)| that.as_ref().map(|that| (that, other)))
        .filter(|(that, _)| this.family.children.len() + that.family.children.len() <= most)
        .map(|(that, other)| (ward_cost(this, that), other))
        .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    if let Some(this) = &mut slots[slot] {
        this.nearest = nearest;
    }
}

/// What merging adds to the sum of squares.
fn ward_cost(a: &Merging, b: &Merging) -> f32 {
    let (n, m) = (a.family.children.len() as f32, b.family.children.len() as f32);
    let product = 2.0 * dot(&a.sum, &b.sum) / (n * m);
    (a.square / (n * n) + b.square / (m * m) - product) * n * m / (n + m)
}

/// The sum of their vectors.
pub(crate) fn sum_of(children: &[usize], vectors: &[f32], dim: usize) -> Vec<f32> {
    let mut sum = vec![0.0; dim];
    for &child in children {
        for (sum, value) in sum.iter_mut().zip(&vectors[child * dim..(child + 1) * dim]) {
            *sum += value;
        }
    }
    sum
}

/// Splits the largest families in two until at least `least` are left or nothing can be split.
/// Returns how many splits it took.
///
/// Labels can collapse a level (every cluster under one name): a tree with far fewer parents than
/// planned is as hard to read as one with far more. Only families that can be are split into parts of
/// at least `part` children, and only where their vectors differ.
pub(crate) fn split_to(
    families: &mut Vec<Family>,
    vectors: &[f32],
    dim: usize,
    least: usize,
    part: usize,
) -> usize {
    let mut splits = 0;
    let mut whole: Vec<Vec<usize>> = Vec::new();
    while families.len() < least {
        let largest = families
            .iter()
            .enumerate()
            .filter(|(_, family)| family.children.len() >= part.saturating_mul(2))
            .filter(|(_, family)| !whole.contains(&family.children))
            .max_by_key(|(place, family)| (family.children.len(), std::cmp::Reverse(*place)));
        let Some((place, family)) = largest else { break };
        match halves(&family.children, vectors, dim, part) {
            Some((first, second)) => {
                let candidate = family.candidate;
                families[place].children = first;
                families.insert(place + 1, Family { candidate, children: second });
                splits += 1;
            }
            None => whole.push(family.children.clone()),
        }
    }
    splits
}

/// Two-means from the two rows that are far apart: the one farthest from the mean, and the one
/// farthest from that.
fn halves(
    children: &[usize],
    vectors: &[f32],
    dim: usize,
    least: usize,
) -> Option<(Vec<usize>, Vec<usize>)> {
    let row = |child: usize| &vectors[child * dim..(child + 1) * dim];
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    let farthest = |from: &[f32]| {
        children
            .iter()
            .copied()
            .min_by(|&a, &b| dot(row(a), from).total_cmp(&dot(row(b), from)).then(a.cmp(&b)))
    };
    let first = farthest(&sum_of(children, vectors, dim))?;
    let second = farthest(row(first))?;
    let mut centers = [row(first).to_vec(), row(second).to_vec()];
    let mut sides: Vec<bool> = Vec::new();
    for _ in 0..10 {
        let now: Vec<bool> = children
            .iter()
            .map(|&child| dot(row(child), &centers[1]) > dot(row(child), &centers[0]))
            .collect();
        let side = |wanted: bool| -> Vec<usize> {
            children.iter().zip(&now).filter(|(_, s)| **s == wanted).map(|(c, _)| *c).collect()
        };
        let parts = [side(false), side(true)];
        if parts.iter().any(|part| part.len() < least) {
            return None;
        }
        if now == sides {
            let [first, second] = parts;
            return Some((first, second));
        }
        centers = parts.map(|part| {
            let mut mean = sum_of(&part, vectors, dim);
            let norm = dot(&mean, &mean).sqrt();
            if norm > 0.0 {
                mean.iter_mut().for_each(|value| *value /= norm);
            }
            mean
        });
        sides = now;
    }
    let side = |wanted: bool| -> Vec<usize> {
        children.iter().zip(&sides).filter(|(_, s)| **s == wanted).map(|(c, _)| *c).collect()
    };
    Some((side(false), side(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unit vectors at these angles, in degrees.
    fn circle(angles: &[f32]) -> Vec<f32> {
        angles.iter().flat_map(|a| [a.to_radians().cos(), a.to_radians().sin()]).collect()
    }

    fn children(families: &[Family]) -> Vec<&[usize]> {
        families.iter().map(|f| f.children.as_slice()).collect()
    }

    fn merge_to(families: &mut Vec<Family>, vectors: &[f32], dim: usize, target: usize) -> usize {
        let Ok(merges) =
            super::merge_to(families, &mut HeldVectors(vectors, dim), target, usize::MAX);
        merges
    }

    /// Candidates of all different names.
    fn by_label(labels: &[u32]) -> Vec<Family> {
        let names: Vec<String> =
            (0..=labels.iter().copied().max().unwrap_or(0)).map(|id| id.to_string()).collect();
        super::by_label(labels, &names.iter().map(String::as_str).collect::<Vec<_>>())
    }

    #[test]
    fn candidates_of_one_name_are_a_family() {
        let families =
            super::by_label(&[0, 2, 2, 1, 3], &["Refunds", "Printing", "Refunds", "Printing"]);
        assert_eq!(children(&families), [&[0, 1, 2][..], &[3, 4]]);
        let candidates: Vec<u32> = families.iter().map(|family| family.candidate).collect();
        assert_eq!(candidates, [2, 1], "most children, then the lowest");
    }

    #[test]
    fn equal_labels_are_a_family() {
        let families = by_label(&[7, 2, 7, 2, 9]);
        assert_eq!(children(&families), [&[1, 3][..], &[0, 2], &[4]]);
        assert_eq!(families[0].candidate, 2);
    }

    #[test]
    fn the_nearest_families_are_merged_first() {
        let vectors = circle(&[0.0, 100.0, 5.0, 103.0, 200.0]);
        let mut families = by_label(&[0, 1, 2, 3, 4]);
        assert_eq!(merge_to(&mut families, &vectors, 2, 3), 2);
        assert_eq!(children(&families), [&[0, 2][..], &[1, 3], &[4]]);
        assert_eq!(merge_to(&mut families, &vectors, 2, 3), 0);
    }

    #[test]
    fn a_merged_family_goes_by_its_larger_part() {
        let vectors = circle(&[0.0, 1.0, 2.0]);
        let mut families = by_label(&[5, 8, 8]);
        merge_to(&mut families, &vectors, 2, 1);
        assert_eq!(families, [Family { candidate: 8, children: vec![0, 1, 2] }]);
    }

    #[test]
    fn more_families_than_a_window_still_reach_the_target() {
        let n = WINDOW * 2 + 77;
        let angles: Vec<f32> = (0..n).map(|i| (i % 360) as f32).collect();
        let labels: Vec<u32> = (0..n as u32).collect();
        let mut families = by_label(&labels);
        merge_to(&mut families, &circle(&angles), 2, 10);
        assert_eq!(families.len(), 10);
        let mut all: Vec<usize> = families.into_iter().flat_map(|f| f.children).collect();
        all.sort_unstable();
        assert_eq!(all, (0..n).collect::<Vec<_>>(), "nothing vanishes");
    }

    #[test]
    fn one_label_for_all_is_split_by_what_is_near() {
        let vectors = circle(&[0.0, 3.0, 90.0, 93.0, 180.0, 183.0]);
        let mut families = by_label(&[4; 6]);
        let splits = split_to(&mut families, &vectors, 2, 2, 2);
        assert_eq!(splits, 1);
        assert!(families.iter().all(|f| f.candidate == 4 && f.children.len() >= 2));
        let together =
            |a, b| families.iter().any(|f| f.children.contains(&a) && f.children.contains(&b));
        assert!(together(0, 1) && together(2, 3) && together(4, 5));
    }

    #[test]
    fn what_is_all_alike_is_not_split() {
        let mut families = by_label(&[0; 8]);
        assert_eq!(split_to(&mut families, &circle(&[10.0; 8]), 2, 4, 2), 0);
        assert_eq!(families.len(), 1);
    }
}
