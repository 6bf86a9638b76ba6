//! The level plan: how many clusters each iteration should leave, fixed before the first one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

use crate::children::Children;
use crate::error::{Error, Result};

/// A parent of more children than this is no longer read at a glance.
pub const MAX_RATIO: f64 = 12.0;
/// Fewer clusters in a group leave the proposer nothing to compare.
pub const MIN_CLUSTERS_PER_GROUP: usize = 12;
/// From so many clusters a root on there is a level between: fifteen unlike children are no help to
/// whoever looks for one of them. Trees of 110 clusters by default settings score .406 without it (mean of
/// ten subsets of five sets with known categories), .429 where it lies in the middle, and .442 nearer to
/// the roots.
pub const LEVEL_BETWEEN: usize = 8;
/// Where that is: two and a half times the roots, where there are ten times as many clusters.
const BETWEEN: f64 = 0.4;
/// Where parents may have at most so many children, they have this share of them on average: were all
/// of them full, who belongs together would have no say.
pub const ROOM: f64 = 0.6;
/// Levels that shrink less than this are not planned for the sake of room.
const MIN_RATIO: f64 = 1.2;
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
/// No level shrinks by more than the most `children` a parent may have, and, where the roots can be
/// so few, none by less than the fewest: levels are then left out, or smaller.
///
/// # Errors
/// When `max_clusters` or `clusters_per_group` is 0, sizes do not shrink or end above
/// `max_clusters`, or `levels` contradict `children`.
pub fn level_plan(
    n: usize,
    max_clusters: usize,
    levels: Option<&Levels>,
    clusters_per_group: Option<usize>,
    children: Children,
) -> Result<Vec<usize>> {
    if max_clusters == 0 {
        return Err(Error::config("max_clusters is 0: a hierarchy needs at least one root"));
    }
    if clusters_per_group == Some(0) {
        return Err(Error::config("clusters_per_group is 0: a group holds at least one cluster"));
    }
    match levels {
        Some(Levels::Sizes(sizes)) => explicit(n, max_clusters, sizes, children),
        _ if n <= max_clusters => Ok(Vec::new()),
        Some(Levels::Count(count)) => counted(n, max_clusters, *count, children),
        None => {
            let limit = clusters_per_group
                .map_or(MAX_RATIO, |size| (size as f64 / PARENTS_PER_GROUP).clamp(2.0, MAX_RATIO));
            let count = levels_within(limit, n, max_clusters);
            let count = count.max(levels_with_room(n, max_clusters, children));
            if count == 1 && n >= LEVEL_BETWEEN.saturating_mul(max_clusters) {
                return Ok(with_one_between(n, max_clusters, children));
            }
            Ok(geometric(n, max_clusters, count, children))
        }
    }
}

/// In how many levels `n` clusters become `max_clusters` where none shrinks by more than `limit`.
fn levels_within(limit: f64, n: usize, max_clusters: usize) -> usize {
    let total = n as f64 / max_clusters as f64;
    // A hair's breadth of tolerance, so that 1,000 -> 10 at ratio 10 is two levels.
    (total.ln() / limit.ln() - 1e-9).ceil().max(1.0) as usize
}

/// In how many levels `n` clusters become `max_clusters` at least, as many `children` as parents may
/// have.
fn levels_needed(n: usize, max_clusters: usize, children: Children) -> usize {
    let mut levels = 1;
    while children.below(max_clusters, levels) < n {
        levels += 1;
    }
    levels
}

/// In how many levels `n` clusters become `max_clusters` so that parents have [`ROOM`], where that
/// takes no more than one level.
fn levels_with_room(n: usize, max_clusters: usize, children: Children) -> usize {
    let Some(most) = children.most() else { return 1 };
    let needed = levels_needed(n, max_clusters, children);
    let roomy = (ROOM * most as f64).max(MIN_RATIO);
    levels_within(roomy, n, max_clusters).clamp(needed, needed + 1)
}

