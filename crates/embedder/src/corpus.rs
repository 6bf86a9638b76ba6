//! A corpus, as what is fitted on one reads it.

use rayon::prelude::*;

use crate::EmbeddedText;

/// Texts of a corpus that are read to learn from: what bounds time and memory. With half of 2,333
/// texts lexical neighbours were already a little worse, so it is as large as is cheap.
const SAMPLE: usize = 8192;

/// At most [`SAMPLE`] distinct texts, chosen and ordered by a seeded hash.
pub(crate) fn sample<'a>(corpus: &[EmbeddedText<'a>], seed: u64) -> Vec<EmbeddedText<'a>> {
    let mut keyed: Vec<(u64, EmbeddedText<'a>)> =
        corpus.par_iter().map(|text| (mix(key(text) ^ mix(seed)), *text)).collect();
    keyed.par_sort_unstable();
    keyed.dedup();
    keyed.truncate(SAMPLE);
    keyed.into_iter().map(|(_, text)| text).collect()
}

fn key(text: &EmbeddedText<'_>) -> u64 {
    let mut first = [0; 8];
    hasher(std::slice::from_ref(text)).finalize_xof().fill(&mut first);
    u64::from_le_bytes(first)
}

/// 64 bits of it are enough to tell corpora apart by accident's measure.
pub(crate) fn digest(texts: &[EmbeddedText<'_>]) -> String {
    hasher(texts).finalize().to_hex()[..16].to_owned()
}

fn hasher(texts: &[EmbeddedText<'_>]) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    for field in texts.iter().flat_map(|text| [text.name, text.description]) {
        hasher.update(&(field.len() as u64).to_le_bytes());
        hasher.update(field.as_bytes());
    }
    hasher
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
