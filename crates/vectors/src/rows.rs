//! Rows of numbers, borrowed.

/// `n` rows of `dim` numbers, row after row, each L2-normalised or all zero.
///
/// A zero row is a text without a single word known to its embedder.
#[derive(Clone, Copy, Debug)]
pub struct Vectors<'a> {
    data: &'a [f32],
    dim: usize,
}

/// The numbers do not fill whole rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{len} numbers are not a whole number of rows of {dim}")]
pub struct ShapeError {
    /// How many numbers there are.
    pub len: usize,
    /// The length a row should have.
    pub dim: usize,
}

impl<'a> Vectors<'a> {
    /// Rows of `dim` numbers over `data` (shape n × dim, row-major).
    pub fn new(data: &'a [f32], dim: usize) -> Result<Self, ShapeError> {
        let whole = if dim == 0 { data.is_empty() } else { data.len().is_multiple_of(dim) };
        if whole { Ok(Self { data, dim }) } else { Err(ShapeError { len: data.len(), dim }) }
    }

    /// The whole rows of `dim` numbers in `data`; what is left over is left out.
    pub fn over(data: &'a [f32], dim: usize) -> Self {
        let whole = data.len().checked_div(dim).unwrap_or(0) * dim;
        Self { data: &data[..whole], dim }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.data.len().checked_div(self.dim).unwrap_or(0)
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The length of a row.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// All numbers, row after row.
    pub fn data(&self) -> &'a [f32] {
        self.data
    }

    /// Row `index`, `dim` numbers.
    pub fn row(&self, index: usize) -> &'a [f32] {
        &self.data[index * self.dim..(index + 1) * self.dim]
    }

    /// The rows at `indices`, copied one after the other.
    pub fn gather(&self, indices: &[u32]) -> Vec<f32> {
        let mut rows = Vec::with_capacity(indices.len() * self.dim);
        for &index in indices {
            rows.extend_from_slice(self.row(index as usize));
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_must_be_whole() {
        assert_eq!(Vectors::new(&[1.0; 5], 2).unwrap_err(), ShapeError { len: 5, dim: 2 });
        assert_eq!(Vectors::new(&[1.0; 5], 0).unwrap_err(), ShapeError { len: 5, dim: 0 });
        assert_eq!(Vectors::new(&[], 0).unwrap().len(), 0);
        assert_eq!(Vectors::new(&[1.0; 6], 2).unwrap().len(), 3);
        assert_eq!(Vectors::over(&[1.0; 5], 2).len(), 2);
        assert!(Vectors::over(&[1.0; 5], 0).is_empty());
    }
}
