//! A corpus, as what is fitted on one reads it.

use std::collections::BTreeSet;
use std::path::Path;

use cladus_core::artifact;
use rayon::prelude::*;

use crate::EmbeddedText;

/// Texts of a corpus that are read to learn from: what bounds time and memory. With half of 2,333
/// texts lexical neighbours were already a little worse, so it is as large as is cheap.
const SAMPLE: usize = 8192;

/// The static embedder depends on no seed.
pub(crate) const STATIC_SEED: u64 = 0;

/// At most [`SAMPLE`] distinct texts, chosen and ordered by a seeded hash.
pub(crate) fn sample<'a>(corpus: &[EmbeddedText<'a>], seed: u64) -> Vec<EmbeddedText<'a>> {
    let mut keyed: Vec<(u64, EmbeddedText<'a>)> =
        corpus.par_iter().map(|text| (mix(key(text) ^ mix(seed)), *text)).collect();
    keyed.par_sort_unstable();
    keyed.dedup();
    keyed.truncate(SAMPLE);
    keyed.into_iter().map(|(_, text)| text).collect()
}

/// What an embedder of a kind would learn of a corpus that is read bit by bit: who is fitted on these
/// texts is fitted as on all of them.
#[derive(Debug)]
pub struct CorpusSample {
    /// `None` where nothing is learnt.
    seed: Option<u64>,
    kept: BTreeSet<(u64, String, String)>,
}

impl CorpusSample {
    /// Nothing yet, for an embedder that is fitted with this seed, or one that learns nothing.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self { seed, kept: BTreeSet::new() }
    }

    /// Takes the texts of the clusters in the artifact at `path` into account.
    ///
    /// # Errors
    /// When the file cannot be read or breaks its contract.
    pub fn add_level(&mut self, path: &Path) -> cladus_core::Result<()> {
        if self.seed.is_none() {
            return Ok(());
        }
        artifact::visit_clusters(path, false, |rows| {
            let texts = rows.iter().map(|row| EmbeddedText::new(&row.name, &row.description));
            self.add(&texts.collect::<Vec<_>>());
            Ok(())
        })
    }

    /// Takes more texts of the corpus into account.
    pub fn add(&mut self, texts: &[EmbeddedText<'_>]) {
        let Some(seed) = self.seed else { return };
        let keys: Vec<u64> = texts.par_iter().map(|text| mix(key(text) ^ mix(seed))).collect();
        for (key, text) in keys.into_iter().zip(texts) {
            let is_full = self.kept.len() == SAMPLE;
            if is_full && self.kept.last().is_some_and(|(last, ..)| *last < key) {
                continue;
            }
            self.kept.insert((key, text.name.to_owned(), text.description.to_owned()));
            if self.kept.len() > SAMPLE {
                self.kept.pop_last();
            }
        }
    }

    /// The texts to fit on.
    pub fn texts(&self) -> Vec<EmbeddedText<'_>> {
        self.kept.iter().map(|(_, name, about)| EmbeddedText::new(name, about)).collect()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corpus_that_is_read_bit_by_bit_is_sampled_the_same() {
        let names: Vec<String> = (0..2 * SAMPLE).map(|n| format!("text {}", n % 15_000)).collect();
        let all: Vec<EmbeddedText<'_>> =
            names.iter().map(|name| EmbeddedText::new(name, "about it")).collect();
        let few = &all[..100];
        for (corpus, seed) in [(&all[..], 7), (&all[..], 0), (few, 7)] {
            let mut read = CorpusSample::new(Some(seed));
            corpus.chunks(999).for_each(|texts| read.add(texts));
            assert_eq!(read.texts(), sample(corpus, seed));
            assert_eq!(sample(&read.texts(), seed), sample(corpus, seed));
        }
        let mut nothing = CorpusSample::new(None);
        nothing.add(&all);
        assert!(nothing.texts().is_empty());
    }
}
