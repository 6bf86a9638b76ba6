//! All dot products of many rows with many others, a block at a time, as matrix products.
//!
//! Blocks have a fixed size: which rows meet in one product, and with it every rounding, depends
//! on the data alone and never on the number of threads.

use rayon::prelude::*;

use crate::Vectors;

/// Rows in one matrix product: from here on larger blocks are no faster.
pub const BLOCK_ROWS: usize = 512;
/// Others in one matrix product: with the rows it bounds a worker's scratch memory to 2 MB.
const BLOCK_OTHERS: usize = 1024;

/// Shows `visit` every row's dot products with all of `others`.
///
/// `others` has shape m × `vectors.dim()`, row-major. `rows` picks rows (all, if `None`), and
/// `state` has one entry for each picked row. `visit(state, row, first, products)` is called one
/// or more times a row, in order: `products[j]` belongs to row `row` of `vectors` and row
/// `first + j` of `others`.
///
/// Costs 2 · rows · m · dim floating-point operations, in parallel over blocks of rows.
pub fn visit_products<T, F>(
    vectors: Vectors,
    rows: Option<&[u32]>,
    others: &[f32],
    state: &mut [T],
    visit: F,
) where
    T: Send,
    F: Fn(&mut T, usize, usize, &[f32]) + Sync,
{
    let dim = vectors.dim();
    if dim == 0 || others.is_empty() {
        return;
    }
    state.par_chunks_mut(BLOCK_ROWS).enumerate().for_each_init(
        ProductScratch::default,
        |scratch, (index, state)| {
            let first_row = index * BLOCK_ROWS;
            match rows {
                None => {
                    let block = &vectors.data()[first_row * dim..(first_row + state.len()) * dim];
                    visit_rows(block, others, dim, &mut scratch.products, |i, first, products| {
                        visit(&mut state[i], first_row + i, first, products);
                    });
                }
                Some(rows) => {
                    let rows = &rows[first_row..first_row + state.len()];
                    visit_block(vectors, rows, others, scratch, |i, first, products| {
                        visit(&mut state[i], rows[i] as usize, first, products);
                    });
                }
            }
        },
    );
}

/// A worker's memory for one block at a time.
#[derive(Default)]
pub struct ProductScratch {
    gathered: Vec<f32>,
    products: Vec<f32>,
}

/// Shows `visit` the dot products of `rows`, at most [`BLOCK_ROWS`], with all of `others`:
/// `visit(i, first, products)`, where `products[j]` belongs to row `rows[i]` and `first + j`.
pub fn visit_block(
    vectors: Vectors,
    rows: &[u32],
    others: &[f32],
    scratch: &mut ProductScratch,
    visit: impl FnMut(usize, usize, &[f32]),
) {
    let dim = vectors.dim();
    let block = match neighbours(rows) {
        // Often most rows are picked: copying them would cost as much as the product.
        Some((first, last)) => &vectors.data()[first * dim..(last + 1) * dim],
        None => {
            scratch.gathered.clear();
            for &row in rows {
                scratch.gathered.extend_from_slice(vectors.row(row as usize));
            }
            scratch.gathered.as_slice()
        }
    };
    visit_rows(block, others, dim, &mut scratch.products, visit);
}

fn visit_rows(
    block: &[f32],
    others: &[f32],
    dim: usize,
    products: &mut Vec<f32>,
    mut visit: impl FnMut(usize, usize, &[f32]),
) {
    let rows = block.len() / dim;
    for (tile, others) in others.chunks(BLOCK_OTHERS * dim).enumerate() {
        let width = others.len() / dim;
        products.resize(rows * width, 0.0);
        dot_products(block, others, dim, products);
        for (i, products) in products.chunks_exact(width).enumerate() {
            visit(i, tile * BLOCK_OTHERS, products);
        }
    }
}

/// The first and last of `rows` if they are ascending without a gap.
fn neighbours(rows: &[u32]) -> Option<(usize, usize)> {
    let adjacent = rows.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    let (first, last) = (*rows.first()?, *rows.last()?);
    adjacent.then_some((first as usize, last as usize))
}

/// `out[i * m + j]` = row `i` of `a` · row `j` of `b`, where `b` has `m` rows of `dim` numbers.
#[expect(unsafe_code, reason = "`gemm` takes pointers; the assertions are its whole contract")]
pub fn dot_products(a: &[f32], b: &[f32], dim: usize, out: &mut [f32]) {
    let (n, m) = (a.len() / dim, b.len() / dim);
    assert_eq!(a.len(), n * dim);
    assert_eq!(b.len(), m * dim);
    assert_eq!(out.len(), n * m);
    let (dim_stride, out_stride) = (dim as isize, m as isize);
    // SAFETY: all strides are those of row-major matrices of n × dim, dim × m (`b` read as its
    // transpose) and n × m numbers, whose lengths were just checked; `out` is borrowed mutably,
    // so that it overlaps neither input, and it is only written (`read_dst` is false).
    unsafe {
        gemm::gemm(
            n,
            m,
            dim,
            out.as_mut_ptr(),
            1,
            out_stride,
            false,
            a.as_ptr(),
            1,
            dim_stride,
            b.as_ptr(),
            dim_stride,
            1,
            0.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// The largest of `values` and its first position; (0, −∞) if there are none.
pub fn largest(values: &[f32]) -> (usize, f32) {
    // Sixteen running maxima let the compiler use vector instructions; looking for the position
    // afterwards is one more cheap pass.
    let mut lanes = [f32::NEG_INFINITY; 16];
    let chunks = values.chunks_exact(lanes.len());
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = if value > *lane { value } else { *lane };
        }
    }
    let best = lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |best, &value| best.max(value));
    (values.iter().position(|&value| value == best).unwrap_or(0), best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_all_shapes_agree_with_the_definition() {
        for (n, m, dim) in [(1, 1, 1), (3, 2, 5), (513, 1, 3), (1, 1030, 2), (520, 1027, 4)] {
            let value = |i: usize| ((i * 7919) % 23) as f32 - 11.0;
            let a: Vec<f32> = (0..n * dim).map(value).collect();
            let b: Vec<f32> = (0..m * dim).map(|i| value(i + 5)).collect();
            let dot = |i: usize, j: usize| -> f32 {
                (0..dim).map(|l| a[i * dim + l] * b[j * dim + l]).sum()
            };
            let vectors = Vectors::new(&a, dim).unwrap();
            let odd: Vec<u32> = (0..n as u32).filter(|i| i % 2 == 1).collect();
            let all: Vec<u32> = (0..n as u32).collect();
            for (rows, picked) in [(None, &all), (Some(odd.as_slice()), &odd)] {
                let mut state: Vec<Vec<f32>> = vec![Vec::new(); picked.len()];
                visit_products(vectors, rows, &b, &mut state, |seen, row, first, products| {
                    assert_eq!(seen.len(), first);
                    for (j, &product) in products.iter().enumerate() {
                        // Small whole numbers: every order of summation gives the same.
                        assert_eq!(product, dot(row, first + j));
                    }
                    seen.extend_from_slice(products);
                });
                assert!(state.iter().all(|seen| seen.len() == m), "{n} {m} {dim}");
            }
        }
    }

    #[test]
    fn largest_is_the_first_of_equals() {
        assert_eq!(largest(&[]), (0, f32::NEG_INFINITY));
        let mut values = vec![0.0; 40];
        values[20] = 2.0;
        values[38] = 2.0;
        assert_eq!(largest(&values), (20, 2.0));
        assert_eq!(largest(&[-3.0, -1.0]), (1, -1.0));
    }
}
