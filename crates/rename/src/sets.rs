//! Which parents are named together, what stands around them, and in which share of the work they are.

use std::collections::BTreeMap;

use cladus_asking::calls_worth;
use cladus_asking::shown::{Detail, shown};
use cladus_core::artifact::{Candidate, Cluster};
use cladus_core::room::tokens;
use cladus_core::shard::Shard;
use cladus_vectors::{Vectors, dot, mean_direction};

use crate::extractive::set_of;
use crate::families::Family;

/// Most parents that are named in one call, and fewest where there are more.
pub(crate) const MOST_PARENTS: usize = 12;
const FEWEST_PARENTS: usize = 4;
/// A prompt's own text and the names around, in tokens.
const STATIC: usize = 550;
/// How much of a child is shown.
pub(crate) const DETAIL: Detail = Detail::Sentence(80);
/// A set's items take no more tokens.
const MOST_TOKENS: usize = 6_000;
/// Names of other parents that are shown with a set.
const AROUND: usize = 12;
/// Where there are more parents, those around a set are looked for among so many before and behind it.
const WINDOW: usize = 1_024;

/// The families of several clusters, by position, in the sets that they are named in: those whose
/// candidates were made for one group together, as few as keep all slots busy, but not so few that
/// prompts repeat more than they say.
pub(crate) fn sets(
    clusters: &[Cluster],
    families: &[Family],
    candidates: &[Candidate],
) -> Vec<Vec<usize>> {
    let mut by_group: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (place, family) in families.iter().enumerate() {
        if family.children.len() > 1 {
            by_group.entry(set_of(family, candidates)).or_default().push(place);
        }
    }
    let size = |place: &usize| -> usize {
        let children = families[*place].children.iter();
        children.map(|&row| tokens(&shown(&clusters[row], DETAIL)) + 4).sum()
    };
    let all: usize = by_group.values().flatten().map(size).sum();
    let counts: Vec<usize> = by_group.values().map(Vec::len).collect();
    let parts = parts(&counts, calls_worth(all, STATIC));
    let mut sets = Vec::new();
    for (families, parts) in by_group.into_values().zip(parts) {
        for part in 0..parts {
            let (start, end) = (families.len() * part / parts, families.len() * (part + 1) / parts);
            let (mut set, mut said) = (Vec::new(), 0);
            for &place in &families[start..end] {
                let size = size(&place);
                if !set.is_empty() && said + size > MOST_TOKENS {
                    sets.push(std::mem::take(&mut set));
                    said = 0;
                }
                set.push(place);
                said += size;
            }
            sets.push(set);
        }
    }
    sets
}

/// Into how many parts groups of so many parents are cut, in `calls` together where that is possible: it
/// is the widest one that is waited for.
fn parts(counts: &[usize], calls: usize) -> Vec<usize> {
    let mut parts: Vec<usize> = counts.iter().map(|count| count.div_ceil(MOST_PARENTS)).collect();
    let width = |group: usize, parts: &[usize]| counts[group].div_ceil(parts[group]);
    for _ in parts.iter().sum::<usize>()..calls {
        // The first of the widest.
        let widest = (0..counts.len()).rev().max_by_key(|&group| width(group, &parts));
        let Some(widest) = widest.filter(|&group| width(group, &parts) > FEWEST_PARENTS) else {
            break;
        };
        parts[widest] += 1;
    }
    parts
}

/// Where families lie: the mean direction of each one's children, row-major.
pub(crate) fn centres(families: &[Family], vectors: Vectors<'_>) -> Vec<f32> {
    let centre = |family: &Family| {
        let mean = mean_direction(vectors, family.children.iter().copied());
        mean.unwrap_or_else(|| vec![0.0; vectors.dim()])
    };
    families.iter().flat_map(centre).collect()
}

/// The families outside `set` that are nearest to it, nearest first.
pub(crate) fn around(set: &[usize], centres: Vectors<'_>) -> Vec<usize> {
    let (Some(first), Some(last)) = (set.iter().min(), set.iter().max()) else { return Vec::new() };
    let Some(middle) = mean_direction(centres, set.iter().copied()) else { return Vec::new() };
    let window = first.saturating_sub(WINDOW)..(last + WINDOW).min(centres.len());
    let others = window.filter(|place| !set.contains(place));
    let mut near: Vec<(f32, usize)> =
        others.map(|place| (dot(&middle, centres.row(place)), place)).collect();
    near.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    near.into_iter().take(AROUND).map(|(_, place)| place).collect()
}

