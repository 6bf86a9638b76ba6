//! Products of bytes without special instructions.

use super::{Dot, PANEL, QUERIES, TILE, WIDE};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Portable;

impl Dot for Portable {
    #[inline(always)]
    fn tile(self, rows: &[u8], count: usize, panel: &[i8], sums: &mut [[i32; PANEL]; TILE]) {
        const STEP: usize = 4 * PANEL;
        let width = rows.len() / count.max(1);
        for (row, sums) in rows.chunks_exact(width).zip(sums) {
            // Four sums for each output: loops without shuffles are vectors everywhere. A product
            // of a byte and a weight has room in 16 bits.
            let (mut parts, mut four) = ([0_i32; STEP], [0_i16; STEP]);
            for (bytes, weights) in row.chunks_exact(4).zip(panel.chunks_exact(STEP)) {
                for place in four.chunks_exact_mut(4) {
                    for (place, &byte) in place.iter_mut().zip(bytes) {
                        *place = i16::from(byte);
                    }
                }
                for ((part, &byte), &weight) in parts.iter_mut().zip(&four).zip(weights) {
                    *part += i32::from(byte * i16::from(weight));
                }
            }
            for (sum, parts) in sums.iter_mut().zip(parts.as_chunks::<4>().0) {
                *sum = parts.iter().sum();
            }
        }
    }

    #[inline(always)]
    fn weigh(
        self,
        factors: [&[f32]; QUERIES],
        rows: &[f32],
        stride: usize,
        column: usize,
    ) -> [[f32; WIDE]; QUERIES] {
        let mut sums = [[0.0; WIDE]; QUERIES];
        for (row, place) in rows.chunks_exact(stride).enumerate().take(factors[0].len()) {
            let place = &place[column..][..WIDE];
            for (sums, factors) in sums.iter_mut().zip(factors) {
                for (sum, x) in sums.iter_mut().zip(place) {
                    *sum += factors[row] * x;
                }
            }
        }
        sums
    }
}
