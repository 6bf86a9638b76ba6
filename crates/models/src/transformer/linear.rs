//! A linear layer with weights in 8 bits.

use std::borrow::Cow;

use crate::transformer::kernel::{Dot, PANEL, TILE};
use crate::transformer::rows::Rows;

/// Weights in 8 bits, `width` a row, each row with a scale: `scale * weight` is the number meant.
#[derive(Debug, Clone)]
pub(crate) struct Weights<'a> {
    /// Signed bytes.
    pub(crate) bytes: Cow<'a, [u8]>,
    pub(crate) scales: Vec<f32>,
    pub(crate) width: usize,
}

impl Weights<'_> {
    /// Brings numbers to 8 bits, from -127 to 127.
    pub(crate) fn quantise(numbers: &[f32], width: usize) -> Self {
        let mut bytes = Vec::with_capacity(numbers.len());
        let mut scales = Vec::with_capacity(numbers.len() / width);
        for row in numbers.chunks_exact(width) {
            let largest = row.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
            let whole = |x: &f32| (x / scale).round_ties_even().clamp(-127.0, 127.0);
            bytes.extend(row.iter().map(|x| (whole(x) as i8).cast_unsigned()));
            scales.push(scale);
        }
        Self { bytes: Cow::Owned(bytes), scales, width }
    }
}

/// `y = W x + b`, the weights in panels as a [`Dot`] reads them.
#[derive(Debug)]
pub(crate) struct Linear {
    inputs: usize,
    outputs: usize,
    panels: Vec<i8>,
    scales: Vec<f32>,
    /// The sum of each output's weights: what an activation's zero adds to it.
    sums: Vec<i32>,
    bias: Vec<f32>,
}

impl Linear {
    /// A layer of which each part has some of the outputs; all have the same inputs.
    pub(crate) fn new(parts: &[(Weights<'_>, Vec<f32>)]) -> Self {
        let inputs = parts.first().map_or(0, |(weights, _)| weights.width);
        let outputs: usize = parts.iter().map(|(weights, _)| weights.scales.len()).sum();
        let padded = outputs.next_multiple_of(PANEL);
        let mut layer = Self {
            inputs,
            outputs,
            panels: vec![0; padded * inputs],
            scales: vec![0.0; padded],
            sums: vec![0; padded],
            bias: vec![0.0; padded],
        };
        let rows = parts.iter().flat_map(|(weights, bias)| {
            weights.bytes.chunks_exact(inputs).zip(&weights.scales).zip(bias)
        });
        for (output, ((row, &scale), &bias)) in rows.enumerate() {
            layer.scales[output] = scale;
            layer.bias[output] = bias;
            layer.sums[output] = row.iter().map(|&byte| i32::from(byte.cast_signed())).sum();
            let panel = output / PANEL * PANEL * inputs + output % PANEL * 4;
            let places = layer.panels[panel..].chunks_mut(4 * PANEL);
            for (place, four) in places.zip(row.as_chunks::<4>().0) {
                place[..4].copy_from_slice(&four.map(u8::cast_signed));
            }
        }
        layer
    }

    /// How many numbers a row of the result has.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Writes the layer's outputs for every row. Panels are the outer loop, so that one stays in
    /// the nearest cache while all rows pass by.
    #[inline(always)]
    pub(crate) fn apply<D: Dot>(&self, dot: D, rows: &Rows, out: &mut Vec<f32>) {
        out.resize(rows.scales.len() * self.outputs, 0.0);
        for (index, panel) in self.panels.chunks_exact(PANEL * self.inputs).enumerate() {
            let mut first = 0;
            while first < rows.scales.len() {
                let taken = (rows.scales.len() - first).min(TILE);
                let inputs = &rows.bytes[first * self.inputs..][..taken * self.inputs];
                let mut sums = [[0; PANEL]; TILE];
                dot.tile(inputs, taken, panel, &mut sums);
                self.finish(index * PANEL, first, rows, &sums[..taken], out);
                first += taken;
            }
        }
    }

    /// Integer sums to numbers.
    #[inline(always)]
    fn finish(
        &self,
        output: usize,
        first: usize,
        rows: &Rows,
        sums: &[[i32; PANEL]],
        out: &mut [f32],
    ) {
        let width = (self.outputs - output).min(PANEL);
        let part = output..output + width;
        for (row, sums) in (first..).zip(sums) {
            let (scale, zero) = (rows.scales[row], rows.zeros[row]);
            let out = &mut out[row * self.outputs + output..][..width];
            let weights = self.scales[part.clone()].iter().zip(&self.sums[part.clone()]);
            let numbers = sums.iter().zip(weights).zip(&self.bias[part.clone()]);
            for (out, ((&sum, (&weight_scale, &weight_sum)), &bias)) in out.iter_mut().zip(numbers)
            {
                *out = (sum - zero * weight_sum) as f32 * (scale * weight_scale) + bias;
            }
        }
    }
}
