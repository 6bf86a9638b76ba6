//! Clusters drawn towards their neighbours, for telling where they part.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use cladus_vectors::neighbours;

use crate::EmbeddedText;
use crate::corpus::digest;
use crate::lexical::Overlap;

/// What shared words count in being near, the vectors counting the rest.
const WORDS: f32 = 0.4;

/// What was smoothed last, by what it was made of.
#[derive(Debug, Default)]
pub(crate) struct Smoothing(Mutex<Option<(blake3::Hash, Vec<f32>)>>);

impl Smoothing {
    /// `vectors` (one L2-normalised row of `dim` numbers for each of `texts`), drawn towards their
    /// neighbours ([`cladus_vectors::smoothed`]); shared words make texts neighbours as well.
    ///
    /// On five taxonomies, Ward's method over vectors of the transformer rises from .434 to .489 by it (mean
    /// agreement with the taxonomy), over static ones from .400 to .440. The vectors stay in their space,
    /// but a name is not drawn anywhere: where names alone say what a category is, it would find its clusters
    /// less often (.51 instead of .58, with fine categories).
    pub(crate) fn of<'v>(
        &self,
        vectors: &'v [f32],
        dim: usize,
        texts: &[EmbeddedText<'_>],
    ) -> Cow<'v, [f32]> {
        if neighbours(texts.len()) == 0 {
            return Cow::Borrowed(vectors);
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(digest(texts).as_bytes());
        vectors.iter().for_each(|x| {
            hasher.update(&x.to_le_bytes());
        });
        let made_of = hasher.finalize();
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, smoothed)) = &*last
            && *known == made_of
        {
            return Cow::Owned(smoothed.clone());
        }
        let words = Overlap::of(texts);
        let beside = |row: usize, first: usize, cosines: &mut [f32]| {
            let mut shared = vec![0.0; cosines.len()];
            words.cosines(row, first, &mut shared);
            for (cosine, shared) in cosines.iter_mut().zip(shared) {
                *cosine = (1.0 - WORDS) * *cosine + WORDS * shared;
            }
        };
        match cladus_vectors::smoothed(vectors, dim, &beside) {
            Some(smoothed) => {
                *last = Some((made_of, smoothed.clone()));
                Cow::Owned(smoothed)
            }
            None => Cow::Borrowed(vectors),
        }
    }
}
