//! Which parents are named together, and in which share of the work.

use std::collections::BTreeMap;

use cladus_core::artifact::{Candidate, Cluster};
use cladus_core::shard::Shard;

use crate::extractive::set_of;
use crate::families::Family;

/// Most parents that are named in one call.
pub(crate) const MOST_PARENTS: usize = 12;

/// The families of several clusters, by position, in the sets that they are named in: those whose
/// candidates were made for one group together, in parts of nearly equal size where they are many.
pub(crate) fn sets(families: &[Family], candidates: &[Candidate]) -> Vec<Vec<usize>> {
    let mut by_group: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (place, family) in families.iter().enumerate() {
        if family.children.len() > 1 {
            by_group.entry(set_of(family, candidates)).or_default().push(place);
        }
    }
    let mut sets = Vec::new();
    for families in by_group.into_values() {
        let parts = families.len().div_ceil(MOST_PARENTS);
        for part in 0..parts {
            let (start, end) = (families.len() * part / parts, families.len() * (part + 1) / parts);
            sets.push(families[start..end].to_vec());
        }
    }
    sets
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
    let together = sets(families, candidates).into_iter().chain(alone.map(|at| vec![at]));
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

    #[test]
    fn a_set_is_in_one_share_and_every_family_in_one() {
        let clusters: Vec<Cluster> = (0..200)
            .map(|id| Cluster {
                id: format!("c{id}"),
                name: "a name".to_owned(),
                description: String::new(),
                slug: String::new(),
                level: 0,
                members: Vec::new(),
                size: 1,
            })
            .collect();
        let candidate = |group| Candidate {
            group_id: Some(group),
            name: "a name".to_owned(),
            exemplars: None,
            remark: None,
        };
        let candidates: Vec<Candidate> = (0..67).map(|at| candidate(at / 20)).collect();
        let family = |at: u32| {
            let rows = 3 * at as usize;
            // The last ones move up alone.
            let children = if at < 60 { (rows..rows + 3).collect() } else { vec![rows] };
            Family { candidate: at, children }
        };
        let families: Vec<Family> = (0..67).map(family).collect();
        let sets = sets(&families, &candidates);
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
}
