//! How many parents there are, and how many children each of them has: what labels leave is merged
//! and parted until it is what was planned, and what a user said about children holds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use cladus_core::children::Children;
use cladus_vectors::{Vectors, halves};

use crate::families::{Family, HeldVectors, merge_to, split_to};
use crate::homes::Homes;

/// What is wanted of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LevelBounds {
    /// At most so many parents.
    pub(crate) target: usize,
    /// Not fewer, where they can be told apart.
    pub(crate) least: usize,
    /// How many children each may have.
    pub(crate) children: Children,
}

/// What it took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Shaped {
    /// Families of labels.
    labelled: usize,
    merges: usize,
    splits: usize,
    /// Parted, because they had too many children.
    parted: usize,
    /// Given up, because there were more than planned and no two could be merged.
    crowded: usize,
    /// Given up, because they had too few.
    given_up: usize,
    /// Filled up, because nobody had room for their children.
    filled_up: usize,
    /// Still too small: so many clusters cannot be parted otherwise.
    short: usize,
}

impl Shaped {
    /// So many families of labels, of which so many were merged, and nothing else.
    pub(crate) fn merged(labelled: usize, merges: usize) -> Self {
        Self { labelled, merges, ..Self::default() }
    }

    /// What there is to say about it, in a line that has begun.
    pub(crate) fn note(self, wanted: LevelBounds) -> String {
        let Self { labelled, merges, splits, parted, given_up, filled_up, short, crowded } = self;
        let LevelBounds { target, children, .. } = wanted;
        let (most, fewest) = (children.most().unwrap_or(0), children.least().unwrap_or(0));
        let mut note = String::new();
        let mut say = |when: usize, what: String| {
            if when > 0 {
                note += &format!(", {what}");
            }
        };
        // Parts may have been merged again, which is not worth a word.
        say(
            merges * usize::from(labelled > target),
            format!("{labelled} merged to the {target} planned"),
        );
        say(splits, format!("{labelled} split towards the {target} planned"));
        say(parted, format!("{parted} with more than {most} children split"));
        say(crowded, format!("{crowded} dissolved to make room"));
        say(given_up, format!("{given_up} with fewer than {fewest} children dissolved"));
        say(filled_up, format!("{filled_up} with fewer than {fewest} children filled up"));
        say(short, format!("{short} left with fewer than {fewest} children"));
        note
    }
}

/// Shapes `families` as `wanted`; `vectors` has one L2-normalised row a cluster.
///
/// No parent has more children than it may where `wanted.target` parents can hold all clusters, and
/// none fewer where that [can be](Children::can_hold). Nothing vanishes.
pub(crate) fn shape(
    families: &mut Vec<Family>,
    vectors: Vectors<'_>,
    wanted: LevelBounds,
) -> Shaped {
    let LevelBounds { target, least, children } = wanted;
    let (data, dim) = (vectors.data(), vectors.dim());
    let most = children.most().unwrap_or(usize::MAX);
    let fewest = children.least().unwrap_or(1);
    let mut shaped = Shaped { labelled: families.len(), ..Shaped::default() };
    // Parts that belong elsewhere can find their way in the merging, so that comes first.
    shaped.parted = part(families, vectors, most, fewest.max(2));
    let Ok(merges) = merge_to(families, &mut HeldVectors(data, dim), target, most);
    shaped.merges = merges;
    if families.len() > target {
        let mut homes = Homes::of(std::mem::take(families), vectors, most);
        shaped.crowded = close(&mut homes, target);
        *families = homes.left();
    }
    shaped.splits =
        split_to(families, data, dim, children.parents(all(families), least), fewest.max(2));
    if families.iter().any(|family| family.children.len() < fewest) {
        let mut homes = Homes::of(std::mem::take(families), vectors, most);
        raise(&mut homes, fewest, &mut shaped);
        *families = homes.left();
    }
    shaped
}

fn all(families: &[Family]) -> usize {
    families.iter().map(|family| family.children.len()).sum()
}

/// Parts families of more than `most` children until none has more. Returns how many it were.
fn part(families: &mut Vec<Family>, vectors: Vectors<'_>, most: usize, least: usize) -> usize {
    if families.iter().all(|family| family.children.len() <= most) {
        return 0;
    }
    let mut parted = 0;
    for Family { candidate, children } in std::mem::take(families) {
        parted += usize::from(children.len() > most);
        let mut open = vec![children];
        while let Some(children) = open.pop() {
            if children.len() <= most {
                families.push(Family { candidate, children });
            } else {
                let (first, second) = halves(&children, vectors, most, least);
                open.extend([second, first]);
            }
        }
    }
    parted
}

/// Gives up the smallest families until `target` are left. Returns how many it were.
fn close(homes: &mut Homes<'_>, target: usize) -> usize {
    let mut given_up = 0;
    let mut smallest: BinaryHeap<_> = homes.sizes().map(Reverse).collect();
    while homes.open() > target
        && let Some(Reverse((size, place))) = smallest.pop()
    {
        if homes.size(place) != size {
            // It has grown since, and stands there again.
            continue;
        }
        if !homes.can_give_up(place) {
            break;
        }
        let joined = homes.give_up(place);
        smallest.extend(joined.into_iter().map(|place| Reverse((homes.size(place), place))));
        given_up += 1;
    }
    given_up
}

/// Gives up families of fewer than `least` children, the smallest first, until none is left but the
/// last of all. Where the others have no room for its children, a family takes some of theirs.
fn raise(homes: &mut Homes<'_>, least: usize, shaped: &mut Shaped) {
    let too_small = |homes: &Homes<'_>| -> BinaryHeap<_> {
        homes.sizes().filter(|(size, _)| *size < least).map(Reverse).collect()
    };
    let mut small = too_small(homes);
    while let Some(Reverse((size, place))) = small.pop() {
        if homes.size(place) != size {
            continue;
        }
        if homes.can_give_up(place) {
            let joined = homes.give_up(place).into_iter();
            let joined = joined.map(|place| (homes.size(place), place));
            small.extend(joined.filter(|(size, _)| *size < least).map(Reverse));
            shaped.given_up += 1;
            continue;
        }
        while homes.size(place) < least && homes.fill_up(place, least) {}
        shaped.filled_up += usize::from(homes.size(place) >= least);
    }
    shaped.short = too_small(homes).len();
}

#[cfg(test)]
mod tests;
