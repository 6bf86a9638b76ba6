//! A grouping that can be changed row by row.

use crate::centroids::{self, Members};
use crate::dense;
use cladus_vectors::Vectors;

/// Which group each row is in, with every group's sum kept up to date.
///
/// The sum S of a group of unit rows says how good the group is: its rows' similarities to its
/// centroid add up to |S|. A grouping is the better the larger the total of |S| is, and what a
/// change gains or costs follows from dot products alone.
pub(crate) struct Partition<'a> {
    pub(crate) vectors: Vectors<'a>,
    group: Vec<u32>,
    size: Vec<usize>,
    /// Shape groups × dim.
    sum: Vec<f64>,
    norm: Vec<f64>,
}

impl<'a> Partition<'a> {
    /// Unused group numbers are closed up.
    pub(crate) fn new(vectors: Vectors<'a>, mut group: Vec<u32>) -> Self {
        let groups = close_up(&mut group);
        let members = Members::new(&group, groups);
        let sum = centroids::sums(vectors, &members, groups);
        let norm = sum.chunks_exact(vectors.dim().max(1)).map(dense::norm).collect();
        let size = (0..groups).map(|g| members.of(g).len()).collect();
        Self { vectors, group, size, sum, norm }
    }

    /// The number of groups.
    pub(crate) fn groups(&self) -> usize {
        self.size.len()
    }

    /// The group of each row.
    pub(crate) fn group(&self) -> &[u32] {
        &self.group
    }

    /// The number of rows of each group.
    pub(crate) fn size(&self) -> &[usize] {
        &self.size
    }

    /// The length of each group's sum.
    pub(crate) fn norm(&self) -> &[f64] {
        &self.norm
    }

    pub(crate) fn into_group(self) -> Vec<u32> {
        self.group
    }

    /// The sum of all rows' cosine distances to their group's centroid.
    pub(crate) fn inertia(&self) -> f64 {
        self.group.len() as f64 - self.norm.iter().sum::<f64>()
    }

    /// The rows of each group.
    pub(crate) fn members(&self) -> Members {
        Members::new(&self.group, self.groups())
    }

    /// The directions of all groups, shape groups × dim; zeros for a group that has none.
    pub(crate) fn centroids(&self) -> Vec<f32> {
        let mut centroids = vec![0.0; self.sum.len()];
        (0..self.groups()).for_each(|g| self.write_centroid(g, &mut centroids));
        centroids
    }

    /// The directions of `groups`, shape `groups.len()` × dim; zeros for a group that has none.
    pub(crate) fn centroids_of(&self, groups: &[u32]) -> Vec<f32> {
        let dim = self.vectors.dim();
        let mut centroids = vec![0.0; groups.len() * dim];
        for (&g, centroid) in groups.iter().zip(centroids.chunks_exact_mut(dim.max(1))) {
            self.write_direction(g as usize, centroid);
        }
        centroids
    }

    /// Brings group `g`'s direction in `centroids` (shape groups × dim) up to date.
    pub(crate) fn write_centroid(&self, g: usize, centroids: &mut [f32]) {
        let dim = self.vectors.dim();
        self.write_direction(g, &mut centroids[g * dim..(g + 1) * dim]);
    }

    /// Writes group `g`'s direction to `centroid`, if it has one.
    pub(crate) fn write_direction(&self, g: usize, centroid: &mut [f32]) {
        let dim = self.vectors.dim();
        centroids::direction(&self.sum[g * dim..(g + 1) * dim], centroid);
    }

    /// How much the total of |S| grows when `row` joins group `g`, which it is not in.
    pub(crate) fn gain(&self, row: usize, g: usize) -> f64 {
        let norm = self.norm[g];
        (norm * norm + 2.0 * self.dot(row, g) + 1.0).max(0.0).sqrt() - norm
    }

    /// How much the total of |S| shrinks when `row` leaves its group.
    pub(crate) fn loss(&self, row: usize) -> f64 {
        let g = self.group[row] as usize;
        let norm = self.norm[g];
        norm - (norm * norm - 2.0 * self.dot(row, g) + 1.0).max(0.0).sqrt()
    }

    /// Moves `row` to group `to`. The group it leaves may become empty.
    pub(crate) fn move_row(&mut self, row: usize, to: usize) {
        let from = self.group[row] as usize;
        self.group[row] = to as u32;
        self.change(from, row, -1.0);
        self.change(to, row, 1.0);
        self.size[from] -= 1;
        self.size[to] += 1;
    }

    fn change(&mut self, g: usize, row: usize, factor: f64) {
        let dim = self.vectors.dim();
        let sum = &mut self.sum[g * dim..(g + 1) * dim];
        dense::add(sum, self.vectors.row(row), factor);
        self.norm[g] = dense::norm(sum);
    }

    fn dot(&self, row: usize, g: usize) -> f64 {
        let dim = self.vectors.dim();
        dense::dot(&self.sum[g * dim..(g + 1) * dim], self.vectors.row(row))
    }
}

/// Numbers the used groups from 0 in the order of their first rows; returns how many there are.
pub(crate) fn close_up(group: &mut [u32]) -> usize {
    let numbers = group.iter().max().map_or(0, |&g| g as usize + 1);
    let mut new: Vec<Option<u32>> = vec![None; numbers];
    let mut used = 0;
    for g in group {
        *g = *new[*g as usize].get_or_insert_with(|| {
            used += 1;
            used - 1
        });
    }
    used as usize
}
