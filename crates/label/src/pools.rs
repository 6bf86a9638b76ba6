//! Which candidates a cluster is compared with at all.
//!
//! A million clusters against eighty thousand candidates are 10^13 multiplications. What is nearest to
//! a cluster was nearly always proposed for its group or one that lies beside it.

use cladus_vectors::dot;
use rayon::prelude::*;

use crate::offered::OfferedCandidate;
use cladus_vectors::{Vectors, mean_direction};

/// The candidates that clusters are compared with: rising positions.
pub(crate) struct Pools {
    pools: Vec<Vec<u32>>,
    /// By cluster.
    pool_of: Vec<u32>,
}

impl Pools {
    /// All candidates for all clusters.
    pub(crate) fn one(candidates: usize, clusters: usize) -> Self {
        Self { pools: vec![(0..).take(candidates).collect()], pool_of: vec![0; clusters] }
    }

    /// For the clusters of a group those of the groups whose mean directions are nearest to its own,
    /// itself first, until there are `least`; and those of no group.
    ///
    /// Quadratic in the groups, of which there are a fiftieth of the clusters.
    pub(crate) fn near(
        least: usize,
        groups: &[u32],
        candidates: &[OfferedCandidate],
        clusters: Vectors<'_>,
    ) -> Self {
        let count = groups.iter().max().map_or(0, |last| *last as usize + 1);
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (row, &group) in groups.iter().enumerate() {
            members[group as usize].push(row);
        }
        let mut own: Vec<Vec<u32>> = vec![Vec::new(); count];
        let mut free: Vec<u32> = Vec::new();
        for (at, candidate) in (0..).zip(candidates) {
            match candidate.group {
                Some(group) if (group as usize) < count => own[group as usize].push(at),
                // Of no group, or of one without clusters.
                _ => free.push(at),
            }
        }
        let centers: Vec<Option<Vec<f32>>> = members
            .par_iter()
            .map(|members| mean_direction(clusters, members.iter().copied()))
            .collect();
        let pools = (0..count)
            .into_par_iter()
            .map(|group| {
                if members[group].is_empty() {
                    return Vec::new();
                }
                let cosine = |other: usize| match (&centers[group], &centers[other]) {
                    _ if other == group => f32::INFINITY,
                    (Some(own), Some(other)) => dot(own, other),
                    // A direction that is none is far from everything.
                    _ => f32::NEG_INFINITY,
                };
                let mut near: Vec<(f32, usize)> =
                    (0..count).map(|other| (cosine(other), other)).collect();
                near.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                let mut pool = free.clone();
                for (_, other) in near {
                    if pool.len() >= least {
                        break;
                    }
                    pool.extend(&own[other]);
                }
                pool.sort_unstable();
                pool
            })
            .collect();
        Self { pools, pool_of: groups.to_vec() }
    }

    pub(crate) fn pool_for(&self, cluster: usize) -> &[u32] {
        &self.pools[self.pool_of[cluster] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_around_come_before_those_across() {
        let vectors: Vec<f32> = [0.0f32, 90.0, 20.0, 180.0]
            .iter()
            .flat_map(|angle| [angle.to_radians().cos(), angle.to_radians().sin()])
            .collect();
        let of = |group| OfferedCandidate { group, ..OfferedCandidate::default() };
        let candidates: Vec<OfferedCandidate> =
            [Some(3), Some(1), Some(0), None, Some(2), Some(0)].map(of).into();
        let clusters = Vectors::over(&vectors, 2);
        let pools = Pools::near(4, &[0, 1, 2, 3], &candidates, clusters);
        assert_eq!(
            pools.pool_for(0),
            [2, 3, 4, 5],
            "its own two, the one of no group, and that of group 2"
        );
        assert_eq!(pools.pool_for(3), [0, 1, 3, 4]);
        let all = Pools::near(9, &[0, 1, 2, 3], &candidates, clusters);
        assert_eq!(all.pool_for(1), [0, 1, 2, 3, 4, 5]);
    }
}
