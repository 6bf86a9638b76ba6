//! Activations in 8 bits, each row (token) with a scale and a zero of its own.

use crate::transformer::math::{byte, range};

/// Rows of bytes; `scale * (byte - zero)` is the number meant.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) bytes: Vec<u8>,
    pub(crate) scales: Vec<f32>,
    pub(crate) zeros: Vec<i32>,
}

impl Rows {
    /// Takes numbers over, `width` a row. The range of every row is widened to hold 0, which is
    /// therefore exact.
    #[inline(always)]
    pub(crate) fn fill(&mut self, numbers: &[f32], width: usize) {
        let rows = numbers.len() / width;
        self.bytes.resize(numbers.len(), 0);
        self.scales.resize(rows, 0.0);
        self.zeros.resize(rows, 0);
        let bytes = self.bytes.chunks_exact_mut(width);
        for (row, (numbers, bytes)) in numbers.chunks_exact(width).zip(bytes).enumerate() {
            let (low, high) = range(numbers);
            let scale = (high - low) / 255.0;
            let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
            let zero = byte(-low * inverse);
            for (byte_, &x) in bytes.iter_mut().zip(numbers) {
                *byte_ = byte(x * inverse + f32::from(zero));
            }
            self.scales[row] = scale;
            self.zeros[row] = i32::from(zero);
        }
    }
}
