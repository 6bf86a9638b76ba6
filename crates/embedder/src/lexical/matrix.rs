//! A sparse matrix in compressed rows, and the one product needed.

use rayon::prelude::*;

use super::vocabulary::SparseRow;

/// Rows a task works on: a fixed number, so that nothing depends on the number of threads.
const BLOCK: usize = 64;

/// A sparse matrix, row by row.
#[derive(Debug)]
pub(super) struct Sparse {
    /// Where each row's entries begin; one more than there are rows.
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
    width: usize,
}

impl Sparse {
    /// Of rows over `width` columns.
    pub(super) fn new(rows: &[SparseRow], width: usize) -> Self {
        let mut matrix = Self { starts: vec![0], columns: Vec::new(), values: Vec::new(), width };
        for row in rows {
            matrix.columns.extend_from_slice(&row.columns);
            matrix.values.extend_from_slice(&row.weights);
            matrix.starts.push(matrix.columns.len());
        }
        matrix
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn transposed(&self) -> Self {
        let mut starts = vec![0; self.width + 1];
        for column in &self.columns {
            starts[*column as usize + 1] += 1;
        }
        for at in 0..self.width {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut columns = vec![0; self.columns.len()];
        let mut values = vec![0.0; self.values.len()];
        for (row, bounds) in (0..).zip(self.starts.windows(2)) {
            for at in bounds[0]..bounds[1] {
                let to = &mut next[self.columns[at] as usize];
                columns[*to] = row;
                values[*to] = self.values[at];
                *to += 1;
            }
        }
        Self { starts, columns, values, width: self.len() }
    }

    /// This matrix times `dense` (row-major, as many rows as this has columns, `dim` wide).
    pub(super) fn times(&self, dense: &[f32], dim: usize) -> Vec<f32> {
        let mut product = vec![0.0; self.len() * dim];
        product.par_chunks_mut(BLOCK * dim).enumerate().for_each(|(block, rows)| {
            for (at, row) in rows.chunks_exact_mut(dim).enumerate() {
                let (from, to) =
                    (self.starts[block * BLOCK + at], self.starts[block * BLOCK + at + 1]);
                add_rows(&self.columns[from..to], &self.values[from..to], dense, row);
            }
        });
        product
    }
}

/// Adds to `sum` the given rows of `dense` (row-major, as wide as `sum`), each times its weight.
pub(super) fn add_rows(rows: &[u32], weights: &[f32], dense: &[f32], sum: &mut [f32]) {
    let dim = sum.len();
    for (row, weight) in rows.iter().zip(weights) {
        let from = *row as usize * dim;
        for (sum, x) in sum.iter_mut().zip(&dense[from..from + dim]) {
            *sum += weight * x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_with_a_matrix_and_its_transpose() {
        // [1 0 2]
        // [0 3 0]
        let rows = [
            SparseRow { columns: vec![0, 2], weights: vec![1.0, 2.0] },
            SparseRow { columns: vec![1], weights: vec![3.0] },
        ];
        let matrix = Sparse::new(&rows, 3);
        assert_eq!(matrix.times(&[1.0, 10.0, 100.0], 1), [201.0, 30.0]);
        assert_eq!(
            matrix.transposed().times(&[1.0, 2.0, 10.0, 20.0], 2),
            [1.0, 2.0, 30.0, 60.0, 2.0, 4.0]
        );
    }
}
