//! Texts in blocks of a few hundred tokens, on all cores.

use std::ops::Range;

use crate::tokenizer::WordPiece;
use cladus_core::{Error, Result, interrupt};
use rayon::prelude::*;

use crate::transformer::encoder::{BlockScratch, Encoder};
use crate::transformer::kernel::Kernel;

/// Tokens that make a block full. More would not stay in the nearer caches, fewer would read the
/// weights too often.
const FULL: usize = 192;
/// Texts whose ids are held at a time.
const WINDOW: usize = 4_096;

/// A vector for every text, a window of texts at a time.
pub(crate) fn embed(
    encoder: &Encoder,
    kernel: Kernel,
    tokens: &WordPiece,
    limit: usize,
    texts: &[&str],
    on_done: &(dyn Fn(usize) + Sync),
) -> Result<Vec<f32>> {
    let mut vectors = vec![0.0; texts.len() * encoder.hidden];
    let windows = texts.chunks(WINDOW).zip(vectors.chunks_mut(WINDOW * encoder.hidden));
    for (texts, mut rest) in windows {
        let ids: Vec<Vec<u32>> = texts.par_iter().map(|text| tokens.encode(text, limit)).collect();
        let mut blocks = Vec::new();
        for block in cut(&ids, rayon::current_num_threads()) {
            let (out, others) = rest.split_at_mut(block.len() * encoder.hidden);
            blocks.push((&ids[block], out));
            rest = others;
        }
        blocks.into_par_iter().try_for_each_init(BlockScratch::default, |room, (ids, out)| {
            if interrupt::requested() {
                return Err(Error::Interrupted);
            }
            encoder.encode(kernel, ids, out, room);
            on_done(ids.len());
            Ok(())
        })?;
    }
    match vectors.chunks(encoder.hidden).position(|row| row.iter().any(|x| !x.is_finite())) {
        None => Ok(vectors),
        Some(text) => Err(Error::config_hint(
            format!("the model has no finite vector for text {text} (from 0)"),
            "its weights are out of range: take another model",
        )),
    }
}

/// Which texts make a block. Where there are few, blocks are smaller, so that every thread has some.
fn cut(ids: &[Vec<u32>], threads: usize) -> Vec<Range<usize>> {
    let all: usize = ids.iter().map(Vec::len).sum();
    let full = (all / (4 * threads).max(1)).clamp(FULL / 8, FULL);
    let (mut blocks, mut start, mut held) = (Vec::new(), 0, 0);
    for (text, ids) in ids.iter().enumerate() {
        held += ids.len();
        if held >= full {
            blocks.push(start..text + 1);
            (start, held) = (text + 1, 0);
        }
    }
    if start < ids.len() {
        blocks.push(start..ids.len());
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_full_and_hold_every_text_once() {
        let ids: Vec<Vec<u32>> = (0..500).map(|i| vec![0; 2 + i * 7 % 255]).collect();
        let blocks = cut(&ids, 2);
        assert_eq!(
            blocks.iter().cloned().flatten().collect::<Vec<_>>(),
            (0..500).collect::<Vec<_>>()
        );
        let tokens = |block: &Range<usize>| ids[block.clone()].iter().map(Vec::len).sum::<usize>();
        assert!(blocks[..blocks.len() - 1].iter().all(|block| tokens(block) >= FULL));
        assert!(blocks.iter().all(|block| tokens(block) < FULL + 257));
        assert!(cut(&ids[..8], 2).len() > 2, "a few texts are shared out");
        assert!(cut(&[], 2).is_empty());
    }
}
