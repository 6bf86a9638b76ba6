//! The leading directions of a sparse matrix, by randomised subspace iteration.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

use super::matrix::Sparse;
use cladus_vectors::dot;

/// A direction whose length falls below this share when the others are taken out is only
/// rounding error.
const NEGLIGIBLE: f32 = 1e-4;

/// An orthonormal basis of the space that `matrix`'s leading left singular vectors span:
/// row-major, `matrix.len()` × `dim`. Where the rank is lower, the last columns are zero.
///
/// Randomised subspace iteration (Halko, Martinsson and Tropp 2011, algorithm 4.4), here one
/// iteration: with more of them the trees grown from the vectors were the same. What comes out is
/// a basis, not the singular vectors themselves: that is a rotation, and no distance depends on it.
pub(super) fn leading_space(
    matrix: &Sparse,
    transposed: &Sparse,
    dim: usize,
    seed: u64,
) -> Vec<f32> {
    let start = random_signs(matrix.len() * dim, seed);
    orthonormal(&matrix.times(&transposed.times(&start, dim), dim), dim)
}

fn random_signs(len: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut signs = Vec::with_capacity(len);
    while signs.len() < len {
        let bits = rng.next_u64();
        let room = (len - signs.len()).min(64);
        signs.extend((0..room).map(|at| if bits >> at & 1 == 1 { 1.0 } else { -1.0 }));
    }
    signs
}

/// Gram–Schmidt, each column against all before it, twice: enough to make it orthogonal to
/// working precision (Giraud, Langou, Rozložník and van den Eshof 2005).
fn orthonormal(rows: &[f32], dim: usize) -> Vec<f32> {
    let height = rows.len() / dim;
    let mut columns: Vec<Vec<f32>> = Vec::with_capacity(dim);
    for at in 0..dim {
        let mut column: Vec<f32> = (0..height).map(|row| rows[row * dim + at]).collect();
        let before = norm(&column);
        for _ in 0..2 {
            let shares: Vec<f32> = columns.par_iter().map(|other| dot(other, &column)).collect();
            take_out(&columns, &shares, &mut column);
        }
        let after = norm(&column);
        let scale = if after > NEGLIGIBLE * before { 1.0 / after } else { 0.0 };
        column.iter_mut().for_each(|x| *x *= scale);
        columns.push(column);
    }
    let mut basis = vec![0.0; rows.len()];
    for (at, column) in columns.iter().enumerate() {
        for (row, x) in column.iter().enumerate() {
            basis[row * dim + at] = *x;
        }
    }
    basis
}

fn take_out(columns: &[Vec<f32>], shares: &[f32], from: &mut [f32]) {
    const BLOCK: usize = 1024;
    from.par_chunks_mut(BLOCK).enumerate().for_each(|(block, part)| {
        let range = block * BLOCK..block * BLOCK + part.len();
        for (column, share) in columns.iter().zip(shares) {
            for (x, y) in part.iter_mut().zip(&column[range.clone()]) {
                *x -= share * y;
            }
        }
    });
}

fn norm(vector: &[f32]) -> f32 {
    dot(vector, vector).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::vocabulary::SparseRow;
    use super::*;

    /// 40 × 30 of rank 3, with clearly separated directions.
    fn low_rank() -> Sparse {
        let part = |row: usize, column: usize| {
            let (r, c) = (row as f32, column as f32);
            9.0 * (r * 0.3).sin() * (c * 0.7).cos()
                + 3.0 * (r * 1.1).cos() * (c * 0.2).sin()
                + (r * 0.5 + 1.0).sin() * (c * 1.3).cos()
        };
        let rows: Vec<SparseRow> = (0..40)
            .map(|row| SparseRow {
                columns: (0..30).collect(),
                weights: (0..30).map(|column| part(row, column)).collect(),
            })
            .collect();
        Sparse::new(&rows, 30)
    }

    #[test]
    fn a_matrix_of_low_rank_is_caught_whole() {
        let matrix = low_rank();
        let transposed = matrix.transposed();
        let dim = 8;
        let basis = leading_space(&matrix, &transposed, dim, 7);

        // Projecting on the basis and back must give the matrix: |A|² = |QᵀA|².
        let unit: Vec<f32> = (0..900).map(|at| f32::from(u8::from(at % 31 == 0))).collect();
        let whole: f32 = matrix.times(&unit, 30).iter().map(|x| x * x).sum();
        let caught: f32 = transposed.times(&basis, dim).iter().map(|x| x * x).sum();
        assert!((caught / whole - 1.0).abs() < 1e-4, "{caught} of {whole}");
    }

    #[test]
    fn the_basis_is_orthonormal_and_ends_in_zeros() {
        let matrix = low_rank();
        let basis = leading_space(&matrix, &matrix.transposed(), 8, 0);
        let column =
            |at: usize| -> Vec<f32> { basis.iter().skip(at).step_by(8).copied().collect() };
        for i in 0..8 {
            for j in 0..=i {
                let want = if i == j && i < 3 { 1.0 } else { 0.0 };
                assert!((dot(&column(i), &column(j)) - want).abs() < 1e-4, "{i} {j}");
            }
        }
    }
}