fn counted(n: usize, max_clusters: usize, count: usize, children: Children) -> Result<Vec<usize>> {
    let room = children.below(max_clusters, count);
    if let Some(most) = children.most().filter(|_| room < n) {
        let needed = levels_needed(n, max_clusters, children);
        return Err(Error::config_hint(
            format!(
                "levels is {count}, but with max_children {most} there is room for {room} clusters \
                 below {max_clusters} roots, not for {n}"
            ),
            format!("give --levels {needed}, or leave it out"),
        ));
    }
    Ok(geometric(n, max_clusters, count, children))
}

/// Two levels, of which the lower shrinks more; one, where bounds on children leave no room between.
fn with_one_between(n: usize, max_clusters: usize, children: Children) -> Vec<usize> {
    let total = n as f64 / max_clusters as f64;
    let middle = (max_clusters as f64 * total.powf(BETWEEN)).round() as usize;
    let middle = children.parents(n, middle.min(children.below(max_clusters, 1)));
    let least = children.least().unwrap_or(1);
    let shrinks = |from: usize, to: usize| from > to && from >= least.saturating_mul(to);
    if shrinks(n, middle) && shrinks(middle, max_clusters) {
        vec![middle, children.parents(middle, max_clusters)]
    } else {
        geometric(n, max_clusters, 1, children)
    }
}

/// At most `count` levels of about equal ratios.
fn geometric(n: usize, max_clusters: usize, count: usize, children: Children) -> Vec<usize> {
    let total = n as f64 / max_clusters as f64;
    let ratio = |count: usize| total.powf(1.0 / count as f64);
    let least = children.least().unwrap_or(1) as f64;
    let needed = levels_needed(n, max_clusters, children);
    // Levels that would shrink too little are left out.
    let count = (needed..=count).rev().find(|count| ratio(*count) >= least).unwrap_or(needed);
    let ratio = ratio(count);
    let mut sizes: Vec<usize> = Vec::new();
    let mut above = n;
    for level in 1..count {
        let size = (n as f64 / ratio.powf(level as f64)).round() as usize;
        // What the levels above it can hold.
        let size = size.min(children.below(max_clusters, count - level));
        let size = children.parents(above, size);
        // Too many levels for so few clusters: those that would not shrink are left out.
        if size < above && size > max_clusters {
            sizes.push(size);
            above = size;
        }
    }
    sizes.push(children.parents(above, max_clusters));
    sizes
}

fn explicit(
    n: usize,
    max_clusters: usize,
    sizes: &[usize],
    children: Children,
) -> Result<Vec<usize>> {
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
    let sizes: Vec<usize> = sizes.iter().copied().filter(|size| *size < n).collect();
    let above = std::iter::once(n).chain(sizes.iter().copied());
    for (above, &size) in above.zip(&sizes) {
        let fits = children.parents(above, size);
        let (said, bound) = match (children.least(), children.most()) {
            (Some(least), _) if fits < size => (format!("min_children is {least}"), "at most"),
            (_, Some(most)) if fits > size => (format!("max_children is {most}"), "at least"),
            _ => continue,
        };
        return Err(Error::config_hint(
            format!("levels: {above} clusters do not fit under {size} parents, because {said}"),
            format!("use {bound} {fits} instead of {size}, or leave --levels out"),
        ));
    }
    Ok(sizes)
}

/// How many clusters a group holds on average where `n` clusters are to become `target` parents.
pub fn clusters_per_group(n: usize, target: usize) -> usize {
    let ratio = n as f64 / target.max(1) as f64;
    ((PARENTS_PER_GROUP * ratio).ceil() as usize).max(MIN_CLUSTERS_PER_GROUP)
}

/// At most how many parents a level may have that aims at `target` and is not the last: a fifth more, so
/// that nothing is merged that a model told apart.
pub fn at_most(target: usize, n: usize) -> usize {
    (target + target / 5).min((n + target) / 2).max(target)
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
        room.then_some((OrderedNumber(below), Reverse(group)))
    };
    let mut needy: BinaryHeap<(OrderedNumber, Reverse<usize>)> =
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
struct OrderedNumber(f64);

impl Ord for OrderedNumber {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for OrderedNumber {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for OrderedNumber {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for OrderedNumber {}

#[cfg(test)]
mod tests;
