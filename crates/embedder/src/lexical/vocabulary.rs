//! Which features the space knows, and what each is worth.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::features::{FeatureCounts, Features};

/// Features of the corpus that are kept, the most common first: with [`DIM`](super::DIM) numbers
/// each, 128 MB at most.
const MAX_COLUMNS: usize = 1 << 17;

/// The features of a corpus, and the inverse document frequency of each.
///
/// Those without a column, because the corpus has too many or none of them, still count in the
/// length of a text's vector: as much as those that a single text has.
#[derive(Debug)]
pub(super) struct FeatureVocabulary {
    /// Column of a feature's hash; columns are in the order of the hashes.
    columns: HashMap<u64, u32, BuildHasherDefault<AsIs>>,
    /// By column.
    idf: Vec<f32>,
    rare_idf: f32,
}

/// A text over the vocabulary: columns rising, and the weight in each.
#[derive(Debug, Default, Clone)]
pub(super) struct SparseRow {
    pub(super) columns: Vec<u32>,
    pub(super) weights: Vec<f32>,
}

impl FeatureVocabulary {
    /// Of the texts of a corpus.
    pub(super) fn new(corpus: &[Features]) -> Self {
        let mut frequency: HashMap<u64, u32, BuildHasherDefault<AsIs>> = HashMap::default();
        for features in corpus {
            for (hash, _) in features.words.iter().chain(&features.grams) {
                *frequency.entry(*hash).or_default() += 1;
            }
        }
        let mut kept: Vec<(u64, u32)> = frequency.into_iter().collect();
        if kept.len() > MAX_COLUMNS {
            kept.sort_unstable_by_key(|(hash, texts)| (std::cmp::Reverse(*texts), *hash));
            kept.truncate(MAX_COLUMNS);
        }
        kept.sort_unstable();

        // Smoothed as if one more text had every feature.
        let idf =
            |texts: u32| (((corpus.len() + 1) as f64 / f64::from(texts + 1)).ln() + 1.0) as f32;
        Self {
            idf: kept.iter().map(|(_, texts)| idf(*texts)).collect(),
            columns: (0..).zip(&kept).map(|(column, (hash, _))| (*hash, column)).collect(),
            rare_idf: idf(1),
        }
    }

    /// Number of columns.
    pub(super) fn len(&self) -> usize {
        self.idf.len()
    }

    /// Sublinear tf-idf. Words and n-grams weigh the same: each would by itself have length 1.
    pub(super) fn row(&self, features: &Features) -> SparseRow {
        let mut entries = Vec::with_capacity(features.words.len() + features.grams.len());
        for counts in [&features.words, &features.grams] {
            self.add_part(counts, &mut entries);
        }
        entries.sort_unstable_by_key(|(column, _)| *column);
        let (columns, weights) = entries.into_iter().unzip();
        SparseRow { columns, weights }
    }

    fn add_part(&self, counts: &FeatureCounts, entries: &mut Vec<(u32, f32)>) {
        let from = entries.len();
        let mut squares = 0.0;
        for (hash, count) in counts {
            let tf = 1.0 + count.ln();
            let weight = match self.columns.get(hash) {
                Some(column) => {
                    let weight = tf * self.idf[*column as usize];
                    entries.push((*column, weight));
                    weight
                }
                None => tf * self.rare_idf,
            };
            squares += weight * weight;
        }
        let scale = (0.5 / squares.max(f32::MIN_POSITIVE)).sqrt();
        for (_, weight) in &mut entries[from..] {
            *weight *= scale;
        }
    }
}

/// The keys are hashes already.
#[derive(Debug, Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EmbeddedText;

    fn corpus(names: &[&str]) -> Vec<Features> {
        names.iter().map(|name| Features::of(&EmbeddedText::name(name))).collect()
    }

    #[test]
    fn common_features_weigh_less_than_rare_ones() {
        let texts = corpus(&["red apple", "red pear", "red pear", "red plum"]);
        let vocabulary = FeatureVocabulary::new(&texts);
        let row = vocabulary.row(&Features { words: texts[1].words.clone(), grams: Vec::new() });
        let (red, pear) = (corpus(&["red"])[0].words[0].0, corpus(&["pear"])[0].words[0].0);
        let weight = |hash| {
            let column = vocabulary.columns[&hash];
            row.weights[row.columns.iter().position(|c| *c == column).unwrap()]
        };
        assert!(weight(pear) > 1.2 * weight(red));
    }

    #[test]
    fn unknown_features_count_only_in_the_length() {
        let vocabulary = FeatureVocabulary::new(&corpus(&["known", "other"]));
        let length = |name| {
            let row = vocabulary.row(&corpus(&[name])[0]);
            row.weights.iter().map(|w| w * w).sum::<f32>().sqrt()
        };
        assert!((length("known") - 1.0).abs() < 1e-5);
        assert!((0.5..0.9).contains(&length("known zzz")));
        assert_eq!(length("zzz"), 0.0);
    }
}
