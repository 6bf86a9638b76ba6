//! The level plan: how many clusters each iteration should leave, fixed before the first one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A parent of more children than this is no longer read at a glance.
pub const MAX_RATIO: f64 = 12.0;
/// Fewer clusters in a group leave the proposer nothing to compare.
pub const MIN_CLUSTERS_PER_GROUP: usize = 12;
/// A group should yield about this many parents, so that its clusters have a choice.
pub const PARENTS_PER_GROUP: f64 = 4.0;

/// So many clusters are one group where no model has to read them: the proposer compares all of a
/// group with all, and is done with these in five seconds.
pub const TOGETHER: usize = 4_096;

/// What a user may say about the levels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Levels {
    /// So many iterations.
    Count(usize),
    /// The sizes themselves, from the largest to the roots.
    Sizes(Vec<usize>),
}

impl std::str::FromStr for Levels {
    type Err = String;

    /// `3`, or `100,10`.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let number = |part: &str| {
            let part = part.trim();
            part.parse::<usize>()
                .ok()
                .filter(|n| *n > 0)
                .ok_or_else(|| format!("{part:?} is not a number from 1"))
        };
        if text.contains(',') {
            text.split(',').map(number).collect::<Result<_, _>>().map(Self::Sizes)
        } else {
            number(text).map(Self::Count)
        }
    }
}

/// The sizes of the levels above `n` base clusters, in the order they are made; the last is the
/// number of roots wanted. Empty when `n` is small enough already.
///
/// Without `levels`: equal ratios from `n` to `max_clusters` in as few levels as keep the ratio at
/// [`MAX_RATIO`] or less, or, where `clusters_per_group` is set by hand, at what leaves a group
/// about [`PARENTS_PER_GROUP`] parents.
///
/// # Errors
/// When `max_clusters` or `clusters_per_group` is 0, or sizes do not shrink or end above
/// `max_clusters`.
pub fn level_plan(
    n: usize,
    max_clusters: usize,
    levels: Option<&Levels>,
    clusters_per_group: Option<usize>,
) -> Result<Vec<usize>> {
    if max_clusters == 0 {
        return Err(Error::config("max_clusters is 0: a hierarchy needs at least one root"));
    }
    if clusters_per_group == Some(0) {
        return Err(Error::config("clusters_per_group is 0: a group holds at least one cluster"));
    }
    match levels {
        Some(Levels::Sizes(sizes)) => explicit(n, max_clusters, sizes),
        Some(Levels::Count(count)) => Ok(geometric(n, max_clusters, *count)),
        None if n <= max_clusters => Ok(Vec::new()),
        None => {
            let limit = clusters_per_group
                .map_or(MAX_RATIO, |size| (size as f64 / PARENTS_PER_GROUP).clamp(2.0, MAX_RATIO));
            let total = n as f64 / max_clusters as f64;
            // A hair's breadth of tolerance, so that 1,000 -> 10 at ratio 10 is two levels.
            let count = (total.ln() / limit.ln() - 1e-9).ceil().max(1.0) as usize;
            Ok(geometric(n, max_clusters, count))
        }
    }
}

fn geometric(n: usize, max_clusters: usize, count: usize) -> Vec<usize> {
    if n <= max_clusters {
        return Vec::new();
    }
    let ratio = (n as f64 / max_clusters as f64).powf(1.0 / count as f64);
    let mut sizes: Vec<usize> = Vec::new();
    let mut above = n;
    for level in 1..count {
        let size = (n as f64 / ratio.powf(level as f64)).round() as usize;
        // Too many levels for so few clusters: those that would not shrink are left out.
        if size < above && size > max_clusters {
            sizes.push(size);
            above = size;
        }
    }
    sizes.push(max_clusters);
    sizes
}

fn explicit(n: usize, max_clusters: usize, sizes: &[usize]) -> Result<Vec<usize>> {
    if sizes.is_empty() || sizes.windows(2).any(|pair| pair[0] <= pair[1]) || sizes.contains(&0) {
        return Err(Error::config_hint(
            format!("levels {sizes:?} do not shrink"),
            "give them from the largest to the roots, as in --levels 100,10",
        ));
    }
    let roots = sizes[sizes.len() - 1];
    if roots > max_clusters {
        return Err(Error::config_hint(
            format!("levels end at {roots} roots, but max_clusters is {max_clusters}"),
            format!("raise --max-clusters to {roots}, or end the levels lower"),
        ));
    }
    Ok(sizes.iter().copied().filter(|size| *size < n).collect())
}

/// How many clusters a group holds on average where `n` clusters are to become `target` parents.
pub fn clusters_per_group(n: usize, target: usize) -> usize {
    let ratio = n as f64 / target.max(1) as f64;
    ((PARENTS_PER_GROUP * ratio).ceil() as usize).max(MIN_CLUSTERS_PER_GROUP)
}

