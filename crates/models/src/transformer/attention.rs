//! Attention within one text.

use crate::transformer::kernel::{Dot, QUERIES, WIDE};
use crate::transformer::math::{exp, range, sum};

/// Room for one head of one text.
#[derive(Debug, Default)]
pub(crate) struct HeadScratch {
    /// Keys, transposed: a row a dimension.
    keys: Vec<f32>,
    values: Vec<f32>,
    scores: Vec<f32>,
}

/// Every token's mixture of the values of one text. `projected` has for each token `hidden`
/// queries, keys and values, in this order; `mixed` gets `hidden` numbers for each.
#[inline(always)]
pub(crate) fn attend<D: Dot>(
    dot: D,
    projected: &[f32],
    hidden: usize,
    heads: usize,
    mixed: &mut [f32],
    room: &mut HeadScratch,
) {
    let tokens = mixed.len() / hidden;
    let depth = hidden / heads;
    let (across, deep) = (tokens.next_multiple_of(WIDE), depth.next_multiple_of(WIDE));
    let scale = 1.0 / (depth as f32).sqrt();
    // Every place of the padding is 0 from here on and stays so.
    clear(&mut room.keys, depth * across);
    clear(&mut room.values, tokens * deep);
    clear(&mut room.scores, QUERIES * across);
    for head in 0..heads {
        for (token, row) in projected.chunks_exact(3 * hidden).enumerate() {
            let keys = &row[hidden + head * depth..][..depth];
            for (&key, column) in keys.iter().zip(room.keys.chunks_exact_mut(across)) {
                column[token] = key;
            }
            let values = &row[2 * hidden + head * depth..][..depth];
            room.values[token * deep..][..depth].copy_from_slice(values);
        }
        for first in (0..tokens).step_by(QUERIES) {
            // At the end, the last query stands in for those that are not there.
            let token = |query: usize| (first + query).min(tokens - 1);
            let queries: [&[f32]; QUERIES] = std::array::from_fn(|query| {
                &projected[token(query) * 3 * hidden + head * depth..][..depth]
            });
            for column in (0..across).step_by(WIDE) {
                let sums = dot.weigh(queries, &room.keys, across, column);
                for (scores, sums) in room.scores.chunks_exact_mut(across).zip(sums) {
                    scores[column..][..WIDE].copy_from_slice(&sums);
                }
            }
            for scores in room.scores.chunks_exact_mut(across) {
                soften(&mut scores[..tokens], scale);
            }
            let weights: [&[f32]; QUERIES] =
                std::array::from_fn(|query| &room.scores[query * across..][..tokens]);
            for column in (0..deep).step_by(WIDE) {
                let sums = dot.weigh(weights, &room.values, deep, column);
                let width = WIDE.min(depth - column);
                for (query, sums) in sums.iter().enumerate().take(tokens - first) {
                    let out = (first + query) * hidden + head * depth + column;
                    mixed[out..][..width].copy_from_slice(&sums[..width]);
                }
            }
        }
    }
}

fn clear(numbers: &mut Vec<f32>, len: usize) {
    numbers.clear();
    numbers.resize(len, 0.0);
}

/// Scores to weights that sum to 1.
#[inline(always)]
fn soften(scores: &mut [f32], scale: f32) {
    // Any number that is not far below the greatest will do.
    let (_, most) = range(scores);
    for x in &mut *scores {
        *x = exp((*x - most) * scale);
    }
    let inverse = 1.0 / sum(scores, |x| x);
    for x in scores {
        *x *= inverse;
    }
}
