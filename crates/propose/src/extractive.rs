//! Candidates without a model: parts of a group, named by their own words.

use cladus_asking::part::corpus_texts;
use cladus_core::artifact::{Candidate, Cluster};
use cladus_core::progress::Progress;
use cladus_core::text::candidate_name;
use cladus_core::{Error, Result};
use cladus_embedder::{PhraseSpace, Space};
use cladus_words::{Class, Corpus, MeaningSpace, guides};
use rayon::prelude::*;

use crate::group::CandidateGroup;
use crate::parts::parts;

/// Cuts each of `groups` into as many parts as it has candidates wanted, and names them.
///
/// The parts of a group are named together, so that their names tell them apart; no two names that
/// are made here are alike.
///
/// # Errors
/// Those of embedding phrases.
pub(crate) fn propose(
    clusters: &[Cluster],
    groups: &[CandidateGroup],
    space: &mut Space<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Candidate>> {
    let classes = cut(groups, &space.smoothed(), space.dim, progress);
    if classes.is_empty() {
        return Ok(Vec::new());
    }
    let corpus = Corpus::new(corpus_texts(clusters));
    named(clusters, &classes, &corpus, &mut PhraseSpace { space, progress })
}

/// The parts of each group, by where their clusters lie (`vectors`, row-major with `dim` columns).
pub(crate) fn cut(
    groups: &[CandidateGroup],
    vectors: &[f32],
    dim: usize,
    progress: &dyn Progress,
) -> Vec<Class> {
    let cut = |group: &CandidateGroup| -> Vec<Class> {
        let parts = parts(&group.members, vectors, dim, group.wanted);
        progress.advance(1);
        parts.into_iter().map(|texts| Class { texts, set: group.id }).collect()
    };
    let classes: Vec<Vec<Class>> = groups.par_iter().map(cut).collect();
    classes.concat()
}

/// A candidate for each class of `clusters`, whose texts are those of `corpus`.
///
/// # Errors
/// Those of embedding phrases.
pub(crate) fn named<M: MeaningSpace<Error = Error>>(
    clusters: &[Cluster],
    classes: &[Class],
    corpus: &Corpus<'_>,
    meaning: &mut M,
) -> Result<Vec<Candidate>> {
    // Clusters are compared with these; parents get names for readers later.
    let found = guides(corpus, classes, Some(meaning))?;
    let names = found.into_iter().map(|headline| headline.name);
    Ok(candidates(clusters, classes, names))
}

/// The candidates of `classes` that have these names.
pub(crate) fn candidates(
    clusters: &[Cluster],
    classes: &[Class],
    names: impl IntoIterator<Item = String>,
) -> Vec<Candidate> {
    let candidates = classes.iter().zip(names).map(|(class, name)| {
        let id = |row: &usize| clusters[*row].id.clone();
        Candidate {
            group_id: Some(class.set),
            name: called(&name, class.set),
            exemplars: Some(class.texts.iter().map(id).collect()),
            ..Candidate::default()
        }
    });
    candidates.collect()
}

/// The name of a candidate of this group.
pub(crate) fn called(name: &str, group: u32) -> String {
    // Nothing is left of a name that was nothing but quotes.
    candidate_name(name).unwrap_or_else(|| format!("Group {group}"))
}
