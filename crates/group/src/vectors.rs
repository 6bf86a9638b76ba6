//! The rows to be grouped, borrowed.

/// `n` rows of `dim` numbers, row after row, each L2-normalised or all zero.
///
/// A zero row is a text without a single word known to the embedder.
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
    pub(crate) fn gather(&self, indices: &[u32]) -> Vec<f32> {
        let mut rows = Vec::with_capacity(indices.len() * self.dim);
        for &index in indices {
            rows.extend_from_slice(self.row(index as usize));
        }
        rows
    }
}

/// Gives zero rows a direction of their own, one more dimension at right angles to all others, so
/// that every row has a length of 1 and rows without words are like each other and nothing else.
///
/// `None` if no row is zero: nothing needs to be copied then.
pub(crate) fn with_direction_for_zero_rows(vectors: Vectors) -> Option<Vec<f32>> {
    let is_zero = |row: &[f32]| row.iter().all(|&x| x == 0.0);
    let rows = || vectors.data.chunks_exact(vectors.dim.max(1));
    if !rows().any(is_zero) {
        return None;
    }
    let mut padded = Vec::with_capacity(vectors.len() * (vectors.dim + 1));
    for row in rows() {
        padded.extend_from_slice(row);
        padded.push(if is_zero(row) { 1.0 } else { 0.0 });
    }
    Some(padded)
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
    }

    #[test]
    fn zero_rows_get_their_own_direction() {
        let vectors = Vectors::new(&[1.0, 0.0, 0.0, 0.0], 2).unwrap();
        let padded = with_direction_for_zero_rows(vectors).unwrap();
        assert_eq!(padded, [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        assert!(with_direction_for_zero_rows(Vectors::new(&[1.0, 0.0], 2).unwrap()).is_none());
    }
}
