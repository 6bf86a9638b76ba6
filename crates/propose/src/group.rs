//! Groups, and what lies around them.

use std::collections::BTreeMap;

use cladus_core::plan;
use cladus_vectors::{Vectors, dot, mean_direction};

/// Clusters that get their candidates together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CandidateGroup {
    /// Its number.
    pub(crate) id: u32,
    /// Rows of its clusters, rising.
    pub(crate) members: Vec<usize>,
    /// At most so many candidates.
    pub(crate) wanted: usize,
}

impl CandidateGroup {
    /// The groups of clusters with these group numbers, wanting `target` candidates in all.
    pub(crate) fn of(groups: &[u32], target: usize) -> Vec<Self> {
        let count = groups.iter().max().map_or(0, |last| *last as usize + 1);
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (row, &group) in groups.iter().enumerate() {
            members[group as usize].push(row);
        }
        let sizes: Vec<usize> = members.iter().map(Vec::len).collect();
        let wanted = plan::candidates_per_group(&sizes, target);
        (0u32..)
            .zip(members)
            .zip(wanted)
            .map(|((id, members), wanted)| Self { id, members, wanted })
            .collect()
    }

    /// Those of the groups with these `sizes` that have members here, wanting what they would want beside
    /// all others; `group_of` is by row.
    pub(crate) fn of_share(group_of: &[u32], sizes: &[usize], target: usize) -> Vec<Self> {
        let mut members: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (row, group) in group_of.iter().enumerate() {
            members.entry(*group).or_default().push(row);
        }
        let wanted = plan::candidates_per_group(sizes, target);
        let group = |(id, members)| {
            let wanted = wanted.get(id as usize).copied().unwrap_or(0);
            Self { id, members, wanted }
        };
        members.into_iter().map(group).collect()
    }

    /// These groups, wanting `target` candidates in all, more of them where clusters are more unlike:
    /// in proportion to how far they are from each other, each at least two where it has room, and at
    /// most half its clusters.
    pub(crate) fn by_variety(
        mut groups: Vec<Self>,
        target: usize,
        vectors: Vectors<'_>,
    ) -> Vec<Self> {
        let varieties: Vec<f64> = groups.iter().map(|group| group.variety(vectors)).collect();
        let all: f64 = varieties.iter().sum();
        for (group, variety) in groups.iter_mut().zip(varieties) {
            let n = group.members.len();
            let most = if n < 3 { n.min(1) } else { n.div_ceil(2) };
            let share = (target as f64 * variety / all.max(f64::MIN_POSITIVE)).round() as usize;
            group.wanted = share.clamp(most.min(2), most);
        }
        groups
    }

    /// The sum of the clusters' distances (cosine) from the group's mean direction.
    fn variety(&self, vectors: Vectors<'_>) -> f64 {
        let rows = || self.members.iter().copied();
        let Some(centre) = mean_direction(vectors, rows()) else {
            return self.members.len() as f64;
        };
        rows().map(|row| 1.0 - f64::from(dot(vectors.row(row), &centre))).sum::<f64>() + 1e-3
    }

    /// Rows of the `most` clusters outside the group that are nearest to its centroid, nearest
    /// first. `vectors` is row-major, one L2-normalised vector of `dim` a cluster.
    pub(crate) fn neighbours(&self, vectors: &[f32], dim: usize, most: usize) -> Vec<usize> {
        if dim == 0 || most == 0 {
            return Vec::new();
        }
        let mut centroid = vec![0.0f32; dim];
        for &row in &self.members {
            let vector = &vectors[row * dim..(row + 1) * dim];
            centroid.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value);
        }
        let mut nearest: Vec<(f32, usize)> = Vec::with_capacity(most + 1);
        for (row, vector) in vectors.chunks_exact(dim).enumerate() {
            let cosine = dot(vector, &centroid);
            let full = nearest.len() == most;
            if (full && nearest.last().is_some_and(|(least, _)| cosine <= *least))
                || self.members.binary_search(&row).is_ok()
            {
                continue;
            }
            let place = nearest.partition_point(|(other, _)| *other >= cosine);
            nearest.insert(place, (cosine, row));
            nearest.truncate(most);
        }
        nearest.into_iter().map(|(_, row)| row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unlike_clusters_want_more_names() {
        let angles = [0.0f32, 1.0, 2.0, 3.0, 4.0, 5.0, 80.0, 100.0, 130.0, 160.0, 190.0, 220.0];
        let vectors: Vec<f32> =
            angles.iter().flat_map(|a| [a.to_radians().cos(), a.to_radians().sin()]).collect();
        let groups = CandidateGroup::of(&[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1], 4);
        let groups = CandidateGroup::by_variety(groups, 5, Vectors::over(&vectors, 2));
        let wanted: Vec<usize> = groups.iter().map(|group| group.wanted).collect();
        assert_eq!(wanted, [2, 3], "two at least, half of its clusters at most");
    }

    #[test]
    fn neighbours_are_the_nearest_outside() {
        let angles = [0.0f32, 10.0, 20.0, 90.0, 30.0, 180.0];
        let vectors: Vec<f32> =
            angles.iter().flat_map(|a| [a.to_radians().cos(), a.to_radians().sin()]).collect();
        let group = CandidateGroup { id: 0, members: vec![0, 1], wanted: 1 };
        assert_eq!(group.neighbours(&vectors, 2, 3), [2, 4, 3]);
        assert_eq!(group.neighbours(&vectors, 2, 9), [2, 4, 3, 5]);
        assert!(group.neighbours(&[], 0, 4).is_empty());
    }
}
