//! The layers of a BERT encoder, over texts laid end to end.

use crate::transformer::attention::{self, attend};
use crate::transformer::kernel::{Computation, Dot, Kernel};
use crate::transformer::linear::{Linear, Weights};
use crate::transformer::math::{gelu, layer_norm, sum};
use crate::transformer::rows::Rows;

/// What one vector a text is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pooling {
    /// The mean of all tokens.
    Mean,
    /// The first token.
    First,
}

/// Scale and shift of a layer normalisation.
#[derive(Debug)]
pub(crate) struct Norm {
    pub(crate) scale: Vec<f32>,
    pub(crate) shift: Vec<f32>,
}

#[derive(Debug)]
pub(crate) struct Layer {
    /// Queries, keys and values.
    pub(crate) project: Linear,
    pub(crate) attended: Linear,
    pub(crate) attended_norm: Norm,
    pub(crate) widen: Linear,
    pub(crate) narrow: Linear,
    pub(crate) narrow_norm: Norm,
}

/// A model's numbers.
#[derive(Debug)]
pub(crate) struct Encoder {
    pub(crate) words: Weights<'static>,
    /// What a token's place adds, token type 0 included.
    pub(crate) places: Vec<f32>,
    pub(crate) norm: Norm,
    pub(crate) layers: Vec<Layer>,
    pub(crate) hidden: usize,
    pub(crate) heads: usize,
    pub(crate) epsilon: f32,
    pub(crate) pooling: Pooling,
}

/// Room for one block of texts.
#[derive(Debug, Default)]
pub(crate) struct BlockScratch {
    state: Vec<f32>,
    rows: Rows,
    wide: Vec<f32>,
    mixed: Vec<f32>,
    attention: attention::HeadScratch,
}

/// What an encoding takes.
struct Encoding<'a> {
    encoder: &'a Encoder,
    texts: &'a [Vec<u32>],
    out: &'a mut [f32],
    room: &'a mut BlockScratch,
}

impl Computation for Encoding<'_> {
    #[inline(always)]
    fn run<D: Dot>(self, dot: D) {
        self.encoder.encode_with(dot, self.texts, self.out, self.room);
    }
}

impl Encoder {
    /// Writes a unit vector for every text (its ids) into `out`.
    pub(crate) fn encode(
        &self,
        kernel: Kernel,
        texts: &[Vec<u32>],
        out: &mut [f32],
        room: &mut BlockScratch,
    ) {
        kernel.run(Encoding { encoder: self, texts, out, room });
    }

    #[inline(always)]
    fn encode_with<D: Dot>(
        &self,
        dot: D,
        texts: &[Vec<u32>],
        out: &mut [f32],
        room: &mut BlockScratch,
    ) {
        self.look_up(texts, &mut room.state);
        for layer in &self.layers {
            self.layer(dot, layer, texts, room);
        }
        let mut rest = room.state.as_slice();
        for (ids, out) in texts.iter().zip(out.chunks_exact_mut(self.hidden)) {
            let (own, others) = rest.split_at(ids.len() * self.hidden);
            self.pool(own, out);
            rest = others;
        }
    }

    #[inline(always)]
    fn look_up(&self, texts: &[Vec<u32>], state: &mut Vec<f32>) {
        state.clear();
        for ids in texts {
            for (&id, place) in ids.iter().zip(self.places.chunks_exact(self.hidden)) {
                let id = id as usize;
                let scale = self.words.scales[id];
                let word = &self.words.bytes[id * self.hidden..][..self.hidden];
                let first = state.len();
                let sums = word.iter().zip(place);
                state.extend(sums.map(|(w, p)| f32::from(w.cast_signed()) * scale + p));
                let row = &mut state[first..];
                layer_norm(row, &self.norm.scale, &self.norm.shift, self.epsilon);
            }
        }
    }

    #[inline(always)]
    fn layer<D: Dot>(&self, dot: D, layer: &Layer, texts: &[Vec<u32>], room: &mut BlockScratch) {
        let hidden = self.hidden;
        room.rows.fill(&room.state, hidden);
        layer.project.apply(dot, &room.rows, &mut room.wide);
        room.mixed.resize(room.state.len(), 0.0);
        let mut first = 0;
        for ids in texts {
            let tokens = first..first + ids.len();
            let projected = &room.wide[3 * hidden * tokens.start..3 * hidden * tokens.end];
            let mixed = &mut room.mixed[hidden * tokens.start..hidden * tokens.end];
            attend(dot, projected, hidden, self.heads, mixed, &mut room.attention);
            first = tokens.end;
        }
        room.rows.fill(&room.mixed, hidden);
        layer.attended.apply(dot, &room.rows, &mut room.mixed);
        self.add(&mut room.state, &room.mixed, &layer.attended_norm);
        room.rows.fill(&room.state, hidden);
        layer.widen.apply(dot, &room.rows, &mut room.wide);
        for x in &mut room.wide {
            *x = gelu(*x);
        }
        room.rows.fill(&room.wide, layer.widen.outputs());
        layer.narrow.apply(dot, &room.rows, &mut room.mixed);
        self.add(&mut room.state, &room.mixed, &layer.narrow_norm);
    }

    #[inline(always)]
    fn add(&self, state: &mut [f32], change: &[f32], norm: &Norm) {
        let rows = state.chunks_exact_mut(self.hidden).zip(change.chunks_exact(self.hidden));
        for (row, change) in rows {
            for (x, change) in row.iter_mut().zip(change) {
                *x += change;
            }
            layer_norm(row, &norm.scale, &norm.shift, self.epsilon);
        }
    }

    #[inline(always)]
    fn pool(&self, tokens: &[f32], out: &mut [f32]) {
        out.fill(0.0);
        let taken = match self.pooling {
            Pooling::Mean => tokens,
            Pooling::First => &tokens[..self.hidden],
        };
        // The length is made 1 in the end, so a sum is as good as a mean.
        for row in taken.chunks_exact(self.hidden) {
            for (out, x) in out.iter_mut().zip(row) {
                *out += x;
            }
        }
        let inverse = 1.0 / sum(out, |x| x * x).sqrt();
        for x in out {
            *x *= inverse;
        }
    }
}
