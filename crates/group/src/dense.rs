//! Arithmetic on single vectors, with double-precision sums.
//!
//! Sums run in eight lanes: the compiler can use vector instructions, and the order of the
//! additions is still fixed.

const LANES: usize = 8;

/// `sum · row`.
pub(crate) fn dot(sum: &[f64], row: &[f32]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (sums, rows) = (sum.chunks_exact(LANES), row.chunks_exact(LANES));
    let rest = sums.remainder().iter().zip(rows.remainder());
    let rest: f64 = rest.map(|(&s, &x)| s * f64::from(x)).sum();
    for (sum, row) in sums.zip(rows) {
        for ((lane, &s), &x) in lanes.iter_mut().zip(sum).zip(row) {
            *lane += s * f64::from(x);
        }
    }
    lanes.iter().sum::<f64>() + rest
}

/// The length of `vector`.
pub(crate) fn norm(vector: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let chunks = vector.chunks_exact(LANES);
    let rest: f64 = chunks.remainder().iter().map(|x| x * x).sum();
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += x * x;
        }
    }
    (lanes.iter().sum::<f64>() + rest).sqrt()
}

/// `sum += factor * row`.
pub(crate) fn add(sum: &mut [f64], row: &[f32], factor: f64) {
    for (total, &x) in sum.iter_mut().zip(row) {
        *total += factor * f64::from(x);
    }
}
