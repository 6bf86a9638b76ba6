//! Cells: a coarse partition of all rows, so that what is near can be found without looking at
//! everything.

/// A coarse partition of rows.
#[derive(Clone, Debug)]
pub struct Cells {
    /// Shape cells × dim.
    centroids: Vec<f32>,
    dim: usize,
    of_row: Vec<u32>,
}

impl Cells {
    /// Those with these directions, of these rows.
    pub(crate) fn of(centroids: Vec<f32>, dim: usize, of_row: Vec<u32>) -> Self {
        Self { centroids, dim, of_row }
    }

    /// How many cells there are.
    pub(crate) fn count(&self) -> usize {
        self.centroids.len() / self.dim
    }

    /// The cell of each row.
    pub(crate) fn of_row(&self) -> &[u32] {
        &self.of_row
    }

    /// The cells' directions, shape cells × dim.
    pub(crate) fn centroids(&self) -> &[f32] {
        &self.centroids
    }
}