/// Which families are in the share `shard`: those of a set together, and each cluster that moves up
/// alone for itself.
pub(crate) fn mine(
    shard: Shard,
    clusters: &[Cluster],
    candidates: &[Candidate],
    families: &[Family],
) -> Vec<bool> {
    let alone = (0..families.len()).filter(|at| families[*at].children.len() == 1);
    let sets = sets(clusters, families, candidates);
    let together = sets.into_iter().chain(alone.map(|at| vec![at]));
    let mut mine = vec![false; families.len()];
    for set in together {
        let children = set.iter().flat_map(|&at| &families[at].children);
        let taken = shard.takes(children.map(|&row| clusters[row].id.as_str()));
        set.into_iter().for_each(|at| mine[at] = taken);
    }
    mine
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clusters(n: usize) -> Vec<Cluster> {
        let cluster = |id: usize| Cluster {
            id: format!("c{id}"),
            name: "a name".to_owned(),
            description: String::new(),
            slug: String::new(),
            level: 0,
            members: Vec::new(),
            size: 1,
        };
        (0..n).map(cluster).collect()
    }

    #[test]
    fn a_set_is_in_one_share_and_every_family_in_one() {
        let clusters = clusters(200);
        let candidate = |group| Candidate {
            group_id: Some(group),
            name: "a name".to_owned(),
            ..Candidate::default()
        };
        let candidates: Vec<Candidate> = (0..67).map(|at| candidate(at / 20)).collect();
        let family = |at: u32| {
            let rows = 3 * at as usize;
            // The last ones move up alone.
            let children = if at < 60 { (rows..rows + 3).collect() } else { vec![rows] };
            Family { candidate: at, children }
        };
        let families: Vec<Family> = (0..67).map(family).collect();
        let sets = sets(&clusters, &families, &candidates);
        assert_eq!(sets.len(), 6, "three groups of twenty, in two parts each");
        let mut shares = vec![0; families.len()];
        for shard in Shard::all(4) {
            let mine = mine(shard, &clusters, &candidates, &families);
            for set in &sets {
                assert!(set.iter().all(|&at| mine[at] == mine[set[0]]), "{shard}: {set:?}");
            }
            shares.iter_mut().zip(mine).for_each(|(shares, mine)| *shares += usize::from(mine));
        }
        assert_eq!(shares, vec![1; families.len()]);
    }

    #[test]
    fn long_texts_are_named_in_narrower_calls() {
        let mut clusters = clusters(120);
        let family =
            |at: usize| Family { candidate: 0, children: (at * 10..at * 10 + 10).collect() };
        let families: Vec<Family> = (0..12).map(family).collect();
        let candidates =
            [Candidate { group_id: Some(0), name: "a".to_owned(), ..Candidate::default() }];
        assert_eq!(sets(&clusters, &families, &candidates).len(), 3, "a little is always repeated");
        let long = "what it is about, at some length and in detail ".repeat(4);
        clusters.iter_mut().for_each(|cluster| cluster.description.clone_from(&long));
        assert_eq!(sets(&clusters, &families, &candidates).len(), 3);
    }

    #[test]
    fn the_widest_group_is_cut_first() {
        assert_eq!(parts(&[11, 6, 3], 0), [1, 1, 1]);
        assert_eq!(parts(&[11, 6, 3], 4), [2, 1, 1]);
        assert_eq!(parts(&[11, 6, 3], 5), [3, 1, 1], "of the widest, the first");
        assert_eq!(parts(&[11, 6, 3], 50), [3, 2, 1], "no narrower than is worth it");
        assert_eq!(parts(&[30], 1), [3]);
        assert!(parts(&[], 4).is_empty());
    }

    #[test]
    fn the_nearest_stand_around_a_set() {
        let angles = [0.0f32, 10.0, 90.0, 20.0, 180.0];
        let vectors: Vec<f32> =
            angles.iter().flat_map(|a| [a.to_radians().cos(), a.to_radians().sin()]).collect();
        let centres = Vectors::over(&vectors, 2);
        assert_eq!(around(&[0, 1], centres), [3, 2, 4]);
        assert!(around(&[0, 1, 2, 3, 4], centres).is_empty());
    }
}
