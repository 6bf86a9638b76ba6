//! Which groups are near each other.

use rayon::prelude::*;

use crate::cells::Cells;
use crate::nearest::NearestOffered;
use crate::partition::Partition;
use crate::wide::WideCells;
use cladus_vectors::Vectors;

/// How the groups near each other are looked for, if they are.
#[derive(Clone, Copy)]
pub(crate) struct Finder<'a> {
    /// What tells where to look; without it every row is compared with every group.
    pub(crate) cells: Option<&'a Cells>,
}

impl Finder<'_> {
    /// The groups near each group of `partition`, unless all are to be compared with all.
    pub(crate) fn near(&self, partition: &Partition) -> Option<NearGroups> {
        let cells = self.cells?;
        let centroids = partition.centroids();
        let centroids = Vectors::new(&centroids, partition.vectors.dim()).ok()?;
        Some(NearGroups::new(centroids, WIDTH, cells))
    }
}

/// Each group's nearest others, the nearest first.
pub(crate) struct NearGroups {
    of: Vec<Vec<u32>>,
}

impl NearGroups {
    /// The `width` nearest of each of the groups with these `centroids`.
    ///
    /// Where there are many groups, a group is compared with those of near `cells` alone: not always
    /// the very nearest are found.
    pub(crate) fn new(centroids: Vectors, width: usize, cells: &Cells) -> Self {
        let mut best = vec![NearestOffered::default(); centroids.len()];
        let wide = WideCells::new(centroids, cells, COMPARED);
        wide.visit(centroids, 0..centroids.len(), &mut best, |best, g, groups, s| {
            best.offer(width, g as u32, groups.iter().copied().zip(s));
        });
        Self { of: best.into_par_iter().map(|best| best.into_groups(width)).collect() }
    }

    /// The groups near `g`.
    pub(crate) fn of(&self, g: usize) -> &[u32] {
        &self.of[g]
    }
}

/// How many groups count as near a group. With half as many the inertia of 20,000 package summaries
/// ends 0.5 % higher.
const WIDTH: usize = 64;

/// With how many others a group is compared to find them.
const COMPARED: usize = 4096;
