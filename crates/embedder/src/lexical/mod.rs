//! Latent semantic analysis of a corpus' own words: no model, no download, any language.
//!
//! A text is a tf-idf vector over its word stems and the 3- and 4-grams of their characters
//! (so that related words and misspellings meet). Two texts are then near when they share words
//! *or* have words that occur together elsewhere in the corpus (Deerwester, Dumais, Furnas,
//! Landauer and Harshman 1990).
//!
//! With A the corpus (texts × features) and Q a basis of its leading left singular vectors, a
//! text a becomes a·Aᵀ·Q: how similar it is to every text of the corpus, seen along the main
//! directions of those. For a text of the corpus that is UΣ², each direction weighing as its
//! singular value squared. On five taxonomies, unweighted directions (U), the usual UΣ and signed
//! hashing grew worse trees; word bigrams and hashing beside the directions, no better ones.

mod features;
mod matrix;
mod overlap;
mod range;
mod vocabulary;

use cladus_vectors::dot;
use rayon::prelude::*;

use crate::corpus::{digest, mix, sample};
use crate::{EmbeddedText, Embedder, Error};
use features::Features;
use matrix::{Sparse, add_rows};
use range::leading_space;
use vocabulary::{FeatureVocabulary, SparseRow};

pub(crate) use overlap::Overlap;

/// Length of a vector.
const DIM: usize = 256;
/// Texts a task embeds, and after which progress is told.
const BLOCK: usize = 256;
/// A text this short along the known directions shares nothing with the corpus.
const NOTHING: f32 = 1e-6;

/// The lexical embedder, fitted on a corpus.
#[derive(Debug)]
pub struct Lexical {
    vocabulary: FeatureVocabulary,
    /// AᵀQ: row-major, the vocabulary's columns × `DIM`.
    directions: Vec<f32>,
    id: String,
}

impl Lexical {
    /// Method and version.
    pub const VERSION: &'static str = "lexical-1";

    /// Learns the space of `corpus`. Its order and repetitions do not matter; of a large one, a
    /// seeded sample is read. The same texts and seed give the same embedder, bit by bit, at any
    /// number of threads.
    pub fn fit(corpus: &[EmbeddedText<'_>], seed: u64) -> Self {
        let sample = sample(corpus, seed);
        let id = id(&sample, seed);
        let features: Vec<Features> = sample.par_iter().map(Features::of).collect();
        let vocabulary = FeatureVocabulary::new(&features);
        let rows: Vec<SparseRow> = features.par_iter().map(|text| vocabulary.row(text)).collect();
        drop(features);

        let matrix = Sparse::new(&rows, vocabulary.len());
        let transposed = matrix.transposed();
        let space = leading_space(&matrix, &transposed, DIM, seed);
        Self { directions: transposed.times(&space, DIM), vocabulary, id }
    }

    /// What [`Lexical::fit`] would give, without the work of fitting: its id.
    pub(crate) fn id_for(corpus: &[EmbeddedText<'_>], seed: u64) -> String {
        id(&sample(corpus, seed), seed)
    }

    fn embed_one(&self, text: &EmbeddedText<'_>, vector: &mut [f32]) {
        let features = Features::of(text);
        let row = self.vocabulary.row(&features);
        add_rows(&row.columns, &row.weights, &self.directions, vector);
        if dot(vector, vector).sqrt() <= NOTHING {
            own_direction(&features, vector);
        }
        let scale = 1.0 / dot(vector, vector).sqrt();
        vector.iter_mut().for_each(|x| *x *= scale);
    }
}

impl Embedder for Lexical {
    fn id(&self) -> String {
        self.id.clone()
    }

    fn dim(&self) -> usize {
        DIM
    }

    fn embed(
        &self,
        texts: &[EmbeddedText<'_>],
        on_done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<f32>, Error> {
        let mut vectors = vec![0.0; texts.len() * DIM];
        vectors.par_chunks_mut(BLOCK * DIM).zip(texts.par_chunks(BLOCK)).for_each(
            |(rows, texts)| {
                for (row, text) in rows.chunks_exact_mut(DIM).zip(texts) {
                    self.embed_one(text, row);
                }
                on_done(texts.len());
            },
        );
        Ok(vectors)
    }
}

fn id(sample: &[EmbeddedText<'_>], seed: u64) -> String {
    format!("{} dim={DIM} seed={seed} corpus={}", Lexical::VERSION, digest(sample))
}

/// For a text that shares nothing with the corpus: a pseudo-random direction a feature, so that
/// such texts are near each other when they share words, and to hardly anything else. A blank
/// text is one more feature.
fn own_direction(features: &Features, vector: &mut [f32]) {
    vector.fill(0.0);
    let blank = [(0, 1.0)];
    let counts = if features.words.is_empty() { &blank[..] } else { &features.words };
    for (hash, count) in counts {
        for (word, lanes) in (0..).zip(vector.chunks_mut(64)) {
            let bits = mix(hash.wrapping_add(mix(word + 1)));
            for (at, x) in lanes.iter_mut().enumerate() {
                *x += if bits >> at & 1 == 1 { *count } else { -*count };
            }
        }
    }
}
