//! How much texts have in common by their words alone.

use rayon::prelude::*;

use super::features::Features;
use super::vocabulary::{FeatureVocabulary, SparseRow};
use crate::EmbeddedText;

/// The word stems of some texts, as sublinear tf-idf vectors of length 1.
pub(crate) struct Overlap {
    rows: Vec<SparseRow>,
    /// By column: the texts that hold it, rising, and its weight in each.
    postings: Vec<Vec<(u32, f32)>>,
}

impl Overlap {
    pub(crate) fn of(texts: &[EmbeddedText<'_>]) -> Self {
        // The n-grams of words would say little more, and are in far more texts.
        let words = |text| Features { grams: Vec::new(), ..Features::of(text) };
        let features: Vec<Features> = texts.par_iter().map(words).collect();
        let vocabulary = FeatureVocabulary::new(&features);
        let mut rows: Vec<SparseRow> =
            features.par_iter().map(|text| vocabulary.row(text)).collect();
        let mut postings = vec![Vec::new(); vocabulary.len()];
        for (text, row) in (0_u32..).zip(&mut rows) {
            for (column, weight) in row.columns.iter().zip(&mut row.weights) {
                // Words are half of a vector that has n-grams as well.
                *weight *= std::f32::consts::SQRT_2;
                postings[*column as usize].push((text, *weight));
            }
        }
        Self { rows, postings }
    }

    /// Cosines of text `text` with the texts from `first` on, one for each place of `cosines`.
    pub(crate) fn cosines(&self, text: usize, first: usize, cosines: &mut [f32]) {
        cosines.fill(0.0);
        let row = &self.rows[text];
        for (column, weight) in row.columns.iter().zip(&row.weights) {
            let texts = &self.postings[*column as usize];
            let from = texts.partition_point(|(text, _)| (*text as usize) < first);
            for (text, other) in &texts[from..] {
                match cosines.get_mut(*text as usize - first) {
                    Some(cosine) => *cosine += weight * other,
                    None => break,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosines_are_those_of_the_words() {
        let texts = ["red apples", "green apples", "green pears", "red apple"];
        let texts = texts.map(EmbeddedText::name);
        let overlap = Overlap::of(&texts);
        let mut all = [9.0; 4];
        overlap.cosines(0, 0, &mut all);
        assert!((all[0] - 1.0).abs() < 1e-5 && (all[3] - 1.0).abs() < 1e-5, "{all:?}");
        assert!(all[1] > 0.0 && all[1] < 1.0 && all[2] == 0.0, "{all:?}");
        let mut some = [9.0; 2];
        overlap.cosines(0, 1, &mut some);
        assert_eq!(some, all[1..3]);
    }
}