/// How many candidates each group gets, of `target` in all: in proportion to its size (largest
/// remainder), at least one, at most half its clusters rounded up, one below three.
pub fn candidates_per_group(group_sizes: &[usize], target: usize) -> Vec<usize> {
    let n: usize = group_sizes.iter().sum();
    let most = |size: usize| if size < 3 { size.min(1) } else { size.div_ceil(2) };
    let exact = |size: usize| size as f64 * target as f64 / n.max(1) as f64;
    let mut wanted: Vec<usize> = group_sizes
        .iter()
        .map(|&size| (exact(size).floor() as usize).clamp(usize::from(size > 0), most(size)))
        .collect();
    let mut given: usize = wanted.iter().sum();
    // One for every small group can be too many in all: the groups furthest above their share pay.
    while given > target {
        let richest = (0..wanted.len()).filter(|&group| wanted[group] > 1).max_by(|&a, &b| {
            let above = |group: usize| wanted[group] as f64 - exact(group_sizes[group]);
            above(a).total_cmp(&above(b)).then(b.cmp(&a))
        });
        let Some(group) = richest else { break };
        wanted[group] -= 1;
        given -= 1;
    }
    // The rest goes one by one to the group that is furthest below its share.
    let need = |group: usize, wanted: usize| {
        let room = wanted < most(group_sizes[group]);
        let below = exact(group_sizes[group]) - wanted as f64;
        room.then_some((Ordered(below), Reverse(group)))
    };
    let mut needy: BinaryHeap<(Ordered, Reverse<usize>)> =
        wanted.iter().enumerate().filter_map(|(group, &wanted)| need(group, wanted)).collect();
    while given < target {
        let Some((_, Reverse(group))) = needy.pop() else { break };
        wanted[group] += 1;
        given += 1;
        needy.extend(need(group, wanted[group]));
    }
    wanted
}

/// A number with the order of [`f64::total_cmp`].
#[derive(Debug, Clone, Copy)]
struct Ordered(f64);

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_ratios_in_as_few_levels_as_stay_readable() {
        let plan = |n, max| level_plan(n, max, None, None).unwrap();
        assert_eq!(plan(1_000, 10), [100, 10]);
        assert_eq!(plan(120, 10), [10]);
        assert_eq!(plan(121, 10), [35, 10]);
        assert_eq!(plan(56, 10), [10]);
        assert_eq!(plan(10, 10), [] as [usize; 0]);
        assert_eq!(plan(11, 10), [10]);
        assert_eq!(plan(0, 10), [] as [usize; 0]);
        assert_eq!(plan(10_000, 10), [1_000, 100, 10]);
        assert_eq!(plan(1_000_000, 10).len(), 5);
    }

    #[test]
    fn what_the_user_says_about_levels_holds() {
        let sizes = |text: &str, n| level_plan(n, 10, Some(&text.parse::<Levels>().unwrap()), None);
        assert_eq!(sizes("3", 1_000).unwrap(), [215, 46, 10]);
        assert_eq!(sizes("100,10", 1_000).unwrap(), [100, 10]);
        assert_eq!(sizes("100,10", 80).unwrap(), [10]);
        assert!(sizes("10,100", 1_000).is_err());
        assert!(sizes("100,20", 1_000).is_err());
        assert!("a,b".parse::<Levels>().is_err() && "0".parse::<Levels>().is_err());
    }

    #[test]
    fn smaller_groups_by_hand_mean_more_levels() {
        assert_eq!(level_plan(1_000, 10, None, Some(12)).unwrap().len(), 5);
        assert_eq!(level_plan(1_000, 10, None, Some(5)).unwrap().len(), 7);
        assert!(level_plan(1_000, 10, None, Some(0)).is_err());
        assert!(level_plan(1_000, 0, None, None).is_err());
    }

    #[test]
    fn candidates_follow_the_groups_sizes() {
        assert_eq!(candidates_per_group(&[40, 40, 40], 10), [4, 3, 3]);
        assert_eq!(candidates_per_group(&[1, 2, 3, 100], 10), [1, 1, 1, 7]);
        assert_eq!(candidates_per_group(&[11], 10), [6]);
        assert_eq!(candidates_per_group(&[], 10), [] as [usize; 0]);
    }

    proptest! {
        #[test]
        fn plans_shrink_and_end_at_the_roots(n in 0usize..2_000_000, max in 1usize..300, count in 1usize..12) {
            for levels in [None, Some(Levels::Count(count))] {
                let plan = level_plan(n, max, levels.as_ref(), None).unwrap();
                prop_assert_eq!(plan.is_empty(), n <= max);
                prop_assert!(plan.windows(2).all(|pair| pair[0] > pair[1]));
                if let (Some(first), Some(last)) = (plan.first(), plan.last()) {
                    prop_assert!(*first < n && *last == max);
                }
            }
        }

        #[test]
        fn candidates_keep_their_bounds(sizes in prop::collection::vec(1usize..80, 1..30), target in 1usize..200) {
            let wanted = candidates_per_group(&sizes, target);
            for (&size, &count) in sizes.iter().zip(&wanted) {
                prop_assert!(count >= 1 && count <= size.div_ceil(2));
            }
            let most: usize = sizes.iter().map(|&s| if s < 3 { 1 } else { s.div_ceil(2) }).sum();
            let total: usize = wanted.iter().sum();
            prop_assert_eq!(total, target.clamp(sizes.len(), most));
        }
    }
}
