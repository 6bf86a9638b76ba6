//! What each cluster is offered, worked out from the scope.

use std::collections::HashSet;

use cladus_vectors::dot;
use rayon::prelude::*;

use crate::offered::OfferedCandidate;
use crate::pools::Pools;
use crate::scope::Scope;
use cladus_vectors::Vectors;

/// Up to so many candidates every cluster is compared with all of them.
const EXACT: usize = 2_048;
/// Where there are more, with at least so many: those of the groups around it.
const POOL: usize = 256;

/// The candidates every cluster may choose from: rising positions, never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offers {
    lists: Vec<Vec<u32>>,
    /// By cluster, the position of its list.
    list_of: Vec<u32>,
}

/// There is nothing to choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NothingOffered {
    /// There are no candidates.
    #[error("there are no candidates")]
    AtAll,
    /// There are none of this group and none for every group.
    #[error("group {0} has no candidates, and none are offered to every group")]
    ToGroup(u32),
}

/// How many different names there are.
fn distinct(candidates: &[OfferedCandidate]) -> usize {
    candidates.iter().filter(|candidate| candidate.same_as.is_none()).count()
}

impl Offers {
    /// The offers under `scope` to clusters with these `groups`.
    ///
    /// A group without candidates of its own is offered those of no group. `references` (one a
    /// candidate) are only looked at for [`Scope::Nearest`]; of equally near candidates the
    /// first ones are offered.
    ///
    /// # Errors
    /// Some cluster would be offered nothing.
    pub fn new(
        scope: Scope,
        groups: &[u32],
        candidates: &[OfferedCandidate],
        clusters: Vectors<'_>,
        references: Vectors<'_>,
    ) -> Result<Self, NothingOffered> {
        if candidates.is_empty() {
            return if groups.is_empty() {
                Ok(Self { lists: Vec::new(), list_of: Vec::new() })
            } else {
                Err(NothingOffered::AtAll)
            };
        }
        match scope {
            Scope::Group => Self::by_group(groups, candidates),
            Scope::Nearest(k) if k.get() < distinct(candidates) => {
                let pools = match candidates.len() {
                    ..=EXACT => Pools::one(candidates.len(), groups.len()),
                    _ => Pools::near(POOL.max(8 * k.get()), groups, candidates, clusters),
                };
                Ok(Self::nearest(k.get(), candidates, clusters, references, &pools))
            }
            Scope::All | Scope::Nearest(_) => Ok(Self {
                lists: vec![(0..).zip(candidates).map(|(at, _)| at).collect()],
                list_of: vec![0; groups.len()],
            }),
        }
    }

    fn by_group(groups: &[u32], candidates: &[OfferedCandidate]) -> Result<Self, NothingOffered> {
        let mut present = groups.to_vec();
        present.sort_unstable();
        present.dedup();
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); present.len()];
        for (at, candidate) in (0..).zip(candidates) {
            match candidate.group.map(|group| present.binary_search(&group)) {
                None => lists.iter_mut().for_each(|list| list.push(at)),
                Some(Ok(group)) => lists[group].push(at),
                Some(Err(_)) => {}
            }
        }
        if let Some(empty) = lists.iter().position(Vec::is_empty) {
            return Err(NothingOffered::ToGroup(present[empty]));
        }
        let list_of = groups
            .iter()
            .map(|group| present.partition_point(|other| other < group) as u32)
            .collect();
        Ok(Self { lists, list_of })
    }

    /// The `k` nearest names, each by the nearest of its candidates.
    fn nearest(
        k: usize,
        candidates: &[OfferedCandidate],
        clusters: Vectors<'_>,
        references: Vectors<'_>,
        pools: &Pools,
    ) -> Self {
        let by_cosine = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        let several = distinct(candidates) < candidates.len();
        let lists: Vec<Vec<u32>> = (0..clusters.len())
            .into_par_iter()
            .map_init(Vec::new, |scored: &mut Vec<(f32, u32)>, cluster| {
                let vector = clusters.row(cluster);
                scored.clear();
                let pool = pools.pool_for(cluster).iter();
                scored.extend(pool.map(|&at| (dot(vector, references.row(at as usize)), at)));
                if several {
                    scored.sort_unstable_by(by_cosine);
                    let mut seen = HashSet::new();
                    let name = |at: u32| candidates[at as usize].same_as.unwrap_or(at);
                    scored.retain(|(_, at)| seen.len() < k && seen.insert(name(*at)));
                } else if k < scored.len() {
                    scored.select_nth_unstable_by(k - 1, by_cosine);
                }
                let mut list: Vec<u32> = scored.iter().take(k).map(|(_, at)| *at).collect();
                list.sort_unstable();
                list
            })
            .collect();
        let list_of = (0..).zip(&lists).map(|(at, _)| at).collect();
        Self { lists, list_of }
    }

    /// What `cluster` is offered.
    pub fn offered_to(&self, cluster: usize) -> &[u32] {
        &self.lists[self.list_of[cluster] as usize]
    }

    /// Every list of candidates with the clusters it is offered to, both rising.
    pub(crate) fn by_list(&self) -> Vec<(&[u32], Vec<u32>)> {
        let mut lists: Vec<(&[u32], Vec<u32>)> =
            self.lists.iter().map(|list| (&**list, Vec::new())).collect();
        for (cluster, list) in (0..).zip(&self.list_of) {
            lists[*list as usize].1.push(cluster);
        }
        lists
    }
}
