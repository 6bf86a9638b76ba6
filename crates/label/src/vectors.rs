//! Rows of numbers, and the few things done with them.

use cladus_embedder::dot;

/// Row-major vectors, `len` × `dim`.
#[derive(Debug, Clone, Copy)]
pub struct Vectors<'a> {
    values: &'a [f32],
    dim: usize,
}

impl<'a> Vectors<'a> {
    /// Rows of `dim` values each; a last row that is not complete is left out.
    pub fn new(values: &'a [f32], dim: usize) -> Self {
        Self { values, dim }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.dim).unwrap_or(0)
    }

    /// Is there no row?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Values in a row.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// One row.
    pub fn row(&self, at: usize) -> &'a [f32] {
        &self.values[at * self.dim..(at + 1) * self.dim]
    }
}

/// Brings `vector` to length 1; says no, and leaves it as it is, if it has no direction.
pub(crate) fn normalise(vector: &mut [f32]) -> bool {
    let length = dot(vector, vector).sqrt();
    let has_direction = length > 1e-6;
    if has_direction {
        vector.iter_mut().for_each(|x| *x /= length);
    }
    has_direction
}

/// The direction of the mean of some rows, if it has one.
pub(crate) fn mean_direction(
    of: Vectors<'_>,
    rows: impl Iterator<Item = usize>,
) -> Option<Vec<f32>> {
    let mut mean = vec![0.0; of.dim()];
    for row in rows {
        mean.iter_mut().zip(of.row(row)).for_each(|(sum, x)| *sum += x);
    }
    normalise(&mut mean).then_some(mean)
}
