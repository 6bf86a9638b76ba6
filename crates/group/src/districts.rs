//! Districts: parts of very many rows that are grouped one by one, so that nobody needs all of them at once.

use std::num::NonZeroUsize;

use crate::blocked::{Blocked, nearest};
use crate::kmeans::{FitOptions, KMeans};
use cladus_vectors::Vectors;

/// Most rows of a district, unless more of them are too alike to be told apart. So many, of 256 numbers, take two
/// gigabytes with their groups. No row joins a group of another district, so there are as few as memory allows.
pub const DISTRICT_ROWS: usize = 1 << 20;
/// Cells that a full district is put together from: a few dozen, or there would be little to choose.
const CELLS: usize = 64;
/// Rows of the sample for each cell: so many settle its centroid.
const SAMPLE: usize = 32;
/// Iterations over the sample.
const ITERATIONS: usize = 8;

/// How rows are divided into districts: nothing of it depends on who asks, or on how many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DistrictPlan {
    /// How many rows there are.
    rows: usize,
    /// Most rows of a district.
    most: usize,
    seed: u64,
}

impl DistrictPlan {
    /// For so many rows.
    pub(crate) fn new(rows: usize, most: usize, seed: u64) -> Self {
        Self { rows, most, seed }
    }

    /// Is all of it one district?
    pub(crate) fn is_one(&self) -> bool {
        self.rows <= self.most
    }

    fn cells(&self) -> usize {
        self.rows.div_ceil(self.most.div_ceil(CELLS))
    }

    /// Is this row in the sample? One of each of equally long stretches is.
    pub(crate) fn samples(&self, row: usize) -> bool {
        let size = (self.cells() * SAMPLE).min(self.rows) as u128;
        let stretch = |row: usize| row as u128 * size / self.rows as u128;
        row == 0 || stretch(row) != stretch(row - 1)
    }

    /// The cells' directions, by the sampled rows.
    pub(crate) fn centroids(&self, sample: Vectors) -> Vec<f32> {
        let options = FitOptions { seed: self.seed, start: 0, max_iterations: ITERATIONS };
        let cells = self.cells().min(sample.len());
        let group = Blocked.fit(sample, cells, options).group;
        crate::partition::Partition::new(sample, group).centroids()
    }

    /// The cell of each of some rows.
    pub(crate) fn cells_of(rows: Vectors, centroids: &[f32]) -> Vec<u32> {
        nearest(rows, centroids)
    }

    /// The district of each cell, by how many rows it has: cells are halved by 2-means until every part is small
    /// enough.
    pub(crate) fn districts(&self, centroids: Vectors, sizes: &[usize]) -> Vec<u32> {
        let mut district = vec![0; sizes.len()];
        let mut open: Vec<Vec<u32>> = vec![(0..sizes.len() as u32).collect()];
        let mut made = 0;
        while let Some(cells) = open.pop() {
            let rows: usize = cells.iter().map(|&cell| sizes[cell as usize]).sum();
            if cells.len() > 1 && rows > self.most {
                let (left, right) = self.halves(centroids, &cells);
                // The first half next, so that neighbours have numbers next to each other.
                open.push(right);
                open.push(left);
                continue;
            }
            cells.iter().for_each(|&cell| district[cell as usize] = made);
            made += 1;
        }
        district
    }

    fn halves(&self, centroids: Vectors, cells: &[u32]) -> (Vec<u32>, Vec<u32>) {
        let gathered = centroids.gather(cells);
        let group = match (Vectors::new(&gathered, centroids.dim()), NonZeroUsize::new(cells.len()))
        {
            (Ok(rows), Some(_)) => {
                let options = FitOptions { seed: self.seed, start: 1, max_iterations: 100 };
                Blocked.fit(rows, 2, options).group
            }
            _ => vec![0; cells.len()],
        };
        let first = group.first().copied();
        let (left, right): (Vec<_>, Vec<_>) =
            cells.iter().zip(&group).partition(|(_, group)| Some(**group) == first);
        let only =
            |side: Vec<(&u32, &u32)>| side.into_iter().map(|(&cell, _)| cell).collect::<Vec<_>>();
        let (left, right) = (only(left), only(right));
        if right.is_empty() {
            // All lie at one place.
            let (left, right) = cells.split_at(cells.len() / 2);
            return (left.to_vec(), right.to_vec());
        }
        (left, right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_sample_is_spread_evenly_and_as_large_as_it_should_be() {
        for rows in [1, 2, 100, 5_000, 300_000] {
            let plan = DistrictPlan::new(rows, 4_000, 0);
            let sampled: Vec<usize> = (0..rows).filter(|&row| plan.samples(row)).collect();
            assert_eq!(sampled.len(), (plan.cells() * SAMPLE).min(rows), "{rows}");
            let gaps = sampled.windows(2).map(|two| two[1] - two[0]);
            let (least, most) =
                gaps.fold((rows, 0), |(least, most), gap| (least.min(gap), most.max(gap)));
            assert!(most <= least + 1 || sampled.len() < 2, "{rows}: {least} to {most}");
        }
    }

    proptest! {
        #[test]
        fn districts_are_small_enough_and_numbered_without_gaps(
            angles in prop::collection::vec(0f32..360.0, 1..40),
            size in 1usize..50,
        ) {
            let centroids: Vec<f32> =
                angles.iter().flat_map(|a| [a.to_radians().cos(), a.to_radians().sin()]).collect();
            let plan = DistrictPlan::new(angles.len() * size, 100, 0);
            let sizes = vec![size; angles.len()];
            let district = plan.districts(Vectors::new(&centroids, 2).unwrap(), &sizes);
            let count = district.iter().max().unwrap() + 1;
            for number in 0..count {
                let cells = district.iter().filter(|&&of| of == number).count();
                prop_assert!(cells > 0 && (cells * size <= 100 || cells == 1));
            }
        }
    }

    #[test]
    fn cells_at_one_place_are_parted_all_the_same() {
        let centroids = [1.0, 0.0].repeat(8);
        let plan = DistrictPlan::new(80, 20, 0);
        let district = plan.districts(Vectors::new(&centroids, 2).unwrap(), &[10; 8]);
        assert_eq!(district, [0, 0, 1, 1, 2, 2, 3, 3]);
    }
}
