//! Where the names of classes should lie.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::class::Class;
use crate::corpus::Corpus;
use crate::meaning::{MeaningSpace, mean};
use crate::siblings::Siblings;

/// What the names of a class's texts count beside the texts as a whole. A name says what a text is
/// about in the same few words that the class's name will; but where names are brands, only
/// descriptions say anything.
const NAMES: f32 = 0.15;
/// How much being near the middle of all texts, or all names, speaks against a phrase or a name.
const MIDDLE: f32 = 0.5;

/// The middle of a corpus: what all of it has in common tells no class from another.
pub(crate) struct Middle {
    texts: Vec<f32>,
    names: Vec<f32>,
}

impl Middle {
    /// Embeds names first: that may still move the space of the texts.
    ///
    /// # Errors
    /// Those of embedding names.
    pub(crate) fn of<M: MeaningSpace>(
        corpus: &Corpus<'_>,
        meaning: &mut M,
    ) -> Result<Self, M::Error> {
        let sample = corpus.some_names();
        let vectors = meaning.embed(&sample)?;
        let dim = meaning.dim();
        Ok(Self { texts: meaning.middle(), names: mean(&vectors, dim, 0..sample.len()) })
    }
}

/// Tells every class of a batch where its name should lie: near its texts and near their names, and
/// not near everything.
///
/// # Errors
/// Those of embedding names.
pub(crate) fn aim<M: MeaningSpace>(
    batch: &mut [Siblings<'_>],
    classes: &[Class],
    middle: &Middle,
    meaning: &mut M,
) -> Result<(), M::Error> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for siblings in batch.iter() {
        let rows = siblings.set.iter().flat_map(|&at| &classes[at].texts);
        names.extend(rows.filter_map(|&row| name(siblings.corpus, row)));
    }
    let names: Vec<&str> = names.into_iter().collect();
    let of_names = meaning.embed(&names)?;
    let dim = meaning.dim();
    let of_texts = meaning.texts();
    batch.par_iter_mut().for_each(|siblings| {
        let corpus = siblings.corpus;
        let aim = |&at: &usize| {
            let rows = &classes[at].texts;
            let texts = mean(of_texts, dim, rows.iter().copied());
            let found = |&row: &usize| names.binary_search(&name(corpus, row)?).ok();
            let names = mean(&of_names, dim, rows.iter().filter_map(found));
            let seen = |values: &[f32], middle: &[f32], i: usize| values[i] - MIDDLE * middle[i];
            (0..dim)
                .map(|i| {
                    (1.0 - NAMES) * seen(&texts, &middle.texts, i)
                        + NAMES * seen(&names, &middle.names, i)
                })
                .collect()
        };
        siblings.aims = siblings.set.iter().map(aim).collect();
    });
    Ok(())
}

/// The name of a text, if it says anything.
fn name<'a>(corpus: &Corpus<'a>, at: usize) -> Option<&'a str> {
    Some(corpus.text(at).name.trim()).filter(|name| !name.is_empty())
}
